//! What the desk decides, in the bank's codes and words.

use crate::bank::Bank;
use crate::book::{Book, Entry, Kind};
use crate::clock::local;
use crate::desk::{Charge, Clerk, Desk, Done, Numbers, Rules, Standing, State, Verdict, Why};
use crate::issuer::Refusal;
use crate::random;
use crate::store::Store;

use super::answer::{self, Answer};
use super::rules::{Refused, decimal};

/// The bank's hand in the book, for one request with this transaction number.
struct Hand(String);

impl Clerk for Hand {
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        Numbers {
            trans_id: self.0.clone(),
            host_ref: format!("{}{:03}{:02}{:06}", at.year() % 10, at.day_of_year(), at.hour(), n % 1_000_000),
            auth_code: format!("{:06}", (n * 7_919 + 735_879) % 1_000_000),
        }
    }

    fn approved(&self) -> &'static str {
        "0000"
    }

    fn declined(&self, refusal: &Refusal) -> (String, Option<String>) {
        (answer::issuer_code(refusal), None)
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (words(why).0.to_owned(), None)
    }

    fn rules(&self) -> Rules {
        Rules { refund_same_day: true, ..Rules::default() }
    }
}

/// Code and text of the bank's own refusal.
fn words(why: Why) -> Refused {
    match why {
        Why::OrderUsed => ("1061", "Bu sipariş numarası ile daha önce başarılı işlem yapılmış."),
        Why::OrderUnknown => UNKNOWN,
        Why::NothingHeld => ("1089", "Referans işlem bu işlem için uygun değil."),
        Why::NothingToCapture => ("1065", "Ön provizyon daha önceden kapatılmış."),
        Why::MoreThanHeld => ("0323", "Ön provizyon kapama tutarı uyumsuz."),
        Why::NothingToVoid => ("2202", "İşlem iptal edilemez, batch kapanmış. İade yapınız."),
        Why::NothingLeft => ("1059", "İşlemin tamamı iade edilmiş."),
        Why::MoreThanLeft => ("1046", "İade toplamı orijinal tutarı aşıyor."),
        Why::NotSettled => ("0542", "İade yapılamaz."),
        Why::OtherCurrency => ("1077", "Para birimi hatalı."),
        Why::NoAmount => ("1047", "İşlem tutarı geçersiz."),
    }
}

const UNKNOWN: Refused = ("1007", "Referans işlem okunamadı.");
const UNSUITABLE: Refused = ("1089", "Referans işlem bu işlem için uygun değil.");

/// A number of the bank's own, for who sends none.
fn number(given: &str) -> String {
    if given.is_empty() { random::id() } else { given.to_owned() }
}

/// Was this number of the merchant's good for a success before?
fn is_used(bank: &Bank, store: &Store, number: &str) -> bool {
    let hand = Hand(String::new());
    Desk::at(bank, store, &hand).find(|e| e.approved && e.trans_id == number).is_some()
}

/// Everything asked under an order number.
pub fn history(bank: &Bank, store: &Store, order: &str) -> Vec<Standing> {
    Desk::at(bank, store, &Hand(String::new())).history(order)
}

/// The newest line that is `meant`.
pub fn find(bank: &Bank, store: &Store, meant: impl Fn(&Entry) -> bool) -> Option<Entry> {
    Desk::at(bank, store, &Hand(String::new())).find(meant)
}

/// Everything of a span of time, oldest first.
pub fn between(bank: &Bank, store: &Store, from_ms: i64, until_ms: i64) -> Vec<Standing> {
    Desk::at(bank, store, &Hand(String::new())).between(from_ms, until_ms)
}

/// A sale or reservation under this transaction number.
pub fn charge(bank: &Bank, store: &Store, transaction: &str, sub_dealer: &str, c: Charge<'_>) -> Result<Done, Refused> {
    if !transaction.is_empty() && is_used(bank, store, transaction) {
        return Err(("1006", "Bu işlem numarası ile daha önce başarılı bir işlem gerçekleştirilmiş."));
    }
    Ok(Desk::at(bank, store, &Hand(number(transaction))).for_sub_dealer(sub_dealer).charge(c))
}

/// What is changed: what the bank knows under the number, with its state.
fn original(bank: &Bank, store: &Store, reference: &str) -> Result<Standing, Refused> {
    let meant = |e: &Entry| e.trans_id == reference && e.kind != Kind::Void && !reference.is_empty();
    let entry = find(bank, store, |e| meant(e) && e.approved).or_else(|| find(bank, store, meant)).ok_or(UNKNOWN)?;
    history(bank, store, &entry.order).into_iter().find(|s| s.entry.seq == entry.seq).ok_or(UNKNOWN)
}

fn lives(bank: &Bank, store: &Store, order: &str, kind: Kind) -> bool {
    let live = |s: &Standing| s.entry.approved && s.entry.kind == kind && s.state != State::Voided;
    history(bank, store, order).iter().any(live)
}

