//! Hash vectors.

use pos_interpos::{gate, hash};
use vezne_plugin::{Fault, native};

use crate::json::Json;
use crate::verdict::{Checked, fail, same};

pub(super) fn form(entry: &Json) -> Checked {
    let inputs = entry.get("input").get("formInputs").pairs();
    let value = |wanted: &str| inputs.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
    let signed = hash::sign(hash::FORM.iter().map(|name| value(name))).map_err(|fault| fail(format!("{fault:?}")))?;
    same("hash", String::from_utf8_lossy(signed.revealed()).into_owned(), entry.get("expected").text())
}

pub(super) fn callback(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("data").pairs();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let verified = gate::verify(&native::callback(&fields)).map(|_| ());
    let expected = entry.get("expected");
    if expected.has("error") {
        // An account without a store key: nothing can be authentic.
        return same("refused", verified.is_err(), true);
    }
    let authentic = match verified {
        Ok(()) => true,
        Err(Fault::NotAuthentic(_)) => false,
        Err(fault) => return Err(fail(format!("{fault:?}"))),
    };
    same("authentic", Json::Bool(authentic), expected.clone())
}
