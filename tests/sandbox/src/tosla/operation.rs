//! The family's hand in the book.

use crate::bank::Bank;
use crate::book::{Book, Kind};
use crate::clock::local;
use crate::desk::{Clerk, Desk, Numbers, Rules, Why};
use crate::store::Store;

/// Tosla's clerk.
struct Tosla;

impl Clerk for Tosla {
    /// `2000000000032562`, and a reference of the host's.
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        Numbers {
            trans_id: (2_000_000_000_032_500 + n).to_string(),
            host_ref: format!("{}{:03}00{:06}", at.year() % 10, at.day_of_year(), (125_000 + n) % 1_000_000),
            auth_code: format!("{:06}", (64_700 + n * 7) % 1_000_000),
        }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (code(why).0.to_string(), None)
    }

    /// No code for a refund before the day's end is public, so refunds are taken at once.
    fn rules(&self) -> Rules {
        Rules { again_after_decline: false, refund_same_day: true }
    }
}

/// Tosla's own code and text. Only three are public; a state that does not fit is the general error.
pub fn code(why: Why) -> (i64, &'static str) {
    match why {
        Why::OrderUnknown | Why::NothingHeld => (101, "Orjinal Kayıt Bulunamadı"),
        Why::OrderUsed => (998, "OrderId daha önce kullanılmış"),
        _ => (999, "Genel Hata"),
    }
}

/// The desk for a store of this family.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &Tosla)
}
