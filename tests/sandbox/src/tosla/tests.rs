//! Tosla as a merchant meets it, through its router.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::bank::{Bank, Options};
use crate::card::test_cards;
use crate::clock::{DAY_MS, local};
use crate::fault::{Fault, FaultKind, Op};
use crate::form;
use crate::merchant::{exchange, posted};

use super::sign::{self, Fields, field};
use super::store::Account;

const CARD: &str = "5571135571135575";
const CLIENT: &str = "1000000494";

fn account() -> Account {
    Account { api_user: "POS_ENT_Test_001".into(), api_pass: "POS_ENT_Test_001!*!*".into() }
}

struct Desk(Bank, AtomicU32);

impl Desk {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"), AtomicU32::new(0))
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, String, String) {
        let (status, at, body) = exchange(&self.0, request).await;
        (status, at, String::from_utf8(body).expect("UTF-8"))
    }

    /// A message with a fresh stamp and the right hash.
    fn message(&self, more: &Value) -> Value {
        let random = format!("r{}", self.1.fetch_add(1, Ordering::Relaxed));
        let time = local(self.0.clock().now_ms()).strftime("%Y%m%d%H%M%S").to_string();
        let hash = sign::request(&account(), CLIENT, &random, &time);
        let mut message =
            json!({"clientId": CLIENT, "apiUser": "POS_ENT_Test_001", "rnd": random, "timeSpan": time, "hash": hash});
        for (name, value) in more.as_object().expect("an object") {
            message[name] = value.clone();
        }
        message
    }

    async fn post(&self, action: &str, message: &Value) -> Value {
        let request = Request::post(format!("/api/Payment/{action}")).body(Body::from(message.to_string()));
        let (status, _, text) = self.send(request.expect("a request")).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        serde_json::from_str(&text).expect("JSON")
    }

    async fn api(&self, action: &str, more: Value) -> Value {
        self.post(action, &self.message(&more)).await
    }

    async fn sell(&self, order: &str, amount: i64, card: &str) -> Value {
        self.api("Payment", sale(order, amount, card)).await
    }

    async fn ask(&self, order: &str) -> Value {
        self.api("inquiry", json!({"orderId": order})).await
    }

    async fn open(&self, action: &str, order: &str) -> String {
        let opened = self.api(action, session(order)).await;
        opened["ThreeDSessionId"].as_str().expect("a session").to_owned()
    }

    /// Posts a form (or, without fields, asks for a page) and follows redirects to the page where they end.
    async fn browse(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
        let pairs: Fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let request = if fields.is_empty() { Request::get(path) } else { Request::post(path) };
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (mut status, mut at, mut page) =
            self.send(request.body(Body::from(form::encode(&pairs))).expect("a request")).await;
        let mut path = path.to_owned();
        while status == StatusCode::SEE_OTHER {
            path.clone_from(&at);
            (status, at, page) = self.send(Request::get(&path).body(Body::empty()).expect("a request")).await;
        }
        (status, path, page)
    }

    /// The page the card form leads to.
    async fn card(&self, session: &str, pan: &str) -> (String, String) {
        let fields = [
            ("ThreeDSessionId", session),
            ("CardHolderName", "Ayşe Yılmaz"),
            ("CardNo", pan),
            ("ExpireDate", "12/30"),
            ("Cvv", "000"),
        ];
        let (_, path, page) = self.browse("/api/Payment/ProcessCardForm", &fields).await;
        (path, page)
    }

    async fn confirm(&self, acs: &str) -> Fields {
        callback(&self.browse(acs, &[("code", "123456"), ("action", "confirm")]).await.2)
    }
}

fn sale(order: &str, amount: i64, card: &str) -> Value {
    json!({
        "orderId": order, "amount": amount, "currency": 949, "installmentCount": 0, "cardHolderName": "Ayşe Yılmaz",
        "cardNo": card, "expireDate": "1230", "cvv": "000",
    })
}

