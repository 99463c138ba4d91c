//! Browser sessions: an opaque secret in a cookie, its hash in the database.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The cookie's name. Browsers accept it only with `Secure`, `Path=/` and without `Domain`, and treat
/// `http://localhost` and `http://127.0.0.1` as secure.
pub const COOKIE: &str = "__Host-vezne";

/// A fresh secret for a cookie: 256 bits.
pub fn secret() -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(super::random::<32>()))
}

/// What the database keeps of a secret. A plain hash is enough: nobody searches 256 random bits.
pub fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// The header that sets the cookie; `Lax`, because the payer comes back from the bank's page by a
/// link or a form of another site and must still be signed in.
pub fn cookie(secret: &str) -> String {
    format!("{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax")
}

/// The header that takes it back.
pub fn cookie_removed() -> String {
    format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// The secret in a `Cookie` header.
pub fn from_cookies(header: &str) -> Option<&str> {
    let mut found =
        header.split(';').filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == COOKIE);
    match (found.next(), found.next()) {
        // Two cookies of this name: somebody planted one; neither is believed.
        (Some((_, secret)), None) if secret.len() == 43 => Some(secret),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_back_and_a_planted_one_is_not_believed() {
        let secret = secret();
        let header = cookie(&secret);
        let pair = header.split(';').next().unwrap();
        assert_eq!(from_cookies(&format!("a=b; {pair}")), Some(secret.as_str()));
        assert_eq!(from_cookies(&format!("{pair}; {pair}")), None);
        assert_eq!(from_cookies("__Host-vezne=short"), None);
        for flag in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(header.contains(flag) && cookie_removed().contains(flag));
        }
        assert!(!header.contains("Domain"));
        assert_ne!(secret_hash(&secret), *secret);
    }
}
