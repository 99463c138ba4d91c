//! `posnetResponse`.

use encoding_rs::WINDOWS_1254;

use crate::book::Entry;
use crate::clock::local;
use crate::http::Wire;
use crate::xml::escape;

use super::code::Refused;

/// How the family writes on the wire.
pub const WIRE: Wire = Wire::xml(
    "text/xml; charset=ISO-8859-9",
    b"<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><posnetResponse><approved>",
);

/// An answer: `approved`, code and text, then what the operation adds.
#[derive(Clone, Debug)]
pub struct Answer {
    approved: &'static str,
    code: String,
    text: String,
    inside: String,
}

/// An element.
pub fn element(name: &str, value: &str) -> String {
    format!("<{name}>{}</{name}>", escape(value))
}

impl Answer {
    /// Yes, with these elements.
    pub fn yes(inside: String) -> Self {
        Self { approved: "1", code: String::new(), text: String::new(), inside }
    }

    /// No.
    pub fn no(refused: &Refused) -> Self {
        Self { approved: "0", code: refused.code.clone(), text: refused.text.clone(), inside: String::new() }
    }

    /// It was done before: the first answer's elements.
    pub fn before(inside: String) -> Self {
        let text = "ORDERID DAHA ONCE KULLANILMIS 0127".to_owned();
        Self { approved: "2", code: "0127".into(), text, inside }
    }

    /// The same with one element more.
    pub fn with(mut self, element: &str) -> Self {
        self.inside += element;
        self
    }

    /// Is it a yes?
    pub fn is_yes(&self) -> bool {
        self.approved == "1"
    }

    /// The code of a refusal.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The document in Turkish Latin.
    pub fn to_bytes(&self) -> Vec<u8> {
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><posnetResponse>{}{}{}{}</posnetResponse>",
            element("approved", self.approved),
            element("respCode", &self.code),
            element("respText", &self.text),
            self.inside
        );
        WINDOWS_1254.encode(&document).0.into_owned()
    }
}

/// What the bank tells of a money operation. Voids have no approval of their own.
pub fn transaction(entry: &Entry, wants_time: bool) -> String {
    let approval = if entry.undoes.is_some() { "000000" } else { &entry.auth_code };
    let mut inside = element("hostlogkey", &entry.trans_id) + &element("authCode", approval);
    if wants_time {
        inside += &element("tranDate", &local(entry.at_ms).strftime("%y%m%d%H%M%S").to_string());
    }
    if entry.undoes.is_none() {
        let count = if entry.installments > 1 { entry.installments } else { 0 };
        let each = if count > 0 { entry.amount / i64::from(count) } else { 0 };
        let plan = element("inst1", &format!("{count:02}")) + &element("amnt1", &format!("{each:012}"));
        for part in ["<instInfo>", &plan, "</instInfo>"] {
            inside += part;
        }
        inside += "<pointInfo><point>00000000</point><pointAmount>000000000000</pointAmount></pointInfo>";
    }
    inside
}
