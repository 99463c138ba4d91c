//! Amounts in doubt, invented.

use axum::{
    Json,
    extract::Path,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{FIRM, page, problem, session};

fn pos() -> Value {
    json!({"id": "pos_1", "name": "İş Bankası POS", "bank": "Türkiye İş Bankası"})
}

fn proposal(own: bool, state: &str) -> Value {
    json!({"id": "prp_1", "kind": "doubt_decision", "subject": "att_2", "outcome": "done",
        "evidence": "21 Kasım ekstresinde 131.464,47 TL satış olarak görünüyor.", "reference": "EKS-2026-1121",
        "attachment_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "state": state,
        "proposed_by": {"id": "usr_2", "name": "Okan Işık"}, "own": own, "proposed_at": "2026-11-20T10:40:00Z",
        "expires_at": "2026-11-24T10:40:00Z"})
}

fn a_doubt(id: &str) -> Value {
    let mut doubt = json!({"id": id, "livemode": false, "kind": "sale", "payment": "pay_unknown_01kb7x2f8m3q9w", "reference": "F-1042",
        "node": {"id": "dlr_firm", "name": FIRM}, "payer": {"kind": "node", "id": "dlr_ankara", "name": "Üç Kestane Hırdavat Ltd. Şti."},
        "card": {"bin": "454360", "last4": "1234", "brand": "visa", "bank": "İş Bankası"}, "pos_account": pos(),
        "order_no": "VZN-01KB7X2F-1", "amount": 13_146_447, "currency": "TRY", "since": "2026-11-20T10:04:24Z",
        "sent_at": "2026-11-20T10:04:02Z", "reason": {"code": "no_answer_in_time", "phase": "awaiting_response",
        "detail": "no answer within 45 s", "bank_code": "99", "bank_message": "Sistem hatası"}, "inquiries": 5, "not_found": 1,
        "next_inquiry_at": "2026-11-20T11:09:02Z", "inquiries_until": "2026-11-27T10:04:02Z", "alarm": false});
    if id == "att_2" {
        doubt["proposal"] = proposal(false, "proposed");
    }
    if id == "opr_3" {
        doubt["kind"] = json!("refund");
        doubt["alarm"] = json!(true);
        doubt["next_inquiry_at"] = Value::Null;
    }
    doubt
}

pub async fn list(headers: HeaderMap) -> Json<Value> {
    page(if session(&headers) == "new" {
        json!([])
    } else {
        json!([a_doubt("att_1"), a_doubt("att_2"), a_doubt("opr_3")])
    })
}

pub async fn show(Path(id): Path<String>) -> Json<Value> {
    let mut doubt = a_doubt(&id);
    let mut rejected = proposal(true, "rejected");
    rejected["decided_by"] = json!({"id": "usr_1", "name": "Derya Yılmaz"});
    rejected["decided_at"] = json!("2026-11-20T10:50:00Z");
    rejected["note"] = json!("Ekstre başka bir güne ait.");
    doubt["proposals"] = json!([rejected]);
    doubt["talk"] = json!([
        {"kind": "bank.sent", "at": "2026-11-20T10:04:02Z", "detail": {"endpoint": "api", "request": "<CC5Request>…</CC5Request>"}},
        {"kind": "bank.silent", "at": "2026-11-20T10:04:24Z", "detail": {"phase": "awaiting-response", "ms": "45000"}},
        {"kind": "bank.answered", "at": "2026-11-20T10:05:24Z", "detail": {"http_status": "200", "response": "<CC5Response>…</CC5Response>"}}]);
    Json(doubt)
}

/// Every decision is refused here, so that the form can be seen coming back.
pub async fn refused(Json(asked): Json<Value>) -> Response {
    let error = match asked["outcome"].as_str() {
        Some("done" | "not_done") => json!({"pointer": "/evidence", "code": "too_short", "detail": "Çok kısa."}),
        _ => json!({"pointer": "/outcome", "code": "malformed", "detail": "Seçilmedi."}),
    };
    problem(422, "invalid", json!([error])).into_response()
}

pub async fn decided(Path((_, act)): Path<(String, String)>) -> Response {
    match act.as_str() {
        "confirm" => Json(proposal(false, "confirmed")).into_response(),
        "reject" => Json(proposal(false, "rejected")).into_response(),
        _ => problem(403, "not_own_proposal", json!([])),
    }
}

pub async fn alarms(headers: HeaderMap) -> Json<Value> {
    let alarm = |id: &str, cause: &str, ends: bool| {
        json!({"id": id, "livemode": false, "cause": cause, "pos_account": pos(), "state": "open", "count": 12, "in_doubt": 9,
            "ends_by_itself": ends, "payments": ["pay_unknown_01kb7x2f8m3q9w", "pay_1_01kb7x2f8m3q9w"], "opened_at": "2026-11-20T10:10:00Z",
            "last_at": "2026-11-20T10:40:00Z"})
    };
    page(if session(&headers) == "new" {
        json!([])
    } else {
        json!([alarm("alr_1", "bank_silent", true), alarm("alr_2", "contradiction", false)])
    })
}
