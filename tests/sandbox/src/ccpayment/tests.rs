//! The platform through its own pages, as a merchant written from Sipay's documentation would use it.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::bank::{Bank, Options};
use crate::card::test_cards;
use crate::fault::{Fault, FaultKind, Op};
use crate::form;
use crate::merchant::{exchange, posted, text, visit};

use super::hash;
use super::store::{Account, stores};

const CARD: &str = "4508034508034509";
const IV: &str = "00112233aabbccdd";

fn account() -> Account {
    stores()[0].account::<Account>().expect("is there").clone()
}

fn hashed(values: &[&str]) -> String {
    hash::made(values, &account().app_secret, IV, "5a17")
}

struct Desk {
    bank: Bank,
    token: String,
}

impl Desk {
    async fn new() -> Self {
        let bank = Bank::new(Options::default()).expect("a bank");
        let mut desk = Self { bank, token: String::new() };
        let asked = json!({"app_id": account().app_id, "app_secret": account().app_secret});
        desk.token = desk.post("api/token", &asked).await["data"]["token"].as_str().expect("a token").to_owned();
        desk
    }

    async fn raw(&self, path: &str, message: &Value) -> (StatusCode, Vec<u8>) {
        let request = Request::post(format!("/ccpayment/{path}"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        let request = request.body(Body::from(message.to_string())).expect("a request");
        let (status, _, body) = exchange(&self.bank, request).await;
        (status, body)
    }

    async fn post(&self, path: &str, message: &Value) -> Value {
        serde_json::from_slice(&self.raw(path, message).await.1).expect("JSON")
    }

    async fn sell(&self, order: &str, total: &str, changes: &[(&str, Value)]) -> Value {
        self.post("api/paySmart2D", &sale(order, total, changes)).await
    }

    async fn ask(&self, order: &str) -> Value {
        let asked = json!({
            "merchant_key": account().merchant_key, "invoice_id": order, "include_pending_status": "true",
            "hash_key": hashed(&[order, &account().merchant_key]),
        });
        self.post("api/checkstatus", &asked).await
    }

    async fn back(&self, order: &str, amount: &str, reference: &str) -> u64 {
        let account = account();
        let message = json!({
            "invoice_id": order, "amount": amount, "app_id": account.app_id, "app_secret": account.app_secret,
            "merchant_key": account.merchant_key, "hash_key": hashed(&[amount, order, &account.merchant_key]),
            "refund_transaction_id": reference,
        });
        code(&self.post("api/refund", &message).await)
    }

    async fn confirm(&self, order: &str, status: &str, total: &str) -> u64 {
        let key = account().merchant_key;
        let message = json!({
            "merchant_key": key, "invoice_id": order, "status": status, "total": total,
            "hash_key": hashed(&[&key, order, status]),
        });
        code(&self.post("api/confirmPayment", &message).await)
    }

    async fn complete(&self, order: &str, number: &str) -> Value {
        let key = account().merchant_key;
        let message = json!({
            "merchant_key": key, "invoice_id": order, "order_id": number, "status": "complete",
            "hash_key": hashed(&[&key, order, number, "complete"]),
        });
        self.post("payment/complete", &message).await
    }

    /// The page the card form leads to.
    async fn card(&self, order: &str, number: &str, changes: &[(&str, Value)]) -> (String, String) {
        let mut form = sale(order, "12.50", &[("cc_no", json!(number))]);
        form["items"] = json!(form["items"].to_string());
        form["return_url"] = json!("http://127.0.0.1:9/ok");
        form["cancel_url"] = json!("http://127.0.0.1:9/no");
        form["response_method"] = json!("POST");
        form["payment_completed_by"] = json!("app");
        for (name, value) in changes {
            form[*name] = value.clone();
        }
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fields: Vec<(String, String)> =
            form.as_object().expect("an object").iter().map(|(name, value)| (name.clone(), plain(value))).collect();
        visit(&self.bank, "/ccpayment/api/paySmart3D", form::encode(&fields)).await
    }

    /// Types the one-time code; where the browser is sent, with what.
    async fn through(&self, acs: &str) -> (String, Vec<(String, String)>) {
        posted(&visit(&self.bank, acs, "code=123456&action=confirm".into()).await.1)
    }
}

fn sale(order: &str, total: &str, changes: &[(&str, Value)]) -> Value {
    let key = account().merchant_key;
    let mut message = json!({
        "cc_holder_name": "Ayşe Yılmaz", "cc_no": CARD, "expiry_month": "12", "expiry_year": "2030", "cvv": "000",
        "currency_code": "TRY", "installments_number": 1, "invoice_id": order, "invoice_description": order,
        "name": "Ayşe", "surname": "Yılmaz", "total": total, "merchant_key": key,
        "items": [{"name": "a", "price": total, "quantity": 1, "description": ""}],
        "hash_key": hashed(&[total, "1", "TRY", &key, order]),
    });
    for (name, value) in changes {
        message[*name] = value.clone();
    }
    message
}

fn code(answer: &Value) -> u64 {
    answer["status_code"].as_u64().expect("a code")
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    form::value(fields, name)
}

/// Whether a return's hash is over what it says.
fn genuine(f: &[(String, String)]) -> bool {
    let said = ["payment_status", "amount", "invoice_id", "order_id"].map(|name| value(f, name));
    let found = hash::opened(value(f, "hash_key"), &account().app_secret).unwrap_or_default();
    found.len() == 5 && found[..4] == said && found[4] == "TRY"
}

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new().await;
    let answer = desk.sell("o1", "10.01", &[]).await;
    assert_eq!(
        (code(&answer), &answer["data"]["payment_status"], &answer["data"]["amount"]),
        (100, &json!(1), &json!(10.01))
    );
    assert_eq!(code(&desk.sell("o1", "10.01", &[]).await), 117);
    assert_eq!(desk.bank.order("o1").map(|o| (o.state, o.net, o.approvals)), Some(("sold", 1_001, 1)));
    for (n, card) in test_cards().iter().filter(|c| c.group == "decline").enumerate() {
        let answer = desk.sell(&format!("d{n}"), "1.01", &[("cc_no", json!(card.number))]).await;
        let said = (code(&answer), answer["data"]["original_bank_error_code"].as_str());
        let expected = card.bank_code.map(|code| if code == "92" { "68" } else { code });
        assert_eq!(said, (41, expected), "{}", card.note_en);
    }
}

#[tokio::test]
async fn a_token_is_needed_and_does_not_live_for_ever() {
    let mut desk = Desk::new().await;
    let wrong = json!({"app_id": account().app_id, "app_secret": "x"});
    assert_eq!(code(&desk.post("api/token", &wrong).await), 30);
    desk.bank.clock().advance_ms(2 * 3_600_000 + 1);
    let (status, body) = desk.raw("api/paySmart2D", &sale("o1", "10.01", &[])).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{}", String::from_utf8_lossy(&body));
    desk.token = "x".into();
    assert_eq!(code(&desk.ask("o1").await), 30);
    assert!(desk.bank.orders().is_empty());
    let (status, _) = desk.raw("api/somethingElse", &json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn fields_articles_and_hashes_are_checked_before_the_order() {
    let desk = Desk::new().await;
    let key = account().merchant_key;
    let other = hash::made(&["10.01", "1", "TRY", &key, "o1"], "another secret", IV, "5a17");
    for (name, value, expected) in [
        ("cc_holder_name", json!(""), 1),
        ("surname", Value::Null, 1),
        ("cvv", json!(""), 100),
        ("expiry_month", json!("13"), 1),
        ("cc_no", json!("4508034508034508"), 108),
        ("merchant_key", json!("x"), 14),
        ("hash_key", json!(other), 90),
        ("hash_key", json!("x"), 90),
        ("hash_key", json!(hashed(&["10.02", "1", "TRY", &key, "o1"])), 68),
        ("hash_key", json!(hashed(&["10.01", "1", "TRY", "other", "o1"])), 91),
        ("total", json!("10.02"), 68),
        ("items", json!({}), 12),
        ("items", json!([{"price": "10.02", "quantity": 1}]), 13),
        ("items", json!([{"price": "10.01", "quantity": "x"}]), 33),
        ("transaction_type", json!("Auto"), 1),
    ] {
        let order = if expected == 100 { "o2" } else { "o1" };
        let mut message = sale(order, "10.01", &[(name, value.clone())]);
        if name == "items" || name == "transaction_type" || name == "cc_no" {
            message["hash_key"] = json!(hashed(&["10.01", "1", "TRY", &key, order]));
        }
        assert_eq!(code(&desk.post("api/paySmart2D", &message).await), expected, "{name} {value}");
    }
    for (total, installments, currency, expected) in [
        ("0.00", "1", "TRY", 1),
        ("1.001", "1", "TRY", 1),
        ("1.00", "13", "TRY", 40),
        ("1.00", "2", "USD", 40),
        ("1.00", "1", "GBP", 12),
    ] {
        let changes = [
            ("installments_number", json!(installments)),
            ("currency_code", json!(currency)),
            ("hash_key", json!(hashed(&[total, installments, currency, &key, "o3"]))),
        ];
        assert_eq!(code(&desk.sell("o3", total, &changes).await), expected, "{total} {installments} {currency}");
    }
    assert!(desk.bank.order("o1").is_none() && desk.bank.order("o3").is_none());
}

#[tokio::test]
async fn reservations_are_taken_or_dropped_and_payments_given_back() {
    let desk = Desk::new().await;
    let none = desk.ask("o1").await;
    assert_eq!((code(&none), none["transaction_status"].as_str()), (32, Some("Failed")));
    for order in ["h1", "h2"] {
        assert_eq!(code(&desk.sell(order, "10.00", &[("transaction_type", json!("PreAuth"))]).await), 100);
    }
    let state = async |order: &str| desk.ask(order).await["transaction_status"].as_str().expect("a word").to_owned();
    assert_eq!(state("h1").await, "Pre-Authorization");
    assert_eq!((desk.confirm("h1", "1", "10.01").await, desk.confirm("h1", "1", "7.00").await), (1, 100));
    assert_eq!((desk.confirm("h1", "1", "1.00").await, desk.confirm("no", "1", "1.00").await), (3, 31));
    let taken = desk.ask("h1").await;
    assert_eq!((taken["transaction_status"].as_str(), &taken["transaction_amount"]), (Some("Completed"), &json!(7.0)));
    assert_eq!((desk.confirm("h2", "2", "").await, state("h2").await), (100, "Pre-Auth Cancelled".to_owned()));
    assert_eq!((desk.confirm("h2", "2", "").await, desk.confirm("h2", "3", "").await), (3, 1));
    assert_eq!(desk.back("h1", "2.5", "r1").await, 100);
    assert_eq!(desk.back("h1", "1.00", "r1").await, 104, "the merchant's number is used once");
    assert_eq!(desk.back("h1", "1.00", "r2").await, 49, "too soon");
    desk.bank.clock().advance_ms(31_000);
    assert_eq!((desk.back("h1", "4.51", "r3").await, state("h1").await), (49, "Partial Refund".to_owned()));
    assert_eq!(desk.ask("h1").await["total_refunded_amount"], json!(2.5));
    assert_eq!((desk.back("h1", "4.50", "r4").await, state("h1").await), (100, "Refund".to_owned()));
    assert_eq!((desk.back("none", "1.00", "r5").await, desk.back("none", "x", "r6").await), (31, 1));
    let numeric = json!({
        "invoice_id": "h1", "amount": 1, "app_id": account().app_id, "app_secret": account().app_secret,
        "merchant_key": account().merchant_key, "hash_key": "x",
    });
    assert_eq!(code(&desk.post("api/refund", &numeric).await), 1, "an amount is a text");
}

#[tokio::test]
async fn the_gate_charges_by_itself_or_lets_the_merchant_complete() {
    let desk = Desk::new().await;
    let (acs, page) = desk.card("t1", CARD, &[]).await;
    assert!(acs.starts_with("/acs/") && page.contains("12,50 TL"), "{page}");
    assert_eq!(desk.ask("t1").await["transaction_status"], "Pending");
    let (url, f) = desk.through(&acs).await;
    assert_eq!(
        (url.as_str(), value(&f, "payment_status"), value(&f, "md_status")),
        ("http://127.0.0.1:9/ok", "1", "1")
    );
    assert!(genuine(&f));
    assert_eq!(desk.bank.order("t1").map(|o| o.net), Some(1_250));
    let merchant = [("payment_completed_by", json!("merchant")), ("transaction_type", json!("PreAuth"))];
    let (acs, _) = desk.card("t2", CARD, &merchant).await;
    let (_, f) = desk.through(&acs).await;
    assert!(genuine(&f) && desk.bank.order("t2").is_none(), "nothing is charged yet");
    let number = value(&f, "order_id").to_owned();
    assert_eq!(code(&desk.complete("other", &number).await), 31);
    let done = desk.complete("t2", &number).await;
    assert_eq!((code(&done), &done["data"]["amount"]), (100, &json!(12.5)));
    assert_eq!(code(&desk.complete("t2", &number).await), 3, "once");
    assert_eq!(desk.bank.order("t2").map(|o| (o.held, o.approvals)), Some((1_250, 1)));
}

#[tokio::test]
async fn failures_come_back_signed_to_the_other_address() {
    let desk = Desk::new().await;
    let (acs, _) = desk.card("f1", CARD, &[]).await;
    let (url, f) = posted(&visit(&desk.bank, &acs, "action=cancel".into()).await.1);
    assert_eq!((url.as_str(), value(&f, "payment_status")), ("http://127.0.0.1:9/no", "0"));
    assert!(genuine(&f));
    assert_eq!(code(&desk.ask("f1").await), 41);
    let (_, page) = desk.card("f2", CARD, &[("hash_key", json!("x"))]).await;
    let (_, f) = posted(&page);
    assert_eq!((value(&f, "error_code"), value(&f, "payment_status")), ("90", "0"));
    for (name, bad) in [("merchant_key", "x"), ("cancel_url", "")] {
        let (_, page) = desk.card("f3", CARD, &[(name, json!(bad))]).await;
        assert!(posted(&page).1.is_empty(), "{name}: nobody to go back to");
    }
    for (n, card) in test_cards().iter().filter(|c| c.group == "three_d").enumerate() {
        let (acs, page) = desk.card(&format!("h{n}"), &card.number, &[]).await;
        let page = if acs.starts_with("/acs/") { visit(&desk.bank, &acs, "code=123456".into()).await.1 } else { page };
        assert!(!page.contains(&card.number));
    }
    let late = [("payment_completed_by", json!("merchant"))];
    let (acs, _) = desk.card("l1", CARD, &late).await;
    let (_, f) = desk.through(&acs).await;
    desk.bank.clock().advance_ms(31 * 60_000);
    assert_eq!(code(&desk.complete("l1", value(&f, "order_id")).await), 105);
    assert_eq!(desk.ask("l1").await["transaction_status"], "Failed");
}

#[tokio::test]
async fn a_return_by_query_is_a_redirect() {
    let desk = Desk::new().await;
    let (acs, _) = desk.card("g1", CARD, &[("response_method", json!("GET"))]).await;
    let request = crate::merchant::form_request("POST", &acs, "code=123456&action=confirm".into());
    let (_, at, _) = exchange(&desk.bank, request).await;
    let (status, at, _) = exchange(&desk.bank, crate::merchant::form_request("GET", &at, String::new())).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (address, query) = at.split_once('?').expect("a query");
    assert_eq!(address, "http://127.0.0.1:9/ok");
    assert!(genuine(&form::parse(query.as_bytes())));
}

#[tokio::test]
async fn commissions_are_listed_by_instalments() {
    let desk = Desk::new().await;
    let all = desk.post("api/commissions", &json!({"currency_code": "TRY"})).await;
    assert_eq!(all["data"]["3"][0]["merchant_commission_percentage"], "5.40");
    assert_eq!(code(&desk.post("api/commissions", &json!({"currency_code": "USD"})).await), 38);
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to() {
    let desk = Desk::new().await;
    desk.bank.fault(Fault { status: Some(502), ..Fault::once(FaultKind::Html) });
    let (status, page) = desk.raw("api/paySmart2D", &sale("f1", "1.00", &[])).await;
    assert_eq!((status, text(page).contains("Request Rejected")), (StatusCode::BAD_GATEWAY, true));
    assert_eq!(desk.bank.order("f1").map(|o| o.net), Some(100), "booked, then spoiled");
    desk.bank.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(desk.ask("f1").await["transaction_amount"], json!(2.0));
    desk.bank.fault(Fault::once(FaultKind::WrongOrder));
    assert_eq!(desk.sell("f2", "1.00", &[]).await["data"]["invoice_id"], "Xf2");
    for kind in [FaultKind::WrongHash, FaultKind::WrongCurrency] {
        desk.bank.fault(Fault::once(kind).on(Op::Callback));
        let (acs, _) = desk.card(&format!("{kind:?}"), CARD, &[]).await;
        assert!(!genuine(&desk.through(&acs).await.1), "{kind:?}");
    }
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number_or_a_secret() {
    let desk = Desk::new().await;
    desk.sell("c1", "1.01", &[]).await;
    let (acs, page) = desk.card("c2", CARD, &[]).await;
    assert!(!page.contains(CARD));
    assert!(desk.through(&acs).await.1.iter().all(|(_, v)| !v.contains(CARD)));
    for path in ["/admin/book", "/admin/requests", "/admin/orders/c1", "/admin/faults", "/admin/stores"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let (status, _, body) = exchange(&desk.bank, request).await;
        let body = text(body);
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains(CARD) && !body.contains(&account().app_secret), "{path}");
    }
}
