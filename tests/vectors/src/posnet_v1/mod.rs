//! Albaraka (`PosNetV1Pos`): only the mapping from a vector's operation to the connector's.

mod mapped;
mod requests;
mod signatures;

use vezne_plugin::native::{Running, Session};

use crate::json::Json;
use crate::verdict::{Checked, skip};

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let _host = host(entry);
    match entry.get("op").text().as_str() {
        "hash_from_params" => signatures::from_list(entry),
        "request_hash" => signatures::provision(entry),
        "callback_hash_check" => signatures::callback(entry),
        "map_tx_type" => requests::transaction_type(entry),
        "build_3d_form" => requests::gate_form(entry),
        "build_custom_query" => skip("the library's own API: it adds the account to whatever it is given"),
        op if op.starts_with("wire_encode") => requests::wire_encode(entry),
        op if op.starts_with("build_") => requests::message(entry, op),
        "md_status_is_success" => mapped::md_status(entry),
        "extract_md_status" => mapped::extract_md_status(entry),
        "map_payment" | "map_refund" | "map_cancel" => mapped::answer(entry),
        "map_3d_payment" => mapped::three_d(entry),
        "map_status" => mapped::status(entry),
        "wire_decode" => mapped::wire_decode(entry),
        other => skip(&format!("no operation of ours: {other}")),
    }
}

/// A host with the entry's account.
fn host(entry: &Json) -> Running {
    let account = entry.get("account");
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    let session = Session::new()
        .setting("merchant-id", &or("clientId", "6700950031"))
        .setting("terminal-id", &or("terminalId", "67540050"))
        .setting("posnet-id", &or("posNetId", "1010272261352072"));
    let input = entry.get("input");
    match (input.get("storeKey"), account.get("storeKey")) {
        (Json::Text(key), _) | (_, Json::Text(key)) => session.secret("enc-key", key).start(),
        _ => session.start(),
    }
}
