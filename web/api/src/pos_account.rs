//! A firm's account at a bank, driven by a plugin.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attempt::PluginRef;
use crate::common::{NodeRef, Timestamp};

/// Which of the bank's addresses is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// The bank's test address, or the sandbox.
    Test,
    /// The real one.
    Live,
}

/// Whether payments may use the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PosAccountState {
    /// Payments may use it.
    Active,
    /// Kept for voids, refunds and inquiries of what it did.
    Disabled,
}

/// A secret that was set; its value is never read back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretState {
    /// As the manifest names it.
    pub name: String,
    /// Whether it has a value.
    pub set: bool,
    /// When it was last set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When a next value was set that waits to be taken into use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// When the value was set that was in use before, and can be again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_at: Option<Timestamp>,
}

/// A firm's account at a bank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(clippy::struct_excessive_bools, reason = "what a contract says, each on its own")]
pub struct PosAccount {
    /// `pos_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// Whose account.
    pub node: NodeRef,
    /// The firm's name for it.
    pub name: String,
    /// The plugin that drives it.
    pub plugin: PluginRef,
    /// The bank, as the plugin's manifest names it.
    pub bank: String,
    /// The bank's name to show.
    pub bank_name: String,
    /// Which address.
    pub environment: Environment,
    /// Whether payments may use it.
    pub state: PosAccountState,
    /// 3-D model: `3d`, `3d-pay`, `3d-host`; `none` never asks the holder.
    pub three_d_model: String,
    /// No card is charged here without its holder: a payment that would go without 3-D Secure is refused.
    pub three_d_required: bool,
    /// The bank is told for which dealer below the account's own is sold: only where the connector can say it
    /// (capability `sub-dealer-identity`), and the bank has set those dealers up.
    #[serde(default)]
    pub sub_dealers: bool,
    /// With a refund the bank returns its own commission of what goes back.
    #[serde(default)]
    pub returns_commission: bool,
    /// When the bank's day ends, `HH:MM` in the firm's zone: until then a payment is voided, from then on refunded.
    /// Midnight if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_end: Option<String>,
    /// Settings, as the manifest's schema describes them; values as text, the way a form posts them.
    pub config: BTreeMap<String, String>,
    /// Endpoint addresses that differ from the manifest's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, String>,
    /// Which secrets are set.
    pub secrets: Vec<SecretState>,
    /// Counts changes; send as `If-Match` to change it.
    pub version: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Adds a POS account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PosAccountCreate {
    /// The firm's name for it.
    pub name: String,
    /// Plugin id; the newest installed version drives the account.
    pub plugin: String,
    /// The bank, as the plugin's manifest names it.
    pub bank: String,
    /// Which address.
    pub environment: Environment,
    /// Whose account; the caller's own node if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// 3-D model; `3d` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub three_d_model: Option<String>,
    /// No card is charged here without its holder: a payment that would go without 3-D Secure is refused.
    #[serde(default)]
    pub three_d_required: bool,
    /// The bank is told for which dealer below the account's own is sold: only where the connector can say it
    /// (capability `sub-dealer-identity`), and the bank has set those dealers up.
    #[serde(default)]
    pub sub_dealers: bool,
    /// With a refund the bank returns its own commission of what goes back.
    #[serde(default)]
    pub returns_commission: bool,
    /// When the bank's day ends, `HH:MM` in the firm's zone: until then a payment is voided, from then on refunded.
    /// What the plugin states for the bank if absent, else midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_end: Option<String>,
    /// Settings, as the manifest's schema describes them; values as text, the way a form posts them.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// Endpoint addresses that differ from the manifest's; sandbox only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, String>,
    /// Secrets by name; write-only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
}

/// Changes a POS account; what is absent stays.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PosAccountUpdate {
    /// The firm's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether payments may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PosAccountState>,
    /// 3-D model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub three_d_model: Option<String>,
    /// No card is charged here without its holder: a payment that would go without 3-D Secure is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub three_d_required: Option<bool>,
    /// The bank is told for which dealer below the account's own is sold: only where the connector can say it
    /// (capability `sub-dealer-identity`), and the bank has set those dealers up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_dealers: Option<bool>,
    /// With a refund the bank returns its own commission of what goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns_commission: Option<bool>,
    /// When the bank's day ends, `HH:MM` in the firm's zone: until then a payment is voided, from then on refunded.
    /// Empty goes back to what the plugin states for the bank, else midnight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_end: Option<String>,
    /// All settings anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<BTreeMap<String, String>>,
    /// All differing endpoint addresses anew; sandbox only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoints: Option<BTreeMap<String, String>>,
    /// The secrets to set, in use at once; others keep their value. What was in use before is kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// Secrets that wait: nothing uses them until they are taken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub next_secrets: BTreeMap<String, String>,
    /// Names of secrets whose next value comes into use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets_take: Vec<String>,
    /// Names of secrets whose value before comes into use again; the one in use waits as the next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets_give_back: Vec<String>,
}

impl std::fmt::Debug for PosAccountCreate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PosAccountCreate")
            .field("name", &self.name)
            .field("plugin", &self.plugin)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PosAccountUpdate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PosAccountUpdate").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What came of trying a POS account: a sale, its void, and an inquiry at the test address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PosTest {
    /// Every step went as it should.
    pub ok: bool,
    /// The steps, in order.
    pub steps: Vec<PosTestStep>,
    /// When.
    pub at: Timestamp,
}

/// One step of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PosTestStep {
    /// `sale`, `void` or `inquire`.
    pub name: String,
    /// It went as it should.
    pub ok: bool,
    /// Not tried, because a step before it failed.
    #[serde(default)]
    pub skipped: bool,
    /// `approved`, `declined`, `not_processed`, `unknown`, …
    pub outcome: String,
    /// The bank's words, masked, or what went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How long it took.
    pub ms: i64,
}
