//! `OrderInquiry` and `TxnHistory`. A payment that was begun at the gate and not finished is in the bank's book too.

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::clock::local;
use crate::desk::{Standing, State};
use crate::fault::{FaultKind, Met};
use crate::store::Store;
use crate::xml::Flat;

use super::book::{desk, document, elements};
use super::rules::{self, Refused, text};
use super::session::{Gate, Session};

/// `10.01`, as the bank writes amounts of its book; an ordered fault adds a lira.
fn shown(minor: i64, met: &Met) -> String {
    let minor = minor + if met.has(FaultKind::WrongAmount) { 100 } else { 0 };
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn kind(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::PreAuth => "PreAuth",
        Kind::PostAuth => "PostAuth",
        Kind::Void => "Void",
        Kind::Credit => "Refund",
        Kind::Auth | Kind::DayEnd => "Auth",
    }
}

/// The code a transaction stands with.
fn code(standing: &Standing) -> &str {
    match standing.state {
        // The reversal of a charge the issuer did not answer is done.
        State::Reversed => "V044",
        _ => &standing.entry.code,
    }
}

/// `OrderInquiry`: the order's charge with what became of it.
pub fn status(bank: &Bank, store: &Store, r: &Flat, met: &Met) -> Result<Vec<u8>, Refused> {
    let order = rules::order(text(r, "OrgOrderId"))?;
    let all = desk(bank, store).history(order);
    let charges = || all.iter().rev().filter(|s| !matches!(s.entry.kind, Kind::Void | Kind::Credit));
    let done = |kinds: &[Kind]| charges().find(|s| s.entry.approved && kinds.contains(&s.entry.kind));
    let line = done(&[Kind::PostAuth, Kind::Auth]).or_else(|| done(&[Kind::PreAuth])).or_else(|| charges().next());
    let said = if met.has(FaultKind::WrongOrder) { format!("X{order}") } else { order.to_owned() };
    if let Some(line) = line {
        let refunded = desk(bank, store).order(order).is_some_and(|o| o.captured > 0 && o.net == 0 && o.refunded > 0);
        return Ok(found(line, &said, refunded, met));
    }
    let gate = bank.memory::<Gate>();
    match gate.begun(&store.id, order) {
        Some((id, session)) => Ok(unfinished(bank, id, session, &said)),
        None => Ok(document(&[
            ("RequestGuid", "0"),
            ("InsertDatetime", "1.01.0001 00:00:00"),
            ("OrderId", order),
            ("SecureType", "Inquiry"),
            ("PurchAmount", ""),
            ("Exponent", "2"),
            ("Currency", "949"),
            ("TxnType", "OrderInquiry"),
            ("OrgOrderId", order),
            ("TxnStatus", "P"),
            ("IrcDet", "Seçili İşlem Bulunamadı!"),
            ("IrcCode", "99961"),
            ("ErrMsg", "Seçili İşlem Bulunamadı!"),
            ("TxnResult", ""),
            ("AuthCode", ""),
            ("ProcReturnCode", "V013"),
        ])),
    }
}

fn found(line: &Standing, order: &str, refunded: bool, met: &Met) -> Vec<u8> {
    let entry = &line.entry;
    let (voided, yes) = (line.voided_at_ms.is_some(), entry.approved);
    let gone = line.voided_at_ms.map(local);
    let masked = entry.card.as_ref().map(|card| format!("{}******{}", card.bin, card.last4)).unwrap_or_default();
    let flag = |yes: bool| if yes { "true" } else { "false" };
    let instalments = if entry.installments > 1 { entry.installments } else { 0 };
    document(&[
        ("RequestGuid", &entry.trans_id),
        ("InsertDatetime", &local(entry.at_ms).strftime("%d.%m.%Y %H:%M:%S").to_string()),
        ("OrderId", order),
        ("SecureType", secure_type(entry)),
        ("PurchAmount", &shown(entry.amount, met)),
        ("Exponent", "2"),
        ("Currency", &entry.currency),
        ("TxnType", kind(entry)),
        ("OrgOrderId", ""),
        ("InstallmentCount", &instalments.to_string()),
        (
            "TxnStatus",
            if voided {
                "V"
            } else if yes {
                "Y"
            } else {
                "N"
            },
        ),
        ("ErrMsg", if yes { "Onaylandı" } else { "" }),
        ("TxnResult", if yes { "Success" } else { "Failed" }),
        ("AuthCode", &entry.auth_code),
        ("HostRefNum", ""),
        ("ProcReturnCode", code(line)),
        ("BatchNo", &line.batch.to_string()),
        ("VoidDate", &gone.as_ref().map(|at| at.strftime("%Y%m%d").to_string()).unwrap_or_default()),
        ("VoidTime", &gone.map_or("0".to_owned(), |at| at.strftime("%H%M%S").to_string())),
        ("CardMask", &masked),
        ("F37", &entry.host_ref),
        ("IsVoided", flag(voided)),
        ("IsRefunded", flag(refunded)),
        ("PAYFORFROMXMLREQUEST", "1"),
    ])
}

