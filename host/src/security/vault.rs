//! Secrets that must be read back, such as a POS account's password: AES-256-GCM, bound to their place.
//!
//! The place (tenant, table, row, column) is authenticated with the text, so a ciphertext that is
//! copied to another row does not open there. Each ciphertext names its key, so keys can be rotated.

use std::sync::Arc;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::keys::{self, Key, Keys};
use crate::domain::id::TenantId;

/// Where a secret is stored.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// Table name.
    pub table: &'a str,
    /// The row's key.
    pub row: &'a str,
    /// Column, or the name of the secret.
    pub column: &'a str,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}|{}|{}|{}", self.tenant.to_text(), self.table, self.row, self.column).into_bytes()
    }
}

/// A secret that does not open: another key, another place, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret does not open")]
pub struct VaultError;

/// Seals and opens. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Vec<(String, Aes256Gcm)>>);

impl Vault {
    /// From the installation's keys.
    pub fn new(keys: &Keys) -> Self {
        let ciphers = keys.vault().iter().map(|key| (key_id(key), Aes256Gcm::new((&**key).into()))).collect();
        Self(Arc::new(ciphers))
    }

    /// Seals a secret for its place.
    pub fn seal(&self, place: Place<'_>, secret: &[u8]) -> Result<String, VaultError> {
        self.seal_bound(&place.bytes(), secret)
    }

    /// Seals what one server tells another; it opens for the same purpose only. Never stored.
    pub fn seal_message(&self, purpose: &str, message: &[u8]) -> Result<String, VaultError> {
        self.seal_bound(format!("message|{purpose}").as_bytes(), message)
    }

    fn seal_bound(&self, bound: &[u8], secret: &[u8]) -> Result<String, VaultError> {
        let (key_id, cipher) = self.0.first().ok_or(VaultError)?;
        // A random 96-bit nonce: far fewer than 2^32 secrets are sealed with one key.
        let nonce: [u8; 12] = super::random();
        let sealed = cipher.encrypt((&nonce).into(), Payload { msg: secret, aad: bound }).map_err(|_| VaultError)?;
        Ok(format!("v1.{key_id}.{}", URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    /// Opens a secret at its place.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open_bound(&place.bytes(), sealed)
    }

    /// Opens what another server told for this purpose.
    pub fn open_message(&self, purpose: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open_bound(format!("message|{purpose}").as_bytes(), sealed)
    }

    fn open_bound(&self, bound: &[u8], sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some("v1"), Some(key_id), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VaultError);
        };
        let (_, cipher) = self.0.iter().find(|(known, _)| known == key_id).ok_or(VaultError)?;
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| VaultError)?;
        let (nonce, text) = body.split_first_chunk::<12>().ok_or(VaultError)?;
        let opened = cipher.decrypt(nonce.into(), Payload { msg: text, aad: bound }).map_err(|_| VaultError)?;
        Ok(Zeroizing::new(opened))
    }

    /// Whether a secret was sealed with a key that is no longer the first.
    pub fn is_stale(&self, sealed: &str) -> bool {
        self.0.first().is_none_or(|(id, _)| sealed.split('.').nth(1) != Some(id.as_str()))
    }
}

/// Names a key without telling anything of it.
fn key_id(key: &Key) -> String {
    hex::encode(&keys::mac(key, &[b"vezne/key-id"])[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(tenant: TenantId, row: &str) -> Place<'_> {
        Place { tenant, table: "pos_secret", row, column: "store_key" }
    }

    #[test]
    fn a_secret_opens_at_its_place_only() {
        let vault = Vault::new(&Keys::ephemeral());
        let tenant = TenantId::at(1);
        let sealed = vault.seal(place(tenant, "a"), b"TRPS0100").unwrap();
        assert!(!sealed.contains("TRPS"));
        assert_eq!(&vault.open(place(tenant, "a"), &sealed).unwrap()[..], b"TRPS0100");
        assert_eq!(vault.open(place(tenant, "b"), &sealed), Err(VaultError));
        assert_eq!(vault.open(place(TenantId::at(2), "a"), &sealed), Err(VaultError));
        let last = if sealed.ends_with('A') { 'B' } else { 'A' };
        let changed = format!("{}{last}", &sealed[..sealed.len() - 1]);
        assert_eq!(vault.open(place(tenant, "a"), &changed), Err(VaultError));
        for broken in ["", "v1", "v1.x.y", "v2.x.y"] {
            assert_eq!(vault.open(place(tenant, "a"), broken), Err(VaultError));
        }
    }

    #[test]
    fn a_message_opens_for_its_purpose_only() {
        let vault = Vault::new(&Keys::ephemeral());
        let sealed = vault.seal_message("answer|1", b"page").unwrap();
        assert_eq!(&vault.open_message("answer|1", &sealed).unwrap()[..], b"page");
        assert_eq!(vault.open_message("answer|2", &sealed), Err(VaultError));
        assert_eq!(Vault::new(&Keys::ephemeral()).open_message("answer|1", &sealed), Err(VaultError));
    }

    #[test]
    fn an_old_key_still_opens_and_is_called_stale() {
        let (old, new) = ("11".repeat(32), "22".repeat(32));
        let identity = "33".repeat(32);
        let tenant = TenantId::at(1);
        let before = Vault::new(&Keys::parse(&format!("identity {identity}\nvault {old}")).unwrap());
        let after = Vault::new(&Keys::parse(&format!("identity {identity}\nvault {new}\nvault {old}")).unwrap());
        let sealed = before.seal(place(tenant, "a"), b"x").unwrap();
        assert_eq!(&after.open(place(tenant, "a"), &sealed).unwrap()[..], b"x");
        assert!(after.is_stale(&sealed) && !before.is_stale(&sealed));
    }
}
