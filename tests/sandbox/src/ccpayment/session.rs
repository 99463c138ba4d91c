//! Tokens, payers at the gate, and what waits for the platform's staff.

use std::collections::{HashMap, HashSet};

use crate::visit::Visit;
use crate::voucher::Vouchers;

/// Everything the family remembers.
#[derive(Default)]
pub struct Gate {
    /// Store and end of life, by token.
    pub(super) tokens: HashMap<String, (String, i64)>,
    /// By an id of their own.
    pub(super) visits: HashMap<String, Session>,
    /// Authentications that the merchant may complete, by the platform's number.
    pub(super) vouchers: Vouchers,
    /// The merchants' own numbers of refunds.
    pub(super) references: HashSet<(String, String)>,
    /// When an order was last refunded.
    pub(super) refunded_ms: HashMap<(String, String), i64>,
    /// Refunds nobody has looked at yet.
    pub(super) queue: Vec<Queued>,
    /// How many orders the platform has numbered.
    pub(super) numbered: u64,
}

/// A refund that waits.
#[derive(Clone)]
pub struct Queued {
    pub(super) store: String,
    pub(super) order: String,
    pub(super) amount: i64,
    pub(super) due_ms: i64,
}

impl Gate {
    /// The session of an order.
    pub(super) fn of_order(&self, store: &str, order: &str) -> Option<&Session> {
        self.visits.values().find(|s| s.visit.store == store && s.visit.ordered.order == order)
    }

    /// The platform's number of the next order: a second and a counter.
    pub(super) fn number(&mut self, now_ms: i64) -> String {
        self.numbered += 1;
        format!("{}{:04}", now_ms / 1_000, self.numbered)
    }
}

/// A payer at the gate.
pub struct Session {
    pub(super) visit: Visit,
    /// The platform's number of the order.
    pub(super) number: String,
    pub(super) return_url: String,
    pub(super) cancel_url: String,
    /// Does the merchant complete?
    pub(super) by_merchant: bool,
    /// Goes back by a query and not by a form.
    pub(super) by_get: bool,
    pub(super) began_ms: i64,
    /// The code of a session that ended without money.
    pub(super) failed: Option<u16>,
}
