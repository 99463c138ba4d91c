//! The family's hand in the book.

use crate::bank::Bank;
use crate::book::{Book, Kind};
use crate::desk::{Clerk, Desk, Numbers, Rules, Why};
use crate::store::Store;

/// The platform's clerk.
struct CcPayment;

impl Clerk for CcPayment {
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        Numbers {
            trans_id: format!("{}{:04}", at_ms / 1_000, n % 10_000),
            host_ref: format!("{:012}", 206_125_000_000 + n),
            auth_code: format!("S{:05}", (42 + n * 7) % 100_000),
        }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (code(why).0.to_string(), None)
    }

    fn approved(&self) -> &'static str {
        "100"
    }

    /// An invoice number is good for one try. A refund before the day's end is a void at the bank, and the
    /// merchant does not see the difference.
    fn rules(&self) -> Rules {
        Rules { again_after_decline: false, refund_same_day: true }
    }
}

/// The platform's code and text. It publishes the codes, not in which state which is given.
pub fn code(why: Why) -> (u16, &'static str) {
    match why {
        Why::OrderUsed => (117, "Invoice id already processed"),
        Why::OrderUnknown | Why::NothingHeld => (31, "Transaction not found"),
        Why::NothingToCapture | Why::NothingToVoid => (3, "Already processed"),
        Why::MoreThanHeld | Why::NoAmount | Why::OtherCurrency => (1, "Invalid amount"),
        Why::NothingLeft | Why::MoreThanLeft | Why::NotSettled => (49, "Refund Failed"),
    }
}

/// The desk for a store of this family.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &CcPayment)
}
