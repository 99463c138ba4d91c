//! Hash vectors.

use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, Fault, TextForm, native};

use crate::json::Json;
use crate::verdict::{Checked, fail, same};
use pos_nestpay::settings::Settings;
use pos_nestpay::{gate, hash};

pub(super) fn escape(entry: &Json) -> Checked {
    same("escaped", hash::escape(&entry.get("input").get("value").text()), entry.get("expected").text())
}

pub(super) fn excluded(entry: &Json) -> Checked {
    for key in entry.get("input").get("keys_case_insensitive").items() {
        for name in [key.text(), key.text().to_ascii_uppercase()] {
            same(&format!("{name} is left out"), hash::is_excluded(&name), true)?;
        }
    }
    Ok(())
}

pub(super) fn empty_values() -> Checked {
    let signed = hash::ver3([("b", Value::from("x")), ("a", Value::from("")), ("c", Value::from(""))])
        .map_err(|fault| fail(format!("{fault:?}")))?;
    let plain = Value::from("|x||key").digest(DigestAlg::Sha512, TextForm::Base64);
    same("hash", signed.revealed(), plain.revealed())
}

pub(super) fn form(entry: &Json) -> Checked {
    let inputs = entry.get("input").get("formInputs").pairs();
    let is_ver3 = inputs.iter().any(|(name, value)| name == "hashAlgorithm" && value == "ver3");
    let signed = if is_ver3 {
        hash::ver3(inputs.iter().map(|(name, value)| (name.as_str(), Value::from(value))))
    } else {
        let value =
            |wanted: &str| inputs.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
        hash::ver1(hash::VER1_FORM.iter().map(|name| value(name)))
    };
    let signed = signed.map_err(|fault| fail(format!("{fault:?}")))?;
    same("hash", String::from_utf8_lossy(signed.revealed()).into_owned(), entry.get("expected").text())
}

pub(super) fn callback(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("data").pairs();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let settings = Settings::load().map_err(|fault| fail(format!("{fault:?}")))?;
    let authentic = match gate::verify(&native::callback(&fields), &settings) {
        Ok(_) => true,
        Err(Fault::NotAuthentic(_)) => false,
        Err(fault) => return Err(fail(format!("{fault:?}"))),
    };
    same("authentic", Json::Bool(authentic), entry.get("expected").clone())
}
