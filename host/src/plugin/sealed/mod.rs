//! Sealed values: bytes a connector can combine but never read.
//!
//! Several Turkish banks hash the card number together with amount and store key, or encrypt the card
//! block. A token in a template cannot express that; a graph of values can. Each value carries labels that
//! follow it through every operation, and the labels decide where it may go (`sink`). The algebra stands
//! in `wit/host/host.wit`; this is its only implementation.
//!
//! Two kinds of refusal. An *error* tells the connector about its own input. A *breach* ends the call:
//! it is used wherever an error would be an answer to a question about a value nobody may ask
//! (how long is it? does it begin with these digits?).

mod crypto;
mod form;
mod label;
mod made;
pub(super) mod sink;
#[cfg(test)]
mod tests;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::limits;
use made::Given;

pub use crypto::{Cipher, Digest};
pub use form::{Charset, Escape, TextForm};
pub use label::Labels;
pub use made::Made;

/// What a connector is told about its own input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealError {
    /// The installation has no secret of this name.
    NoSuchSecret,
    /// A key or initial vector of the wrong length for the algorithm.
    BadKey,
    /// Not in this text form or charset.
    Unencodable,
    /// The operation does not exist for a value with these labels.
    NotAllowed(String),
}

/// Why an operation gave no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealFault {
    /// Returned to the connector.
    Error(SealError),
    /// Ends the call.
    Breach(&'static str),
}

/// A piece of a concatenation.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'a> {
    /// Readable bytes.
    Plain(&'a [u8]),
    /// A value.
    Sealed(&'a Sealed),
}

/// A value that only the host can read; wiped when dropped. `Debug` shows labels, not even the length.
#[derive(Clone)]
pub struct Sealed {
    bytes: Zeroizing<Vec<u8>>,
    labels: Labels,
    /// Made of secrets and nothing else: a digest of it is as good as the secret.
    bare: bool,
    /// A whole digest or HMAC (or its text form) of this many bytes: may be compared.
    whole: Option<usize>,
    /// For recordings.
    made: Made,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "«{}»", self.labels)
    }
}

impl Sealed {
    /// A value with the labels of where it came from.
    pub fn new(bytes: impl Into<Vec<u8>>, labels: Labels) -> Self {
        let made = Made::source(&labels.to_string());
        Self { bytes: Zeroizing::new(bytes.into()), labels, bare: false, whole: None, made }
    }

    /// A named secret.
    pub fn secret(value: &str) -> Self {
        Self { bare: true, ..Self::new(value.as_bytes(), Labels::SECRET) }
    }

    /// The same, under the name by which recordings know where it came from.
    pub(super) fn named(self, name: &str) -> Self {
        Self { made: Made::source(name), ..self }
    }

    /// How it was made.
    pub fn made(&self) -> &Made {
        &self.made
    }

    /// What it was made from.
    pub fn labels(&self) -> Labels {
        self.labels
    }

    /// The bytes, for the egress path and the page that goes to the gate.
    pub(super) fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// One value after the other.
    pub fn concat(pieces: &[Piece<'_>]) -> Result<Self, SealFault> {
        let length: usize = pieces.iter().map(|piece| piece.bytes().len()).sum();
        if length > limits::SEALED_BYTES_MAX {
            return Err(SealFault::Breach("a sealed value grew too long"));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        let mut labels = Labels::NONE;
        // Labels join even for empty pieces: whether one is empty is nobody's business.
        let mut bare = false;
        let mut mixed = false;
        for piece in pieces {
            bytes.extend_from_slice(piece.bytes());
            match piece {
                Piece::Plain(text) => mixed |= !text.is_empty(),
                Piece::Sealed(value) => {
                    labels |= value.labels;
                    bare |= value.bare;
                    mixed |= !value.bare;
                }
            }
        }
        let made = joined(pieces);
        Ok(Self { bytes, labels, bare: bare && !mixed, whole: None, made })
    }

    /// A part of it, from byte to byte: for deriving keys, so the part may be nothing but a key.
    /// Asking beyond the end is a breach and not an error, or the length could be found by trying.
    pub fn slice(&self, start: u32, end: u32) -> Result<Self, SealFault> {
        let part = self.bytes.get(start as usize..end as usize);
        let part = part.ok_or(SealFault::Breach("a slice beyond the end of a sealed value"))?;
        let labels = self.labels | Labels::KEY_ONLY;
        let made = self.remade("slice", &[&start.to_be_bytes(), &end.to_be_bytes()]);
        Ok(Self { bytes: Zeroizing::new(part.to_vec()), labels, bare: self.bare, whole: None, made })
    }

    /// Every occurrence of one text by another; not on values where the change would say something.
    pub fn replaced(&self, find: &str, replacement: &str) -> Result<Self, SealFault> {
        if self.labels.any(Labels::CARD | Labels::SECRET) {
            let sentence = format!("replacing in a value labelled {}", self.labels);
            return Err(SealFault::Error(SealError::NotAllowed(sentence)));
        }
        if find.is_empty() {
            return Err(SealFault::Error(SealError::NotAllowed("replacing nothing".into())));
        }
        let find = find.as_bytes();
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.bytes.len()));
        let mut rest = &self.bytes[..];
        while let Some(&first) = rest.first() {
            if rest.starts_with(find) {
                bytes.extend_from_slice(replacement.as_bytes());
                rest = &rest[find.len()..];
            } else {
                bytes.push(first);
                rest = &rest[1..];
            }
            if bytes.len() > limits::SEALED_BYTES_MAX {
                return Err(SealFault::Breach("a sealed value grew too long"));
            }
        }
        let made = self.remade("replaced", &[find, replacement.as_bytes()]);
        Ok(Self { bytes, labels: self.labels, bare: false, whole: None, made })
    }

