//! Denizbank's `InterPos`: only the mapping from a vector's operation to the connector's.

mod mapped;
mod requests;
mod signatures;

use vezne_plugin::native::{Running, Session};

use crate::json::Json;
use crate::verdict::{Checked, skip};

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let _host = host(entry.get("account"));
    match entry.get("op").text().as_str() {
        "form_hash_3d" => signatures::form(entry),
        "callback_hash_check" => signatures::callback(entry),
        "map_tx_type" => requests::transaction_type(entry),
        "build_3d_form" => requests::gate_form(entry),
        "build_custom_query" => skip("the library's own API: it adds the account to whatever it is given"),
        "wire_encode_custom_query" => skip("the wire form of the library's own API"),
        op if op.starts_with("wire_encode") => requests::wire_encode(entry),
        op if op.starts_with("build_") => requests::message(entry, op),
        "md_status_is_success" => mapped::md_status(entry),
        "extract_md_status" => mapped::extract_md_status(entry),
        "map_payment" | "map_refund" | "map_cancel" => mapped::answer(entry),
        "map_3d_payment" => mapped::three_d(entry),
        "map_3d_pay" | "map_3d_host" => mapped::charged_by_bank(entry),
        "map_status" => mapped::status(entry),
        "wire_decode" => mapped::wire_decode(entry),
        other => skip(&format!("no operation of ours: {other}")),
    }
}

/// A host with the entry's account; an account without a store key is a POS account without one.
fn host(account: &Json) -> Running {
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    let session = Session::new()
        .setting("shop-code", &or("clientId", "3123"))
        .setting("user-code", &or("username", "user"))
        .secret("api-password", &or("password", "password"));
    if account.has("storeKey") && account.get("storeKey").is_nothing() {
        return session.start();
    }
    session.secret("store-key", &or("storeKey", "key")).start()
}
