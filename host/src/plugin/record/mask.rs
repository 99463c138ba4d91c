//! The one way of a text into a recording.
//!
//! Everything passes the same mask, inputs and answers alike: what a connector copies from a reply into its next
//! request is changed in both places, so that a recording that was masked is still played again without a difference.

use std::cell::Cell;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::act::BankRef;
use super::super::masked::Masker;
use super::super::sealed::Sealed;
use super::super::step::{Field, Part};
use super::super::text;
use super::LogLine;
use super::step::RecordedBytes;
use crate::limits;

/// Masks texts, and counts them: a recording has a length limit.
pub(super) struct Mask<'a> {
    masker: &'a Masker,
    left: Cell<usize>,
    cut: Cell<bool>,
}

impl<'a> Mask<'a> {
    /// `left` bytes may still be kept.
    pub fn new(masker: &'a Masker, left: usize) -> Self {
        Self { masker, left: Cell::new(left), cut: Cell::new(false) }
    }

    /// What may still be kept, and whether something was not.
    pub fn counted(&self) -> (usize, bool) {
        (self.left.get(), self.cut.get())
    }

    /// Whether so many bytes are kept.
    fn takes(&self, bytes: usize) -> bool {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or_default());
        if left.is_none() {
            self.cut.set(true);
        }
        left.is_some()
    }

    /// A text.
    pub fn text(&self, text: &str) -> String {
        if self.takes(text.len()) { self.masker.text(text) } else { String::new() }
    }

    pub fn maybe(&self, text: Option<&str>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    pub fn pairs(&self, pairs: &[(String, String)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| (self.text(name), self.text(value))).collect()
    }

    pub fn bank(&self, bank: &BankRef) -> BankRef {
        BankRef {
            bank_order_id: self.maybe(bank.bank_order_id.as_deref()),
            transaction_id: self.maybe(bank.transaction_id.as_deref()),
            auth_code: self.maybe(bank.auth_code.as_deref()),
            extra: self.pairs(&bank.extra),
        }
    }

    /// Bytes as they came: readable where they are UTF-8, in base64 where they are of another charset.
    pub fn bytes(&self, bytes: &[u8]) -> RecordedBytes {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return RecordedBytes::Text(self.text(text));
        }
        let kept = self.takes(bytes.len());
        let masked = if kept { self.masker.bytes(bytes) } else { Vec::new() };
        RecordedBytes::Base64(BASE64_STANDARD.encode(masked))
    }

    /// A connector's own state. No sealed value can be in it, but a piece of a reply can.
    pub fn state(&self, state: &[u8]) -> String {
        match self.bytes(state) {
            RecordedBytes::Text(text) => BASE64_STANDARD.encode(text),
            RecordedBytes::Base64(base64) => base64,
        }
    }

    /// A body with every sealed value replaced by what it is and how it was made.
    pub fn parts(&self, content_type: Option<&str>, parts: &[Part]) -> String {
        let mut whole = String::new();
        for part in parts {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Bytes(bytes) => whole.push_str(&text::decoded(content_type, bytes)),
                Part::Sealed(value) => sealed_shown(value, &mut whole),
            }
        }
        self.text(&whole)
    }

    pub fn fields(&self, fields: &[Field]) -> Vec<(String, String)> {
        let shown = |field: &Field| (self.text(&field.name), self.parts(None, std::slice::from_ref(&field.value)));
        fields.iter().map(shown).collect()
    }

    pub fn log(&self, line: &LogLine) -> LogLine {
        LogLine { level: line.level.clone(), message: self.text(&line.message) }
    }

    /// A message for people.
    pub fn message(&self, message: &str) -> String {
        text::cut(&self.text(message), limits::PLUGIN_MESSAGE_BYTES_MAX)
    }
}

/// `«keyed base64(sha512(…)) 8f00b204e9800998ecf8427e»`
fn sealed_shown(value: &Sealed, whole: &mut String) {
    if value.labels().is_none() {
        whole.push_str(&String::from_utf8_lossy(value.expose()));
        return;
    }
    let (labels, made) = (value.labels().to_string(), value.made());
    whole.extend(["«", &labels, " ", made.form(), " ", &made.print(), "»"]);
}
