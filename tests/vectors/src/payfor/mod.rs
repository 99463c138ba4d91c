//! `PayFor` (`PayForPos`): only the mapping from a vector's operation to the connector's.

mod mapped;
mod requests;
mod rows;

use vezne_plugin::charset::Charset;
use vezne_plugin::native::{Running, Session};

use crate::json::Json;
use crate::shared;
use crate::verdict::{Checked, skip};

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let _host = host(entry.get("account"));
    match entry.get("op").text().as_str() {
        "form_hash_3d" => requests::form_hash(entry),
        "callback_hash_check" => requests::callback(entry),
        "map_tx_type" => requests::transaction_type(entry),
        "build_3d_form" => requests::gate_form(entry),
        "build_custom_query" => skip("the library's own API: it adds the account to whatever it is given"),
        op if op.starts_with("wire_encode") => shared::xml_encoded(entry, "PayforRequest", Charset::Utf8),
        op if op.starts_with("build_") => requests::message(entry, op),
        "wire_decode" => shared::xml_decoded(entry),
        "md_status_is_success" => mapped::md_status(entry),
        "extract_md_status" => mapped::extract_md_status(entry),
        "map_payment" | "map_refund" | "map_cancel" => mapped::answer(entry),
        "map_3d_payment" => mapped::three_d(entry),
        "map_3d_pay" | "map_3d_host" => mapped::charged_by_bank(entry),
        "map_status" => rows::status(entry),
        "map_order_history" | "map_history" => rows::history(entry),
        other => skip(&format!("no operation of ours: {other}")),
    }
}

/// A host with the entry's account.
fn host(account: &Json) -> Running {
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    Session::new()
        .setting("merchant-id", &or("clientId", "085300000009704"))
        .setting("user-code", &or("username", "user"))
        .setting("mbr-id", &or("mbrId", "5"))
        .secret("api-password", &or("password", "password"))
        .secret("store-key", &or("storeKey", "key"))
        .start()
}
