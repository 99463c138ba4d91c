//! Decline tables: data of the connector, JSON from a bank's own list, read only when a bank says no.
//!
//! `{"51": {"class": "decline-retry-other-card", "key": "insufficient-funds", "same_card": true}, …}`.
//! The same code means different things at different banks, so a connector's own table is asked first
//! and the common one ([`iso`]) only for two-digit codes the bank documents as ISO 8583.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, Visitor};

use crate::{Decline, Outcome};

/// What a code means for the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Money moved or the operation is done.
    Approved,
    /// Not finished; ask again.
    Pending,
    /// The card must not be tried again.
    DeclineFinal,
    /// Another card, or the holder speaks to the bank.
    DeclineRetryOtherCard,
    /// Something was typed wrong.
    DeclineFixData,
    /// This POS refuses; another, or a single payment, can work.
    DeclineRetryOtherPos,
    /// 3-D Secure failed; nothing was charged by this step.
    #[serde(rename = "auth-3ds")]
    Auth3ds,
    /// The order number was used before: never charge again, ask.
    Duplicate,
    /// The operation does not fit the state.
    StateConflict,
    /// The bank has no such record.
    NotFound,
    /// Our own settings or rights.
    ConfigError,
    /// The bank answered that it cannot serve now.
    BankTechnical,
    /// Nobody knows.
    Unknown,
}

impl Class {
    /// The word of the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::DeclineFinal => "decline-final",
            Self::DeclineRetryOtherCard => "decline-retry-other-card",
            Self::DeclineFixData => "decline-fix-data",
            Self::DeclineRetryOtherPos => "decline-retry-other-pos",
            Self::Auth3ds => "auth-3ds",
            Self::Duplicate => "duplicate",
            Self::StateConflict => "state-conflict",
            Self::NotFound => "not-found",
            Self::ConfigError => "config-error",
            Self::BankTechnical => "bank-technical",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the bank's word settles that nothing was booked.
    pub fn is_refusal(self) -> bool {
        !matches!(self, Self::Approved | Self::Pending | Self::Duplicate | Self::Unknown)
    }
}

/// One code of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// What it means for the next step.
    pub class: Class,
    /// Key of the sentence for the payer; the class where the table gives none.
    #[serde(default)]
    key: Option<String>,
    /// A new attempt with the same card can make sense.
    #[serde(default)]
    pub same_card: bool,
    /// One automatic attempt at another POS is acceptable.
    #[serde(default)]
    pub other_pos: bool,
}

impl Meaning {
    /// The decline category: one of [`words::category`](crate::words::category), else the class.
    pub fn category(&self) -> &str {
        self.key.as_deref().unwrap_or(self.class.as_str())
    }

    /// The outcome of an authentic refusal; `unknown` if the code does not settle it.
    pub fn outcome(&self, code: &str, message: Option<&str>) -> Outcome {
        if !self.class.is_refusal() {
            return Outcome::Unknown(format!("the bank answered {code} ({})", self.class.as_str()));
        }
        Outcome::Declined(Decline {
            category: self.category().to_owned(),
            bank_code: Some(code.to_owned()),
            bank_message: message.map(str::to_owned),
            same_card_may_retry: self.same_card,
            other_pos_may_retry: self.other_pos,
            attributes: Vec::new(),
        })
    }
}

/// A refusal with what else the bank said of it; any other outcome as it is.
pub fn noting(outcome: Outcome, said: impl IntoIterator<Item = (String, String)>) -> Outcome {
    match outcome {
        Outcome::Declined(mut decline) => {
            decline.attributes.extend(said);
            Outcome::Declined(decline)
        }
        other => other,
    }
}

/// The meaning of a code in a table, or `None`.
pub fn look_up(table: &str, code: &str) -> Option<Meaning> {
    let code = code.trim().to_ascii_uppercase();
    serde_json::Deserializer::from_str(table).deserialize_map(Search { code: &code }).ok().flatten()
}

/// The common two-digit table: `5`, `05` and `0005` are the same code.
pub fn iso(code: &str) -> Option<Meaning> {
    let code = code.trim();
    if let Some(found) = look_up(ISO8583, code) {
        return Some(found);
    }
    let bare = code.trim_start_matches('0');
    if code.len() > 4 || bare.len() > 2 || !code.bytes().all(|b| b.is_ascii_digit()) || code.is_empty() {
        return None;
    }
    look_up(ISO8583, &format!("{bare:0>2}"))
}

const ISO8583: &str = include_str!("../declines/iso8583.json");

/// Walks a table without building it: most of it is of no interest, and memory is never freed.
struct Search<'a> {
    code: &'a str,
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = Option<Meaning>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a decline table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(matches) = map.next_key_seed(KeyIs(self.code))? {
            if matches {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct KeyIs<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for KeyIs<'_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyIs<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a code")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_however_many_zeros_they_have() {
        for code in ["51", "0051", " 51 "] {
            let meaning = iso(code).expect("is there");
            assert_eq!(
                (meaning.class, meaning.category()),
                (Class::DeclineRetryOtherCard, "insufficient-funds"),
                "{code}"
            );
        }
        assert_eq!(iso("5").expect("is there").category(), "not-approved");
        assert_eq!(iso("1a").expect("is there").class, Class::Auth3ds);
        for code in ["", "515", "XX", "00051", "5 1"] {
            assert_eq!(iso(code), None, "{code}");
        }
    }

    #[test]
    fn a_code_that_settles_nothing_is_unknown() {
        assert!(matches!(iso("68").expect("is there").outcome("68", None), Outcome::Unknown(_)));
        assert!(
            matches!(iso("51").expect("is there").outcome("51", Some("x")), Outcome::Declined(d) if d.same_card_may_retry)
        );
        assert!(matches!(iso("00").expect("is there").outcome("00", None), Outcome::Unknown(_)));
    }

    #[test]
    fn every_row_of_the_common_table_reads() {
        let rows: std::collections::BTreeMap<String, Meaning> = serde_json::from_str(ISO8583).expect("reads");
        assert!(rows.len() > 70);
    }
}
