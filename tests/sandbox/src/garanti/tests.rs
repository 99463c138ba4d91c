//! The bank as a merchant meets it, through its router.

mod points;

use axum::http::StatusCode;

use crate::bank::{Bank, Options};
use crate::card::test_cards;
use crate::fault::{Fault, FaultKind};
use crate::form;
use crate::merchant::{exchange, form_request, posted as callback, tag, text, visit};

use super::hash::{self, Fields, field};

const CARD: &str = "4355084355084358";
const TERMINAL: &str = "30691298";

struct Counter(Bank);

/// A request: type, order, amount, card fields, more of the transaction.
struct Ask<'a> {
    kind: &'a str,
    order: &'a str,
    amount: &'a str,
    card: &'a str,
    more: String,
}

impl Ask<'_> {
    fn xml(&self, terminal: &str, password: &str, user: &str) -> String {
        let security = hash::security(password, terminal);
        let sent = hash::request([self.order, terminal, self.card, self.amount, "949"], &security);
        let card = if self.card.is_empty() {
            String::new()
        } else {
            format!("<Card><Number>{}</Number><ExpireDate>1230</ExpireDate><CVV2>000</CVV2></Card>", self.card)
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><GVPSRequest><Mode>TEST</Mode><Version>512</Version><Terminal>\
             <ProvUserID>{user}</ProvUserID><UserID>{user}</UserID><HashData>{sent}</HashData><ID>{terminal}</ID>\
             <MerchantID>7000679</MerchantID></Terminal><Customer><IPAddress>127.0.0.1</IPAddress></Customer>{card}\
             <Order><OrderID>{}</OrderID></Order><Transaction><Type>{}</Type><InstallmentCnt></InstallmentCnt>\
             <Amount>{}</Amount><CurrencyCode>949</CurrencyCode>{}</Transaction></GVPSRequest>",
            self.order, self.kind, self.amount, self.more
        )
    }
}

const PLAIN: &str = "<CardholderPresentCode>0</CardholderPresentCode><MotoInd>N</MotoInd>";

impl Counter {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    async fn send(&self, method: &str, path: &str, body: String) -> (StatusCode, String, String) {
        let (status, at, body) = exchange(&self.0, form_request(method, path, body)).await;
        (status, at, text(body))
    }

    async fn ask(&self, kind: &str, order: &str, amount: &str, card: &str, more: &str) -> String {
        let user = if matches!(kind, "void" | "refund") { "PROVRFN" } else { "PROVAUT" };
        let ask = Ask { kind, order, amount, card, more: more.to_owned() };
        self.send("POST", "/VPServlet", ask.xml(TERMINAL, "123qweASD/", user)).await.2
    }

    async fn sell(&self, order: &str, amount: &str, card: &str) -> String {
        self.ask("sales", order, amount, card, PLAIN).await
    }

    async fn on(&self, kind: &str, order: &str, amount: &str, number: &str) -> String {
        let more = format!("{PLAIN}<OriginalRetrefNum>{number}</OriginalRetrefNum>");
        self.ask(kind, order, amount, "", &more).await
    }

    async fn gate(&self, fields: &Fields) -> (String, String) {
        visit(&self.0, "/servlet/gt3dengine", form::encode(fields)).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let fields: Fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        visit(&self.0, path, form::encode(&fields)).await
    }
}

/// Code and reason of the answer itself.
fn told(xml: &str) -> (&str, &str) {
    let response = xml.split("<Response>").nth(1).unwrap_or("");
    (tag(response, "Code"), tag(response, "ReasonCode"))
}

fn number(xml: &str) -> String {
    tag(xml.split("<Transaction>").nth(1).unwrap_or(""), "RetrefNum").to_owned()
}

fn gate_form(level: &str, order: &str, card: Option<&str>) -> Fields {
    let user = if card.is_some() { "PROVAUT" } else { "PROVOOS" };
    let mut f: Fields = [
        ("secure3dsecuritylevel", level),
        ("mode", "TEST"),
        ("apiversion", "512"),
        ("terminalprovuserid", user),
        ("terminaluserid", user),
        ("terminalmerchantid", "7000679"),
        ("terminalid", TERMINAL),
        ("txntype", "sales"),
        ("txnamount", "1250"),
        ("txncurrencycode", "949"),
        ("txninstallmentcount", ""),
        ("orderid", order),
        ("successurl", "http://127.0.0.1:9/ok"),
        ("errorurl", "http://127.0.0.1:9/fail"),
        ("customeripaddress", "127.0.0.1"),
    ]
    .into_iter()
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .collect();
    if let Some(pan) = card {
        for (k, v) in
            [("cardnumber", pan), ("cardexpiredatemonth", "12"), ("cardexpiredateyear", "30"), ("cardcvv2", "000")]
        {
            f.push((k.to_owned(), v.to_owned()));
        }
    }
    let made = hash::form(&f, "12345678", &hash::security("123qweASD/", TERMINAL));
    f.push(("secure3dhash".to_owned(), made));
    f
}

