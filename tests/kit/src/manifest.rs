//! The part of a manifest that the kit holds a connector to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// The portal's.
const LANGUAGES: [&str; 3] = ["tr", "en", "az"];

/// What a connector says about itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Manifest {
    /// `pos-mybank`
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// The connector's name.
    pub names: BTreeMap<String, String>,
    /// The banks it speaks to.
    #[serde(default)]
    pub banks: Vec<NamedBank>,
    /// `sale`, `authorize`, `mail-order`, …
    #[serde(default)]
    pub capabilities: BTreeSet<String>,
    /// `3d`, `3d-pay`, `3d-host`.
    #[serde(default)]
    pub models: BTreeSet<String>,
    /// Alphabetic codes.
    #[serde(default)]
    pub currencies: Vec<String>,
    /// Where it reaches, by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// What a firm fills in.
    #[serde(default)]
    pub config: Config,
    /// Statuses of an authentic answer; empty for any 2xx.
    #[serde(default)]
    pub answer_statuses: Vec<u16>,
    /// What the body of an authentic answer is.
    #[serde(default)]
    pub answer_format: AnswerFormat,
}

/// A bank by its name.
#[derive(Debug, Clone, Deserialize)]
pub struct NamedBank {
    /// As people call it.
    pub name: String,
    /// Capabilities of the connector that it has not.
    #[serde(default)]
    pub lacks: Vec<String>,
}

/// The settings form.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Config {
    /// Settings by their names.
    #[serde(default)]
    pub properties: BTreeMap<String, Setting>,
}

/// A setting, as far as people read of it. Texts by their languages.
#[derive(Debug, Clone, Deserialize)]
pub struct Setting {
    /// What it is called.
    #[serde(default)]
    pub title: BTreeMap<String, String>,
    /// The sentence under the field.
    #[serde(rename = "x-help", default)]
    pub help: BTreeMap<String, String>,
}

/// What may go to an endpoint.
#[derive(Debug, Clone, Deserialize)]
pub struct Endpoint {
    /// Card data.
    #[serde(default)]
    pub takes_card: bool,
    /// Bare secrets.
    #[serde(default = "yes")]
    pub takes_secrets: bool,
}

fn yes() -> bool {
    true
}

/// What an authentic answer parses as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerFormat {
    /// XML.
    #[default]
    Xml,
    /// JSON.
    Json,
    /// `a=b&c=d`
    Form,
    /// `a=b;;c=d`
    Pairs,
    /// Bare text.
    Text,
}

impl AnswerFormat {
    /// Does an answer of this kind show where it ends, so that half of one is no answer?
    pub(crate) fn shows_its_end(self) -> bool {
        matches!(self, Self::Xml | Self::Json)
    }
}

impl Manifest {
    /// Is the capability listed?
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// What a firm could not read of the settings form, in a language of the portal.
    pub(crate) fn untold(&self) -> Vec<String> {
        let mut untold = Vec::new();
        for (name, setting) in &self.config.properties {
            for (part, texts) in [("title", &setting.title), ("x-help", &setting.help)] {
                let missing =
                    LANGUAGES.into_iter().filter(|language| texts.get(*language).is_none_or(String::is_empty));
                untold.extend(missing.map(|language| format!("the setting {name} has no {part} in {language}")));
            }
        }
        untold
    }

    /// May an authentic answer have this status?
    pub(crate) fn may_answer(&self, status: u16) -> bool {
        if self.answer_statuses.is_empty() {
            (200..300).contains(&status)
        } else {
            self.answer_statuses.contains(&status)
        }
    }

    /// Names of the endpoints that are `fit`.
    pub(crate) fn endpoints_that(&self, fit: impl Fn(&Endpoint) -> bool) -> Vec<&str> {
        self.endpoints.iter().filter(|(_, e)| fit(e)).map(|(name, _)| name.as_str()).collect()
    }
}
