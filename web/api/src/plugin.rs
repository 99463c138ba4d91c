//! Installed plugins and what their manifests say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// The contract it is written against: `vezne:pos@0.1`.
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
    /// The settings form: a JSON Schema 2020-12 object whose `properties` are strings, numbers,
    /// booleans and enums, with `x-group` and `x-help`.
    pub config: serde_json::Value,
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
