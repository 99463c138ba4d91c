//! The bank as a merchant meets it, through its router.

use axum::http::StatusCode;

use crate::bank::{Bank, Options};
use crate::card::test_cards;
use crate::fault::{Fault, FaultKind};
use crate::form;
use crate::merchant::{exchange, form_request, posted as callback, tag, text, visit};

use super::hash::{self, Fields, field};

const CARD: &str = "4355084355084358";

struct Desk(Bank);

impl Desk {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    async fn send(&self, method: &str, path: &str, body: String) -> (StatusCode, String, String) {
        let (status, at, body) = exchange(&self.0, form_request(method, path, body)).await;
        (status, at, text(body))
    }

    async fn api(&self, fields: &str) -> String {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><CC5Request><Name>ISBANKAPI</Name><Password>ISBANK07</Password>\
             <ClientId>700655000200</ClientId>{fields}</CC5Request>"
        );
        self.send("POST", "/fim/api", xml).await.2
    }

    async fn sell(&self, order: &str, total: &str, card: &str) -> String {
        self.api(&format!(
            "<Type>Auth</Type><OrderId>{order}</OrderId><Total>{total}</Total><Currency>949</Currency><Taksit></Taksit>\
             <Number>{card}</Number><Expires>12/30</Expires><Cvv2Val>000</Cvv2Val><Mode>P</Mode>"
        ))
        .await
    }

    /// Opens the gate and follows redirects to the first page.
    async fn gate(&self, fields: &Fields) -> (String, String) {
        visit(&self.0, "/fim/est3Dgate", form::encode(fields)).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let fields: Fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        visit(&self.0, path, form::encode(&fields)).await
    }
}

