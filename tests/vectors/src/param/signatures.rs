//! Hash vectors.

use pos_param::gate;
use pos_param::message::{self, Order};
use pos_param::settings::Settings;
use vezne_plugin::Fault;
use vezne_plugin::native::{self, Session};

use crate::json::Json;
use crate::shared::broken;
use crate::verdict::{Checked, fail, same};

pub(super) fn request(entry: &Json) -> Checked {
    let data = entry.get("input").get("requestData");
    let (operation, fields) = data.members().first().ok_or_else(|| fail("no operation"))?;
    let get = |name: &str| fields.get(name).text();
    // The account is the request's own here.
    let _host = Session::new()
        .setting("client-code", &fields.get("G").get("CLIENT_CODE").text())
        .setting("user-name", &fields.get("G").get("CLIENT_USERNAME").text())
        .secret("guid", &get("GUID"))
        .start();
    let settings = Settings::load().map_err(broken)?;
    let (id, amount, instalments) = (get("Siparis_ID"), get("Islem_Tutar"), get("Taksit"));
    let (ok_url, fail_url) = (get("Basarili_URL"), get("Hata_URL"));
    let order = Order {
        id: &id,
        transaction: "",
        ip: "",
        amount: &amount,
        currency: None,
        instalments: &instalments,
        ok_url: &ok_url,
        fail_url: &fail_url,
    };
    same("total", &get("Toplam_Tutar"), &amount)?;
    let signed = message::signature(&settings, operation, &order).map_err(broken)?;
    same("hash", String::from_utf8_lossy(signed.revealed()).into_owned(), entry.get("expected").text())
}

pub(super) fn callback(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let pairs = entry.get("input").get("data").pairs();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let callback = native::callback(&fields);
    let verified = gate::verify(&callback, &settings).map(|_| ());
    let expected = entry.get("expected");
    if expected.has("error") {
        // An account without its key: nothing can be authentic.
        return same("refused", verified.is_err(), true);
    }
    let authentic = match verified {
        Ok(()) => true,
        Err(Fault::NotAuthentic(_)) => false,
        Err(fault) => return Err(broken(fault)),
    };
    same("authentic", Json::Bool(authentic), expected.clone())
}
