//! What a bank answers, and a host to ask it.

use pos_tosla::Tosla;
use serde_json::{Value, json};
pub use vezne_plugin::Outcome;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, with_extra, word};
use vezne_plugin::{Context, Fault, Payments, Reply, Step, Target};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "5571135571135575";
pub const CODE: &str = "471";
pub const CLIENT: &str = "1000000494";
pub const USER: &str = "POS_ENT_Test_001";
pub const PASSWORD: &str = "POS_ENT_Test_001!*!*ş";

pub fn session() -> Session {
    Session::new().setting("client-id", CLIENT).setting("api-user", USER).secret("api-password", PASSWORD)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    native::context(ORDER)
}

pub fn card() -> TestCard {
    let mut card = TestCard::new(CARD, 12, 2026, Some(CODE));
    card.holder = Some("Ayşe Yılmaz".into());
    card
}

pub fn target(operation: &str, minor: i64) -> Target {
    native::target(ORDER, operation, minor)
}

pub fn answer(body: &Value) -> Reply {
    native::answer(200, "application/json; charset=utf-8", body.to_string().as_bytes())
}

/// An answer to a sale, capture, void or refund.
pub fn said(code: i64, bank_code: Option<&str>) -> Value {
    json!({
        "OrderId": ORDER, "BankResponseCode": bank_code, "BankResponseMessage": null, "AuthCode": "064724",
        "HostReferenceNumber": "206125059557", "TransactionId": "2000000000032562", "CardHolderName": null,
        "Code": code, "Message": if code == 0 { "Başarılı" } else { "Genel Hata" },
    })
}

pub fn approved() -> Value {
    said(0, Some("00"))
}

/// An answer to the opening of a session.
pub fn opened() -> Value {
    json!({"ThreeDSessionId": "P8A6DB3F7FDB74A3F903C44883401F17", "TransactionId": "2000000000032562", "Code": 0, "Message": ""})
}

/// The line of an order, in minor units.
pub fn line(kind: i64, status: i64, amount: i64, bank_code: Option<&str>) -> Value {
    json!({
        "TransactionType": kind, "CreateDate": "20261122120007", "OrderId": ORDER, "BankResponseCode": bank_code,
        "BankResponseMessage": null, "AuthCode": null, "HostReferenceNumber": null, "Amount": amount, "Currency": 949,
        "InstallmentCount": 0, "ClientId": 1_000_000_494, "CardNo": "55711355****5575", "RequestStatus": status,
        "RefundedAmount": 0, "PostAuthedAmount": 0, "TransactionId": 0, "NetAmount": amount, "Code": 0, "Message": "",
    })
}

/// What Tosla answers about an order it does not have.
pub fn nothing() -> Value {
    json!({
        "TransactionType": 0, "CreateDate": null, "OrderId": null, "BankResponseCode": null, "Amount": 0, "Currency": 0,
        "RequestStatus": 0, "RefundedAmount": 0, "PostAuthedAmount": 0, "TransactionId": 0, "Code": 0, "Message": "",
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
    Tosla::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, Some(&card().card()))
}