#[tokio::test]
async fn a_sale_is_booked_once_and_the_answer_is_signed() {
    let bank = Counter::new();
    let answer = bank.sell("o1", "1001", CARD).await;
    assert_eq!((told(&answer), tag(&answer, "Message"), tag(&answer, "OrderID")), (("00", "00"), "Approved", "o1"));
    let parts = ["00", &number(&answer), tag(&answer, "AuthCode"), tag(&answer, "ProvDate"), "o1"];
    assert_eq!(tag(&answer, "HashData"), hash::answer(parts, &hash::security("123qweASD/", TERMINAL)));
    assert_eq!(told(&bank.sell("o1", "1001", CARD).await), ("92", "0200"));
    let order = bank.0.order("o1").expect("booked");
    assert_eq!((order.state, order.net, order.approvals), ("sold", 1_001, 1));
    assert_eq!(bank.0.authorize_calls("o1"), 2);
}

#[tokio::test]
async fn void_comes_before_day_end_and_refund_after() {
    let bank = Counter::new();
    let (first, second) = (number(&bank.sell("o1", "1000", CARD).await), number(&bank.sell("o2", "1000", CARD).await));
    assert_eq!(told(&bank.on("refund", "o1", "400", &first).await), ("92", "0208"), "the day is open");
    assert_eq!(told(&bank.on("void", "o2", "100", &first).await), ("92", "0110"), "another order's number");
    assert_eq!(told(&bank.on("void", "o2", "100", &second).await).0, "00");
    assert_eq!(told(&bank.on("void", "o2", "100", &second).await), ("92", "0110"));
    bank.0.day_end();
    assert_eq!(told(&bank.on("void", "o1", "100", &first).await), ("92", "0110"));
    assert_eq!(told(&bank.on("refund", "o1", "400", &first).await).0, "00");
    assert_eq!(told(&bank.on("refund", "o1", "601", &first).await), ("92", "0208"));
    assert_eq!(told(&bank.on("refund", "o1", "600", &first).await).0, "00");
    assert_eq!(bank.0.order("o1").map(|o| (o.state, o.net)), Some(("refunded", 0)));
    assert_eq!(bank.0.order("o2").map(|o| (o.state, o.net)), Some(("voided", 0)));
}

#[tokio::test]
async fn a_hold_is_captured_once_within_the_margin() {
    let bank = Counter::new();
    let held = number(&bank.ask("preauth", "p", "1000", CARD, PLAIN).await);
    let status = bank.ask("orderinq", "p", "100", "", PLAIN).await;
    assert_eq!(
        (tag(&status, "Status"), tag(&status, "PreAuthAmount"), tag(&status, "AuthAmount")),
        ("WAITINGPOSTAUTH", "1000", "0")
    );
    assert_eq!(told(&bank.on("postauth", "p", "1151", &held).await), ("13", "13"));
    assert_eq!(told(&bank.on("postauth", "p", "1150", "230500000000").await), ("92", "0110"));
    assert_eq!(told(&bank.on("postauth", "p", "1150", &held).await).0, "00");
    assert_eq!(told(&bank.on("postauth", "p", "1", &held).await), ("92", "0208"));
    assert_eq!(bank.0.order("p").map(|o| (o.state, o.net, o.held)), Some(("captured", 1_150, 0)));
    let status = bank.ask("orderinq", "p", "100", "", PLAIN).await;
    assert_eq!((tag(&status, "Status"), tag(&status, "AuthAmount")), ("APPROVED", "1150"));
}

