//! The instalment table of the invented firm, and what it comes to.

use axum::{
    Json,
    extract::Path,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{problem, session};

fn line(programme: Option<&str>, instalments: i64, offer: &str) -> Value {
    let mut line = json!({"instalments": instalments, "extra": 0, "offer_rate": offer, "payer_share": "100", "bank_rate": "1.99",
        "amount_min": if instalments > 6 { 100_000 } else { 0 }, "blocked_days": 1});
    if let Some(programme) = programme {
        line["programme"] = json!(programme);
    }
    line
}

fn lines() -> Value {
    let mut bonus = line(Some("Bonus"), 9, "6.25");
    bonus["pos_account"] = json!("pos_2");
    bonus["payer_share"] = json!("50");
    bonus["extra"] = json!(3);
    bonus["commercial"] = json!(false);
    bonus["blocked_days"] = json!(30);
    json!([
        line(None, 1, "0"),
        line(None, 3, "2.5"),
        line(Some("Bonus"), 3, "1.75"),
        bonus,
        line(Some("World"), 6, "5.4"),
        line(Some("World"), 12, "11")
    ])
}

fn version(number: i64, state: &str, begins_at: &str, whole: bool) -> Value {
    let mut version = json!({"id": format!("sch_{number}"), "number": number, "state": state, "begins_at": begins_at,
        "created_at": "2026-11-18T09:00:00Z", "line_count": 6});
    if whole {
        version["lines"] = lines();
    }
    version
}

pub fn law() -> Value {
    json!([{"sector": "general", "commercial": false, "instalments_max": 12, "valid_from": "2016-09-27"},
        {"sector": "general", "commercial": true, "instalments_max": 12, "valid_from": "2016-09-27"}])
}

pub async fn table(headers: HeaderMap) -> Json<Value> {
    let choices = json!({"accounts": [{"account": {"id": "pos_1", "name": "İş Bankası POS", "bank": "isbank"}, "active": true},
            {"account": {"id": "pos_2", "name": "Garanti POS", "bank": "garanti"}, "active": true}],
        "programmes": ["Axess", "Bonus", "Maximum", "World"], "dealers": [{"id": "dlr_firm", "name": "Mavi Leylek"}, {"id": "dlr_ankara", "name": "Ankara Bayi"}]});
    if session(&headers) == "new" {
        return Json(json!({"version": 0, "versions": [], "law": law(), "choices": choices}));
    }
    let versions = json!([
        version(4, "upcoming", "2026-12-01T00:00:00Z", false),
        version(3, "withdrawn", "2026-11-25T00:00:00Z", false),
        version(2, "in_force", "2026-11-18T09:00:00Z", false),
        version(1, "past", "2026-01-01T00:00:00Z", false)
    ]);
    Json(
        json!({"version": 5, "in_force": version(2, "in_force", "2026-11-18T09:00:00Z", true), "versions": versions, "law": law(), "choices": choices}),
    )
}

pub async fn show(Path(id): Path<String>) -> Response {
    match id.as_str() {
        "sch_4" => Json(version(4, "upcoming", "2026-12-01T00:00:00Z", true)).into_response(),
        "sch_2" => Json(version(2, "in_force", "2026-11-18T09:00:00Z", true)).into_response(),
        _ => problem(404, "not_found", json!([])),
    }
}

/// Takes a version that follows the table as it is; refuses a rate above a hundred.
pub async fn create(headers: HeaderMap, Json(asked): Json<Value>) -> Response {
    if headers.get("if-match").is_none_or(|version| version != "\"5\"") {
        return problem(412, "changed_meanwhile", json!([]));
    }
    if let Some(refused) = wrong(&asked) {
        return refused;
    }
    (StatusCode::CREATED, Json(version(5, "in_force", "2026-11-20T11:05:42Z", true))).into_response()
}

fn wrong(asked: &Value) -> Option<Response> {
    let at = asked["lines"].as_array()?.iter().position(|line| line["offer_rate"] == "101")?;
    let errors =
        json!([{"pointer": format!("/lines/{at}/offer_rate"), "code": "rate_malformed", "detail": "Yüzde yazın."}]);
    Some(problem(422, "invalid", errors))
}

pub async fn activate() -> Response {
    (StatusCode::CREATED, Json(version(5, "in_force", "2026-11-20T11:05:42Z", true))).into_response()
}

pub async fn withdraw(Path(id): Path<String>) -> Response {
    if id == "sch_4" { StatusCode::NO_CONTENT.into_response() } else { problem(409, "already_begun", json!([])) }
}

pub async fn evaluate(Json(asked): Json<Value>) -> Response {
    if let Some(refused) = wrong(&asked) {
        return refused;
    }
    let amount = asked["amount"].as_i64().unwrap_or_default();
    let law = law()[0].clone();
    if asked.get("bin").is_none() {
        let cell = |n: i64, rate: i64| {
            let difference = amount * rate / 1000;
            json!({"instalments": n, "total": amount + difference, "part": (amount + difference) / n, "difference": difference})
        };
        let rows = json!([{"programme": "", "banks": [], "cells": [cell(1, 0), cell(3, 25)]}, {"programme": "Bonus", "banks": ["Garanti BBVA"], "cells": [cell(1, 0), cell(3, 17), cell(9, 31)]}]);
        return Json(json!({"amount": amount, "currency": "TRY", "law": law, "rows": rows})).into_response();
    }
    let look = |verdict: &str, line: Value| json!({"verdict": verdict, "line": line});
    let open = json!({"instalments": 3, "available": true, "total": amount + 2_500, "difference": 2_500, "parts": [amount / 3, amount / 3, amount / 3], "bearer": "payer",
        "payer_rate": "2.5", "bank_keeps": 2_040, "looks": [look("decided", line(None, 3, "2.5")), look("other_programme", line(Some("Bonus"), 3, "1.75"))]});
    let closed = json!({"instalments": 12, "available": false, "unavailable_reason": "over_limit", "limited_by": "Ankara Bayi", "total": amount, "difference": 0, "parts": [],
        "bearer": "payer", "payer_rate": "0", "bank_keeps": 0, "looks": [look("not_offered", line(Some("World"), 12, "11"))]});
    let card = json!({"bin": asked["bin"], "kind": "credit", "bank": {"code": "0064", "name": "İş Bankası"}, "programme": "Maximum"});
    Json(json!({"amount": amount, "currency": "TRY", "version": "sch_2", "card": card, "law": law, "options": [open, closed]})).into_response()
}

/// What holds for a dealer, and whose setting it is.
pub fn settings(id: &str) -> Value {
    let from = |id: &str, name: &str| json!({"id": id, "name": name});
    json!({"node": from(id, "Ankara Bayi"), "version": 3, "law": law(),
        "settings": [{"name": "instalments_max", "value": "9", "from": from("dlr_firm", "Mavi Leylek"), "inherited": true},
            {"name": "programme_instalments_max", "programme": "Bonus", "value": "6", "from": from(id, "Ankara Bayi"), "inherited": false},
            {"name": "amount_max", "value": "50000000", "from": from(id, "Ankara Bayi"), "inherited": false},
            {"name": "pos_share", "value": "2.4", "from": from(id, "Ankara Bayi"), "inherited": false}],
        "own": {"programme_instalments_max": {"Bonus": 6}, "amount_max": 50_000_000, "pos_share": "2.4"},
        "choices": {"programmes": ["Axess", "Bonus", "Maximum", "World"], "sectors": ["general", "telecom", "food", "fuel"]}})
}

/// Takes what a dealer sets; refuses a number of instalments that no dealer has.
pub async fn change(headers: HeaderMap, Path(id): Path<String>, Json(asked): Json<Value>) -> Response {
    if headers.get("if-match").is_none_or(|version| version != "\"3\"") {
        return problem(412, "changed_meanwhile", json!([]));
    }
    if asked["settings"]["instalments_max"] == 99 {
        let errors = json!([{"pointer": "/settings/instalments_max", "code": "instalments_out_of_range", "detail": "1 ile 36 arasında olmalı."}]);
        return problem(422, "invalid", errors);
    }
    super::dealer(Path(id)).await.into_response()
}
