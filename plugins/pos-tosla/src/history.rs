//! `history`: the transactions of a date, by pages.
//!
//! The public examples send an order number beside the date, or none (`tcgunel/omnipay-tosla`, MIT), and then the list
//! is the whole day's. It is of one date either way, and an order may have been given back from on any later one: so
//! Tosla has no list of all that was done with an order.

use vezne_plugin::json::Tree;
use vezne_plugin::{BankRef, Fault, HttpRequest, amount, istanbul};

use crate::answer::{self, Answer, DONE, NOT_FOUND};
use crate::inquiry::Standing;
use crate::message::{self, Stamp};
use crate::settings::Settings;

/// Transactions of a page, as we ask for them.
pub const PAGE_SIZE: u32 = 50;

/// One transaction.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// As Tosla wrote it.
    pub tree: &'a Tree,
    /// `1` sale, `2` reservation, `3` capture, `4` void, `5` refund.
    pub kind: &'a str,
    /// What it has come to.
    pub standing: Standing,
    /// Minor units, never negative.
    pub minor: i64,
}

/// A page of a day.
#[derive(Debug, Clone, Default)]
pub struct Page<'a> {
    /// In Tosla's order.
    pub rows: Vec<Row<'a>>,
    /// Whether another page follows.
    pub more: bool,
}

impl<'a> Row<'a> {
    fn of(tree: &'a Tree) -> Option<Self> {
        Some(Self {
            tree,
            kind: answer::field(tree, "TransactionType")?,
            standing: Standing::of(answer::field(tree, "RequestStatus")),
            minor: answer::field(tree, "Amount").and_then(amount::parse_minor)?,
        })
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        answer::field(self.tree, name)
    }

    /// ISO 4217 number.
    pub fn currency(&self) -> Option<&'a str> {
        self.get("Currency").filter(|number| *number != "0")
    }

    /// When it was made.
    pub fn epoch_ms(&self) -> Option<i64> {
        self.get("CreateDate").and_then(istanbul::epoch_ms)
    }

    /// Where Tosla keeps it.
    pub fn bank_ref(&self) -> BankRef {
        answer::bank_ref(self.tree, self.get("OrderId").unwrap_or_default())
    }
}

/// Asks for a page of a date (`20261122`); the first is 1.
pub fn request(settings: &Settings, date: &str, page: u32) -> Result<HttpRequest, Fault> {
    message::request(message::HISTORY, message::history(settings, &Stamp::now(), None, date, page, PAGE_SIZE)?)
}

/// Reads a page. That there is nothing is said in so many words: a list without lines that counts none, or no record.
pub fn read(answer: &Answer, page: u32) -> Result<Page<'_>, Fault> {
    match answer.get("Code") {
        Some(DONE) => {}
        Some(NOT_FOUND) if answer.rows().is_none_or(<[Tree]>::is_empty) => return Ok(Page::default()),
        // Each hash is taken once, and the host sends a question again after a broken line.
        Some("998") => return unreadable("the list was refused with 998, as is a question that arrives twice"),
        code => return unreadable(format!("the list was refused with {}", code.unwrap_or("no code"))),
    }
    let Some(items) = answer.rows() else { return unreadable("the answer has no list of transactions") };
    let Some(count) = answer.get("Count").and_then(|count| count.parse().ok()) else {
        return unreadable("the list does not say how long it is");
    };
    let more = follows(count, u32::try_from(items.len()).unwrap_or(u32::MAX), page)?;
    match items.iter().map(Row::of).collect() {
        Some(rows) => Ok(Page { rows, more }),
        None => unreadable("a transaction in the list has no type or no amount"),
    }
}

/// Whether another page follows. No public source says whether `Count` is the page's or the day's: where it may be
/// either, the next page is asked for, and one that fits neither is no count of this list.
fn follows(count: u32, here: u32, page: u32) -> Result<bool, Fault> {
    let before = page.saturating_sub(1).saturating_mul(PAGE_SIZE);
    let (so_far, full) = (before.saturating_add(here), here == PAGE_SIZE);
    match () {
        () if here > PAGE_SIZE => unreadable("the page is longer than was asked for"),
        () if count == here => Ok(full),
        () if count == so_far => Ok(false),
        () if full && count > so_far => Ok(true),
        () => unreadable("the list has not as many transactions as it counts"),
    }
}

fn unreadable<T>(why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::UnreadableAnswer(why.into()))
}
