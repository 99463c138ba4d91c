//! Unguessable ids.

use base64::{Engine, engine::general_purpose::STANDARD};

fn bytes(n: usize) -> Vec<u8> {
    let mut out = vec![0_u8; n];
    if let Err(e) = getrandom::fill(&mut out) {
        tracing::error!(error = %e, "no entropy");
    }
    out
}

/// `n` random bytes in upper-case hex.
pub fn hex_upper(n: usize) -> String {
    hex::encode_upper(bytes(n))
}

/// `n` random bytes in base64.
pub fn base64(n: usize) -> String {
    STANDARD.encode(bytes(n))
}

/// One random byte.
pub fn byte() -> u8 {
    bytes(1)[0]
}

/// An id for an address.
pub fn id() -> String {
    hex::encode(bytes(16))
}
