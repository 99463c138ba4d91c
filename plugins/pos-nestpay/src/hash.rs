//! Signatures of 3-D forms and callbacks: ver3 and, for old stores, ver1.
//!
//! The store key is a sealed value, and so is the card on a form: a signature is a graph of
//! concatenations, escapes and a digest that the host computes.

use std::cmp::Ordering;

use vezne_plugin::value::{self, Value};
use vezne_plugin::{DigestAlg, Escape, Fault, Sealed, TextForm};

const STORE_KEY: &str = "store-key";

/// Names that ver3 leaves out: the hash itself, and what the bank adds or shows without signing it.
pub fn is_excluded(name: &str) -> bool {
    ["hash", "encoding", "countdown", "nationalidno"].iter().any(|excluded| name.eq_ignore_ascii_case(excluded))
}

/// `\` first, then `|`: the other way round would escape the escapes.
pub fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('|', "\\|")
}

/// ver3: all values in the order of their names, escaped, joined with `|`, then the store key;
/// SHA-512 in Base64. An empty value is an empty segment.
pub fn ver3<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Result<Sealed, Fault> {
    let mut signed: Vec<(&str, Value)> = fields.into_iter().filter(|(name, _)| !is_excluded(name)).collect();
    signed.sort_by(|(a, _), (b, _)| natural(a, b));
    let mut all = Value::new();
    for (_, value) in signed {
        let escaped = value.rewritten(escape, |sealed| Ok(sealed.escaped(Escape::BackslashPipe)))?;
        all = all.value(escaped).text("|");
    }
    let all = all.sealed(value::secret(STORE_KEY)?.escaped(Escape::BackslashPipe));
    Ok(all.digest(DigestAlg::Sha512, TextForm::Base64))
}

/// ver1: the given values one after another, then the store key; SHA-1 in Base64.
pub fn ver1<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Sealed, Fault> {
    let all = values.into_iter().fold(Value::new(), Value::text).sealed(value::secret(STORE_KEY)?);
    Ok(all.digest(DigestAlg::Sha1, TextForm::Base64))
}

/// The names a ver1 form signs, in order.
pub const VER1_FORM: [&str; 8] = ["clientid", "oid", "amount", "okUrl", "failUrl", "islemtipi", "taksit", "rnd"];

/// Names compared without case, runs of digits by their value. Lower case decides where case folding
/// matters (`_` stands before letters): the bank compares so, some clients fold to upper case.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a.first(), b.first()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (left, rest_a) = number(a);
                let (right, rest_b) = number(b);
                let order = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
                if order != Ordering::Equal {
                    return order;
                }
                (a, b) = (rest_a, rest_b);
            }
            (Some(x), Some(y)) => {
                let order = x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase());
                if order != Ordering::Equal {
                    return order;
                }
                (a, b) = (&a[1..], &b[1..]);
            }
        }
    }
}

/// The digits a text begins with, leading zeros dropped, and what follows.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    (&digits[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_people_would() {
        let mut names =
            ["tadres10", "Tadres2", "_charset_", "amount", "AMOUNT2", "md", "mdStatus", "oid", "EXTRA_X", "extra1"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["_charset_", "amount", "AMOUNT2", "extra1", "EXTRA_X", "md", "mdStatus", "oid", "Tadres2", "tadres10"]
        );
        assert_eq!(natural("a007", "A7"), Ordering::Equal);
    }

    #[test]
    fn the_store_key_is_escaped_too() {
        let _session = vezne_plugin::native::Session::new().secret("store-key", "k|\\").start();
        let signed =
            ver3([("b", Value::from("x|")), ("a", Value::from("")), ("HASH", Value::from("no"))]).expect("signs");
        let plain = Value::from("|x\\||k\\|\\\\").digest(DigestAlg::Sha512, TextForm::Base64);
        assert_eq!(signed.revealed(), plain.revealed());
    }
}
