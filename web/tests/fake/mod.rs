//! An API with invented data, for looking at the pages and for testing them without a host.
//!
//! Who is signed in follows from the cookie: `session=firm`, `session=dealer`, `session=new` (a firm with nothing yet).

#![expect(clippy::needless_pass_by_value, reason = "what json! makes is handed on")]

mod bank_transaction;
mod doubt;
mod instalment;
mod plugin;
mod routing;

use axum::{
    Json, Router,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::collections::HashMap;

type Asked = Query<HashMap<String, String>>;

const MANIFEST: &str = include_str!("../../../plugins/pos-nestpay/manifest.json");

/// The router, as the host would give it to the portal.
pub fn api() -> Router {
    Router::new()
        .route("/v1/me", get(me))
        .route("/v1/home", get(home))
        .route("/v1/payments", get(payments))
        .route("/v1/payments/{id}", get(payment))
        .route("/v1/payments/{id}/attempts", get(attempts))
        .route("/v1/payments/{id}/events", get(events))
        .route("/v1/payments/{id}/refunds", post(refund))
        .route("/v1/payments/{id}/bank_transactions", get(bank_transaction::of_payment))
        .route("/v1/results/{token}", get(result))
        .route("/v1/receivables", get(receivables).post(refuse))
        .route("/v1/customers", get(customers).post(refuse))
        .route("/v1/customers/{id}", get(customer))
        .route("/v1/dealers", get(dealers).post(refuse))
        .route("/v1/dealers/{id}", get(dealer).patch(instalment::change))
        .route("/v1/statement", get(statement))
        .route("/v1/instalment_rules", get(instalment::table).post(instalment::create))
        .route("/v1/instalment_rules/evaluate", post(instalment::evaluate))
        .route("/v1/instalment_rules/{id}", get(instalment::show).delete(instalment::withdraw))
        .route("/v1/instalment_rules/{id}/activate", post(instalment::activate))
        .route("/v1/instalment_quotes", post(quote))
        .route("/v1/checkout", get(checkout))
        .route("/v1/pos_accounts", get(pos_accounts).post(refuse))
        .route("/v1/pos_accounts/{id}", get(pos_account))
        .route("/v1/pos_accounts/{id}/test", post(pos_test))
        .route("/v1/pos_accounts/{id}/bank_transactions", get(bank_transaction::of_day))
        .route("/v1/routing/rules", get(routing::rules).post(refuse))
        .route("/v1/routing/rules/order", post(routing::rules))
        .route("/v1/routing/explain", post(routing::explain))
        .route("/v1/plugins", get(plugins).post(plugin::add))
        .route("/v1/plugins/pos-nestpay", get(async || Json(nestpay())))
        .route("/v1/plugins/{id}/versions", get(plugin::versions))
        .route("/v1/plugins/{id}/runs", get(plugin::runs))
        .route("/v1/plugins/pos-nestpay/runs/{run}", get(plugin::run))
        .route("/v1/api_keys", get(api_keys).post(api_key))
        .route("/v1/doubts", get(doubt::list))
        .route("/v1/doubts/{id}", get(doubt::show))
        .route("/v1/doubts/{id}/decisions", post(doubt::refused))
        .route("/v1/alarms", get(doubt::alarms))
        .route("/v1/proposals/{id}/{act}", post(doubt::decided))
        .route("/v1/webhook_endpoints", get(webhooks).post(webhook_made))
        .route("/v1/webhook_endpoints/{id}", get(webhook))
        .route("/v1/webhook_endpoints/{id}/rotate", post(webhook_made))
        .route("/v1/webhook_deliveries", get(deliveries))
        .route("/v1/webhook_deliveries/{id}", get(delivery))
}

fn session(headers: &HeaderMap) -> &str {
    let cookie = headers.get("cookie").and_then(|c| c.to_str().ok()).unwrap_or_default();
    cookie.split(';').find_map(|c| c.trim().strip_prefix("session=")).unwrap_or_default()
}

fn problem(status: u16, code: &str, errors: Value) -> Response {
    let body = json!({"type": "about:blank", "title": code, "status": status, "code": code, "request_id": "req_01kb7xa2", "errors": errors});
    (StatusCode::from_u16(status).expect("status"), Json(body)).into_response()
}

fn page(rows: Value) -> Json<Value> {
    Json(json!({"data": rows, "has_more": false}))
}

const FIRM: &str = "Mavi Leylek Seramik A.Ş.";

async fn me(headers: HeaderMap) -> Response {
    let firm = json!({"id": "dlr_firm", "name": FIRM});
    let dealer = json!({"id": "dlr_ankara", "name": "Ankara Bayi"});
    let common = [
        "payment_read",
        "payment_create",
        "refund_create",
        "dealer_read",
        "dealer_create",
        "customer_read",
        "customer_create",
        "receivable_read",
        "receivable_create",
    ];
    let mut all: Vec<&str> = common.to_vec();
    all.extend([
        "payment_mail_order",
        "ledger_read",
        "pos_account_read",
        "pos_account_write",
        "webhook_read",
        "webhook_write",
        "plugin_write",
        "api_key_write",
        "audit_read",
        "doubt_read",
        "doubt_decide",
    ]);
    let one = |role: &str, name: &str, node: &Value, path: Value, may: &[&str]| {
        Json(json!({"user": {"id": "usr_1", "email": "yonetici@mavileylek.example", "name": name, "language": "tr"}, "role": role, "tenant": "mavileylek",
            "firm": FIRM, "node": node, "path": path, "permissions": may, "livemode": false, "zone": "Europe/Istanbul"}))
        .into_response()
    };
    match session(&headers) {
        "firm" | "new" => one("firm_administrator", "Deniz Yönetici", &firm, json!([firm]), &all),
        "dealer" => one("dealer", "Ada Bayi", &dealer, json!([firm, dealer]), &common),
        _ => problem(401, "unauthorized", json!([])),
    }
}

async fn home(headers: HeaderMap) -> Json<Value> {
    if session(&headers) == "new" {
        return Json(
            json!({"owed": [], "overdue": [], "receivable": [], "collected_today": [], "collected_month": [], "in_doubt": [],
            "declined_week": 0, "succeeded_week": 0, "days": [], "recent": []}),
        );
    }
    let try_ = |amount: i64, count: i64| json!([{"amount": amount, "currency": "TRY", "count": count}]);
    let days: Vec<Value> = (9..=22).map(|d| json!({"day": format!("2026-11-{d:02}"), "amount": (d * 7919 % 13) * 1_250_000, "currency": "TRY", "count": d % 5 + 1})).collect();
    Json(
        json!({"owed": try_(12_876_050, 3), "overdue": try_(10_435_050, 2), "receivable": try_(344_634_050, 42), "collected_today": try_(78_520_625, 31),
        "collected_month": try_(1_284_190_540, 812), "in_doubt": try_(4_123_000, 3), "alarms": if session(&headers) == "firm" { 2 } else { 0 }, "declined_week": 75, "succeeded_week": 1131, "days": days,
        "recent": [sample("pay_1", "succeeded"), sample("pay_2", "unknown"), sample("pay_3", "declined"), sample("pay_4", "requires_action")]}),
    )
}

/// One payment in a state.
pub fn sample(id: &str, state: &str) -> Value {
    let mut p = json!({"id": format!("{id}_01kb7x2f8m3q9w"), "livemode": false, "state": state, "voided": false, "amount": 12_876_050, "charged": 13_146_447,
        "currency": "TRY", "instalments": 3, "amount_refunded": 0, "amount_refundable": 0, "capture": "automatic", "channel": "ecommerce",
        "node": {"id": "dlr_firm", "name": FIRM}, "payer": {"kind": "node", "id": "dlr_ankara", "name": "Üç Kestane Hırdavat Ltd. Şti."},
        "card": {"bin": "454360", "last4": "1234", "brand": "visa", "bank": "İş Bankası", "programme": "Maximum"},
        "pos_account": {"id": "pos_1", "name": "İş Bankası POS", "bank": "Türkiye İş Bankası"}, "order_no": "VZN-01KB7X2F-1",
        "receivables": [{"receivable": "rcv_1"}, {"receivable": "rcv_2"}],
        "created_at": "2026-11-20T11:04:02.371Z", "updated_at": "2026-11-20T11:04:24.518Z"});
    match state {
        "succeeded" => {
            p["captured_at"] = json!("2026-11-20T11:04:24.518Z");
            p["auth_code"] = json!("482915");
            p["amount_refundable"] = json!(13_146_447);
            p["acts"] = json!(["void", "refund"]);
            p["void_until"] = json!("2026-11-20T19:00:00Z");
            p["allocations"] = json!([{"receivable": "rcv_1", "document_no": "MLS2026000018842", "component": "principal", "amount": 4_215_050},
                {"receivable": "rcv_2", "document_no": "MLS2026000019107", "component": "principal", "amount": 6_220_000}]);
        }
        "unknown" => {
            p["in_doubt"] = json!({"since": "2026-11-20T11:05:42Z", "inquiries": 1, "next_inquiry_at": "2026-11-20T11:07:12Z", "reason": "no_answer"});
        }
        "declined" => {
            p["decline"] = json!({"class": "later", "code": "insufficient_funds", "bank_code": "51", "bank_message": "Limit yetersiz", "message": "Kartın limiti yetmedi."});
        }
        "requires_confirmation" => {
            p["acts"] = json!(["confirm", "cancel"]);
            p["confirm_until"] = json!("2026-11-21T11:04:00Z");
            p.as_object_mut().expect("an object").remove("card");
        }
        "requires_action" => {
            p["next_action"] = json!({"redirect_url": "/gate/abc", "expires_at": "2026-11-20T11:19:00Z"});
        }
        _ => {}
    }
    p
}

const STATES: [&str; 8] =
    ["succeeded", "unknown", "declined", "requires_action", "processing", "failed", "expired", "succeeded"];

async fn payments(headers: HeaderMap, Query(asked): Asked) -> Response {
    let wanted = asked.get("state").map_or("", String::as_str);
    match (session(&headers), asked.get("q").map_or("", String::as_str)) {
        ("new", _) | (_, "yok") => page(json!([])).into_response(),
        (_, "hata") => problem(503, "unavailable", json!([])),
        (_, "uzun") => {
            // 55 pages of 200: more than any file once held.
            let at: usize = asked.get("cursor").and_then(|c| c.parse().ok()).unwrap_or(0);
            let rows: Vec<Value> = (0..200).map(|i| sample(&format!("pay_{at}_{i}"), "succeeded")).collect();
            let next = (at < 54).then(|| (at + 1).to_string());
            Json(json!({"data": rows, "has_more": next.is_some(), "next_cursor": next})).into_response()
        }
        _ if asked.get("cursor").is_some_and(|cursor| cursor == "c2") => page(json!([])).into_response(),
        _ => {
            let names = [
                "Üç Kestane Hırdavat Ltd. Şti.",
                "Turuncu Kirpi Yapı Market A.Ş.",
                "=Formül Ltd.",
                "Gümüş Saksağan Ticaret Ltd. Şti.",
            ];
            let rows: Vec<Value> = STATES
                .iter()
                .enumerate()
                .filter(|(_, s)| wanted.is_empty() || **s == wanted)
                .map(|(i, s)| {
                    let mut p = sample(&format!("pay_{i}"), s);
                    p["payer"]["name"] = json!(names[i % names.len()]);
                    if i == 7 {
                        p["amount_refunded"] = json!(13_146_447);
                    }
                    p
                })
                .collect();
            Json(json!({"data": rows, "has_more": true, "next_cursor": "c2"})).into_response()
        }
    }
}

async fn payment(Path(id): Path<String>) -> Response {
    let state = [
        "succeeded",
        "unknown",
        "declined",
        "requires_action",
        "requires_confirmation",
        "processing",
        "failed",
        "expired",
    ]
    .iter()
    .find(|s| id.contains(**s));
    if id == "pay_none" {
        return problem(404, "not_found", json!([]));
    }
    let mut payment = sample(&id, state.unwrap_or(&"succeeded"));
    payment["routing"] = routing::explanation();
    Json(payment).into_response()
}

async fn result(Path(token): Path<String>) -> Response {
    Json(sample("pay_9", token.split('-').next_back().unwrap_or_default())).into_response()
}

async fn attempts() -> Json<Value> {
    let operation = |id: &str, kind: &str, state: &str, code: &str, words: &str| {
        json!({"id": id, "kind": kind, "state": state, "amount": 13_146_447, "currency": "TRY", "bank_code": code, "bank_message": words,
            "started_at": "2026-11-20T11:04:21.840Z", "ended_at": "2026-11-20T11:04:24.518Z"})
    };
    let attempt = |n: u32, state: &str, operations: Value| {
        json!({"id": format!("att_{n}"), "payment": "pay_1", "number": n, "state": state, "pos_account": {"id": "pos_1", "name": "İş Bankası POS", "bank": "İş Bankası"},
            "plugin": {"id": "pos-nestpay", "version": "0.1.0", "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
            "order_no": format!("VZN-01KB7X2F-{n}"), "three_d_model": "3d", "operations": operations, "created_at": "2026-11-20T11:04:16.800Z", "ended_at": "2026-11-20T11:04:21.806Z"})
    };
    page(json!([
        attempt(1, "not_processed", json!([operation("opr_1", "sale", "not_processed", "", "")])),
        attempt(
            2,
            "captured",
            json!([
                operation("opr_2", "sale", "approved", "00", "Approved"),
                operation("opr_3", "inquiry", "approved", "00", "CHARGE")
            ])
        )
    ]))
}

async fn events() -> Json<Value> {
    let event = |n: i64, kind: &str, detail: Value| json!({"id": format!("evt_{n}"), "payment": "pay_1", "sequence": n, "kind": kind, "detail": detail, "at": format!("2026-11-20T11:04:{:02}.{:03}Z", n * 3, n * 37)});
    let mut rows = json!([
        event(1, "payment.created", json!({"amount": "12876050"})),
        event(2, "attempt.browsing", json!({"from": "sending"})),
        event(3, "gate.shown", json!({})),
        event(4, "attempt.provisioning", json!({"event": "callback_received"})),
        event(5, "bank.sent", json!({"step": "2", "endpoint": "api"})),
        event(
            6,
            "bank.answered",
            json!({"http_status": "200", "ms": "412", "bank_code": "00", "bank_message": "Approved"})
        ),
        event(7, "attempt.captured", json!({"auth_code": "482915"})),
        event(8, "void.asked", json!({"reason": "Çift ödeme"}))
    ]);
    rows[0]["actor"] = json!("Ada Bayi");
    page(rows)
}

async fn refund(Path(_): Path<String>) -> Response {
    let body = json!({"id": "ref_1", "payment": "pay_1", "livemode": false, "amount": 100, "currency": "TRY", "kind": "void", "state": "succeeded",
        "created_at": "2026-11-20T11:04:24Z", "updated_at": "2026-11-20T11:04:24Z"});
    (StatusCode::CREATED, Json(body)).into_response()
}

async fn receivables(headers: HeaderMap, Query(asked): Asked) -> Json<Value> {
    if session(&headers) == "new" || asked.get("debtor").is_some_and(|d| d == "cus_none" || d == "cus_hosted") {
        return page(json!([]));
    }
    let row = |n: i64, no: &str, due: &str, amount: i64, overdue: bool, doubt: i64| {
        json!({"id": format!("rcv_{n}"), "livemode": false, "node": {"id": "dlr_firm", "name": FIRM},
            "debtor": {"kind": "node", "id": "dlr_ankara", "name": "Üç Kestane Hırdavat Ltd. Şti."}, "document_no": no, "due_on": due, "currency": "TRY",
            "amount": amount + 100_000, "outstanding": amount, "in_doubt": doubt, "state": "partly_paid", "overdue": overdue, "components": [], "created_at": "2026-10-01T08:00:00Z"})
    };
    page(json!([
        row(1, "MLS2026000018842", "2026-10-28", 4_215_050, true, 0),
        row(2, "MLS2026000019107", "2026-11-05", 6_220_000, true, 0),
        row(3, "MLS2026000019655", "2026-11-24", 2_441_000, false, 0),
        row(4, "MLS2026000019871", "2026-12-02", 3_890_000, false, 0),
        row(5, "MLS2026000019900", "2026-12-09", 245_000, false, 245_000)
    ]))
}

fn a_customer(n: i64, name: &str) -> Value {
    json!({"id": format!("cus_{n}"), "livemode": false, "node": {"id": "dlr_ankara", "name": "Ankara Bayi"}, "name": name, "code": format!("320.04.{n:03}"),
        "phone": "+90 500 000 00 12", "email": "cari@ornek.example", "owes": [{"amount": 21_890_000, "currency": "TRY", "count": 3}], "created_at": "2026-10-01T08:00:00Z"})
}

async fn customers(headers: HeaderMap, Query(asked): Asked) -> Json<Value> {
    if session(&headers) == "new" || asked.get("q").is_some_and(|q| q == "yok") {
        return page(json!([]));
    }
    page(json!([
        a_customer(18, "Kırk Anahtar Nalburiye"),
        a_customer(77, "Ilık Rüzgâr Tesisat Ltd. Şti."),
        a_customer(5, "Çift Pencere Doğrama")
    ]))
}

async fn customer(Path(_): Path<String>) -> Json<Value> {
    Json(a_customer(18, "Kırk Anahtar Nalburiye"))
}

fn a_dealer(id: &str, name: &str, path: Value, kind: &str) -> Value {
    json!({"id": id, "livemode": false, "kind": kind, "name": name, "code": "120.01.0311", "path": path, "children": 1, "phone": "+90 500 000 00 10",
        "parent": {"id": "dlr_firm", "name": FIRM}, "owes": [{"amount": 12_876_050, "currency": "TRY", "count": 3}], "created_at": "2026-10-01T08:00:00Z"})
}

async fn dealers(headers: HeaderMap) -> Json<Value> {
    let firm = json!({"id": "dlr_firm", "name": FIRM});
    let ankara = json!({"id": "dlr_ankara", "name": "Ankara Bayi"});
    let mut root = a_dealer("dlr_firm", FIRM, json!([firm]), "firm");
    root["parent"] = Value::Null;
    if session(&headers) == "new" {
        return page(json!([root]));
    }
    page(json!([
        root,
        a_dealer("dlr_ankara", "Ankara Bayi", json!([firm, ankara]), "dealer"),
        a_dealer(
            "dlr_cankaya",
            "Çankaya Alt Bayi",
            json!([firm, ankara, {"id": "dlr_cankaya", "name": "Çankaya Alt Bayi"}]),
            "dealer"
        ),
        a_dealer(
            "dlr_izmir",
            "Üç Kestane Hırdavat Ltd. Şti.",
            json!([firm, {"id": "dlr_izmir", "name": "Üç Kestane"}]),
            "dealer"
        )
    ]))
}

async fn dealer(Path(id): Path<String>) -> Json<Value> {
    let path = json!([{"id": "dlr_firm", "name": FIRM}, {"id": id, "name": "Ankara Bayi"}]);
    let mut dealer = a_dealer(&id, "Ankara Bayi", path, "dealer");
    dealer["settings"] = instalment::settings(&id);
    Json(dealer)
}

async fn statement() -> Json<Value> {
    let line = |at: &str, kind: &str, no: &str, debit: i64, credit: i64, balance: i64| json!({"at": at, "kind": kind, "document_no": no, "debit": debit, "credit": credit, "balance": balance, "payment": if kind == "payment" { json!("pay_1") } else { Value::Null }});
    Json(
        json!({"node": {"id": "dlr_firm", "name": FIRM}, "party": {"kind": "node", "id": "dlr_ankara", "name": "Ankara Bayi"}, "currency": "TRY",
        "from": "2026-08-24", "to": "2026-11-22", "opening": 1_000_000, "closing": 10_435_050, "debit": 16_650_100, "credit": 7_215_050, "in_doubt": 4_123_000,
        "lines": [line("2026-10-01T08:00:00Z", "charge", "MLS2026000018842", 10_435_050, 0, 11_435_050), line("2026-10-20T09:00:00Z", "payment", "VZN-1", 0, 7_215_050, 4_220_000),
            line("2026-11-05T09:00:00Z", "refund", "VZN-1", 6_215_050, 0, 10_435_050)]}),
    )
}

async fn quote(Json(asked): Json<Value>) -> Response {
    let (amount, bin) = (asked["amount"].as_i64().unwrap_or_default(), asked["bin"].as_str().unwrap_or_default());
    let known = bin.starts_with("4543");
    let option = |n: i64, percent: i64, reason: Option<&str>| {
        let total = amount + amount * percent / 1000;
        json!({"id": format!("opt_{n}"), "instalments": n, "available": reason.is_none(), "unavailable_reason": reason, "total": total, "difference": total - amount,
            "parts": vec![total / n; usize::try_from(n).unwrap_or_default()], "bearer": "payer", "payer_rate": "2.1"})
    };
    let options = if known {
        json!([
            option(1, 0, None),
            option(2, 0, None),
            option(3, 21, None),
            option(6, 43, None),
            option(9, 69, None),
            option(12, 0, Some("over_legal_ceiling"))
        ])
    } else {
        json!([option(1, 0, None)])
    };
    let bank = if known { json!({"code": "0064", "name": "İş Bankası"}) } else { Value::Null };
    Json(json!({"id": "quo_1", "bin": {"bin": bin, "brand": if known { json!("visa") } else { Value::Null }, "kind": if known { "credit" } else { "unknown" }, "bank": bank,
        "programme": if known { json!("Maximum") } else { Value::Null }}, "amount": amount, "currency": "TRY", "options": options, "expires_at": "2026-11-22T12:00:00Z"}))
    .into_response()
}

/// The bank's own page takes the card of the customer `cus_hosted`, unless somebody types it for the holder; `cus_points`
/// may use points.
async fn checkout(Query(asked): Asked) -> Json<Value> {
    let payer = asked.get("payer").map(|id| {
        let kind = if id.starts_with("cus_") { "customer" } else { "node" };
        json!({"kind": kind, "id": id, "name": "Kırk Anahtar Nalburiye"})
    });
    let at_browser = !asked.contains_key("channel");
    if at_browser && payer.as_ref().is_some_and(|payer| payer["id"] == "cus_hosted") {
        return Json(json!({"payer": payer, "card_at": "bank"}));
    }
    let points = at_browser && payer.as_ref().is_some_and(|payer| payer["id"] == "cus_points");
    Json(json!({"payer": payer, "card_at": "here", "points": points, "matrix": matrix(&asked)}))
}

fn matrix(asked: &HashMap<String, String>) -> Value {
    let amount: i64 = asked.get("amount").and_then(|a| a.parse().ok()).unwrap_or_default();
    let rows: Vec<Value> = ["Axess", "Bonus", "Maximum", "World"]
        .iter()
        .zip(20_i64..)
        .map(|(name, rate)| {
            let cells: Vec<Value> = [1, 3, 6, 9].iter().map(|n| json!({"instalments": n, "total": amount + amount * rate * (n - 1) / 2000, "part": 1, "difference": amount * rate * (n - 1) / 2000})).collect();
            json!({"programme": name, "banks": [], "cells": cells})
        })
        .collect();
    json!({"amount": amount, "currency": "TRY", "rows": rows})
}

fn a_pos() -> Value {
    json!({"id": "pos_1", "livemode": false, "node": {"id": "dlr_firm", "name": FIRM}, "name": "İş Bankası POS",
        "plugin": {"id": "pos-nestpay", "version": "0.1.0", "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
        "bank": "isbank", "bank_name": "Türkiye İş Bankası", "environment": "test", "state": "active", "three_d_model": "3d", "three_d_required": true, "day_end": "21:30", "config": {"client-id": "700655000200"},
        "endpoints": {"api": "http://127.0.0.1:7071/fim/api"}, "secrets": [{"name": "store-key", "set": true, "updated_at": "2026-11-01T09:00:00Z", "next_at": "2026-11-20T09:00:00Z", "previous_at": "2026-05-01T09:00:00Z"}],
        "version": 3, "created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-20T06:12:00Z"})
}

async fn pos_accounts(headers: HeaderMap) -> Json<Value> {
    if session(&headers) == "new" { page(json!([])) } else { page(json!([a_pos()])) }
}

async fn pos_account() -> Json<Value> {
    Json(a_pos())
}

async fn pos_test() -> Json<Value> {
    Json(
        json!({"ok": false, "at": "2026-11-22T06:12:00Z", "steps": [{"name": "sale", "ok": true, "outcome": "approved", "ms": 412, "detail": "Approved 482915"},
        {"name": "void", "ok": false, "outcome": "declined", "ms": 208, "detail": "Kayıt bulunamadı"}, {"name": "inquire", "ok": false, "skipped": true, "outcome": "skipped", "ms": 0}]}),
    )
}

/// The manifest of the NestPay connector, in the shape the API shows plugins.
fn nestpay() -> Value {
    let mut manifest: Value = serde_json::from_str(MANIFEST).expect("manifest");
    manifest["config"]["properties"]["user-name"]["x-show-if"] = json!({"mail-order": "true"});
    let named = |part: &str| -> Vec<Value> {
        match &manifest[part] {
            Value::Array(rows) => rows.clone(),
            Value::Object(map) => map
                .iter()
                .map(|(name, v)| {
                    let mut v = v.clone();
                    v["name"] = json!(name);
                    v
                })
                .collect(),
            _ => Vec::new(),
        }
    };
    let endpoints: Vec<Value> = named("endpoints")
        .iter()
        .map(|e| json!({"name": e["name"], "purposes": e["purposes"], "takes_card": e["takes_card"].as_bool().or(e["takes-card"].as_bool()).unwrap_or_default(), "urls": {"test": "https://entegrasyon.bank.example"}}))
        .collect();
    let banks: Vec<Value> = named("banks")
        .iter()
        .map(|b| json!({"id": b["id"], "name": b["name"].as_str().unwrap_or("Banka"), "config": {}}))
        .collect();
    let secrets: Vec<Value> = named("secrets").iter().map(|s| json!({"name": s["name"], "kind": s["kind"].as_str().unwrap_or("key"), "required": s["required"].as_bool().unwrap_or_default(), "label": s["label"]})).collect();
    json!({"id": "pos-nestpay", "version": "0.1.0", "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "kind": "pos", "api": "vezne:pos@1.0.0",
        "publisher": "Vezne", "licence": "MIT", "names": manifest["names"], "banks": banks, "capabilities": ["sale", "void", "refund", "inquire", "three-d-secure", "order-history", "day-history"],
        "models": ["3d", "3d_pay", "3d_host"], "endpoints": endpoints, "secrets": secrets, "config": manifest["config"], "health": plugin::health()})
}

async fn plugins(headers: HeaderMap, Query(asked): Asked) -> Json<Value> {
    if session(&headers) == "new" {
        return page(json!([]));
    }
    let mut idle = nestpay();
    idle["id"] = json!("pos-idle");
    idle["serves"] = json!(false);
    idle["health"] = json!({"window_s": 900, "figures": {"calls": 0, "traps": 0, "deadlines": 0, "faults": 0, "busy": 0, "acts": 0, "unknown": 0}, "state": "closed"});
    page(if asked.contains_key("all") { json!([idle, nestpay()]) } else { json!([nestpay()]) })
}

fn a_key() -> Value {
    json!({"id": "key_1", "livemode": false, "name": "Logo aktarımı", "node": {"id": "dlr_firm", "name": FIRM}, "scopes": ["payments:read", "books:read"],
        "hint": "sk_test_3fK", "created_at": "2026-11-01T09:00:00Z", "used_at": "2026-11-20T06:12:00Z"})
}

async fn api_keys() -> Json<Value> {
    page(json!([a_key()]))
}

async fn api_key() -> Response {
    let mut key = a_key();
    key["secret"] = json!("sk_test_invented");
    (StatusCode::CREATED, Json(key)).into_response()
}

fn a_webhook() -> Value {
    json!({"id": "whk_1", "livemode": false, "node": {"id": "dlr_firm", "name": FIRM}, "url": "https://erp.mavileylek.example/vezne?firm=1",
        "description": "Logo aktarımı", "events": ["payment.succeeded", "refund.succeeded"], "state": "active",
        "failing_since": "2026-11-20T10:00:00Z", "succeeded_at": "2026-11-20T09:59:00Z", "pending": 3, "failed": 1,
        "old_secret_until": "2026-11-21T09:00:00Z", "version": 4, "created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-20T09:00:00Z"})
}

async fn webhooks(headers: HeaderMap) -> Json<Value> {
    page(if session(&headers) == "new" { json!([]) } else { json!([a_webhook()]) })
}

async fn webhook() -> Json<Value> {
    Json(a_webhook())
}

async fn webhook_made(body: String) -> Response {
    if body.contains("10.0.0.1") {
        let errors = json!([{"pointer": "/url", "code": "address_refused", "detail": "Bu adrese gidilemez."}]);
        return problem(422, "invalid", errors);
    }
    let mut endpoint = a_webhook();
    endpoint["secret"] = json!("whsec_invented");
    (StatusCode::CREATED, Json(endpoint)).into_response()
}

fn a_delivery(id: &str, state: &str) -> Value {
    json!({"id": id, "livemode": false, "endpoint": "whk_1", "event": "evt_01kb7x2f8m3q9w", "type": "payment.succeeded", "about": "pay_01kb7x2f8m3q9w",
        "sequence": 2, "state": state, "tries": 2, "created_at": "2026-11-20T11:04:02.371Z"})
}

async fn deliveries() -> Json<Value> {
    page(json!([a_delivery("whd_3", "pending"), a_delivery("whd_2", "failed"), a_delivery("whd_1", "delivered")]))
}

async fn delivery() -> Json<Value> {
    let mut delivery = a_delivery("whd_3", "pending");
    delivery["next_try_at"] = json!("2026-11-20T11:09:02Z");
    delivery["body"] =
        json!("{\"type\":\"payment.succeeded\",\"data\":{\"payment\":\"pay_01kb7x2f8m3q9w\",\"sequence\":2}}");
    delivery["attempts"] = json!([
        {"number": 1, "at": "2026-11-20T11:04:02Z", "ms": 212, "outcome": "refused", "status": 503, "excerpt": "bakımda"},
        {"number": 2, "at": "2026-11-20T11:04:07Z", "ms": 15_000, "outcome": "timeout", "excerpt": "no answer in time"}]);
    Json(delivery)
}

/// Every creation is refused here, so that forms can be seen coming back.
async fn refuse() -> Response {
    problem(422, "invalid", json!([{"pointer": "/code", "code": "taken", "detail": "Bu kod kullanılıyor."}]))
}
