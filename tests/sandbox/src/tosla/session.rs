//! 3-D sessions, and which hashes were used.

use std::collections::{HashMap, HashSet};

use crate::visit::Visit;

/// Everything the family remembers.
#[derive(Default)]
pub struct Gate {
    /// By their number.
    pub(super) sessions: HashMap<String, Session>,
    /// Hashes that came once.
    pub(super) used: HashSet<String>,
}

impl Gate {
    /// The last session of an order.
    pub(super) fn of_order(&self, store: &str, order: &str) -> Option<&Session> {
        self.sessions.values().find(|s| s.visit.store == store && s.visit.ordered.order == order)
    }
}

/// A session that a merchant's server opened.
pub struct Session {
    /// Where the browser goes back to.
    pub(super) callback_url: String,
    pub(super) visit: Visit,
    /// What the book does not know: the payer was not authenticated, or the card could not be one.
    pub(super) failed: Option<String>,
    pub(super) opened_ms: i64,
}
