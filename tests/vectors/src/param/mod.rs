//! `ParamPos`: only the mapping from a vector's operation to the connector's.

mod mapped;
mod requests;
mod signatures;

use vezne_plugin::native::{Running, Session};
use vezne_plugin::xml::Tree;

use crate::json::Json;
use crate::verdict::{Checked, skip};

/// Checks one entry.
pub fn check(entry: &Json) -> Checked {
    let _host = host(entry.get("account"));
    match entry.get("op").text().as_str() {
        "request_hash" => signatures::request(entry),
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
        "map_3d_pay" | "map_3d_host" => mapped::charged_by_gate(entry),
        "map_status" => mapped::status(entry),
        "map_history" => mapped::history(entry),
        "wire_decode" => mapped::wire_decode(entry),
        other => skip(&format!("no operation of ours: {other}")),
    }
}

/// A host with the entry's account; an account without a key is a POS account without one.
fn host(account: &Json) -> Running {
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    let session = Session::new()
        .setting("client-code", &or("clientId", "10738"))
        .setting("user-name", &or("username", "user"))
        .secret("api-password", &or("password", "password"));
    if account.has("storeKey") && account.get("storeKey").is_nothing() {
        return session.start();
    }
    session.secret("guid", &or("storeKey", "key")).start()
}

/// The operation and its result in the map of an answer's body.
fn result(body: &Json) -> Option<(String, Tree)> {
    let (name, response) = body.members().first()?;
    let operation = name.strip_suffix("Response")?;
    Some((operation.to_owned(), tree(operation, response.get(&format!("{operation}Result")))))
}

/// A map as the XML it stands for: `@…` are attributes, which we do not read, and `#` is an element's text.
fn tree(name: &str, value: &Json) -> Tree {
    let Json::Map(members) = value else {
        return Tree { name: name.to_owned(), text: value.text().trim().to_owned(), children: Vec::new() };
    };
    let children = members.iter().filter(|(name, _)| !name.starts_with(['@', '#']));
    let children = children.flat_map(|(name, value)| match value {
        Json::List(items) if !items.is_empty() => items.iter().map(|item| tree(name, item)).collect(),
        value => vec![tree(name, value)],
    });
    Tree { name: name.to_owned(), text: value.get("#").text().trim().to_owned(), children: children.collect() }
}
