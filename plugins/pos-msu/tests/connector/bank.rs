//! What the platform answers, and a host to ask it.

use pos_msu::Msu;
use serde_json::{Value, json};
pub use vezne_plugin::Outcome;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{lost, outcome, state_of, terms, word};
use vezne_plugin::{Context, Fault, Payments, Reply, Step, Target, body};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const NUMBER: &str = "17161DWJD07012770";
pub const CARD: &str = "5456165456165454";
pub const CODE: &str = "471";
pub const MERCHANT: &str = "10000001";
pub const USER: &str = "api@firma.example";
pub const PASSWORD: &str = "Parola&12=ş";
pub const KEY: &str = "QOClasdJUuDDWasdasdasd";

pub fn session() -> Session {
    Session::new()
        .setting("merchant", MERCHANT)
        .setting("merchant-user", USER)
        .secret("merchant-password", PASSWORD)
        .secret("secret-key", KEY)
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
    native::answer(200, "application/json;charset=UTF-8", body.to_string().as_bytes())
}

/// An answer to a write.
pub fn done() -> Value {
    json!({
        "amount": 10.01, "currency": "TRY", "merchantPaymentId": ORDER, "pgTranId": NUMBER, "pgTranApprCode": "P85771",
        "pgTranRefId": "716100000003", "responseCode": "00", "responseMsg": "Approved",
    })
}

/// A refusal, with the platform's code and the bank's.
pub fn refused(error: Option<&str>, returned: Option<&str>) -> Value {
    json!({
        "merchantPaymentId": ORDER, "responseCode": "99", "responseMsg": "Declined", "errorCode": error,
        "errorMsg": "Hata", "pgTranReturnCode": returned,
    })
}

/// A transaction.
pub fn row(kind: &str, status: &str, amount: &str) -> Value {
    json!({
        "pgTranReturnCode": if status == "FA" { "51" } else { "00" }, "pgOrderId": ORDER, "pgTranApprCode": "P85771",
        "pgTranId": format!("{NUMBER}{kind}"), "pgTranRefId": "716100000003", "amount": amount, "currency": "TRY",
        "transactionStatus": status, "transactionType": kind, "installmentCount": 1,
    })
}

/// The transactions of an order.
pub fn listed(rows: &[Value]) -> Value {
    json!({
        "merchantPaymentId": ORDER, "responseCode": "00", "responseMsg": "Approved", "transactionCount": rows.len(),
        "transactionList": rows,
    })
}

/// What the platform answers about an order it does not have.
pub fn nothing() -> Value {
    refused(Some("ERR10030"), None)
}

/// The fields of a request, as the platform gets them.
pub fn sent(step: &Step) -> Vec<(String, String)> {
    let Step::Send(send) = step else { panic!("expected a request, not {step:?}") };
    native::check_sinks(step, &["api", "gate"], &["api"]).expect("no sink is refused");
    let text = String::from_utf8(native::reveal(&send.request.body)).expect("ASCII");
    let decoded = |text: &str| body::url_decoded(text).expect("a form");
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// One field of a request; empty where there is none.
pub fn field(step: &Step, name: &str) -> String {
    sent(step).into_iter().find(|(there, _)| there == name).map(|(_, value)| value).unwrap_or_default()
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    Msu::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, Some(&card().card()))
}
