//! The shapes of the platform's answers.

use serde_json::{Value, json};

use crate::book::Kind;
use crate::desk::{Done, Verdict};
use crate::http::Wire;

use super::operation::code;

/// How the family writes on the wire.
pub const WIRE: Wire = Wire { content_type: "application/json", opening: b"{\"status_code\":1" };

/// `10.01`
pub fn decimal(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// As a number, the way PHP writes one.
pub fn number(minor: i64) -> Value {
    serde_json::from_str(&decimal(minor)).unwrap_or(Value::Null)
}

/// A code and a sentence.
pub fn refused(code: u16, say: &str) -> Value {
    json!({ "status_code": code, "status_description": say })
}

/// What the card's bank says. A silent issuer is "too late" here (ISO 8583: 68).
pub fn bank_code(issuer: &str) -> &str {
    if issuer == "92" { "68" } else { issuer }
}

/// `Auth` or `PreAuth`.
pub fn transaction_type(kind: Kind) -> &'static str {
    if kind == Kind::PreAuth { "PreAuth" } else { "Auth" }
}

/// The answer to a decided charge. `order_number` is the platform's own.
pub fn charged(done: &Done, order_number: &str) -> Value {
    let entry = &done.entry;
    let mut data = json!({
        "order_no": order_number, "order_id": order_number, "invoice_id": entry.order,
        "payment_status": i32::from(done.approved()), "transaction_type": transaction_type(entry.kind),
        "auth_code": entry.auth_code, "installment": entry.installments, "amount": number(entry.amount),
        "credit_card_no": entry.card.as_ref().map(|card| format!("{}****{}", card.bin, card.last4)),
        "host_reference_id": entry.host_ref,
    });
    let (code, say) = match &done.verdict {
        Verdict::Approved => (100, "Payment process successful"),
        Verdict::Declined(refusal) => {
            data["original_bank_error_code"] = json!(bank_code(refusal.code));
            data["original_bank_error_description"] = json!(refusal.text);
            (41, refusal.text)
        }
        Verdict::Refused(why) => code(*why),
    };
    data["error_code"] = json!(code);
    data["error"] = json!(say);
    json!({ "status_code": code, "status_description": say, "data": data })
}

/// The answer to a decided capture, drop or refund.
pub fn done(done: &Done, word: &str) -> Value {
    let (code, say) = match &done.verdict {
        Verdict::Refused(why) => code(*why),
        _ => (100, word),
    };
    json!({
        "status_code": code, "status_description": say, "order_no": done.entry.trans_id,
        "invoice_id": done.entry.order, "ref_no": done.entry.host_ref,
    })
}
