//! Settings of a plugin: the subset of JSON Schema 2020-12 the admin form can draw.
//!
//! `{"type": "object", "properties": {...}, "required": [...]}` with properties of type string, integer or
//! boolean, and `enum`, `pattern`-free limits, `default`, `title`, `x-help`, `x-group`, `x-order`,
//! `x-show-if`. Values are kept as text: that is how a form posts them and how `config.get` answers.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::manifest::LocalText;

/// The schema of a plugin's settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigSchema {
    /// Always `object`.
    #[serde(rename = "type", default = "object")]
    kind: String,
    /// The settings by name.
    #[serde(default)]
    pub properties: BTreeMap<String, Property>,
    /// Which must have a value.
    #[serde(default)]
    pub required: Vec<String>,
    /// Accepted for schema editors; nothing else is ever allowed.
    #[serde(rename = "additionalProperties", default, skip_serializing_if = "Option::is_none")]
    additional: Option<bool>,
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    dialect: Option<String>,
}

fn object() -> String {
    "object".into()
}

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PropertyKind {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
}

/// One setting.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: PropertyKind,
    /// The form's label.
    pub title: LocalText,
    /// Filled in where nothing was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// The only values allowed.
    #[serde(rename = "enum", default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Labels of the choices.
    #[serde(rename = "x-labels", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, LocalText>,
    /// Shortest text.
    #[serde(rename = "minLength", default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<usize>,
    /// Longest text.
    #[serde(rename = "maxLength", default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// Smallest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// Largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// The form's section.
    #[serde(rename = "x-group", default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Place in the form; equal places go by name.
    #[serde(rename = "x-order", default)]
    pub order: i32,
    /// A sentence under the field.
    #[serde(rename = "x-help", default, skip_serializing_if = "Option::is_none")]
    pub help: Option<LocalText>,
    /// Shown only while these settings have these values.
    #[serde(rename = "x-show-if", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub show_if: BTreeMap<String, String>,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigProblem {
    /// No such setting.
    Unknown,
    /// It must have a value.
    Missing,
    /// Not a whole number, or not `true`/`false`.
    WrongKind,
    /// Not one of the choices.
    NotAChoice,
    /// Too short, too long, too small or too large.
    OutOfRange,
}

/// A setting that cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Which.
    pub key: String,
    /// Why.
    pub problem: ConfigProblem,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match self.problem {
            ConfigProblem::Unknown => "is not a setting of this plugin",
            ConfigProblem::Missing => "must have a value",
            ConfigProblem::WrongKind => "has a value of the wrong kind",
            ConfigProblem::NotAChoice => "is not one of the choices",
            ConfigProblem::OutOfRange => "is too short, too long, too small or too large",
        };
        write!(f, "{} {problem}", self.key)
    }
}

/// Longest value of a setting without a limit of its own.
const VALUE_BYTES_MAX: usize = 1024;

