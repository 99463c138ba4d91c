//! Readable text with sealed values in between, and what can be made of it.

use crate::interface::sealed::{Piece, SealError, equals as host_equals};
use crate::{DigestAlg, Fault, Part, Sealed, TextForm};

/// Runs of readable text and sealed values, in order: the value of a field, a part of a body, or what a
/// hash is taken over.
#[derive(Debug, Default)]
pub struct Value {
    runs: Vec<Part>,
}

impl Value {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds readable text; neighbouring runs become one.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        match self.runs.last_mut() {
            Some(Part::Text(run)) => run.push_str(text),
            _ if text.is_empty() => {}
            _ => self.runs.push(Part::Text(text.to_owned())),
        }
        self
    }

    /// Adds a sealed value.
    #[must_use]
    pub fn sealed(mut self, sealed: Sealed) -> Self {
        self.runs.push(Part::Sealed(sealed));
        self
    }

    /// Adds all of another value.
    #[must_use]
    pub fn value(mut self, other: Value) -> Self {
        for run in other.runs {
            match run {
                Part::Text(text) => self = self.text(&text),
                run => self.runs.push(run),
            }
        }
        self
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The text, if nothing in it is sealed.
    pub fn as_text(&self) -> Option<&str> {
        match self.runs.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// One sealed value of everything.
    pub fn joined(&self) -> Sealed {
        let pieces: Vec<Piece<'_>> = self
            .runs
            .iter()
            .map(|run| match run {
                Part::Text(text) => Piece::Text(text.clone()),
                Part::Bytes(bytes) => Piece::Bytes(bytes.clone()),
                Part::Sealed(sealed) => Piece::Sealed(sealed),
            })
            .collect();
        Sealed::concat(&pieces)
    }

    /// A digest over everything, in letters.
    pub fn digest(&self, alg: DigestAlg, form: TextForm) -> Sealed {
        self.joined().digest(alg).to_text(form)
    }

    /// An HMAC over everything, in letters.
    pub fn hmac(&self, alg: DigestAlg, key: &Sealed, form: TextForm) -> Result<Sealed, Fault> {
        self.joined().hmac(alg, key).map(|mac| mac.to_text(form)).map_err(|error| fault(&error))
    }

    /// As one part of a wire value.
    pub fn into_part(mut self) -> Part {
        match self.runs.len() {
            0 => Part::Text(String::new()),
            1 => self.runs.remove(0),
            _ => Part::Sealed(self.joined()),
        }
    }

    /// As the parts of a body.
    pub fn into_parts(self) -> Vec<Part> {
        self.runs
    }

    /// Rewrites readable runs with `text` and sealed ones with `seal` (escaping, mostly).
    pub fn rewritten(
        self,
        text: impl Fn(&str) -> String,
        seal: impl Fn(Sealed) -> Result<Sealed, Fault>,
    ) -> Result<Self, Fault> {
        let mut out = Self::new();
        for run in self.runs {
            out = match run {
                Part::Text(run) => out.text(&text(&run)),
                Part::Bytes(bytes) => {
                    out.runs.push(Part::Bytes(bytes));
                    out
                }
                Part::Sealed(sealed) => out.sealed(seal(sealed)?),
            };
        }
        Ok(out)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::new().text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::new().text(&text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::new().text(text)
    }
}

impl From<Sealed> for Value {
    fn from(sealed: Sealed) -> Self {
        Self::new().sealed(sealed)
    }
}

/// A named secret of this POS account.
pub fn secret(name: &str) -> Result<Sealed, Fault> {
    Sealed::secret(name).map_err(|error| match error {
        SealError::NoSuchSecret => Fault::BadConfig(format!("the secret {name} is missing")),
        other => fault(&other),
    })
}

/// What a refused operation on a sealed value means for the connector.
pub fn fault(error: &SealError) -> Fault {
    match error {
        SealError::NoSuchSecret => Fault::BadConfig("a secret is missing".into()),
        SealError::NotGranted(name) => Fault::BadConfig(format!("{name} is not granted")),
        SealError::BadKey => Fault::BadConfig("a key has the wrong length or form".into()),
        SealError::TooLong => Fault::InvalidRequest("a value is too long".into()),
        SealError::Unencodable => Fault::BadConfig("a secret has characters this bank cannot take".into()),
        SealError::NotAllowed(what) => Fault::InvalidRequest(format!("not allowed on a sealed value: {what}")),
    }
}

/// Whether `ours` is what the other side sent, in constant time. `ours` must be a whole digest or HMAC
/// made with a secret and without card data; anything else ends the call.
pub fn equals(ours: &Sealed, sent: &str) -> bool {
    host_equals(ours, sent.as_bytes(), false)
}

/// As [`equals`], not minding the case of ASCII letters (hashes in hex).
pub fn equals_ignoring_case(ours: &Sealed, sent: &str) -> bool {
    host_equals(ours, sent.as_bytes(), true)
}
