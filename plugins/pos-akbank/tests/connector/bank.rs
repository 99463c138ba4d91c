//! What a bank answers, and a host to ask it.

use pos_akbank::Akbank;
use serde_json::{Value, json};
pub use vezne_plugin::Outcome;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, with_extra, word};
use vezne_plugin::{Context, Fault, Payments, Reply, Step, Target};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "4355093000315232";
pub const CODE: &str = "471";
pub const MERCHANT: &str = "2023090417500272654BD9A49CF07574";
pub const TERMINAL: &str = "2023090417500284633D137A249DBBEB";
pub const KEY: &str = "3230323330393034313735303032363031353172675f";

pub fn session() -> Session {
    Session::new().setting("merchant-safe-id", MERCHANT).setting("terminal-safe-id", TERMINAL).secret("secret-key", KEY)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    native::context(ORDER)
}

pub fn card() -> TestCard {
    TestCard::new(CARD, 11, 2040, Some(CODE))
}

pub fn target(operation: &str, minor: i64) -> Target {
    native::target(ORDER, operation, minor)
}

pub fn answer(body: &Value) -> Reply {
    native::answer(200, "application/json;charset=UTF-8", body.to_string().as_bytes())
}

/// An answer to a charge, capture, void or refund.
pub fn approved(code: &str) -> Value {
    json!({
        "txnCode": code, "responseCode": "VPS-0000", "responseMessage": "BAŞARILI",
        "hostResponseCode": "00", "hostMessage": "000 ONAY KODU XXXXXX", "txnDateTime": "2026-11-22T12:00:01.914",
        "terminal": {"merchantSafeId": MERCHANT, "terminalSafeId": TERMINAL},
        "card": {"cardHolderName": "AY** YI****"}, "order": {"orderId": ORDER},
        "transaction": {"authCode": "064724", "rrn": "206125059557", "batchNumber": 99, "stan": 15},
    })
}

pub fn refused(code: &str, response: &str, host: Option<&str>) -> Value {
    let mut body = json!({
        "txnCode": code, "responseCode": response, "responseMessage": "Provizyon Hatası",
        "txnDateTime": "2026-11-22T12:00:01.914", "order": {"orderId": ORDER},
        "transaction": {"authCode": "000000", "stan": 5, "rrn": "0", "batchNumber": 0},
    });
    if let Some(host) = host {
        body["hostResponseCode"] = json!(host);
        body["hostMessage"] = json!(format!("0{host} RED"));
    }
    body
}

/// A line of an order's list.
pub fn row(code: &str, status: &str, amount: f64, at: &str) -> Value {
    json!({
        "txnCode": code, "txnStatus": status, "amount": amount, "txnDateTime": at, "responseCode": "VPS-0000",
        "responseMessage": "BAŞARILI", "hostResponseCode": "00", "currencyCode": 949, "installCount": 1,
        "orderId": ORDER, "orgOrderId": ORDER, "rrn": "410724359540", "authCode": "305957", "stan": 137,
        "batchNumber": 39, "maskedCardNumber": "435509******5232",
    })
}

pub fn sold(minor: i64) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "amounts of tests are small")]
    list(&[row("1000", "N", minor as f64 / 100.0, "2026-11-22T12:00:01.165")])
}

pub fn list(rows: &[Value]) -> Value {
    json!({
        "txnCode": "1010", "responseCode": "VPS-0000", "responseMessage": "BAŞARILI",
        "terminal": {"merchantSafeId": MERCHANT, "terminalSafeId": TERMINAL},
        "txnDateTime": "2026-11-22T12:01:09.363", "txnDetailList": rows,
    })
}

pub fn nothing() -> Value {
    json!({
        "txnCode": "1010", "responseCode": "VPS-1123", "responseMessage": "İşlem bulunamadı. Sipariş Numarası : 01JD8ZK0Q3",
        "txnDateTime": "2026-11-22T12:01:09.363",
    })
}

/// The message of a request, as the bank gets it.
pub fn sent(step: &Step) -> Value {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &["api", "gate"], &[]).expect("no sink is refused");
            serde_json::from_slice(&native::reveal(&send.request.body)).expect("JSON")
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    Akbank::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}
