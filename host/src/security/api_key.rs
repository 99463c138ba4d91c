//! Secrets of API keys: shown once, stored as a hash, good only to be exchanged for tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A fresh secret: `sk_test_…` or `sk_live_…` with 256 random bits.
pub fn secret(livemode: bool) -> Zeroizing<String> {
    let prefix = if livemode { "sk_live_" } else { "sk_test_" };
    Zeroizing::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(super::random::<32>())))
}

/// Whether a bearer credential is a key and not a token.
pub fn is_secret(bearer: &str) -> bool {
    (bearer.starts_with("sk_test_") || bearer.starts_with("sk_live_")) && bearer.len() == 51
}

/// What the database keeps.
pub fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// What may be shown later to recognise it.
pub fn hint(secret: &str) -> String {
    format!("{}…", secret.get(..12).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_tells_its_mode_and_little_else() {
        let secret = secret(false);
        assert!(is_secret(&secret) && secret.starts_with("sk_test_"));
        assert_eq!(hint(&secret).chars().count(), 13);
        assert!(!is_secret("sk_test_short") && !is_secret("eyJhbGciOi"));
        assert_ne!(secret_hash(&secret), *secret);
    }
}
