//! The account of a dealer or customer (ekstre).

use serde::{Deserialize, Serialize};

use crate::common::{Day, NodeRef, Party, Timestamp};

/// What a line records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StatementLineKind {
    /// A receivable was charged.
    Charge,
    /// A payment.
    Payment,
    /// A payment was taken back before the day end.
    Void,
    /// Money was given back.
    Refund,
    /// An advance was used.
    Advance,
    /// Owed both ways, set off.
    Offset,
    /// Moved to or from another account.
    Transfer,
}

/// The account of one party with one node, in one currency, over a span of days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statement {
    /// To whom it is owed.
    pub node: NodeRef,
    /// Whose account.
    pub party: Party,
    /// ISO 4217 letters.
    pub currency: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Balance before the first line; above zero is owed.
    pub opening: i64,
    /// Balance after the last line.
    pub closing: i64,
    /// Sum of all debits.
    pub debit: i64,
    /// Sum of all credits.
    pub credit: i64,
    /// Payments whose outcome is not known: beside the balance, never in it.
    pub in_doubt: i64,
    /// The lines, oldest first.
    pub lines: Vec<StatementLine>,
    /// More lines than fit; narrow the days.
    #[serde(default)]
    pub truncated: bool,
}

/// One line of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatementLine {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: StatementLineKind,
    /// The document behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_no: Option<String>,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Adds to what is owed, minor units.
    pub debit: i64,
    /// Takes from what is owed.
    pub credit: i64,
    /// Balance after this line.
    pub balance: i64,
    /// `pay_…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    /// `rcv_…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receivable: Option<String>,
}
