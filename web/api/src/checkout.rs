//! What a pay page needs to know before a card is typed.

use serde::{Deserialize, Serialize};

use crate::common::Party;
use crate::instalment::InstalmentMatrix;

/// Whose page takes the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CardAt {
    /// The pay page itself, or whoever calls the API: the payment brings the card.
    Here,
    /// The bank's own page: the payment brings none, and the payer is sent there.
    Bank,
}

/// What a pay page needs to know before a card is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Checkout {
    /// Who pays, if the question named somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Party>,
    /// Whose page takes the card, as far as that is known without it.
    pub card_at: CardAt,
    /// Whether points of a card that is typed here can be asked for and used, as far as that is known without it.
    #[serde(default)]
    pub points: bool,
    /// What every programme offers for the amount, where we take the card and the amount may be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<InstalmentMatrix>,
}
