//! Kuveyt Türk and Vakıf Katılım (`KuveytPos`, `KuveytSoapApiPos`, `VakifKatilimPos`): only the mapping from a
//! vector's operation to the connector's.

mod mapped;
mod requests;
mod wire;

use vezne_plugin::native::{Running, Session};

use crate::json::Json;
use crate::verdict::{Checked, same, skip};
use pos_boa::kuveyt;
use pos_boa::settings::Bank;

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let bank = if entry.get("gateway").text().contains("Katilim") { Bank::Katilim } else { Bank::Kuveyt };
    let _host = host(entry.get("account"), bank);
    match entry.get("op").text().as_str() {
        "request_hash" => requests::hash(entry),
        "map_tx_type" if entry.get("input").get("txType").text() == "pay" => {
            same("type", kuveyt::SALE.to_owned(), entry.get("expected").text())
        }
        "map_tx_type" => skip("a name of the library for an operation"),
        "build_custom_query" => skip("the library's own API: it adds the account to whatever it is given"),
        "build_3d_form" => requests::gate_form(entry, bank),
        op if op.starts_with("wire_encode") => wire::encode(entry, bank),
        "wire_decode" => wire::decode(entry),
        op if op.starts_with("build_") => requests::message(entry, op, bank),
        "md_status_is_success" => mapped::md_status(entry),
        "extract_md_status" => mapped::extract_md_status(entry),
        "map_payment" => mapped::payment(entry, bank),
        "map_refund" | "map_cancel" => mapped::change(entry, bank),
        "map_3d_payment" => mapped::three_d(entry, bank),
        "map_3d_host" => mapped::hosted(entry, bank),
        "map_status" => mapped::status(entry, bank),
        "map_history" => mapped::history(entry, true),
        "map_order_history" => mapped::history(entry, false),
        other => skip(&format!("no operation of ours: {other}")),
    }
}

/// A host with the entry's account; without one, an account all the same.
fn host(account: &Json, bank: Bank) -> Running {
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    let session = Session::new()
        .setting("gateway", if bank == Bank::Kuveyt { "kuveyt" } else { "vakif-katilim" })
        .setting("merchant-id", &or("clientId", "1"))
        .setting("customer-id", &or("customerId", "1"))
        .setting("user-name", &or("username", "user"))
        .setting("sub-merchant-id", &or("subMerchantId", "0"));
    let has_account = account.has("__account");
    match account.get("storeKey") {
        Json::Null if has_account => session.start(),
        key => session
            .secret("api-password", &Some(key.text()).filter(|key| !key.is_empty()).unwrap_or("key".into()))
            .start(),
    }
}
