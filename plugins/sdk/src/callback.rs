//! Reading what came back to the callback address.

use crate::Callback;

/// The fields of a callback, looked up by the name the bank documents.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(&'a [(String, String)]);

impl<'a> Fields<'a> {
    /// Of any list of names and values.
    pub fn new(fields: &'a [(String, String)]) -> Self {
        Self(fields)
    }

    /// Of a callback: its form, or its query when it was a GET.
    pub fn of(callback: &'a Callback) -> Self {
        Self(if callback.form.is_empty() { &callback.query } else { &callback.form })
    }

    /// The value of a field that occurs exactly once (names compared without ASCII case). A name that
    /// occurs twice is nobody's word: whoever forges a callback would choose which one is read.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut found = self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// As [`get`](Self::get), an empty value counting as none.
    pub fn filled(&self, name: &str) -> Option<&'a str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// All of them, in the order they came.
    pub fn all(&self) -> &'a [(String, String)] {
        self.0
    }
}
