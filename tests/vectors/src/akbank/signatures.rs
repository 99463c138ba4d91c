//! Hash vectors.

use pos_akbank::{gate, settings};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, Fault, Sealed, TextForm, native};

use crate::json::Json;
use crate::verdict::{Checked, fail, same};

/// Compares a hash, or that it is refused.
fn signed(ours: Result<Sealed, Fault>, expected: &Json) -> Checked {
    match ours {
        Ok(ours) => same("hash", String::from_utf8_lossy(ours.revealed()).into_owned(), expected.text()),
        Err(_) if expected.has("error") => Ok(()),
        Err(fault) => Err(fail(format!("{fault:?}"))),
    }
}

pub(super) fn string(entry: &Json) -> Checked {
    let text = entry.get("input").get("str").text();
    let key = settings::secret_key();
    let ours = key.and_then(|key| Value::from(text).hmac(DigestAlg::Sha512, &key, TextForm::Base64));
    signed(ours, entry.get("expected"))
}

pub(super) fn form(entry: &Json) -> Checked {
    let inputs = entry.get("input").get("formInputs").pairs();
    let ours = gate::signature(inputs.into_iter().map(|(name, value)| (name, Value::from(value))).collect());
    signed(ours, entry.get("expected"))
}

pub(super) fn callback(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("data").pairs();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let callback = native::callback(&fields);
    let verified = gate::verify(&callback).map(|_| ());
    match (verified, entry.get("expected")) {
        (Err(_), expected) if expected.has("error") => Ok(()),
        (Ok(()), expected) => same("authentic", &Json::Bool(true), expected),
        (Err(Fault::NotAuthentic(_)), expected) => same("authentic", &Json::Bool(false), expected),
        (Err(fault), _) => Err(fail(format!("{fault:?}"))),
    }
}
