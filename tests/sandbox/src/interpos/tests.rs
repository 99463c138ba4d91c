//! The bank as a merchant meets it, through its router.

use crate::bank::{Bank, Options};
use crate::fault::{Fault, FaultKind};
use crate::form;
use crate::merchant::{posted as callback, visit};

use super::gate::hash;
use super::rules::{Fields, field};

const CARD: &str = "4355084355084358";

struct Desk(Bank);

impl Desk {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    /// Follows redirects; returns the last path and page.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let fields: Fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        visit(&self.0, path, form::encode(&fields)).await
    }

    async fn api(&self, fields: &[(&str, &str)]) -> Fields {
        let account =
            [("UserCode", "InterTestApi"), ("UserPass", "3"), ("ShopCode", "3123"), ("SecureType", "NonSecure")];
        let (_, text) = self.post("/mpi/Default.aspx", &[&account[..], fields].concat()).await;
        pairs(&text)
    }

    async fn sell(&self, kind: &str, order: &str, amount: &str, card: &str) -> Fields {
        self.api(&[
            ("TxnType", kind),
            ("OrderId", order),
            ("PurchAmount", amount),
            ("Currency", "949"),
            ("MOTO", "0"),
            ("Pan", card),
            ("Expiry", "1230"),
            ("Cvv2", "000"),
        ])
        .await
    }

    async fn about(&self, kind: &str, order: &str, amount: &str) -> Fields {
        self.api(&[("TxnType", kind), ("orgOrderId", order), ("PurchAmount", amount), ("Currency", "949")]).await
    }

    async fn line(&self, order: &str) -> (String, String, String) {
        let answer = self.about("StatusHistory", order, "").await;
        let get = |name: &str| field(&answer, name).to_owned();
        (get("TxnStatus"), get("PurchAmount"), get("RefundedAmount"))
    }
}

