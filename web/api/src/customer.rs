//! Who owes a node money and is not itself a node.

use serde::{Deserialize, Serialize};

use crate::common::{MoneySum, NodeRef, Timestamp};

/// A customer (cari) of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Customer {
    /// `cus_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// Whose customer.
    pub node: NodeRef,
    /// Name to show.
    pub name: String,
    /// The node's own code for it, unique per node.
    pub code: String,
    /// Tax number (VKN) or identity number (TCKN).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_no: Option<String>,
    /// For letters of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// International form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What it owes; only when one customer is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owes: Vec<MoneySum>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Adds a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CustomerCreate {
    /// Whose customer; the caller's own node if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Name to show.
    pub name: String,
    /// The node's own code for it, unique per node.
    pub code: String,
    /// Tax number (VKN) or identity number (TCKN).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_no: Option<String>,
    /// For letters of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// International form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}
