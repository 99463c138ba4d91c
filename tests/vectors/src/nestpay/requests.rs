//! What is sent: messages, forms and how they are written.

use vezne_plugin::charset::Charset;
use vezne_plugin::native::{self, TestCard};
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{Card, Fault, Money, amount};

use crate::json::Json;
use crate::verdict::{Checked, Verdict, fail, same, skip};
use pos_nestpay::gate::{GateForm, page_language};
use pos_nestpay::message::{self, Order, Payer, Recurring};
use pos_nestpay::settings::{FormHash, Settings};

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let ours = match entry.get("input").get("txType").text().as_str() {
        "pay" => message::transaction_type(false),
        "pre" => message::transaction_type(true),
        "post" => "PostAuth",
        "cancel" => "Void",
        "refund" | "refund_partial" => "Credit",
        "status" => "ORDERSTATUS",
        "order_history" | "history" => "ORDERHISTORY",
        _ => return skip("a name of the library for something we do not do"),
    };
    same("type", ours.to_owned(), entry.get("expected").text())
}

/// The library's serialiser, and ours, on the same map.
pub(super) fn wire_encode(entry: &Json) -> Checked {
    let mut root = Element::new("CC5Request");
    for (name, value) in entry.get("input").get("data").members() {
        root = root.child(element(name, value));
    }
    let parts = root.into_document(Charset::Iso8859x9).map_err(broken)?;
    let text = Charset::Iso8859x9.decode(&native::reveal(&parts)).unwrap_or_default();
    same("document", text, entry.get("expected").text())
}

fn element(name: &str, value: &Json) -> Element {
    match value {
        Json::Null => Element::new(name),
        Json::Map(members) => {
            members.iter().fold(Element::new(name), |parent, (child, value)| parent.child(element(child, value)))
        }
        scalar => Element::with(name, scalar.text()),
    }
}

pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let input = entry.get("input");
    let order = input.get("order");
    let id = order.get("id").text();
    let built = match op {
        "build_sale_nonsecure" | "build_payment" | "build_3d_provision" => return charge(entry, &settings),
        "build_post_auth" => {
            let (total, reserved) = (order.get("amount").hundredths(), order.get("pre_auth_amount").hundredths());
            let reserved = reserved.filter(|reserved| total.is_some_and(|total| total > *reserved)).map(decimal);
            message::capture(&settings, &id, &total.map(decimal).unwrap_or_default(), reserved.as_deref())
        }
        "build_cancel" if order.has("recurringOrderInstallmentNumber") => {
            message::cancel_recurring(&settings, &id, &order.get("recurringOrderInstallmentNumber").text())
        }
        "build_cancel" => message::void(&settings, &id, None),
        "build_refund" => {
            let total = order.get("amount").hundredths().map(decimal).unwrap_or_default();
            message::credit(&settings, &id, numeric(&order.get("currency").text())?, &total)
        }
        "build_status" if order.has("recurringId") => {
            message::recurring_status(&settings, &order.get("recurringId").text())
        }
        "build_status" => message::order_status(&settings, &id),
        "build_order_history" => message::order_history(&settings, &id),
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
        Some(card) => Payer::Card(card),
        None => Payer::Proof { md: of("md"), xid: of("xid"), eci: of("eci"), cavv: of("cavv") },
    };
    let (ip, id) = (order.get("ip").text(), order.get("id").text());
    let order = Order {
        id: &id,
        ip: &ip,
        total: &order.get("amount").hundredths().map(decimal).unwrap_or_default(),
        currency: numeric(&order.get("currency").text())?,
        instalments: &instalments(order),
        recurring: recurring(order.get("recurring")),
    };
    let reserve = input.get("txType").text() == "pre";
    compare(message::charge(settings, reserve, &order, payer).map_err(broken)?, entry.get("expected"))
}

