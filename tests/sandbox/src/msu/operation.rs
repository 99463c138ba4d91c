//! The family's hand in the book.

use crate::bank::Bank;
use crate::book::{Book, Kind};
use crate::clock::local;
use crate::desk::{Clerk, Desk, Numbers, Why};
use crate::issuer::Refusal;
use crate::store::Store;

/// The platform's clerk. Void before the day's end, refund after it; a declined order number may be sent again.
struct Msu;

impl Clerk for Msu {
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        Numbers {
            trans_id: format!("{}DWJD{n:08}", local(at_ms).strftime("%y%j")),
            host_ref: format!("{:012}", 716_100_000_000 + n),
            auth_code: format!("P{:05}", (85_771 + n * 13) % 100_000),
        }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        ("99".to_owned(), Some(code(why).0.to_owned()))
    }

    fn declined(&self, refusal: &Refusal) -> (String, Option<String>) {
        ("99".to_owned(), Some(issuer_code(refusal.code)))
    }
}

/// The platform's code for the issuer's.
pub fn issuer_code(code: &str) -> String {
    format!("ERR200{code}")
}

/// The platform's code and text.
pub fn code(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::OrderUsed => ("ERR10048", "This order number has been paid"),
        Why::OrderUnknown => ("ERR10030", "Transaction not found"),
        Why::NothingHeld | Why::NothingToCapture => ("ERR10035", "There is no pre-authorization for this transaction"),
        Why::MoreThanHeld => ("ERR10036", "The POSTAUTH amount is invalid"),
        Why::NothingToVoid => ("ERR10033", "The transaction cannot be voided"),
        Why::NothingLeft => ("ERR10031", "The transaction cannot be refunded"),
        Why::MoreThanLeft => ("ERR10032", "The refund amount is invalid or was refunded before"),
        Why::NotSettled => ("ERR20040", "No refund before the end of the day, void instead"),
        Why::OtherCurrency => ("ERR10017", "Invalid currency"),
        Why::NoAmount => ("ERR10016", "Invalid amount"),
    }
}

/// The desk for a store of this family.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &Msu)
}
