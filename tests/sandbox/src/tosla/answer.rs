//! The shapes of Tosla's answers.

use serde_json::{Value, json};

use crate::desk::{Done, Verdict};
use crate::http::Wire;

use super::operation::code;

/// How the family writes on the wire.
pub const WIRE: Wire = Wire { content_type: Wire::JSON.content_type, opening: b"{\"OrderId\":\"2023120" };

/// What the card's bank says of a decided request. A silent issuer is "too late" here (ISO 8583: 68).
pub fn bank_code(done: &Done) -> Option<&'static str> {
    match &done.verdict {
        Verdict::Approved => Some("00"),
        Verdict::Declined(refusal) if refusal.code == "92" => Some("68"),
        Verdict::Declined(refusal) => Some(refusal.code),
        Verdict::Refused(_) => None,
    }
}

/// The answer to a decided sale, capture, void or refund.
pub fn decided(done: &Done) -> Value {
    let entry = &done.entry;
    let (code, say) = if let Verdict::Refused(why) = &done.verdict { code(*why) } else { (0, "Başarılı") };
    let seen = !matches!(done.verdict, Verdict::Refused(_));
    let of = |text: &str| if seen && !text.is_empty() { json!(text) } else { Value::Null };
    json!({
        // The general error tells nothing at all, as recordings show.
        "OrderId": if code == 999 { Value::Null } else { json!(entry.order) },
        "BankResponseCode": bank_code(done),
        "BankResponseMessage": done.refusal().map(|refusal| refusal.text),
        "AuthCode": of(&entry.auth_code),
        "HostReferenceNumber": of(&entry.host_ref),
        "TransactionId": of(&entry.trans_id),
        "CardHolderName": Value::Null,
        "Code": code,
        "Message": say,
    })
}

/// What the card network refused before anything was booked.
pub fn bad_card(order: &str, bank_code: &str) -> Value {
    json!({
        "OrderId": order, "BankResponseCode": bank_code, "BankResponseMessage": "Kart bilgisi hatali", "AuthCode": null,
        "HostReferenceNumber": null, "TransactionId": null, "Code": 0, "Message": "Başarılı",
    })
}

/// Code 998.
pub fn invalid(say: &str) -> Value {
    json!({
        "OrderId": null, "BankResponseCode": null, "BankResponseMessage": null, "AuthCode": null,
        "HostReferenceNumber": null, "TransactionId": null, "Code": 998, "Message": say,
    })
}
