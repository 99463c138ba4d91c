//! `orderinq`, `orderhistoryinq`, `orderlistinq`. Amounts are minor units, days are `YYYYMMDD`.

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::clock::{DAY_MS, local, long_date};
use crate::desk::{Standing, State};
use crate::fault::{FaultKind, Met};
use crate::store::Store;
use crate::xml::{Flat, escape};

use super::answer::Answer;
use super::operation::desk;
use super::rules::{MANDATORY, Refused, card, order, text};

fn elements(fields: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| format!("<{name}>{}</{name}>", escape(value));
    fields.iter().map(one).collect::<Vec<_>>().concat()
}

/// The code a transaction stands with.
fn code(standing: &Standing) -> String {
    match standing.state {
        // The reversal of a charge the issuer did not answer is done: it was cancelled.
        State::Reversed => "17".to_owned(),
        _ => standing.entry.code.clone(),
    }
}

/// An ordered fault makes an amount one lira too high.
fn shown(minor: i64, met: &Met) -> String {
    (minor + if met.has(FaultKind::WrongAmount) && minor > 0 { 100 } else { 0 }).to_string()
}

fn masked(entry: &Entry) -> String {
    entry.card.as_ref().map(|card| format!("{}******{}", card.bin, card.last4)).unwrap_or_default()
}

/// The order's one line: its last charge, whatever was given back since.
pub fn status(bank: &Bank, store: &Store, r: &Flat, met: &Met) -> Result<Answer, Refused> {
    let order = order(text(r, "Order/OrderID"))?;
    let all = desk(bank, store).history(order);
    let charges = || all.iter().rev().filter(|s| !matches!(s.entry.kind, Kind::Void | Kind::Credit));
    let done = |kinds: &[Kind]| charges().find(|s| s.entry.approved && kinds.contains(&s.entry.kind));
    let taken = done(&[Kind::PostAuth, Kind::Auth]);
    let held = done(&[Kind::PreAuth]);
    let Some(line) = taken.or(held).or(charges().next()) else {
        return Err(("92", "0110", "İşlem bulunamadı"));
    };
    let word = match line.state {
        State::Held => "WAITINGPOSTAUTH",
        State::Open | State::Settled => "APPROVED",
        // No source shows the bank's word for these.
        State::Voided => "VOIDED",
        State::Declined | State::Reversing | State::Reversed => "DECLINED",
    };
    let entry = &line.entry;
    let amount_of = |s: Option<&Standing>| s.map_or(0, |s| s.entry.amount);
    let at = long_date(entry.at_ms);
    let inside = elements(&[
        ("ChargeType", "S"),
        ("PreAuthAmount", &shown(amount_of(held), met)),
        ("PreAuthDate", &held.map(|s| long_date(s.entry.at_ms)).unwrap_or_default()),
        ("AuthAmount", &shown(if held.is_some() && taken.is_none() { 0 } else { entry.amount }, met)),
        ("AuthDate", if taken.is_some() { &at } else { "" }),
        ("RecurringInfo", "N"),
        ("RecurringStatus", ""),
        ("Status", word),
        ("InstallmentCnt", &if entry.installments > 1 { entry.installments.to_string() } else { "0".into() }),
        ("CardNumberMasked", &masked(entry)),
        ("Code", &code(line)),
        ("ReasonCode", &code(line)),
        ("RetrefNum", &entry.host_ref),
        ("AuthCode", &entry.auth_code),
        ("BatchNum", &(4_950 + line.batch).to_string()),
        ("SequenceNum", &entry.seq.to_string()),
        ("ProvDate", &at),
    ]);
    Ok(Answer::told(order, bank.clock().now_ms(), format!("<OrderInqResult>{inside}</OrderInqResult>")))
}

/// What the Bonus of a card is worth. The message names no order.
pub fn points(bank: &Bank, store: &Store, r: &Flat) -> Result<Answer, Refused> {
    // Without a code too: nothing is charged.
    let card = card(text(r, "Card/Number"), text(r, "Card/ExpireDate"), text(r, "Card/CVV2"), true)?;
    let worth = desk(bank, store).points(&card).ok_or(("12", "12", "Geçersiz işlem"))?;
    let fields = elements(&[("Type", "BNS"), ("TotalAmount", &worth.to_string()), ("LastTxnGainAmount", "0")]);
    let rewards = format!("<Reward>{fields}</Reward>");
    Ok(Answer { rewards, ..Answer::told("", bank.clock().now_ms(), String::new()) })
}

fn day(at_ms: i64) -> String {
    local(at_ms).strftime("%Y%m%d").to_string()
}

/// Every transaction of the order, oldest first.
pub fn history(bank: &Bank, store: &Store, r: &Flat, met: &Met) -> Result<Answer, Refused> {
    let order = order(text(r, "Order/OrderID"))?;
    let all = desk(bank, store).history(order);
    if all.is_empty() {
        return Err(("92", "0108", "Gönderilen sipariş numarasına ait kayıt bulunmamaktadır"));
    }
    let rows: Vec<String> = all.iter().map(|s| row(s, met)).collect();
    let inside = format!("<OrderHistInqResult><OrderTxnList>{}</OrderTxnList></OrderHistInqResult>", rows.concat());
    Ok(Answer::told(order, bank.clock().now_ms(), inside))
}

