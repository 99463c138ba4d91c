//! What a plugin says about itself: the JSON in its custom section `vezne:manifest`, read without running it.
//!
//! It *asks*; the grant of a POS account decides. Unknown keys are refused, so that a misspelt key is found
//! when the plugin is built and not when a bank is called.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::manifest_config::ConfigSchema;
use crate::domain::day_end::DayEnd;

pub use super::manifest_config::{ConfigError, ConfigProblem, Property, PropertyKind};

/// Name of the custom section.
pub const SECTION: &str = "vezne:manifest";

/// The manifest of one plugin version.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Stable id: `pos-nestpay`.
    pub id: String,
    /// Semantic version of the plugin.
    pub version: String,
    /// `pos` for now; `erp`, `notify`, `biller`, `statement` later.
    pub kind: String,
    /// The contract it was built against: `vezne:pos@1.0.0`.
    pub api: String,
    /// Who made it.
    pub publisher: String,
    /// SPDX expression.
    pub licence: String,
    /// Display names.
    pub names: LocalText,
    /// The banks it speaks to; an installation picks one.
    #[serde(default)]
    pub banks: Vec<Bank>,
    /// `sale`, `authorize`, `capture`, `void`, `refund`, `partial-refund`, `inquire`, `mail-order`, `instalments`, ….
    #[serde(default)]
    pub capabilities: BTreeSet<String>,
    /// 3-D models it can do: `3d`, `3d-pay`, `3d-host`.
    #[serde(default)]
    pub models: Vec<String>,
    /// Alphabetic currency codes.
    #[serde(default)]
    pub currencies: Vec<String>,
    /// Where it wants to reach, by name.
    pub endpoints: BTreeMap<String, EndpointRequest>,
    /// The secrets it uses.
    #[serde(default)]
    pub secrets: Vec<SecretRequest>,
    /// JSON Schema subset of its settings.
    #[serde(default)]
    pub config: ConfigSchema,
    /// Request headers it sets besides the usual ones and `x-…`.
    #[serde(default)]
    pub request_headers: BTreeSet<String>,
    /// HTTP statuses an authentic answer may have; empty means any 2xx.
    #[serde(default)]
    pub answer_statuses: Vec<u16>,
    /// What the body of an authentic answer is.
    #[serde(default)]
    pub answer_format: AnswerFormat,
    /// Claims that what it declares read-only is so, outside inquiries as well: it asks before it writes
    /// (NestPay counts refunds before it sends one). Whoever installs it accepts the claim. Without it every
    /// send of a writing act counts as a write.
    #[serde(default)]
    pub asks_before_writing: bool,
    /// How long the payer may stay at the gate.
    #[serde(default = "default_browse_ttl_s")]
    pub browse_ttl_s: u32,
    /// How long after sending the bank's "no such order" becomes final.
    #[serde(default = "default_not_found_final_after_s")]
    pub not_found_final_after_s: u32,
    /// When the banks close their day, `HH:MM`; a bank of its own may state another, and a POS account changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_end: Option<String>,
    /// A card that the bank itself publishes for its test environment; the Test button pays with it.
    #[serde(default)]
    pub test_card: Option<TestCard>,
    /// What it asks for beyond the defaults.
    #[serde(default)]
    pub limits: RequestedLimits,
}

/// A card of a bank's test environment: public, and good for nothing else.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestCard {
    /// The number.
    pub number: String,
    /// `MM/YY`.
    pub expiry: String,
    /// The code on it.
    pub security_code: String,
}

fn default_browse_ttl_s() -> u32 {
    900
}

fn default_not_found_final_after_s() -> u32 {
    600
}

/// A text in the portal's languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalText {
    /// Turkish.
    pub tr: String,
    /// English.
    pub en: String,
    /// Azerbaijani; the Turkish text where missing.
    #[serde(default)]
    pub az: String,
}

impl LocalText {
    /// In a locale, falling back to English for what we do not know.
    pub fn get(&self, locale: &str) -> &str {
        match locale {
            "az" if !self.az.is_empty() => &self.az,
            "tr" | "az" => &self.tr,
            _ => &self.en,
        }
    }
}

/// A bank a connector speaks to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    /// Stable id: `isbank`.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Settings this bank starts with.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// Endpoint addresses of this bank, overriding the plugin's own.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Environments>,
    /// Instalment programmes of its cards.
    #[serde(default)]
    pub programs: Vec<String>,
    /// When this bank closes its day, `HH:MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_end: Option<String>,
    /// Capabilities of the plugin that this bank has not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub lacks: BTreeSet<String>,
}

