//! The bank's state, shared by every page and by the tests that run it in process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::acs::Challenges;
use crate::book::{Book, Entry, OrderView};
use crate::clock::Clock;
use crate::desk;
use crate::family::{Memories, locked};
use crate::fault::{Fault, Faults, Met, Op};
use crate::requests::{Requests, Seen};
use crate::store::{Account, Store};
use crate::{FAMILIES, default_stores};

/// How to set a bank up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The merchants' stores.
    pub stores: Vec<Store>,
    /// Keep the book in this file.
    pub book: Option<PathBuf>,
    /// The one-time code the ACS page accepts.
    pub one_time_code: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { stores: default_stores(), book: None, one_time_code: "123456".to_owned() }
    }
}

struct Inner {
    options: Options,
    clock: Clock,
    book: Mutex<Book>,
    faults: Mutex<Faults>,
    requests: Mutex<Requests>,
    challenges: Mutex<Challenges>,
    /// The number that the bank gave an order in place of the merchant's.
    renamed: Mutex<HashMap<String, String>>,
    memories: Memories,
}

/// The sandbox bank. Cheap to clone.
#[derive(Clone)]
pub struct Bank(Arc<Inner>);

impl Bank {
    /// A bank with an empty book, or the one its file holds.
    pub fn new(options: Options) -> anyhow::Result<Self> {
        let book = options.book.as_deref().map_or_else(|| Ok(Book::default()), Book::open)?;
        Ok(Self(Arc::new(Inner {
            options,
            clock: Clock::default(),
            book: Mutex::new(book),
            faults: Mutex::default(),
            requests: Mutex::default(),
            challenges: Mutex::default(),
            renamed: Mutex::default(),
            memories: Memories::new(FAMILIES),
        })))
    }

    /// The bank's clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The merchants' stores.
    pub fn stores(&self) -> &[Store] {
        &self.0.options.stores
    }

    /// The store with this name in the book.
    pub fn store(&self, id: &str) -> Option<&Store> {
        self.stores().iter().find(|s| s.id == id)
    }

    /// The store of a family that is `meant`, with what the family keeps about it.
    pub fn find_store<A: Account>(&self, meant: impl Fn(&Store, &A) -> bool) -> Option<(&Store, &A)> {
        self.stores().iter().filter_map(|s| s.account().map(|a| (s, a))).find(|(s, a)| meant(s, a))
    }

    /// The one-time code the ACS page accepts.
    pub fn one_time_code(&self) -> &str {
        &self.0.options.one_time_code
    }

    pub(crate) fn lock_book(&self) -> MutexGuard<'_, Book> {
        locked(&self.0.book)
    }

    pub(crate) fn lock_requests(&self) -> MutexGuard<'_, Requests> {
        locked(&self.0.requests)
    }

    pub(crate) fn lock_challenges(&self) -> MutexGuard<'_, Challenges> {
        locked(&self.0.challenges)
    }

    /// What a family remembers: the type it registered in its [`crate::family::Family`].
    pub(crate) fn memory<T: 'static>(&self) -> MutexGuard<'_, T> {
        self.0.memories.lock()
    }

    /// Writes a request into the log.
    pub(crate) fn note(&self, seen: Seen) {
        self.lock_requests().note(seen);
    }

    pub(crate) fn lock_faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.0.faults)
    }

    pub(crate) fn meet(&self, op: Op, order: &str, amount: Option<i64>) -> Met {
        self.lock_faults().meet(op, order, amount)
    }

    /// Every entry of the book.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock_book().entries().to_vec()
    }

    /// Writes an entry that no merchant asked for: what the bank's own staff did. Its `seq` is given here.
    pub fn write(&self, entry: Entry) -> Entry {
        self.lock_book().append(entry)
    }

    /// Loses the book, and nothing else.
    pub fn lose_book(&self) {
        self.lock_book().clear();
    }

    /// Every order in the book.
    pub fn orders(&self) -> Vec<OrderView> {
        self.lock_book().orders()
    }

    /// Notes that an order has a number of the bank's own instead of the merchant's.
    pub(crate) fn rename(&self, merchants: &str, own: &str) {
        locked(&self.0.renamed).insert(merchants.to_owned(), own.to_owned());
    }

    /// The order with this number, at whichever store; also by the merchant's, where the bank gave it one of its own.
    pub fn order(&self, order: &str) -> Option<OrderView> {
        let own = locked(&self.0.renamed).get(order).cloned();
        let order = own.as_deref().unwrap_or(order);
        let book = self.lock_book();
        self.stores().iter().find_map(|s| book.order(&s.id, order))
    }

    /// What was asked of the bank, masked.
    pub fn requests(&self) -> Vec<Seen> {
        self.lock_requests().list().to_vec()
    }

    /// How often money was asked for under this order number (sale, pre-authorization, 3-D provision), answered or not.
    pub fn authorize_calls(&self, order: &str) -> usize {
        self.lock_requests().authorize_calls(order)
    }

    /// Orders a fault.
    pub fn fault(&self, fault: Fault) {
        self.lock_faults().set(fault);
    }

    /// The ordered faults that no request has met yet, or that stay until cleared.
    pub fn faults(&self) -> Vec<Fault> {
        self.lock_faults().list().to_vec()
    }

    /// Withdraws all faults.
    pub fn clear_faults(&self) {
        self.lock_faults().clear();
    }

    /// Ends the day for every store: what was sold becomes refundable, and no longer voidable.
    pub fn day_end(&self) {
        desk::day_end(self, None);
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.lock_book().clear();
        self.lock_faults().clear();
        *self.lock_requests() = Requests::default();
        *self.lock_challenges() = Challenges::default();
        locked(&self.0.renamed).clear();
        self.0.memories.forget();
        self.clock().reset();
    }
}
