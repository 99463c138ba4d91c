//! What the bank answers when it is asked about an order. Nothing is written.

use crate::book::{Book, Entry, Kind, OrderView};

use super::Desk;

/// How long the reversal of a timed-out charge takes.
const REVERSAL_MS: i64 = 60_000;

/// Where one operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Refused by issuer or gateway.
    Declined,
    /// The issuer did not answer in time (92) and the bank is reversing: nobody knows yet.
    Reversing,
    /// It was reversed: nothing was paid.
    Reversed,
    /// Undone by a void.
    Voided,
    /// A live pre-authorization (captured or not).
    Held,
    /// In the open batch.
    Open,
    /// In a closed batch.
    Settled,
}

/// One operation with its present state.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The line in the book.
    pub entry: Entry,
    /// Where it stands.
    pub state: State,
    /// When it was undone.
    pub voided_at_ms: Option<i64>,
    /// Has the day ended since? Also of what is voided or declined.
    pub settled: bool,
    /// Number of the store's open batch.
    pub batch: usize,
}

impl Standing {
    fn of(book: &Book, entry: &Entry, now: i64) -> Self {
        let state = match entry {
            e if e.issuer_timed_out() && now - e.at_ms < REVERSAL_MS => State::Reversing,
            e if e.issuer_timed_out() => State::Reversed,
            e if !e.approved => State::Declined,
            e if book.is_undone(e) => State::Voided,
            Entry { kind: Kind::PreAuth, .. } => State::Held,
            e if book.is_settled(e) => State::Settled,
            _ => State::Open,
        };
        Self {
            entry: entry.clone(),
            state,
            voided_at_ms: book.undone_by(entry).map(|v| v.at_ms),
            settled: book.is_settled(entry),
            batch: book.batch(&entry.store),
        }
    }
}

impl Desk<'_> {
    /// The operation that stands for the order: the last one that moved money, or the last refusal.
    pub fn standing(&self, order: &str) -> Option<Standing> {
        let now = self.bank.clock().now_ms();
        let book = self.bank.lock_book();
        let entries = book.of_order(&self.store.id, order);
        let financial = || entries.iter().rev().copied().filter(|e| !matches!(e.kind, Kind::Void | Kind::DayEnd));
        financial().find(|e| e.approved).or_else(|| financial().next()).map(|e| Standing::of(&book, e, now))
    }

    /// Everything asked under this order number, oldest first.
    pub fn history(&self, order: &str) -> Vec<Standing> {
        let now = self.bank.clock().now_ms();
        let book = self.bank.lock_book();
        book.of_order(&self.store.id, order).into_iter().map(|e| Standing::of(&book, e, now)).collect()
    }

    /// Everything asked from one instant (included) to another (excluded), epoch milliseconds, oldest first.
    pub fn between(&self, from_ms: i64, until_ms: i64) -> Vec<Standing> {
        let now = self.bank.clock().now_ms();
        let book = self.bank.lock_book();
        let asked = |e: &&Entry| e.store == self.store.id && e.kind != Kind::DayEnd;
        let within = |e: &&Entry| (from_ms..until_ms).contains(&e.at_ms);
        book.entries().iter().filter(asked).filter(within).map(|e| Standing::of(&book, e, now)).collect()
    }

    /// The order folded from its entries.
    pub fn order(&self, order: &str) -> Option<OrderView> {
        self.bank.lock_book().order(&self.store.id, order)
    }

    /// The newest entry of this store that is `meant`: for banks that refer to their own numbers instead of the order's.
    pub fn find(&self, meant: impl Fn(&Entry) -> bool) -> Option<Entry> {
        let book = self.bank.lock_book();
        book.entries().iter().rev().find(|e| e.store == self.store.id && meant(e)).cloned()
    }
}
