//! Installed plugins and what their manifests say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::PluginHealth;

/// Text by language: `tr`, `en`, `az`.
pub type Translated = BTreeMap<String, String>;

/// An installed plugin version; versions never change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plugin {
    /// `pos-nestpay`
    pub id: String,
    /// `0.1.0`
    pub version: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// `pos`, `erp`, `notify`, `biller` or `statement`.
    pub kind: String,
    /// The contract it is written against: `vezne:pos@1.0.0`.
    pub api: String,
    /// Who wrote it.
    pub publisher: String,
    /// SPDX expression.
    pub licence: String,
    /// Names to show.
    pub names: Translated,
    /// Banks it speaks to.
    pub banks: Vec<PluginBank>,
    /// What it can do: `sale`, `void`, `refund`, `inquire`, `three-d-secure`, `preauth`, …
    pub capabilities: Vec<String>,
    /// 3-D models: `3d`, `3d-pay`, `3d-host`.
    pub models: Vec<String>,
    /// Where it may send.
    pub endpoints: Vec<PluginEndpoint>,
    /// Secrets it needs; never read back.
    pub secrets: Vec<PluginSecret>,
    /// Whether new payments of the firm may begin on it; no version of a plugin that does not serve is active.
    #[serde(default = "yes")]
    pub serves: bool,
    /// How it fared lately for the firm.
    #[serde(default)]
    pub health: PluginHealth,
    /// The settings form: a JSON Schema 2020-12 object whose `properties` are strings, numbers,
    /// booleans and enums, with `x-group` and `x-help`.
    pub config: serde_json::Value,
}

fn yes() -> bool {
    true
}

/// A bank that a plugin speaks to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginBank {
    /// `isbank`
    pub id: String,
    /// Name to show.
    pub name: String,
    /// Settings that this bank fixes or suggests.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// When it closes its day, `HH:MM`, if the plugin states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_end: Option<String>,
    /// Capabilities of the plugin that this bank has not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
}

impl Plugin {
    /// Whether it has a capability at a bank.
    pub fn has(&self, bank: &str, capability: &str) -> bool {
        let is = |name: &String| name == capability;
        let lacks = self.banks.iter().any(|known| known.id == bank && known.lacks.iter().any(is));
        self.capabilities.iter().any(is) && !lacks
    }
}

/// Asks for the list of plugins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PluginList {
    /// Also those of which no version is active, in their newest version.
    #[serde(default)]
    pub all: bool,
}

/// A place that a plugin may send to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginEndpoint {
    /// `api`
    pub name: String,
    /// What for.
    pub purposes: Vec<String>,
    /// Whether a card may go there.
    pub takes_card: bool,
    /// Default address per environment: `test`, `live`.
    pub urls: BTreeMap<String, String>,
}

/// A secret that a plugin needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginSecret {
    /// `store_key`
    pub name: String,
    /// `password`, `key`, …
    pub kind: String,
    /// Whether an account cannot work without it.
    pub required: bool,
    /// Labels to show.
    pub label: Translated,
}

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PluginState {
    /// Checked and ready; nothing runs on it.
    Staged,
    /// It is played what the others did; nothing of it leaves.
    Shadow,
    /// It takes a share of new attempts.
    Canary,
    /// It takes new attempts.
    Active,
    /// It ends what it began.
    Draining,
    /// Nothing needs it.
    Retired,
    /// Withdrawn for good.
    Revoked,
}

/// How a version came to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PluginOrigin {
    /// It came with the server.
    Bundled,
    /// A trusted publisher signed it.
    Signed,
    /// Nobody signed it; a sandbox takes such.
    Unsigned,
}

