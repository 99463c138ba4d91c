//! Param as a merchant meets it, through its router.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::bank::{Bank, Options};
use crate::fault::{Fault, FaultKind};
use crate::form;
use crate::merchant::{exchange, posted as callback, tag, text};
use crate::xml::escape;

use super::rules::{hash, signed};

const CARD: &str = "4355084355084358";
const GUID: &str = "0c13d406-873b-403b-9c09-a5766840d98c";
const API: &str = "/turkpos.ws/service_turkpos_prod.asmx";

type Fields = Vec<(String, String)>;

struct Desk(Bank);

impl Desk {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    async fn send(&self, method: &str, path: &str, action: &str, body: String) -> (StatusCode, String, String) {
        let request = Request::builder().method(method).uri(path).header("soapaction", action);
        let (status, at, body) = exchange(&self.0, request.body(Body::from(body)).expect("a request")).await;
        (status, at, text(body))
    }

    /// Follows redirects; returns the last path and page.
    async fn browse(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let fields: Fields = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (mut status, mut at, mut page) = self.send(method, path, "", form::encode(&fields)).await;
        let mut path = path.to_owned();
        while status == StatusCode::SEE_OTHER {
            path.clone_from(&at);
            (status, at, page) = self.send("GET", &path, "", String::new()).await;
        }
        (path, page)
    }

    async fn call(&self, operation: &str, fields: &[(&str, &str)]) -> String {
        let account = "<G><CLIENT_CODE>10738</CLIENT_CODE><CLIENT_USERNAME>Test</CLIENT_USERNAME><CLIENT_PASSWORD>Test</CLIENT_PASSWORD></G>";
        let fields: String =
            fields.iter().fold(String::new(), |all, (k, v)| all + &format!("<{k}>{}</{k}>", escape(v)));
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
             <{operation} xmlns=\"https://turkpos.com.tr/\">{account}<GUID>{GUID}</GUID>{fields}</{operation}></soap:Body></soap:Envelope>"
        );
        self.send("POST", API, &format!("\"https://turkpos.com.tr/{operation}\""), body).await.2
    }

    async fn begin(&self, operation: &str, security: &str, order: &str, amount: &str, card: &str) -> String {
        self.call(
            operation,
            &beginning(operation, security, order, amount, card).each_ref().map(|(k, v)| (*k, v.as_str())),
        )
        .await
    }

    async fn sell(&self, order: &str, amount: &str, card: &str) -> String {
        self.begin("TP_WMD_UCD", "NS", order, amount, card).await
    }

    async fn reverse(&self, durum: &str, order: &str, amount: &str) -> String {
        let fields = [("Durum", durum), ("Siparis_ID", order), ("Tutar", amount)];
        code(&self.call("TP_Islem_Iptal_Iade_Kismi2", &fields).await)
    }

    async fn line(&self, order: &str) -> (String, String, String, String) {
        let answer = self.call("TP_Islem_Sorgulama4", &[("Siparis_ID", order)]).await;
        let get = |name: &str| tag(&answer, name).to_owned();
        (get("Durum"), get("Islem_Tip"), get("Toplam_Tutar"), get("Toplam_Iade_Tutar"))
    }

    /// To the gate, through the issuer's page, and back.
    async fn through(&self, at: (String, String), otp: &str) -> (String, Fields) {
        let (mut at, mut page) = at;
        if at.starts_with("/3D_Secure/card/") {
            let typed = [("pan", CARD), ("month", "12"), ("year", "30"), ("cv2", "000"), ("action", "pay")];
            (at, page) = self.browse("POST", &at, &typed).await;
        }
        let mut tries = 0;
        while at.starts_with("/acs/") && tries < 3 {
            (at, page) = self.browse("POST", &at, &[("code", otp), ("action", "confirm")]).await;
            tries += 1;
        }
        callback(&page)
    }

    async fn authenticate(&self, order: &str, card: &str, otp: &str) -> (String, Fields) {
        let answer = self.begin("TP_WMD_UCD", "3D", order, "12,50", card).await;
        let html = unescaped(tag(&answer, "UCD_HTML"));
        let id = html.split("name=\"creq\" value=\"").nth(1).and_then(|r| r.split('"').next()).expect("an id");
        let at = self.browse("POST", "/3D_Secure/challenge", &[("creq", id)]).await;
        self.through(at, otp).await
    }

    async fn complete(&self, f: &Fields) -> String {
        let fields = [("UCD_MD", get(f, "md")), ("Islem_GUID", get(f, "islemGUID")), ("Siparis_ID", get(f, "orderId"))];
        self.call("TP_WMD_Pay", &fields).await
    }

    async fn pay_at_gate(&self, order: &str, card: &str, otp: &str) -> (String, Fields) {
        let answer = self.begin("Pos_Odeme", "3D", order, "12,50", card).await;
        let url = unescaped(tag(&answer, "UCD_URL"));
        let path = url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).expect("an address");
        let at = self.browse("GET", &path, &[]).await;
        self.through(at, otp).await
    }
}

