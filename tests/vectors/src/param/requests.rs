//! What is sent: calls, the way to the gate and how they are written.

use pos_param::gate::Page;
use pos_param::message::{self, Order};
use pos_param::settings::Settings;
use pos_param::soap::{self, Call};
use pos_param::three_d;
use vezne_plugin::amount;
use vezne_plugin::native;
use vezne_plugin::xml::{Element, Tree};

use super::result;
use crate::json::Json;
use crate::shared::{broken, card, money};
use crate::verdict::{Checked, Verdict, fail, same, skip};

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let input = entry.get("input");
    let model = input.get("paymentModel").text().replace('_', "-");
    let reserved = input.get("orderTxType").text() == "pre";
    let currency = input.get("currency").text();
    let foreign = !matches!(currency.as_str(), "" | "TRY");
    if entry.get("expected").has("error") {
        return skip("the library's own API: a name it cannot map");
    }
    let ours = match (input.get("txType").text().as_str(), model.as_str()) {
        _ if foreign => message::SALE_FOREIGN,
        ("pay", "regular") => message::SALE,
        ("pre", "regular") => message::RESERVE,
        ("pay", model) => three_d::operation(model, false, false).map_err(broken)?,
        ("pre", model) => three_d::operation(model, true, false).map_err(broken)?,
        ("post", _) => message::CAPTURE,
        ("cancel", _) if reserved => message::VOID_RESERVATION,
        ("cancel" | "refund" | "refund_partial", _) => message::REVERSE,
        ("status", _) => message::STATUS,
        ("history", _) => message::HISTORY,
        _ => return skip("a name of the library for something we do not do"),
    };
    same("operation", ours.to_owned(), entry.get("expected").text())
}

/// The library's serialiser, and ours, on the same map.
pub(super) fn wire_encode(entry: &Json) -> Checked {
    let parts = entry.get("input").get("data").members().iter().map(|(name, value)| element(name, value));
    let written = native::reveal(&soap::document(parts).map_err(broken)?);
    same("document", String::from_utf8_lossy(&written).into_owned(), entry.get("expected").text())
}

/// `@…` are attributes, `null` is an element without content.
fn element(name: &str, value: &Json) -> Element {
    let Json::Map(members) = value else {
        return if *value == Json::Null { Element::new(name) } else { Element::with(name, value.text()) };
    };
    members.iter().fold(Element::new(name), |parent, (name, value)| match name.strip_prefix('@') {
        Some(attribute) => parent.attribute(attribute, &value.text()),
        None => parent.child(element(name, value)),
    })
}

pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let (order, expected) = (entry.get("input").get("order"), entry.get("expected"));
    let id = order.get("id").text();
    let call = match op {
        "build_sale_nonsecure" | "build_payment" | "build_3d_enroll" => charge(entry, &settings, op)?,
        "build_3d_provision" => {
            let data = entry.get("input").get("responseData");
            let get = |name: &str| data.get(name).text();
            message::completion(&settings, &get("md"), &get("islemGUID"), &get("orderId")).map_err(broken)?
        }
        "build_post_auth" => {
            let total = amount::comma(&money(order)?).map_err(broken)?;
            message::capture(&settings, &id, &total).map_err(broken)?
        }
        "build_cancel" if order.get("transaction_type").text() == "pre" => {
            message::void_reservation(&settings, &id).map_err(broken)?
        }
        "build_cancel" | "build_refund" => {
            message::reversal(&settings, op == "build_refund", &id, &money(order)?).map_err(broken)?
        }
        "build_status" => message::status(&settings, &id).map_err(broken)?,
        "build_history" => history(&settings, entry.get("input").get("data"))?,
        other => return skip(&format!("no message of ours: {other}")),
    };
    let document = native::reveal(&call.into_document().map_err(broken)?);
    compare(&Tree::read(&document, None).map_err(broken)?, expected)
}

fn history(settings: &Settings, data: &Json) -> Result<Call, Verdict> {
    let at = |name: &str| {
        let iso = data.get(name).get("__datetime").text();
        let (date, clock) = iso.split_once('T').unwrap_or_default();
        let date: Vec<&str> = date.split('-').rev().collect();
        format!("{} {}", date.join("."), clock.split('+').next().unwrap_or_default())
    };
    let result = data.get("order_status").text();
    let kind = match data.get("transaction_type").text().as_str() {
        "pay" => Some("Satış"),
        "cancel" => Some("İptal"),
        "refund" => Some("İade"),
        _ => None,
    };
    let result = Some(result.as_str()).filter(|result| !result.is_empty());
    message::history(settings, &at("start_date"), &at("end_date"), result, kind).map_err(broken)
}

