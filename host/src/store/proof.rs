//! Questions whose answer must be empty: each compares two ways of knowing the same thing, from rows that are only
//! ever inserted. An answer names what differs, in words for a person who will look.
//!
//! Every question is asked in pages, each for a snapshot of its own: a long audit holds no reader for long and no
//! table in memory. What it finds is never cut off: a page that is full of differences is followed by another.

mod books;
mod collections;
mod held;
mod moves;

use super::{StoreResult, Tx};
use crate::domain::id::TenantId;
use crate::domain::named::named;
use crate::limits;

pub use held::{Held, held_at_bank, held_of_orders};

named! {
    /// A question about a firm's rows. Its name is the kind of what it finds.
    pub enum Proof {
        /// Postings balance, and a raised receivable is posted as it is made up.
        Postings = "postings",
        /// What one level owes another is what the other says.
        Levels = "levels",
        /// Accounts are what their debts and advances come to, and no debt is closed beyond what it was.
        Accounts = "accounts",
        /// Collections are what arrived, and their allocations what was posted and explained.
        Allocations = "allocations",
        /// Refunds stand where their postings say.
        Refunds = "refunds",
        /// The states of payments, attempts and operations follow from the moves that timelines tell.
        States = "states",
        /// Attempts and operations are in the books as their states say.
        Booked = "booked",
        /// No event is missing between others.
        Events = "events",
    }
}

/// What one page of a question found.
#[derive(Debug, Default)]
pub struct Page {
    /// What differs.
    pub found: Vec<String>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
    /// Rows whose state was derived from their beginning on.
    pub derived: u64,
    /// Rows from before moves were told: derived from where their first told move begins, or not at all.
    pub untold: u64,
}

impl Proof {
    /// One page, after the mark that the page before it gave; the first one after the empty mark. All statements of a
    /// page must see one moment ([`super::Db::snapshot`]).
    pub async fn page(self, tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
        match self {
            Self::Postings => books::postings(tx, tenant, after).await,
            Self::Levels => books::levels(tx, tenant, after).await,
            Self::Accounts => books::accounts(tx, tenant, after).await,
            Self::Allocations => collections::allocations(tx, tenant, after).await,
            Self::Refunds => collections::refunds(tx, tenant, after).await,
            Self::States => moves::states(tx, tenant, after).await,
            Self::Booked => held::booked(tx, tenant, after).await,
            Self::Events => events(tx, tenant, after).await,
        }
    }

    /// Those about the books alone.
    const BOOKS: [Self; 5] = [Self::Postings, Self::Levels, Self::Accounts, Self::Allocations, Self::Refunds];
}

/// Everything that differs in a firm's books, in one transaction: for tests and small books.
pub async fn books_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let mut found = Vec::new();
    for proof in Proof::BOOKS {
        let mut after = Some(String::new());
        while let Some(mark) = after {
            let page = proof.page(tx, tenant, &mark).await?;
            found.extend(page.found);
            after = page.next;
        }
    }
    Ok(found)
}

/// A difference with its place among the differences of its question.
type Told = (String, String);

/// A page of differences that the database itself puts in an order.
fn told(rows: Vec<Told>) -> Page {
    let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= limits::AUDIT_PAGE;
    let next = rows.last().filter(|_| full).map(|(mark, _)| mark.clone());
    Page { found: rows.into_iter().map(|(_, what)| what).collect(), next, ..Page::default() }
}

/// Events that are missing between others of the same payment.
async fn events(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
    let rows = fetch_all!(
        tx,
        (String, i64, i64),
        "select aggregate, count(*), max(sequence) from outbox where tenant_id = $1 and aggregate > $2
         group by aggregate having count(*) <> max(sequence) order by aggregate limit $3",
        tenant.to_text(),
        after,
        limits::AUDIT_PAGE,
    )?;
    let words = |(aggregate, count, last)| {
        let what = format!("{aggregate} has {count} events up to number {last}");
        (aggregate, what)
    };
    Ok(told(rows.into_iter().map(words).collect()))
}