pub(super) fn gate_form(entry: &Json) -> Checked {
    let input = entry.get("input");
    let (order, expected) = (input.get("order"), entry.get("expected").get("inputs"));
    let mut settings = Settings::load().map_err(broken)?;
    settings.form_hash = if entry.get("gateway").text().contains("V3") { FormHash::Ver3 } else { FormHash::Ver1 };
    if expected.members().is_empty() {
        return skip("not a form that is posted to the gate");
    }
    let (id, rnd) = (order.get("id").text(), expected.get("rnd").text());
    let form = GateForm {
        storetype: &input.get("paymentModel").text(),
        amount: &order.get("amount").hundredths().map(decimal).unwrap_or_default(),
        order_id: &id,
        ok_url: &order.get("success_url").text(),
        fail_url: &order.get("fail_url").text(),
        callback_url: None,
        rnd: &rnd,
        lang: page_language(&order.get("lang").text()),
        currency: numeric(&order.get("currency").text())?,
        instalments: &instalments(order),
        reserve: input.get("txType").text() == "pre",
    };
    let built = form.build(&settings, card(input.get("creditCard")).as_ref()).map_err(broken)?;
    let ours: Vec<(String, String)> = built
        .into_browser_fields()
        .into_iter()
        .map(|field| (field.name, String::from_utf8_lossy(&native::reveal_part(&field.value)).into_owned()))
        .collect();
    same("number of fields", ours.len(), expected.members().len())?;
    let mocked = entry.get("hash").get("mocked_in_test") == &Json::Bool(true);
    for (name, value) in expected.members() {
        let value = if name == "hash" && mocked { entry.get("hash").get("recomputed_by_library_code") } else { value };
        let found = ours.iter().find(|(ours, _)| ours == name).map(|(_, value)| value.clone());
        same(name, found, Some(value.text()))?;
    }
    Ok(())
}

/// Every field of the expected map is in our message and no other. Amounts are compared by value: the
/// library writes what it is given, we always write two decimals.
fn compare(message: Element, expected: &Json) -> Checked {
    let request = message::request(message).map_err(broken)?;
    same("endpoint", request.endpoint.as_str(), "api")?;
    let tree = Tree::read(&native::reveal(&request.body), None).map_err(broken)?;
    compare_tree(&tree, expected)
}

fn compare_tree(tree: &Tree, expected: &Json) -> Checked {
    same(&format!("fields of {}", tree.name), tree.children.len(), expected.members().len())?;
    for (name, value) in expected.members() {
        let ours = tree.at(name).ok_or_else(|| fail(format!("{name} is missing")))?;
        match (value, value.hundredths()) {
            (Json::Map(_), _) => compare_tree(ours, value)?,
            (_, Some(hundredths)) if matches!(name.as_str(), "Total" | "PREAMT") => {
                same(name, amount::parse_decimal(&ours.text, 2), Some(hundredths))?;
            }
            _ => same(name, ours.text.clone(), value.text())?,
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn broken(fault: Fault) -> Verdict {
    fail(format!("{fault:?}"))
}

fn decimal(minor: i64) -> String {
    amount::decimal(&Money { minor, currency: "TRY".into(), numeric: 949, exponent: 2 }).unwrap_or_default()
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

fn recurring(order: &Json) -> Option<Recurring> {
    if order.members().is_empty() {
        return None;
    }
    let cycle = match order.get("frequencyType").text().as_str() {
        "DAY" => "D",
        "WEEK" => "W",
        "YEAR" => "Y",
        _ => "M",
    };
    Some(Recurring {
        interval: order.get("frequency").text(),
        cycle: cycle.into(),
        count: order.get("installment").text(),
    })
}

fn card(card: &Json) -> Option<Card> {
    let card = card.get("__card");
    let number = Some(card.get("number").text()).filter(|number| !number.is_empty())?;
    let expiry = card.get("exp").text();
    let (year, month) = expiry.split_once('-')?;
    let code = Some(card.get("cvv").text()).filter(|code| !code.is_empty());
    Some(TestCard::new(&number, month.parse().ok()?, year.parse().ok()?, code.as_deref()).card())
}