fn beginning(operation: &str, security: &str, order: &str, amount: &str, card: &str) -> [(&'static str, String); 17] {
    let url = "http://127.0.0.1:9/back";
    let mut fields = [
        ("Islem_Guvenlik_Tip", security),
        ("Islem_ID", order),
        ("IPAdr", "127.0.0.1"),
        ("Siparis_ID", order),
        ("Islem_Tutar", amount),
        ("Toplam_Tutar", amount),
        ("Basarili_URL", url),
        ("Hata_URL", url),
        ("Taksit", "1"),
        ("KK_Sahibi", "Ayşe Yılmaz"),
        ("KK_No", card),
        ("KK_SK_Ay", "12"),
        ("KK_SK_Yil", "2030"),
        ("KK_CVC", "000"),
        ("KK_Sahibi_GSM", ""),
        ("Doviz_Kodu", if operation == "TP_Islem_Odeme_WD" { "1001" } else { "" }),
        ("Islem_Hash", ""),
    ]
    .map(|(k, v)| (k, v.to_owned()));
    let value = |name: &&str| fields.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.as_str()).to_owned();
    let all: String = signed(operation).iter().map(value).collect();
    fields[16].1 = hash(&format!("10738{GUID}{all}"));
    fields
}

fn get<'a>(fields: &'a Fields, name: &str) -> &'a str {
    form::value(fields, name)
}

/// `Sonuc`.
fn code(answer: &str) -> String {
    tag(answer, "Sonuc").to_owned()
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&#39;", "'").replace("&quot;", "\"");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[tokio::test]
async fn a_sale_is_booked_and_a_used_number_gets_another() {
    let desk = Desk::new();
    let answer = desk.sell("o1", "1056,20", CARD).await;
    assert_eq!(
        (code(&answer).as_str(), tag(&answer, "UCD_HTML"), tag(&answer, "Siparis_ID")),
        ("1", "NONSECURE", "o1")
    );
    assert!(tag(&answer, "Islem_ID").parse::<i64>().expect("a receipt") > 0);
    let again = desk.sell("o1", "1056,20", CARD).await;
    assert_eq!(code(&again), "1");
    assert_ne!(tag(&again, "Siparis_ID"), "o1", "as Param's page says");
    let refused = desk.sell("o2", "10,51", CARD).await;
    assert_eq!(
        (code(&refused).as_str(), tag(&refused, "Banka_Sonuc_Kod"), tag(&refused, "Islem_ID")),
        ("-1", "51", "0")
    );
    assert_eq!(desk.0.order("o1").expect("booked").net, 105_620);
    let line = |a: &str, b: &str, c: &str, d: &str| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned());
    assert_eq!(desk.line("o1").await, line("SUCCESS", "SALE", "1056.20", "0"));
    assert_eq!(desk.line("o2").await, line("FAIL", "SALE", "10.51", "0"));
    assert_eq!(code(&desk.call("TP_Islem_Sorgulama4", &[("Siparis_ID", "never")]).await), "-209");
}

