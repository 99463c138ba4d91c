//! JSON out, with sealed values and keys in the order they were added; JSON in, as a small tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

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
        Ok(self.into_value()?.into_parts())
    }

    /// The body as one value, for a bank that signs the text it gets.
    pub fn into_value(self) -> Result<Value, Fault> {
        self.write(Value::new())
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

/// No bank nests deeper; a connector's stack is small, and whoever answers must not overflow it.
const DEPTH_MAX: u8 = 16;

/// JSON that was read. Numbers keep their digits: an amount is never a float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number in decimal digits, without an exponent.
    Number(String),
    /// A string.
    Text(String),
    /// `[…]`
    List(Vec<Tree>),
    /// `{…}`, in order.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads a whole document in UTF-8. Half of one, a page and anything nested too deeply is no answer.
    pub fn read(body: &[u8]) -> Result<Self, Fault> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let mut reader = serde_json::Deserializer::from_slice(body);
        let tree = Nested(DEPTH_MAX).deserialize(&mut reader);
        match tree.and_then(|tree| reader.end().map(|()| tree)) {
            Ok(tree) => Ok(tree),
            Err(_) => Err(Fault::UnreadableAnswer("the answer is not JSON".into())),
        }
    }

    /// What stands at a path (`order/orderId`). A name that occurs twice is nobody's word, and so is none.
    pub fn get(&self, path: &str) -> Option<&Tree> {
        path.split('/').try_fold(self, |tree, name| {
            let Self::Object(members) = tree else { return None };
            let mut found = members.iter().filter(|(key, _)| key == name);
            match (found.next(), found.next()) {
                (Some((_, value)), None) => Some(value),
                _ => None,
            }
        })
    }

    /// The text of a string or the digits of a number: banks change between the two.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text),
            _ => None,
        }
    }

    /// The text or digits at a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path)?.as_text()
    }

    /// As [`text`](Self::text), an empty one counting as none.
    pub fn filled(&self, path: &str) -> Option<&str> {
        self.text(path).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The items of the list at a path.
    pub fn items(&self, path: &str) -> &[Tree] {
        match self.get(path) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

/// Reads a value that may hold this many levels more.
struct Nested(u8);

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Nested {
    fn below<E: serde::de::Error>(&self) -> Result<u8, E> {
        self.0.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    // The shortest digits that mean this number: those that were written, up to fifteen of them.
    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Nested(below))? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let below = self.below()?;
        let mut members = Vec::new();
        while let Some(name) = map.next_key()? {
            members.push((name, map.next_value_seed(Nested(below))?));
        }
        Ok(Tree::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_keeps_its_digits() {
        let tree = Tree::read(
            "\u{feff}{\"a\": {\"b\": 1.01, \"c\": 30.0, \"d\": 411524361009, \"e\": \" ş \"}, \"l\": [1, null, true]}"
                .as_bytes(),
        );
        let tree = tree.expect("reads");
        assert_eq!(
            (tree.text("a/b"), tree.text("a/c"), tree.text("a/d")),
            (Some("1.01"), Some("30"), Some("411524361009"))
        );
        assert_eq!((tree.text("a/e"), tree.filled("a/e"), tree.text("a")), (Some(" ş "), Some("ş"), None));
        assert_eq!(tree.items("l"), [Tree::Number("1".into()), Tree::Null, Tree::Bool(true)]);
        assert_eq!((tree.get("a/b/c"), tree.get("x"), tree.items("a").len()), (None, None, 0));
    }

    #[test]
    fn what_is_not_one_document_is_not_read() {
        let deep = |levels: usize| ["[".repeat(levels), "]".repeat(levels)].concat();
        assert!(Tree::read(deep(16).as_bytes()).is_ok());
        for bad in ["", "{", "{}{}", "<html>", "{'a':1}", "nul", &deep(17), &deep(100_000), "{\"a\":\"\u{0}\"}"] {
            assert!(Tree::read(bad.as_bytes()).is_err(), "{}", &bad[..bad.len().min(20)]);
        }
        assert!(Tree::read(b"{\"a\":\"\xff\"}").is_err());
        let twice = Tree::read(b"{\"a\":1,\"a\":2}").expect("reads");
        assert_eq!(twice.get("a"), None);
    }

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
