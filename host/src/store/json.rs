//! A column that holds JSON as text, the same on both databases.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value kept as JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> TryFrom<String> for Json<T> {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

impl<T: Serialize> Json<T> {
    /// The text to bind.
    pub fn to_text(&self) -> String {
        // Only maps with keys that are no strings cannot be written, and none is kept here.
        serde_json::to_string(&self.0).unwrap_or_else(|_| "null".to_owned())
    }
}

/// Keys as one value to bind, which `json_each` takes apart again: `… in (select value from json_each($2))`.
pub fn keys(ids: impl Iterator<Item = String>) -> String {
    Json(ids.collect::<Vec<_>>()).to_text()
}
