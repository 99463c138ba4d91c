//! PayFlex (`PayFlexV4Pos`, `PayFlexCPV4Pos`): only the mapping from a vector's operation to the connector's.

mod mapped;
mod requests;

use vezne_plugin::native::{Running, Session};

use crate::json::Json;
use crate::verdict::{Checked, same, skip};
use pos_payflex::order;

/// Which of the two interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// VPOS and MPI.
    Vpos,
    /// Common payment.
    Page,
}

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let side = if entry.get("gateway").text().contains("CPV4") { Side::Page } else { Side::Vpos };
    let _host = host(entry.get("account"));
    match entry.get("op").text().as_str() {
        "map_tx_type" => transaction_type(entry),
        "build_custom_query" => skip("the library's own API: it adds the account to whatever it is given"),
        "build_3d_form" => requests::gate_form(entry, side),
        "request_hash" | "form_hash_3d" => requests::hash(entry),
        op if op.starts_with("wire_encode") => requests::encode(entry, side),
        "wire_decode" => requests::decode(entry),
        op if op.starts_with("build_") => requests::message(entry, op, side),
        "md_status_is_success" if side == Side::Page => skip("no status comes back from the page: the bank is asked"),
        "md_status_is_success" => mapped::md_status(entry),
        "extract_md_status" => mapped::extract_md_status(entry, side),
        "map_payment" => mapped::payment(entry),
        "map_refund" | "map_cancel" => mapped::change(entry),
        "map_3d_payment" => mapped::three_d(entry),
        "map_3d_pay" | "map_3d_host" => mapped::visit(entry),
        "map_status" => mapped::status(entry),
        other => skip(&format!("no operation of ours: {other}")),
    }
}

fn transaction_type(entry: &Json) -> Checked {
    let ours = match entry.get("input").get("txType").text().as_str() {
        "pay" => order::transaction_type(false),
        "pre" => order::transaction_type(true),
        "post" => "Capture",
        "cancel" => "Cancel",
        "refund" | "refund_partial" => "Refund",
        _ => return skip("a name of the library for something we do not do"),
    };
    same("type", ours.to_owned(), entry.get("expected").text())
}

/// A host with the entry's account; without one, an account all the same.
fn host(account: &Json) -> Running {
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    let session = Session::new()
        .setting("merchant-id", &or("clientId", "1"))
        .setting("terminal-id", &or("terminalId", "VP1"))
        .setting("merchant-type", &or("merchantType", "0"))
        .secret("api-password", &or("password", "password"));
    match account.get("subMerchantId").text() {
        sub if sub.is_empty() => session.start(),
        sub => session.setting("sub-merchant-id", &sub).start(),
    }
}