#[tokio::test]
async fn inquiries_tell_what_is_in_the_book() {
    let bank = Counter::new();
    assert_eq!(told(&bank.ask("orderinq", "o1", "100", "", PLAIN).await), ("92", "0110"));
    assert_eq!(told(&bank.ask("orderhistoryinq", "o1", "100", "", PLAIN).await), ("92", "0108"));
    bank.sell("o1", "1051", CARD).await;
    let declined = bank.ask("orderinq", "o1", "100", "", PLAIN).await;
    assert_eq!((told(&declined).0, tag(&declined, "Status"), tag(&declined, "Code")), ("00", "DECLINED", "51"));
    let sold = number(&bank.sell("o1", "1001", CARD).await);
    let found = bank.ask("orderinq", "o1", "100", "", PLAIN).await;
    assert_eq!(
        (tag(&found, "Status"), tag(&found, "AuthAmount"), tag(&found, "RetrefNum")),
        ("APPROVED", "1001", sold.as_str())
    );
    bank.on("void", "o1", "100", &sold).await;
    let history = bank.ask("orderhistoryinq", "o1", "100", "", PLAIN).await;
    let rows: Vec<&str> = history.split("<OrderTxn>").skip(1).collect();
    let kinds: Vec<(&str, &str)> = rows.iter().map(|row| (tag(row, "Type"), tag(row, "ReturnCode"))).collect();
    assert_eq!(kinds, [("sales", "51"), ("sales", "00"), ("void", "00")]);
    assert!(tag(rows[0], "VoidDate").is_empty() && tag(rows[1], "VoidDate").len() == 8);
}

#[tokio::test]
async fn a_list_has_the_days_transactions() {
    let bank = Counter::new();
    bank.sell("o1", "1001", CARD).await;
    bank.sell("o2", "1051", CARD).await;
    let today = crate::clock::local(bank.0.clock().now_ms());
    let list = |from: String, until: String| {
        let order = format!(
            "<Order><OrderID/><GroupID/><Description/><StartDate>{from}</StartDate><EndDate>{until}</EndDate><ListPageNum>1</ListPageNum></Order>"
        );
        Ask { kind: "orderlistinq", order: "", amount: "100", card: "", more: PLAIN.to_owned() }
            .xml(TERMINAL, "123qweASD/", "PROVAUT")
            .replace("<Order><OrderID></OrderID></Order>", &order)
    };
    let day = today.strftime("%d/%m/%Y").to_string();
    let found = bank.send("POST", "/VPServlet", list(format!("{day} 00:00"), format!("{day} 23:59"))).await.2;
    assert_eq!((told(&found).0, tag(&found, "TotalTxnCount")), ("00", "2"));
    assert!(found.contains("<TrxType>Satis</TrxType>") && found.contains("<Status>Basarisiz</Status>"));
    let long = bank.send("POST", "/VPServlet", list("01/01/2020 00:00".into(), format!("{day} 23:59"))).await.2;
    assert_eq!(told(&long), ("92", "0002"));
}

#[tokio::test]
async fn requests_are_checked_as_the_bank_does() {
    let bank = Counter::new();
    let sale = || Ask { kind: "sales", order: "r1", amount: "1001", card: CARD, more: PLAIN.to_owned() };
    for (xml, expected) in [
        (sale().xml(TERMINAL, "wrong", "PROVAUT"), ("92", "0651")),
        (sale().xml(TERMINAL, "123qweASD/", "PROVRFN"), ("92", "0651")),
        (sale().xml("30000000", "123qweASD/", "PROVAUT"), ("92", "0752")),
        (sale().xml(TERMINAL, "123qweASD/", "PROVAUT").replace("TEST", "PROD"), ("92", "0752")),
        (sale().xml(TERMINAL, "123qweASD/", "PROVAUT").replace("<Amount>1001", "<Amount>100"), ("92", "0651")),
        (sale().xml(TERMINAL, "123qweASD/", "PROVAUT").replace("<Version>512", "<Version>v0.01"), ("92", "0651")),
        (sale().xml(TERMINAL, "123qweASD/", "PROVAUT").replace(PLAIN, ""), ("92", "0002")),
        (sale().xml(TERMINAL, "123qweASD/", "PROVAUT").replace("<CVV2>000</CVV2>", ""), ("92", "0002")),
        (sale().xml(TERMINAL, "123qweASD/", "PROVAUT").replace(">1230<", ">3012<"), ("54", "54")),
        (sale().xml(TERMINAL, "123qweASD/", "PROVAUT").replace("Cnt></", "Cnt>1</"), ("12", "12")),
        ("<GVPSRequest>".to_owned(), ("92", "0002")),
    ] {
        assert_eq!(told(&bank.send("POST", "/VPServlet", xml.clone()).await.2), expected, "{xml}");
    }
    assert_eq!(told(&bank.sell("r2", "1001", "4355084355084357").await), ("14", "14"));
    assert_eq!(told(&bank.sell("r3", "0", CARD).await), ("92", "0002"));
    assert!(bank.0.orders().is_empty());
    for card in test_cards().iter().filter(|c| c.group == "decline") {
        let answer = bank.sell("d", "101", &card.number).await;
        let expected = card.bank_code.map(|code| if code == "92" { "68" } else { code });
        assert_eq!((Some(told(&answer).0), tag(&answer, "Message")), (expected, "Declined"), "{}", card.note_en);
    }
}

