//! `OrderContract`: what the bank tells about an order when it is asked.

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::clock::local;
use crate::desk::{Standing, State};
use crate::fault::{FaultKind, Met};
use crate::store::Store;

use super::contract::{elements, time};
use super::gate::Gate;
use super::operation::desk;

const CHARGED: &str = "1";
/// The banks' numbers for a reservation and its capture are not published.
const RESERVED: &str = "2";
const TAKEN: &str = "3";
const REFUNDED: &str = "4";
const PARTLY_REFUNDED: &str = "5";
const VOIDED: &str = "6";

fn decimal(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// One line for each charge of the order, or one for a visit of the 3-D gate that was never charged.
pub fn of_order(bank: &Bank, store: &Store, order: &str, met: &Met) -> Vec<(Entry, String)> {
    let history = desk(bank, store).history(order);
    let charges = history.iter().filter(|s| is_charge(&s.entry) && reached(&s.entry));
    charges.map(|s| (s.entry.clone(), contract(&line(bank, store, s, met)))).collect()
}

fn is_charge(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Auth | Kind::PreAuth)
}

/// What the gateway itself refused never became an order.
fn reached(entry: &Entry) -> bool {
    entry.approved || entry.issuer_code.is_some()
}

/// `SelectOrder`: a line for each transaction of these days, `2026-11-22`, newest first; of one authorization where it is
/// named.
pub fn of_days(bank: &Bank, store: &Store, days: (&str, &str), provision: &str, met: &Met) -> Vec<String> {
    let within = |s: &Standing| {
        let day = local(s.entry.at_ms).strftime("%Y-%m-%d").to_string();
        days.0 <= day.as_str() && day.as_str() <= days.1
    };
    let all = desk(bank, store).between(0, i64::MAX);
    let listed = all.iter().rev().filter(|s| reached(&s.entry) && within(s));
    let meant = |s: &&Standing| provision.is_empty() || charge_of(bank, store, &s.entry).auth_code == provision;
    let lines = listed.filter(meant).map(|s| {
        let mut fields = line(bank, store, s, met);
        fields.push(("TranAmount", decimal(s.entry.amount + more(met))));
        contract(&fields)
    });
    lines.collect()
}

fn contract(fields: &[(&'static str, String)]) -> String {
    format!("<OrderContract>{}</OrderContract>", elements(fields))
}

/// What an ordered lie adds to an amount.
fn more(met: &Met) -> i64 {
    if met.has(FaultKind::WrongAmount) { 100 } else { 0 }
}

/// What was captured, voided or given back; a charge is its own.
fn charge_of(bank: &Bank, store: &Store, entry: &Entry) -> Entry {
    let charged = |e: &Entry| e.approved && is_charge(e) && e.order == entry.order;
    let charge = if is_charge(entry) { None } else { desk(bank, store).find(charged) };
    charge.unwrap_or_else(|| entry.clone())
}

/// The line of an order that was begun at the 3-D gate only: it has no code at all.
pub fn begun(bank: &Bank, store: &Store, order: &str) -> Option<String> {
    let gate = bank.memory::<Gate>();
    let (ordered, bank_order) = gate.begun(&store.id, order)?;
    let fields = [
        ("OrderId", bank_order.to_owned()),
        ("MerchantOrderId", order.to_owned()),
        ("MerchantId", store.id.clone()),
        ("OrderStatus", CHARGED.to_owned()),
        ("TransactionStatus", "0".to_owned()),
        ("LastOrderStatus", CHARGED.to_owned()),
        ("FEC", four_digits(&ordered.currency)),
        ("FirstAmount", decimal(ordered.amount)),
    ];
    Some(contract(&fields))
}

fn four_digits(currency: &str) -> String {
    if currency == "643" { "0810".to_owned() } else { format!("0{currency}") }
}

/// The line of one transaction. That of a change has the numbers and totals of its charge.
fn line(bank: &Bank, store: &Store, standing: &Standing, met: &Met) -> Vec<(&'static str, String)> {
    let e = &standing.entry;
    let charge = charge_of(bank, store, e);
    let view = desk(bank, store).order(&e.order).filter(|_| e.approved);
    let (captured, refunded) = view.as_ref().map_or((0, 0), |v| (v.captured, v.refunded));
    let voided = standing.state == State::Voided || (view.as_ref().is_some_and(|v| v.state == "voided"));
    let first = if charge.kind == Kind::PreAuth { RESERVED } else { CHARGED };
    let kind = match e.kind {
        Kind::PostAuth => TAKEN,
        Kind::Void => VOIDED,
        Kind::Credit if e.amount == captured => REFUNDED,
        Kind::Credit => PARTLY_REFUNDED,
        _ => first,
    };
    let last = match () {
        () if voided => VOIDED,
        () if refunded > 0 && refunded == captured => REFUNDED,
        () if refunded > 0 => PARTLY_REFUNDED,
        () => first,
    };
    let (done, code) = match standing.state {
        State::Reversing => ("0", "92"),
        State::Reversed => ("2", "05"),
        State::Declined => ("2", e.code.as_str()),
        _ => ("1", "00"),
    };
    let order = if met.has(FaultKind::WrongOrder) { format!("X{}", e.order) } else { e.order.clone() };
    let closed = if charge.kind == Kind::PreAuth { captured } else { 0 };
    let stan = e.host_ref.get(6..).unwrap_or_default().to_owned();
    let face = e.card.as_ref().map(|c| format!("{}******{}", c.bin, c.last4)).unwrap_or_default();
    vec![
        ("OrderId", e.trans_id.clone()),
        ("MerchantOrderId", order),
        ("MerchantId", store.id.clone()),
        ("PosTerminalId", "111111".to_owned()),
        ("OrderStatus", kind.to_owned()),
        ("OrderType", if e.installments > 1 { "2" } else { "1" }.to_owned()),
        ("TransactionStatus", done.to_owned()),
        ("LastOrderStatus", last.to_owned()),
        ("EndOfDayStatus", if standing.settled { "2" } else { "1" }.to_owned()),
        ("FEC", four_digits(&e.currency)),
        ("TransactionSecurity", if e.secure.is_some() { "3" } else { "1" }.to_owned()),
        ("CardNumber", face),
        ("OrderDate", time(e.at_ms)),
        ("FirstAmount", decimal(charge.amount + more(met))),
        ("FECAmount", decimal(0)),
        ("CancelAmount", decimal(if voided { charge.amount } else { 0 })),
        ("DrawbackAmount", decimal(refunded)),
        ("ClosedAmount", decimal(closed)),
        ("InstallmentCount", if e.installments > 1 { e.installments.to_string() } else { "0".to_owned() }),
        ("ResponseCode", code.to_owned()),
        ("ResponseExplain", if done == "1" { "Provizyon alındı." } else { "İşlem onaylanmadı." }.to_owned()),
        ("ProvNumber", charge.auth_code.clone()),
        ("RRN", charge.host_ref.clone()),
        ("Stan", stan),
        ("BatchId", standing.batch.to_string()),
    ]
}
