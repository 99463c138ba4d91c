//! `1010`: every transaction of an order.

use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::desk::{Standing, State};
use crate::store::Store;

use super::answer::{HOST_APPROVED, head, iso};
use super::operation::desk;
use super::plan::Plan;
use super::session::Gate;

/// The bank's code of a kind.
pub fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::Auth => "1000",
        Kind::PreAuth => "1004",
        Kind::PostAuth => "1005",
        Kind::Credit => "1002",
        Kind::Void | Kind::DayEnd => "1003",
    }
}

/// Minor units as the JSON number the bank writes.
pub fn amount(minor: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "the bank writes amounts as JSON numbers, and ours are small")]
    let lira = minor as f64 / 100.0;
    json!(lira)
}

fn card(e: &Entry) -> String {
    e.card.as_ref().map(|c| format!("{}******{}", c.bin, c.last4)).unwrap_or_default()
}

/// `N` normal, `S` suspicious, `V` voided, `R` reversed.
fn letter(state: State) -> &'static str {
    match state {
        State::Voided => "V",
        State::Reversing => "S",
        State::Reversed => "R",
        State::Declined | State::Held | State::Open | State::Settled => "N",
    }
}

/// What the card network never saw is not among an order's transactions, nor are voids: they mark what they undid.
pub fn is_listed(s: &Standing) -> bool {
    let seen = s.entry.approved || s.entry.issuer_code.is_some();
    seen && !matches!(s.entry.kind, Kind::Void | Kind::DayEnd)
}

/// Response and host code of a line; one that was reversed has neither.
pub fn codes(s: &Standing) -> Option<(&'static str, &'static str, String, String)> {
    let e = &s.entry;
    match (&e.issuer_code, s.state) {
        (_, State::Reversed | State::Reversing) => None,
        (None, _) if e.approved => {
            Some(("VPS-0000", "BAŞARILI", HOST_APPROVED.0.to_owned(), HOST_APPROVED.1.to_owned()))
        }
        (Some(code), _) => Some(("VPS-1005", "Provizyon Hatası", code.clone(), format!("0{code} RED"))),
        (None, _) => None,
    }
}

fn row(s: &Standing, all: &[Standing]) -> Value {
    let e = &s.entry;
    let own = matches!(e.kind, Kind::Auth | Kind::PreAuth);
    let mut row = json!({
        "txnCode": code(e.kind), "txnStatus": letter(s.state), "txnDateTime": iso(e.at_ms), "amount": amount(e.amount),
        "currencyCode": e.currency.parse::<i64>().unwrap_or(949), "installCount": e.installments,
        "orderId": if own { &e.order } else { &e.trans_id }, "orgOrderId": e.order, "maskedCardNumber": card(e),
        "rrn": e.host_ref, "stan": e.seq, "settlementId": "ca0fff81-1379-4e8f-a86c-d505b4eb441c",
        "ccbRewardAmount": 0, "pcbRewardAmount": 0, "xcbRewardAmount": 0,
    });
    if s.state != State::Voided {
        row["batchNumber"] = json!(s.batch);
    }
    if let Some((response, message, host, host_message)) = codes(s) {
        row["responseCode"] = json!(response);
        row["responseMessage"] = json!(message);
        row["hostResponseCode"] = json!(host);
        row["hostMessage"] = json!(host_message);
        row["authCode"] = json!(if e.approved { e.auth_code.as_str() } else { "000000" });
    }
    if e.kind == Kind::PreAuth && e.approved {
        let taken = all.iter().find(|o| o.entry.kind == Kind::PostAuth && o.entry.approved && o.state != State::Voided);
        row["preAuthStatus"] = json!(if taken.is_some() { "C" } else { "O" });
        if let Some(taken) = taken {
            row["preAuthCloseAmount"] = amount(taken.entry.amount);
            row["preAuthCloseDate"] = json!(iso(taken.entry.at_ms));
        }
    }
    row
}

/// The charge that was made when a repeated order was placed, and those that wait.
fn planned(plan: &Plan, track: &str, made: &[Standing]) -> Vec<Value> {
    let Some(first) = made.iter().find(|s| s.entry.kind == Kind::Auth) else { return Vec::new() };
    let mut rows = vec![row(first, made)];
    let voided = first.state == State::Voided;
    for (name, value) in [
        ("requestType", json!("R")),
        ("requestStatus", json!(if voided { "V" } else { "S" })),
        ("recurringOrder", json!(1)),
        ("plannedDateTime", json!(plan.planned_at(1))),
        ("orderTrackId", json!(track)),
        ("orderId", json!(plan.first_order)),
        ("tryCount", json!(0)),
    ] {
        rows[0][name] = value;
    }
    if let Some(first) = rows[0].as_object_mut() {
        first.remove("txnStatus");
        first.remove("orgOrderId");
    }
    let e = &first.entry;
    rows.extend((2..=plan.count).map(|number| {
        json!({
            "txnCode": "1000", "amount": amount(e.amount), "requestType": "R",
            "requestStatus": if plan.is_cancelled(number) { "C" } else { "W" }, "recurringOrder": number,
            "plannedDateTime": plan.planned_at(number), "orderTrackId": track, "tryCount": 0, "installCount": 1,
            "maskedCardNumber": card(e), "currencyCode": e.currency.parse::<i64>().unwrap_or(949),
        })
    }));
    rows
}

/// The answer about an order, or about a repeated one.
pub fn history(bank: &Bank, store: &Store, order: &str, repeated: bool) -> Value {
    let made: Vec<Standing> = desk(bank, store).history(order).into_iter().filter(is_listed).collect();
    let plan = bank.memory::<Gate>().plans.get(&(store.id.clone(), order.to_owned())).cloned();
    let rows: Vec<Value> = match (plan, repeated) {
        (Some(plan), true) => planned(&plan, order, &made),
        (None, false) => made.iter().map(|s| row(s, &made)).collect(),
        _ => Vec::new(),
    };
    let now = bank.clock().now_ms();
    if rows.is_empty() {
        let say = format!("İşlem bulunamadı. Sipariş Numarası : {order}");
        return head(store, "1010", ("VPS-1123", &say), now);
    }
    let mut body = head(store, "1010", ("VPS-0000", "BAŞARILI"), now);
    body["txnDetailList"] = json!(rows);
    body
}
