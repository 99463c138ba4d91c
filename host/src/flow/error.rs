//! Why an act was not done. The edge turns it into a problem in the caller's language.

use crate::store::StoreError;

/// A field of the request that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer (`/card/number`).
    pub pointer: String,
    /// A stable word; the edge has its sentences.
    pub code: &'static str,
    /// What exactly, in English, for a reader of logs.
    pub detail: String,
}

fn sentences(fields: &[FieldError]) -> String {
    let sentences: Vec<_> = fields.iter().map(|field| format!("{}: {}", field.pointer, field.detail)).collect();
    sentences.join("; ")
}

impl FieldError {
    /// One field that cannot be taken.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

/// Why an act was not done. Nothing was changed unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// Not there, or not in the actor's part of the tree: 404.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Visible, but not allowed: 403.
    #[error("not allowed: {0}")]
    Forbidden(&'static str),
    /// The request cannot be taken as it is: 422.
    #[error("the request cannot be taken: {}", sentences(.0))]
    Invalid(Vec<FieldError>),
    /// It does not fit what is there: 409.
    #[error("{code}: {detail}")]
    Conflict {
        /// A stable word.
        code: &'static str,
        /// What exactly.
        detail: String,
    },
    /// A plugin that is not taken: 422, with a sentence for whoever made it.
    #[error("{code}: {sentence}")]
    Refused {
        /// A stable word.
        code: &'static str,
        /// What is missing or wrong, in English: about a program, for its author.
        sentence: String,
    },
    /// The same key is being worked on: 409 with Retry-After.
    #[error("a request with this key is in flight")]
    InFlight,
    /// The same key came with another request: 422.
    #[error("the key was used for another request")]
    KeyReused,
    /// Too much at once: 503 with Retry-After.
    #[error("too busy: {0}")]
    Busy(&'static str),
    /// A bank was asked and gave no answer that counts: 502. Nothing was done there.
    #[error("the bank gave no answer that counts: {0}")]
    Unanswered(String),
    /// The database: 503 or 500.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value or a program is broken: 500, and somebody should look.
    #[error("internal: {0}")]
    Internal(String),
}

impl FlowError {
    /// One field that cannot be taken.
    pub fn invalid(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, detail)])
    }

    /// It does not fit what is there.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into() }
    }
}

/// Shorthand of the layer.
pub type FlowResult<T> = Result<T, FlowError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_taken_is_told_in_sentences() {
        let mut fields = vec![FieldError::new("/password", "unsuitable", "the password is too short")];
        fields.push(FieldError::new("/email", "required", "it is missing"));
        let told = FlowError::Invalid(fields).to_string();
        assert_eq!(told, "the request cannot be taken: /password: the password is too short; /email: it is missing");
    }
}
