//! Comparing passwords, hashes and proofs.

use subtle::ConstantTimeEq;

/// Compares without telling how far it got.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