fn charge(entry: &Json, settings: &Settings, op: &str) -> Result<Call, Verdict> {
    let input = entry.get("input");
    let order = input.get("order");
    let money = money(order)?;
    let expected = entry.get("expected").get("soap:Body").members().first();
    let transaction = expected.map(|(_, fields)| fields.get("Islem_ID").text()).unwrap_or_default();
    let (id, ip, count) = (order.get("id").text(), order.get("ip").text(), order.get("installment").text());
    let (ok_url, fail_url) = (order.get("success_url").text(), order.get("fail_url").text());
    let order = Order {
        id: &id,
        transaction: &transaction,
        ip: &ip,
        amount: &amount::comma(&money).map_err(broken)?,
        currency: message::foreign_currency(&money).map_err(broken)?,
        instalments: if matches!(count.as_str(), "" | "0") { "1" } else { &count },
        ok_url: &ok_url,
        fail_url: &fail_url,
    };
    let reserve = input.get("txType").text() == "pre";
    let card = card(input.get("creditCard"));
    if op != "build_3d_enroll" {
        let card = card.ok_or_else(|| fail("no card"))?;
        return message::direct(settings, reserve, &order, &card).map_err(broken);
    }
    let model = input.get("paymentModel").text().replace('_', "-");
    // What the library calls 3-D in a foreign currency is a gate that charges, which we call by its name.
    let model = if order.currency.is_some() && model == "3d" { "3d-pay" } else { &model };
    match (three_d::operation(model, reserve, order.currency.is_some()).map_err(broken)?, card) {
        (message::HOSTED, _) => message::hosted(settings, &order).map_err(broken),
        (operation, Some(card)) => message::enrolment(settings, operation, &order, &card).map_err(broken),
        (_, None) => Err(fail("no card")),
    }
}

/// Every field of the expected map is in our message and no other. Amounts with a point are compared by value:
/// the library writes what it is given, we always write two decimals. The suite mocks `Islem_Hash` here; its
/// rule is checked by the hash vectors.
fn compare(tree: &Tree, expected: &Json) -> Checked {
    let wanted: Vec<&(String, Json)> = expected.members().iter().filter(|(name, _)| !name.starts_with('@')).collect();
    same(&format!("fields of {}", tree.name), tree.children.len(), wanted.len())?;
    for (name, value) in wanted {
        let ours = tree.at(name).ok_or_else(|| fail(format!("{name} is missing")))?;
        match value {
            Json::Map(_) => compare(ours, value)?,
            _ if name == "Islem_Hash" => same("a hash", ours.text.len(), 28)?,
            _ if name == "Tutar" => same(name, amount::parse_decimal(&ours.text, 2), value.hundredths())?,
            _ => same(name, ours.text.clone(), value.text())?,
        }
    }
    Ok(())
}

/// The way to the gate that an answer names.
pub(super) fn gate_form(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let Some((operation, fields)) = result(input.get("extraData")) else {
        return skip("the library's own API: a form without an answer");
    };
    if operation == message::HOSTED {
        let ticket = three_d::hosted_ticket(&fields.text);
        if expected.has("error") {
            return same("refused", ticket.is_err(), true);
        }
        let wanted = expected.get("inputs");
        same("number of fields", wanted.members().len(), 1)?;
        return same("s", ticket.map_err(broken)?.to_owned(), wanted.get("s").text());
    }
    if let Some(html) = fields.get("UCD_HTML") {
        if expected.has("error") {
            return same("refused", vezne_plugin::html::Form::read(html.as_bytes()).is_none(), true);
        }
        // The library relays the page; we read its form, if it has one, and show our own page.
        return same("page", html.to_owned(), expected.text().trim().to_owned());
    }
    let page = Page::read(fields.get("UCD_URL").unwrap_or_default());
    if expected.has("error") {
        return same("refused", page.is_err(), true);
    }
    let page = page.map_err(broken)?;
    same("gateway", format!("{}{}", page.origin, page.path), expected.get("gateway").text())?;
    same("inputs", page.query, expected.get("inputs").pairs())
}