#[tokio::test]
async fn void_comes_before_day_end_and_refund_after() {
    let desk = Desk::new();
    for order in ["o1", "o2"] {
        desk.sell(order, "10,00", CARD).await;
    }
    assert_eq!(desk.reverse("IADE", "o1", "4.00").await, "-214");
    assert_eq!(desk.reverse("IPTAL", "o2", "4.00").await, "-218");
    assert_eq!(desk.reverse("IPTAL", "o2", "10").await, "1");
    assert_eq!(desk.reverse("IPTAL", "o2", "10").await, "-211");
    desk.0.day_end();
    assert_eq!(desk.reverse("IPTAL", "o1", "10").await, "-213");
    assert_eq!(desk.reverse("IADE", "o1", "4.00").await, "1");
    assert_eq!(desk.reverse("IADE", "o1", "6.01").await, "-221");
    assert_eq!(desk.line("o1").await.0, "PARTIAL_REFUND");
    assert_eq!(desk.reverse("IADE", "o1", "6.00").await, "1");
    assert_eq!(desk.reverse("IADE", "o1", "1.00").await, "-212");
    assert_eq!((desk.line("o1").await.0, desk.line("o2").await.0), ("REFUND".into(), "CANCEL".into()));
    assert_eq!(
        (desk.reverse("IADE", "never", "1").await, desk.reverse("SIL", "o1", "1").await),
        ("-210".into(), "-219".into())
    );
}

#[tokio::test]
async fn a_reservation_is_taken_once() {
    let desk = Desk::new();
    let take = |order: &'static str, amount: &'static str| {
        let desk = &desk;
        async move {
            let fields = [("Prov_ID", ""), ("Prov_Tutar", amount), ("Siparis_ID", order)];
            code(&desk.call("TP_Islem_Odeme_OnProv_Kapa", &fields).await)
        }
    };
    for order in ["p1", "p2"] {
        assert_eq!(code(&desk.begin("TP_Islem_Odeme_OnProv_WMD", "NS", order, "10,00", CARD).await), "1");
    }
    assert_eq!(desk.line("p1").await.1, "PRE_AUTH");
    assert_eq!(
        (take("p1", "10,01").await, take("p1", "9,00").await, take("p1", "9,00").await),
        ("-217".into(), "1".into(), "-210".into())
    );
    assert_eq!(desk.line("p1").await, ("SUCCESS".into(), "POST_AUTH".into(), "9.00".into(), "0".into()));
    let void = desk.call("TP_Islem_Iptal_OnProv", &[("Prov_ID", ""), ("Siparis_ID", "p2")]).await;
    assert_eq!((code(&void).as_str(), desk.line("p2").await.0.as_str()), ("1", "CANCEL"));
}

#[tokio::test]
async fn strangers_and_crooked_requests_are_refused() {
    let desk = Desk::new();
    for (name, value, expected) in [
        ("Islem_Hash", "AAAA", "-102"),
        ("Siparis_ID", "0123456789012345678901234567890123456789", "-104"),
        ("Islem_Tutar", "10.00", "-112"),
        ("Islem_Tutar", "10,0", "-115"),
        ("Toplam_Tutar", "11,00", "-202"),
        ("Taksit", "0", "-110"),
        ("KK_No", "4355084355084359", "-119"),
        ("KK_No", "4355", "-118"),
        ("KK_SK_Yil", "30", "-106"),
        ("KK_SK_Ay", "13", "-107"),
        ("Islem_Guvenlik_Tip", "X", "-204"),
    ] {
        let mut fields = beginning("TP_WMD_UCD", "NS", "w1", "10,00", CARD);
        for (there, text) in &mut fields {
            if *there == name {
                value.clone_into(text);
            }
        }
        if name != "Islem_Hash" {
            let value = |name: &&str| fields.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.as_str()).to_owned();
            let all: String = signed("TP_WMD_UCD").iter().map(value).collect();
            fields[16].1 = hash(&format!("10738{GUID}{all}"));
        }
        let answer = desk.call("TP_WMD_UCD", &fields.each_ref().map(|(k, v)| (*k, v.as_str()))).await;
        assert_eq!(code(&answer), expected, "{name}={value}");
    }
    assert!(desk.0.entries().is_empty());
    let (status, _, text) = desk
        .send("POST", API, "", "<soap:Envelope xmlns:soap=\"x\"><soap:Body><A/></soap:Body></soap:Envelope>".into())
        .await;
    assert!(status == StatusCode::INTERNAL_SERVER_ERROR && text.contains("SOAPAction"), "{text}");
}