fn row(standing: &Standing, met: &Met) -> String {
    let entry = &standing.entry;
    let (kind, reserves) = match entry.kind {
        Kind::PreAuth => ("preauth", true),
        Kind::PostAuth => ("postauth", false),
        Kind::Void => ("void", false),
        Kind::Credit => ("refund", false),
        Kind::Auth | Kind::DayEnd => ("sales", false),
    };
    let (amount, on, code) = (shown(entry.amount, met), day(entry.at_ms), code(standing));
    let fields = elements(&[
        ("Type", kind),
        ("Status", &code),
        ("PreAuthAmount", if reserves { &amount } else { "0" }),
        ("AuthAmount", if reserves { "0" } else { &amount }),
        ("PreAuthDate", if reserves { &on } else { "" }),
        ("AuthDate", if reserves { "" } else { &on }),
        ("VoidDate", &standing.voided_at_ms.map(day).unwrap_or_default()),
        ("RetrefNum", &entry.host_ref),
        ("AuthCode", &entry.auth_code),
        ("ReturnCode", &code),
        ("BatchNum", &(4_950 + standing.batch).to_string()),
        ("CurrencyCode", "0"),
        ("Settlement", if standing.settled { "Y" } else { "N" }),
    ]);
    format!("<OrderTxn>{fields}</OrderTxn>")
}

/// On one page at most.
const PAGE: usize = 500;

/// The transactions of some days.
pub fn list(bank: &Bank, store: &Store, r: &Flat) -> Result<Answer, Refused> {
    let (from, until) = (minute(text(r, "Order/StartDate"))?, minute(text(r, "Order/EndDate"))?);
    let page: usize = text(r, "Order/ListPageNum").parse().ok().filter(|page| *page > 0).ok_or(MANDATORY)?;
    if until < from || until - from > 30 * DAY_MS {
        return Err(MANDATORY);
    }
    let all = desk(bank, store).between(from, until + 60_000);
    let pages = all.len().div_ceil(PAGE).max(1);
    let shown = all.iter().enumerate().skip((page - 1) * PAGE).take(PAGE);
    let entries: Vec<String> = shown.map(|(index, s)| list_entry(index + 1, s)).collect();
    let counts = elements(&[
        ("TotalTxnCount", &all.len().to_string()),
        ("TotalPageCount", &pages.to_string()),
        ("ActPageNum", &page.to_string()),
    ]);
    let inside =
        format!("<OrderListInqResult><OrderTxnList>{counts}{}</OrderTxnList></OrderListInqResult>", entries.concat());
    Ok(Answer::told("", bank.clock().now_ms(), inside))
}

/// `18/05/2022 23:59`
fn minute(text: &str) -> Result<i64, Refused> {
    let at = jiff::civil::DateTime::strptime("%d/%m/%Y %H:%M", text).map_err(|_| MANDATORY)?;
    let zone = jiff::tz::TimeZone::get("Europe/Istanbul").map_err(|_| MANDATORY)?;
    Ok(at.to_zoned(zone).map_err(|_| MANDATORY)?.timestamp().as_millisecond())
}

fn list_entry(id: usize, standing: &Standing) -> String {
    let entry = &standing.entry;
    let kind = match entry.kind {
        Kind::PreAuth => "On Otorizasyon",
        Kind::PostAuth => "On Otorizasyon Kapama",
        Kind::Void => "Iptal",
        Kind::Credit => "Iade",
        Kind::Auth | Kind::DayEnd => "Satis",
    };
    let state = match standing.state {
        State::Declined | State::Reversing | State::Reversed => "Basarisiz",
        State::Voided => "Iptal",
        _ => "Basarili",
    };
    let currency = match entry.currency.as_str() {
        "840" => "USD",
        "978" => "EUR",
        "826" => "GBP",
        "392" => "JPY",
        "643" => "RUB",
        _ => "TL",
    };
    let fields = elements(&[
        ("Id", &id.to_string()),
        ("LastTrxDate", &local(entry.at_ms).strftime("%Y-%m-%d %H:%M:%S").to_string()),
        ("TrxType", kind),
        ("OrderID", &entry.order),
        ("CardNumberMasked", &masked(entry)),
        ("BatchNum", &(4_950 + standing.batch).to_string()),
        ("AuthCode", &entry.auth_code),
        ("RetrefNum", &entry.host_ref),
        ("InstallmentCnt", &if entry.installments > 1 { entry.installments.to_string() } else { "Pesin".into() }),
        ("Status", state),
        ("AuthAmount", &entry.amount.to_string()),
        ("CurrencyCode", currency),
        ("SafeType", if entry.secure.is_some() { "3D" } else { "" }),
        ("Settlement", if standing.settled { "Y" } else { "N" }),
        ("ResponseCode", &code(standing)),
    ]);
    format!("<OrderTxn>{fields}</OrderTxn>")
}