/// Takes a reservation, or a part of it.
pub fn capture(
    bank: &Bank,
    store: &Store,
    (transaction, reference): (&str, &str),
    total: i64,
    currency: &str,
) -> Result<Done, Refused> {
    let held = original(bank, store, reference)?;
    match (held.entry.kind, held.state) {
        (Kind::PreAuth, State::Voided) => return Err(("1088", "Ön provizyon iptal edilmiş.")),
        (Kind::PreAuth, State::Held) => {}
        _ => return Err(UNSUITABLE),
    }
    if held.entry.currency != currency {
        return Err(words(Why::OtherCurrency));
    }
    let hand = Hand(number(transaction));
    Ok(Desk::at(bank, store, &hand).capture(&held.entry.order, Some(total), |held| held.amount))
}

/// Undoes what is in the open batch.
pub fn void(bank: &Bank, store: &Store, (transaction, reference): (&str, &str)) -> Result<Done, Refused> {
    let was = original(bank, store, reference)?;
    let order = was.entry.order.as_str();
    let charged = matches!(was.entry.kind, Kind::Auth | Kind::PostAuth);
    match (was.entry.kind, was.state) {
        (_, State::Voided) => return Err(("1083", "Referans islem daha önceden iptal edilmis.")),
        (_, State::Reversed | State::Reversing) => return Err(("1101", "Referans işlem geri alınmış.")),
        (_, State::Declined) => return Err(UNSUITABLE),
        (_, State::Settled) => return Err(words(Why::NothingToVoid)),
        (Kind::PreAuth, _) if lives(bank, store, order, Kind::PostAuth) => {
            return Err(("0971", "Kapatılmış ön provizyon iptal edilemez."));
        }
        _ if charged && lives(bank, store, order, Kind::Credit) => {
            return Err(("1123", "İşlem iade edilmiş durumda."));
        }
        _ => {}
    }
    let hand = Hand(number(transaction));
    Ok(Desk::at(bank, store, &hand).void(order, |e| e.seq == was.entry.seq))
}

/// Gives back all or a part, also on the same day.
pub fn refund(bank: &Bank, store: &Store, (transaction, reference): (&str, &str), total: i64) -> Result<Done, Refused> {
    let was = original(bank, store, reference)?;
    match (was.entry.kind, was.state) {
        (_, State::Voided) => return Err(("0982", "İptal edilmiş işlem iade edilemez.")),
        (_, State::Reversed | State::Reversing) => return Err(("1101", "Referans işlem geri alınmış.")),
        (Kind::Auth | Kind::PostAuth, State::Open | State::Settled) => {}
        _ => return Err(UNSUITABLE),
    }
    let hand = Hand(number(transaction));
    Ok(Desk::at(bank, store, &hand).refund(&was.entry.order, Some(total), None))
}

/// `Sale`, `Auth`, `Capture`, `Cancel`, `Refund`.
pub fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Auth => "Sale",
        Kind::PreAuth => "Auth",
        Kind::PostAuth => "Capture",
        Kind::Void => "Cancel",
        Kind::Credit => "Refund",
        Kind::DayEnd => "",
    }
}

/// `1` without authentication, `2` with a full one, `3` with a half one.
pub fn security(entry: &Entry) -> &'static str {
    match entry.secure.as_ref().map(|s| s.md_status.as_str()) {
        None => "1",
        Some("1") => "2",
        Some(_) => "3",
    }
}

/// What the issuer or the host answered; the gateway's own refusals are short.
pub fn answered(done: &Done, terminal: &str, reference: Option<&str>) -> Answer {
    let entry = &done.entry;
    let (code, text) = match &done.verdict {
        Verdict::Approved => ("0000".to_owned(), "İŞLEM BAŞARILI"),
        Verdict::Declined(refusal) => (answer::issuer_code(refusal), refusal.text),
        Verdict::Refused(why) => return Answer::refused(words(*why)),
    };
    let charge = matches!(entry.kind, Kind::Auth | Kind::PreAuth);
    let answer = Answer::default()
        .with("MerchantId", &entry.store)
        .with("TransactionType", type_of(entry.kind))
        .with("TransactionId", &entry.trans_id);
    let answer = match reference {
        Some(reference) => answer.with("ReferenceTransactionId", reference),
        None => answer,
    };
    let answer = answer
        .with("ResultCode", code)
        .with("ResultDetail", text)
        .with("InstallmentTable", "")
        .with("CampaignResult", "")
        .with("AuthCode", if done.approved() { &entry.auth_code } else { "000000" })
        .with("HostDate", answer::host_date(entry.at_ms))
        .with("Rrn", &entry.host_ref)
        .with("TerminalNo", terminal)
        .with("CurrencyAmount", decimal(entry.amount))
        .with("CurrencyCode", &entry.currency);
    let answer = if charge {
        let eci = entry.secure.as_ref().map_or("", |s| s.eci.as_str());
        answer.with("OrderId", &entry.order).with("ECI", eci).with("ThreeDSecureType", security(entry))
    } else {
        answer
    };
    answer.with("BatchNo", (done.batch % 1_000).to_string())
}
