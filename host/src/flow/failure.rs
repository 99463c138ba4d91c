//! Why an attempt or operation ended without money moving, or is in doubt: as its row keeps it.

use serde::{Deserialize, Serialize};

use crate::plugin::{Decline, Phase, Reason};

/// Kept as JSON in the row; holds no card data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Failure {
    /// The connector's category for a decline, else the driver's word (`connect-failed`, `amount-differs`).
    pub code: String,
    /// A sentence for the firm's people, redacted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The bank's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_code: Option<String>,
    /// The bank's words, scrubbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_message: Option<String>,
    /// Whatever else the bank said of its no, by the SDK's names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(String, String)>,
    /// The payer may try this card again.
    #[serde(default)]
    pub same_card: bool,
    /// Another POS may be tried.
    #[serde(default)]
    pub other_pos: bool,
    /// How far the host got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Since when it is in doubt, epoch milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// A person was called.
    #[serde(default)]
    pub alarm: bool,
}

impl Failure {
    /// The bank's authentic no.
    pub fn declined(decline: Decline) -> Self {
        Self {
            code: decline.category,
            bank_code: decline.bank_code,
            bank_message: decline.bank_message,
            attributes: decline.attributes,
            same_card: decline.same_card_may_retry,
            other_pos: decline.other_pos_may_retry,
            ..Self::default()
        }
    }

    /// Nothing was booked.
    pub fn not_processed(reason: Reason) -> Self {
        Self {
            code: reason.code.to_owned(),
            detail: reason.detail,
            same_card: true,
            other_pos: true,
            ..Self::default()
        }
    }

    /// Nobody knows.
    pub fn in_doubt(code: &str, detail: String, phase: Option<Phase>, alarm: bool, since_ms: i64) -> Self {
        Self { code: code.to_owned(), detail, phase, alarm, since_ms: Some(since_ms), ..Self::default() }
    }

    /// As the row keeps it.
    pub fn to_text(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// From the row; nothing where the row has nothing.
    pub fn from_text(text: Option<&str>) -> Option<Self> {
        serde_json::from_str(text?).ok()
    }
}