/// Addresses per environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environments {
    /// The bank's test environment.
    #[serde(default)]
    pub test: Option<String>,
    /// The real one.
    #[serde(default)]
    pub live: Option<String>,
}

/// An endpoint a plugin asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointRequest {
    /// What for: `api`, `gate`, `acs` (pages of the cards' banks, which the acquirer's answer names), ….
    #[serde(default)]
    pub purposes: Vec<String>,
    /// Whether card data goes there.
    #[serde(default)]
    pub takes_card: bool,
    /// Whether bare secrets (API passwords) go there.
    #[serde(default = "yes")]
    pub takes_secrets: bool,
    /// Default addresses.
    #[serde(default)]
    pub urls: Environments,
}

impl EndpointRequest {
    /// Whether it is where a card's own bank asks the payer: a page that only the acquirer's answer names.
    pub fn is_acs(&self) -> bool {
        self.purposes.iter().any(|purpose| purpose == "acs")
    }
}

fn yes() -> bool {
    true
}

/// A secret a plugin uses.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRequest {
    /// Its name in `sealed.secret`.
    pub name: String,
    /// `password`, `key`, `hex-key`, `base64-key`: only for the form.
    #[serde(default)]
    pub kind: String,
    /// Whether a POS account works without it.
    #[serde(default)]
    pub required: bool,
    /// Shown in the form.
    pub label: LocalText,
}

/// What an authentic answer parses as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerFormat {
    /// A well-formed XML document.
    #[default]
    Xml,
    /// A JSON object or array.
    Json,
    /// `a=b&c=d`.
    Form,
    /// `key=value` separated by `;;` or `;` (`InterVPOS`).
    Pairs,
    /// Anything that is not an HTML page; only for banks that answer bare text.
    Text,
}

/// What a plugin asks for beyond the defaults; capped by the host's own limits.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestedLimits {
    /// Linear memory, bytes.
    pub memory_bytes: Option<u64>,
    /// Running time of one call, milliseconds.
    pub cpu_ms: Option<u32>,
    /// How long one send may take, milliseconds.
    pub send_ms: Option<u32>,
}

/// A manifest that cannot be used, with the sentence for whoever made it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ManifestError(pub String);

impl Manifest {
    /// Reads and checks a manifest.
    pub fn parse(json: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(json)
            .map_err(|error| ManifestError(format!("the manifest is not valid: {error}")))?;
        manifest.checked()
    }

    fn checked(self) -> Result<Self, ManifestError> {
        let fail = |sentence: String| Err(ManifestError(sentence));
        if !is_name(&self.id) {
            return fail(format!("the id {:?} must be lower-case letters, digits and hyphens", self.id));
        }
        if self.version.split('.').count() != 3 {
            return fail(format!("the version {:?} must have three numbers", self.version));
        }
        if self.kind != "pos" {
            return fail(format!("plugins of kind {:?} are not known to this host", self.kind));
        }
        if self.endpoints.is_empty() {
            return fail("the manifest names no endpoint, so the plugin could reach nothing".into());
        }
        self.endpoints_checked()?;
        self.secrets_checked()?;
        let banks: BTreeSet<_> = self.banks.iter().map(|bank| &bank.id).collect();
        if banks.len() != self.banks.len() {
            return fail("two banks of the manifest have the same id".into());
        }
        for model in &self.models {
            if !matches!(model.as_str(), "3d" | "3d-pay" | "3d-host") {
                return fail(format!("the 3-D model {model:?} is not one of 3d, 3d-pay, 3d-host"));
            }
        }
        if self.answer_statuses.iter().any(|status| !(200..=599).contains(status)) {
            return fail("an answer status must be between 200 and 599".into());
        }
        if self.limits.memory_bytes == Some(0) || self.limits.cpu_ms == Some(0) || self.limits.send_ms == Some(0) {
            return fail("a limit of zero would let nothing run".into());
        }
        if self.browse_ttl_s == 0 {
            return fail("browse_ttl_s must not be zero".into());
        }
        if let Some(broken) = self.config.broken_condition() {
            return fail(format!("a setting can never be shown: {broken}"));
        }
        let stated = self.banks.iter().filter_map(|bank| bank.day_end.as_ref()).chain(&self.day_end);
        if let Some(wrong) = stated.into_iter().find(|text| DayEnd::parse(text).is_none()) {
            return fail(format!("a day end is written HH:MM, not {wrong:?}"));
        }
        for bank in &self.banks {
            if let Some(other) = bank.lacks.difference(&self.capabilities).next() {
                return fail(format!("bank {:?} lacks {other:?}, which is no capability of the plugin", bank.id));
            }
            if let Err(problems) = self.config.filled(&bank.config, true) {
                return fail(format!("the settings of bank {:?} are wrong: {}", bank.id, problems[0]));
            }
        }
        Ok(self)
    }

