//! The platform through its own pages, as a merchant written from its samples would use it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::bank::{Bank, Options};
use crate::card::test_cards;
use crate::fault::{Fault, FaultKind, Op};
use crate::form;
use crate::merchant::{exchange, form_request, posted, text, visit};

use super::hash;
use super::store::{Account, stores};

const CARD: &str = "5571135571135575";

fn account(n: usize) -> Account {
    stores()[n].account::<Account>().expect("is there").clone()
}

struct Desk {
    bank: Bank,
    store: usize,
}

type Changes<'a> = &'a [(&'a str, &'a str)];

impl Desk {
    fn new() -> Self {
        Self { bank: Bank::new(Options::default()).expect("a bank"), store: 0 }
    }

    fn body(&self, action: &str, fields: Changes<'_>, changes: Changes<'_>) -> String {
        let account = account(self.store);
        let own = [
            ("ACTION", action),
            ("MERCHANT", stores()[self.store].id.as_str()),
            ("MERCHANTUSER", &account.user),
            ("MERCHANTPASSWORD", &account.password),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut all: Vec<(String, String)> = own.to_vec();
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        for (name, value) in changes {
            all.retain(|(there, _)| there != name);
            if *value != "-" {
                all.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        form::encode(&all)
    }

    async fn raw(&self, body: String) -> (StatusCode, Vec<u8>) {
        let (status, _, body) = exchange(&self.bank, form_request("POST", "/msu/api/v2", body)).await;
        (status, body)
    }

    async fn post(&self, action: &str, fields: Changes<'_>, changes: Changes<'_>) -> Value {
        serde_json::from_slice(&self.raw(self.body(action, fields, changes)).await.1).expect("JSON")
    }

    async fn sell(&self, action: &str, order: &str, amount: &str, changes: Changes<'_>) -> Value {
        self.post(action, &charge(order, amount), changes).await
    }

    async fn later(&self, action: &str, order: &str, amount: &str) -> String {
        let mut fields = vec![("MERCHANTPAYMENTID", order)];
        if !amount.is_empty() {
            fields.extend([("AMOUNT", amount), ("CURRENCY", "TRY")]);
        }
        code(&self.post(action, &fields, &[]).await)
    }

    async fn ask(&self, order: &str) -> Value {
        self.post("QUERYTRANSACTION", &[("MERCHANTPAYMENTID", order)], &[]).await
    }

    /// Kind and state of every transaction.
    async fn rows(&self, order: &str) -> Vec<String> {
        let answer = self.ask(order).await;
        let word = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let rows = answer["transactionList"].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| word(row, "transactionType") + " " + &word(row, "transactionStatus")).collect()
    }

    async fn open(&self, order: &str, changes: Changes<'_>) -> Value {
        let items = json!([{"code": "a", "name": "a", "quantity": 2, "amount": 6.25}]).to_string();
        let fields = [
            ("MERCHANTPAYMENTID", order),
            ("CUSTOMER", "c-1"),
            ("AMOUNT", "12.50"),
            ("CURRENCY", "TRY"),
            ("SESSIONTYPE", "PAYMENTSESSION"),
            ("RETURNURL", "http://127.0.0.1:9/back"),
            ("ORDERITEMS", &items),
        ];
        self.post("SESSIONTOKEN", &fields, changes).await
    }

    /// The page the card form leads to, and the session.
    async fn card(&self, order: &str, number: &str, changes: Changes<'_>) -> (String, String, String) {
        let opened = self.open(order, &[]).await;
        let token = opened["sessionToken"].as_str().expect("a session").to_owned();
        let (at, page) = self.post_card(&token, number, changes).await;
        (at, page, token)
    }

    async fn post_card(&self, token: &str, number: &str, changes: Changes<'_>) -> (String, String) {
        let mut all: Vec<(String, String)> = [
            ("cardOwner", "Ayşe Yılmaz"),
            ("pan", number),
            ("expiryMonth", "12"),
            ("expiryYear", "2030"),
            ("cvv", "000"),
            ("installmentCount", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        for (name, value) in changes {
            all.retain(|(there, _)| there != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        visit(&self.bank, &format!("/msu/api/v2/post/sale3d/{token}"), form::encode(&all)).await
    }

    /// Types the one-time code; what the browser posts to the merchant.
    async fn through(&self, acs: &str) -> Vec<(String, String)> {
        posted(&visit(&self.bank, acs, "code=123456&action=confirm".into()).await.1).1
    }
}

fn charge<'a>(order: &'a str, amount: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("MERCHANTPAYMENTID", order),
        ("CUSTOMER", "c-1"),
        ("AMOUNT", amount),
        ("CURRENCY", "TRY"),
        ("CARDPAN", CARD),
        ("CARDEXPIRY", "12.2030"),
        ("CARDCVV", "000"),
        ("NAMEONCARD", "Ayşe Yılmaz"),
        ("INSTALLMENTS", "1"),
    ]
}

/// `00`, or the error.
fn code(answer: &Value) -> String {
    answer["errorCode"].as_str().or(answer["responseCode"].as_str()).unwrap_or_default().to_owned()
}

fn genuine(fields: &[(String, String)]) -> bool {
    let names = ["merchantPaymentId", "customerId", "sessionToken", "responseCode", "random"];
    let values = names.map(|name| form::value(fields, name));
    form::value(fields, "sdSha512") == hash::signed(&values, &account(0).secret_key)
}

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new();
    let answer = desk.sell("SALE", "o1", "10.01", &[]).await;
    let said = (code(&answer), answer["amount"].clone(), answer["merchantPaymentId"].clone());
    assert_eq!(said, ("00".into(), json!(10.01), json!("o1")));
    assert_eq!(code(&desk.sell("SALE", "o1", "10.01", &[]).await), "ERR10048");
    assert_eq!(desk.bank.order("o1").map(|o| (o.state, o.net, o.approvals)), Some(("sold", 1_001, 1)));
    assert_eq!(desk.rows("o1").await, ["SALE AP"], "what the platform refused never reached a bank");
    for (n, card) in test_cards().iter().filter(|c| c.group == "decline").enumerate() {
        let answer = desk.sell("SALE", &format!("d{n}"), "1.01", &[("CARDPAN", &card.number)]).await;
        let bank_code = card.bank_code.expect("a code");
        let said = (code(&answer), answer["pgTranReturnCode"].as_str().map(str::to_owned));
        assert_eq!(said, (format!("ERR200{bank_code}"), Some(bank_code.to_owned())), "{}", card.note_en);
    }
}

#[tokio::test]
async fn who_asks_and_what_is_checked_before_the_order() {
    let desk = Desk::new();
    for (name, value, expected) in [
        ("MERCHANT", "1", "ERR10015"),
        ("MERCHANTUSER", "x", "ERR10020"),
        ("MERCHANTPASSWORD", "x", "ERR10020"),
        ("MERCHANTPASSWORD", "-", "ERR10010"),
        ("ACTION", "SELL", "ERR10140"),
        ("CUSTOMER", "-", "ERR10010"),
        ("CUSTOMER", " ", "ERR10021"),
        ("MERCHANTPAYMENTID", "-", "ERR10010"),
        ("AMOUNT", "10,01", "ERR10016"),
        ("AMOUNT", "0.00", "ERR10016"),
        ("CURRENCY", "949", "ERR10017"),
        ("INSTALLMENTS", "13", "ERR10088"),
        ("INSTALLMENTS", "0", "ERR10088"),
        ("CARDPAN", "5571135571135576", "ERR10045"),
        ("CARDEXPIRY", "12/30", "ERR10046"),
        ("CARDEXPIRY", "13.2030", "ERR10046"),
        ("CARDEXPIRY", "12.2020", "ERR20054"),
    ] {
        assert_eq!(code(&desk.sell("SALE", "o1", "10.01", &[(name, value)]).await), expected, "{name} {value}");
    }
    let twice = desk.body("SALE", &charge("o1", "10.01"), &[]) + "&CUSTOMER=x";
    let answer: Value = serde_json::from_slice(&desk.raw(twice).await.1).expect("JSON");
    assert_eq!(code(&answer), "ERR10011");
    assert_eq!(desk.bank.order("o1").map_or(0, |o| o.net), 0);
    let web = Desk { store: 1, ..Desk::new() };
    assert_eq!(code(&web.sell("SALE", "o1", "10.01", &[]).await), "ERR10154");
}

#[tokio::test]
async fn void_until_the_days_end_and_refund_after_it() {
    let desk = Desk::new();
    for order in ["o1", "o2"] {
        desk.sell("SALE", order, "10.00", &[]).await;
    }
    assert_eq!(desk.later("REFUND", "o1", "1.00").await, "ERR20040");
    assert_eq!(desk.later("VOID", "o1", "").await, "00");
    assert_eq!(desk.rows("o1").await, ["SALE VD", "VOID AP"]);
    assert_eq!(desk.later("VOID", "o1", "").await, "ERR10033");
    desk.bank.day_end();
    assert_eq!(desk.later("VOID", "o2", "").await, "ERR10033");
    assert_eq!(desk.later("REFUND", "o2", "4.00").await, "00");
    assert_eq!(desk.later("REFUND", "o2", "6.01").await, "ERR10032");
    assert_eq!(desk.later("REFUND", "o2", "6.00").await, "00");
    assert_eq!(desk.later("REFUND", "o2", "0.01").await, "ERR10031");
    assert_eq!(desk.rows("o2").await, ["SALE AP", "REFUND AP", "REFUND AP"]);
    assert_eq!(desk.later("REFUND", "none", "0.01").await, "ERR10030");
    assert_eq!(desk.later("VOID", "o2", "").await, "ERR10033", "no void of a refund");
    assert_eq!(desk.bank.order("o2").map(|o| o.net), Some(0));
}

#[tokio::test]
async fn a_reservation_is_taken_once_and_goes_with_its_capture() {
    let desk = Desk::new();
    let held = desk.sell("PREAUTH", "o1", "10.00", &[]).await;
    assert_eq!(desk.rows("o1").await, ["PREAUTH AP"]);
    assert_eq!(desk.later("POSTAUTH", "o1", "10.01").await, "ERR10036");
    let number = held["pgTranId"].as_str().expect("a number");
    let take = [("PGTRANID", number), ("AMOUNT", "9.00")];
    let taken = desk.post("POSTAUTH", &take, &[]).await;
    assert_eq!(code(&taken), "00");
    assert_eq!(desk.later("POSTAUTH", "o1", "9.00").await, "ERR10035");
    assert_eq!(desk.rows("o1").await, ["PREAUTH PA", "POSTAUTH AP"]);
    let refund = [("PGTRANID", number), ("AMOUNT", "9.00"), ("CURRENCY", "TRY")];
    assert_eq!(code(&desk.post("REFUND", &refund, &[]).await), "ERR10031", "a reservation has nothing to give back");
    let capture = taken["pgTranId"].as_str().expect("a number");
    assert_eq!(code(&desk.post("VOID", &[("PGTRANID", capture)], &[]).await), "00");
    assert_eq!(desk.rows("o1").await[..2], ["PREAUTH VD", "POSTAUTH VD"]);
    assert_eq!(desk.bank.order("o1").map(|o| (o.net, o.held)), Some((0, 0)));
    let web = Desk { bank: desk.bank.clone(), store: 1 };
    assert_eq!(code(&web.post("VOID", &[("PGTRANID", number)], &[]).await), "ERR10099");
    assert_eq!(code(&web.post("VOID", &[("PGTRANID", "x")], &[]).await), "ERR10030");
}

#[tokio::test]
async fn a_session_takes_a_card_once_and_signs_what_came_of_it() {
    let desk = Desk::new();
    let (acs, _, token) = desk.card("g1", CARD, &[("installmentCount", "3")]).await;
    assert!(acs.starts_with("/acs/"), "{acs}");
    let back = desk.through(&acs).await;
    assert!(genuine(&back));
    let said = ["merchantPaymentId", "customerId", "sessionToken", "responseCode"].map(|n| form::value(&back, n));
    assert_eq!(said, ["g1", "c-1", &token, "00"]);
    assert_eq!(desk.ask("g1").await["transactionList"][0]["installmentCount"], 3);
    let (_, page) = desk.post_card(&token, CARD, &[]).await;
    assert!(posted(&page).1.is_empty(), "a session is good for one card");
    assert_eq!(code(&desk.open("g1", &[]).await), "ERR10048");
    assert_eq!(desk.bank.order("g1").map(|o| (o.net, o.approvals)), Some((1_250, 1)));
}

#[tokio::test]
async fn sessions_are_checked_and_end() {
    let desk = Desk::new();
    for (name, value, expected) in [
        ("SESSIONTYPE", "WALLETSESSION", "ERR10140"),
        ("RETURNURL", "ftp://x", "ERR10013"),
        ("RETURNURL", "-", "ERR10010"),
        ("ORDERITEMS", "[{\"quantity\":1,\"amount\":1.00}]", "ERR10022"),
        ("ORDERITEMS", "x", "ERR10013"),
    ] {
        assert_eq!(code(&desk.open("s1", &[(name, value)]).await), expected, "{name} {value}");
    }
    let opened = desk.open("s1", &[]).await;
    assert_eq!(desk.open("s1", &[]).await["sessionToken"], opened["sessionToken"]);
    assert_eq!(code(&desk.open("s1", &[("AMOUNT", "1.00"), ("ORDERITEMS", "-")]).await), "ERR10118");
    assert_eq!(code(&desk.ask("s1").await), "ERR10030", "nobody was asked for money");
    desk.bank.clock().advance_ms(31 * 60_000);
    let (_, page) = desk.post_card(opened["sessionToken"].as_str().expect("a session"), CARD, &[]).await;
    assert_eq!(form::value(&posted(&page).1, "errorCode"), "ERR10097");
    assert_eq!(code(&desk.open("s1", &[]).await), "ERR10117");
}

#[tokio::test]
async fn failures_are_signed_too_and_charge_nothing() {
    let desk = Desk::new();
    for (number, changes, expected) in [
        ("5406670000000009", &[][..], "ERR30002"),
        ("5406670000000025", &[], "ERR30002"),
        ("5406670000000512", &[], "ERR20051"),
        ("5571135571135576", &[], "ERR10045"),
        (CARD, &[("installmentCount", "13")], "ERR10088"),
        (CARD, &[("expiryYear", "30")], "ERR10046"),
        (CARD, &[("cardOwner", "")], "ERR10010"),
    ] {
        let order = format!("f{expected}{number}");
        let (at, page, _) = desk.card(&order, number, changes).await;
        let back = if at.starts_with("/acs/") { desk.through(&at).await } else { posted(&page).1 };
        assert!(genuine(&back), "{expected}");
        let said = ["responseCode", "errorCode"].map(|n| form::value(&back, n));
        assert_eq!(said, ["99", expected]);
        assert_eq!(desk.bank.order(&order).map_or(0, |o| o.net), 0);
    }
}

#[tokio::test]
async fn an_issuer_that_fell_silent_is_reversed_within_a_minute() {
    let desk = Desk::new();
    assert_eq!(code(&desk.sell("SALE", "r1", "10.92", &[]).await), "ERR20092");
    assert_eq!(desk.rows("r1").await, ["SALE IP"]);
    desk.bank.clock().advance_ms(61_000);
    assert_eq!(desk.rows("r1").await, ["SALE FA"]);
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to() {
    let desk = Desk::new();
    desk.bank.fault(Fault { status: Some(502), ..Fault::once(FaultKind::Html) });
    let (status, page) = desk.raw(desk.body("SALE", &charge("f1", "1.00"), &[])).await;
    assert_eq!((status, text(page).contains("Request Rejected")), (StatusCode::BAD_GATEWAY, true));
    assert_eq!(desk.bank.order("f1").map(|o| o.net), Some(100), "booked, then spoiled");
    desk.bank.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(desk.ask("f1").await["transactionList"][0]["amount"], "2.00");
    desk.bank.fault(Fault::once(FaultKind::WrongOrder).on(Op::Auth));
    assert_eq!(desk.sell("SALE", "f2", "1.00", &[]).await["merchantPaymentId"], "Xf2");
    desk.bank.fault(Fault::once(FaultKind::WrongHash).on(Op::Callback));
    let (acs, _, _) = desk.card("f3", CARD, &[]).await;
    assert!(!genuine(&desk.through(&acs).await));
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number_or_a_secret() {
    let desk = Desk::new();
    desk.sell("SALE", "c1", "1.01", &[]).await;
    let (acs, page, _) = desk.card("c2", CARD, &[]).await;
    assert!(!page.contains(CARD));
    assert!(desk.through(&acs).await.iter().all(|(_, v)| !v.contains(CARD)));
    for path in ["/admin/book", "/admin/requests", "/admin/orders/c1", "/admin/faults", "/admin/stores"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let (status, _, body) = exchange(&desk.bank, request).await;
        let body = text(body);
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains(CARD) && !body.contains(&account(0).password), "{path}");
        assert!(!body.contains(&account(0).secret_key), "{path}");
    }
}
