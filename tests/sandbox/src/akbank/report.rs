//! `/portal/report/transaction`: the transactions of a day or a batch, packed.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::Kind;
use crate::clock::DAY_MS;
use crate::desk::{Standing, State as Stands};
use crate::fault::Op;
use crate::http;
use crate::requests::Seen;
use crate::store::Store;

use super::answer::{WIRE, iso, refused, terminal};
use super::api::is_signed;
use super::operation::desk;
use super::query::{amount, code, codes};
use super::rules::{self, Refused, number, schema, text};

/// Answers one request.
pub async fn handle(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let now = bank.clock().now_ms();
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return refused(None, "", "", &Refused::Schema("not JSON".to_owned()), now);
    };
    let (store, account) = match rules::caller(&bank, &message) {
        Ok((_, account)) if !is_signed(&headers, &body, account) => {
            return refused(None, "", "", &Refused::Signature, now);
        }
        Ok(both) => both,
        Err(why) => return refused(None, "", "", &why, now),
    };
    let sub = rules::sub_merchant(account, text(&message, "/subMerchant/subMerchantId"));
    if let Err(why) = sub.and_then(|()| rules::random(text(&message, "/randomNumber"))) {
        return refused(None, "", "", &why, now);
    }
    bank.note(Seen {
        at_ms: now,
        op: Op::Report,
        store: store.id.clone(),
        order: String::new(),
        amount: None,
        card: None,
        code_sent: false,
        provision: false,
    });
    let met = bank.meet(Op::Report, "", None);
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let answer = match asked(&bank, store, &message) {
        Ok(rows) => listed(store, &rows, now),
        Err(Refused::Code(response, say)) => {
            json!({ "requestId": request_id(now), "responseMessage": say, "responseCode": response })
        }
        Err(why) => return refused(None, "", "", &why, now),
    };
    http::after(&met, WIRE, answer.to_string().into_bytes()).await
}

fn request_id(now: i64) -> String {
    format!("VPS000205991{now:036}")
}

fn asked(bank: &Bank, store: &Store, m: &Value) -> Result<Vec<Standing>, Refused> {
    let desk = desk(bank, store);
    if let Some(batch) = number(m, "/report/batchNumber") {
        let in_batch = |s: &Standing| i64::try_from(s.batch) == Ok(batch) && !s.settled;
        return Ok(desk.between(i64::MIN, i64::MAX).into_iter().filter(in_batch).collect());
    }
    let at = |name: &str| {
        let local: Option<DateTime> = text(m, name).parse().ok();
        let zone = TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::UTC);
        local.and_then(|l| l.to_zoned(zone).ok()).map(|z| z.timestamp().as_millisecond())
    };
    match (at("/report/startDateTime"), at("/report/endDateTime")) {
        (Some(from), Some(until)) if (0..=DAY_MS).contains(&(until - from)) => Ok(desk.between(from, until)),
        (Some(_), Some(_)) => Err(Refused::Code("VPS-2229", "Gün aralığı 1 günden fazla girilemez")),
        _ => schema("report needs batchNumber, or startDateTime and endDateTime"),
    }
}

/// Reports write words where an order's list writes letters.
fn row(s: &Standing) -> Value {
    let e = &s.entry;
    let status = match s.state {
        Stands::Declined => "Başarısız",
        Stands::Voided => "İptal",
        Stands::Reversing | Stands::Reversed => "Teknik İptal",
        Stands::Held | Stands::Open | Stands::Settled => "Başarılı",
    };
    let mut row = json!({
        "txnCode": code(e.kind), "txnDateTime": iso(e.at_ms), "orderId": e.order, "orgOrderId": e.order,
        "maskedCardNumber": e.card.as_ref().map(|c| format!("{}******{}", c.bin, c.last4)).unwrap_or_default(),
        "batchNumber": s.batch, "stan": e.seq, "txnStatus": status, "amount": amount(e.amount),
        "currencyCode": e.currency.parse::<i64>().unwrap_or(949), "currencyLabel": "TRY",
        "installmentCount": e.installments, "installmentLabel": if e.installments > 1 { "Taksitli" } else { "Peşin" },
        "ccbRewardAmount": 0, "pcbRewardAmount": 0, "xcbRewardAmount": 0, "preAuthCloseAmount": 0,
    });
    match codes(s) {
        Some((response, message, host, host_message)) => {
            row["responseCode"] = json!(response);
            row["responseMessage"] = json!(message);
            row["hostResponseCode"] = json!(host);
            row["hostResponseMessage"] = json!(host_message);
            row["rrn"] = json!(e.host_ref.parse::<i64>().unwrap_or(0));
        }
        // What the gateway itself refused.
        None if s.state == Stands::Declined => row["responseCode"] = json!(e.code),
        None => {}
    }
    if e.approved {
        row["authCode"] = json!(e.auth_code);
    }
    row
}

fn listed(store: &Store, rows: &[Standing], now: i64) -> Value {
    let rows: Vec<Value> = rows.iter().filter(|s| s.entry.kind != Kind::Void).map(row).collect();
    let data = json!({ "txnDateTime": iso(now), "terminal": terminal(store), "txnDetailList": rows });
    json!({
        "data": STANDARD.encode(gzip(data.to_string().as_bytes())),
        "requestId": request_id(now),
        "terminal": terminal(store),
        "responseMessage": "SUCCESSFUL",
        "txnDateTime": iso(now),
        "responseCode": "VPS-0000",
    })
}

/// One gzip member (RFC 1952).
fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut crc = !0_u32;
    for byte in plain {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let length = u32::try_from(plain.len() & 0xffff_ffff).unwrap_or(u32::MAX);
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    packed.extend(miniz_oxide::deflate::compress_to_vec(plain, 6));
    packed.extend((!crc).to_le_bytes());
    packed.extend(length.to_le_bytes());
    packed
}
