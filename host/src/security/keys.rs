//! The keys of this installation: one file, made on first run, readable by its owner alone.
//!
//! ```text
//! identity 5f3c…   everything that must outlive a rotation: pepper, token signing, fingerprints
//! vault 90ab…      seals stored secrets; the first is used for new ones
//! vault 11c0…      older ones only open
//! ```

use std::fs;
use std::io::Write;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A 256-bit key, wiped when dropped.
pub type Key = Zeroizing<[u8; 32]>;

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error("the key file cannot be used")]
    File(#[from] std::io::Error),
    /// Others than its owner may read it.
    #[error("the key file may be read by others; make it 0600")]
    Exposed,
    /// A line is not a key, or a kind is missing.
    #[error("the key file holds no usable {0} key")]
    Malformed(&'static str),
}

/// The keys of this installation.
pub struct Keys {
    identity: Key,
    vault: Vec<Key>,
}

impl Keys {
    /// Fresh keys that live as long as the process; for tests.
    pub fn ephemeral() -> Self {
        Self { identity: Zeroizing::new(super::random()), vault: vec![Zeroizing::new(super::random())] }
    }

    /// Reads the file, making it on first run.
    pub fn open(path: &Path) -> Result<Self, KeysError> {
        if !path.exists() {
            Self::ephemeral().write(path)?;
        }
        guard(path)?;
        Self::parse(&Zeroizing::new(fs::read_to_string(path)?))
    }

    /// Reads the text of a key file; commas may stand for line ends, so that it fits a variable.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let mut identity = None;
        let mut vault = Vec::new();
        for line in text.split(['\n', ',']).map(str::trim).filter(|line| !line.is_empty()) {
            match line.split_once(' ') {
                Some(("identity", hex)) => identity = Some(key(hex, "identity")?),
                Some(("vault", hex)) => vault.push(key(hex, "vault")?),
                _ => return Err(KeysError::Malformed("named")),
            }
        }
        if vault.is_empty() {
            return Err(KeysError::Malformed("vault"));
        }
        Ok(Self { identity: identity.ok_or(KeysError::Malformed("identity"))?, vault })
    }

    /// A key for one purpose, from which no other can be told.
    pub fn derive(&self, purpose: &str) -> Key {
        mac(&self.identity, &[b"vezne/1/", purpose.as_bytes()])
    }

    /// The vault's keys, the current one first.
    pub(super) fn vault(&self) -> &[Key] {
        &self.vault
    }

    fn write(&self, path: &Path) -> Result<(), KeysError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let mut text = Zeroizing::new(format!("identity {}\n", hex::encode(&self.identity[..])));
        for key in &self.vault {
            text.push_str("vault ");
            text.push_str(&Zeroizing::new(hex::encode(&key[..])));
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(())
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// HMAC-SHA256 over parts.
pub(super) fn mac(key: &Key, parts: &[&[u8]]) -> Key {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key[..]) else { unreachable!("HMAC takes keys of any length") };
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn key(text: &str, kind: &'static str) -> Result<Key, KeysError> {
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), &mut key[..]).map_err(|_| KeysError::Malformed(kind))?;
    Ok(key)
}

#[cfg(unix)]
fn guard(path: &Path) -> Result<(), KeysError> {
    use std::os::unix::fs::PermissionsExt;
    let exposed = fs::metadata(path)?.permissions().mode() & 0o077 != 0;
    if exposed { Err(KeysError::Exposed) } else { Ok(()) }
}

#[cfg(not(unix))]
fn guard(_: &Path) -> Result<(), KeysError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/vezne.keys");
        let first = Keys::open(&path).unwrap().derive("x");
        assert_eq!(first, Keys::open(&path).unwrap().derive("x"));
        assert_ne!(first, Keys::open(&path).unwrap().derive("y"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(Keys::open(&path), Err(KeysError::Exposed)));
        }
    }

    #[test]
    fn a_file_without_a_vault_key_is_refused() {
        let identity = format!("identity {}", "ab".repeat(32));
        assert!(matches!(Keys::parse(&identity), Err(KeysError::Malformed("vault"))));
        assert!(Keys::parse(&format!("{identity},vault {}", "cd".repeat(32))).is_ok());
    }
}
