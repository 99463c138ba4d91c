//! The tree under a firm.

use serde::{Deserialize, Serialize};

use crate::common::{MoneySum, NodeRef, Timestamp};

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DealerKind {
    /// The root: the company whose books these are.
    Firm,
    /// A dealer or sub-dealer, at any depth.
    Dealer,
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dealer {
    /// `dlr_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// The root or a node under it.
    pub kind: DealerKind,
    /// Name to show.
    pub name: String,
    /// The firm's own code, unique in the firm.
    pub code: String,
    /// The node above; absent for the root of what the caller may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<NodeRef>,
    /// From the root of what the caller may see down to this node, itself included.
    pub path: Vec<NodeRef>,
    /// How many nodes stand directly under it.
    pub children: i64,
    /// Tax number (VKN) or identity number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_no: Option<String>,
    /// For letters of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// International form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What it owes the node above; only when one dealer is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owes: Vec<MoneySum>,
    /// When it was written.
    pub created_at: Timestamp,
}

/// Adds a node.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DealerCreate {
    /// The node above; the caller's own node if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Name to show.
    pub name: String,
    /// The firm's own code, unique in the firm.
    pub code: String,
    /// Tax number (VKN) or identity number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_no: Option<String>,
    /// For letters of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// International form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// What holds for a node, and where each setting comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectiveSettings {
    /// The node asked about.
    pub node: NodeRef,
    /// The settings, by name.
    pub settings: Vec<EffectiveSetting>,
}

/// One setting of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectiveSetting {
    /// `instalments_max`, `amount_min`, …
    pub name: String,
    /// The strictest value along the path to the root, as text.
    pub value: String,
    /// The node that sets it.
    pub from: NodeRef,
}
