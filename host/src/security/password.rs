//! Passwords: argon2id with a pepper that is not in the database (RELIABILITY A7).
//!
//! Hashing is slow on purpose. It runs on blocking threads, few at a time, so that a flood of
//! sign-ins cannot starve payments.

use std::sync::Arc;

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::keys::Key;
use crate::limits;

/// How hard a hash is to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl PasswordCost {
    /// 64 MiB and three passes: about a tenth of a second on the hardware of 2026, and above
    /// OWASP's minimum of 19 MiB and two.
    pub const PRODUCTION: Self = Self { memory_kib: 64 * 1024, passes: 3 };
    /// As cheap as argon2 goes; for tests, which hash often and keep no secrets.
    pub const TEST: Self = Self { memory_kib: 8, passes: 1 };
}

/// Why a password cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than 12 characters.
    #[error("the password is too short")]
    TooShort,
    /// More than 128 characters.
    #[error("the password is too long")]
    TooLong,
    /// One of those everybody tries first.
    #[error("the password is too common")]
    Common,
    /// The hash could not be made.
    #[error("the password could not be hashed")]
    Hash,
}

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    cost: PasswordCost,
    pepper: Arc<Key>,
    permits: Arc<Semaphore>,
    /// Checked against when the person is unknown, so that both take equally long.
    decoy: Arc<str>,
}

impl Passwords {
    /// With a cost and a pepper.
    pub fn new(cost: PasswordCost, pepper: Key) -> Self {
        let pepper = Arc::new(pepper);
        let decoy = hash(cost, &pepper, b"nobody has this password").unwrap_or_default();
        let permits = Arc::new(Semaphore::new(limits::PASSWORD_HASHES_AT_ONCE));
        Self { cost, pepper, permits, decoy: decoy.into() }
    }

    /// A hash to store, after the rules of length and commonness.
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<String, PasswordError> {
        check(&password)?;
        let (cost, pepper) = (self.cost, Arc::clone(&self.pepper));
        self.blocking(move || hash(cost, &pepper, password.as_bytes())).await.ok_or(PasswordError::Hash)?
    }

    /// Whether the password belongs to the stored hash; without one it takes as long and says no.
    pub async fn verify(&self, password: Zeroizing<String>, stored: Option<String>) -> bool {
        if password.chars().count() > limits::PASSWORD_LENGTH_MAX {
            return false;
        }
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        let (cost, pepper) = (self.cost, Arc::clone(&self.pepper));
        let matches = self.blocking(move || verify(cost, &pepper, password.as_bytes(), &stored)).await;
        known && matches == Some(true)
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.ok()
    }
}

fn check(password: &str) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if length < limits::PASSWORD_LENGTH_MIN {
        return Err(PasswordError::TooShort);
    }
    if length > limits::PASSWORD_LENGTH_MAX {
        return Err(PasswordError::TooLong);
    }
    let lower = password.to_lowercase();
    let first = lower.chars().next();
    let monotone = lower.chars().all(|c| Some(c) == first);
    if monotone || COMMON.iter().any(|common| lower.starts_with(common) && length < common.len() + 4) {
        return Err(PasswordError::Common);
    }
    Ok(())
}

/// Beginnings of passwords of twelve and more characters that lists of broken accounts are full of.
const COMMON: &[&str] = &[
    "123456789012",
    "1234567890ab",
    "123456123456",
    "qwertyuiop",
    "qwerty123456",
    "password1234",
    "password",
    "1q2w3e4r5t6y",
    "galatasaray",
    "fenerbahce",
    "besiktas1903",
    "trabzonspor",
    "istanbul",
    "iloveyou",
    "parola12",
    "sifre123",
];

fn argon2(cost: PasswordCost, pepper: &Key) -> Option<Argon2<'_>> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).ok()?;
    Argon2::new_with_secret(&pepper[..], Algorithm::Argon2id, Version::V0x13, params).ok()
}

fn hash(cost: PasswordCost, pepper: &Key, password: &[u8]) -> Result<String, PasswordError> {
    let salt: [u8; 16] = super::random();
    let argon2 = argon2(cost, pepper).ok_or(PasswordError::Hash)?;
    let hash: PasswordHash = argon2.hash_password_with_salt(password, &salt).map_err(|_| PasswordError::Hash)?;
    Ok(hash.to_string())
}

fn verify(cost: PasswordCost, pepper: &Key, password: &[u8], stored: &str) -> bool {
    let (Some(argon2), Ok(hash)) = (argon2(cost, pepper), PasswordHash::new(stored)) else { return false };
    argon2.verify_password(password, &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(PasswordCost::TEST, Zeroizing::new([7; 32]))
    }

    fn text(password: &str) -> Zeroizing<String> {
        Zeroizing::new(password.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_matches_and_only_with_the_pepper() {
        let stored = passwords().hash(text("correct horse battery")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$"));
        assert!(passwords().verify(text("correct horse battery"), Some(stored.clone())).await);
        assert!(!passwords().verify(text("correct horse batterz"), Some(stored.clone())).await);
        let other = Passwords::new(PasswordCost::TEST, Zeroizing::new([8; 32]));
        assert!(!other.verify(text("correct horse battery"), Some(stored)).await);
        assert!(!passwords().verify(text("nobody has this password"), None).await);
    }

    #[tokio::test]
    async fn short_long_and_common_passwords_are_refused() {
        let refused = [
            ("elevenchars", PasswordError::TooShort),
            ("aaaaaaaaaaaaaa", PasswordError::Common),
            ("Password1234!", PasswordError::Common),
        ];
        for (password, error) in refused {
            assert_eq!(passwords().hash(text(password)).await, Err(error), "{password}");
        }
        assert_eq!(passwords().hash(text(&"ab".repeat(65))).await, Err(PasswordError::TooLong));
    }
}