    /// Whether it is what the other side sent: the only bit a connector ever learns. Anything but a whole
    /// digest made with a secret and free of card data would let a guest find the value by guessing.
    pub fn equals(&self, sent: &[u8], ignore_ascii_case: bool) -> Result<bool, SealFault> {
        let breach = |sentence| Err(SealFault::Breach(sentence));
        if self.whole.is_none_or(|length| length < limits::EQUALS_BYTES_MIN) {
            return breach("comparing something that is not a whole digest of at least 16 bytes");
        }
        if self.labels.any(Labels::CARD_DERIVED) {
            return breach("comparing something made from the card");
        }
        if !self.labels.any(Labels::KEYED) || self.labels.any(Labels::SECRET | Labels::KEY_ONLY) {
            return breach("comparing something that was not made with a secret");
        }
        if ignore_ascii_case {
            let ours = Zeroizing::new(self.bytes.to_ascii_lowercase());
            return Ok(ours.ct_eq(&sent.to_ascii_lowercase()).into());
        }
        Ok(self.bytes.ct_eq(sent).into())
    }

    /// The same value in other letters: labels, bareness and (where given) wholeness stay.
    fn rewritten(&self, bytes: Vec<u8>, whole: Option<usize>, how: &str) -> Result<Self, SealFault> {
        let bytes = Zeroizing::new(bytes);
        if bytes.len() > limits::SEALED_BYTES_MAX {
            return Err(SealFault::Breach("a sealed value grew too long"));
        }
        let made = self.remade(how, &[]);
        Ok(Self { bytes, labels: self.labels, bare: self.bare, whole, made })
    }

    /// How something was made out of this one value.
    fn remade(&self, how: &str, plain: &[&[u8]]) -> Made {
        let plain = plain.iter().map(|bytes| Given::Plain(bytes));
        let given: Vec<Given<'_>> = std::iter::once(Given::Made(&self.made)).chain(plain).collect();
        Made::step(how, &given, &[&self.made])
    }
}

/// How a concatenation was made. Plain neighbours are one piece: how a connector cuts its own text says nothing.
fn joined(pieces: &[Piece<'_>]) -> Made {
    let sealed = |piece: &Piece<'_>| matches!(piece, Piece::Sealed(_));
    let groups: Vec<&[Piece<'_>]> = pieces.chunk_by(|a, b| !sealed(a) && !sealed(b)).collect();
    let plain: Vec<Vec<u8>> = groups
        .iter()
        .map(|group| group.iter().filter(|piece| !sealed(piece)).flat_map(Piece::bytes).copied().collect())
        .collect();
    let given: Vec<Given<'_>> = groups
        .iter()
        .zip(&plain)
        .filter_map(|(group, plain)| match group {
            [Piece::Sealed(value)] => Some(Given::Made(&value.made)),
            _ => (!plain.is_empty()).then_some(Given::Plain(plain)),
        })
        .collect();
    let shown: Vec<&Made> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Sealed(value) => Some(&value.made),
            Piece::Plain(_) => None,
        })
        .collect();
    Made::step("joined", &given, &shown)
}

impl Piece<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Plain(bytes) => bytes,
            Self::Sealed(value) => &value.bytes,
        }
    }
}
