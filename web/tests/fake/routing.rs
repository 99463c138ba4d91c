//! Rules of the invented firm, and why one payment went where it went.

use axum::{Json, http::HeaderMap};
use serde_json::{Value, json};

use super::session;

pub async fn rules(headers: HeaderMap) -> Json<Value> {
    let accounts = json!([
        {"account": {"id": "pos_1", "name": "İş Bankası POS", "bank": "isbank"}, "active": true},
        {"account": {"id": "pos_2", "name": "Garanti POS", "bank": "garanti"}, "active": true},
        {"account": {"id": "pos_3", "name": "Eski POS", "bank": "teb"}, "active": false},
    ]);
    let choices = json!({"accounts": accounts, "programmes": ["Axess", "Bonus", "Maximum", "World"], "currencies": ["TRY", "USD", "EUR"],
        "banks": [{"code": "0062", "name": "Garanti BBVA"}, {"code": "0064", "name": "İş Bankası"}]});
    let rule = |place: i64, name: &str, state: &str, when: Value, through: Value| {
        json!({"id": format!("rtr_{place}"), "place": place, "name": name, "state": state, "when": when, "through": through,
            "created_at": "2026-11-18T09:00:00Z", "updated_at": "2026-11-19T09:00:00Z"})
    };
    let rules = if session(&headers) == "new" {
        json!([])
    } else {
        json!([
            rule(
                1,
                "Bonus kartları",
                "active",
                json!({"programmes": ["Bonus", "World"], "instalments_min": 2, "instalments_max": 6}),
                json!({"accounts": ["pos_2", "pos_1"], "healthy": true})
            ),
            rule(
                2,
                "",
                "active",
                json!({"amount_min": 5_000_000, "currency": "TRY", "dealers": ["dlr_ankara"], "days": ["saturday", "sunday"], "hours_from": "22:00", "hours_until": "06:00"}),
                json!({"accounts": ["pos_1", "pos_2"], "cheapest": true, "money_rate": "45", "daily_cap": 100_000_000})
            ),
            rule(
                3,
                "Deneme",
                "disabled",
                json!({"bins": ["435508", "454360", "540061", "979212", "45436012"], "kinds": ["credit", "prepaid"], "commercial": true}),
                json!({"accounts": ["pos_3"]})
            ),
        ])
    };
    Json(
        json!({"version": 7, "rules": rules, "dealers": [{"id": "dlr_ankara", "name": "Ankara Bayi"}], "choices": choices}),
    )
}

/// Why a payment went where it went.
pub fn explanation() -> Value {
    let account = |id: &str, name: &str| json!({"id": id, "name": name, "bank": "isbank"});
    json!({"by": "rule", "account": account("pos_2", "Garanti POS"),
        "rules": [{"rule": "rtr_1", "place": 1, "name": "Bonus kartları", "verdict": "not_met", "unmet": ["programme", "instalments"]},
            {"rule": "rtr_2", "place": 2, "name": "", "verdict": "decided"}],
        "candidates": [{"account": account("pos_2", "Garanti POS"), "place": 2, "cost": {"commission": 24_700, "money": 6_660}},
            {"account": account("pos_1", "İş Bankası POS"), "place": 2, "skip": "over_cap", "cost": {"commission": 31_200, "money": 1_210}}],
        "failovers": [{"from": "pos_2", "to": "pos_1", "code": "connect_failed", "at": "2026-11-20T11:04:03Z"}],
        "card": {"bin": "454360", "kind": "credit", "commercial": false, "bank": {"code": "0064", "name": "İş Bankası"}, "programme": "Maximum"}})
}

pub async fn explain() -> Json<Value> {
    Json(explanation())
}