fn secure_type(entry: &Entry) -> &str {
    if entry.channel.starts_with("3D") { &entry.channel } else { "NonSecure" }
}

/// Before the payer is back the book says `V000`, after the authentication `V033`.
fn unfinished(bank: &Bank, id: &str, session: &Session, order: &str) -> Vec<u8> {
    let ordered = &session.visit.ordered;
    let code = if session.visit.outcome.is_some() { "V033" } else { "V000" };
    document(&[
        ("RequestGuid", id),
        ("InsertDatetime", &local(bank.clock().now_ms()).strftime("%d.%m.%Y %H:%M:%S").to_string()),
        ("OrderId", order),
        ("SecureType", &session.secure_type),
        ("PurchAmount", &format!("{}.{:02}", ordered.amount / 100, ordered.amount % 100)),
        ("Exponent", "2"),
        ("Currency", &ordered.currency),
        ("TxnType", if ordered.kind == Kind::PreAuth { "PreAuth" } else { "Auth" }),
        ("TxnStatus", "N"),
        ("ErrMsg", "İşlem tamamlanamadı /devam ediyor"),
        ("TxnResult", "Failed"),
        ("AuthCode", ""),
        ("ProcReturnCode", code),
    ])
}

fn report(rows: &[Standing], met: &Met) -> Vec<u8> {
    let rows: Vec<String> = rows.iter().map(|line| row(line, met)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<TxnHistoryReport xsi:noNamespaceSchemaLocation=\"TxnHistoryReport.xsd\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n{}</TxnHistoryReport>",
        rows.concat()
    )
    .into_bytes()
}

fn row(line: &Standing, met: &Met) -> String {
    let entry = &line.entry;
    let gone = line.voided_at_ms.map(local);
    let order = if met.has(FaultKind::WrongOrder) { format!("X{}", entry.order) } else { entry.order.clone() };
    let fields = elements(&[
        ("RequestGuid", &entry.trans_id),
        ("status", "1"),
        ("InsertDatetime", &local(entry.at_ms).strftime("%Y-%m-%dT%H:%M:%S").to_string()),
        ("OrderId", &order),
        ("SecureType", secure_type(entry)),
        ("PurchAmount", &shown(entry.amount, met)),
        ("Exponent", "2"),
        ("Currency", &entry.currency),
        ("TxnType", kind(entry)),
        ("OrgOrderId", if matches!(entry.kind, Kind::Auth | Kind::PreAuth) { "" } else { &entry.order }),
        ("InstallmentCount", &if entry.installments > 1 { entry.installments.to_string() } else { "0".into() }),
        (
            "TxnStatus",
            if gone.is_some() {
                "V"
            } else if entry.approved {
                "Y"
            } else {
                "N"
            },
        ),
        ("ErrMsg", if entry.approved { "Onaylandı" } else { "" }),
        ("TxnResult", if entry.approved { "Success" } else { "Failed" }),
        ("AuthCode", &entry.auth_code),
        ("ProcReturnCode", code(line)),
        ("BatchNo", &line.batch.to_string()),
        ("VoidDate", &gone.as_ref().map(|at| at.strftime("%Y%m%d").to_string()).unwrap_or_default()),
        ("VoidTime", &gone.map_or("0".to_owned(), |at| at.strftime("%H%M%S").to_string())),
        ("F37", &entry.host_ref),
    ]);
    let closed = if line.settled { "True" } else { "False" };
    format!(
        "<PaymentRequestExtended>\n<PaymentRequest xmlns=\"http://ocean.smartway.com/\">\n{fields}</PaymentRequest>\n\
         <ExtraParameters xmlns=\"http://ocean.smartway.com/\"><ArrayOfString><string>IsBatchClosed</string><string>{closed}</string>\
         </ArrayOfString></ExtraParameters>\n</PaymentRequestExtended>\n"
    )
}

/// `TxnHistory` of an order, oldest first.
pub fn history(bank: &Bank, store: &Store, r: &Flat, met: &Met) -> Result<Vec<u8>, Refused> {
    let order = rules::order(text(r, "OrderId"))?;
    let all = desk(bank, store).history(order);
    if all.is_empty() { Err(("V013", "Seçili İşlem Bulunamadı!")) } else { Ok(report(&all, met)) }
}

/// `TxnHistory` of a day (`YYYYMMDD`).
pub fn day(bank: &Bank, store: &Store, r: &Flat, met: &Met) -> Result<Vec<u8>, Refused> {
    let wrong = ("M046", "Rapor isteği hatalı");
    let date = jiff::civil::Date::strptime("%Y%m%d", text(r, "ReqDate")).map_err(|_| wrong)?;
    let zone = jiff::tz::TimeZone::get("Europe/Istanbul").map_err(|_| wrong)?;
    let from = date.to_zoned(zone).map_err(|_| wrong)?.timestamp().as_millisecond();
    Ok(report(&desk(bank, store).between(from, from + crate::clock::DAY_MS), met))
}
