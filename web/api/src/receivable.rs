//! What is owed.

use serde::{Deserialize, Serialize};

use crate::common::{Day, NodeRef, Party, PartyRef, Timestamp};

/// A part of a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ComponentKind {
    /// The sum itself.
    Principal,
    /// Interest agreed on.
    ContractInterest,
    /// Interest for being late.
    DefaultInterest,
    /// Cost of collecting.
    Expense,
    /// Tax on the above.
    Tax,
    /// Fee.
    Fee,
}

/// A part of a receivable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Component {
    /// Which part.
    pub kind: ComponentKind,
    /// What was charged, minor units.
    pub charged: i64,
    /// What is still open.
    pub outstanding: i64,
}

/// Where a receivable stands; follows from what was allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReceivableState {
    /// Nothing paid.
    Open,
    /// Something paid.
    PartlyPaid,
    /// Nothing left.
    Paid,
}

/// What somebody owes a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receivable {
    /// `rcv_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// To whom it is owed.
    pub node: NodeRef,
    /// Who owes.
    pub debtor: Party,
    /// The document behind it, an invoice number for instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_no: Option<String>,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it falls due.
    pub due_on: Day,
    /// ISO 4217 letters.
    pub currency: String,
    /// What was charged in all, minor units.
    pub amount: i64,
    /// What is still open.
    pub outstanding: i64,
    /// What payments at the bank or without a known outcome may close; beside `outstanding`, never in it.
    #[serde(default)]
    pub in_doubt: i64,
    /// Where it stands.
    pub state: ReceivableState,
    /// Past its due day and not paid.
    #[serde(default)]
    pub overdue: bool,
    /// Its parts.
    pub components: Vec<Component>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// A part of a new receivable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ComponentCreate {
    /// Which part.
    pub kind: ComponentKind,
    /// Minor units, above zero.
    pub amount: i64,
}

/// Writes a receivable.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceivableCreate {
    /// Who owes.
    pub debtor: PartyRef,
    /// To whom; the caller's own node if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The document behind it; unique per node where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_no: Option<String>,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it falls due.
    pub due_on: Day,
    /// ISO 4217 letters.
    pub currency: String,
    /// Its parts, at least one.
    pub components: Vec<ComponentCreate>,
}
