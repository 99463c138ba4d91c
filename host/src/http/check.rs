//! Checks of text that people type, shared by the nouns.

use std::str::FromStr;

use vezne_api::PartyRef;

use super::error::{Error, Field, Result};
use super::view::party_of;
use crate::domain::party::Party;

/// Collects what is wrong, so that a person sees all of it at once.
#[derive(Debug, Default)]
pub struct Checks(Vec<Field>);

impl Checks {
    /// Notes a field that cannot be taken.
    pub fn wrong(&mut self, pointer: impl Into<String>, code: &'static str) {
        self.0.push(Field { pointer: pointer.into(), code });
    }

    /// Text that must be there, between one and `most` characters, without control characters.
    pub fn text(&mut self, pointer: &str, text: &str, most: usize) -> String {
        let text = text.trim();
        if text.is_empty() {
            self.wrong(pointer, "required");
        } else if text.chars().count() > most {
            self.wrong(pointer, "too_long");
        } else if text.chars().any(char::is_control) {
            self.wrong(pointer, "malformed");
        }
        text.to_owned()
    }

    /// Text that may be absent; blanks alone count as absent.
    pub fn text_if_any(&mut self, pointer: &str, text: Option<&str>, most: usize) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        Some(self.text(pointer, text, most))
    }

    /// An e-mail address that may be absent: something, an `@`, something with a dot.
    pub fn email_if_any(&mut self, pointer: &str, text: Option<&str>) -> Option<String> {
        let text = self.text_if_any(pointer, text, 254)?;
        let plausible = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && !host.contains('@')
        });
        if !plausible || text.contains(char::is_whitespace) {
            self.wrong(pointer, "malformed");
        }
        Some(text)
    }

    /// A telephone number that may be absent: `+`, digits and the usual separators.
    pub fn phone_if_any(&mut self, pointer: &str, text: Option<&str>) -> Option<String> {
        let text = self.text_if_any(pointer, text, 32)?;
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let others = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'));
        if !others || !(7..=15).contains(&digits) {
            self.wrong(pointer, "malformed");
        }
        Some(text)
    }

    /// A Turkish tax (10 digits) or identity number (11), or a foreign one of up to 20 letters and digits.
    pub fn tax_no_if_any(&mut self, pointer: &str, text: Option<&str>) -> Option<String> {
        let text = self.text_if_any(pointer, text, 20)?;
        if !text.chars().all(|c| c.is_ascii_alphanumeric()) {
            self.wrong(pointer, "malformed");
        }
        Some(text)
    }

    /// An id that may be absent.
    pub fn id_if_any<T: FromStr>(&mut self, pointer: &str, text: Option<&str>) -> Option<T> {
        let id = text?.parse().ok();
        if id.is_none() {
            self.wrong(pointer, "malformed");
        }
        id
    }

    /// A party that may be absent, of a field that holds its kind and its id.
    pub fn party_if_any(&mut self, pointer: &str, named: Option<&PartyRef>) -> Option<Party> {
        let party = party_of(named?);
        if party.is_none() {
            self.wrong(format!("{pointer}/id"), "malformed");
        }
        party
    }

    /// Ends in an error if anything was wrong.
    pub fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_named_at_once() {
        let mut checks = Checks::default();
        checks.text("/name", " ", 10);
        checks.text("/code", "abcdefghijkl", 10);
        checks.email_if_any("/email", Some("a@b"));
        checks.phone_if_any("/phone", Some("call me"));
        let Err(Error::Invalid(fields)) = checks.done() else { panic!("accepted") };
        let codes: Vec<_> = fields.iter().map(|field| (field.pointer.as_str(), field.code)).collect();
        assert_eq!(
            codes,
            [("/name", "required"), ("/code", "too_long"), ("/email", "malformed"), ("/phone", "malformed")]
        );
    }

    #[test]
    fn what_may_be_absent_may_be_blank() {
        let mut checks = Checks::default();
        assert_eq!(checks.email_if_any("/email", Some("  ")), None);
        assert_eq!(checks.phone_if_any("/phone", Some("+90 312 000 00 00")).as_deref(), Some("+90 312 000 00 00"));
        assert_eq!(checks.email_if_any("/email", Some("a@b.tr")).as_deref(), Some("a@b.tr"));
        assert!(checks.done().is_ok());
    }
}
