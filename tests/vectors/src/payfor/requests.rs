//! What is sent: signatures, messages and forms.

use vezne_plugin::native;
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{Fault, amount};

use crate::json::Json;
use crate::shared::{self, broken};
use crate::verdict::{Checked, Verdict, fail, same, skip};
use pos_payfor::gate::{self, GateForm};
use pos_payfor::hash;
use pos_payfor::message::{self, Order};
use pos_payfor::settings::Settings;

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let ours = match entry.get("input").get("txType").text().as_str() {
        "pay" => message::transaction_type(false),
        "pre" => message::transaction_type(true),
        "post" => "PostAuth",
        "cancel" => "Void",
        "refund" | "refund_partial" => "Refund",
        "status" => "OrderInquiry",
        "order_history" | "history" => "TxnHistory",
        _ => return skip("a name of the library for something we do not do"),
    };
    same("type", ours.to_owned(), entry.get("expected").text())
}

pub(super) fn form_hash(entry: &Json) -> Checked {
    let inputs = entry.get("input").get("formInputs");
    let names = ["MbrId", "OrderId", "PurchAmount", "OkUrl", "FailUrl", "TxnType", "InstallmentCount", "Rnd"];
    let values = names.map(|name| inputs.get(name).text());
    let hash = hash::form(std::array::from_fn(|index| values[index].as_str())).map_err(broken)?;
    same("hash", String::from_utf8_lossy(hash.revealed()).into_owned(), entry.get("expected").text())
}

pub(super) fn callback(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("data").pairs();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let settings = Settings::load().map_err(broken)?;
    let authentic = match gate::verify(&native::callback(&fields), &settings) {
        Ok(verified) => verified.signed,
        Err(Fault::NotAuthentic(_)) => false,
        Err(fault) => return Err(broken(fault)),
    };
    // Without a key the library refuses to check at all; nothing is authentic then.
    same("authentic", authentic, entry.get("expected") == &Json::Bool(true))
}

pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let input = entry.get("input");
    let order = input.get("order");
    let id = order.get("id").text();
    let money = shared::money(order)?;
    let (total, currency) = (amount::decimal(&money).map_err(broken)?, amount::numeric_currency(&money));
    let lang = language(entry);
    let built = match op {
        "build_sale_nonsecure" | "build_payment" => charge(entry, &settings)?,
        "build_3d_provision" => {
            message::provision(&settings, &id, &input.get("responseData").get("RequestGuid").text())
        }
        "build_post_auth" => message::capture(&settings, &id, &total, &currency, lang),
        "build_cancel" => message::void(&settings, &id, &currency, lang),
        "build_refund" => message::refund(&settings, &id, &total, &currency, lang),
        "build_status" => message::order_status(&settings, &id, lang),
        "build_order_history" => message::order_history(&settings, &id, lang),
        "build_history" => {
            let date = shared::compact_date(input.get("data").get("transaction_date"));
            message::day_history(&settings, &date, lang)
        }
        other => return skip(&format!("no message of ours: {other}")),
    };
    compare(built.map_err(broken)?, entry.get("expected"))
}

/// Of the order, else of the account.
fn language(entry: &Json) -> &'static str {
    let order = entry.get("input").get("order").get("lang").text();
    message::language(if order.is_empty() { entry.get("account").get("lang").text() } else { order }.as_str())
}

fn charge(entry: &Json, settings: &Settings) -> Result<Result<Element, Fault>, Verdict> {
    let input = entry.get("input");
    let order = input.get("order");
    let money = shared::money(order)?;
    let card = shared::card(input.get("creditCard")).ok_or_else(|| fail("the vector has no card"))?;
    let order = Order {
        id: &order.get("id").text(),
        amount: &amount::decimal(&money).map_err(broken)?,
        currency: &amount::numeric_currency(&money),
        instalments: &instalments(order),
        mail_order: false,
    };
    let reserve = input.get("txType").text() == "pre";
    Ok(message::charge(settings, reserve, &order, language(entry), &card))
}

fn instalments(order: &Json) -> String {
    let count = order.get("installment").text();
    if matches!(count.as_str(), "" | "0" | "1") { "0".into() } else { count }
}

/// Amounts are compared by value and languages without case: the library writes what it is given, we always
/// write two decimals and, as the bank's support asks, capitals.
fn is_same(name: &str, ours: &str, expected: &Json) -> Checked {
    match name {
        "PurchAmount" => same(name, amount::parse_decimal(ours, 2), expected.hundredths()),
        "Lang" => same(name, ours.to_ascii_lowercase(), expected.text().to_ascii_lowercase()),
        _ => same(name, ours.to_owned(), expected.text()),
    }
}

pub(super) fn gate_form(entry: &Json) -> Checked {
    let input = entry.get("input");
    let (order, expected) = (input.get("order"), entry.get("expected").get("inputs"));
    let settings = Settings::load().map_err(broken)?;
    let money = shared::money(order)?;
    let rnd = expected.get("Rnd").text();
    let form = GateForm {
        secure_type: match input.get("paymentModel").text().as_str() {
            "3d_pay" => "3DPay",
            "3d_host" => "3DHost",
            _ => "3DModel",
        },
        reserve: input.get("txType").text() == "pre",
        amount: &amount::decimal(&money).map_err(broken)?,
        currency: &amount::numeric_currency(&money),
        instalments: &instalments(order),
        order_id: &order.get("id").text(),
        ok_url: &order.get("success_url").text(),
        fail_url: &order.get("fail_url").text(),
        rnd: &rnd,
        lang: language(entry),
    };
    let card = shared::card(input.get("creditCard"));
    let mut ours = shared::browser_fields(form.build(&settings, card.as_ref()).map_err(broken)?);
    // The bank's support wants MOTO in the form (banks-detail §5); the library does not send it.
    ours.retain(|(name, _)| name != "MOTO");
    same("number of fields", ours.len(), expected.members().len())?;
    let mocked = entry.get("hash").get("mocked_in_test") == &Json::Bool(true);
    for (name, value) in expected.members() {
        let recomputed = entry.get("hash").get("recomputed_by_library_code");
        let value = if name == "Hash" && mocked { recomputed } else { value };
        let found = ours.iter().find(|(ours, _)| ours == name).ok_or_else(|| fail(format!("{name} is missing")))?;
        is_same(name, &found.1, value)?;
    }
    Ok(())
}

/// Every field of the expected map is in our message and no other.
fn compare(message: Element, expected: &Json) -> Checked {
    let request = message::request(message).map_err(broken)?;
    same("endpoint", request.endpoint.as_str(), "api")?;
    let tree = Tree::read(&native::reveal(&request.body), None).map_err(broken)?;
    same("number of fields", tree.children.len(), expected.members().len())?;
    for (name, value) in expected.members() {
        let ours = tree.get(name).ok_or_else(|| fail(format!("{name} is missing")))?;
        is_same(name, ours, value)?;
    }
    Ok(())
}
