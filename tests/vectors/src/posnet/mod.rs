//! Yapı Kredi (`PosNet`): only the mapping from a vector's operation to the connector's.
//!
//! Two things of the library are not the bank's, by the bank's own document: 3-D orders are addressed with
//! `TDS_` since 2021 and not with `TDSC`, and `approved` 2 is the repetition of a yes and not a no.

mod mapped;
mod requests;

use vezne_plugin::native::{Running, Session};

use crate::json::Json;
use crate::shared;
use crate::verdict::{Checked, skip};

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let _host = host(entry.get("account"));
    match entry.get("op").text().as_str() {
        "request_hash" => requests::request_hash(entry),
        "callback_hash_check" => mapped::bank_hash(entry),
        "map_tx_type" => requests::transaction_type(entry),
        "build_3d_form" => requests::gate_form(entry),
        "build_custom_query" => skip("the library's own API: it adds the account to whatever it is given"),
        op if op.starts_with("wire_encode") => requests::wire_encode(entry),
        op if op.starts_with("build_") => requests::message(entry, op),
        "md_status_is_success" => mapped::md_status(entry),
        "extract_md_status" => mapped::extract_md_status(entry),
        "map_payment" => mapped::payment(entry),
        "map_refund" | "map_cancel" => mapped::given_back(entry),
        "map_3d_payment" => mapped::three_d(entry),
        "map_status" => mapped::status(entry),
        "wire_decode" => shared::xml_decoded_as_declared(entry),
        other => skip(&format!("no operation of ours: {other}")),
    }
}

/// A host with the entry's account, and with the library's policy for 3-D results.
fn host(account: &Json) -> Running {
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    let session = Session::new()
        .setting("merchant-id", &or("clientId", "6706598320"))
        .setting("terminal-id", &or("terminalId", "67005551"))
        .setting("posnet-id", &or("posNetId", "27426"))
        .setting("accepted-md-status", "1,2,3,4");
    match account.get("storeKey") {
        Json::Text(key) => session.secret("enc-key", key).start(),
        _ => session.start(),
    }
}
