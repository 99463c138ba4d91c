//! What the desk decides, in the family's words and codes.

use crate::bank::Bank;
use crate::book::{Book, Kind};
use crate::clock::local;
use crate::desk::{Charge, Clerk, Desk, Done, Numbers, Standing, State, Verdict, Why};
use crate::store::Store;

use super::answer::{self, Answer, Line, Said, own_number};
use super::rules::Refused;

/// `InterVPOS`' hand in the book.
struct InterVpos;

impl Clerk for InterVpos {
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        let (year, day) = (at.year() % 100, at.day_of_year());
        Numbers {
            trans_id: format!("{year:02}{day:03}{:02}DNZ{n:06}", at.hour()),
            host_ref: format!("{}{day:03}{:02}{:06}", year % 10, at.hour(), n % 1_000_000),
            auth_code: format!("{:06}", (n * 7_919 + 104_729) % 1_000_000),
        }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        let (code, error_code, _) = words(why);
        (code.to_owned(), Some(error_code.to_owned()).filter(|c| !c.is_empty()))
    }
}

/// The code and text of a refusal. The bank's own are not public; these are the codes that every bank knows.
fn words(why: Why) -> Refused {
    match why {
        Why::OrderUsed => ("94", "", "Siparis numarasi daha once kullanilmis"),
        Why::OrderUnknown => ("25", "", "Orijinal islem bulunamadi"),
        Why::NothingHeld => ("25", "", "On provizyon bulunamadi"),
        Why::NothingToCapture => ("21", "", "On provizyon daha once kapatilmis"),
        Why::MoreThanHeld => ("77", "", "On provizyon tutari asilamaz"),
        Why::NothingToVoid => ("21", "", "Iptal edilecek islem yok ya da gun sonu yapilmis"),
        Why::NothingLeft => ("21", "", "Iade edilecek tutar kalmamis"),
        Why::MoreThanLeft => ("77", "", "Iade tutari kalan tutardan fazla"),
        Why::NotSettled => ("28", "", "Gun sonu yapilmadan iade yapilamaz"),
        Why::OtherCurrency => ("12", "", "Para birimi uyusmuyor"),
        Why::NoAmount => ("13", "", "Gecersiz tutar"),
    }
}

fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &InterVpos)
}

/// An operation that the merchant numbered answers under its number, any other under one of the bank's own.
fn answered(done: &Done, numbered: bool) -> Answer {
    let entry = &done.entry;
    let own = own_number(entry.seq);
    let order = if numbered { entry.order.as_str() } else { own.as_str() };
    let (code, error_code, text) = match &done.verdict {
        Verdict::Approved => ("00", "", ""),
        Verdict::Declined(refusal) => (refusal.code, "", refusal.text),
        Verdict::Refused(why) => words(*why),
    };
    answer::money(&Said { order, code, error_code, text, amount: entry.amount, entry: Some(entry) })
}

/// Sale or pre-authorization.
pub fn charge(bank: &Bank, store: &Store, c: Charge<'_>) -> Answer {
    answered(&desk(bank, store).charge(c), true)
}

/// Capture of a pre-authorization, up to what was held.
pub fn capture(bank: &Bank, store: &Store, order: &str, total: i64) -> Answer {
    answered(&desk(bank, store).capture(order, Some(total), |held| held.amount), false)
}

/// Undoes what the order has in the open batch.
pub fn void(bank: &Bank, store: &Store, order: &str) -> Answer {
    answered(&desk(bank, store).void(order, |e| e.kind != Kind::Credit), false)
}

/// Gives money back after the day has ended.
pub fn refund(bank: &Bank, store: &Store, order: &str, total: i64) -> Answer {
    answered(&desk(bank, store).refund(order, Some(total), None), false)
}

/// One line about the order: its newest charge, and what was given back of it.
pub fn status(bank: &Bank, store: &Store, order: &str) -> Line {
    let history = desk(bank, store).history(order);
    let is_charge = |s: &&Standing| matches!(s.entry.kind, Kind::Auth | Kind::PreAuth | Kind::PostAuth);
    let charges = || history.iter().rev().filter(is_charge);
    let Some(charge) = charges().find(|s| s.entry.approved).or_else(|| charges().next()) else {
        let order = own_number(bank.entries().len() as u64);
        return Line { order, code: "05", text: "TR:Kayit bulunamadi", ..Line::default() };
    };
    let credits = history.iter().filter(|s| s.entry.kind == Kind::Credit && s.entry.approved);
    let refunded = credits.filter(|s| s.state != State::Voided).map(|s| s.entry.amount).sum();
    let (stat, status) = letters(charge);
    Line {
        order: order.to_owned(),
        code: "00",
        text: "",
        stat,
        status,
        error_code: if status == "D" { charge.entry.code.clone() } else { String::new() },
        amount: charge.entry.amount,
        refunded,
        voided_at_ms: charge.voided_at_ms,
        batch: charge.batch,
        entry: Some(charge.entry.clone()),
    }
}

/// `TxnStat` and `TxnStatus`.
fn letters(charge: &Standing) -> (&'static str, &'static str) {
    match (charge.state, charge.entry.kind) {
        (State::Declined, _) => ("N", "D"),
        (State::Reversing, _) => ("S", "C"),
        (State::Reversed, _) => ("R", "D"),
        (State::Voided, _) => ("V", "V"),
        (State::Held, _) => ("N", "A"),
        (_, Kind::PostAuth) => ("N", "K"),
        (State::Settled, _) => ("N", "S"),
        (State::Open, _) => ("N", "C"),
    }
}
