//! `CC5Request` in, `CC5Response` out.

use std::collections::BTreeMap;
use std::fmt::Write;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1254};
use percent_encoding::percent_decode;
use quick_xml::Reader;
use quick_xml::events::Event;

/// A request, flat: `Extra/ORDERSTATUS` → text.
pub type Request = BTreeMap<String, String>;

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
    let text = decode(body);
    let mut reader = Reader::from_str(&text);
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    let mut out = Request::new();
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(e) => {
                if path.is_empty() && e.name().into_inner() != "CC5Request" {
                    return Err("the root is not CC5Request".into());
                }
                if path.len() > 8 {
                    return Err("too deep".into());
                }
                path.push(e.name().into_inner().to_owned());
                value.clear();
            }
            Event::Empty(_) if path.is_empty() => return Err("an empty request".into()),
            Event::Empty(e) => {
                let name = e.name().into_inner().to_owned();
                insert(&mut out, path.get(1..).unwrap_or_default(), Some(&name), "");
            }
            Event::Text(e) => value.push_str(&e.xml10_content()),
            Event::CData(e) => value.push_str(&e.xml10_content()),
            Event::GeneralRef(e) => {
                match (e.resolve_char_ref().map_err(|e| e.to_string())?, e.xml10_content().as_ref()) {
                    (Some(c), _) => value.push(c),
                    (None, "amp") => value.push('&'),
                    (None, "lt") => value.push('<'),
                    (None, "gt") => value.push('>'),
                    (None, "quot") => value.push('"'),
                    (None, "apos") => value.push('\''),
                    (None, other) => return Err(format!("entity {other} is not known")),
                }
            }
            Event::End(_) => {
                insert(&mut out, path.get(1..).unwrap_or_default(), None, value.trim());
                path.pop();
                value.clear();
            }
            Event::DocType(_) => return Err("a document type is not accepted".into()),
            Event::Eof if path.is_empty() && !out.is_empty() => return Ok(out),
            Event::Eof => return Err("the document ends early".into()),
            _ => {}
        }
    }
}

/// Keeps a leaf; a container (text of whitespace only, with children seen) is not one.
fn insert(out: &mut Request, path: &[String], last: Option<&str>, value: &str) {
    let mut key = path.join("/");
    if let Some(last) = last {
        if !key.is_empty() {
            key.push('/');
        }
        key.push_str(last);
    }
    let is_container = out.keys().any(|k| k.starts_with(&format!("{key}/")));
    if !key.is_empty() && !is_container {
        out.insert(key, value.to_owned());
    }
}

fn decode(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned();
    let declared = head.split("encoding=").nth(1).and_then(|rest| {
        let quote = rest.chars().next()?;
        rest[1..].split(quote).next()
    });
    let encoding = match declared.and_then(|label| Encoding::for_label(label.as_bytes())) {
        Some(encoding) => encoding,
        None if std::str::from_utf8(body).is_ok() => UTF_8,
        None => WINDOWS_1254,
    };
    encoding.decode(body).0.into_owned()
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

fn escape(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
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