#[tokio::test]
async fn an_authentication_is_worth_one_completion() {
    let desk = Desk::new();
    let (_, f) = desk.authenticate("t1", CARD, "123456").await;
    let all = ["islemGUID", "md", "mdStatus", "orderId"].map(|name| get(&f, name)).concat();
    assert_eq!(hash(&format!("{all}{GUID}")), get(&f, "islemHash"));
    assert_eq!((get(&f, "mdStatus"), get(&f, "orderId"), get(&f, "transactionAmount")), ("1", "t1", "12,50"));
    assert!(desk.0.entries().is_empty(), "nothing is charged yet");
    let mut other = f.clone();
    for (name, value) in &mut other {
        if name == "md" {
            value.pop();
        }
    }
    assert_eq!(code(&desk.complete(&other).await), "-209");
    let paid = desk.complete(&f).await;
    assert_eq!((code(&paid).as_str(), tag(&paid, "Siparis_ID")), ("1", "t1"));
    assert_eq!(code(&desk.complete(&f).await), "-207");
    assert_eq!(desk.0.order("t1").expect("booked").net, 1_250);
    let (_, f) = desk.authenticate("t2", CARD, "000000").await;
    assert_eq!(get(&f, "mdStatus"), "0");
    assert_eq!(code(&desk.complete(&f).await), "-209");
    let (_, f) = desk.authenticate("t3", "5406670000000512", "123456").await;
    let refused = desk.complete(&f).await;
    assert_eq!(
        (code(&refused).as_str(), tag(&refused, "Bank_Sonuc_Kod"), tag(&refused, "Dekont_ID")),
        ("-1", "51", "0")
    );
}

#[tokio::test]
async fn gates_that_charge_tell_the_result() {
    let desk = Desk::new();
    let (_, f) = desk.pay_at_gate("y1", CARD, "123456").await;
    let all = ["Dekont_ID", "Tahsilat_Tutari", "Siparis_ID", "Islem_ID"]
        .map(|name| get(&f, &format!("TURKPOS_RETVAL_{name}")).to_owned());
    assert_eq!(hash(&format!("10738{GUID}{}", all.concat())), get(&f, "TURKPOS_RETVAL_Hash"));
    assert_eq!((get(&f, "TURKPOS_RETVAL_Sonuc"), get(&f, "TURKPOS_RETVAL_Siparis_ID")), ("1", "y1"));
    assert_eq!(desk.0.order("y1").expect("booked").net, 1_250);
    let (_, f) = desk.pay_at_gate("y2", CARD, "000000").await;
    assert_eq!((get(&f, "TURKPOS_RETVAL_Sonuc"), get(&f, "TURKPOS_RETVAL_Dekont_ID")), ("-1", "0"));
    assert!(desk.0.order("y2").is_none());
}

