//! What an error looks like: RFC 9457.

use serde::{Deserialize, Serialize};

/// An error as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Address of its description.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short, in the language asked for.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened here, in the language asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The path asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// For programs: `not_found`, `invalid`, `idempotency_key_reused`, …
    pub code: String,
    /// Name this when you ask for help.
    pub request_id: String,
    /// What is wrong with the body, field by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// JSON Pointer into the body: `/card/number`.
    pub pointer: String,
    /// For programs: `required`, `unknown_field`, `out_of_range`, …
    pub code: String,
    /// For people, in the language asked for.
    pub detail: String,
}
