//! Reading XML requests, whatever their root. What is written is each family's own.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1254};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A request, flat and without its root: `Extra/ORDERSTATUS` → text. Attributes are `Extra@name`.
pub type Flat = BTreeMap<String, String>;

/// Elements below each other at most.
const DEPTH: usize = 12;

/// Reads a request in the character set it declares. Refuses document types, unknown entities and another root.
///
/// Namespace prefixes are dropped. Where an element is repeated the second is `Item[2]`, the third `Item[3]`.
pub fn read(body: &[u8], root: &str) -> Result<Flat, String> {
    let text = decode(body);
    let mut reader = Reader::from_str(&text);
    let mut walk = Walk::default();
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(e) => {
                let name = local_name(&e);
                if walk.path.is_empty() && name != root {
                    return Err(format!("the root is not {root}"));
                }
                walk.enter(name)?;
                walk.attributes(&e)?;
            }
            Event::Empty(_) if walk.path.is_empty() => return Err("an empty request".into()),
            Event::Empty(e) => {
                walk.enter(local_name(&e))?;
                walk.attributes(&e)?;
                walk.leave();
            }
            Event::Text(e) => walk.value.push_str(&e.xml10_content()),
            Event::CData(e) => walk.value.push_str(&e.xml10_content()),
            Event::GeneralRef(e) => {
                match (e.resolve_char_ref().map_err(|e| e.to_string())?, e.xml10_content().as_ref()) {
                    (Some(c), _) => walk.value.push(c),
                    (None, "amp") => walk.value.push('&'),
                    (None, "lt") => walk.value.push('<'),
                    (None, "gt") => walk.value.push('>'),
                    (None, "quot") => walk.value.push('"'),
                    (None, "apos") => walk.value.push('\''),
                    (None, other) => return Err(format!("entity {other} is not known")),
                }
            }
            Event::End(_) => walk.leave(),
            Event::DocType(_) => return Err("a document type is not accepted".into()),
            Event::Eof if walk.path.is_empty() && walk.seen_root => return Ok(walk.out),
            Event::Eof => return Err("the document ends early".into()),
            _ => {}
        }
    }
}

fn local_name(e: &BytesStart<'_>) -> String {
    let name = e.name().into_inner();
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

#[derive(Default)]
struct Walk {
    path: Vec<String>,
    value: String,
    out: Flat,
    /// Elements that have children: those are no values.
    containers: std::collections::BTreeSet<String>,
    counts: BTreeMap<String, usize>,
    seen_root: bool,
}

impl Walk {
    fn enter(&mut self, name: String) -> Result<(), String> {
        if self.path.len() > DEPTH {
            return Err("too deep".into());
        }
        self.seen_root = true;
        self.containers.insert(self.key());
        self.path.push(name);
        if self.path.len() > 1 {
            let count = self.counts.entry(self.key()).or_default();
            *count += 1;
            if *count > 1
                && let Some(last) = self.path.last_mut()
            {
                *last = format!("{last}[{count}]");
            }
        }
        self.value.clear();
        Ok(())
    }

    fn attributes(&mut self, e: &BytesStart<'_>) -> Result<(), String> {
        for attribute in e.attributes() {
            let attribute = attribute.map_err(|e| e.to_string())?;
            let value = quick_xml::escape::unescape(&attribute.value).map_err(|e| e.to_string())?.into_owned();
            self.out.insert(format!("{}@{}", self.key(), attribute.key.into_inner()), value);
        }
        Ok(())
    }

    /// A container's text is only the space between its children.
    fn leave(&mut self) {
        let key = self.key();
        if !key.is_empty() && !self.containers.contains(&key) {
            self.out.insert(key, self.value.trim().to_owned());
        }
        self.path.pop();
        self.value.clear();
    }

    fn key(&self) -> String {
        self.path.get(1..).unwrap_or_default().join("/")
    }
}

/// The text of a body in the character set that its XML declaration names.
pub fn decode(body: &[u8]) -> String {
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

/// Text made safe for an element.
pub fn escape(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_attributes_and_repetitions_have_names() {
        let body =
            br#"<s:Envelope xmlns:s="x"><s:Body><Pay id="7"><No>1</No><No>2</No><Empty/></Pay></s:Body></s:Envelope>"#;
        let flat = read(body, "Envelope").expect("reads");
        assert_eq!(flat["Body/Pay/No"], "1");
        assert_eq!(flat["Body/Pay/No[2]"], "2");
        assert_eq!(flat["Body/Pay@id"], "7");
        assert_eq!(flat["Body/Pay/Empty"], "");
        assert!(!flat.contains_key("Body/Pay") && !flat.contains_key("Body"));
        assert!(read(body, "Other").is_err());
    }
}