#[tokio::test]
async fn the_hosted_page_takes_the_card() {
    let desk = Desk::new();
    let open = |password: &str| {
        format!(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Header><ServiceSecuritySoapHeader>\
             <CLIENT_CODE>10738</CLIENT_CODE><CLIENT_USERNAME>Test</CLIENT_USERNAME><CLIENT_PASSWORD>{password}</CLIENT_PASSWORD>\
             </ServiceSecuritySoapHeader></soap:Header><soap:Body><TO_Pre_Encrypting_OOS><Borclu_Tutar>r|12,50</Borclu_Tutar>\
             <Return_URL>r|http://127.0.0.1:9/back</Return_URL><Islem_ID>h1</Islem_ID><Terminal_ID>10738</Terminal_ID><Taksit>1</Taksit>\
             </TO_Pre_Encrypting_OOS></soap:Body></soap:Envelope>"
        )
    };
    let action = "\"https://turkodeme.com.tr/TO_Pre_Encrypting_OOS\"";
    let (_, _, refused) = desk.send("POST", "/to.ws/Service_Odeme.asmx", action, open("x")).await;
    assert!(tag(&refused, "TO_Pre_Encrypting_OOSResult").starts_with("SOAP Güvenlik"), "{refused}");
    let (_, _, answer) = desk.send("POST", "/to.ws/Service_Odeme.asmx", action, open("Test")).await;
    let ticket = tag(&answer, "TO_Pre_Encrypting_OOSResult").to_owned();
    let query = form::encode(&[("s".to_owned(), ticket)]);
    let at = desk.browse("GET", &format!("/default.aspx?{query}"), &[]).await;
    let (_, f) = desk.through(at, "123456").await;
    assert_eq!((get(&f, "TURKPOS_RETVAL_Sonuc"), get(&f, "TURKPOS_RETVAL_Islem_ID")), ("1", "h1"));
    let order = get(&f, "TURKPOS_RETVAL_Siparis_ID");
    assert_eq!(desk.0.order(order).expect("booked").net, 1_250);
    let fields = [("Dekont_ID", ""), ("Siparis_ID", ""), ("Islem_ID", "h1")];
    let found = desk.call("TP_Islem_Sorgulama4", &fields).await;
    assert_eq!((tag(&found, "Siparis_ID"), tag(&found, "Islem_ID"), tag(&found, "Durum")), (order, "h1", "SUCCESS"));
}

#[tokio::test]
async fn days_can_be_listed() {
    let desk = Desk::new();
    desk.sell("o1", "10,00", CARD).await;
    desk.reverse("IPTAL", "o1", "10").await;
    let now = desk.0.clock().now_ms();
    let (from, until) = (super::status::date(now - 3_600_000), super::status::date(now + 3_600_000));
    let answer = desk.call("TP_Islem_Izleme", &[("Tarih_Bas", &from), ("Tarih_Bit", &until)]).await;
    assert_eq!((answer.matches("<Temp>").count(), tag(&answer, "Tip_Str")), (2, "İptal"));
    let late = super::status::date(now + 8 * 86_400_000);
    assert_eq!(code(&desk.call("TP_Islem_Izleme", &[("Tarih_Bas", &from), ("Tarih_Bit", &late)]).await), "-222");
    assert_eq!(code(&desk.call("TP_Islem_Izleme", &[("Tarih_Bas", "x"), ("Tarih_Bit", &late)]).await), "-120");
}

#[tokio::test]
async fn faults_are_met() {
    let desk = Desk::new();
    desk.0.fault(Fault::once(FaultKind::WrongOrder));
    assert_eq!(tag(&desk.sell("f1", "10,00", CARD).await, "Siparis_ID"), "Xf1");
    desk.0.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(desk.line("f1").await.2, "11.00");
    desk.0.fault(Fault::once(FaultKind::Html).unbooked());
    desk.sell("f2", "10,00", CARD).await;
    assert!(desk.0.order("f2").is_none());
    desk.0.fault(Fault::once(FaultKind::Garbage));
    desk.sell("f3", "10,00", CARD).await;
    assert_eq!(desk.0.order("f3").expect("booked").net, 1_000);
    desk.0.fault(Fault::once(FaultKind::WrongHash));
    let (_, f) = desk.authenticate("f4", CARD, "123456").await;
    let all = ["islemGUID", "md", "mdStatus", "orderId"].map(|name| get(&f, name)).concat();
    assert_ne!(hash(&format!("{all}{GUID}")), get(&f, "islemHash"));
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_or_a_password() {
    let desk = Desk::new();
    desk.sell("s1", "10,00", CARD).await;
    let (_, f) = desk.pay_at_gate("s2", CARD, "123456").await;
    let kept = format!("{:?}{:?}{f:?}", desk.0.entries(), desk.0.requests());
    assert!(!kept.contains(CARD), "{kept}");
    let stores = serde_json::to_string(desk.0.stores()).expect("a list");
    assert!(!stores.contains(GUID) && stores.contains("WebKullanici"));
}
