//! Answers as the services write them.

use std::fmt::Write;

use crate::clock::local;
use crate::http::Wire;
use crate::issuer::Refusal;
use crate::xml::escape;

use super::rules::Refused;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

/// XML of every service.
pub const WIRE: Wire =
    Wire::xml("text/xml; charset=utf-8", b"<?xml version=\"1.0\" encoding=\"utf-8\"?><VposResponse><ResultCode>");

/// Fields in the bank's order.
#[derive(Clone, Debug, Default)]
pub struct Answer(Vec<(&'static str, String)>);

impl Answer {
    /// What the gateway refuses.
    pub fn refused((code, text): Refused) -> Self {
        Self::default().with("ResultCode", code).with("ResultDetail", text).with("InstallmentTable", "")
    }

    /// With one more field, or another value of it.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.0.iter_mut().find(|(there, _)| *there == name) {
            Some((_, there)) => *there = value,
            None => self.0.push((name, value)),
        }
        self
    }

    /// A field; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(there, _)| *there == name).map_or("", |(_, value)| value)
    }

    /// The fields as elements.
    pub fn elements(&self) -> String {
        self.0.iter().fold(String::new(), |mut all, (name, value)| {
            let _ = write!(all, "<{name}>{}</{name}>", escape(value));
            all
        })
    }

    /// A whole document.
    pub fn xml(&self, root: &str) -> Vec<u8> {
        format!("{HEAD}<{root}>{}</{root}>", self.elements()).into_bytes()
    }

    /// For a caller of the common payment who did not ask for XML; what is empty is `null`.
    pub fn json(&self) -> Vec<u8> {
        let value = |text: &str| {
            if text.is_empty() { serde_json::Value::Null } else { serde_json::Value::from(text) }
        };
        let members: serde_json::Map<_, _> = self.0.iter().map(|(k, v)| ((*k).to_owned(), value(v))).collect();
        serde_json::Value::Object(members).to_string().into_bytes()
    }
}

/// The gateway's code of an issuer's refusal: two zeros in front, a wrong security code has its own.
pub fn issuer_code(refusal: &Refusal) -> String {
    match refusal.code {
        "82" => "0312".to_owned(),
        // The issuer was silent: the bank reverses, and says no more than that.
        "92" => "1001".to_owned(),
        code => format!("00{code}"),
    }
}

/// `20230309235359`
pub fn host_date(at_ms: i64) -> String {
    local(at_ms).strftime("%Y%m%d%H%M%S").to_string()
}

/// `1130145930`, as search writes it.
pub fn short_date(at_ms: i64) -> String {
    local(at_ms).strftime("%m%d%H%M%S").to_string()
}
