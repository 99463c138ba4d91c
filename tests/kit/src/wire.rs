//! What left the connector, in the clear: the bank reads it as it would read it.

use serde_json::Value;
use vezne_plugin::{BrowserAction, Field, Part, Step, native};

/// A request, or a form for the payer's browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The endpoint's name.
    pub endpoint: String,
    /// Below the endpoint's address.
    pub path: String,
    /// Of a request.
    pub query: Vec<(String, String)>,
    /// Of a request.
    pub headers: Vec<(String, String)>,
    /// Of a form.
    pub fields: Vec<(String, String)>,
    /// Of a request.
    pub body: Vec<u8>,
}

fn text_of(part: &Part) -> String {
    String::from_utf8_lossy(&native::reveal_part(part)).into_owned()
}

fn pairs(fields: &[Field]) -> Vec<(String, String)> {
    fields.iter().map(|field| (field.name.clone(), text_of(&field.value))).collect()
}

impl Wire {
    /// Of a step that sends something.
    pub(crate) fn of(step: &Step) -> Option<Self> {
        match step {
            Step::Send(send) => Some(Self {
                endpoint: send.request.endpoint.clone(),
                path: send.request.path.clone(),
                query: send.request.query.clone(),
                headers: pairs(&send.request.headers),
                fields: Vec::new(),
                body: native::reveal(&send.request.body),
            }),
            Step::Browse(browse) => {
                let (BrowserAction::PostForm(form) | BrowserAction::Redirect(form)) = &browse.action;
                Some(Self {
                    endpoint: form.endpoint.clone(),
                    path: form.path.clone(),
                    query: Vec::new(),
                    headers: Vec::new(),
                    fields: pairs(&form.fields),
                    body: Vec::new(),
                })
            }
            Step::Done(_) => None,
        }
    }

    /// The value of a field, wherever it stands: form field, query, header, JSON member, XML element or attribute; also
    /// in XML that is itself the value of a form field.
    pub fn field(&self, name: &str) -> Option<String> {
        let of = |pairs: &[(String, String)]| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        of(&self.fields).or_else(|| of(&self.query)).or_else(|| self.in_body(name)).or_else(|| of(&self.headers))
    }

    fn in_body(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            return in_json(&value, name);
        }
        if let Some(found) = in_xml(&text, name) {
            return Some(found);
        }
        let form: Vec<(String, String)> =
            text.split('&').filter_map(|pair| pair.split_once('=')).map(decoded).collect();
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .or_else(|| form.iter().find_map(|(_, value)| in_xml(value, name)))
    }
}

fn decoded((name, value): (&str, &str)) -> (String, String) {
    (url_decoded(name), url_decoded(value))
}

fn url_decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let hex = [bytes.next().unwrap_or(b'0'), bytes.next().unwrap_or(b'0')];
                let digits = std::str::from_utf8(&hex).unwrap_or("20");
                out.push(u8::from_str_radix(digits, 16).unwrap_or(b'?'));
            }
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn in_json(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(members) => match members.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => {
                members.values().find_map(|member| in_json(member, name))
            }
            Some(other) => Some(other.to_string()),
        },
        Value::Array(items) => items.iter().find_map(|item| in_json(item, name)),
        _ => None,
    }
}

/// The text of the first element of this name, whatever its prefix, or of the first attribute.
fn in_xml(text: &str, name: &str) -> Option<String> {
    let unescaped = |raw: &str| {
        raw.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&")
    };
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>')?;
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        let word = tag.split([' ', '/', '\n']).next().unwrap_or_default();
        if word.rsplit(':').next() == Some(name) && !tag.starts_with('/') {
            let close = after.find('<').unwrap_or(after.len());
            return Some(unescaped(&after[..close]));
        }
        if let Some((_, value)) = tag.split_once(&format!(" {name}=\"")) {
            return value.split('"').next().map(unescaped);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Wire {
        Wire {
            endpoint: "api".into(),
            path: String::new(),
            query: Vec::new(),
            headers: Vec::new(),
            fields: Vec::new(),
            body: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn a_field_is_found_wherever_it_stands() {
        for text in [
            "<a><s:Order>7 &amp; 8</s:Order></a>",
            "<a Order=\"7 &amp; 8\"/>",
            "{\"deep\":[{\"Order\":\"7 & 8\"}]}",
            "x=1&Order=7+%26+8",
            "xml=%3Ca%3E%3COrder%3E7+%26amp%3B+8%3C%2FOrder%3E%3C%2Fa%3E",
        ] {
            assert_eq!(body(text).field("Order").as_deref(), Some("7 & 8"), "{text}");
        }
        assert_eq!(body("{\"Order\":{\"Order\":7}}").field("Order").as_deref(), Some("7"));
        assert_eq!(body("").field("Order"), None);
    }
}