#[tokio::test]
async fn mail_order_has_the_banks_flag() {
    let bank = Counter::new();
    let moto = PLAIN.replace(">N<", ">Y<");
    let ask = |terminal: &str| {
        let ask = Ask { kind: "sales", order: "m1", amount: "1001", card: CARD, more: moto.clone() };
        ask.xml(terminal, "123qweASD/", "PROVAUT").replace("<CVV2>000</CVV2>", "")
    };
    assert_eq!(told(&bank.send("POST", "/VPServlet", ask("30691297")).await.2).0, "58");
    assert_eq!(told(&bank.send("POST", "/VPServlet", ask(TERMINAL)).await.2).0, "00");
    assert_eq!(bank.0.order("m1").map(|o| o.entries[0].channel.clone()), Some("moto".to_owned()));
}

#[tokio::test]
async fn an_authentication_is_turned_into_money_once() {
    let bank = Counter::new();
    let (acs, page) = bank.gate(&gate_form("3D", "t1", Some(CARD))).await;
    assert!(acs.starts_with("/acs/") && page.contains("12,50 TL"), "{page}");
    let (_, page) = bank.post(&acs, &[("code", "123456"), ("action", "confirm")]).await;
    let (url, f) = callback(&page);
    assert_eq!((url.as_str(), field(&f, "mdstatus"), field(&f, "oid")), ("http://127.0.0.1:9/ok", "1", "t1"));
    assert_eq!(field(&f, "hash"), hash::callback(&f, "12345678"));
    assert!(!page.contains(CARD), "the number must not come back");
    assert!(bank.0.order("t1").is_none(), "nothing is charged by authenticating");
    let provision = |amount: &str, cavv: &str| {
        let more = format!(
            "<CardholderPresentCode>13</CardholderPresentCode><MotoInd>N</MotoInd><Secure3D><AuthenticationCode>{cavv}</AuthenticationCode>\
             <SecurityLevel>{}</SecurityLevel><TxnID>{}</TxnID><Md>{}</Md></Secure3D>",
            field(&f, "eci"),
            field(&f, "xid"),
            field(&f, "md")
        );
        Ask { kind: "sales", order: "t1", amount: "", card: "", more }.xml_of(amount)
    };
    let cavv = field(&f, "cavv");
    for (amount, cavv, expected) in [
        ("1250", "x", ("92", "0122")),
        ("100", cavv, ("92", "0122")),
        ("1250", cavv, ("00", "00")),
        ("1250", cavv, ("92", "0200")),
    ] {
        assert_eq!(told(&bank.send("POST", "/VPServlet", provision(amount, cavv)).await.2), expected);
    }
    assert_eq!(bank.0.order("t1").map(|o| (o.net, o.approvals)), Some((1_250, 1)));
}

impl Ask<'_> {
    fn xml_of(&self, amount: &str) -> String {
        Ask { amount, more: self.more.clone(), ..*self }.xml(TERMINAL, "123qweASD/", "PROVAUT")
    }
}

