//! What the desk decides, in the family's words and codes.

use crate::bank::Bank;
use crate::book::{Book, Entry, Kind};
use crate::clock::local;
use crate::desk::{Charge, Clerk, Desk, Done, Numbers, Rules, Verdict, Why};
use crate::store::Store;

use super::ask::{Ask, Refused, amount};
use super::contract::Contract;

/// BOA's hand in the book.
struct Boa {
    /// The bank's number of an order that has one already.
    bank_order: Option<String>,
    /// A part may be given back on the day of the sale, the whole is to be voided.
    same_day: bool,
}

impl Clerk for Boa {
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        let (day, hour) = (at.day_of_year(), at.hour());
        Numbers {
            trans_id: self.bank_order.clone().unwrap_or_else(|| (114_293_600 + n).to_string()),
            host_ref: format!("{}{day:03}{hour:02}{:06}", at.year() % 10, (298_433 + n) % 1_000_000),
            auth_code: format!("{:06}", (241_839 + n * 7_919) % 1_000_000),
        }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (words(why).0.to_owned(), None)
    }

    fn rules(&self) -> Rules {
        Rules { refund_same_day: self.same_day, ..Rules::default() }
    }
}

/// The gateway's code and text.
fn words(why: Why) -> Refused {
    match why {
        // The bank's own name for it is not published.
        Why::OrderUsed => ("DuplicateMerchantOrderId", "Üye işyeri sipariş numarası daha önce kullanılmış."),
        Why::OrderUnknown | Why::NothingHeld => NOT_FOUND,
        Why::NothingToCapture => ("21", "İşlem yapılamadı"),
        Why::MoreThanHeld | Why::MoreThanLeft | Why::NoAmount => ("InvalidRequestError", "Tutar bilgisi geçersizdir."),
        Why::NothingToVoid => (
            "InvalidRequestError",
            "İptal işlemi satışla aynı gün yapılmalıdır. Geçmiş tarihli işlem için iade yapılmalıdır.",
        ),
        Why::NothingLeft => ("28", "İptal Edilen İşlem İade Yapılamaz"),
        Why::NotSettled => WHOLE_SAME_DAY,
        Why::OtherCurrency => ("InvalidRequestError", "Para birimi geçersizdir."),
    }
}

/// No such order.
pub const NOT_FOUND: Refused = ("OrderDataNotFound", "İşlem bilgisi bulunamadı.");

/// Only a part may be given back on the day of the sale.
pub const WHOLE_SAME_DAY: Refused = (
    "",
    "Kısmi iade işlemi, satışla aynı gün içerisindeyse tutarın tamamı için yapılamaz. \
     Tutarın tamamı için iptal işlemi yapılmalıdır.",
);

static PLAIN: Boa = Boa { bank_order: None, same_day: false };

/// The desk for a question.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &PLAIN)
}

fn answer(done: &Done, repeated: Vec<(&'static str, String)>) -> Contract {
    let said = match &done.verdict {
        Verdict::Approved => Contract::booked(&done.entry, "OTORİZASYON VERİLDİ"),
        Verdict::Declined(refusal) => Contract::booked(&done.entry, refusal.text),
        Verdict::Refused(why) => {
            let (code, text) = words(*why);
            Contract::refused(&done.entry.order, code, text)
        }
    };
    Contract { message: repeated, ..said }
}

/// Sale or reservation; one that passed the 3-D gate has its number from there.
pub fn charge(bank: &Bank, store: &Store, ask: Ask<'_>, c: Charge<'_>, bank_order: Option<String>) -> Contract {
    let clerk = Boa { bank_order, same_day: false };
    // `0` is nobody.
    let sub_dealer = Some(ask.get("SubMerchantId")).filter(|id| *id != "0").unwrap_or_default();
    answer(&Desk::at(bank, store, &clerk).for_sub_dealer(sub_dealer).charge(c), ask.repeated())
}

/// A change of something that was charged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Takes a reservation.
    Capture,
    /// Voids a sale or a capture.
    Void,
    /// Releases a reservation.
    Release,
    /// Gives all back.
    Refund,
    /// Gives a part back.
    PartialRefund,
}

/// The charge that is meant: both the merchant's number and the bank's must be right.
pub fn original(bank: &Bank, store: &Store, order: &str, bank_order: &str) -> Result<Entry, Refused> {
    let charged = |e: &Entry| e.approved && matches!(e.kind, Kind::Auth | Kind::PreAuth);
    let meant = |e: &Entry| charged(e) && e.order == order && e.trans_id == bank_order;
    desk(bank, store).find(meant).ok_or(NOT_FOUND)
}

/// Capture, void or refund.
pub fn change(bank: &Bank, store: &Store, ask: Ask<'_>, what: Change, origin: &Entry) -> Result<Contract, Refused> {
    let part = amount(ask.get("Amount"));
    let order = origin.order.as_str();
    let mut clerk = Boa { bank_order: Some(origin.trans_id.clone()), same_day: false };
    let done = match what {
        Change::Capture => Desk::at(bank, store, &clerk).capture(order, None, |held| held.amount),
        Change::Void if part.is_some_and(|a| a != origin.amount) => {
            return Err(("InvalidRequestError", "Tutar bilgisi geçersizdir."));
        }
        Change::Void => Desk::at(bank, store, &clerk).void(order, |e| matches!(e.kind, Kind::Auth | Kind::PostAuth)),
        Change::Release => Desk::at(bank, store, &clerk).void(order, |e| e.kind == Kind::PreAuth),
        Change::Refund => Desk::at(bank, store, &clerk).refund(order, None, None),
        Change::PartialRefund => {
            let part = part.ok_or(("InvalidRequestError", "Tutar bilgisi geçersizdir."))?;
            clerk.same_day = part < origin.amount;
            Desk::at(bank, store, &clerk).refund(order, Some(part), None)
        }
    };
    Ok(answer(&done, ask.repeated()))
}