fn session(order: &str) -> Value {
    json!({
        "orderId": order, "amount": 1250, "currency": 949, "installmentCount": 0,
        "callbackUrl": "http://127.0.0.1:9/back",
    })
}

/// Tosla's code and the bank's.
fn codes(answer: &Value) -> (i64, &str) {
    (answer["Code"].as_i64().expect("a code"), answer["BankResponseCode"].as_str().unwrap_or_default())
}

/// The hidden fields of an auto-post page.
fn callback(page: &str) -> Fields {
    posted(page).1
}

fn genuine(f: &Fields) -> bool {
    field(f, "Hash") == sign::callback(f, &account(), &account().api_pass)
}

const YES: (i64, &str) = (0, "00");

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new();
    let answer = desk.sell("o1", 1_001, CARD).await;
    assert_eq!((codes(&answer), answer["OrderId"].as_str()), (YES, Some("o1")));
    assert_eq!(codes(&desk.sell("o1", 1_001, CARD).await), (998, ""));
    assert_eq!(desk.0.order("o1").map(|o| (o.state, o.net, o.approvals)), Some(("sold", 1_001, 1)));
    for (n, card) in test_cards().iter().filter(|c| c.group == "decline").enumerate() {
        let answer = desk.sell(&format!("d{n}"), 101, &card.number).await;
        let expected = if card.bank_code == Some("92") { "68" } else { card.bank_code.expect("a code") };
        assert_eq!(codes(&answer), (0, expected), "{}", card.note_en);
    }
    assert_eq!(codes(&desk.sell("x", 101, "5571135571135576").await), (0, "14"));
}

#[tokio::test]
async fn a_hash_is_right_of_now_and_used_once() {
    let desk = Desk::new();
    let message = desk.message(&sale("o1", 1_001, CARD));
    assert_eq!(codes(&desk.post("Payment", &message).await), YES);
    assert_eq!(codes(&desk.post("inquiry", &message).await), (998, ""), "the same hash again");
    for (name, value) in [("hash", "x"), ("rnd", "other"), ("apiUser", "nobody"), ("clientId", "1"), ("timeSpan", "x")]
    {
        let mut message = desk.message(&sale("o2", 1_001, CARD));
        message[name] = json!(value);
        assert_eq!(codes(&desk.post("Payment", &message).await), (998, ""), "{name}");
    }
    let early = desk.message(&sale("o2", 1_001, CARD));
    desk.0.clock().advance_ms(3_700_000);
    assert_eq!(codes(&desk.post("Payment", &early).await), (998, ""), "an hour late");
    assert!(desk.0.order("o2").is_none());
}

#[tokio::test]
async fn messages_are_checked_before_the_order_is_looked_at() {
    let desk = Desk::new();
    for (name, value) in [
        ("orderId", json!("ş")),
        ("orderId", json!("")),
        ("amount", json!("1001")),
        ("amount", json!(10.01)),
        ("currency", json!("949")),
        ("currency", json!(1)),
        ("installmentCount", json!(1)),
        ("installmentCount", Value::Null),
        ("cardHolderName", Value::Null),
    ] {
        let mut bad = sale("o1", 1_001, CARD);
        bad[name] = value;
        assert_eq!(codes(&desk.api("Payment", bad).await), (998, ""), "{name}");
    }
    let mut bad = session("o1");
    bad["callbackUrl"] = json!("ftp://x");
    assert_eq!(codes(&desk.api("threeDPayment", bad).await), (998, ""));
    let unknown = Request::post("/api/Payment/somethingElse").body(Body::from("{}")).expect("a request");
    assert_eq!(desk.send(unknown).await.0, StatusCode::NOT_FOUND);
    // An account that is not open to payments without 3-D.
    let (random, time) = ("r", local(desk.0.clock().now_ms()).strftime("%Y%m%d%H%M%S").to_string());
    let web = Account { api_user: "POS_ENT_Leylek_Web".into(), api_pass: "Leylek_Web!ş".into() };
    let mut message = sale("o1", 1_001, CARD);
    let hash = sign::request(&web, "1000000777", random, &time);
    for (name, value) in [
        ("clientId", "1000000777"),
        ("apiUser", "POS_ENT_Leylek_Web"),
        ("rnd", random),
        ("timeSpan", &time),
        ("hash", &hash),
    ] {
        message[name] = json!(value);
    }
    assert_eq!(codes(&desk.post("Payment", &message).await), (998, ""));
    assert!(desk.0.orders().is_empty());
}

