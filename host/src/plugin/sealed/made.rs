//! How a sealed value was made: its sources by name, the operations, and the plain pieces between them.
//!
//! A recording cannot hold a sealed value, and labels alone would not show that a new version hashes other fields
//! than the one before. This is what it holds instead. No byte of the card or of a secret goes in, so nothing about
//! them can be learned from it; two values that were made in the same way from the same plain pieces have the same
//! fingerprint, whatever the card and the secrets were.

use sha2::{Digest, Sha256};

/// Longest description; what lies deeper is `…`.
const FORM_BYTES_MAX: usize = 60;

/// How one value was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Made {
    print: [u8; 12],
    form: String,
}

/// Something that an operation was given.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    /// Readable by the guest: its own bytes.
    Plain(&'a [u8]),
    /// A sealed value, by how it was made.
    Made(&'a Made),
}

impl Made {
    /// A source: a card field, or a secret by its name.
    pub(super) fn source(name: &str) -> Self {
        let mut hash = Sha256::new();
        put(&mut hash, b's', name.as_bytes());
        Self { print: ended(hash), form: name.to_owned() }
    }

    /// The outcome of an operation. `shown` are those of its inputs that the description names.
    pub(super) fn step(operation: &str, given: &[Given<'_>], shown: &[&Self]) -> Self {
        let mut hash = Sha256::new();
        put(&mut hash, b'o', operation.as_bytes());
        for given in given {
            match given {
                Given::Plain(bytes) => put(&mut hash, b'p', bytes),
                Given::Made(made) => put(&mut hash, b'm', &made.print),
            }
        }
        let inner = shown.iter().map(|made| made.form.as_str()).collect::<Vec<_>>().join(", ");
        let inner = if operation.len() + inner.len() + 2 > FORM_BYTES_MAX { "…" } else { &inner };
        Self { print: ended(hash), form: format!("{operation}({inner})") }
    }

    /// The fingerprint, in hex.
    pub fn print(&self) -> String {
        hex::encode(self.print)
    }

    /// The description, for people: `base64(sha512(joined(…)))`.
    pub fn form(&self) -> &str {
        &self.form
    }
}

/// With its length in front, so that no two rows of pieces look alike.
fn put(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

fn ended(hash: Sha256) -> [u8; 12] {
    let whole: [u8; 32] = hash.finalize().into();
    let mut print = [0; 12];
    print.copy_from_slice(&whole[..12]);
    print
}