/// A version of a plugin, as it stands for the caller's firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginVersion {
    /// `pos-nestpay`
    pub plugin: String,
    /// `0.1.0`
    pub version: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// Where it stands.
    pub state: PluginState,
    /// Percent of new attempts, while it is a canary.
    pub percent: i64,
    /// How it came to be trusted.
    pub origin: PluginOrigin,
    /// Who wrote it.
    pub publisher: String,
    /// The contract it is written against.
    pub api: String,
    /// Of the component.
    pub size_bytes: i64,
    /// Who brought it in.
    pub added_by: String,
    /// When.
    pub added_at: String,
    /// Who moved it last.
    pub changed_by: Option<String>,
    /// When.
    pub changed_at: Option<String>,
    /// Why it was withdrawn from everyone.
    pub revoked_reason: Option<String>,
    /// What must be allowed before it serves: what it asks for beyond what was allowed before.
    pub asks: Vec<PluginAsk>,
    /// All that it asks for beside all that it, or the version that is active now, was allowed.
    #[serde(default)]
    pub grants: Vec<PluginGrant>,
    /// What it can do, and whether the version that is active now can.
    #[serde(default)]
    pub capabilities: Vec<PluginCapability>,
    /// What it did in the shadow, on this server, while it stands there.
    #[serde(default)]
    pub shadow: Option<PluginShadow>,
}

/// What a version did in the shadow of the firm's acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginShadow {
    /// Acts that were played to their end.
    pub played: i64,
    /// Of these, those in which something differed.
    pub differing: i64,
    /// Acts whose recording cannot be played.
    pub failed: i64,
    /// Acts that were not played because the server had no time.
    pub skipped: i64,
    /// The last ones that differed, newest first.
    pub last: Vec<PluginShadowRun>,
}

/// An act that a shadow did otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginShadowRun {
    /// `run_…`: the run that was recorded.
    pub run: String,
    /// When it began.
    pub at: String,
    /// `sale`, `refund`, ….
    pub function: String,
    /// What differed.
    pub differences: Vec<PluginShadowDifference>,
}

/// One place where a shadow differed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginShadowDifference {
    /// The step, from 1; 0 for the verdict on the whole act.
    pub turn: i64,
    /// `/body`, `/outcome/category`, ….
    pub place: String,
    /// What the version that serves did.
    pub recorded: Option<String>,
    /// What the shadow did.
    pub played: Option<String>,
}

/// Begins or ends the shadow of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PluginShadowChange {
    /// `sha256:…`
    pub digest: String,
}

/// One thing that a version asks for or was allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginGrant {
    /// As in `asks`.
    pub kind: String,
    /// Of which endpoint; the secret's name; empty for a limit.
    pub name: String,
    /// The host or the limit that is asked for, empty for a yes; absent where it is not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What was allowed, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<String>,
    /// It is asked for and was not allowed yet.
    pub new: bool,
}

/// One thing that a version can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginCapability {
    /// `sale`, `refund`, `three-d-secure`, ….
    pub name: String,
    /// This version can do it.
    pub here: bool,
    /// The version that is active now can do it; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// One thing that a version asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginAsk {
    /// `endpoint`, `host`, `card`, `secrets`, `secret`, `memory_bytes`, `cpu_ms`, `send_ms` or `asks_before_writing`.
    pub kind: String,
    /// Of which endpoint; the secret's name; empty for a limit.
    pub name: String,
    /// The host, or the limit.
    pub value: String,
}

/// Gives a version all new attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PluginActivate {
    /// `sha256:…`
    pub digest: String,
    /// Allows it what it asks for.
    #[serde(default)]
    pub approve: bool,
}

/// Gives a version a share of new attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PluginCanary {
    /// `sha256:…`
    pub digest: String,
    /// 1 to 100.
    pub percent: i64,
    /// Allows it what it asks for.
    #[serde(default)]
    pub approve: bool,
}

/// Takes the canary back, or the active version in favour of the one before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PluginRollBack {
    /// For the audit trail.
    #[serde(default)]
    pub reason: String,
}

/// Withdraws a version for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PluginRevoke {
    /// `sha256:…`
    pub digest: String,
    /// For the audit trail.
    pub reason: String,
}
