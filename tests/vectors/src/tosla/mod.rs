//! The Tosla family (`ToslaPos`): only the mapping from a vector's operation to the connector's.

mod mapped;
mod requests;
mod signatures;

use vezne_plugin::native::{Running, Session};

use crate::json::Json;
use crate::tree;
use crate::verdict::{Checked, skip};

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let _host = host(entry.get("account"));
    match entry.get("op").text().as_str() {
        "request_hash" | "hash_string" => signatures::request(entry),
        "callback_hash_check" => signatures::callback(entry),
        "map_tx_type" => requests::transaction_type(entry),
        "build_3d_form" => requests::gate_form(entry),
        "build_custom_query" => skip("the library's own API: it adds the account to whatever it is given"),
        op if op.starts_with("wire_encode") => tree::wire_encode(entry),
        op if op.starts_with("build_") => requests::message(entry, op),
        "md_status_is_success" => mapped::md_status(entry),
        "extract_md_status" => mapped::extract_md_status(entry),
        "map_payment" => mapped::payment(entry),
        "map_refund" | "map_cancel" => mapped::undone(entry),
        "map_3d_pay" | "map_3d_host" => mapped::charged_at_gate(entry),
        "map_status" => mapped::status(entry),
        "map_order_history" => mapped::history(entry),
        "wire_decode" => mapped::decode(entry),
        other => skip(&format!("no operation of ours: {other}")),
    }
}

/// A host with the entry's account.
fn host(account: &Json) -> Running {
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    let session = Session::new()
        .setting("client-id", &or("clientId", "1000000494"))
        .setting("api-user", &or("username", "POS_ENT_Test_001"));
    let key = account.get("storeKey");
    if key.is_nothing() { session.start() } else { session.secret("api-password", &key.text()).start() }
}
