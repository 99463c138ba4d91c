//! What the desk decides, in the family's words and codes.

use crate::bank::Bank;
use crate::book::{Book, Entry, Kind};
use crate::desk::{Charge, Clerk, Desk, Done, Numbers, Verdict, Why};
use crate::issuer::Refusal;
use crate::store::Store;

use super::answer::{booked, numbers, refused};
use super::rules::Refused;
use super::xml::Answer;

/// NestPay's hand in the book.
struct NestPay;

impl Clerk for NestPay {
    fn numbers(&self, book: &Book, at_ms: i64, kind: Kind) -> Numbers {
        numbers(book, at_ms, if kind == Kind::PreAuth { 'T' } else { 'P' })
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        ("99".to_owned(), Some(words(why).0.to_owned()))
    }

    fn declined(&self, refusal: &Refusal) -> (String, Option<String>) {
        (refusal.code.to_owned(), Some(format!("ISO8583-{}", refusal.code)))
    }
}

/// The gateway's code and text.
fn words(why: Why) -> Refused {
    match why {
        Why::OrderUsed => ("CORE-2507", "Bu siparis numarasi ile zaten basarili bir siparis var."),
        Why::OrderUnknown => ("CORE-2123", "Iade edilecek siparis bulunamadi."),
        Why::NothingHeld => ("CORE-2509", "Uygun onprovizyon bulunamadi."),
        Why::NothingToCapture => ("CORE-2506", "Net tutar 0 iken provizyon kapatilamaz."),
        Why::MoreThanHeld => ("CORE-2505", "Onprovizyon tutarindan fazlasi kapatilamaz."),
        Why::NothingToVoid => ("CORE-2008", "İptal edilmeye uygun satış işlemi bulunamadı."),
        Why::NothingLeft => ("CORE-2504", "Net Tutar 0."),
        Why::MoreThanLeft => ("CORE-2503", "Net miktardan fazlasi iade edilemez."),
        Why::NotSettled => ("CORE-2508", "Iade yapilamaz, siparis gunsonuna girmemis."),
        Why::OtherCurrency => ("CORE-2119", "Para birimi orijinal islemle uyusmuyor."),
        Why::NoAmount => ("CORE-2009", "Tutar sifir olamaz."),
    }
}

/// The desk for a store of this family.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &NestPay)
}

fn answer(done: &Done, store: &Store) -> Answer {
    let entry = &done.entry;
    match &done.verdict {
        Verdict::Approved => booked(entry, store, done.batch, ""),
        Verdict::Declined(refusal) => booked(entry, store, done.batch, refusal.text),
        Verdict::Refused(why) => {
            let (code, text) = words(*why);
            refused(&entry.order, &entry.trans_id, entry.at_ms, code, text)
        }
    }
}

/// Sale or pre-authorization.
pub fn charge(bank: &Bank, store: &Store, c: Charge<'_>) -> Answer {
    answer(&desk(bank, store).charge(c), store)
}

/// Capture of a pre-authorization.
pub fn post_auth(bank: &Bank, store: &Store, order: &str, total: Option<i64>, pre_amount: Option<i64>) -> Answer {
    // More than was held: only with the original amount repeated, and by no more than 15 %.
    let at_most = |held: &Entry| {
        if pre_amount == Some(held.amount) { held.amount + held.amount * 15 / 100 } else { held.amount }
    };
    answer(&desk(bank, store).capture(order, total, at_most), store)
}

/// Undoes the order's last operation of the open batch, or the one named.
pub fn void(bank: &Bank, store: &Store, order: &str, trans_id: &str) -> Answer {
    let done = desk(bank, store).void(order, |e| trans_id.is_empty() || e.trans_id == trans_id);
    answer(&done, store)
}

/// Gives money back after the day has ended.
pub fn credit(bank: &Bank, store: &Store, order: &str, total: Option<i64>, currency: &str) -> Answer {
    let currency = Some(currency).filter(|c| !c.is_empty());
    answer(&desk(bank, store).refund(order, total, currency), store)
}
