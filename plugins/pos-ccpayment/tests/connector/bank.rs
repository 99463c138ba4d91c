//! What the platform answers, and a host to ask it.

use pos_ccpayment::CcPayment;
use serde_json::{Value, json};
pub use vezne_plugin::Outcome;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{lost, outcome, state_of, terms, with_extra, word};
use vezne_plugin::value::Value as Run;
use vezne_plugin::{CipherAlg, Context, DigestAlg, Fault, Payments, Reply, Step, Target, TextForm};

pub const ORDER: &str = "01JD8ZK0Q3";
/// The platform's own number of the order.
pub const NUMBER: &str = "16118277721618";
pub const CARD: &str = "4508034508034509";
pub const CODE: &str = "471";
pub const APP: &str = "077faac7dba364b3f058193de9fea2e6";
pub const MERCHANT: &str = "$2y$10$w/ODdbTmfubcbUCUq/ia3OoJFMUmkM1UVNBiIQIuLfUlPmaLUT1he";
pub const SECRET: &str = "bb18138fbd6fe9a2512e8933e6f37a01";
pub const TOKEN: &str = "eyJ0eXAiOiJKV1Qi.e30.c2ln";

pub fn session() -> Session {
    Session::new().setting("app-id", APP).setting("merchant-key", MERCHANT).secret("app-secret", SECRET)
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
    native::answer(200, "application/json", body.to_string().as_bytes())
}

/// `generateHashKey` of Sipay's documentation, in code of its own.
pub fn encrypted(plain: &str, secret: &str, iv: &str, salt: &str) -> String {
    let hex = |text: &str, alg| {
        String::from_utf8_lossy(Run::from(text).digest(alg, TextForm::HexLower).revealed()).into_owned()
    };
    let key = hex(&(hex(secret, DigestAlg::Sha1) + salt), DigestAlg::Sha256);
    let key = Run::from(&key[..32]).joined();
    let cipher = Run::from(plain).joined().encrypt(CipherAlg::Aes256CbcPkcs7, &key, iv.as_bytes()).expect("a key");
    let cipher = String::from_utf8_lossy(cipher.to_text(TextForm::Base64).revealed()).into_owned();
    format!("{iv}:{salt}:{cipher}").replace('/', "__")
}

pub fn token() -> Value {
    json!({"status_code": 100, "status_description": "ok", "data": {"token": TOKEN, "is_3d": 1, "expires_at": "x"}})
}

/// An answer to a charge or a completion.
pub fn paid() -> Value {
    json!({
        "status_code": 100, "status_description": "Payment process successful",
        "data": {
            "order_no": NUMBER, "order_id": NUMBER, "invoice_id": ORDER, "payment_status": 1, "transaction_type": "Auth",
            "auth_code": "S00042", "amount": 10.01, "error_code": 100,
        },
    })
}

/// A refusal; with the bank's own code where the platform passes it on.
pub fn refused(code: i64, bank: Option<&str>) -> Value {
    json!({
        "status_code": code, "status_description": "Hata",
        "data": {"invoice_id": ORDER, "order_id": NUMBER, "payment_status": 0, "original_bank_error_code": bank},
    })
}

/// An answer to a capture, drop or refund.
pub fn done() -> Value {
    json!({"status_code": 100, "status_description": "ok", "order_no": NUMBER, "invoice_id": ORDER, "ref_no": ""})
}

/// The line of an order.
pub fn line(status: &str, amount: &str, refunded: &str) -> Value {
    json!({
        "status_code": 100, "transaction_status": status, "order_id": NUMBER, "transaction_id": "", "message": "",
        "reason": "", "bank_status_code": "", "invoice_id": ORDER, "total_refunded_amount": refunded,
        "product_price": amount, "transaction_amount": amount, "ref_number": "", "transaction_type": "Auth",
        "original_bank_error_code": "",
    })
}

/// What the platform answers about an order it does not have.
pub fn nothing() -> Value {
    json!({"status_code": 32, "transaction_status": "Failed", "order_id": "", "invoice_id": ORDER, "message": "Invalid invoice id"})
}

/// The path of a request.
pub fn path(step: &Step) -> &str {
    match step {
        Step::Send(send) => &send.request.path,
        other => panic!("expected a request, not {other:?}"),
    }
}

/// The message of a request, as the platform gets it.
pub fn sent(step: &Step) -> Value {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &["api", "gate"], &["api"]).expect("no sink is refused");
            serde_json::from_slice(&native::reveal(&send.request.body)).expect("JSON")
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

/// A header of a request, in the clear.
pub fn header(step: &Step, name: &str) -> Option<String> {
    let Step::Send(send) = step else { return None };
    let found = send.request.headers.iter().find(|field| field.name == name)?;
    Some(String::from_utf8_lossy(&native::reveal_part(&found.value)).into_owned())
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    CcPayment::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, Some(&card().card()))
}

/// The step after the token it asked for first.
pub fn with_token(step: Result<Step, Fault>, minor: i64) -> Step {
    let step = step.expect("a step");
    assert_eq!(path(&step), "/api/token");
    resumed(&step, minor, &answer(&token())).expect("a step")
}
