//! JSON bodies with sealed values, keys in the order they were added.

use crate::value::Value;
use crate::{Escape, Fault, Part};

/// A JSON value.
#[derive(Debug)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, already written the way the bank wants it.
    Number(String),
    /// A string, sealed parts and all.
    String(Value),
    /// `[…]`
    Array(Vec<Json>),
    /// `{…}`
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A string.
    pub fn string(value: impl Into<Value>) -> Self {
        Self::String(value.into())
    }

    /// A whole number.
    pub fn integer(number: i64) -> Self {
        Self::Number(number.to_string())
    }

    /// The body's parts, without spaces.
    pub fn into_body(self) -> Result<Vec<Part>, Fault> {
        Ok(self.write(Value::new())?.into_parts())
    }

    fn write(self, out: Value) -> Result<Value, Fault> {
        Ok(match self {
            Self::Null => out.text("null"),
            Self::Bool(true) => out.text("true"),
            Self::Bool(false) => out.text("false"),
            Self::Number(number) => out.text(&number),
            Self::String(value) => {
                let inside = value.rewritten(escaped, |sealed| Ok(sealed.escaped(Escape::JsonString)))?;
                out.text("\"").value(inside).text("\"")
            }
            Self::Array(items) => {
                let mut out = out.text("[");
                for (index, item) in items.into_iter().enumerate() {
                    out = item.write(out.text(if index == 0 { "" } else { "," }))?;
                }
                out.text("]")
            }
            Self::Object(members) => {
                let mut out = out.text("{");
                for (index, (name, item)) in members.into_iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    out = item.write(out.text(comma).text("\"").text(&escaped(&name)).text("\":"))?;
                }
                out.text("}")
            }
        })
    }
}

/// The inside of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_keep_their_order_and_seal_their_secrets() {
        let _session = crate::native::Session::new().secret("key", "a\"b").start();
        let body = Json::Object(vec![
            ("b".into(), Json::integer(1)),
            ("a".into(), Json::string("ş\n")),
            ("k".into(), Json::string(crate::value::secret("key").expect("is there"))),
            ("l".into(), Json::Array(vec![Json::Null, Json::Bool(true), Json::Number("1.00".into())])),
        ]);
        let parts = body.into_body().expect("builds");
        assert_eq!(
            crate::native::reveal(&parts),
            "{\"b\":1,\"a\":\"ş\\n\",\"k\":\"a\\\"b\",\"l\":[null,true,1.00]}".as_bytes()
        );
    }
}
