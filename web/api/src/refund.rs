//! Giving money back: a void before the bank's day end, a refund after it.

use serde::{Deserialize, Serialize};

use crate::common::Timestamp;
use crate::payment::Decline;

/// Which operation to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefundMode {
    /// A void while that is possible for the whole amount, otherwise a refund.
    #[default]
    Auto,
    /// Only a void; fails after the day end.
    Void,
    /// Only a refund.
    Refund,
}

/// Asks for money to be given back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RefundCreate {
    /// Minor units of what was charged; all that is left if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// Which operation.
    #[serde(default)]
    pub mode: RefundMode,
    /// Why, for the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which operation it became.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefundKind {
    /// Cancelled before the day end.
    Void,
    /// Given back after it.
    Refund,
}

/// Where giving back stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// At the bank.
    Processing,
    /// The bank gives it back.
    Succeeded,
    /// The bank refused, or it never reached the bank; see `decline`.
    Failed,
    /// Sent, no trustworthy answer yet. It resolves itself.
    Unknown,
}

/// Money given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refund {
    /// `ref_…`
    pub id: String,
    /// `pay_…`
    pub payment: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// Minor units of what was charged.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// Which operation it became.
    pub kind: RefundKind,
    /// Where it stands.
    pub state: RefundState,
    /// Why, for the books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}