fn pairs(text: &str) -> Fields {
    text.split(";;").filter_map(|p| p.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn code(answer: &Fields) -> (&str, &str) {
    (field(answer, "ProcReturnCode"), field(answer, "TxnResult"))
}

fn gate_form(model: &'static str, order: &'static str, card: Option<&'static str>) -> Vec<(&'static str, String)> {
    let values = ["3123", order, "12.50", "http://127.0.0.1:9/ok", "http://127.0.0.1:9/fail", "Auth", "", "rnd1"];
    let names = ["ShopCode", "OrderId", "PurchAmount", "OkUrl", "FailUrl", "TxnType", "InstallmentCount", "Rnd"];
    let mut f: Vec<(&str, String)> = names.into_iter().zip(values.map(str::to_owned)).collect();
    f.extend([("SecureType", model.to_owned()), ("Lang", "tr".to_owned()), ("Currency", "949".to_owned())]);
    f.push(("Hash", hash(values, "gDg1N")));
    if let Some(pan) = card {
        f.extend([("Pan", pan.to_owned()), ("Expiry", "1230".to_owned()), ("Cvv2", "000".to_owned())]);
    }
    f
}

async fn through_the_gate(desk: &Desk, form: &[(&str, String)], otp: &str) -> (String, Fields) {
    let path = if form.iter().any(|(_, v)| v == "3DHost") { "/mpi/3DHost.aspx" } else { "/mpi/Default.aspx" };
    let fields: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let (mut at, mut page) = desk.post(path, &fields).await;
    if at.starts_with("/mpi/card/") {
        let typed = [("pan", CARD), ("month", "12"), ("year", "30"), ("cv2", "000"), ("action", "pay")];
        (at, page) = desk.post(&at, &typed).await;
    }
    let mut tries = 0;
    while at.starts_with("/acs/") && tries < 3 {
        (at, page) = desk.post(&at, &[("code", otp), ("action", "ok")]).await;
        tries += 1;
    }
    let (url, fields) = callback(&page);
    let signed = field(&fields, "HASHPARAMS").split(':').filter(|n| !n.is_empty()).map(|n| field(&fields, n));
    assert_eq!(hash(signed, "gDg1N"), field(&fields, "HASH"));
    (url, fields)
}

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new();
    let answer = desk.sell("Auth", "o1", "1056.20", CARD).await;
    assert_eq!(code(&answer), ("00", "Success"));
    assert_eq!((field(&answer, "OrderId"), field(&answer, "Amount")), ("o1", "1.056,20"));
    assert_eq!(code(&desk.sell("Auth", "o1", "1056.20", CARD).await), ("94", "Failed"));
    assert_eq!(code(&desk.sell("Auth", "o2", "10.51", CARD).await), ("51", "Failed"));
    assert_eq!((desk.0.order("o1").expect("booked").net, desk.0.authorize_calls("o1")), (105_620, 2));
    assert_eq!(desk.line("o1").await, ("C".into(), "1.056,20".into(), "0,00".into()));
    assert_eq!(desk.line("o2").await.0, "D");
    assert_eq!(code(&desk.about("StatusHistory", "never", "").await).0, "05");
}

#[tokio::test]
async fn void_comes_before_day_end_and_refund_after() {
    let desk = Desk::new();
    for order in ["o1", "o2"] {
        desk.sell("Auth", order, "10.00", CARD).await;
    }
    assert_eq!(code(&desk.about("Refund", "o1", "4").await), ("28", "Failed"));
    let void = desk.about("Void", "o2", "").await;
    assert_eq!(code(&void), ("00", "Success"));
    assert!(field(&void, "OrderId").starts_with("SYSOID"));
    assert_eq!(code(&desk.about("Void", "o2", "").await).0, "21");
    desk.0.day_end();
    assert_eq!(code(&desk.about("Void", "o1", "").await).0, "21");
    assert_eq!(code(&desk.about("Refund", "o1", "4").await).0, "00");
    assert_eq!(code(&desk.about("Refund", "o1", "6.01").await).0, "77");
    assert_eq!(desk.line("o1").await, ("S".into(), "10,00".into(), "4,00".into()));
    assert_eq!(desk.line("o2").await.0, "V");
    assert_eq!(code(&desk.about("Refund", "never", "1").await).0, "25");
}

#[tokio::test]
async fn a_reservation_is_taken_once() {
    let desk = Desk::new();
    desk.sell("PreAuth", "p1", "10.00", CARD).await;
    assert_eq!(desk.line("p1").await.0, "A");
    assert_eq!(code(&desk.about("PostAuth", "p1", "10.01").await).0, "77");
    assert_eq!(code(&desk.about("PostAuth", "p1", "9").await).0, "00");
    assert_eq!(code(&desk.about("PostAuth", "p1", "9").await).0, "21");
    assert_eq!(desk.line("p1").await, ("K".into(), "9,00".into(), "0,00".into()));
}

#[tokio::test]
async fn strangers_and_crooked_requests_are_refused() {
    let desk = Desk::new();
    let (_, text) = desk
        .post(
            "/mpi/Default.aspx",
            &[("UserCode", "InterTestApi"), ("UserPass", "4"), ("ShopCode", "3123"), ("SecureType", "NonSecure")],
        )
        .await;
    assert!(text.contains("ProcReturnCode=81") && text.contains("ErrorCode=B810002"), "{text}");
    for (name, value, wrong) in [
        ("PurchAmount", "10,00", "E31"),
        ("Currency", "TRY", "E31"),
        ("InstallmentCount", "1", "E31"),
        ("Expiry", "12/30", "E31"),
        ("MOTO", "2", "E31"),
        ("TxnType", "Sale", "E31"),
        ("OrderId", "", "E31"),
        ("SecureType", "Secure", "E39"),
    ] {
        let mut fields = vec![
            ("TxnType", "Auth"),
            ("OrderId", "w1"),
            ("PurchAmount", "10.00"),
            ("Currency", "949"),
            ("Pan", CARD),
            ("Expiry", "1230"),
            ("Cvv2", "000"),
            ("UserCode", "InterTestApi"),
            ("UserPass", "3"),
            ("ShopCode", "3123"),
            ("SecureType", "NonSecure"),
        ];
        fields.retain(|(there, _)| *there != name);
        fields.push((name, value));
        let (_, text) = desk.post("/mpi/Default.aspx", &fields).await;
        assert!(text.contains(&format!("ErrorCode={wrong};;")), "{name}={value}: {text}");
    }
    assert!(desk.0.entries().is_empty());
    assert_eq!(code(&desk.sell("Auth", "w1", "10.00", "4355084355084359").await).0, "14");
}

#[tokio::test]
async fn only_mail_order_goes_without_a_code() {
    let desk = Desk::new();
    let sell = |moto: &'static str, shop: &'static str| {
        let (user, pass) = if shop == "3123" { ("InterTestApi", "3") } else { ("WebApi", "w&=1") };
        [
            ("UserCode", user),
            ("UserPass", pass),
            ("ShopCode", shop),
            ("SecureType", "NonSecure"),
            ("TxnType", "Auth"),
            ("OrderId", "m1"),
            ("PurchAmount", "10.00"),
            ("Currency", "949"),
            ("MOTO", moto),
            ("Pan", CARD),
            ("Expiry", "1230"),
        ]
    };
    for (moto, shop, expected) in [("0", "3123", "82"), ("1", "3124", "58"), ("1", "3123", "00")] {
        let (_, text) = desk.post("/mpi/Default.aspx", &sell(moto, shop)).await;
        assert_eq!(field(&pairs(&text), "ProcReturnCode"), expected, "{moto} {shop}");
    }
}

#[tokio::test]
async fn an_authentication_is_worth_one_provision() {
    let desk = Desk::new();
    let (url, f) = through_the_gate(&desk, &gate_form("3DModel", "t1", Some(CARD)), "123456").await;
    assert!(url.ends_with("/ok"));
    assert_eq!((field(&f, "mdStatus"), field(&f, "3DStatus"), field(&f, "ProcReturnCode")), ("1", "1", ""));
    assert_eq!((field(&f, "PurchAmount"), field(&f, "OrderId")), ("12,50", "t1"));
    assert!(desk.0.entries().is_empty(), "nothing is charged yet");
    let provision = |amount: &'static str, cavv: String| {
        let f = f.clone();
        let desk = &desk;
        async move {
            desk.api(&[
                ("TxnType", "Auth"),
                ("OrderId", "t1"),
                ("PurchAmount", amount),
                ("Currency", "949"),
                ("InstallmentCount", ""),
                ("MD", field(&f, "MD")),
                ("PayerTxnId", ""),
                ("Eci", field(&f, "Eci")),
                ("PayerAuthenticationCode", &cavv),
                ("MOTO", "0"),
            ])
            .await
        }
    };
    let cavv = field(&f, "PayerAuthenticationCode").to_owned();
    assert_eq!(field(&provision("12.50", "AAAA".into()).await, "ErrorCode"), "E39");
    assert_eq!(field(&provision("12.51", cavv.clone()).await, "ErrorCode"), "E39");
    assert_eq!(code(&provision("12.50", cavv.clone()).await).0, "00");
    assert_eq!(code(&provision("12.50", cavv).await).0, "94");
    assert_eq!(desk.0.order("t1").expect("booked").net, 1_250);
}

