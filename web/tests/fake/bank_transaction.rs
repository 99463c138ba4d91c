//! A bank's book: a day that agrees, one that differs, an empty one, and one of which there is no list.

use axum::{
    Json,
    extract::{Path, Query},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::collections::HashMap;

use super::problem;

fn ours(id: &str, operation: &str, amount: i64) -> Value {
    json!({"id": id, "payment": "pay_1", "operation": operation, "standing": "done", "amount": amount, "currency": "TRY",
        "order_no": "VZN-01KB7X2F-2", "at": "2026-11-20T11:04:21.806Z"})
}

fn line(operation: &str, amount: i64, agreement: &str) -> Value {
    json!({"operation": operation, "standing": "done", "at": "2026-11-20T11:04:22Z", "amount": amount, "currency": "TRY",
        "order_no": "VZN-01KB7X2F-2", "bank_reference": "26325LEVH12345", "auth_code": "482915", "bank_code": "00",
        "agreement": agreement, "payment": "pay_1"})
}

fn book(day: Option<&str>, lines: Vec<Value>, missing: Vec<Value>) -> Value {
    let agrees = missing.is_empty() && lines.iter().all(|line| line["agreement"] == "matched");
    json!({"day": day, "agrees": agrees, "lines": lines, "missing": missing, "asked_at": "2026-11-20T11:05:40Z"})
}

pub async fn of_payment() -> Json<Value> {
    let mut sale = line("sale", 13_146_447, "matched");
    sale["matched"] = ours("att_2", "sale", 13_146_447);
    Json(book(None, vec![sale], vec![]))
}

pub async fn of_day(Path(_): Path<String>, Query(asked): Query<HashMap<String, String>>) -> Response {
    let day = asked.get("day").map(String::as_str);
    match day {
        Some("2026-11-17") => Json(book(day, vec![], vec![])).into_response(),
        Some("2026-11-18") => {
            let said =
                json!([{"pointer": "", "code": "bank_unclear", "detail": "not-authentic: the hash does not verify"}]);
            problem(502, "bank_unclear", said)
        }
        _ => {
            let mut sale = line("sale", 13_146_447, "matched");
            sale["matched"] = ours("att_2", "sale", 13_146_447);
            let mut refund = line("refund", 5_000, "differs");
            refund["matched"] = ours("ref_1", "refund", 4_500);
            refund["differences"] = json!(["amount"]);
            let mut strange = line("sale", 99_900, "unknown_to_us");
            strange["order_no"] = json!("BASKA-1");
            strange["payment"] = Value::Null;
            Json(book(day, vec![sale, refund, strange], vec![ours("opr_9", "capture", 70_000)])).into_response()
        }
    }
}
