//! What the desk decides, in Param's words and codes.

use crate::bank::Bank;
use crate::book::{Book, Kind};
use crate::clock::local;
use crate::desk::{Charge, Clerk, Desk, Done, Numbers, State, Verdict, Why};
use crate::store::Store;

use super::rules::Refused;
use super::soap::Answer;

/// Param's hand in the book.
struct Param;

impl Clerk for Param {
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        let (year, day) = (at.year() % 100, at.day_of_year());
        Numbers {
            trans_id: format!("{year:02}{day:03}PRM{n:06}"),
            host_ref: format!("{}{day:03}{:02}{:06}", year % 10, at.hour(), n % 1_000_000),
            auth_code: format!("{:06}", (n * 7_919 + 150_889) % 1_000_000),
        }
    }

    fn approved(&self) -> &'static str {
        "1"
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (words(why).0.to_string(), None)
    }
}

/// The code and text of a refusal.
fn words(why: Why) -> Refused {
    match why {
        Why::OrderUsed => (-207, "Sistem hatası."),
        Why::OrderUnknown | Why::NothingHeld | Why::NothingToCapture | Why::NothingToVoid => {
            (-210, "İptal/İadeye uygun işlem bulunamadı.")
        }
        Why::MoreThanHeld => (-217, "Tutar ödemeden fazla olamaz."),
        Why::NothingLeft => (-212, "İşlem daha önce iade edilmiş."),
        Why::MoreThanLeft => (-221, "Kalan iade tutarından fazlası iade edilemez."),
        Why::NotSettled => (-214, "İptal edilebilecek işlem iade edilemez."),
        Why::OtherCurrency => (-204, "Döviz kodu hatalı."),
        Why::NoAmount => (-113, "Tutar sıfırdan büyük olmalı."),
    }
}

/// The desk for a store of this family.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &Param)
}

/// Param's number of the receipt.
pub fn receipt(seq: u64) -> String {
    (3_007_296_000 + seq).to_string()
}

/// The number that an order gets whose own was used before.
pub fn other_number(bank: &Bank) -> String {
    (6_021_840_000 + bank.entries().len()).to_string()
}

/// Sale or pre-authorization, with or without the gate.
pub fn charge(bank: &Bank, store: &Store, c: Charge<'_>) -> Done {
    desk(bank, store).charge(c)
}

/// The answer to a charge without the gate.
pub fn charged(done: &Done, operation: &str) -> Answer {
    let way = if operation == "TP_Islem_Odeme_WD" { "UCD_URL" } else { "UCD_HTML" };
    let answer = Answer::of(&[("Islem_ID", "0"), (way, "NONSECURE")]);
    with_bank(answer, done, "Islem_ID", "Sonuc_Str", "Banka_Sonuc_Kod", operation != "TP_Islem_Odeme_WD")
}

/// The answer to the completion after the gate.
pub fn completed(done: &Done) -> Answer {
    let answer = Answer::of(&[("Sonuc", ""), ("Sonuc_Ack", ""), ("Dekont_ID", "0")]);
    with_bank(answer, done, "Dekont_ID", "Sonuc_Ack", "Bank_Sonuc_Kod", true)
}

fn with_bank(
    answer: Answer,
    done: &Done,
    receipt_field: &'static str,
    text_field: &'static str,
    code_field: &'static str,
    names_order: bool,
) -> Answer {
    let entry = &done.entry;
    let (code, text, bank_code) = match &done.verdict {
        Verdict::Approved => ("1".to_owned(), "İşlem Başarılı", "0"),
        Verdict::Declined(refusal) => ("-1".to_owned(), refusal.text, refusal.code),
        Verdict::Refused(why) => (words(*why).0.to_string(), words(*why).1, "-1"),
    };
    let mut answer = answer.with("Sonuc", &code).with(text_field, text).with(code_field, bank_code);
    if done.approved() {
        answer = answer
            .with(receipt_field, &receipt(entry.seq))
            .with("Bank_Trans_ID", &entry.trans_id)
            .with("Bank_AuthCode", &entry.auth_code)
            .with("Bank_HostRefNum", &entry.host_ref);
    }
    if names_order { answer.with("Siparis_ID", &entry.order) } else { answer }
}

fn acted(done: &Done, refused: Option<Refused>) -> Answer {
    let (code, text) = match (&done.verdict, refused) {
        (Verdict::Approved, _) => (1, "Approved"),
        (_, Some(refused)) => refused,
        (Verdict::Declined(refusal), None) => (-1, refusal.text),
        (Verdict::Refused(why), None) => words(*why),
    };
    let answer = Answer::of(&[("Sonuc", &code.to_string()), ("Sonuc_Str", text), ("Banka_Sonuc_Kod", "0")]);
    if !done.approved() {
        return answer;
    }
    let entry = &done.entry;
    answer
        .with("Bank_AuthCode", &entry.auth_code)
        .with("Bank_Trans_ID", &entry.trans_id)
        .with("Bank_HostRefNum", &entry.host_ref)
}

/// Takes a reservation, up to what was held.
pub fn capture(bank: &Bank, store: &Store, order: &str, total: i64) -> Answer {
    let done = desk(bank, store).capture(order, Some(total), |held| held.amount);
    acted(&done, None).with("Siparis_ID", order)
}

/// Voids a reservation that was not taken.
pub fn void_reservation(bank: &Bank, store: &Store, order: &str) -> Answer {
    acted(&desk(bank, store).void(order, |e| e.kind == Kind::PreAuth), None)
}

/// Voids a sale of today, with its whole amount.
pub fn void(bank: &Bank, store: &Store, order: &str, total: i64) -> Answer {
    let desk = desk(bank, store);
    let standing = desk.standing(order);
    // Refused before the desk: it is Param who counts the amount and tells yesterday from today.
    let refused = match standing.as_ref().map(|s| (s.state, s.entry.amount, s.entry.kind)) {
        Some((State::Voided, _, _)) => Some((-211, "İşlem daha önce iptal edilmiş.")),
        Some((State::Settled, _, _)) => Some((-213, "İade edilebilecek işlem iptal edilemez.")),
        Some((State::Open, amount, kind)) if kind != Kind::Credit && amount != total => {
            Some((-218, "İptal tutarı ödeme tutarına eşit olmalı."))
        }
        _ => None,
    };
    if let Some((code, text)) = refused {
        return Answer::of(&[("Sonuc", &code.to_string()), ("Sonuc_Str", text)]);
    }
    acted(&desk.void(order, |e| matches!(e.kind, Kind::Auth | Kind::PostAuth)), None)
}

/// Gives back after the day has ended.
pub fn refund(bank: &Bank, store: &Store, order: &str, total: i64) -> Answer {
    let desk = desk(bank, store);
    let voided = desk.standing(order).is_some_and(|s| s.state == State::Voided && s.entry.kind != Kind::Credit);
    let done = desk.refund(order, Some(total), None);
    acted(&done, voided.then_some((-211, "İşlem daha önce iptal edilmiş.")))
}
