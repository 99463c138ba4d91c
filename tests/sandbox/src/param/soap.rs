//! SOAP around requests and answers.

use std::fmt::Write;

use crate::http::Wire;
use crate::xml::{self, Flat, escape};

/// Answers are SOAP 1.1 in UTF-8.
pub const WIRE: Wire = Wire::xml(
    "text/xml; charset=utf-8",
    b"<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">",
);

/// A call of one operation.
pub struct Call {
    /// `TP_WMD_UCD`, ….
    pub operation: String,
    fields: Flat,
}

impl Call {
    /// The only operation in the body.
    pub fn read(body: &[u8]) -> Option<Self> {
        let flat = xml::read(body, "Envelope").ok()?;
        let operation = flat.keys().find_map(|key| key.strip_prefix("Body/")?.split(['/', '@']).next())?.to_owned();
        let prefix = format!("Body/{operation}");
        let alone = flat.keys().filter(|key| key.starts_with("Body/")).all(|key| key.starts_with(&prefix));
        alone.then_some(Self { operation, fields: flat })
    }

    /// A parameter's text, empty if absent.
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(&format!("Body/{}/{name}", self.operation)).map_or("", String::as_str)
    }

    /// Is it there, be it empty?
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(&format!("Body/{}/{name}", self.operation))
    }

    /// A field of the SOAP header.
    pub fn header(&self, name: &str) -> &str {
        self.fields.get(&format!("Header/ServiceSecuritySoapHeader/{name}")).map_or("", String::as_str)
    }
}

/// The fields of a result, in order.
#[derive(Clone, Debug, Default)]
pub struct Answer(Vec<(&'static str, String)>);

impl Answer {
    /// With these fields.
    pub fn of(fields: &[(&'static str, &str)]) -> Self {
        Self(fields.iter().map(|(k, v)| (*k, (*v).to_owned())).collect())
    }

    /// A refusal.
    pub fn refused(code: i32, text: &str) -> Self {
        let receipt = [("Islem_ID", "0"), ("UCD_HTML", "NONSECURE"), ("Sonuc", ""), ("Sonuc_Str", text)];
        Self::of(&receipt).with("Sonuc", &code.to_string()).with("Banka_Sonuc_Kod", "-1")
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(k, _)| *k == name).map_or("", |(_, v)| v)
    }

    /// With a field set.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        match self.0.iter_mut().find(|(k, _)| *k == name) {
            Some((_, text)) => value.clone_into(text),
            None => self.0.push((name, value.to_owned())),
        }
        self
    }

    /// As elements.
    pub fn elements(&self) -> String {
        let mut out = String::new();
        for (name, value) in &self.0 {
            let _ = write!(out, "<{name}>{}</{name}>", escape(value));
        }
        out
    }
}

/// A whole answer around the inside of a result.
pub fn envelope(operation: &str, namespace: &str, inside: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><soap:Body>\
         <{operation}Response xmlns=\"{namespace}\"><{operation}Result>{inside}</{operation}Result></{operation}Response>\
         </soap:Body></soap:Envelope>"
    )
    .into_bytes()
}

/// What the service says when it cannot even read the request.
pub fn fault(text: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <soap:Fault><faultcode>soap:Client</faultcode><faultstring>{}</faultstring><detail/></soap:Fault></soap:Body></soap:Envelope>",
        escape(text)
    )
    .into_bytes()
}
