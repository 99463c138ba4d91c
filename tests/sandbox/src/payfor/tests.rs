//! The bank as a merchant meets it, through its router.

use axum::http::StatusCode;

use crate::bank::{Bank, Options};
use crate::card::test_cards;
use crate::fault::{Fault, FaultKind};
use crate::form;
use crate::merchant::{exchange, form_request, posted as callback, tag, text, visit};

use super::hash::{self, Fields, field};

const CARD: &str = "4355084355084358";
const MERCHANT: &str = "085300000009704";
const USER: &str = "QNB_API_KULLANICI_3DPAY";

struct Counter(Bank);

impl Counter {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    async fn send(&self, method: &str, path: &str, body: String) -> (StatusCode, String, String) {
        let (status, at, body) = exchange(&self.0, form_request(method, path, body)).await;
        (status, at, text(body))
    }

    async fn ask(&self, fields: &str) -> String {
        let account = format!(
            "<MerchantId>{MERCHANT}</MerchantId><UserCode>{USER}</UserCode><UserPass>UcBN0</UserPass><MbrId>5</MbrId>"
        );
        self.xml(&format!("{account}{fields}")).await
    }

    async fn xml(&self, inside: &str) -> String {
        let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PayforRequest>{inside}</PayforRequest>");
        self.send("POST", "/Gateway/XMLGate.aspx", body).await.2
    }

    async fn sell(&self, order: &str, amount: &str, card: &str) -> String {
        self.ask(&sale(order, amount, card)).await
    }

    async fn on(&self, kind: &str, order: &str, amount: &str) -> String {
        self.ask(&format!(
            "<OrgOrderId>{order}</OrgOrderId><SecureType>NonSecure</SecureType><TxnType>{kind}</TxnType>\
             <PurchAmount>{amount}</PurchAmount><Currency>949</Currency><Lang>TR</Lang>"
        ))
        .await
    }

    async fn status(&self, order: &str) -> String {
        let kind = "<SecureType>Inquiry</SecureType><TxnType>OrderInquiry</TxnType>";
        self.ask(&format!("<OrgOrderId>{order}</OrgOrderId>{kind}")).await
    }

    async fn history(&self, order: &str) -> String {
        let kind = "<SecureType>Report</SecureType><TxnType>TxnHistory</TxnType>";
        self.ask(&format!("<OrderId>{order}</OrderId>{kind}")).await
    }

    async fn gate(&self, fields: &Fields) -> (String, String) {
        let page = if field(fields, "SecureType") == "3DHost" { "3DHost" } else { "Default" };
        visit(&self.0, &format!("/Gateway/{page}.aspx"), form::encode(fields)).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let fields: Fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        visit(&self.0, path, form::encode(&fields)).await
    }
}

fn sale(order: &str, amount: &str, card: &str) -> String {
    format!(
        "<MOTO>0</MOTO><OrderId>{order}</OrderId><SecureType>NonSecure</SecureType><TxnType>Auth</TxnType>\
         <PurchAmount>{amount}</PurchAmount><Currency>949</Currency><InstallmentCount>0</InstallmentCount><Lang>TR</Lang>\
         <CardHolderName>A B</CardHolderName><Pan>{card}</Pan><Expiry>1230</Expiry><Cvv2>000</Cvv2>"
    )
}

fn code(xml: &str) -> &str {
    tag(xml, "ProcReturnCode")
}