impl Property {
    /// The default as text.
    pub fn default_text(&self) -> Option<String> {
        match self.default.as_ref()? {
            serde_json::Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    fn problem(&self, value: &str) -> Option<ConfigProblem> {
        let within = match self.kind {
            PropertyKind::Boolean if !matches!(value, "true" | "false") => return Some(ConfigProblem::WrongKind),
            PropertyKind::Boolean => true,
            PropertyKind::Integer => match value.parse::<i64>() {
                Ok(number) => {
                    self.minimum.is_none_or(|least| number >= least) && self.maximum.is_none_or(|most| number <= most)
                }
                Err(_) => return Some(ConfigProblem::WrongKind),
            },
            PropertyKind::String => {
                let length = value.chars().count();
                value.len() <= VALUE_BYTES_MAX
                    && self.min_length.is_none_or(|least| length >= least)
                    && self.max_length.is_none_or(|most| length <= most)
            }
        };
        if !within {
            return Some(ConfigProblem::OutOfRange);
        }
        (!self.choices.is_empty() && !self.choices.iter().any(|choice| choice == value))
            .then_some(ConfigProblem::NotAChoice)
    }
}

impl ConfigSchema {
    /// The settings in the order of the form.
    pub fn ordered(&self) -> Vec<(&str, &Property)> {
        let mut settings: Vec<_> = self.properties.iter().map(|(name, property)| (name.as_str(), property)).collect();
        settings.sort_by_key(|(name, property)| (property.order, *name));
        settings
    }

    /// A condition of `x-show-if` that can never be judged: it names no setting of the schema, or one that waits for
    /// the setting itself.
    pub fn broken_condition(&self) -> Option<String> {
        self.properties.iter().find_map(|(key, property)| {
            let unknown = property.show_if.keys().find(|named| !self.properties.contains_key(*named));
            let unknown = unknown.map(|named| format!("{key} is shown by {named}, which is no setting"));
            unknown.or_else(|| self.waits_for(key, key, 0).then(|| format!("{key} waits for itself to be shown")))
        })
    }

    /// Whether `key` is shown only if `other` is, over any number of steps.
    fn waits_for(&self, key: &str, other: &str, depth: usize) -> bool {
        let Some(property) = self.properties.get(key).filter(|_| depth <= self.properties.len()) else { return false };
        property.show_if.keys().any(|named| named == other || self.waits_for(named, other, depth + 1))
    }

    /// What a setting holds: what was given, else its default.
    fn value_of(&self, key: &str, given: &BTreeMap<String, String>) -> Option<String> {
        let given = given.get(key).filter(|value| !value.is_empty()).cloned();
        given.or_else(|| self.properties.get(key)?.default_text())
    }

    /// Whether a setting counts: every setting that its `x-show-if` names counts itself and has that value. No circle
    /// passes [`ConfigSchema::broken_condition`], so this ends.
    pub fn is_shown(&self, key: &str, given: &BTreeMap<String, String>) -> bool {
        let Some(property) = self.properties.get(key) else { return false };
        property
            .show_if
            .iter()
            .all(|(named, wanted)| self.value_of(named, given).as_ref() == Some(wanted) && self.is_shown(named, given))
    }

    /// A setting that counts, is required and has no value: of settings that were stored for an older version.
    pub fn missing(&self, stored: &BTreeMap<String, String>) -> Option<&str> {
        let lacks = |key: &&String| self.is_shown(key, stored) && self.value_of(key, stored).is_none();
        self.required.iter().find(lacks).map(String::as_str)
    }

    /// Fills defaults and checks. An empty value counts as none; with `partial`, missing ones are fine. A setting that
    /// is not shown is neither asked for nor kept, whatever a form still held of it.
    pub fn filled(
        &self,
        given: &BTreeMap<String, String>,
        partial: bool,
    ) -> Result<BTreeMap<String, String>, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let mut filled = BTreeMap::new();
        let error = |key: &str, problem| ConfigError { key: key.to_owned(), problem };
        for key in given.keys().filter(|key| !self.properties.contains_key(*key)) {
            errors.push(error(key, ConfigProblem::Unknown));
        }
        for (key, property) in self.properties.iter().filter(|(key, _)| self.is_shown(key, given)) {
            match self.value_of(key, given) {
                None if self.required.contains(key) && !partial => errors.push(error(key, ConfigProblem::Missing)),
                None => {}
                Some(value) => match property.problem(&value) {
                    Some(problem) => errors.push(error(key, problem)),
                    None => {
                        filled.insert(key.clone(), value);
                    }
                },
            }
        }
        if errors.is_empty() { Ok(filled) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(second: &str) -> ConfigSchema {
        let text = format!(
            r#"{{"properties": {{
                "kind": {{"type": "string", "title": {{"tr": "k", "en": "k"}}, "enum": ["plain", "sub"], "default": "plain"}},
                "number": {{"type": "string", "title": {{"tr": "n", "en": "n"}}, "maxLength": 4, "x-show-if": {{"kind": "sub"}}}},
                "note": {{"type": "string", "title": {{"tr": "o", "en": "o"}}, "x-show-if": {second}}}
            }}, "required": ["number"]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_not_shown_is_neither_asked_for_nor_kept() {
        let schema = schema(r#"{"number": "7"}"#);
        assert_eq!(schema.broken_condition(), None);
        assert_eq!(schema.filled(&given(&[]), false), Ok(given(&[("kind", "plain")])), "the default hides the number");
        let typed = given(&[("kind", "plain"), ("number", "far too long"), ("note", "x")]);
        assert_eq!(schema.filled(&typed, false), Ok(given(&[("kind", "plain")])), "a form without script sends it all");
        let missing = schema.filled(&given(&[("kind", "sub")]), false).unwrap_err();
        assert_eq!(missing, [ConfigError { key: "number".to_owned(), problem: ConfigProblem::Missing }]);
        assert_eq!(schema.missing(&given(&[("kind", "sub")])), Some("number"));
        assert_eq!(schema.missing(&given(&[])), None, "the default hides the number");
        let whole = given(&[("kind", "sub"), ("number", "7"), ("note", "x")]);
        assert_eq!(schema.filled(&whole, false), Ok(whole.clone()));
        let hidden = given(&[("kind", "plain"), ("number", "7"), ("note", "x")]);
        assert_eq!(schema.filled(&hidden, false), Ok(given(&[("kind", "plain")])), "hidden by what is itself hidden");
    }

    #[test]
    fn a_condition_that_nobody_can_judge_is_found() {
        assert!(schema(r#"{"colour": "red"}"#).broken_condition().unwrap().contains("colour"));
        assert!(schema(r#"{"note": "x"}"#).broken_condition().unwrap().contains("waits for itself"));
    }
}
