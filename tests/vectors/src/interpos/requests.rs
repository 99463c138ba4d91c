//! What is sent: fields, forms and how they are written.

use pos_interpos::gate::GateForm;
use pos_interpos::message::{self, Order, Payer};
use pos_interpos::settings::Settings;
use pos_interpos::three_d;
use vezne_plugin::body::Form;
use vezne_plugin::native::{self, TestCard};
use vezne_plugin::{Card, Fault, Money, amount};

use crate::json::Json;
use crate::verdict::{Checked, Verdict, fail, same, skip};

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let ours = match entry.get("input").get("txType").text().as_str() {
        "pay" => message::transaction_type(false),
        "pre" => message::transaction_type(true),
        "post" => "PostAuth",
        "cancel" => "Void",
        "refund" | "refund_partial" => "Refund",
        "status" => "StatusHistory",
        _ => return skip("a name of the library for something we do not do"),
    };
    same("type", ours.to_owned(), entry.get("expected").text())
}

/// The library's serialiser, and ours, on the same map. An absent value is an absent field.
pub(super) fn wire_encode(entry: &Json) -> Checked {
    let fields = entry.get("input").get("data").members().iter().filter(|(_, value)| *value != Json::Null);
    let form = fields.fold(Form::new(), |form, (name, value)| form.field(name, value.text()));
    let body = native::reveal(&form.into_body().map_err(broken)?);
    same("body", String::from_utf8_lossy(&body).into_owned(), entry.get("expected").text())
}

pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let order = entry.get("input").get("order");
    let (id, lang) = (order.get("id").text(), language(entry));
    let total = order.get("amount").hundredths().map(decimal).unwrap_or_default();
    let built = match op {
        "build_sale_nonsecure" | "build_payment" | "build_3d_provision" => return charge(entry, &settings),
        "build_post_auth" => message::capture(&settings, &id, &total, numeric(&order.get("currency").text())?, false),
        "build_cancel" => message::void(&settings, &id, lang),
        "build_refund" => message::refund(&settings, &id, &total, false, lang),
        "build_status" => message::status(&settings, &id, lang),
        other => return skip(&format!("no message of ours: {other}")),
    };
    compare(built.map_err(broken)?, entry.get("expected"))
}

fn charge(entry: &Json, settings: &Settings) -> Checked {
    let input = entry.get("input");
    let order = input.get("order");
    let proof = input.get("responseData").pairs();
    let of = |name: &str| proof.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let card = card(input.get("creditCard"));
    let payer = match &card {
        Some((card, kind)) => Payer::Card(card, *kind),
        None => Payer::Proof {
            md: of("MD"),
            transaction: of("PayerTxnId"),
            eci: of("Eci"),
            cavv: of("PayerAuthenticationCode"),
        },
    };
    let id = order.get("id").text();
    let order = Order {
        id: &id,
        amount: &order.get("amount").hundredths().map(decimal).unwrap_or_default(),
        currency: numeric(&order.get("currency").text())?,
        instalments: &instalments(order),
        moto: false,
        lang: language(entry),
    };
    let reserve = input.get("txType").text() == "pre";
    compare(message::charge(settings, reserve, &order, payer).map_err(broken)?, entry.get("expected"))
}

