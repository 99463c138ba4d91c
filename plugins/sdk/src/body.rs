//! Requests and form bodies.

use crate::value::Value;
use crate::{Escape, Fault, Field, HttpRequest, Method, Part};

/// A POST to an endpoint of the grant. `path` is below the granted address; most banks have none.
pub fn post(endpoint: &str, path: &str, content_type: &str, body: Vec<Part>) -> HttpRequest {
    HttpRequest {
        endpoint: endpoint.to_owned(),
        method: Method::Post,
        path: path.to_owned(),
        query: Vec::new(),
        headers: Vec::new(),
        content_type: Some(content_type.to_owned()),
        body,
    }
}

/// Fields in the order a bank wants them: for a form body, or for a form the payer's browser posts.
#[derive(Debug, Default)]
pub struct Form {
    fields: Vec<(String, Value)>,
}

impl Form {
    /// No fields yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a field if there is a value.
    #[must_use]
    pub fn optional(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// The fields so far, for hashing them.
    pub fn fields(&self) -> &[(String, Value)] {
        &self.fields
    }

    /// The fields themselves.
    pub fn into_fields(self) -> Vec<(String, Value)> {
        self.fields
    }

    /// As fields of a browser form.
    pub fn into_browser_fields(self) -> Vec<Field> {
        self.fields.into_iter().map(|(name, value)| Field { name, value: value.into_part() }).collect()
    }

    /// As an `application/x-www-form-urlencoded` body in UTF-8; sealed values are escaped by the host.
    pub fn into_body(self) -> Result<Vec<Part>, Fault> {
        let mut body = Value::new();
        for (index, (name, value)) in self.fields.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { "&" };
            body = body.text(separator).text(&url_form(&name)).text("=");
            body = body.value(value.rewritten(url_form, |sealed| Ok(sealed.escaped(Escape::UrlForm)))?);
        }
        Ok(body.into_parts())
    }
}

/// Percent encoding as forms do it: a space is `+`.
pub fn url_form(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(other >> 4)]));
                out.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
    }
    out
}

/// Reads what [`url_form`] writes, for banks that encode a field's value once more. `None` if it is not that.
pub fn url_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?].map(|digit| char::from(digit).to_digit(16));
                let [high, low] = [digits[0]?, digits[1]?];
                u8::try_from(high * 16 + low).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_can_be_read() {
        for text in ["", "a b", "ş&=+%", "<?xml version=\"1.0\"?>"] {
            assert_eq!(url_decoded(&url_form(text)).as_deref(), Some(text));
        }
        assert_eq!(url_decoded("%3c%3Fxml+version"), Some("<?xml version".into()));
        for bad in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(url_decoded(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_form_body_escapes_names_and_values() {
        let form = Form::new().field("a b", "ş&=+").field("c", "").optional("d", None::<&str>);
        let body = form.into_body().expect("builds");
        assert!(matches!(&body[..], [Part::Text(text)] if text == "a+b=%C5%9F%26%3D%2B&c="));
    }

    #[test]
    fn sealed_values_stay_sealed_in_a_form() {
        let _session = crate::native::Session::new().secret("key", "a&b").start();
        let form = Form::new().field("k", crate::value::secret("key").expect("is there")).field("x", "1");
        let body = form.into_body().expect("builds");
        assert!(matches!(&body[..], [Part::Text(k), Part::Sealed(_), Part::Text(x)] if k == "k=" && x == "&x=1"));
        assert_eq!(crate::native::reveal(&body), b"k=a%26b&x=1");
    }
}
