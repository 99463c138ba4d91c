//! Where a plugin version stands, the table that moves it, and which attempts a canary takes.
//!
//! A version is its digest and never changes; what changes is where it stands. Every pair of state and event is
//! decided by an exhaustive `match`, as for payments; `plugin/table.txt` is the table for the eye.

use std::fmt;

use super::id::{IdError, TenantId};
use super::named::named;
use super::payment::Move;

named! {
    /// Where a version stands, for everyone or for one firm.
    pub enum PluginState {
        /// Checked, compiled, tried; nothing runs on it.
        Staged = "staged",
        /// It is played the recordings of what others did; nothing it does leaves.
        Shadow = "shadow",
        /// It takes a share of new attempts.
        Canary = "canary",
        /// It takes new attempts.
        Active = "active",
        /// It ends what it began, and is kept ready for a rollback.
        Draining = "draining",
        /// Nothing needs it; it may be chosen again.
        Retired = "retired",
        /// Withdrawn by its digest, for good.
        Revoked = "revoked",
    }
}

named! {
    /// What can happen to a version.
    pub enum PluginEvent {
        /// An administrator lets it run beside what serves.
        ShadowBegan = "shadow_began",
        /// An administrator has seen enough of that.
        ShadowEnded = "shadow_ended",
        /// An administrator gives it a share of new attempts, or another share.
        CanaryBegan = "canary_began",
        /// An administrator, or a rollback from another version, gives it all new attempts.
        Activated = "activated",
        /// Another version takes its place.
        Superseded = "superseded",
        /// It is taken back: by hand, or because it failed.
        RolledBack = "rolled_back",
        /// No attempt needs it any more and the time for a rollback is over.
        Drained = "drained",
        /// It is withdrawn.
        Revoked = "revoked",
    }
}

named! {
    /// How a version came to be trusted.
    pub enum PluginOrigin {
        /// It lay in the server's own folder: who can write there can replace the server.
        Bundled = "bundled",
        /// A publisher of the trust store signed it.
        Signed = "signed",
        /// Nobody signed it; only a sandbox takes such.
        Unsigned = "unsigned",
    }
}

/// Why an event does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginRefusal {
    /// It serves nothing that could be taken back.
    NotServing,
    /// It serves.
    Serving,
    /// It was withdrawn; there is no way back.
    Revoked,
}

impl PluginRefusal {
    /// A stable name for the table and for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotServing => "not serving",
            Self::Serving => "serving",
            Self::Revoked => "revoked",
        }
    }
}

/// An event that the table refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event} in state {from}: {}", refusal.as_str())]
pub struct IllegalPluginMove {
    /// The state it met.
    pub from: PluginState,
    /// The event.
    pub event: PluginEvent,
    /// Why not.
    pub refusal: PluginRefusal,
}

impl PluginState {
    /// Where an event leads.
    pub const fn next(self, event: PluginEvent) -> Result<Move<Self>, IllegalPluginMove> {
        use PluginEvent as E;
        use PluginRefusal as R;
        let refusal = match self {
            Self::Staged => match event {
                E::ShadowBegan => return Ok(Move::To(Self::Shadow)),
                E::ShadowEnded => return Ok(Move::Stay),
                E::CanaryBegan => return Ok(Move::To(Self::Canary)),
                E::Activated => return Ok(Move::To(Self::Active)),
                E::Revoked => return Ok(Move::To(Self::Revoked)),
                E::Superseded | E::RolledBack | E::Drained => R::NotServing,
            },
            // It never served, so there is nothing to drain: it goes back to where it came from.
            Self::Shadow => match event {
                E::ShadowBegan => return Ok(Move::Stay),
                E::ShadowEnded | E::Superseded => return Ok(Move::To(Self::Staged)),
                E::CanaryBegan => return Ok(Move::To(Self::Canary)),
                E::Activated => return Ok(Move::To(Self::Active)),
                E::Revoked => return Ok(Move::To(Self::Revoked)),
                E::RolledBack | E::Drained => R::NotServing,
            },
            Self::Canary => match event {
                E::CanaryBegan => return Ok(Move::Stay),
                E::Activated => return Ok(Move::To(Self::Active)),
                E::Superseded | E::RolledBack => return Ok(Move::To(Self::Draining)),
                E::Revoked => return Ok(Move::To(Self::Revoked)),
                E::ShadowBegan | E::ShadowEnded | E::Drained => R::Serving,
            },
            Self::Active => match event {
                E::Activated => return Ok(Move::Stay),
                E::Superseded | E::RolledBack => return Ok(Move::To(Self::Draining)),
                E::Revoked => return Ok(Move::To(Self::Revoked)),
                E::ShadowBegan | E::ShadowEnded | E::CanaryBegan | E::Drained => R::Serving,
            },
            Self::Draining => match event {
                E::ShadowBegan => return Ok(Move::To(Self::Shadow)),
                E::CanaryBegan => return Ok(Move::To(Self::Canary)),
                E::Activated => return Ok(Move::To(Self::Active)),
                E::ShadowEnded | E::Superseded | E::RolledBack => return Ok(Move::Stay),
                E::Drained => return Ok(Move::To(Self::Retired)),
                E::Revoked => return Ok(Move::To(Self::Revoked)),
            },
            Self::Retired => match event {
                E::ShadowBegan => return Ok(Move::To(Self::Shadow)),
                E::CanaryBegan => return Ok(Move::To(Self::Canary)),
                E::Activated => return Ok(Move::To(Self::Active)),
                E::ShadowEnded | E::Superseded | E::RolledBack | E::Drained => return Ok(Move::Stay),
                E::Revoked => return Ok(Move::To(Self::Revoked)),
            },
            Self::Revoked => match event {
                E::Revoked => return Ok(Move::Stay),
                E::ShadowBegan
                | E::ShadowEnded
                | E::CanaryBegan
                | E::Activated
                | E::Superseded
                | E::RolledBack
                | E::Drained => R::Revoked,
            },
        };
        Err(IllegalPluginMove { from: self, event, refusal })
    }

    /// New attempts may begin on it.
    pub const fn serves(self) -> bool {
        match self {
            Self::Canary | Self::Active => true,
            Self::Staged | Self::Shadow | Self::Draining | Self::Retired | Self::Revoked => false,
        }
    }

    /// Every node keeps it compiled, so that a change of the pointer takes no time.
    pub const fn is_kept_ready(self) -> bool {
        match self {
            Self::Staged | Self::Shadow | Self::Canary | Self::Active | Self::Draining => true,
            Self::Retired | Self::Revoked => false,
        }
    }
}

/// For whom a version stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// Every firm that has not chosen for itself.
    Everyone,
    /// One firm.
    Firm(TenantId),
}

impl Reach {
    /// As the database keeps it.
    pub fn to_text(self) -> String {
        match self {
            Self::Everyone => String::new(),
            Self::Firm(tenant) => tenant.to_text(),
        }
    }
}

impl TryFrom<String> for Reach {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        if text.is_empty() { Ok(Self::Everyone) } else { TenantId::from_text(&text).map(Self::Firm) }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Firm(tenant) => tenant.fmt(f),
        }
    }
}

/// Whether a canary of so many percent takes an attempt. The attempt's own id decides: the answer is the same on every
/// node and at every step, and a larger share keeps what a smaller one had.
pub fn canary_takes(attempt: &str, percent: i64) -> bool {
    // FNV-1a: the id's tail is random already, it only has to be spread.
    let hash = attempt
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    i64::try_from(hash % 100).is_ok_and(|bucket| bucket < percent)
}

/// `0.10.2` comes after `0.9.9`.
pub fn version_numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests;
