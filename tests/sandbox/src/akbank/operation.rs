//! The family's hand in the book.

use crate::bank::Bank;
use crate::book::{Book, Kind};
use crate::clock::local;
use crate::desk::{Clerk, Desk, Numbers, Rules, Why};
use crate::issuer::Refusal;
use crate::random;
use crate::store::Store;

use super::answer::words;

/// Akbank's clerk.
struct Akbank;

impl Clerk for Akbank {
    /// A number of its own for every operation, a reference like `410724359540`, six digits of authorization.
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        let id = random::id();
        let cut = |from: usize, to: usize| id.get(from..to).unwrap_or_default();
        Numbers {
            trans_id: format!("{}-{}-{}-{}-{}", cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)),
            host_ref: format!("{}{:03}24{:06}", at.year() % 10, at.day_of_year(), (359_000 + n) % 1_000_000),
            auth_code: format!("{:06}", (305_900 + n * 7) % 1_000_000),
        }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (words(why).0.to_owned(), None)
    }

    fn approved(&self) -> &'static str {
        "VPS-0000"
    }

    fn declined(&self, refusal: &Refusal) -> (String, Option<String>) {
        ("VPS-1005".to_owned(), Some(refusal.code.to_owned()))
    }

    /// An order number is used up by its first request ("tekil olmalıdır"). No code for a refund before the day's end is
    /// public, so refunds are taken at once.
    fn rules(&self) -> Rules {
        Rules { again_after_decline: false, refund_same_day: true }
    }
}

/// The desk for a store of this family.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &Akbank)
}
