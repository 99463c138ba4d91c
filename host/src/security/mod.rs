//! Who may do what, and what is kept secret. Used by `http`, `flow` and `store`; uses none of them.

pub mod api_key;
pub mod cursor;
pub mod hold;
pub mod keys;
pub mod password;
pub mod permission;
pub mod publisher;
pub mod rate;
pub mod redact;
pub mod session;
pub mod token;
pub mod vault;
pub mod webhook;

use std::sync::Arc;

pub use keys::Keys;
pub use password::{PasswordCost, Passwords};
pub use permission::{Grants, Object, Verdict, allowed};
pub use token::Tokens;
pub use vault::Vault;

use crate::ctx::Clock;
use crate::limits;

/// Everything built from the keys, once. Cheap to clone.
#[derive(Clone)]
pub struct Security {
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Signs and checks access tokens.
    pub tokens: Tokens,
    /// Seals what must be stored and read back.
    pub vault: Vault,
    /// Seals the rows of plugin versions.
    pub plugin_seal: keys::Key,
    /// Chains the audit trail.
    pub audit_chain: keys::Key,
    /// Makes the opaque cursors of lists, and the fingerprints of requests.
    pub fingerprints: cursor::Fingerprints,
    /// Counts sign-ins per address.
    pub sign_in_rate: Arc<rate::Buckets>,
    /// Counts requests per caller that change nothing.
    pub read_rate: Arc<rate::Buckets>,
    /// Counts requests per caller that may change something.
    pub write_rate: Arc<rate::Buckets>,
    /// Whose sessions are counted together.
    pub session_owners: Arc<rate::Owners>,
}

impl Security {
    /// Derives every part from the keys.
    pub fn new(keys: &Keys, cost: PasswordCost, clock: &Clock, issuer: &str) -> Self {
        Self {
            passwords: Passwords::new(cost, keys.derive("password-pepper")),
            tokens: Tokens::new(&keys.derive("token-signing"), issuer, clock.clone()),
            vault: Vault::new(keys),
            plugin_seal: keys.derive("plugin-version"),
            audit_chain: keys.derive("audit-chain"),
            fingerprints: cursor::Fingerprints::new(keys.derive("fingerprint")),
            sign_in_rate: Arc::new(rate::Buckets::new(rate::SIGN_IN, clock.clone())),
            read_rate: Arc::new(rate::Buckets::new(rate::Shape::per_second(limits::READS_PER_SECOND), clock.clone())),
            write_rate: Arc::new(rate::Buckets::new(rate::Shape::per_second(limits::WRITES_PER_SECOND), clock.clone())),
            session_owners: Arc::new(rate::Owners::new(clock.clone())),
        }
    }

    /// The same with other numbers of requests a second.
    pub fn with_rates(self, reads: u32, writes: u32, clock: &Clock) -> Self {
        let buckets = |turns| Arc::new(rate::Buckets::new(rate::Shape::per_second(turns), clock.clone()));
        Self { read_rate: buckets(reads), write_rate: buckets(writes), ..self }
    }
}

/// Fills a buffer with the system's randomness.
///
/// # Panics
/// When the operating system has none: nothing secret can be made then.
#[expect(clippy::expect_used, reason = "without randomness no secret may be made")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives no randomness");
    bytes
}
