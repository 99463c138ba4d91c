//! `QUERYTRANSACTION`: every transaction of an order that reached a bank.

use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::clock::local;
use crate::desk::{Standing, State};
use crate::store::Store;

use super::answer::{currency_code, decimal, refused};
use super::operation::desk;
use super::rules::Invalid;

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Auth => "SALE",
        Kind::PreAuth => "PREAUTH",
        Kind::PostAuth => "POSTAUTH",
        Kind::Void | Kind::DayEnd => "VOID",
        Kind::Credit => "REFUND",
    }
}

/// A reservation that was taken is `PA`.
fn status(standing: &Standing, taken: bool) -> &'static str {
    match standing.state {
        State::Declined | State::Reversed => "FA",
        State::Reversing => "IP",
        State::Voided => "VD",
        State::Held if taken => "PA",
        State::Held | State::Open | State::Settled => "AP",
    }
}

fn row(standing: &Standing, taken: bool) -> Value {
    let entry = &standing.entry;
    let status = status(standing, taken);
    let returned = match (status, entry.issuer_code.as_deref()) {
        ("IP", _) => "",
        (_, Some(code)) => code,
        _ => "00",
    };
    let mut row = json!({
        "merchantPaymentId": entry.order, "pgOrderId": entry.order, "pgTranId": entry.trans_id,
        "pgTranRefId": entry.host_ref, "pgTranApprCode": entry.auth_code, "pgTranReturnCode": returned,
        "transactionType": kind(entry.kind), "transactionStatus": status, "amount": decimal(entry.amount),
        "currency": currency_code(&entry.currency), "installmentCount": entry.installments,
        "timePsSent": local(entry.at_ms).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        "panLast4": entry.card.as_ref().map(|card| card.last4.as_str()),
        "bin": entry.card.as_ref().map(|card| card.bin.as_str()),
    });
    if status == "FA" {
        row["errorCode"] = json!(entry.error_code);
    }
    row
}

/// The list; or that there is nothing.
pub fn list(bank: &Bank, store: &Store, order: &str, number: Option<&str>) -> Value {
    let asked = desk(bank, store).history(order);
    let reached = |e: &Entry| e.approved || e.issuer_code.is_some();
    let capture = |s: &Standing| s.entry.kind == Kind::PostAuth && s.entry.approved && s.state != State::Voided;
    let taken = asked.iter().any(capture);
    let meant = asked.iter().filter(|s| reached(&s.entry) && number.is_none_or(|n| s.entry.trans_id == n));
    let rows: Vec<Value> = meant.map(|s| row(s, taken)).collect();
    if rows.is_empty() {
        return refused(&Invalid("ERR10030", "Transaction not found", "MERCHANTPAYMENTID"));
    }
    json!({
        "responseCode": "00", "responseMsg": "Approved", "merchantPaymentId": order,
        "transactionCount": rows.len(), "totalTransactionCount": rows.len(), "transactionList": rows,
    })
}