#[tokio::test]
async fn models_that_charge_tell_the_result() {
    let desk = Desk::new();
    for (model, order, card) in [("3DPay", "y1", Some(CARD)), ("3DHost", "y2", None)] {
        let (url, f) = through_the_gate(&desk, &gate_form(model, order, card), "123456").await;
        assert!(url.ends_with("/ok"), "{model}");
        assert_eq!((field(&f, "ProcReturnCode"), field(&f, "TxnResult")), ("00", "Success"));
        assert_eq!(desk.0.order(order).expect("booked").net, 1_250);
    }
    let form = gate_form("3DPay", "y3", Some("5406670000000512"));
    let (url, f) = through_the_gate(&desk, &form, "123456").await;
    assert!(url.ends_with("/fail"));
    assert_eq!((field(&f, "mdStatus"), field(&f, "ProcReturnCode"), field(&f, "TxnResult")), ("1", "51", "Failed"));
    let (url, f) = through_the_gate(&desk, &gate_form("3DPay", "y4", Some(CARD)), "000000").await;
    assert!(url.ends_with("/fail"));
    assert_eq!((field(&f, "mdStatus"), field(&f, "MD"), field(&f, "ProcReturnCode")), ("0", "", ""));
    let (_, f) = through_the_gate(&desk, &gate_form("3DModel", "y5", Some("5406670000000041")), "").await;
    assert_eq!((field(&f, "mdStatus"), field(&f, "TxnStat")), ("4", "A"));
}

#[tokio::test]
async fn a_changed_form_is_not_believed() {
    let desk = Desk::new();
    for name in ["PurchAmount", "OrderId", "TxnType", "OkUrl"] {
        let mut form = gate_form("3DPay", "z1", Some(CARD));
        for (there, value) in &mut form {
            if *there == name {
                value.push('1');
            }
        }
        let (url, f) = through_the_gate(&desk, &form, "").await;
        assert!(url.ends_with("/fail"));
        assert_eq!((field(&f, "mdStatus"), field(&f, "ErrorMessage")), ("7", "Guvenlik Kodu hatali"), "{name}");
    }
    assert!(desk.0.entries().is_empty());
}

#[tokio::test]
async fn faults_are_met() {
    let desk = Desk::new();
    desk.0.fault(Fault::once(FaultKind::WrongOrder));
    assert_eq!(field(&desk.sell("Auth", "f1", "10.00", CARD).await, "OrderId"), "Xf1");
    desk.0.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(desk.line("f1").await.1, "11,00");
    desk.0.fault(Fault::once(FaultKind::Garbage).unbooked());
    desk.sell("Auth", "f2", "10.00", CARD).await;
    assert!(desk.0.order("f2").is_none());
    desk.0.fault(Fault::once(FaultKind::Html));
    desk.sell("Auth", "f3", "10.00", CARD).await;
    assert_eq!(desk.0.order("f3").expect("booked").net, 1_000);
    desk.0.fault(Fault::once(FaultKind::WrongCurrency));
    let (_, f) = through_the_gate(&desk, &gate_form("3DPay", "f4", Some(CARD)), "123456").await;
    assert_eq!(field(&f, "Currency"), "840");
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_or_a_secret() {
    let desk = Desk::new();
    desk.sell("Auth", "s1", "10.00", CARD).await;
    let (_, f) = through_the_gate(&desk, &gate_form("3DPay", "s2", Some(CARD)), "123456").await;
    let kept = format!("{:?}{:?}{f:?}", desk.0.entries(), desk.0.requests());
    assert!(!kept.contains(CARD) && !kept.contains("gDg1N"), "{kept}");
    let stores = serde_json::to_string(desk.0.stores()).expect("a list");
    assert!(!stores.contains("gDg1N") && stores.contains("InterTestApi"));
}
