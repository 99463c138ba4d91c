//! Opaque cursors of lists and fingerprints of requests, both under one server key.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use subtle::ConstantTimeEq;

use super::keys::{self, Key};

/// Which way a cursor walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// Rows after the mark.
    Forward,
    /// Rows before the mark.
    Backward,
}

/// Signs cursors and fingerprints requests. Cheap to clone.
#[derive(Clone)]
pub struct Fingerprints(Arc<Key>);

impl Fingerprints {
    /// Under a key.
    pub fn new(key: Key) -> Self {
        Self(Arc::new(key))
    }

    /// A cursor for a list and a mark in it; nobody but us can make one.
    pub fn cursor(&self, list: &str, walk: Walk, mark: &str) -> String {
        let walk = if walk == Walk::Forward { "f" } else { "b" };
        let seal = keys::mac(&self.0, &[b"cursor|", list.as_bytes(), b"|", walk.as_bytes(), b"|", mark.as_bytes()]);
        format!("{walk}{}{}", URL_SAFE_NO_PAD.encode(&seal[..9]), URL_SAFE_NO_PAD.encode(mark))
    }

    /// The mark in a cursor of this list.
    pub fn mark(&self, list: &str, cursor: &str) -> Option<(Walk, String)> {
        let walk = match cursor.get(..1)? {
            "f" => Walk::Forward,
            "b" => Walk::Backward,
            _ => return None,
        };
        let mark = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor.get(13..)?).ok()?).ok()?;
        let genuine = self.cursor(list, walk, &mark);
        bool::from(genuine.as_bytes().ct_eq(cursor.as_bytes())).then_some((walk, mark))
    }

    /// The fingerprint of a request: method, path and body, whatever the order of its fields, without
    /// the security code. A plain hash of a card number could be searched; this needs the key.
    ///
    /// Every leaf of the body is hashed with its path as it is read, so no copy of a card is made.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> String {
        self.request_beside(method, path, body, &[])
    }

    /// The same of a request that has more fields than stand in `body`: a form's card, which is never put together
    /// with the rest.
    pub fn request_beside(&self, method: &str, path: &str, body: &[u8], beside: &[(&str, &str)]) -> String {
        let mut leaves = Vec::new();
        if !body.is_empty() {
            let mut reader = serde_json::Deserializer::from_slice(body);
            let leaf = Leaf { key: &self.0, path: String::new(), leaves: &mut leaves };
            if leaf.deserialize(&mut reader).is_err() {
                // Not JSON: the handler refuses it; the bytes themselves are the body.
                leaves = vec![*keys::mac(&self.0, &[b"raw|", body])];
            }
        }
        for (name, value) in beside {
            Leaf { key: &self.0, path: format!("/{name}"), leaves: &mut leaves }.push(b"beside", value.as_bytes());
        }
        leaves.sort_unstable();
        let all: Vec<u8> = leaves.concat();
        let path = path.trim_end_matches('/');
        hex::encode(&keys::mac(&self.0, &[b"request|", method.as_bytes(), b"|", path.as_bytes(), b"|", &all])[..])
    }
}

/// Reads one value and hashes its leaves.
struct Leaf<'a> {
    key: &'a Key,
    path: String,
    leaves: &'a mut Vec<[u8; 32]>,
}

impl Leaf<'_> {
    fn push(self, kind: &[u8], value: &[u8]) {
        if self.path != "/card/security_code" {
            let seal = keys::mac(self.key, &[b"leaf|", self.path.as_bytes(), b"|", kind, b"|", value]);
            self.leaves.push(*seal);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Leaf<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Leaf<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.push(b"b", &[u8::from(value)]);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.push(b"n", value.to_string().as_bytes());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.push(b"n", value.to_string().as_bytes());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.push(b"n", value.to_string().as_bytes());
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.push(b"s", value.as_bytes());
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.push(b"0", b"");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut count = 0_usize;
        while let Some(()) =
            seq.next_element_seed(Leaf { key: self.key, path: format!("{}/{count}", self.path), leaves: self.leaves })?
        {
            count += 1;
        }
        self.push(b"a", count.to_string().as_bytes());
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let name = name.replace('~', "~0").replace('/', "~1");
            map.next_value_seed(Leaf { key: self.key, path: format!("{}/{name}", self.path), leaves: self.leaves })?;
        }
        self.push(b"o", b"");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn fingerprints(byte: u8) -> Fingerprints {
        Fingerprints::new(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn a_cursor_is_good_for_its_list_only() {
        let prints = fingerprints(1);
        let cursor = prints.cursor("payments", Walk::Backward, "01JABC");
        assert_eq!(prints.mark("payments", &cursor), Some((Walk::Backward, "01JABC".to_owned())));
        assert_eq!(prints.mark("dealers", &cursor), None);
        assert_eq!(fingerprints(2).mark("payments", &cursor), None);
        for bad in ["", "f", "fAAAA", "x", "ğğğğğğğğğğğğğğğğ", &cursor.replace('b', "f")] {
            assert_eq!(prints.mark("payments", bad), None, "{bad}");
        }
    }

    #[test]
    fn a_fingerprint_knows_the_content_and_not_its_order() {
        let prints = fingerprints(1);
        let of = |body: &str| prints.request("POST", "/v1/payments", body.as_bytes());
        let body = r#"{"amount":1,"card":{"number":"4355084355084358","security_code":"000"},"tags":["a","b"]}"#;
        assert_eq!(
            of(body),
            of(r#" {"tags":["a","b"],"card":{"security_code":"999","number":"4355084355084358"},"amount":1}"#)
        );
        assert_ne!(of(body), of(&body.replace(":1,", ":2,")));
        assert_ne!(of(body), of(&body.replace("4358", "4366")));
        assert_ne!(of(body), of(&body.replace(r#"["a","b"]"#, r#"["b","a"]"#)));
        assert_ne!(of(body), of(&body.replace(":1,", ":\"1\",")));
        assert_ne!(of(body), prints.request("POST", "/v1/refunds", body.as_bytes()));
        assert_ne!(of(body), fingerprints(2).request("POST", "/v1/payments", body.as_bytes()));
        assert_ne!(of("not json"), of("other"));
        assert_eq!(of(""), of(""));
    }

    #[test]
    fn a_card_beside_a_form_counts_and_is_not_read_back() {
        let prints = fingerprints(1);
        let of =
            |number: &str| prints.request_beside("POST", "/pay", br#"[["amount","1"]]"#, &[("card_number", number)]);
        assert_eq!(of("4355084355084358"), of("4355084355084358"));
        assert_ne!(of("4355084355084358"), of("4546711234567894"));
        assert_ne!(of("4355084355084358"), prints.request("POST", "/pay", br#"[["amount","1"]]"#));
        // Without the server's key nobody can try numbers against it.
        let other = fingerprints(2);
        let theirs =
            other.request_beside("POST", "/pay", br#"[["amount","1"]]"#, &[("card_number", "4355084355084358")]);
        assert_ne!(of("4355084355084358"), theirs);
    }
}