fn gate_form(secure_type: &str, order: &str, card: Option<&str>) -> Fields {
    let mut f: Fields = [
        ("MbrId", "5"),
        ("MerchantID", MERCHANT),
        ("UserCode", USER),
        ("MOTO", "0"),
        ("OrderId", order),
        ("Lang", "TR"),
        ("SecureType", secure_type),
        ("TxnType", "Auth"),
        ("PurchAmount", "12.50"),
        ("InstallmentCount", "0"),
        ("Currency", "949"),
        ("OkUrl", "http://127.0.0.1:9/ok"),
        ("FailUrl", "http://127.0.0.1:9/fail"),
        ("Rnd", "r1"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect();
    if let Some(pan) = card {
        for (k, v) in [("CardHolderName", "A B"), ("Pan", pan), ("Expiry", "1230"), ("Cvv2", "000")] {
            f.push((k.to_owned(), v.to_owned()));
        }
    }
    let made = hash::form(&f, "12345678");
    f.push(("Hash".to_owned(), made));
    f
}

fn is_signed(f: &Fields) -> bool {
    field(f, "ResponseHash") == hash::callback(f, MERCHANT, "12345678", USER)
}

#[tokio::test]
async fn a_sale_is_booked_once() {
    let bank = Counter::new();
    let answer = bank.sell("o1", "10.01", CARD).await;
    assert_eq!((code(&answer), tag(&answer, "TransId"), tag(&answer, "ErrMsg")), ("00", "o1", "Onaylandı"));
    assert_eq!(code(&bank.sell("o1", "10.01", CARD).await), "V029");
    let order = bank.0.order("o1").expect("booked");
    assert_eq!((order.state, order.net, order.approvals), ("sold", 1_001, 1));
    assert_eq!(bank.0.authorize_calls("o1"), 2);
}

#[tokio::test]
async fn void_comes_before_day_end_and_refund_after() {
    let bank = Counter::new();
    bank.sell("o1", "10.00", CARD).await;
    bank.sell("o2", "10.00", CARD).await;
    assert_eq!(code(&bank.on("Refund", "o1", "4").await), "V014");
    assert_eq!(code(&bank.on("Void", "o2", "").await), "00");
    assert_eq!(code(&bank.on("Void", "o2", "").await), "V018");
    bank.0.day_end();
    assert_eq!(code(&bank.on("Void", "o1", "").await), "V018");
    assert_eq!(code(&bank.on("Refund", "o1", "4").await), "00");
    assert_eq!(code(&bank.on("Refund", "o1", "6.01").await), "V015");
    assert_eq!(code(&bank.on("Refund", "o1", "6").await), "00");
    assert_eq!(code(&bank.on("Refund", "o1", "1").await), "V037");
    assert_eq!(code(&bank.on("Refund", "o9", "1").await), "V013");
    assert_eq!(bank.0.order("o1").map(|o| (o.state, o.net)), Some(("refunded", 0)));
    assert_eq!(bank.0.order("o2").map(|o| (o.state, o.net)), Some(("voided", 0)));
    assert_eq!(tag(&bank.status("o1").await, "IsRefunded"), "true");
}

#[tokio::test]
async fn a_hold_is_captured_once_within_fifteen_percent() {
    let bank = Counter::new();
    assert_eq!(code(&bank.ask(&sale("p", "10", CARD).replace(">Auth<", ">PreAuth<")).await), "00");
    let status = bank.status("p").await;
    assert_eq!((tag(&status, "TxnType"), tag(&status, "PurchAmount")), ("PreAuth", "10.00"));
    assert_eq!(code(&bank.on("PostAuth", "p", "11.51").await), "V027");
    assert_eq!(code(&bank.on("PostAuth", "p", "11.50").await), "00");
    assert_eq!(code(&bank.on("PostAuth", "p", "1").await), "V025");
    assert_eq!(code(&bank.on("PostAuth", "q", "1").await), "V016");
    assert_eq!(bank.0.order("p").map(|o| (o.state, o.net, o.held)), Some(("captured", 1_150, 0)));
}

#[tokio::test]
async fn inquiries_tell_what_is_in_the_book() {
    let bank = Counter::new();
    let none = bank.status("o1").await;
    assert_eq!((code(&none), tag(&none, "RequestGuid"), tag(&none, "TxnType")), ("V013", "0", "OrderInquiry"));
    assert_eq!(code(&bank.history("o1").await), "V013");
    bank.sell("o1", "10.51", CARD).await;
    assert_eq!((code(&bank.status("o1").await), tag(&bank.status("o1").await, "TxnResult")), ("51", "Failed"));
    bank.sell("o1", "10.01", CARD).await;
    let found = bank.status("o1").await;
    assert_eq!((code(&found), tag(&found, "PurchAmount"), tag(&found, "IsVoided")), ("00", "10.01", "false"));
    assert_eq!(tag(&found, "CardMask"), "435508******4358");
    bank.on("Void", "o1", "").await;
    let found = bank.status("o1").await;
    assert_eq!((tag(&found, "IsVoided"), tag(&found, "TxnStatus"), tag(&found, "VoidDate").len()), ("true", "V", 8));
    let report = bank.history("o1").await;
    let rows: Vec<(&str, &str, &str)> = report
        .split("<PaymentRequestExtended>")
        .skip(1)
        .map(|row| (tag(row, "TxnType"), code(row), tag(row, "TxnStatus")))
        .collect();
    assert_eq!(rows, [("Auth", "51", "N"), ("Auth", "00", "V"), ("Void", "00", "Y")]);
    let today = crate::clock::local(bank.0.clock().now_ms()).strftime("%Y%m%d").to_string();
    let day = "<SecureType>Report</SecureType><TxnType>TxnHistory</TxnType>";
    let report = bank.ask(&format!("<ReqDate>{today}</ReqDate>{day}")).await;
    assert_eq!(report.matches("<PaymentRequest ").count(), 3);
    assert_eq!(code(&bank.ask(&format!("<ReqDate>today</ReqDate>{day}")).await), "M046");
}

#[tokio::test]
async fn requests_are_checked_as_the_bank_does() {
    let bank = Counter::new();
    let good = sale("r1", "10.01", CARD);
    for (from, to, expected) in [
        ("<TxnType>Auth", "<TxnType>Buy", "M015"),
        ("NonSecure", "Inquiry", "M021"),
        (">r1<", "><", "M022"),
        (">10.01<", ">10,01<", "M012"),
        (">10.01<", ">0<", "M004"),
        (">10.01<", ">200001<", "M019"),
        (">949<", ">TL<", "M002"),
        ("<InstallmentCount>0", "<InstallmentCount>", "V023"),
        ("<InstallmentCount>0", "<InstallmentCount>1", "V024"),
        ("<MOTO>0</MOTO>", "", "M048"),
        (CARD, "4355084355084357", "M041"),
        (CARD, "1", "M008"),
        (">1230<", ">3012<", "M006"),
        ("<Cvv2>000</Cvv2>", "", "M005"),
    ] {
        assert_eq!(code(&bank.ask(&good.replace(from, to)).await), expected, "{from} {to}");
    }
    let user = format!("<MerchantId>{MERCHANT}</MerchantId><UserCode>{USER}</UserCode>");
    for (inside, expected) in [
        (format!("{user}<UserPass>wrong</UserPass><MbrId>5</MbrId>{good}"), "V004"),
        (format!("{user}<UserPass>UcBN0</UserPass><MbrId>12</MbrId>{good}"), "V001"),
        (format!("{user}<MbrId>5</MbrId>{good}"), "M017"),
        (good.clone(), "M016"),
    ] {
        assert_eq!(code(&bank.xml(&inside).await), expected);
    }
    assert!(bank.0.orders().is_empty());
    for card in test_cards().iter().filter(|c| c.group == "decline") {
        let answer = bank.sell("d", "1.01", &card.number).await;
        let expected = card.bank_code.map(|code| if code == "92" { "V9199" } else { code });
        assert_eq!((Some(code(&answer)), tag(&answer, "AuthCode")), (expected, ""), "{}", card.note_en);
    }
}

#[tokio::test]
async fn mail_order_has_the_banks_flag() {
    let bank = Counter::new();
    let moto = sale("m1", "10.01", CARD).replace("<MOTO>0", "<MOTO>1").replace("<Cvv2>000</Cvv2>", "");
    let katilim = "<MerchantId>085300000001212</MerchantId><UserCode>ZIRAATKATILIM_API</UserCode>\
                   <UserPass>Zk&amp;&lt;ş1</UserPass><MbrId>12</MbrId>";
    assert_eq!(code(&bank.xml(&format!("{katilim}{moto}")).await), "V006");
    assert_eq!(code(&bank.ask(&moto).await), "00");
    assert_eq!(bank.0.order("m1").map(|o| o.entries[0].channel.clone()), Some("moto".to_owned()));
}

#[tokio::test]
async fn an_authentication_is_turned_into_money_once() {
    let bank = Counter::new();
    let (acs, page) = bank.gate(&gate_form("3DModel", "t1", Some(CARD))).await;
    assert!(acs.starts_with("/acs/") && page.contains("12,50 TL"), "{page}");
    assert_eq!(code(&bank.status("t1").await), "V000", "begun and not finished");
    let (_, page) = bank.post(&acs, &[("code", "123456"), ("action", "confirm")]).await;
    let (url, f) = callback(&page);
    assert_eq!(
        (url.as_str(), field(&f, "3DStatus"), field(&f, "ProcReturnCode")),
        ("http://127.0.0.1:9/ok", "1", "V033")
    );
    assert!(is_signed(&f));
    assert!(!page.contains(CARD), "the number must not come back");
    assert!(bank.0.order("t1").is_none(), "nothing is charged by authenticating");
    assert_eq!(code(&bank.status("t1").await), "V033");
    let provision = |guid: &str, order: &str| {
        format!(
            "<RequestGuid>{guid}</RequestGuid><UserCode>{USER}</UserCode><UserPass>UcBN0</UserPass><OrderId>{order}</OrderId>\
             <SecureType>3DModelPayment</SecureType>"
        )
    };
    let guid = field(&f, "RequestGuid");
    for (guid, order, expected) in [("1", "t1", "V013"), (guid, "t9", "V036"), (guid, "t1", "00"), (guid, "t1", "V029")]
    {
        assert_eq!(code(&bank.xml(&provision(guid, order)).await), expected, "{guid} {order}");
    }
    assert_eq!(bank.0.order("t1").map(|o| (o.net, o.approvals)), Some((1_250, 1)));
    assert_eq!((code(&bank.status("t1").await), tag(&bank.status("t1").await, "SecureType")), ("00", "3DModel"));
}

#[tokio::test]
async fn the_gate_charges_where_the_model_says_so() {
    let bank = Counter::new();
    let (acs, _) = bank.gate(&gate_form("3DPay", "t2", Some(CARD))).await;
    let (back, page) = bank.post(&acs, &[("code", "123456")]).await;
    let (_, f) = callback(&page);
    assert_eq!((field(&f, "ProcReturnCode"), field(&f, "TxnResult"), is_signed(&f)), ("00", "Success", true));
    assert_eq!(bank.0.order("t2").map(|o| o.net), Some(1_250));
    let (_, _, again) = bank.send("GET", &back, String::new()).await;
    assert_eq!(callback(&again).1, f, "reloading posts the same, and charges nothing");
    assert_eq!(bank.0.order("t2").map(|o| o.approvals), Some(1));

    let (form_page, page) = bank.gate(&gate_form("3DHost", "t3", None)).await;
    assert!(page.contains("name=\"pan\""), "{page}");
    let (_, page) = bank.post(&form_page, &[("pan", "1"), ("month", "12"), ("year", "30"), ("cv2", "000")]).await;
    assert!(page.contains("role=\"alert\""));
    let typed = [("pan", "4355 0843 5508 4358"), ("month", "12"), ("year", "30"), ("cv2", "000")];
    let (acs, _) = bank.post(&form_page, &typed).await;
    let (_, page) = bank.post(&acs, &[("code", "123456")]).await;
    assert_eq!(field(&callback(&page).1, "ProcReturnCode"), "00");
    assert_eq!(bank.0.order("t3").map(|o| o.net), Some(1_250));
}

#[tokio::test]
async fn a_tampered_form_is_refused_without_a_signature_that_holds() {
    let bank = Counter::new();
    for (name, value) in [("PurchAmount", "1.00"), ("OkUrl", "http://127.0.0.1:9/evil"), ("InstallmentCount", "2")] {
        let mut f = gate_form("3DPay", "t4", Some(CARD));
        f.retain(|(k, _)| k != name);
        f.push((name.to_owned(), value.to_owned()));
        let (_, page) = bank.gate(&f).await;
        let (url, f) = callback(&page);
        assert_eq!(
            (url.as_str(), field(&f, "ProcReturnCode"), is_signed(&f)),
            ("http://127.0.0.1:9/fail", "M030", false)
        );
        assert!(!page.contains(CARD));
    }
    let mut f = gate_form("3DPay", "t4", Some(CARD));
    f.retain(|(k, _)| k != "MOTO");
    assert_eq!(field(&callback(&bank.gate(&f).await.1).1, "ProcReturnCode"), "M048");
    // The currency is in no signature: a payer can change it, and only the bank's book tells.
    let mut f = gate_form("3DPay", "t5", Some(CARD));
    f.retain(|(k, _)| k != "Currency");
    f.push(("Currency".to_owned(), "826".to_owned()));
    let (acs, _) = bank.gate(&f).await;
    bank.post(&acs, &[("code", "123456")]).await;
    assert_eq!(tag(&bank.status("t5").await, "Currency"), "826");
}

#[tokio::test]
async fn cancel_bad_cards_and_failed_authentications_end_at_fail_url() {
    let bank = Counter::new();
    let (acs, _) = bank.gate(&gate_form("3DPay", "t5", Some(CARD))).await;
    let (_, page) = bank.post(&acs, &[("action", "cancel")]).await;
    let (url, f) = callback(&page);
    assert_eq!(
        (url.as_str(), field(&f, "3DStatus"), field(&f, "ProcReturnCode")),
        ("http://127.0.0.1:9/fail", "-1", "V034")
    );
    let (_, page) = bank.gate(&gate_form("3DModel", "t6", Some("4355084355084357"))).await;
    assert_eq!(field(&callback(&page).1, "ProcReturnCode"), "M041");
    let (hosted, _) = bank.gate(&gate_form("3DHost", "t7", None)).await;
    let (_, page) = bank.post(&hosted, &[("action", "cancel")]).await;
    assert_eq!(field(&callback(&page).1, "3DStatus"), "-1");
    assert!(bank.0.orders().is_empty());
}

#[tokio::test]
async fn a_bank_may_sign_in_a_way_of_its_own() {
    let bank = Counter::new();
    let mut f = gate_form("3DModel", "z1", Some(CARD));
    f.retain(|(k, _)| !matches!(k.as_str(), "MerchantID" | "MbrId" | "UserCode" | "Hash"));
    for (k, v) in [("MerchantID", "085300000001212"), ("MbrId", "12"), ("UserCode", "ZIRAATKATILIM_API")] {
        f.push((k.to_owned(), v.to_owned()));
    }
    f.push(("Hash".to_owned(), hash::form(&f, "katılım")));
    let (acs, _) = bank.gate(&f).await;
    let (_, page) = bank.post(&acs, &[("code", "123456")]).await;
    let (_, f) = callback(&page);
    assert_eq!(field(&f, "ProcReturnCode"), "V033");
    assert_ne!(field(&f, "ResponseHash"), hash::callback(&f, "085300000001212", "katılım", "ZIRAATKATILIM_API"));
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to() {
    let bank = Counter::new();
    bank.0.fault(Fault { status: Some(502), ..Fault::once(FaultKind::Html) });
    assert!(bank.sell("f1", "1.00", CARD).await.contains("Request Rejected"));
    assert_eq!(bank.0.order("f1").map(|o| o.net), Some(100), "booked, then spoiled");
    bank.0.fault(Fault::once(FaultKind::Garbage).unbooked());
    bank.sell("f2", "1.00", CARD).await;
    assert!(bank.0.order("f2").is_none());
    bank.0.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(tag(&bank.status("f1").await, "PurchAmount"), "2.00");
    bank.0.fault(Fault::once(FaultKind::WrongHash));
    let (acs, _) = bank.gate(&gate_form("3DModel", "f3", Some(CARD))).await;
    let (_, page) = bank.post(&acs, &[("code", "123456")]).await;
    assert!(!is_signed(&callback(&page).1));
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number_or_a_secret() {
    let bank = Counter::new();
    bank.sell("c1", "1.01", CARD).await;
    let (acs, _) = bank.gate(&gate_form("3DModel", "c2", Some(CARD))).await;
    bank.post(&acs, &[("code", "123456")]).await;
    for path in ["/admin/book", "/admin/requests", "/admin/orders/c1", "/admin/faults", "/admin/stores"] {
        let (status, _, body) = bank.send("GET", path, String::new()).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains(CARD) && !body.contains("UcBN0") && !body.contains("\"12345678\""), "{path}");
    }
}
