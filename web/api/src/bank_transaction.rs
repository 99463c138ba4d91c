//! What a bank's own book says, beside ours.

use serde::{Deserialize, Serialize};

use crate::attempt::OperationKind;
use crate::common::{Day, Timestamp};

/// What a bank's book has of a day, or of the orders of a payment, and what that is to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BankTransactions {
    /// The calendar day at the bank; none where it was asked about the orders of a payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
    /// Every line agrees with our book, and none is missing.
    pub agrees: bool,
    /// What the bank lists, in its order.
    pub lines: Vec<BankTransaction>,
    /// What is done in our book, and the bank does not list.
    pub missing: Vec<BankMatch>,
    /// When the bank was asked.
    pub asked_at: Timestamp,
}

/// A line of the bank's book; absent is what the bank does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BankTransaction {
    /// What was done; absent where the bank has one word for several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationKind>,
    /// What it has come to.
    pub standing: BankStanding,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Minor units, never negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// Of the amount: ISO 4217 letters, or as the bank wrote a currency that we do not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The order number that the line names: ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// The bank's number of the transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_reference: Option<String>,
    /// The authorization code of the card's bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_code: Option<String>,
    /// The bank's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_code: Option<String>,
    /// Whether it is in our book as well.
    pub agreement: BankAgreement,
    /// What it is in our book; absent where we do not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<BankMatch>,
    /// What differs, where something does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<BankDifference>,
    /// `pay_…`: whose order it is, also where we know the order and not this of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
}

/// Something in our book that a bank was asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BankMatch {
    /// `att_…` of a charge, `opr_…` of a capture, `ref_…` of a void or refund.
    pub id: String,
    /// `pay_…`
    pub payment: String,
    /// What was done.
    pub operation: OperationKind,
    /// What it has come to.
    pub standing: OurStanding,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// Under which order number.
    pub order_no: String,
    /// When it was sent.
    pub at: Timestamp,
}

/// What a transaction has come to, as the bank lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BankStanding {
    /// Done, and it counts.
    Done,
    /// Done once, and undone since.
    Voided,
    /// Refused: nothing was booked.
    Failed,
    /// Accepted, not decided yet.
    Pending,
    /// None of these clearly.
    Unclear,
}

/// What it has come to in our book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OurStanding {
    /// Done, and it counts.
    Done,
    /// Done once, and undone since.
    Voided,
    /// Refused, or it never reached the bank.
    NotDone,
    /// Nobody knows yet.
    InDoubt,
}

/// What a line of the bank's book is to ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BankAgreement {
    /// It is there, and the same.
    Matched,
    /// It is there, and says something else.
    Differs,
    /// It is not there.
    UnknownToUs,
}

/// What a line says otherwise than our book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BankDifference {
    /// How much.
    Amount,
    /// Of which currency.
    Currency,
    /// What it has come to.
    Standing,
}

/// Asks for `GET /v1/pos_accounts/{id}/bank_transactions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BankDayQuery {
    /// A calendar day at the bank, not later than today.
    pub day: Day,
}
