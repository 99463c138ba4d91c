//! The bank as a merchant meets it, through its router.

mod gate;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::bank::{Bank, Options};
use crate::card::test_cards;
use crate::clock::long_date;
use crate::fault::{Fault, FaultKind};
use crate::form;
use crate::merchant::{exchange, posted as callback};

use super::sign::{self, Fields, field};

const CARD: &str = "4355093000315232";
const MERCHANT: &str = "2023090417500272654BD9A49CF07574";
const TERMINAL: &str = "2023090417500284633D137A249DBBEB";
const KEY: &str = "3230323330393034313735303032363031353172675f357637355f3273387373745f7233725f73323333383737335f323272383774767276327672323531355f";
const PROCESS: &str = "/api/v1/payment/virtualpos/transaction/process";
const REPORT: &str = "/api/v1/payment/virtualpos/portal/report/transaction";

struct Desk(Bank);

impl Desk {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, String, String) {
        let (status, at, body) = exchange(&self.0, request).await;
        (status, at, String::from_utf8(body).expect("UTF-8"))
    }

    async fn json(&self, path: &str, body: String, key: &str) -> (StatusCode, Value) {
        let request = Request::post(path).header("auth-hash", sign::sign(body.as_bytes(), key)).body(Body::from(body));
        let (status, _, text) = self.send(request.expect("a request")).await;
        (status, serde_json::from_str(&text).expect("JSON"))
    }

    fn now(&self) -> String {
        long_date(self.0.clock().now_ms()).replace(' ', "T")
    }

    fn message(&self, code: &str, more: &Value) -> Value {
        let mut message = json!({
            "version": "1.00", "txnCode": code, "requestDateTime": self.now(), "randomNumber": "A".repeat(128),
            "terminal": {"merchantSafeId": MERCHANT, "terminalSafeId": TERMINAL},
        });
        for (name, value) in more.as_object().expect("an object") {
            message[name] = value.clone();
        }
        message
    }

    async fn api(&self, code: &str, more: Value) -> Value {
        let (status, answer) = self.json(PROCESS, self.message(code, &more).to_string(), KEY).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn sell(&self, order: &str, amount: &str, card: &str) -> Value {
        self.api("1000", sale(order, amount, card)).await
    }

    async fn list(&self, order: &str) -> Value {
        self.api("1010", json!({"order": {"orderId": order}})).await
    }

    /// Posts a form and follows redirects to the page where they end.
    async fn browse(&self, path: &str, fields: &Fields) -> (String, String) {
        let post = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (mut status, mut at, mut page) =
            self.send(post.body(Body::from(form::encode(fields))).expect("a request")).await;
        let mut path = path.to_owned();
        while status == StatusCode::SEE_OTHER {
            path.clone_from(&at);
            (status, at, page) = self.send(Request::get(&path).body(Body::empty()).expect("a request")).await;
        }
        (path, page)
    }

    async fn confirm(&self, acs: &str) -> (String, Fields) {
        let (_, page) = self.browse(acs, &pairs(&[("code", "123456"), ("action", "confirm")])).await;
        callback(&page)
    }

    fn gate_form(&self, model: &str, order: &str, card: Option<&str>) -> Fields {
        let mut f = pairs(&[
            ("paymentModel", model),
            ("txnCode", "3000"),
            ("merchantSafeId", MERCHANT),
            ("terminalSafeId", TERMINAL),
            ("orderId", order),
            ("lang", "TR"),
            ("amount", "12.50"),
            ("currencyCode", "949"),
            ("installCount", "1"),
            ("okUrl", "http://127.0.0.1:9/ok"),
            ("failUrl", "http://127.0.0.1:9/fail"),
            ("randomNumber", &"B".repeat(128)),
            ("requestDateTime", &self.now()),
        ]);
        if let Some(pan) = card {
            f.extend(pairs(&[("creditCard", pan), ("expiredDate", "1140"), ("cvv", "471")]));
        }
        f.push(("hash".into(), sign::form(&f, KEY)));
        f
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn sale(order: &str, amount: &str, card: &str) -> Value {
    json!({
        "order": {"orderId": order}, "card": {"cardNumber": card, "cvv2": "471", "expireDate": "1240"},
        "transaction": {"amount": amount, "currencyCode": 949, "motoInd": 0, "installCount": 1},
    })
}

/// Response and host code.
fn codes(answer: &Value) -> (&str, &str) {
    let of = |name: &str| answer[name].as_str().unwrap_or_default();
    (of("responseCode"), of("hostResponseCode"))
}

const YES: (&str, &str) = ("VPS-0000", "00");

fn genuine(f: &Fields) -> bool {
    field(f, "hash") == sign::callback(f, field(f, "hashParams"), KEY)
}

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new();
    let answer = desk.sell("o1", "10.01", CARD).await;
    assert_eq!((codes(&answer), answer["order"]["orderId"].as_str()), (YES, Some("o1")));
    assert_eq!(codes(&desk.sell("o1", "10.01", CARD).await), ("VPS-1013", ""));
    let order = desk.0.order("o1").expect("booked");
    assert_eq!((order.state, order.net, order.approvals), ("sold", 1_001, 1));
    assert_eq!(desk.0.authorize_calls("o1"), 2);
}

#[tokio::test]
async fn issuers_refuse_through_the_card_network() {
    let desk = Desk::new();
    for (n, card) in test_cards().iter().filter(|c| c.group == "decline").enumerate() {
        let answer = desk.sell(&format!("d{n}"), "1.01", &card.number).await;
        let expected = if card.bank_code == Some("92") { Some("68") } else { card.bank_code };
        assert_eq!((codes(&answer).0, Some(codes(&answer).1)), ("VPS-1005", expected), "{}", card.note_en);
    }
    assert_eq!(codes(&desk.sell("x", "1.01", "4355093000315233").await), ("VPS-1005", "14"));
    assert_eq!(codes(&desk.sell("y", "1.01", "8000000000000003").await), ("VPS-1066", ""));
}

#[tokio::test]
async fn messages_are_checked_before_the_order_is_looked_at() {
    let desk = Desk::new();
    let good = desk.message("1000", &sale("o1", "10.01", CARD));
    assert_eq!(desk.json(PROCESS, good.to_string(), "another key").await.0, StatusCode::UNAUTHORIZED);
    for (pointer, value) in [
        ("/version", json!("2.00")),
        ("/txnCode", json!("9999")),
        ("/randomNumber", json!("AB")),
        ("/requestDateTime", json!("2026-11-22")),
        ("/terminal/merchantSafeId", json!("nobody")),
        ("/order/orderId", json!("ş")),
        ("/card/cardNumber", json!("1")),
        ("/card/cvv2", json!("")),
        ("/card/expireDate", json!("11/40")),
        ("/transaction/amount", json!("10.1")),
        ("/transaction/amount", json!(10.01)),
        ("/transaction/currencyCode", json!("949")),
        ("/transaction/motoInd", Value::Null),
        ("/transaction/installCount", json!(0)),
    ] {
        let mut message = good.clone();
        *message.pointer_mut(pointer).expect("is there") = value;
        let (status, answer) = desk.json(PROCESS, message.to_string(), KEY).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{pointer}: {answer}");
        assert!(answer["code"].is_i64() && answer["message"].is_string());
    }
    let mut late = good.clone();
    late["requestDateTime"] = json!("2020-01-01T00:00:00.000");
    assert_eq!(codes(&desk.json(PROCESS, late.to_string(), KEY).await.1), ("VPS-1073", ""));
    assert!(desk.0.orders().is_empty());
}

#[tokio::test]
async fn mail_order_and_sub_dealers_need_their_rights() {
    let desk = Desk::new();
    let mut mail = sale("m1", "5.00", CARD);
    mail["transaction"]["motoInd"] = json!(1);
    mail["card"].as_object_mut().expect("a card").remove("cvv2");
    assert_eq!(codes(&desk.api("1000", mail.clone()).await), YES);
    mail["order"]["orderId"] = json!("m2");
    mail["terminal"] = json!({
        "merchantSafeId": "20260101000000000000000000000E01", "terminalSafeId": "20260101000000000000000000000E02",
    });
    let web = desk.message("1000", &mail).to_string();
    let answer = desk.json(PROCESS, web, "6b65792d6f662d7468652d7765622d73746f7265").await.1;
    assert_eq!(codes(&answer), ("VPS-1060", ""));
    let mut dealer = sale("s1", "5.00", CARD);
    dealer["terminal"] = json!({
        "merchantSafeId": "20260101000000000000000000000D01", "terminalSafeId": "20260101000000000000000000000D02",
    });
    for (sub, expected) in [("ALT1", StatusCode::OK), ("ALT9", StatusCode::BAD_REQUEST), ("", StatusCode::BAD_REQUEST)]
    {
        dealer["subMerchant"] = json!({"subMerchantId": sub});
        let body = desk.message("1000", &dealer).to_string();
        assert_eq!(desk.json(PROCESS, body, "6b65792d6f662d7468652d6465616c6572").await.0, expected, "{sub}");
    }
}

#[tokio::test]
async fn void_comes_before_day_end_and_refund_at_any_time() {
    let desk = Desk::new();
    for order in ["o1", "o2", "o3"] {
        desk.sell(order, "10.00", CARD).await;
    }
    let void = |order: &str| json!({"order": {"orderId": order}});
    let refund = |order: &str, amount: &str| json!({"order": {"orderId": order}, "transaction": {"amount": amount, "currencyCode": 949}});
    let voided = desk.api("1003", void("o2")).await;
    assert_eq!((codes(&voided), voided.get("transaction")), (YES, None));
    assert_eq!(codes(&desk.api("1003", void("o2")).await), ("VPS-1008", ""));
    assert_eq!(codes(&desk.api("1002", refund("o2", "1.00")).await), ("VPS-1008", ""));
    assert_eq!(codes(&desk.api("1002", refund("none", "1.00")).await), ("VPS-1007", ""));
    assert_eq!(codes(&desk.api("1002", refund("o1", "4.00")).await), YES);
    desk.0.day_end();
    assert_eq!(codes(&desk.api("1003", void("o3")).await), ("VPS-1008", ""));
    assert_eq!(codes(&desk.api("1002", refund("o1", "6.01")).await), ("VPS-1005", "13"));
    assert_eq!(codes(&desk.api("1002", void("o1")).await), YES, "without an amount: all that is left");
    assert_eq!(desk.0.order("o1").map(|o| (o.state, o.net)), Some(("refunded", 0)));
    assert_eq!(desk.0.order("o2").map(|o| (o.state, o.net)), Some(("voided", 0)));
    assert_eq!(desk.0.order("o3").map(|o| o.net), Some(1_000));
}

#[tokio::test]
async fn a_hold_is_captured_once_and_not_above_its_amount() {
    let desk = Desk::new();
    assert_eq!(codes(&desk.api("1004", sale("p", "10.00", CARD)).await), YES);
    let capture =
        |amount: &str| json!({"order": {"orderId": "p"}, "transaction": {"amount": amount, "currencyCode": 949}});
    assert_eq!(desk.list("p").await["txnDetailList"][0]["preAuthStatus"], "O");
    assert_eq!(codes(&desk.api("1005", capture("10.01")).await), ("VPS-1005", "13"));
    assert_eq!(codes(&desk.api("1005", capture("7.00")).await), YES);
    assert_eq!(codes(&desk.api("1005", capture("1.00")).await), ("VPS-1008", ""));
    let rows = desk.list("p").await["txnDetailList"].clone();
    assert_eq!((&rows[0]["preAuthStatus"], &rows[0]["preAuthCloseAmount"]), (&json!("C"), &json!(7.0)));
    assert_eq!((&rows[1]["txnCode"], &rows[1]["orgOrderId"]), (&json!("1005"), &json!("p")));
    assert_ne!(rows[1]["orderId"], "p");
}

#[tokio::test]
async fn the_list_of_an_order_tells_what_is_in_the_book() {
    let desk = Desk::new();
    let none = desk.list("o1").await;
    assert_eq!((codes(&none), none.get("txnDetailList")), (("VPS-1123", ""), None));
    desk.sell("o1", "10.01", CARD).await;
    let row = desk.list("o1").await["txnDetailList"][0].clone();
    assert_eq!((&row["txnStatus"], &row["amount"], codes(&row)), (&json!("N"), &json!(10.01), YES));
    assert_eq!(row["maskedCardNumber"], "435509******5232");
    desk.api("1003", json!({"order": {"orderId": "o1"}})).await;
    let row = desk.list("o1").await["txnDetailList"][0].clone();
    assert_eq!((&row["txnStatus"], row.get("batchNumber")), (&json!("V"), None));
    desk.sell("o2", "10.51", CARD).await;
    assert_eq!(codes(&desk.list("o2").await["txnDetailList"][0]), ("VPS-1005", "51"));
    desk.sell("o3", "10.92", CARD).await;
    assert_eq!(desk.list("o3").await["txnDetailList"][0]["txnStatus"], "S");
    desk.0.clock().advance_ms(60_000);
    let row = desk.list("o3").await["txnDetailList"][0].clone();
    assert_eq!((&row["txnStatus"], row.get("responseCode")), (&json!("R"), None));
}

#[tokio::test]
async fn a_repeated_order_is_charged_once_and_the_rest_waits() {
    let desk = Desk::new();
    let mut order = sale("x", "5.00", CARD);
    order["order"] = json!({"orderTrackId": "t1"});
    order["transaction"]["motoInd"] = json!(1);
    assert_eq!(codes(&desk.api("1000", order.clone()).await), ("VPS-1055", ""));
    order["recurring"] = json!({"frequencyInterval": 3, "frequencyCycle": "M", "numberOfPayments": 3});
    let answer = desk.api("1000", order).await;
    assert_eq!((codes(&answer), &answer["order"]["orderTrackId"]), (YES, &json!("t1")));
    assert_ne!(answer["order"]["orderId"], "t1");
    let list = || async { desk.api("1010", json!({"order": {"orderTrackId": "t1"}})).await["txnDetailList"].clone() };
    let states = |rows: &Value| -> Vec<String> {
        rows.as_array().expect("rows").iter().map(|r| r["requestStatus"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(states(&list().await), ["S", "W", "W"]);
    let one = |code, number: i64| {
        desk.api(code, json!({"order": {"orderTrackId": "t1"}, "recurring": {"recurringOrder": number}}))
    };
    assert_eq!(codes(&one("1013", 2).await), ("VPS-0000", ""));
    assert_eq!(codes(&one("1013", 2).await), ("VPS-1059", ""));
    assert_eq!(codes(&one("1003", 3).await), ("VPS-1059", ""), "it has not been made");
    assert_eq!(codes(&one("1003", 1).await), YES);
    assert_eq!(codes(&desk.api("1013", json!({"order": {"orderTrackId": "t1"}})).await), ("VPS-0000", ""));
    assert_eq!(states(&list().await), ["V", "C", "C"]);
    assert_eq!(desk.0.order("t1").map(|o| (o.state, o.approvals)), Some(("voided", 1)));
}

#[tokio::test]
async fn a_report_comes_packed_and_spans_a_day() {
    let desk = Desk::new();
    desk.sell("o1", "10.01", CARD).await;
    desk.sell("o1", "10.01", CARD).await;
    desk.sell("o2", "10.51", CARD).await;
    let ask = async |from: &str, until: &str| {
        let body = json!({
            "terminal": {"merchantSafeId": MERCHANT, "terminalSafeId": TERMINAL}, "randomNumber": "A".repeat(128),
            "report": {"startDateTime": from, "endDateTime": until},
        });
        desk.json(REPORT, body.to_string(), KEY).await.1
    };
    let at = |shift: i64| long_date(desk.0.clock().now_ms() + shift).replace(' ', "T");
    assert_eq!(codes(&ask(&at(-3_600_000), &at(86_400_000)).await), ("VPS-2229", ""));
    let answer = ask(&at(-3_600_000), &at(3_600_000)).await;
    let packed = STANDARD.decode(answer["data"].as_str().expect("text")).expect("Base64");
    assert_eq!(packed[..3], [0x1f, 0x8b, 8]);
    let plain = miniz_oxide::inflate::decompress_to_vec(&packed[10..packed.len() - 8]).expect("deflated");
    let data: Value = serde_json::from_slice(&plain).expect("JSON");
    let rows = data["txnDetailList"].as_array().expect("rows");
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|r| (r["txnStatus"].as_str().expect("text"), r["responseCode"].as_str().expect("text")))
        .collect();
    assert_eq!(told, [("Başarılı", "VPS-0000"), ("Başarısız", "VPS-1013"), ("Başarısız", "VPS-1005")]);
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to() {
    let desk = Desk::new();
    desk.0.fault(Fault { status: Some(502), ..Fault::once(FaultKind::Html) });
    let body = desk.message("1000", &sale("f1", "1.00", CARD)).to_string();
    let request = Request::post(PROCESS).header("auth-hash", sign::sign(body.as_bytes(), KEY)).body(Body::from(body));
    let (status, _, page) = desk.send(request.expect("a request")).await;
    assert_eq!((status, page.contains("Request Rejected")), (StatusCode::BAD_GATEWAY, true));
    assert_eq!(desk.0.order("f1").map(|o| o.net), Some(100), "booked, then spoiled");
    desk.0.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(desk.list("f1").await["txnDetailList"][0]["amount"], json!(2.0));
    desk.0.fault(Fault::once(FaultKind::WrongOrder));
    assert_eq!(desk.sell("f2", "1.00", CARD).await["order"]["orderId"], "Xf2");
    desk.0.fault(Fault::once(FaultKind::WrongHash));
    let (acs, _) = desk.browse("/securepay", &desk.gate_form("3D", "f3", Some(CARD))).await;
    assert!(!genuine(&desk.confirm(&acs).await.1));
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number() {
    let desk = Desk::new();
    desk.sell("c1", "1.01", CARD).await;
    let (acs, page) = desk.browse("/securepay", &desk.gate_form("3D", "c2", Some(CARD))).await;
    assert!(!page.contains(CARD));
    let (_, f) = desk.confirm(&acs).await;
    assert!(f.iter().all(|(_, v)| !v.contains(CARD)));
    for path in ["/admin/book", "/admin/requests", "/admin/orders/c1", "/admin/faults", "/admin/stores"] {
        let (status, _, body) = desk.send(Request::get(path).body(Body::empty()).expect("a request")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains(CARD) && !body.contains(KEY), "{path}");
    }
}