    fn endpoints_checked(&self) -> Result<(), ManifestError> {
        if let Some((name, _)) =
            self.endpoints.iter().find(|(_, request)| request.is_acs() && (request.takes_card || request.takes_secrets))
        {
            return Err(ManifestError(format!(
                "the endpoint {name:?} leads to whatever page the bank names, so it may take neither cards nor secrets"
            )));
        }
        let own = self.endpoints.iter().map(|(name, request)| (name, &request.urls));
        let banks = self.banks.iter().flat_map(|bank| bank.endpoints.iter());
        for (name, urls) in own.chain(banks) {
            if !is_name(name) {
                return Err(ManifestError(format!(
                    "the endpoint name {name:?} must be lower-case letters, digits and hyphens"
                )));
            }
            if !self.endpoints.contains_key(name) {
                return Err(ManifestError(format!(
                    "a bank gives an address for the endpoint {name:?}, which the plugin does not ask for"
                )));
            }
            for url in [&urls.test, &urls.live].into_iter().flatten() {
                super::address::endpoint_url(url, true).map_err(|refusal| {
                    ManifestError(format!("the address of endpoint {name:?} cannot be used: {refusal}"))
                })?;
            }
        }
        Ok(())
    }

    fn secrets_checked(&self) -> Result<(), ManifestError> {
        let mut names = BTreeSet::new();
        for secret in &self.secrets {
            if !is_name(&secret.name) {
                return Err(ManifestError(format!(
                    "the secret name {:?} must be lower-case letters, digits and hyphens",
                    secret.name
                )));
            }
            if !names.insert(&secret.name) {
                return Err(ManifestError(format!("the secret {:?} is listed twice", secret.name)));
            }
        }
        Ok(())
    }

    /// The bank with this id.
    pub fn bank(&self, id: &str) -> Option<&Bank> {
        self.banks.iter().find(|bank| bank.id == id)
    }

    /// The default address of an endpoint: the bank's, else the plugin's.
    pub fn default_url(&self, bank: Option<&str>, endpoint: &str, sandbox: bool) -> Option<&str> {
        let pick = |urls: &'_ Environments| if sandbox { urls.test.clone() } else { urls.live.clone() };
        let of_bank = bank.and_then(|id| self.bank(id)).and_then(|bank| bank.endpoints.get(endpoint));
        let own = self.endpoints.get(endpoint).map(|request| &request.urls);
        let urls = of_bank.filter(|urls| pick(urls).is_some()).or(own)?;
        if sandbox { urls.test.as_deref() } else { urls.live.as_deref() }
    }

    /// Whether the plugin has a capability at a bank.
    pub fn has(&self, bank: &str, capability: &str) -> bool {
        let lacks = self.bank(bank).is_some_and(|bank| bank.lacks.contains(capability));
        self.capabilities.contains(capability) && !lacks
    }

    /// When a bank closes its day, if it is stated: the bank's own word, else the plugin's.
    pub fn day_end(&self, bank: &str) -> Option<&str> {
        let own = self.bank(bank).and_then(|bank| bank.day_end.as_deref());
        own.or(self.day_end.as_deref())
    }

    /// Settings for storing: the bank's defaults, then the schema's defaults, under what was given;
    /// checked. Filling happens here and nowhere else.
    pub fn config_filled(
        &self,
        bank: Option<&str>,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Vec<ConfigError>> {
        let mut merged = bank.and_then(|id| self.bank(id)).map(|bank| bank.config.clone()).unwrap_or_default();
        merged.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
        self.config.filled(&merged, false)
    }

    /// Whether an HTTP status may belong to an authentic answer.
    pub fn status_may_answer(&self, status: u16) -> bool {
        if self.answer_statuses.is_empty() {
            (200..300).contains(&status)
        } else {
            self.answer_statuses.contains(&status)
        }
    }
}

/// Lower-case letters, digits, `-` and `_`, starting with a letter, at most 64.
pub(super) fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
}
