//! What the banks' codes mean. Both tables are data: `declines/*.json`.

use vezne_plugin::decline::{self, Class, Meaning};
use vezne_plugin::words::category;
use vezne_plugin::{Decline, Outcome, step, turkish};

/// PosNet's own table. A key of a code and words is for an answer that has the words in its text: some codes
/// mean several things.
pub const CODES: &str = include_str!("../declines/posnet.json");
/// Meanings of `mdStatus`.
pub const MD_STATUS: &str = include_str!("../declines/md_status.json");

/// Words that narrow a code down, as keys of the table spell them; the first that fits counts.
const WORDS: [(&str, &[&str]); 3] =
    [("0005", &["NOTONUS"]), ("0015", &["PROVIZYON BULUNAMADI", "TAKSIT", "TERMINAL", "ISYERI"]), ("0150", &["CVC"])];

/// What a code means, the text beside it considered. Codes the bank's list does not have are ISO 8583's if
/// they are two digits with zeros in front.
pub fn meaning(code: &str, text: Option<&str>) -> Option<Meaning> {
    let code = code.trim();
    let said = turkish::ascii(&turkish::upper(text.unwrap_or_default()));
    let phrases = WORDS.iter().find(|(narrowed, _)| *narrowed == code).map_or(&[][..], |(_, phrases)| phrases);
    let phrase = phrases.iter().find(|phrase| said.contains(**phrase));
    if let Some(found) = phrase.and_then(|phrase| decline::look_up(CODES, &format!("{code} {phrase}"))) {
        return Some(found);
    }
    decline::look_up(CODES, code).or_else(|| decline::iso(code).filter(|_| code.len() == 4))
}

/// The outcome of a refusal with this code; `unknown` where the code settles nothing.
pub fn refused(code: Option<&str>, text: Option<&str>) -> Outcome {
    let Some(code) = code.filter(|code| !code.trim().is_empty()) else {
        return step::unknown("the bank refuses without a code");
    };
    match meaning(code, text) {
        Some(meaning) => meaning.outcome(code.trim(), text),
        None => step::unknown(format!("{code} is in no table")),
    }
}

/// The outcome of a refusal of something that books nothing by itself (encrypting, resolving, asking): where
/// the code settles nothing, nothing was done all the same.
pub fn refused_before_charge(code: Option<&str>, text: Option<&str>) -> Outcome {
    match refused(code, text) {
        Outcome::Unknown(why) => step::not_processed(why),
        settled => settled,
    }
}

/// Whether a void was refused because it is done already: 0220 and 0370.
pub fn is_voided_already(code: Option<&str>) -> bool {
    matches!(code.map(str::trim), Some("0220" | "0370"))
}

/// What a 3-D result that may not be charged means for the payer.
pub fn not_authenticated(md_status: &str, message: Option<&str>) -> Outcome {
    // No result at all is a failed authentication, and so is a result the POS account does not accept.
    let meaning = decline::look_up(MD_STATUS, md_status).filter(|meaning| meaning.class.is_refusal());
    let code = if md_status.is_empty() { "mdStatus".to_owned() } else { format!("mdStatus {md_status}") };
    match meaning.or_else(|| decline::look_up(MD_STATUS, "0")) {
        Some(meaning) => meaning.outcome(&code, message),
        None => declined(category::AUTHENTICATE_AGAIN, &code, message),
    }
}

/// A refusal in our own words.
pub fn declined(category: &str, code: &str, message: Option<&str>) -> Outcome {
    Outcome::Declined(Decline {
        category: category.to_owned(),
        bank_code: Some(code.to_owned()),
        bank_message: message.map(str::to_owned),
        same_card_may_retry: true,
        other_pos_may_retry: false,
        attributes: Vec::new(),
    })
}

/// Whether a code means that the bank has no such record.
pub fn is_not_found(code: Option<&str>) -> bool {
    code.and_then(|code| meaning(code, None)).is_some_and(|meaning| meaning.class == Class::NotFound)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn class_of(code: &str, text: &str) -> Option<(Class, String)> {
        meaning(code, Some(text)).map(|meaning| (meaning.class, meaning.category().to_owned()))
    }

    #[test]
    fn every_row_reads_and_every_phrase_has_one() {
        for (code, phrases) in WORDS {
            for phrase in phrases {
                assert!(decline::look_up(CODES, &format!("{code} {phrase}")).is_some(), "{code} {phrase}");
            }
        }
        for table in [CODES, MD_STATUS] {
            let rows: BTreeMap<String, Meaning> = serde_json::from_str(table).expect("reads");
            assert!(rows.len() >= 10);
        }
    }

    #[test]
    fn words_narrow_a_code_down() {
        assert_eq!(class_of("0015", "PROVİZYON BULUNAMADI"), Some((Class::NotFound, "not-found".into())));
        assert_eq!(
            class_of("0015", "Taksit için yetersiz tutar").map(|(class, _)| class),
            Some(Class::DeclineRetryOtherPos)
        );
        assert_eq!(class_of("0015", "").map(|(class, _)| class), Some(Class::ConfigError));
        assert_eq!(class_of("0150", "CVC HATALI").map(|(_, key)| key), Some("wrong-cvv".into()));
        assert_eq!(
            class_of("0005", "Notonus online iadenin iptali").map(|(class, _)| class),
            Some(Class::StateConflict)
        );
        assert_eq!(class_of("0005", "RED").map(|(_, key)| key), Some("not-approved".into()));
    }

    #[test]
    fn what_the_bank_wants_asked_first_is_unknown() {
        for code in ["0091", "0400", "0302", "E997", "E998", "E999", "0127", "0000", "XXXX", "9999", ""] {
            assert!(matches!(refused(Some(code), None), Outcome::Unknown(_)), "{code}");
        }
        assert!(matches!(refused(None, None), Outcome::Unknown(_)));
        assert!(matches!(refused(Some("0051"), None), Outcome::Declined(_)));
        assert!(matches!(refused_before_charge(Some("0302"), None), Outcome::NotProcessed(_)));
        assert!(matches!(refused_before_charge(Some("0148"), None), Outcome::Declined(_)));
        assert!(matches!(refused(Some("0034"), None), Outcome::Declined(_)), "two digits of ISO 8583");
        assert!(matches!(refused(Some("34"), None), Outcome::Unknown(_)), "PosNet writes four");
        assert!(is_not_found(Some("E219")) && is_not_found(Some("0123")) && !is_not_found(Some("0148")));
    }

    #[test]
    fn a_failed_authentication_is_a_refusal_whatever_it_says() {
        for status in ["", "0", "1", "2", "9", "77", "x"] {
            assert!(matches!(not_authenticated(status, None), Outcome::Declined(_)), "{status}");
        }
    }
}
