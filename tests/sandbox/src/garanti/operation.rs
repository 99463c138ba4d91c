//! What the desk decides, in the bank's codes.

use crate::bank::Bank;
use crate::book::{Book, Kind};
use crate::clock::local;
use crate::desk::{Clerk, Desk, Numbers, Why};
use crate::issuer::Refusal;
use crate::store::Store;

use super::rules::{MANDATORY, Refused};

/// The bank's hand in the book.
struct Gvp;

impl Clerk for Gvp {
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        let day = format!("{}{:03}", at.year() % 10, at.day_of_year());
        Numbers {
            trans_id: format!("{day}{n:08}"),
            host_ref: format!("{day}{:02}{:06}", at.hour(), (300_433 + n) % 1_000_000),
            auth_code: format!("{:06}", (304_918 + n * 7) % 1_000_000),
        }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        let (code, reason, _) = words(why);
        (code.to_owned(), Some(reason.to_owned()))
    }

    /// `92` is the gateway's own code here; an issuer who fell silent is `68`.
    fn declined(&self, refusal: &Refusal) -> (String, Option<String>) {
        (if refusal.code == "92" { "68" } else { refusal.code }.to_owned(), None)
    }
}

/// Code, reason and text. `0108`, `0110` and `0208` are the bank's; `0200` (order number used) is this bank's own,
/// because no source tells the real one.
pub fn words(why: Why) -> Refused {
    match why {
        Why::OrderUsed => ("92", "0200", "Sipariş numarası daha önce kullanılmış"),
        Why::OrderUnknown => ("92", "0108", "Gönderilen sipariş numarasına ait kayıt bulunmamaktadır"),
        Why::NothingHeld | Why::NothingToVoid => ("92", "0110", "İşlem bulunamadı"),
        Why::NothingToCapture => ("92", "0208", "Kapatmak istediğiniz işlem geçerli değil"),
        Why::MoreThanHeld => ("13", "13", "Geçersiz tutar"),
        Why::NothingLeft | Why::MoreThanLeft | Why::NotSettled | Why::OtherCurrency => {
            ("92", "0208", "İade etmek istediğiniz işlem geçerli değil")
        }
        Why::NoAmount => MANDATORY,
    }
}

/// The desk for a terminal of this bank.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &Gvp)
}