#[tokio::test]
async fn the_gate_charges_where_the_model_says_so() {
    let bank = Counter::new();
    let (acs, _) = bank.gate(&gate_form("3D_PAY", "t2", Some(CARD))).await;
    let (back, page) = bank.post(&acs, &[("code", "123456")]).await;
    let (_, f) = callback(&page);
    assert_eq!((field(&f, "procreturncode"), field(&f, "response")), ("00", "Approved"));
    assert_eq!(bank.0.order("t2").map(|o| o.net), Some(1_250));
    let (_, _, again) = bank.send("GET", &back, String::new()).await;
    assert_eq!(callback(&again).1, f, "reloading posts the same, and charges nothing");
    assert_eq!(bank.0.order("t2").map(|o| o.approvals), Some(1));

    let (form_page, page) = bank.gate(&gate_form("3D_OOS_PAY", "t3", None)).await;
    assert!(page.contains("name=\"pan\""), "{page}");
    let (_, page) = bank.post(&form_page, &[("pan", "1"), ("month", "12"), ("year", "30"), ("cv2", "000")]).await;
    assert!(page.contains("role=\"alert\""));
    let typed = [("pan", "4355 0843 5508 4358"), ("month", "12"), ("year", "30"), ("cv2", "000")];
    let (acs, _) = bank.post(&form_page, &typed).await;
    let (_, page) = bank.post(&acs, &[("code", "123456")]).await;
    assert_eq!(field(&callback(&page).1, "procreturncode"), "00");
    assert_eq!(bank.0.order("t3").map(|o| o.net), Some(1_250));
}

#[tokio::test]
async fn a_tampered_form_is_refused_without_a_signature() {
    let bank = Counter::new();
    for (name, value) in [("txnamount", "100"), ("successurl", "http://127.0.0.1:9/evil"), ("txninstallmentcount", "2")]
    {
        let mut f = gate_form("3D_PAY", "t4", Some(CARD));
        f.retain(|(k, _)| k != name);
        f.push((name.to_owned(), value.to_owned()));
        let (_, page) = bank.gate(&f).await;
        let (url, f) = callback(&page);
        assert_eq!((url.as_str(), field(&f, "mdstatus")), ("http://127.0.0.1:9/fail", "7"), "{name}");
        assert_eq!((field(&f, "mderrormessage"), field(&f, "hash")), ("Guvenlik Kodu hatali", ""));
        assert!(!page.contains(CARD));
    }
    assert!(bank.0.orders().is_empty());
}

#[tokio::test]
async fn cancel_bad_cards_and_failed_authentications_end_at_error_url() {
    let bank = Counter::new();
    let (acs, _) = bank.gate(&gate_form("3D_PAY", "t5", Some(CARD))).await;
    let (_, page) = bank.post(&acs, &[("action", "cancel")]).await;
    let (url, f) = callback(&page);
    assert_eq!((url.as_str(), field(&f, "mdstatus")), ("http://127.0.0.1:9/fail", "0"));
    let (_, page) = bank.gate(&gate_form("3D", "t6", Some("4355084355084357"))).await;
    assert_eq!(field(&callback(&page).1, "response"), "Error");
    let (hosted, _) = bank.gate(&gate_form("3D_OOS_PAY", "t7", None)).await;
    let (_, page) = bank.post(&hosted, &[("action", "cancel")]).await;
    assert_eq!(field(&callback(&page).1, "mdstatus"), "0");
    assert!(bank.0.orders().is_empty());
}

#[tokio::test]
async fn faults_spoil_what_they_are_told_to() {
    let bank = Counter::new();
    bank.0.fault(Fault { status: Some(502), ..Fault::once(FaultKind::Html) });
    assert!(bank.sell("f1", "100", CARD).await.contains("Request Rejected"));
    assert_eq!(bank.0.order("f1").map(|o| o.net), Some(100), "booked, then spoiled");
    bank.0.fault(Fault::once(FaultKind::Garbage).unbooked());
    bank.sell("f2", "100", CARD).await;
    assert!(bank.0.order("f2").is_none());
    bank.0.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(tag(&bank.ask("orderinq", "f1", "100", "", PLAIN).await, "AuthAmount"), "200");
    bank.0.fault(Fault::once(FaultKind::WrongHash));
    let (acs, _) = bank.gate(&gate_form("3D", "f3", Some(CARD))).await;
    let (_, page) = bank.post(&acs, &[("code", "123456")]).await;
    let (_, f) = callback(&page);
    assert_ne!(field(&f, "hash"), hash::callback(&f, "12345678"));
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number_or_a_secret() {
    let bank = Counter::new();
    bank.sell("c1", "101", CARD).await;
    let (acs, _) = bank.gate(&gate_form("3D", "c2", Some(CARD))).await;
    bank.post(&acs, &[("code", "123456")]).await;
    for path in ["/admin/book", "/admin/requests", "/admin/orders/c1", "/admin/faults", "/admin/stores"] {
        let (status, _, body) = bank.send("GET", path, String::new()).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(!body.contains(CARD) && !body.contains("123qweASD") && !body.contains("\"12345678\""), "{path}");
    }
}
