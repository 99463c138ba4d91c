//! The tree under a firm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::common::{MoneySum, NodeRef, Timestamp};
use crate::instalment_rule::InstalmentCeiling;

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
    /// What holds for it; only when one dealer is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<EffectiveSettings>,
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

/// What a node sets for itself and all below it; what is absent comes from above.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DealerSettings {
    /// Most instalments, 1 to 36.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instalments_max: Option<u16>,
    /// Most instalments for the cards of a programme (`Bonus`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub programme_instalments_max: BTreeMap<String, u16>,
    /// Smallest payment, minor units of the payment's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_min: Option<i64>,
    /// Largest payment, minor units of the payment's currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_max: Option<i64>,
    /// What it pays to the level above for the use of its POS account, percent of the charge; not of the firm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos_share: Option<String>,
    /// Whose legal ceiling of instalments holds: `general`, `fuel`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
    /// The bank's number of this node alone, where several dealers have its identity number: 1 to 15 letters and
    /// digits. Told to the bank where a POS account names sub-dealers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_dealer_code: Option<String>,
}

/// Changes a node; what is absent stays. Settings are replaced whole.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DealerUpdate {
    /// What it sets for itself and all below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<DealerSettings>,
}

/// What settings may name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DealerSettingsChoices {
    /// Card programmes.
    pub programmes: Vec<String>,
    /// Sectors.
    pub sectors: Vec<String>,
}

/// What holds for a node, and where each setting comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectiveSettings {
    /// The node asked about.
    pub node: NodeRef,
    /// Counts changes of the node's own settings; `If-Match` of a change names it.
    pub version: i64,
    /// The settings, by name.
    pub settings: Vec<EffectiveSetting>,
    /// What the node itself sets, whether it is the strictest or not.
    pub own: DealerSettings,
    /// What the law allows its sector today.
    pub law: Vec<InstalmentCeiling>,
    /// What settings may name.
    pub choices: DealerSettingsChoices,
}

/// One setting of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectiveSetting {
    /// `instalments_max`, `programme_instalments_max`, `amount_min`, `amount_max`, `pos_share` or `sector`.
    pub name: String,
    /// For the cards of which programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// The strictest value along the path to the root, as text; of a share and of a sector the nearest.
    pub value: String,
    /// The node that sets it.
    pub from: NodeRef,
    /// Whether it comes from above.
    pub inherited: bool,
}
