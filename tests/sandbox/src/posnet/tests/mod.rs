//! The bank as a merchant meets it, through its router.

mod gate;
mod points;
mod service;

use axum::http::StatusCode;

use crate::bank::{Bank, Options};
use crate::form;
use crate::merchant::{exchange, form_request, tag, text, visit};

use super::mac;
use super::store::Account;

const CARD: &str = "4355084355084358";
const ORDER: &str = "01JD8ZK0Q3XYZ0123456";

struct Desk(Bank);

impl Desk {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    async fn send(&self, method: &str, path: &str, body: String) -> (StatusCode, String, String) {
        let (status, at, body) = exchange(&self.0, form_request(method, path, body)).await;
        (status, at, text(body))
    }

    async fn ask_as(&self, mid: &str, tid: &str, inside: &str) -> String {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n<posnetRequest><mid>{mid}</mid><tid>{tid}</tid>\
             <tranDateRequired>1</tranDateRequired>{inside}</posnetRequest>\n"
        );
        self.send("POST", "/PosnetWebService/XML", form::encode(&[("xmldata".to_owned(), xml)])).await.2
    }

    async fn ask(&self, inside: &str) -> String {
        self.ask_as("6706598320", "67005551", inside).await
    }

    async fn sell(&self, order: &str, minor: &str) -> String {
        self.ask(&charge("sale", order, minor, CARD)).await
    }

    /// Follows redirects to the first page.
    async fn walk(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let fields: Vec<_> = fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        visit(&self.0, path, form::encode(&fields)).await
    }

    fn mac(&self, fields: &[&str]) -> String {
        let (store, account) = self.0.find_store::<Account>(|s, _| s.id == "6706598320").expect("the demo's");
        mac::of(store, account, fields)
    }

    /// To the gate with this card, and through it with the right code if the issuer asks. Gives the packets.
    async fn authenticated(&self, card: Option<&str>) -> Vec<(String, String)> {
        let sealed = self.ask(&sealing(card)).await;
        assert_eq!(tag(&sealed, "approved"), "1", "{sealed}");
        let (path, page) = self.walk("/3DSWebService/YKBPaymentService", &gate_form(&sealed)).await;
        let (path, page) = if card.is_some() {
            (path, page)
        } else {
            let typed = [("pan", CARD), ("month", "12"), ("year", "30"), ("cv2", "000"), ("action", "pay")];
            self.walk(&path, &typed).await
        };
        let page = if path.starts_with("/acs/") {
            self.walk(&path, &[("code", "123456"), ("action", "confirm")]).await.1
        } else {
            page
        };
        packets(&page)
    }

    async fn resolve(&self, packets: &[(String, String)], mac: &str) -> String {
        self.ask(&with_packets("oosResolveMerchantData", packets, mac, "")).await
    }

    async fn charge_authenticated(&self, packets: &[(String, String)], mac: &str) -> String {
        self.ask(&with_packets("oosTranData", packets, mac, "<wpAmount>0</wpAmount>")).await
    }
}

fn charge(operation: &str, order: &str, minor: &str, card: &str) -> String {
    format!(
        "<{operation}><orderID>{order}</orderID><installment>00</installment><amount>{minor}</amount><currencyCode>TL</currencyCode>\
         <ccno>{card}</ccno><expDate>3012</expDate><cvc>000</cvc></{operation}>"
    )
}

fn sealing(card: Option<&str>) -> String {
    let card = card.map(|pan| format!("<ccno>{pan}</ccno><expDate>3012</expDate><cvc>000</cvc>")).unwrap_or_default();
    format!(
        "<oosRequestData><posnetid>27426</posnetid>{card}<amount>1250</amount><currencyCode>TL</currencyCode><installment>00</installment>\
         <XID>{ORDER}</XID><cardHolderName>Ayşe</cardHolderName><tranType>Sale</tranType></oosRequestData>"
    )
}

fn gate_form(sealed: &str) -> [(&'static str, &str); 8] {
    [
        ("mid", "6706598320"),
        ("posnetID", "27426"),
        ("posnetData", tag(sealed, "data1")),
        ("posnetData2", tag(sealed, "data2")),
        ("digest", tag(sealed, "sign")),
        ("merchantReturnURL", "http://127.0.0.1:9/back"),
        ("url", ""),
        ("lang", "tr"),
    ]
}

fn with_packets(operation: &str, packets: &[(String, String)], mac: &str, more: &str) -> String {
    let of = |name: &str| form::value(packets, name);
    format!(
        "<{operation}><bankData>{}</bankData><merchantData>{}</merchantData><sign>{}</sign>{more}<mac>{mac}</mac></{operation}>",
        of("BankPacket"),
        of("MerchantPacket"),
        of("Sign")
    )
}

fn reference(operation: &str, order: &str, before: &str) -> String {
    format!("<{operation}>{before}<orderID>{order}</orderID></{operation}>")
}

fn said(answer: &str) -> (&str, &str) {
    (tag(answer, "approved"), tag(answer, "respCode"))
}

/// The hidden fields of an auto-post page.
fn packets(page: &str) -> Vec<(String, String)> {
    let attribute = |text: &str, name: &str| {
        text.split(&format!("{name}=\"")).nth(1).and_then(|r| r.split('"').next()).unwrap_or("").to_owned()
    };
    let inputs = page.split("<input type=\"hidden\"").skip(1);
    inputs.map(|i| (attribute(i, "name"), attribute(i, "value"))).collect()
}

const ADDRESS: &str = "000001JD8ZK0Q3XYZ0123456";
const TDS: &str = "TDS_01JD8ZK0Q3XYZ0123456";
