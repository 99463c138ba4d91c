//! `inquiry` and `history`.

use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::{Entry, Kind, OrderView};
use crate::clock::{DAY_MS, local};
use crate::desk::{Standing, State};
use crate::store::Store;

use super::operation::desk;
use super::session::Gate;

/// `20231209154531`
fn compact(at_ms: i64) -> String {
    local(at_ms).strftime("%Y%m%d%H%M%S").to_string()
}

fn starred(e: &Entry) -> Value {
    e.card.as_ref().map_or(Value::Null, |c| json!(format!("{}00****{}", c.bin, c.last4)))
}

/// A line with nothing in it: what Tosla answers about an order it does not have.
fn zeros() -> Value {
    json!({
        "TransactionType": 0, "CreateDate": null, "OrderId": null, "BankResponseCode": null, "BankResponseMessage": null,
        "AuthCode": null, "HostReferenceNumber": null, "Amount": 0, "Currency": 0, "InstallmentCount": 0, "ClientId": 0,
        "CardNo": null, "RequestStatus": 0, "RefundedAmount": 0, "PostAuthedAmount": 0, "TransactionId": 0,
        "CommissionStatus": null, "NetAmount": 0, "MerchantCommissionAmount": 0, "MerchantCommissionRate": null,
        "CardBankId": 0, "CardTypeId": 0, "ValorDate": 0, "TransactionDate": 0, "BankValorDate": 0,
        "ExtraParameters": null, "Code": 0, "Message": "",
    })
}

fn set<const N: usize>(line: &mut Value, pairs: [(&str, Value); N]) {
    for (name, value) in pairs {
        line[name] = value;
    }
}

fn number(text: &str) -> Value {
    json!(text.parse::<i64>().unwrap_or(0))
}

/// 1 sale, 2 reservation, 3 capture, 4 void, 5 refund.
fn kind(kind: Kind) -> i64 {
    match kind {
        Kind::Auth => 1,
        Kind::PreAuth => 2,
        Kind::PostAuth => 3,
        Kind::Void | Kind::DayEnd => 4,
        Kind::Credit => 5,
    }
}

/// What is the same in an order's line and in a row of its history.
fn of_entry(e: &Entry) -> Value {
    let mut line = zeros();
    let installments = if e.installments > 1 { e.installments } else { 0 };
    set(
        &mut line,
        [
            ("TransactionType", json!(kind(e.kind))),
            ("CreateDate", json!(compact(e.at_ms))),
            ("OrderId", json!(e.order)),
            ("BankResponseCode", bank_code(e)),
            ("Amount", json!(e.amount)),
            ("NetAmount", json!(e.amount)),
            ("Currency", number(&e.currency)),
            ("InstallmentCount", json!(installments)),
            ("ClientId", number(&e.store)),
            ("CardNo", starred(e)),
        ],
    );
    line
}

fn bank_code(e: &Entry) -> Value {
    match e.issuer_code.as_deref() {
        Some("92") => json!("68"),
        Some(code) => json!(code),
        None if e.approved => json!("00"),
        None => Value::Null,
    }
}

/// What an order has come to.
fn status(view: &OrderView) -> i64 {
    match view.state {
        "declined" => 0,
        "voided" => 2,
        "partly_refunded" => 3,
        "refunded" => 4,
        "captured" => 5,
        _ => 1,
    }
}

/// The one line kept of an order.
pub fn inquiry(bank: &Bank, store: &Store, order: &str) -> Value {
    let seen = |e: &&Entry| matches!(e.kind, Kind::Auth | Kind::PreAuth) && (e.approved || e.issuer_code.is_some());
    let view = desk(bank, store).order(order);
    let charge = view.as_ref().and_then(|v| v.entries.iter().find(seen));
    let (Some(view), Some(charge)) = (&view, charge) else {
        return at_gate(bank, store, order);
    };
    let mut line = of_entry(charge);
    let taken = if charge.kind == Kind::PreAuth { view.captured } else { 0 };
    set(
        &mut line,
        [
            ("RequestStatus", json!(status(view))),
            ("RefundedAmount", json!(view.refunded)),
            ("PostAuthedAmount", json!(taken)),
        ],
    );
    line
}

/// An order that has a session and nothing else: the payer is still there, or failed.
fn at_gate(bank: &Bank, store: &Store, order: &str) -> Value {
    let gate = bank.memory::<Gate>();
    let mut line = zeros();
    let Some(session) = gate.of_order(&store.id, order) else { return line };
    let ordered = &session.visit.ordered;
    set(
        &mut line,
        [
            ("TransactionType", json!(kind(ordered.kind))),
            ("CreateDate", json!(compact(session.opened_ms))),
            ("OrderId", json!(ordered.order)),
            ("Amount", json!(ordered.amount)),
            ("NetAmount", json!(ordered.amount)),
            ("Currency", number(&ordered.currency)),
            ("ClientId", number(&store.id)),
            ("BankResponseCode", json!(session.failed)),
            ("RequestStatus", json!(if session.failed.is_some() { 0 } else { 10 })),
        ],
    );
    line
}

/// A page of a day's transactions, `from_ms` being its first instant: of one order, or of all.
pub fn history(bank: &Bank, store: &Store, order: Option<&str>, from_ms: i64, (page, size): (usize, usize)) -> Value {
    let desk = desk(bank, store);
    let seen = |s: &Standing| s.entry.approved || s.entry.issuer_code.is_some();
    let meant = |s: &Standing| order.is_none_or(|order| s.entry.order == order);
    let day = desk.between(from_ms, from_ms + DAY_MS);
    let rows: Vec<Value> = day
        .iter()
        .filter(|s| seen(s) && meant(s))
        .map(|s| {
            let e = &s.entry;
            // What a charge has come to since stands on it, as in the order's own line.
            let view = desk.order(&e.order).filter(|_| matches!(e.kind, Kind::Auth | Kind::PreAuth));
            let status = match (s.state, &view) {
                (State::Declined | State::Reversing | State::Reversed, _) => 0,
                (State::Voided, _) => 2,
                (_, Some(view)) => status(view),
                _ => 1,
            };
            let mut row = of_entry(e);
            set(
                &mut row,
                [
                    ("TransactionId", json!(e.trans_id)),
                    ("RequestStatus", json!(status)),
                    ("RefundedAmount", json!(view.as_ref().map_or(0, |view| view.refunded))),
                    ("TransactionDate", json!(compact(e.at_ms).get(..8))),
                    ("Message", json!("Başarılı")),
                ],
            );
            row
        })
        .collect();
    let shown: Vec<&Value> = rows.iter().skip(page.saturating_sub(1) * size).take(size).collect();
    json!({ "Count": rows.len(), "Code": 0, "Message": "Başarılı", "Transactions": shown })
}