pub(super) fn gate_form(entry: &Json) -> Checked {
    let input = entry.get("input");
    let (order, expected) = (input.get("order"), entry.get("expected").get("inputs"));
    let settings = Settings::load().map_err(broken)?;
    if expected.members().is_empty() {
        return skip("not a form that is posted to the gate");
    }
    // We always write two decimals, the library what it is given: the same value, signed as it is written.
    let written = expected.get("PurchAmount").text();
    same("PurchAmount", order.get("amount").hundredths(), amount::parse_decimal(&written, 2))?;
    let (id, rnd) = (order.get("id").text(), expected.get("Rnd").text());
    let (ok_url, fail_url) = (order.get("success_url").text(), order.get("fail_url").text());
    let model = input.get("paymentModel").text().replace('_', "-");
    let form = GateForm {
        secure_type: three_d::secure_type(&model).ok_or_else(|| fail(format!("the model {model} is not known")))?,
        amount: &written,
        order_id: &id,
        ok_url: &ok_url,
        fail_url: &fail_url,
        rnd: &rnd,
        lang: language(entry),
        currency: numeric(&order.get("currency").text())?,
        instalments: &instalments(order),
        reserve: input.get("txType").text() == "pre",
    };
    let card = card(input.get("creditCard"));
    let built = form.build(&settings, card.as_ref().map(|(card, kind)| (card, *kind))).map_err(broken)?;
    let ours = revealed(built);
    same("number of fields", ours.len(), expected.members().len())?;
    let mocked = entry.get("hash").get("mocked_in_test") == &Json::Bool(true);
    for (name, value) in expected.members() {
        let value = if name == "Hash" && mocked { entry.get("hash").get("recomputed_by_library_code") } else { value };
        let found = ours.iter().find(|(ours, _)| ours == name).map(|(_, value)| value.clone());
        same(name, found, Some(value.text()))?;
    }
    Ok(())
}

/// Every field of the expected map is in our message and no other; one without a value is not sent. Amounts
/// are compared by value.
fn compare(form: Form, expected: &Json) -> Checked {
    let ours = revealed(form);
    let expected: Vec<&(String, Json)> = expected.members().iter().filter(|(_, value)| *value != Json::Null).collect();
    same("number of fields", ours.len(), expected.len())?;
    for (name, value) in expected {
        let found = ours.iter().find(|(ours, _)| ours == name).map(|(_, value)| value.as_str());
        let found = found.ok_or_else(|| fail(format!("{name} is missing")))?;
        match value.hundredths() {
            Some(hundredths) if name == "PurchAmount" => {
                same(name, amount::parse_decimal(found, 2), Some(hundredths))?;
            }
            _ => same(name, found.to_owned(), value.text())?,
        }
    }
    Ok(())
}

fn revealed(form: Form) -> Vec<(String, String)> {
    let reveal = |value| String::from_utf8_lossy(&native::reveal_part(&value)).into_owned();
    form.into_browser_fields().into_iter().map(|field| (field.name, reveal(field.value))).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn broken(fault: Fault) -> Verdict {
    fail(format!("{fault:?}"))
}

fn decimal(minor: i64) -> String {
    amount::decimal(&Money { minor, currency: "TRY".into(), numeric: 949, exponent: 2 }).unwrap_or_default()
}

/// The order's language, else the account's.
fn language(entry: &Json) -> &'static str {
    let of_order = entry.get("input").get("order").get("lang");
    let lang = if of_order.is_nothing() { entry.get("account").get("lang") } else { of_order };
    message::language(&lang.text())
}

fn numeric(letters: &str) -> Result<&'static str, Verdict> {
    Ok(match letters {
        "TRY" | "" => "949",
        "USD" => "840",
        "EUR" => "978",
        "GBP" => "826",
        "JPY" => "392",
        "RUB" => "643",
        other => return Err(fail(format!("the currency {other} is not known"))),
    })
}

fn instalments(order: &Json) -> String {
    let count = order.get("installment").text();
    if matches!(count.as_str(), "" | "0" | "1") { String::new() } else { count }
}

/// The card with the bank's number of its scheme, which the library takes from the caller.
fn card(card: &Json) -> Option<(Card, Option<&'static str>)> {
    let card = card.get("__card");
    let number = Some(card.get("number").text()).filter(|number| !number.is_empty())?;
    let expiry = card.get("exp").text();
    let (year, month) = expiry.split_once('-')?;
    let code = Some(card.get("cvv").text()).filter(|code| !code.is_empty());
    let kind = match card.get("type").text().as_str() {
        "master" => message::card_type("mastercard"),
        scheme => message::card_type(scheme),
    };
    Some((TestCard::new(&number, month.parse().ok()?, year.parse().ok()?, code.as_deref()).card(), kind))
}
