//! What is sent: messages, forms and how they are written.

use pos_posnet_v1::gate::GateForm;
use pos_posnet_v1::give_back;
use pos_posnet_v1::message::{self, Charge, Message, Proof, Reference};
use pos_posnet_v1::settings::Settings;
use posnet_orders::question::{AUTH, CAPT, SALE};
use posnet_orders::{number, written};
use vezne_plugin::{Fault, amount, json, native};

use crate::json::Json;
use crate::shared::{self, broken, card};
use crate::verdict::{Checked, Verdict, fail, same, skip};

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let ours = match entry.get("input").get("txType").text().as_str() {
        "pay" => message::transaction_type(false),
        "pre" => message::transaction_type(true),
        "post" => "Capture",
        "cancel" => "Reverse",
        "refund" | "refund_partial" => "Return",
        "status" => "TransactionInquiry",
        _ => return skip("a name of the library for something we do not do"),
    };
    same("type", ours.to_owned(), entry.get("expected").text())
}

fn parsed(body: &[u8]) -> Result<Json, Verdict> {
    serde_json::from_slice(body).map_err(fail)
}

/// The library's serialiser, and ours, on the same map: the same document, key by key in order. PHP escapes
/// what JSON need not have escaped.
pub(super) fn wire_encode(entry: &Json) -> Checked {
    let body = written_json(entry.get("input").get("data")).into_body().map_err(broken)?;
    same("document", parsed(&native::reveal(&body))?, parsed(entry.get("expected").text().as_bytes())?)
}

fn written_json(value: &Json) -> json::Json {
    match value {
        Json::Null => json::Json::Null,
        Json::Bool(value) => json::Json::Bool(*value),
        Json::Number(number) => json::Json::Number(number.to_string()),
        Json::Text(text) => json::Json::string(text),
        Json::List(items) => json::Json::Array(items.iter().map(written_json).collect()),
        Json::Map(members) => {
            json::Json::Object(members.iter().map(|(name, value)| (name.clone(), written_json(value))).collect())
        }
    }
}

pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let expected = entry.get("expected");
    let message = match Settings::load().and_then(|settings| build(entry, op, &settings)) {
        Ok(Some(message)) => message,
        Ok(None) => return skip(&format!("no message of ours: {op}")),
        Err(_) if expected.has("error") => return Ok(()),
        Err(fault) => return Err(broken(fault)),
    };
    same("refused", false, expected.has("error"))?;
    let body = message.body.into_body().map_err(broken)?;
    compare(&parsed(&native::reveal(&body))?, expected)
}

/// Every member, with its kind; their order is the library's own.
fn compare(ours: &Json, expected: &Json) -> Checked {
    same("members", ours.members().len(), expected.members().len())?;
    for (name, value) in expected.members() {
        match value {
            Json::Map(_) => compare(ours.get(name), value)?,
            value => {
                same(&format!("{name} is there"), ours.has(name), true)?;
                same(name, ours.get(name).clone(), value.clone())?;
            }
        }
    }
    Ok(())
}

fn build(entry: &Json, op: &str, settings: &Settings) -> Result<Option<Message>, Fault> {
    let input = entry.get("input");
    let order = input.get("order");
    let money = shared::money(order).map_err(|_| Fault::InvalidRequest("the currency is not known".into()))?;
    let id = order.get("id").text();
    let minor = amount::minor(&money)?;
    let charge =
        Charge { order: &id, amount: &minor, currency: written::currency(&money)?, instalments: instalments(order) };
    let reserve = input.get("txType").text() == "pre";
    let key = order.get("ref_ret_num").text();
    let address = if key.is_empty() { address(order)? } else { String::new() };
    let of = if key.is_empty() { Reference::Order(&address) } else { Reference::Key(&key) };
    Ok(Some(match op {
        "build_sale_nonsecure" => {
            let card = card(input.get("creditCard")).ok_or_else(|| Fault::InvalidRequest("no card".into()))?;
            message::charge(settings, reserve, &charge, &card, false, None)?
        }
        "build_3d_provision" => {
            let data = input.get("responseData");
            let [transaction, cavv, eci, md_status, md] =
                ["SecureTransactionId", "CAVV", "ECI", "MdStatus", "MD"].map(|name| data.get(name).text());
            let proof = Proof { transaction: &transaction, cavv: &cavv, eci: &eci, md_status: &md_status, md: &md };
            message::charge_authenticated(settings, reserve, &charge, &proof)?
        }
        "build_post_auth" => message::capture(settings, &key, &charge)?,
        "build_cancel" => message::void(settings, kind(order), of)?,
        "build_refund" => {
            // The library names the amount only where there was no 3-D; so does the connector.
            let named = order.get("payment_model").text() == "regular";
            message::give_back(settings, kind(order), of, named.then_some((minor.as_str(), charge.currency)))?
        }
        "build_status" => message::inquiry(settings, &address)?,
        _ => return Ok(None),
    }))
}

fn kind(order: &Json) -> &'static str {
    give_back::transaction(match order.get("transaction_type").text().as_str() {
        "pre" => AUTH,
        "post" => CAPT,
        _ => SALE,
    })
}

fn instalments(order: &Json) -> u8 {
    let count = order.get("installment").text().parse().unwrap_or(0);
    if count > 1 { count } else { 0 }
}

/// The library takes an order without a model for one of the 3-D gate.
fn address(order: &Json) -> Result<String, Fault> {
    let id = order.get("id").text();
    let three_d = matches!(order.get("payment_model").text().as_str(), "" | "3d");
    if id.is_empty() { Ok(String::new()) } else { number::address(&id, three_d) }
}

pub(super) fn gate_form(entry: &Json) -> Checked {
    let input = entry.get("input");
    let order = input.get("order");
    let settings = Settings::load().map_err(broken)?;
    let money = shared::money(order)?;
    let id = order.get("id").text();
    let lang = Some(order.get("lang").text()).filter(|lang| !lang.is_empty());
    let form = GateForm {
        order: &id,
        amount: &amount::minor(&money).map_err(broken)?,
        currency: written::currency(&money).map_err(broken)?,
        instalments: instalments(order),
        return_url: &order.get("success_url").text(),
        lang: &lang.unwrap_or_else(|| entry.get("account").get("lang").text()),
        reserve: input.get("txType").text() == "pre",
    };
    let card = card(input.get("creditCard"));
    let built = form.build(&settings, card.as_ref()).map_err(broken)?;
    shared::form_fields(entry, "Mac", &shared::browser_fields(built))
}
