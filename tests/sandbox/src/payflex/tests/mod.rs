//! PayFlex as a merchant meets it, through its router.

mod gate;
mod service;

use crate::bank::{Bank, Options};
use crate::form;
use crate::merchant::{exchange, form_request, posted, tag, text};
use crate::xml::escape;

pub const CARD: &str = "4355084355084358";
pub const STORE: [&str; 3] = ["000000000111111", "3XTgER89as", "VP000095"];
pub const WEB: [&str; 3] = ["000100000013506", "123456", "VP000579"];
pub const MAIN: [&str; 3] = ["000000000222222", "3XT&gE<9ş", "VP000096"];
pub const BACK: &str = "http://127.0.0.1:9/back";

pub type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// A merchant with a browser.
pub struct Desk {
    pub bank: Bank,
    pub store: [&'static str; 3],
}

/// The pairs with some of them changed; an empty value takes one away.
pub fn with<'a>(mut all: Pairs<'a>, changes: &[(&'a str, &'a str)]) -> Pairs<'a> {
    for (name, value) in changes {
        all.retain(|(there, _)| there != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    all
}

pub fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

impl Desk {
    pub fn new() -> Self {
        Self { bank: Bank::new(Options::default()).expect("a bank"), store: STORE }
    }

    pub fn of(store: [&'static str; 3]) -> Self {
        Self { store, ..Self::new() }
    }

    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let mut request = form_request("POST", path, form::encode(&owned(fields)));
        request.headers_mut().insert("accept", "application/xml, text/xml".parse().expect("ascii"));
        text(exchange(&self.bank, request).await.2)
    }

    /// `VposResponse` to these fields, after the store's own.
    pub async fn vpos(&self, fields: &[(&str, &str)]) -> String {
        let [merchant, password, _] = self.store;
        let own = [("MerchantId", merchant), ("Password", password)];
        let inside: String =
            own.iter().chain(fields).fold(String::new(), |all, (k, v)| all + &format!("<{k}>{}</{k}>", escape(v)));
        let document = format!("<VposRequest>{inside}</VposRequest>");
        self.send("/VposService/v3/Vposreq.aspx", &[("prmstr", &document)]).await
    }

    pub fn sale<'a>(&self, order: &'a str, amount: &'a str) -> Pairs<'a> {
        vec![
            ("TerminalNo", self.store[2]),
            ("TransactionType", "Sale"),
            ("TransactionId", order),
            ("OrderId", order),
            ("CurrencyAmount", amount),
            ("CurrencyCode", "949"),
            ("ClientIp", "127.0.0.1"),
            ("TransactionDeviceSource", "0"),
            ("Pan", CARD),
            ("Expiry", "203012"),
            ("Cvv", "000"),
        ]
    }

    pub async fn sell(&self, order: &str, amount: &str) -> String {
        code(&self.vpos(&self.sale(order, amount)).await)
    }

    /// Capture, void or refund of `reference` under a number of its own.
    pub async fn change(&self, kind: &str, number: &str, reference: &str, amount: &str) -> String {
        let all = vec![
            ("TransactionType", kind),
            ("TransactionId", number),
            ("ReferenceTransactionId", reference),
            ("TerminalNo", self.store[2]),
            ("CurrencyAmount", amount),
            ("CurrencyCode", "949"),
        ];
        code(&self.vpos(&with(all, &[])).await)
    }

    pub async fn search(&self, criteria: &str) -> String {
        let [merchant, password, _] = self.store;
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><SearchRequest><MerchantCriteria><HostMerchantId>{merchant}</HostMerchantId>\
             <MerchantPassword>{}</MerchantPassword></MerchantCriteria>{criteria}</SearchRequest>",
            escape(password)
        );
        self.send("/UIService/Search.aspx", &[("prmstr", &document)]).await
    }

    pub async fn found(&self, number: &str, order: &str) -> String {
        let criteria = format!(
            "<TransactionCriteria><TransactionId>{number}</TransactionId><OrderId>{order}</OrderId><AuthCode></AuthCode></TransactionCriteria>"
        );
        self.search(&criteria).await
    }

    /// A browser: follows the bank's redirects, types the card and the code, and stops where it leaves the bank.
    pub async fn browse(&self, method: &str, path: &str, fields: &[(&str, &str)], otp: &str) -> (String, String) {
        let mut next = (method.to_owned(), path.to_owned(), form::encode(&owned(fields)));
        let (mut at, mut page) = (String::new(), String::new());
        for _ in 0..12 {
            let (method, path, body) = next;
            let (_, location, answer) = exchange(&self.bank, form_request(&method, &path, body)).await;
            (at, page) = (path, text(answer));
            next = match location.as_str() {
                "" if at.starts_with("/acs/") => {
                    let typed = form::encode(&owned(&[("code", otp), ("action", "confirm")]));
                    ("POST".to_owned(), at.clone(), typed)
                }
                "" if page.contains("name=\"pan\"") => {
                    let typed = [("pan", CARD), ("month", "12"), ("year", "30"), ("cv2", "000"), ("action", "pay")];
                    ("POST".to_owned(), at.clone(), form::encode(&owned(&typed)))
                }
                "" => return (at, page),
                away if away.starts_with("http") => return (away.to_owned(), String::new()),
                inside => ("GET".to_owned(), inside.to_owned(), String::new()),
            };
        }
        (at, page)
    }
}

/// `ResultCode`.
pub fn code(answer: &str) -> String {
    tag(answer, "ResultCode").to_owned()
}

/// The path of an address of the bank's.
pub fn path(address: &str) -> String {
    address.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default()
}

/// What a page posts to the merchant.
pub fn back(page: &str) -> Vec<(String, String)> {
    posted(page).1
}