fn gate_form(model: &str, order: &str, card: Option<&str>) -> Fields {
    let mut f: Fields = [
        ("clientid", "700655000200"),
        ("storetype", model),
        ("amount", "12.50"),
        ("oid", order),
        ("okUrl", "http://127.0.0.1:9/ok"),
        ("failUrl", "http://127.0.0.1:9/fail"),
        ("rnd", "a|b\\c"),
        ("lang", "tr"),
        ("currency", "949"),
        ("taksit", ""),
        ("TranType", "Auth"),
        ("hashAlgorithm", "ver3"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect();
    if let Some(pan) = card {
        for (k, v) in [
            ("pan", pan),
            ("Ecom_Payment_Card_ExpDate_Month", "12"),
            ("Ecom_Payment_Card_ExpDate_Year", "30"),
            ("cv2", "000"),
        ] {
            f.push((k.to_owned(), v.to_owned()));
        }
    }
    let made = hash::ver3(&f, "TRPS0200");
    f.push(("hash".to_owned(), made));
    f
}

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new();
    let answer = desk.sell("o1", "10.01", CARD).await;
    assert_eq!(
        (tag(&answer, "Response"), tag(&answer, "ProcReturnCode"), tag(&answer, "OrderId")),
        ("Approved", "00", "o1")
    );
    let again = desk.sell("o1", "10.01", CARD).await;
    assert_eq!((tag(&again, "ProcReturnCode"), tag(&again, "ERRORCODE")), ("99", "CORE-2507"));
    let order = desk.0.order("o1").expect("booked");
    assert_eq!((order.state, order.net, order.approvals), ("sold", 1_001, 1));
    assert_eq!(desk.0.authorize_calls("o1"), 2);
}

#[tokio::test]
async fn void_comes_before_day_end_and_refund_after() {
    let desk = Desk::new();
    desk.sell("o1", "10.00", CARD).await;
    desk.sell("o2", "10.00", CARD).await;
    let credit = "<Type>Credit</Type><Currency>949</Currency><OrderId>o1</OrderId><Total>4</Total>";
    assert_eq!(tag(&desk.api(credit).await, "ERRORCODE"), "CORE-2508");
    assert_eq!(tag(&desk.api("<Type>Void</Type><OrderId>o2</OrderId>").await, "ProcReturnCode"), "00");
    assert_eq!(tag(&desk.api("<Type>Void</Type><OrderId>o2</OrderId>").await, "ERRORCODE"), "CORE-2008");
    desk.0.day_end();
    assert_eq!(tag(&desk.api("<Type>Void</Type><OrderId>o1</OrderId>").await, "ERRORCODE"), "CORE-2008");
    assert_eq!(tag(&desk.api(credit).await, "ProcReturnCode"), "00");
    let rest = "<Type>Credit</Type><Currency>949</Currency><OrderId>o1</OrderId><Total>6.01</Total>";
    assert_eq!(tag(&desk.api(rest).await, "ERRORCODE"), "CORE-2503");
    assert_eq!(tag(&desk.api(&rest.replace("6.01", "6")).await, "ProcReturnCode"), "00");
    assert_eq!(tag(&desk.api(credit).await, "ERRORCODE"), "CORE-2504");
    assert_eq!(desk.0.order("o1").map(|o| (o.state, o.net)), Some(("refunded", 0)));
    assert_eq!(desk.0.order("o2").map(|o| (o.state, o.net)), Some(("voided", 0)));
}

#[tokio::test]
async fn a_hold_is_captured_once_and_not_above_its_amount() {
    let desk = Desk::new();
    let hold = "<Type>PreAuth</Type><OrderId>p</OrderId><Total>10</Total><Currency>949</Currency><Number>4355084355084358</Number>\
                <Expires>12/30</Expires><Cvv2Val>000</Cvv2Val>";
    assert_eq!(tag(&desk.api(hold).await, "ProcReturnCode"), "00");
    let capture =
        |total: &str, extra: &str| format!("<Type>PostAuth</Type><OrderId>p</OrderId><Total>{total}</Total>{extra}");
    assert_eq!(tag(&desk.api(&capture("11", "")).await, "ERRORCODE"), "CORE-2505");
    assert_eq!(tag(&desk.api(&capture("12", "<Extra><PREAMT>10</PREAMT></Extra>")).await, "ERRORCODE"), "CORE-2505");
    assert_eq!(tag(&desk.api(&capture("11", "<Extra><PREAMT>10</PREAMT></Extra>")).await, "ProcReturnCode"), "00");
    assert_eq!(tag(&desk.api(&capture("1", "")).await, "ERRORCODE"), "CORE-2506");
    assert_eq!(desk.0.order("p").map(|o| (o.state, o.net, o.held)), Some(("captured", 1_100, 0)));
}

#[tokio::test]
async fn inquiries_tell_what_is_in_the_book() {
    let desk = Desk::new();
    let ask = "<OrderId>o1</OrderId><Extra><ORDERSTATUS>QUERY</ORDERSTATUS></Extra>";
    let none = desk.api(ask).await;
    assert_eq!((tag(&none, "Response"), tag(&none, "ErrMsg")), ("Declined", "No record found for o1"));
    desk.sell("o1", "10.51", CARD).await;
    assert_eq!((tag(&desk.api(ask).await, "TRANS_STAT")), "D");
    desk.sell("o1", "10.01", CARD).await;
    let found = desk.api(ask).await;
    assert_eq!(
        (tag(&found, "TRANS_STAT"), tag(&found, "ORIG_TRANS_AMT"), tag(&found, "CHARGE_TYPE_CD")),
        ("C", "1001", "S")
    );
    assert_eq!(tag(&found, "PAN"), "4355 08** **** 4358");
    desk.api("<Type>Void</Type><OrderId>o1</OrderId>").await;
    assert_eq!((tag(&desk.api(ask).await, "TRANS_STAT")), "V");
    let history = desk.api("<OrderId>o1</OrderId><Extra><ORDERHISTORY>QUERY</ORDERHISTORY></Extra>").await;
    assert_eq!(tag(&history, "TRXCOUNT"), "2");
    let line: Vec<_> = tag(&history, "TRX1").split('\t').collect();
    assert_eq!((line.len(), line[0], line[1], line[2], line[9]), (11, "S", "V", "1001", "00"));
}

#[tokio::test]
async fn requests_are_checked_as_the_bank_does() {
    let desk = Desk::new();
    let wrong = desk.send("POST", "/fim/api", "<CC5Request><Name>x</Name><Password>y</Password><ClientId>700655000200</ClientId><Type>Void</Type></CC5Request>".into()).await.2;
    assert_eq!(tag(&wrong, "ERRORCODE"), "CORE-2201");
    for (fields, code) in [
        ("<Type>Buy</Type>", "CORE-2001"),
        ("<Type>Auth</Type><Number>4355084355084357</Number><Expires>12/30</Expires>", "CORE-2012"),
        ("<Type>Auth</Type><Number>4355084355084358</Number><Expires>1230</Expires>", "CORE-2011"),
        ("<Type>Auth</Type>", "CORE-2015"),
        ("<Type>Void</Type>", "CORE-2301"),
        ("<Type>Auth</Type><Mode>X</Mode>", "CORE-1006"),
    ] {
        assert_eq!(tag(&desk.api(fields).await, "ERRORCODE"), code, "{fields}");
    }
    for card in test_cards().iter().filter(|c| c.group == "decline") {
        let answer = desk.sell("d", "1.01", &card.number).await;
        assert_eq!(Some(tag(&answer, "ProcReturnCode")), card.bank_code, "{}", card.note_en);
        assert_eq!(tag(&answer, "Response"), "Declined");
    }
}

#[tokio::test]
async fn an_authentication_is_turned_into_money_once() {
    let desk = Desk::new();
    let (acs, page) = desk.gate(&gate_form("3d", "t1", Some(CARD))).await;
    assert!(acs.starts_with("/acs/") && page.contains("12,50 TL"), "{page}");
    let (_, wrong) = desk.post(&acs, &[("code", "000000"), ("action", "confirm")]).await;
    assert!(wrong.contains("role=\"alert\""));
    let (_, page) = desk.post(&acs, &[("code", "123456"), ("action", "confirm")]).await;
    let (url, f) = callback(&page);
    assert_eq!((url.as_str(), field(&f, "mdStatus"), field(&f, "oid")), ("http://127.0.0.1:9/ok", "1", "t1"));
    assert_eq!(field(&f, "HASH"), hash::ver3(&f, "TRPS0200"));
    assert!(!page.contains(CARD), "the number must not come back");
    assert!(desk.0.order("t1").is_none(), "nothing is charged by authenticating");
    let provision = |total: &str, cavv: &str| {
        format!(
            "<Type>Auth</Type><OrderId>t1</OrderId><Total>{total}</Total><Currency>949</Currency><Taksit></Taksit><Number>{}</Number>\
             <PayerTxnId>{}</PayerTxnId><PayerSecurityLevel>{}</PayerSecurityLevel>\
             <PayerAuthenticationCode>{cavv}</PayerAuthenticationCode><Mode>P</Mode>",
            field(&f, "md"),
            field(&f, "xid"),
            field(&f, "eci")
        )
    };
    assert_eq!(tag(&desk.api(&provision("12.50", "x")).await, "ERRORCODE"), "CORE-2121");
    assert_eq!(tag(&desk.api(&provision("1.00", field(&f, "cavv"))).await, "ERRORCODE"), "CORE-2121");
    assert_eq!(tag(&desk.api(&provision("12.50", field(&f, "cavv"))).await, "ProcReturnCode"), "00");
    assert_eq!(tag(&desk.api(&provision("12.50", field(&f, "cavv"))).await, "ERRORCODE"), "CORE-2127");
    assert_eq!(desk.0.order("t1").map(|o| (o.net, o.approvals)), Some((1_250, 1)));
}

#[tokio::test]
async fn the_gate_charges_where_the_model_says_so() {
    let desk = Desk::new();
    let (acs, _) = desk.gate(&gate_form("3d_pay", "t2", Some(CARD))).await;
    let (back, page) = desk.post(&acs, &[("code", "123456")]).await;
    let (_, f) = callback(&page);
    assert_eq!((field(&f, "ProcReturnCode"), field(&f, "Response")), ("00", "Approved"));
    assert_eq!(desk.0.order("t2").map(|o| o.net), Some(1_250));
    let (_, _, again) = desk.send("GET", &back, String::new()).await;
    assert_eq!(callback(&again).1, f, "reloading posts the same, and charges nothing");
    assert_eq!(desk.0.order("t2").map(|o| o.approvals), Some(1));

    let (form_page, page) = desk.gate(&gate_form("3d_host", "t3", None)).await;
    assert!(page.contains("name=\"pan\""));
    let (_, page) = desk.post(&form_page, &[("pan", "1"), ("month", "12"), ("year", "30"), ("cv2", "000")]).await;
    assert!(page.contains("role=\"alert\""));
    let (acs, _) =
        desk.post(&form_page, &[("pan", "4355 0843 5508 4358"), ("month", "12"), ("year", "30"), ("cv2", "000")]).await;
    let (_, page) = desk.post(&acs, &[("code", "123456")]).await;
    let (url, f) = callback(&page);
    assert_eq!((url.as_str(), field(&f, "mdStatus"), field(&f, "ProcReturnCode")), ("http://127.0.0.1:9/ok", "1", ""));
    assert_eq!(desk.0.order("t3").map(|o| o.net), Some(1_250));
}

#[tokio::test]
async fn a_tampered_form_is_refused() {
    let desk = Desk::new();
    for (name, value) in
        [("amount", "1.00"), ("okUrl", "http://127.0.0.1:9/evil"), ("hashAlgorithm", "ver1"), ("extra", "x")]
    {
        let mut f = gate_form("3d_pay", "t4", Some(CARD));
        f.retain(|(k, _)| k != name);
        f.push((name.to_owned(), value.to_owned()));
        let (_, page) = desk.gate(&f).await;
        let (url, f) = callback(&page);
        assert_eq!((url.as_str(), field(&f, "mdStatus")), ("http://127.0.0.1:9/fail", "7"), "{name}");
        assert_eq!(field(&f, "mdErrorMsg"), "Guvenlik Kodu hatali");
        assert!(!page.contains(CARD));
    }
    assert!(desk.0.orders().is_empty());
}

#[tokio::test]
async fn cancel_and_bad_cards_end_at_fail_url() {
    let desk = Desk::new();
    let (acs, _) = desk.gate(&gate_form("3d_pay", "t5", Some(CARD))).await;
    let (_, page) = desk.post(&acs, &[("action", "cancel")]).await;
    let (url, f) = callback(&page);
    assert_eq!((url.as_str(), field(&f, "mdStatus")), ("http://127.0.0.1:9/fail", "0"));
    let (_, page) = desk.gate(&gate_form("3d", "t6", Some("4355084355084357"))).await;
    assert_eq!(field(&callback(&page).1, "ErrorCode"), "HPP-1001");
    let (hosted, _) = desk.gate(&gate_form("3d_host", "t7", None)).await;
    let (_, page) = desk.post(&hosted, &[("action", "cancel")]).await;
    assert_eq!(field(&callback(&page).1, "mdStatus"), "0");
    assert!(desk.0.orders().is_empty());
    for card in test_cards().iter().filter(|c| c.group == "three_d") {
        let (acs, page) = desk.gate(&gate_form("3d", &card.number[11..], Some(&card.number))).await;
        let page = if acs.starts_with("/acs/") { desk.post(&acs, &[("code", "123456")]).await.1 } else { page };
        assert!(!page.contains(&card.number));
    }
}

#[tokio::test]
async fn an_old_store_signs_with_ver1() {
    let desk = Desk::new();
    let mut f: Fields = [
        ("clientid", "190100000"),
        ("storetype", "3d"),
        ("amount", "1.01"),
        ("oid", "v1"),
        ("okUrl", "http://127.0.0.1:9/ok"),
        ("failUrl", "http://127.0.0.1:9/fail"),
        ("rnd", "r"),
        ("currency", "949"),
        ("taksit", ""),
        ("islemtipi", "Auth"),
        ("pan", CARD),
        ("Ecom_Payment_Card_ExpDate_Month", "12"),
        ("Ecom_Payment_Card_ExpDate_Year", "30"),
        ("cv2", "000"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect();
    f.push(("hash".to_owned(), hash::ver1_form(&f, "ESKI0200")));
    let (acs, _) = desk.gate(&f).await;
    let (_, page) = desk.post(&acs, &[("code", "123456")]).await;
    let (_, f) = callback(&page);
    assert_eq!(field(&f, "HASHPARAMS"), "clientid:oid:mdStatus:cavv:eci:md:rnd:");
    assert_eq!(field(&f, "HASH"), hash::ver1_callback(&f, field(&f, "HASHPARAMS"), "ESKI0200"));
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to() {
    let desk = Desk::new();
    desk.0.fault(Fault { status: Some(502), ..Fault::once(FaultKind::Html) });
    let (status, _, body) = desk.send("POST", "/fim/api", "<CC5Request><Name>ISBANKAPI</Name><Password>ISBANK07</Password><ClientId>700655000200</ClientId>\
        <Type>Auth</Type><OrderId>f1</OrderId><Total>1</Total><Currency>949</Currency><Number>4355084355084358</Number><Expires>12/30</Expires></CC5Request>".into()).await;
    assert_eq!((status, body.contains("Request Rejected")), (StatusCode::BAD_GATEWAY, true));
    assert_eq!(desk.0.order("f1").map(|o| o.net), Some(100), "booked, then spoiled");
    desk.0.fault(Fault::once(FaultKind::Garbage).unbooked());
    desk.sell("f2", "1.00", CARD).await;
    assert!(desk.0.order("f2").is_none());
    desk.0.fault(Fault::once(FaultKind::WrongAmount));
    let ask = "<OrderId>f1</OrderId><Extra><ORDERSTATUS>QUERY</ORDERSTATUS></Extra>";
    let told = desk.api(ask).await;
    assert_eq!(tag(&told, "ORIG_TRANS_AMT"), "200");
    assert!(tag(&told, "ORDERSTATUS").contains("ORIG_TRANS_AMT:200\t"));
    desk.0.fault(Fault::once(FaultKind::WrongHash));
    let (acs, _) = desk.gate(&gate_form("3d", "f3", Some(CARD))).await;
    let (_, page) = desk.post(&acs, &[("code", "123456")]).await;
    let (_, f) = callback(&page);
    assert_ne!(field(&f, "HASH"), hash::ver3(&f, "TRPS0200"));
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number() {
    let desk = Desk::new();
    desk.sell("c1", "1.01", CARD).await;
    let (acs, _) = desk.gate(&gate_form("3d", "c2", Some(CARD))).await;
    desk.post(&acs, &[("code", "123456")]).await;
    for path in ["/admin/book", "/admin/requests", "/admin/orders/c1", "/admin/faults", "/admin/stores"] {
        let (status, _, body) = desk.send("GET", path, String::new()).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains(CARD) && !body.contains("ISBANK07"), "{path}");
    }
}
