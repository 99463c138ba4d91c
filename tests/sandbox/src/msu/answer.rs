//! The shapes of the platform's answers.

use serde_json::{Value, json};

use crate::desk::{Done, Verdict};
use crate::http::Wire;

use super::operation::{code, issuer_code};
use super::rules::Invalid;

/// How the family writes on the wire.
pub const WIRE: Wire = Wire { content_type: "application/json;charset=UTF-8", opening: b"{\"responseCode\":\"00\"" };

/// `10.01`
pub fn decimal(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// As a number.
pub fn number(minor: i64) -> Value {
    serde_json::from_str(&decimal(minor)).unwrap_or(Value::Null)
}

/// The platform's word for a currency of the book.
pub fn currency_code(numeric: &str) -> &'static str {
    match numeric {
        "840" => "USD",
        "978" => "EUR",
        "826" => "GBP",
        _ => "TRY",
    }
}

/// The answer to a request that cannot be.
pub fn refused(why: &Invalid) -> Value {
    json!({
        "responseCode": "99", "responseMsg": "Declined", "errorCode": why.0, "errorMsg": why.1,
        "violatorParam": why.2,
    })
}

/// Code and text of what did not happen.
pub fn error(done: &Done) -> Option<(String, &'static str)> {
    match &done.verdict {
        Verdict::Approved => None,
        Verdict::Declined(refusal) => Some((issuer_code(refusal.code), refusal.text)),
        Verdict::Refused(why) => {
            let (code, text) = code(*why);
            Some((code.to_owned(), text))
        }
    }
}

/// The answer to a decided request.
pub fn decided(done: &Done) -> Value {
    let entry = &done.entry;
    let mut answer = json!({
        "responseCode": "00", "responseMsg": "Approved", "merchantPaymentId": entry.order,
        "amount": number(entry.amount), "currency": currency_code(&entry.currency),
        "pgTranId": entry.trans_id, "pgTranRefId": entry.host_ref, "pgTranApprCode": entry.auth_code,
        "pgOrderId": entry.order, "pgTranReturnCode": "00",
    });
    if let Some((code, text)) = error(done) {
        answer["responseCode"] = json!("99");
        answer["responseMsg"] = json!("Declined");
        answer["errorCode"] = json!(code);
        answer["errorMsg"] = json!(text);
        answer["pgTranReturnCode"] = json!(done.refusal().map_or("", |refusal| refusal.code));
        answer["pgTranErrorText"] = json!(done.refusal().map_or("", |refusal| refusal.text));
    }
    answer
}
