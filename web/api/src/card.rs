//! Cards: as a client sends one, and as much of one as may be shown.

use serde::{Deserialize, Serialize};

/// A card as a client sends it. It cannot be read back from JSON: the host has its own types.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Card number, 13 to 19 digits; blanks are allowed between groups.
    pub number: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// Four digits.
    pub expiry_year: u16,
    /// Three or four digits; may be absent for mail order only. Never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_code: Option<String>,
    /// Name on the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(masked)")
    }
}

/// As much of a card as may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardSummary {
    /// First six to eight digits.
    pub bin: String,
    /// Last four digits.
    pub last4: String,
    /// `visa`, `mastercard`, `troy`, `amex`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Issuing bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<String>,
    /// Instalment programme: `Maximum`, `World`, `Bonus`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
}
