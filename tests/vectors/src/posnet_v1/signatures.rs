//! Hash vectors.

use pos_posnet_v1::message::PROOF_LIST;
use pos_posnet_v1::{gate, mac};
use vezne_plugin::value::Value;
use vezne_plugin::{Fault, Sealed, native};

use crate::json::Json;
use crate::shared::broken;
use crate::verdict::{Checked, same};

fn clear(sealed: &Sealed) -> String {
    String::from_utf8_lossy(sealed.revealed()).into_owned()
}

/// The first scalar of a name, wherever it is.
fn find<'a>(data: &'a Json, name: &str) -> Option<&'a Json> {
    data.members().iter().find_map(|(key, value)| match value {
        Json::Map(_) => find(value, name),
        scalar if key == name => Some(scalar),
        _ => None,
    })
}

pub(super) fn from_list(entry: &Json) -> Checked {
    let input = entry.get("input");
    let data = input.get("data");
    let list = find(data, &input.get("hashParamsKey").text()).map(Json::text).unwrap_or_default();
    match mac::of_list(&list, |name| find(data, name).map(|value| Value::from(value.text()))) {
        // The library answers an empty text where there is no list.
        Err(Fault::InvalidRequest(_)) => same("hash", String::new(), entry.get("expected").text()),
        signature => same("hash", clear(&signature.map_err(broken)?), entry.get("expected").text()),
    }
}

pub(super) fn provision(entry: &Json) -> Checked {
    let data = entry.get("input").get("requestData");
    let signature = mac::of_list(PROOF_LIST, |name| {
        let secure = data.get("ThreeDSecureData").get(name);
        let value = if secure == &Json::Null { data.get(name) } else { secure };
        Some(Value::from(value.text()))
    });
    same("hash", clear(&signature.map_err(broken)?), entry.get("expected").text())
}

pub(super) fn callback(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let pairs = entry.get("input").get("data").pairs();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let callback = native::callback(&fields);
    match gate::verify(&callback) {
        Ok(_) => same("authentic", Json::Bool(true), expected.clone()),
        Err(Fault::BadConfig(_) | Fault::NotAuthentic(_)) if expected.has("error") => Ok(()),
        Err(Fault::NotAuthentic(_)) => same("authentic", Json::Bool(false), expected.clone()),
        Err(fault) => Err(broken(fault)),
    }
}
