//! Payers in sessions.

use std::collections::HashMap;

use crate::visit::Visit;

/// A session lives this long.
pub const SESSION_MS: i64 = 30 * 60_000;

/// Everything the family remembers.
#[derive(Default)]
pub struct Gate {
    /// By their tokens.
    pub(super) sessions: HashMap<String, Session>,
}

impl Gate {
    /// Token and session of an order.
    pub(super) fn of_order(&self, store: &str, order: &str) -> Option<(&String, &Session)> {
        self.sessions.iter().find(|(_, s)| s.visit.store == store && s.visit.ordered.order == order)
    }
}

/// A session that a merchant opened for a payer.
pub struct Session {
    pub(super) visit: Visit,
    /// The merchant's number of the customer.
    pub(super) customer: String,
    pub(super) return_url: String,
    pub(super) opened_ms: i64,
    /// The code of a session that ended before anyone was asked for money.
    pub(super) failed: Option<&'static str>,
}

impl Session {
    /// Does it still wait for a card?
    pub(super) fn waits(&self) -> bool {
        self.visit.card.is_none() && self.failed.is_none() && self.visit.outcome.is_none()
    }
}
