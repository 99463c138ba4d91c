//! Akbank's JSON family (`AkbankPos`): only the mapping from a vector's operation to the connector's.

mod history;
mod mapped;
mod requests;
mod signatures;

use vezne_plugin::native::{Running, Session};

use crate::json::Json;
use crate::tree;
use crate::verdict::{Checked, skip};

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let _host = host(entry);
    match entry.get("op").text().as_str() {
        "hash_string" => signatures::string(entry),
        "form_hash_3d" => signatures::form(entry),
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
        "map_3d_payment" => mapped::three_d(entry),
        "map_3d_pay" | "map_3d_host" => mapped::charged_by_bank(entry),
        "map_order_history" => history::order(entry),
        "map_history" => history::day(entry),
        "wire_decode" => history::decode(entry),
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
        .setting("merchant-safe-id", &or("clientId", "2023090417500272654BD9A49CF07574"))
        .setting("terminal-safe-id", &or("terminalId", "2023090417500284633D137A249DBBEB"))
        .setting("sub-merchant-id", &account.get("subMerchantId").text());
    let key = match entry.get("op").text().as_str() {
        "hash_string" => entry.get("input").get("encryptionKey"),
        _ => account.get("storeKey"),
    };
    if key.is_nothing() { session.start() } else { session.secret("secret-key", &key.text()).start() }
}
