//! How the breakers stand, for people and for figures.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ActPhase, Breaker, Health};
use crate::domain::id::TenantId;
use crate::limits;

/// How far a breaker lets acts through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Acts begin.
    Closed,
    /// Acts begin, and the next strike opens it.
    HalfOpen,
    /// Nothing new begins.
    Open,
}

impl BreakerState {
    /// For figures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
        }
    }
}

/// The breaker of one phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseStand {
    /// Which.
    pub phase: ActPhase,
    /// How far it lets acts through.
    pub state: BreakerState,
    /// Strikes that still count.
    pub strikes: u64,
    /// Whole seconds since nothing new begins there.
    pub open_for_s: Option<u64>,
}

impl Health {
    /// The breakers of a version at a firm that have anything to tell, by phase.
    pub fn stand(&self, digest: &str, tenant: TenantId) -> Vec<PhaseStand> {
        let books = self.books();
        let of_firm = books.breakers.iter().filter(|((known, firm, _), _)| known == digest && *firm == tenant);
        let mut stands: Vec<PhaseStand> =
            of_firm.map(|((_, _, phase), breaker)| self.stands(*phase, breaker)).collect();
        drop(books);
        stands.retain(|stand| stand.strikes > 0 || stand.state != BreakerState::Closed);
        stands.sort_by_key(|stand| stand.phase);
        stands
    }

    /// How many breakers of some versions stand how, by phase, over all firms.
    pub fn stands_counted(&self, digests: &[&str]) -> BTreeMap<(ActPhase, BreakerState), u32> {
        let mut counted = BTreeMap::new();
        let books = self.books();
        for ((_, _, phase), breaker) in books.breakers.iter().filter(|((known, ..), _)| digests.contains(&&**known)) {
            *counted.entry((*phase, self.stands(*phase, breaker).state)).or_default() += 1;
        }
        counted
    }

    fn stands(&self, phase: ActPhase, breaker: &Breaker) -> PhaseStand {
        let now = self.now();
        let counts = |at: &&tokio::time::Instant| now - **at <= limits::PLUGIN_STRIKES_WINDOW;
        let strikes = breaker.strikes.iter().filter(counts).count();
        let state = match breaker.open {
            Some(_) => BreakerState::Open,
            None if strikes + 1 >= limits::PLUGIN_STRIKES_MAX => BreakerState::HalfOpen,
            None => BreakerState::Closed,
        };
        PhaseStand { phase, state, strikes: strikes as u64, open_for_s: breaker.open.map(|at| (now - at).as_secs()) }
    }
}
