//! Versions and last runs of invented plugins: `pos-nestpay` has both, `pos-new` has never run, the runs of `pos-broken`
//! cannot be read.

use axum::{
    Json,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{page, problem};

fn version(number: &str, state: &str, percent: i64, asks: Value) -> Value {
    json!({"plugin": "pos-nestpay", "version": number, "digest": format!("sha256:{number:0>64}"), "state": state, "percent": percent,
        "origin": if number == "0.1.0" { "bundled" } else { "signed" }, "publisher": "Vezne", "api": "vezne:pos@1.0.0", "size_bytes": 389_120,
        "added_by": "usr_1", "added_at": "2026-11-20T08:00:00Z", "changed_by": "usr_1", "changed_at": "2026-11-20T09:00:00Z",
        "revoked_reason": (state == "revoked").then_some("Anahtar çalındı"), "asks": asks, "grants": [
            {"kind": "host", "name": "api", "asked": "yeni.bank.example", "new": state == "staged"},
            {"kind": "secret", "name": "store-key", "asked": "", "granted": "", "new": false},
            {"kind": "cpu_ms", "name": "", "asked": "100", "granted": "50", "new": state == "staged"},
            {"kind": "host", "name": "api", "granted": "eski.bank.example", "new": false}],
        "capabilities": [{"name": "sale", "here": true, "active": true}, {"name": "day-history", "here": true, "active": false}]})
}

pub async fn versions() -> Json<Value> {
    let asks = json!([{"kind": "host", "name": "api", "value": "yeni.bank.example"}, {"kind": "card", "name": "api", "value": ""}]);
    let mut shadow = version("0.3.1", "shadow", 0, json!([]));
    let places = json!([
        {"turn": 1, "place": "/body", "recorded": BODY, "played": BODY.replace("128.76", "128,76")},
        {"turn": 0, "place": "/outcome", "recorded": "approved", "played": "declined"},
    ]);
    shadow["shadow"] = json!({"played": 214, "differing": 1, "failed": 0, "skipped": 3,
        "last": [{"run": "run_01KB7XA2", "at": "2026-11-20T11:04:02Z", "function": "sale", "differences": places}]});
    page(json!([
        version("0.4.0", "staged", 0, asks),
        shadow,
        version("0.3.0", "canary", 10, json!([])),
        version("0.2.0", "revoked", 0, json!([])),
        version("0.1.0", "active", 100, json!([])),
    ]))
}

/// Two servers that answer and one that does not; a canary that was stopped on one of them.
pub fn health() -> Value {
    let figures = |calls: u32, p95_us: u32, traps: u32, unknown: u32| {
        json!({"calls": calls, "p50_us": 31, "p95_us": p95_us, "traps": traps, "deadlines": traps / 3, "faults": 2, "busy": 0,
            "acts": calls / 2, "unknown": unknown, "memory_bytes": 262_144 * (1 + traps)})
    };
    let version = |number: &str, state: &str, figures: Value, phases: Value| json!({"version": number, "digest": format!("sha256:{number:0>64}"), "figures": figures, "state": state, "phases": phases});
    let charge = json!([{"phase": "charge", "state": "open", "strikes": 3, "open_for_s": 12}, {"phase": "follow_up", "state": "closed", "strikes": 1}]);
    json!({"window_s": 900, "figures": figures(28_412, 64, 3, 11), "state": "open", "servers": [
        {"server": "rep_01KB7X9GQ3", "this": true, "answered": true, "versions": [
            version("0.3.0", "open", figures(1_204, 1_280, 3, 2), charge), version("0.1.0", "closed", figures(13_608, 58, 0, 5), json!([]))]},
        {"server": "rep_01KB7X9H77", "this": false, "answered": true, "versions": [version("0.1.0", "closed", figures(13_600, 58, 0, 4), json!([]))]},
        {"server": "rep_01KB7XA0ZZ", "this": false, "answered": false, "versions": []}]})
}

const BODY: &str = "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><CC5Request><Name>ISBANKAPI</Name><Password>«secret secret:api-password 9f86d081884c7d659a2feaa0»</Password><ClientId>700655000200</ClientId><Type>Auth</Type><Total>128.76</Total><Currency>949</Currency><Number>«pan pan 8f00b204e9800998ecf8427e»</Number></CC5Request>";

fn a_run(id: &str, function: &str, outcome: &str, status: Value, failed_in: Value) -> Value {
    json!({"id": id, "plugin": "pos-nestpay", "version": "0.1.0", "digest": format!("sha256:{:0>64}", "1"), "at": "2026-11-20T11:04:02.371Z",
        "pos_account": "pos_01KB7X9GQ3", "attempt": "01KB7XA2M5C8PZ", "function": function, "outcome": outcome,
        "reason": (outcome == "unknown").then_some("no-answer-in-time"), "took_ms": 412,
        "sends": [{"endpoint": "api", "target": "POST /fim/api", "status": status, "failed_in": failed_in, "elapsed_ms": 398}]})
}

pub async fn runs(Path(id): Path<String>) -> Response {
    match id.as_str() {
        "pos-broken" => problem(503, "unavailable", json!([])),
        "pos-new" => page(json!([])).into_response(),
        _ => page(json!([
            a_run("run_01KB7XA2", "sale", "approved", json!(200), Value::Null),
            a_run("run_01KB7XA1", "resume", "declined", json!(200), Value::Null),
            a_run("run_01KB7XA0", "refund", "unknown", Value::Null, json!("awaiting-response")),
        ]))
        .into_response(),
    }
}

pub async fn run(Path(run): Path<String>) -> Json<Value> {
    let fact = |name: &str, value: &str| json!({"name": name, "value": value});
    let call = |function: &str, kind: &str, output: Value, reply: Value, logs: Value, backtrace: Value| {
        json!({"function": function, "kind": kind, "at": "2026-11-20T11:04:02.371Z", "took_us": 84, "memory_bytes": 262_144, "output": output,
            "refused": null, "reply": reply, "logs": logs, "backtrace": backtrace})
    };
    let answer = "<CC5Response><OrderId>ORD1</OrderId><Response>Approved</Response><ProcReturnCode>00</ProcReturnCode></CC5Response>";
    let sent =
        json!([fact("endpoint", "api"), fact("method", "POST"), fact("body", BODY), fact("effect", "once-only-write")]);
    let heard = json!([fact("status", "200"), fact("body", answer), fact("elapsed_ms", "398")]);
    let done = json!([
        fact("outcome.outcome", "approved"),
        fact("outcome.code", "00"),
        fact("outcome.bank.auth_code", "P12345")
    ]);
    let trap = json!([
        "0:   0x1a2b - pos_nestpay.wasm!core::panicking::panic_fmt",
        "1:   0x0c11 - pos_nestpay.wasm!pos_nestpay::answer::read"
    ]);
    Json(json!({
        "run": a_run(&run, "sale", "approved", json!(200), Value::Null), "replayable": run != "run_01KB7XA0",
        "input": [fact("terms.minor", "12876"), fact("terms.currency", "TRY"), fact("card.bin", "43550843"), fact("card.last4", "4358"),
            fact("context.order_id", "ORD1"), fact("context.callback_url", "https://vezne.example/pos/ten_01KB7X9GQ3/pos_01KB7X9GQ3/callback")],
        "calls": [
            call("sale", "send", sent, heard, json!([{"level": "info", "message": "sale of ORD1"}]), json!([])),
            call("resume", "done", done, json!([]), json!([]), json!([])),
            call("resume", "trap", json!([fact("code", "trap")]), json!([]), json!([]), trap),
        ],
    }))
}

/// Takes what begins as a component does, and refuses all else with a sentence.
pub async fn add(headers: HeaderMap, body: Bytes) -> Response {
    let refused =
        |code: &str, detail: &str| problem(422, code, json!([{"pointer": "", "code": code, "detail": detail}]));
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/wasm") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    if headers.get("plugin-signature").is_some_and(|signature| signature != "e30=") {
        return refused("signature_malformed", "İmza okunamıyor.");
    }
    if !body.starts_with(b"\0asm") {
        return refused("plugin_refused", "Bu bir WebAssembly bileşeni değil.");
    }
    (StatusCode::CREATED, Json(version("0.5.0", "staged", 0, json!([])))).into_response()
}
