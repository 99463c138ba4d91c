//! The double-entry books.

use serde::{Deserialize, Serialize};

use crate::common::{Day, Timestamp};

/// An account of one node's books with its turnover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerAccount {
    /// In whose books: `dlr_…`
    pub node: String,
    /// `receivable`, `advance`, `pos_clearing`, …
    pub account: String,
    /// Whose: `dlr_…`, `cus_…`, `pos_…` or `pay_…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    /// ISO 4217 letters.
    pub currency: String,
    /// Sum of debits, minor units.
    pub debit: i64,
    /// Sum of credits.
    pub credit: i64,
    /// Debits less credits.
    pub balance: i64,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LedgerEntry {
    /// The posting: `pst_…`
    pub posting: String,
    /// Its place in the posting.
    pub line: i64,
    /// In whose books: `dlr_…`
    pub node: String,
    /// Which event: `capture`, `void`, `refund_asked`, …
    pub kind: String,
    /// What made it: an attempt, an operation, a receivable.
    pub cause: String,
    /// `receivable`, `advance`, `pos_clearing`, …
    pub account: String,
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    /// Of a receivable: `principal`, `default_interest`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Minor units, above zero in one of the two.
    pub debit: i64,
    /// Minor units.
    pub credit: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// `pay_…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    /// Of a bank's promise: the day it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_on: Option<Day>,
    /// When.
    pub at: Timestamp,
}
