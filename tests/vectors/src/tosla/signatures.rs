//! Hash vectors.

use pos_tosla::gate;
use pos_tosla::message::{self, Stamp};
use pos_tosla::settings::Settings;
use vezne_plugin::{Fault, native};

use crate::json::Json;
use crate::shared::broken;
use crate::verdict::{Checked, fail, same, skip};

pub(super) fn request(entry: &Json) -> Checked {
    let data = entry.get("input").get("requestData");
    if data.is_nothing() {
        return skip("the library's own helper: a hash of any text");
    }
    let settings = Settings::load().map_err(broken)?;
    let stamp = Stamp { random: data.get("rnd").text(), time: data.get("timeSpan").text() };
    let ours = message::signature(&settings, &stamp).map_err(broken)?;
    same("hash", String::from_utf8_lossy(ours.revealed()).into_owned(), entry.get("expected").text())
}

pub(super) fn callback(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let pairs = entry.get("input").get("data").pairs();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let callback = native::callback(&fields);
    let verified = gate::verify(&callback, &settings).map(|_| ());
    match (verified, entry.get("expected")) {
        (Err(_), expected) if expected.has("error") => Ok(()),
        (Ok(()), expected) => same("authentic", &Json::Bool(true), expected),
        (Err(Fault::NotAuthentic(_)), expected) => same("authentic", &Json::Bool(false), expected),
        (Err(fault), _) => Err(fail(format!("{fault:?}"))),
    }
}
