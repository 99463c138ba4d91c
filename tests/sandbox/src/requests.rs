//! What was asked of the bank, masked: for "did it ask twice?".

use std::collections::BTreeMap;

use serde::Serialize;

use crate::fault::Op;

/// Requests kept at most; older ones are dropped, the counts stay.
const KEPT: usize = 10_000;

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct Seen {
    /// Epoch milliseconds of the bank's clock.
    pub at_ms: i64,
    /// What was asked.
    pub op: Op,
    /// Client or merchant number as sent.
    pub store: String,
    /// Order number as sent.
    pub order: String,
    /// Minor units, where one was sent.
    pub amount: Option<i64>,
    /// First six and last four digits.
    pub card: Option<String>,
    /// Was a security code sent?
    pub code_sent: bool,
    /// Was it the provision of a 3-D authentication?
    pub provision: bool,
}

/// The bank's log of requests.
#[derive(Default)]
pub struct Requests {
    seen: Vec<Seen>,
    authorize: BTreeMap<String, usize>,
}

impl Requests {
    pub(crate) fn note(&mut self, seen: Seen) {
        if matches!(seen.op, Op::Auth | Op::PreAuth) {
            *self.authorize.entry(seen.order.clone()).or_default() += 1;
        }
        if self.seen.len() == KEPT {
            self.seen.remove(0);
        }
        self.seen.push(seen);
    }

    /// Oldest first.
    pub fn list(&self) -> &[Seen] {
        &self.seen
    }

    /// Sales and pre-authorizations asked for under this order number.
    pub fn authorize_calls(&self, order: &str) -> usize {
        self.authorize.get(order).copied().unwrap_or(0)
    }

    /// The same for every order.
    pub fn authorize_counts(&self) -> &BTreeMap<String, usize> {
        &self.authorize
    }
}
