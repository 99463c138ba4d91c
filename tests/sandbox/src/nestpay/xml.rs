//! `CC5Request` in, `CC5Response` out.

use std::fmt::Write;

use encoding_rs::WINDOWS_1254;
use percent_encoding::percent_decode;

use crate::http::Wire;
use crate::xml::{self, escape};

/// How the interface answers.
pub const WIRE: Wire = Wire::xml("text/xml; charset=ISO-8859-9", b"<CC5Response>");

/// A request, flat: `Extra/ORDERSTATUS` → text.
pub type Request = xml::Flat;

/// The XML of a body that is either XML or a form with a `DATA` field.
pub fn unwrap_data(body: &[u8]) -> Vec<u8> {
    let trimmed = body.trim_ascii_start();
    if !trimmed.get(..5).is_some_and(|h| h.eq_ignore_ascii_case(b"DATA=")) {
        return trimmed.to_vec();
    }
    // The browser's way of writing a space comes before percent decoding.
    let value: Vec<u8> = trimmed[5..]
        .split(|b| *b == b'&')
        .next()
        .unwrap_or_default()
        .iter()
        .map(|b| if *b == b'+' { b' ' } else { *b })
        .collect();
    percent_decode(&value).collect()
}

/// Reads a request in the character set it declares.
pub fn read(body: &[u8]) -> Result<Request, String> {
    xml::read(body, "CC5Request")
}

/// What the bank answers, fields in its order.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Did the bank do it (or find it)?
    pub approved: bool,
    /// Fields below the root.
    pub fields: Vec<(&'static str, String)>,
    /// Fields below `Extra`.
    pub extra: Vec<(String, String)>,
}

impl Answer {
    /// A field's text.
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(k, _)| *k == name).map_or("", |(_, v)| v)
    }

    /// Replaces a field's text.
    pub fn set(&mut self, name: &'static str, value: String) {
        if let Some(f) = self.fields.iter_mut().find(|(k, _)| *k == name) {
            f.1 = value;
        }
    }

    /// A field's text below `Extra`.
    pub fn extra(&self, name: &str) -> &str {
        self.extra.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }

    /// The document in ISO-8859-9, as the bank has always sent it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n<CC5Response>\n");
        for (name, value) in &self.fields {
            let _ = writeln!(xml, "  <{name}>{}</{name}>", escape(value));
        }
        xml.push_str("  <Extra>\n");
        for (name, value) in &self.extra {
            let _ = writeln!(xml, "    <{name}>{}</{name}>", escape(value));
        }
        xml.push_str("  </Extra>\n</CC5Response>\n");
        WINDOWS_1254.encode(&xml).0.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_in_its_own_character_set() {
        let mut body =
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n<CC5Request><Name>\xddSB &amp; \xfe&#305;</Name>\
            <Extra><ORDERSTATUS>QUERY</ORDERSTATUS></Extra><Total/><Taksit></Taksit></CC5Request>\n"
                .to_vec();
        let r = read(&body).expect("reads");
        assert_eq!(r["Name"], "İSB & şı");
        assert_eq!(r["Extra/ORDERSTATUS"], "QUERY");
        assert_eq!((r["Total"].as_str(), r["Taksit"].as_str()), ("", ""));
        assert!(!r.contains_key("Extra"));
        body.truncate(100);
        assert!(read(&body).is_err());
    }

    #[test]
    fn utf_8_is_read_when_declared() {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CC5Request><Name>ÇğıŞ</Name></CC5Request>";
        assert_eq!(read(body.as_bytes()).expect("reads")["Name"], "ÇğıŞ");
    }

    #[test]
    fn a_data_form_is_unwrapped() {
        let body = b"DATA=%3C%3Fxml+version%3D%221.0%22+encoding%3D%22ISO-8859-9%22%3F%3E%3CCC5Request%3E%3CName%3E%DD%3C%2FName%3E%3C%2FCC5Request%3E";
        assert_eq!(read(&unwrap_data(body)).expect("reads")["Name"], "İ");
    }

    #[test]
    fn hostile_documents_are_refused() {
        for bad in [
            "",
            "x",
            "<a/>",
            "<CC5Request>",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><CC5Request><N>&a;</N></CC5Request>",
            "<CC5Request><N>&a;</N></CC5Request>",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_answer_is_written_in_latin_5() {
        let a = Answer {
            approved: false,
            fields: vec![("ErrMsg", "İptal <& ş".into())],
            extra: vec![("NUMCODE".into(), "99".into())],
        };
        let bytes = a.to_bytes();
        assert!(bytes.windows(9).any(|w| w == b"\xddptal &lt"));
        assert!(bytes.starts_with(b"<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>"));
    }
}
