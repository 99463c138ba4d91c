//! `/admin/…`: the judge's bench. Only for tests and demonstrations.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::card::test_cards;
use crate::desk;
use crate::fault::Fault;

type Reply = (StatusCode, Json<Value>);

fn ok(value: Value) -> Reply {
    (StatusCode::OK, Json(value))
}

fn bad(why: impl std::fmt::Display) -> Reply {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": why.to_string() })))
}

/// The admin routes.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route("/admin/book", get(book))
        .route("/admin/orders/{order}", get(order))
        .route("/admin/day-end", post(day_end))
        .route("/admin/faults", get(faults).post(set_fault).delete(clear_faults))
        .route("/admin/reset", post(reset))
        .route("/admin/clock", get(clock).post(set_clock))
        .route("/admin/requests", get(requests))
        .route("/admin/cards", get(cards))
        .route("/admin/stores", get(stores))
        .route("/healthz", get(|| async { "ok" }))
}

async fn book(State(bank): State<Bank>) -> Reply {
    ok(json!({ "entries": bank.entries(), "orders": bank.orders() }))
}

async fn order(State(bank): State<Bank>, Path(order): Path<String>) -> Reply {
    match bank.order(&order) {
        Some(view) => {
            let calls = bank.authorize_calls(&order);
            ok(json!({ "order": view, "authorize_calls": calls }))
        }
        None => (
            StatusCode::NOT_FOUND,
            Json(json!({ "error": "no such order", "authorize_calls": bank.authorize_calls(&order) })),
        ),
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct DayEnd {
    /// The store's name in the book; every store's day if absent.
    store: Option<String>,
}

async fn day_end(State(bank): State<Bank>, body: Bytes) -> Reply {
    let which: DayEnd = match if body.is_empty() { Ok(DayEnd::default()) } else { serde_json::from_slice(&body) } {
        Ok(which) => which,
        Err(e) => return bad(e),
    };
    match desk::day_end(&bank, which.store.as_deref()) {
        0 => bad("no such store"),
        n => ok(json!({ "stores": n })),
    }
}

async fn faults(State(bank): State<Bank>) -> Reply {
    ok(json!({ "faults": bank.lock_faults().list() }))
}

async fn set_fault(State(bank): State<Bank>, body: Bytes) -> Reply {
    match serde_json::from_slice::<Fault>(&body) {
        Ok(fault) => {
            bank.fault(fault);
            faults(State(bank)).await
        }
        Err(e) => bad(e),
    }
}

async fn clear_faults(State(bank): State<Bank>) -> Reply {
    bank.clear_faults();
    faults(State(bank)).await
}

async fn reset(State(bank): State<Bank>) -> Reply {
    bank.reset();
    ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    advance_ms: Option<i64>,
    now_ms: Option<i64>,
}

async fn clock(State(bank): State<Bank>) -> Reply {
    ok(json!({ "now_ms": bank.clock().now_ms() }))
}

async fn set_clock(State(bank): State<Bank>, body: Bytes) -> Reply {
    match serde_json::from_slice::<SetClock>(&body) {
        Ok(SetClock { now_ms: Some(now), .. }) => bank.clock().set_ms(now),
        Ok(SetClock { advance_ms: Some(by), .. }) => bank.clock().advance_ms(by),
        Ok(_) => return bad("advance_ms or now_ms"),
        Err(e) => return bad(e),
    }
    clock(State(bank)).await
}

async fn requests(State(bank): State<Bank>) -> Reply {
    let requests = bank.lock_requests();
    ok(json!({ "requests": requests.list(), "authorize_calls": requests.authorize_counts() }))
}

async fn cards(State(bank): State<Bank>) -> Reply {
    ok(json!({
        "cards": test_cards(),
        "one_time_code": bank.one_time_code(),
        "wrong_security_code": "999",
        "magic_amounts": "a multiple of 10.00 plus the bank's code in the decimals: 10.51, 1200.54",
    }))
}

async fn stores(State(bank): State<Bank>) -> Reply {
    ok(json!({ "stores": bank.stores() }))
}
