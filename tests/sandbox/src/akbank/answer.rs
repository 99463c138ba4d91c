//! The shapes of the bank's answers.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::book::Kind;
use crate::clock::long_date;
use crate::desk::{Done, Verdict, Why};
use crate::http::{self, Wire};
use crate::store::Store;

use super::rules::Refused;
use super::store::Account;

/// How the family writes on the wire.
pub const WIRE: Wire =
    Wire { content_type: "application/json;charset=UTF-8", opening: b"{\"txnCode\":\"1000\",\"respon" };

/// What the card network says of an approval.
pub const HOST_APPROVED: (&str, &str) = ("00", "000 ONAY KODU XXXXXX");

/// `2024-04-15T20:41:03.165`
pub fn iso(at_ms: i64) -> String {
    long_date(at_ms).replace(' ', "T")
}

/// The two numbers of the store.
pub fn terminal(store: &Store) -> Value {
    let terminal = store.account::<Account>().map(|a| a.terminal_safe_id.clone()).unwrap_or_default();
    json!({ "merchantSafeId": store.id, "terminalSafeId": terminal })
}

/// What every answer begins with.
pub fn head(store: &Store, code: &str, response: (&str, &str), at_ms: i64) -> Value {
    json!({
        "txnCode": code,
        "responseCode": response.0,
        "responseMessage": response.1,
        "txnDateTime": iso(at_ms),
        "terminal": terminal(store),
    })
}

/// The gateway's code and text. Where the bank's own code is not public, the nearest one that is.
pub fn words(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::OrderUsed => ("VPS-1013", "Sipariş Numarası tekil olmalıdır"),
        Why::OrderUnknown | Why::NothingHeld => ("VPS-1007", "Orijinal işlem bulunamadı"),
        Why::NothingToVoid | Why::NothingToCapture | Why::NothingLeft | Why::NotSettled => {
            ("VPS-1008", "Daha önce iptal edilmiş işlem")
        }
        Why::MoreThanHeld | Why::MoreThanLeft | Why::OtherCurrency | Why::NoAmount => ("VPS-1005", "Provizyon Hatası"),
    }
}

/// What the card network says, where it was asked.
pub fn host(verdict: &Verdict) -> Option<(String, String)> {
    let refused = |code: &str, text: &str| (code.to_owned(), format!("0{code} RED-{text}"));
    match verdict {
        Verdict::Approved => Some((HOST_APPROVED.0.to_owned(), HOST_APPROVED.1.to_owned())),
        // A silent issuer is "too late" here (ISO 8583: 68), and the bank reverses.
        Verdict::Declined(refusal) if refusal.code == "92" => Some(refused("68", "ZAMAN ASIMI")),
        Verdict::Declined(refusal) => Some(refused(refusal.code, refusal.text)),
        Verdict::Refused(why) if words(*why).0 == "VPS-1005" => Some(refused("13", "GECERSIZ TUTAR")),
        Verdict::Refused(_) => None,
    }
}

/// `responseCode` and its text.
pub fn response(verdict: &Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Approved => ("VPS-0000", "BAŞARILI"),
        Verdict::Declined(_) => ("VPS-1005", "Provizyon Hatası"),
        Verdict::Refused(why) => words(*why),
    }
}

/// The answer to a decided request; `order` is the order object of the answer.
pub fn decided(store: &Store, code: &str, done: &Done, order: &Value) -> Value {
    let entry = &done.entry;
    let mut body = head(store, code, response(&done.verdict), entry.at_ms);
    body["order"] = order.clone();
    if let Some((host_code, host_message)) = host(&done.verdict) {
        body["hostResponseCode"] = json!(host_code);
        body["hostMessage"] = json!(host_message);
    }
    let seen = !matches!(done.verdict, Verdict::Refused(_));
    let auth_code = if done.approved() { entry.auth_code.as_str() } else { "000000" };
    // A void's answer has no transaction of its own.
    if !(entry.kind == Kind::Void && done.approved()) {
        body["transaction"] = if seen {
            json!({ "authCode": auth_code, "rrn": entry.host_ref, "batchNumber": done.batch, "stan": entry.seq })
        } else {
            json!({ "stan": 0, "rrn": "0", "batchNumber": 0 })
        };
    }
    if matches!(entry.kind, Kind::Auth | Kind::PreAuth) && seen {
        body["card"] = json!({ "cardHolderName": "AY** YI****" });
        body["campaign"] = json!({ "additionalInstallCount": 0, "deferingDate": "", "deferingMonth": 0 });
        body["reward"] = json!({ "ccbEarnedRewardAmount": 0, "ccbBalanceRewardAmount": 0, "ccbRewardDesc": "CHIP PARA",
            "pcbEarnedRewardAmount": 0, "pcbBalanceRewardAmount": 0, "xcbEarnedRewardAmount": 0, "xcbBalanceRewardAmount": 0 });
    }
    body
}

/// The answer to a message that is refused before the order is looked at.
pub fn refused(store: Option<&Store>, code: &str, order: &str, why: &Refused, at_ms: i64) -> Response<Body> {
    let (status, body) = match (why, store) {
        (Refused::Code(response, say), Some(store)) => {
            let mut body = head(store, code, (response, say), at_ms);
            body["transaction"] = json!({ "stan": 0, "rrn": "0", "batchNumber": 0 });
            body["order"] = json!({ "orderId": order });
            (StatusCode::OK, body)
        }
        (Refused::Host(host_code, say), Some(store)) => {
            let mut body = head(store, code, ("VPS-1005", "Provizyon Hatası"), at_ms);
            body["hostResponseCode"] = json!(host_code);
            body["hostMessage"] = json!(say);
            body["transaction"] = json!({ "authCode": "000000", "stan": 0, "rrn": "0", "batchNumber": 0 });
            body["order"] = json!({ "orderId": order });
            (StatusCode::OK, body)
        }
        (Refused::Signature, _) => (StatusCode::UNAUTHORIZED, json!({ "code": 401, "message": "Unauthorized" })),
        (Refused::Schema(what), _) => (StatusCode::BAD_REQUEST, json!({ "code": 400, "message": what })),
        (_, None) => (StatusCode::BAD_REQUEST, json!({ "code": 400, "message": "terminal is not known" })),
    };
    let mut response = http::answer(WIRE.content_type, body.to_string());
    *response.status_mut() = status;
    response
}
