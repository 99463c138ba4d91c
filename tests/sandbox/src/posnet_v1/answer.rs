//! The service's answers.

use serde_json::{Value, json};

use crate::book::Entry;
use crate::posnet::money::{Refused, Told};

/// A yes: `00`, or `0000` to a question.
pub fn yes(code: &str, description: &str) -> Value {
    json!({
        "ServiceResponseData": {"ResponseCode": code, "ResponseDescription": description},
        "AuthCode": null, "ReferenceCode": null, "PointDataList": null, "InstallmentData": null, "MessageData": null,
    })
}

/// A no.
pub fn no(refused: &Refused) -> Value {
    yes(&refused.code, &refused.text)
}

/// The answer to a money operation. This dialect has no word for "done before": the number was used.
pub fn told(told: &Told) -> Value {
    match told {
        Told::Yes(entry) => booked(entry),
        Told::Before(_) => no(&crate::posnet::money::no("0127")),
        Told::No(refused) => no(refused),
    }
}

fn booked(entry: &Entry) -> Value {
    let count = if entry.installments > 1 { entry.installments } else { 0 };
    let each = if count > 0 { entry.amount / i64::from(count) } else { 0 };
    let mut answer = yes("00", "Onaylandı");
    answer["ReferenceCode"] = json!(entry.trans_id);
    if entry.undoes.is_none() {
        answer["AuthCode"] = json!(entry.auth_code);
        answer["InstallmentData"] = json!({"InstallmentCount": count, "Amount": each});
        answer["PointDataList"] = json!([{"PointType": "EarnedPoint", "Point": 0, "PointTLAmount": 0}]);
        answer["MessageData"] = json!({"Message1": " ", "Message2": null, "Message3": null, "Message4": null});
    }
    answer
}