#[tokio::test]
async fn void_and_refund_show_in_the_line_of_an_order() {
    let desk = Desk::new();
    let status = async |order: &str| desk.ask(order).await["RequestStatus"].as_i64();
    let none = desk.ask("o1").await;
    assert_eq!((&none["OrderId"], &none["Amount"], codes(&none)), (&Value::Null, &json!(0), (0, "")));
    for order in ["o1", "o2", "o3"] {
        desk.sell(order, 1_000, CARD).await;
    }
    let refund = async |order: &str, amount: i64| {
        codes(&desk.api("refund", json!({"orderId": order, "amount": amount})).await).0
    };
    assert_eq!(status("o1").await, Some(1));
    assert_eq!(codes(&desk.api("void", json!({"orderId": "o2"})).await), YES);
    assert_eq!((status("o2").await, desk.ask("o2").await["CardNo"].as_str()), (Some(2), Some("55711300****5575")));
    assert_eq!(codes(&desk.api("void", json!({"orderId": "o2"})).await), (999, ""));
    assert_eq!((refund("none", 100).await, refund("o2", 100).await), (101, 999));
    assert_eq!((refund("o1", 400).await, status("o1").await), (0, Some(3)));
    assert_eq!(desk.ask("o1").await["RefundedAmount"], 400);
    assert_eq!((refund("o1", 601).await, refund("o1", 600).await, status("o1").await), (999, 0, Some(4)));
    desk.0.day_end();
    assert_eq!(codes(&desk.api("void", json!({"orderId": "o3"})).await), (999, ""));
    assert_eq!(desk.0.order("o3").map(|o| o.net), Some(1_000));
    let date = local(desk.0.clock().now_ms()).strftime("%Y%m%d").to_string();
    let page = async |number: u32| {
        desk.api("history", json!({"orderId": "o1", "transactionDate": date, "page": number, "pageSize": 2})).await
    };
    let first = page(1).await;
    assert_eq!((&first["Count"], first["Transactions"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    assert_eq!(page(2).await["Transactions"][0]["TransactionType"], 5);
    assert_eq!(codes(&page(0).await), (998, ""));
}

#[tokio::test]
async fn a_day_is_listed_whole_or_for_one_order() {
    let desk = Desk::new();
    // No midnight falls between two questions.
    desk.0.clock().advance_ms(DAY_MS - desk.0.clock().now_ms().rem_euclid(DAY_MS));
    let date = |at_ms: i64| local(at_ms).strftime("%Y%m%d").to_string();
    let (first, second) = (date(desk.0.clock().now_ms()), date(desk.0.clock().now_ms() + DAY_MS));
    let day = async |date: Value, more: Value| {
        let mut message = json!({"transactionDate": date, "page": 1, "pageSize": 50});
        for (name, value) in more.as_object().expect("an object") {
            message[name] = value.clone();
        }
        let answer = desk.api("history", message).await;
        let of = |row: &Value| {
            let text = |name: &str| row[name].as_str().expect("a text").to_owned();
            let number = |name: &str| row[name].as_i64().expect("a number");
            (text("OrderId"), number("TransactionType"), number("RequestStatus"), number("Amount"))
        };
        let rows: Vec<_> =
            answer["Transactions"].as_array().map(|rows| rows.iter().map(of).collect()).unwrap_or_default();
        (codes(&answer).0, answer["Count"].as_u64(), rows)
    };
    assert_eq!(day(json!(first), json!({})).await, (0, Some(0), vec![]), "an empty day is one");
    for order in ["d1", "d2", "d3"] {
        desk.sell(order, 1_000, CARD).await;
    }
    let refused = test_cards().iter().find(|card| card.bank_code == Some("51")).map(|card| card.number.clone());
    desk.sell("d4", 1_000, &refused.expect("a card")).await;
    desk.api("void", json!({"orderId": "d2"})).await;
    desk.0.clock().advance_ms(DAY_MS);
    desk.0.day_end();
    desk.api("refund", json!({"orderId": "d3", "amount": 400})).await;
    let row = |order: &str, kind: i64, status: i64, amount: i64| (order.to_owned(), kind, status, amount);
    let whole = vec![
        row("d1", 1, 1, 1_000),
        row("d2", 1, 2, 1_000),
        row("d3", 1, 3, 1_000),
        row("d4", 1, 0, 1_000),
        row("d2", 4, 1, 1_000),
    ];
    assert_eq!(day(json!(first), json!({})).await, (0, Some(5), whole));
    let number: u64 = second.parse().expect("a number");
    assert_eq!(day(json!(number), json!({"orderId": null})).await, (0, Some(1), vec![row("d3", 5, 1, 400)]));
    assert_eq!(day(json!(second), json!({"orderId": "d1"})).await, (0, Some(0), vec![]));
    assert_eq!(day(json!(second), json!({"orderId": "ş"})).await, (998, None, vec![]));
}

#[tokio::test]
async fn the_gate_charges_in_a_session() {
    let desk = Desk::new();
    let id = desk.open("threeDPayment", "t1").await;
    assert_eq!(desk.ask("t1").await["RequestStatus"], 10, "waiting for 3-D");
    let again = desk.api("threeDPayment", session("t1")).await;
    assert_eq!(codes(&again), (998, ""), "an order has one session");
    let (acs, page) = desk.card(&id, CARD).await;
    assert!(acs.starts_with("/acs/") && page.contains("12,50 TL"), "{page}");
    let f = desk.confirm(&acs).await;
    assert_eq!((field(&f, "MdStatus"), field(&f, "BankResponseCode"), field(&f, "RequestStatus")), ("1", "00", "1"));
    assert!(genuine(&f) && !field(&f, "HashParameters").contains("Amount"), "the hash covers no amount");
    assert_eq!(desk.0.order("t1").map(|o| (o.net, o.approvals)), Some((1_250, 1)));
    assert_eq!(desk.ask("t1").await["RequestStatus"], 1);
    let (status, ..) = desk.browse(&format!("/api/Payment/threeDSecure/{id}"), &[]).await;
    assert_eq!(status, StatusCode::GONE, "a session is used once");
    assert_eq!(desk.card(&id, CARD).await.0, "/api/Payment/ProcessCardForm");
}

#[tokio::test]
async fn a_hosted_page_asks_for_the_card_and_reserves() {
    let desk = Desk::new();
    let id = desk.open("threeDPreAuth", "t2").await;
    let at = format!("/api/Payment/threeDSecure/{id}");
    let (_, _, page) = desk.browse(&at, &[]).await;
    assert!(page.contains("name=\"pan\"") && page.contains("12,50 TL"));
    let typed = |pan: &'static str| [("pan", pan), ("month", "12"), ("year", "30"), ("cv2", "000")];
    assert!(desk.browse(&at, &typed("1")).await.2.contains("role=\"alert\""));
    let (_, acs, _) = desk.browse(&at, &typed("5571 1355 7113 5575")).await;
    assert!(genuine(&desk.confirm(&acs).await));
    let line = desk.ask("t2").await;
    assert_eq!((&line["TransactionType"], &line["RequestStatus"]), (&json!(2), &json!(1)));
    let capture = async |amount: i64| codes(&desk.api("postAuth", json!({"orderId": "t2", "amount": amount})).await).0;
    assert_eq!((capture(1_251).await, capture(700).await, capture(1).await), (999, 0, 999));
    let line = desk.ask("t2").await;
    assert_eq!(
        (&line["RequestStatus"], &line["PostAuthedAmount"], &line["Amount"]),
        (&json!(5), &json!(700), &json!(1_250))
    );
}

#[tokio::test]
async fn failures_are_signed_as_well() {
    let desk = Desk::new();
    let id = desk.open("threeDPayment", "f1").await;
    let (acs, _) = desk.card(&id, CARD).await;
    let f = callback(&desk.browse(&acs, &[("action", "cancel")]).await.2);
    assert_eq!((field(&f, "BankResponseCode"), field(&f, "RequestStatus"), genuine(&f)), ("MD:0", "0", true));
    let line = desk.ask("f1").await;
    assert_eq!((codes(&line), &line["RequestStatus"]), ((0, "MD:0"), &json!(0)));
    let id = desk.open("threeDPayment", "f2").await;
    let f = callback(&desk.card(&id, "5571135571135576").await.1);
    assert_eq!((field(&f, "MdStatus"), field(&f, "BankResponseCode"), genuine(&f)), ("", "14", true));
    let id = desk.open("threeDPayment", "f3").await;
    let at = format!("/api/Payment/threeDSecure/{id}");
    assert_eq!(field(&callback(&desk.browse(&at, &[("action", "cancel")]).await.2), "BankResponseCode"), "MD:0");
    for (n, card) in test_cards().iter().filter(|c| c.group == "three_d").enumerate() {
        let id = desk.open("threeDPayment", &format!("h{n}")).await;
        let (acs, page) = desk.card(&id, &card.number).await;
        let page = if acs.starts_with("/acs/") { desk.browse(&acs, &[("code", "123456")]).await.2 } else { page };
        assert!(!page.contains(&card.number));
    }
    assert!(desk.0.order("f1").is_none() && desk.0.order("h1").is_none(), "half secure is not charged");
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to() {
    let desk = Desk::new();
    desk.0.fault(Fault { status: Some(502), ..Fault::once(FaultKind::Html) });
    let message = desk.message(&sale("f1", 100, CARD)).to_string();
    let request = Request::post("/api/Payment/Payment").body(Body::from(message)).expect("a request");
    let (status, _, page) = desk.send(request).await;
    assert_eq!((status, page.contains("Request Rejected")), (StatusCode::BAD_GATEWAY, true));
    assert_eq!(desk.0.order("f1").map(|o| o.net), Some(100), "booked, then spoiled");
    // A bank that cannot be heard cannot be heard a second time either; then it knows the question again.
    let question = desk.message(&json!({"orderId": "f1"}));
    desk.0.fault(Fault::always(FaultKind::Html).on(Op::Status));
    for _ in 0..2 {
        let request = Request::post("/api/Payment/inquiry").body(Body::from(question.to_string()));
        assert!(desk.send(request.expect("a request")).await.2.contains("Request Rejected"));
    }
    desk.0.clear_faults();
    assert_eq!(codes(&desk.post("inquiry", &question).await), (998, ""));
    desk.0.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(desk.ask("f1").await["Amount"], 200);
    desk.0.fault(Fault::once(FaultKind::WrongOrder));
    assert_eq!(desk.sell("f2", 100, CARD).await["OrderId"], "Xf2");
    desk.0.fault(Fault::once(FaultKind::WrongHash));
    let id = desk.open("threeDPayment", "f3").await;
    let (acs, _) = desk.card(&id, CARD).await;
    assert!(!genuine(&desk.confirm(&acs).await));
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number() {
    let desk = Desk::new();
    desk.sell("c1", 101, CARD).await;
    let id = desk.open("threeDPayment", "c2").await;
    let (acs, page) = desk.card(&id, CARD).await;
    assert!(!page.contains(CARD));
    assert!(desk.confirm(&acs).await.iter().all(|(_, v)| !v.contains(CARD)));
    for path in ["/admin/book", "/admin/requests", "/admin/orders/c1", "/admin/faults", "/admin/stores"] {
        let (status, _, body) = desk.send(Request::get(path).body(Body::empty()).expect("a request")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains(CARD) && !body.contains("001!*!*"), "{path}");
    }
}
