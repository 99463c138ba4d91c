//! What a card is, and what its holder may be offered.

use serde::{Deserialize, Serialize};

use crate::common::{Bank, Timestamp};

/// What kind of card a BIN stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// Credit card.
    Credit,
    /// Debit card; no instalments.
    Debit,
    /// Prepaid card; no instalments.
    Prepaid,
    /// Not in the table.
    Unknown,
}

/// What is known of a card from its first digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bin {
    /// The digits asked about.
    pub bin: String,
    /// `visa`, `mastercard`, `troy`, `amex`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Credit, debit or prepaid.
    pub kind: CardKind,
    /// A company's card.
    #[serde(default)]
    pub commercial: bool,
    /// Issuing bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<Bank>,
    /// Instalment programme: `Maximum`, `World`, `Bonus`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// ISO 3166 letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// Who bears the cost of instalments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Bearer {
    /// The one who pays.
    Payer,
    /// The one who collects.
    Firm,
    /// Both, in the ratio of the rule.
    Shared,
}

/// Asks what a card's holder may be offered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InstalmentQuoteCreate {
    /// Six to eight digits; more is refused. Absent where the bank's own page takes the card: what is known then is
    /// the single payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// Minor units, above zero.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// Whose books, `dlr_…`; follows from the payer, else the caller's own node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Who will pay, `dlr_…` or `cus_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
}

/// What a card's holder is offered; what is taken is charged exactly so until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentQuote {
    /// `quo_…`
    pub id: String,
    /// The card, where its first digits were said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<Bin>,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// The offers; the first is the single payment.
    pub options: Vec<InstalmentOption>,
    /// Until when an option may be taken.
    pub expires_at: Timestamp,
}

/// One offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentOption {
    /// `opt_…`; pass as `instalment_option`.
    pub id: String,
    /// 1 is a single payment.
    pub instalments: u32,
    /// False is shown with its reason and cannot be taken.
    pub available: bool,
    /// `card_without_instalments`, `over_limit`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable_reason: Option<String>,
    /// What the card pays in all, minor units.
    pub total: i64,
    /// `total` less the amount.
    pub difference: i64,
    /// The monthly parts, the larger first; they sum exactly to `total`.
    pub parts: Vec<i64>,
    /// Who bears the cost.
    pub bearer: Bearer,
    /// What the payer bears, percent as text.
    pub payer_rate: String,
}

/// What all programmes offer for an amount, before a card is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentMatrix {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// One row per programme.
    pub rows: Vec<InstalmentMatrixRow>,
}

/// The offers of one programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentMatrixRow {
    /// `Maximum`, `World`, `Bonus`, …
    pub programme: String,
    /// Banks whose cards belong to it.
    pub banks: Vec<String>,
    /// The offers, by number of instalments.
    pub cells: Vec<InstalmentMatrixCell>,
}

/// One offer of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentMatrixCell {
    /// 1 is a single payment.
    pub instalments: u32,
    /// What the card pays in all, minor units.
    pub total: i64,
    /// The first and largest monthly part.
    pub part: i64,
    /// `total` less the amount.
    pub difference: i64,
}
