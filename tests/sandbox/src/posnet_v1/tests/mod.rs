//! The bank as a merchant meets it, through its router.

mod gate;
mod service;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::bank::{Bank, Options};
use crate::form;
use crate::merchant::{exchange, posted, text, visit};

use super::mac;
use super::store::Account;

const CARD: &str = "4355084355084358";
const ORDER: &str = "01JD8ZK0Q3XYZ0123456";
const ADDRESS: &str = "000001JD8ZK0Q3XYZ0123456";
const TDS: &str = "TDS_01JD8ZK0Q3XYZ0123456";
const MERCHANT: &str = "6702640212";
const TERMINAL: &str = "67C16990";
const GATE: &str = "/ALBSecurePaymentUI/SecureProcess/SecureVerification.aspx";

type Fields = Vec<(String, String)>;

struct Desk(Bank);

impl Desk {
    fn new() -> Self {
        Self(Bank::new(Options::default()).expect("a bank"))
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: String) -> (StatusCode, String, String) {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, kind);
        let (status, at, body) = exchange(&self.0, request.body(Body::from(body)).expect("a request")).await;
        (status, at, text(body))
    }

    async fn raw(&self, method: &str, body: String) -> String {
        let path = format!("/ALBMerchantService/MerchantJSONAPI.svc/{method}");
        self.send("POST", &path, "application/json", body).await.2
    }

    /// Signs over the values of the list and asks.
    async fn ask(&self, method: &str, list: &str, mut body: Value) -> Value {
        for (name, value) in
            [("ApiType", "JSON"), ("ApiVersion", "V100"), ("MerchantNo", MERCHANT), ("TerminalNo", TERMINAL)]
        {
            body[name] = json!(value);
        }
        let values: Vec<String> = list.split(':').map(|name| value_of(&body, name)).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        body["MACParams"] = json!(list);
        body["MAC"] = json!(self.mac(&values));
        serde_json::from_str(&self.raw(method, body.to_string()).await).unwrap_or_default()
    }

    fn mac(&self, values: &[&str]) -> String {
        mac::of(self.0.find_store::<Account>(|s, _| s.id == MERCHANT).expect("the demo's").1, values)
    }

    async fn sell(&self, method: &str, order: &str, minor: i64) -> Value {
        self.ask(method, CARD_LIST, charge(order, minor)).await
    }

    async fn refer(&self, method: &str, key: Option<&str>, order: Option<&str>, kind: &str, more: Value) -> Value {
        let mut body = json!({"ReferenceCode": key, "OrderId": order, "TransactionType": kind});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.ask(method, "MerchantNo:TerminalNo:ReferenceCode:OrderId", body).await
    }

    async fn inquire(&self, address: &str) -> Value {
        self.ask("TransactionInquiry", "MerchantNo:TerminalNo", json!({"OrderId": address})).await
    }

    /// Follows redirects to the first page.
    async fn walk(&self, path: &str, fields: &[(String, String)]) -> (String, String) {
        visit(&self.0, path, form::encode(fields)).await
    }

    fn gate_form(&self, card: Option<&str>) -> Fields {
        let mut fields = owned(&[
            ("MerchantNo", MERCHANT),
            ("TerminalNo", TERMINAL),
            ("PosnetID", "1010062861356072"),
            ("TransactionType", "Sale"),
            ("OrderId", ORDER),
            ("Amount", "1250"),
            ("CurrencyCode", "TL"),
            ("MerchantReturnURL", "http://127.0.0.1:9/back"),
            ("InstallmentCount", "0"),
            ("Language", "tr"),
            ("TxnState", "INITIAL"),
            ("OpenNewWindow", "0"),
        ]);
        let (more, made) = match card {
            Some(pan) => (
                owned(&[
                    ("CardNo", pan),
                    ("ExpiredDate", "3012"),
                    ("Cvv", "000"),
                    ("CardHolderName", "Ayşe"),
                    ("MacParams", CARD_LIST),
                    ("UseOOS", "0"),
                ]),
                self.mac(&[MERCHANT, TERMINAL, pan, "000", "3012", "1250"]),
            ),
            None => (
                owned(&[("UseOOS", "1"), ("MacParams", "MerchantNo:TerminalNo:Amount")]),
                self.mac(&[MERCHANT, TERMINAL, "1250"]),
            ),
        };
        fields.extend(more);
        fields.push(("Mac".into(), made));
        fields
    }

    /// Through the gate, with the right code if the issuer asks. Gives what comes back.
    async fn authenticated(&self, card: Option<&str>) -> Fields {
        let (mut path, mut page) = self.walk(GATE, &self.gate_form(card)).await;
        if card.is_none() {
            let typed = [("pan", CARD), ("month", "12"), ("year", "30"), ("cv2", "000"), ("action", "pay")];
            (path, page) = self.walk(&path, &owned(&typed)).await;
        }
        if path.starts_with("/acs/") {
            (_, page) = self.walk(&path, &owned(&[("code", "123456"), ("action", "confirm")])).await;
        }
        hidden(&page)
    }

    async fn provide(&self, back: &Fields, minor: i64) -> Value {
        let of = |name: &str| form::value(back, name);
        let status: i64 = of("MdStatus").parse().unwrap_or(-1);
        let proof = json!({
            "SecureTransactionId": of("SecureTransactionId"), "CavvData": of("CAVV"), "Eci": of("ECI"), "MdStatus": status, "MD": of("MD"),
        });
        let mut body = charge(ORDER, minor);
        body["CardInformationData"] = Value::Null;
        body["IsTDSecureMerchant"] = json!("Y");
        body["ThreeDSecureData"] = proof;
        self.ask("Sale", "MerchantNo:TerminalNo:SecureTransactionId:CavvData:Eci:MdStatus", body).await
    }
}

const CARD_LIST: &str = "MerchantNo:TerminalNo:CardNo:Cvc2:ExpireDate:Amount";

fn charge(order: &str, minor: i64) -> Value {
    json!({
        "CardInformationData": {"CardNo": CARD, "ExpireDate": "3012", "Cvc2": "000", "CardHolderName": "Ayşe"},
        "IsMailOrder": "N", "ThreeDSecureData": null, "Amount": minor, "CurrencyCode": "TL", "OrderId": order,
        "InstallmentCount": "0", "InstallmentType": "N", "KOICode": null,
    })
}

fn value_of(body: &Value, name: &str) -> String {
    let found = body.get(name).or_else(|| body.as_object()?.values().find_map(|below| below.get(name)));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn owned(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn code(answer: &Value) -> &str {
    answer["ServiceResponseData"]["ResponseCode"].as_str().unwrap_or("unreadable")
}

/// The hidden fields of an auto-post page.
fn hidden(page: &str) -> Fields {
    posted(page).1
}
