//! What is sent: signatures, messages and forms.

use vezne_plugin::native;
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{Card, Fault, amount, istanbul};

use crate::json::Json;
use crate::shared::{self, broken};
use crate::verdict::{Checked, Verdict, fail, same, skip};
use pos_garanti::gate::{self, GateForm};
use pos_garanti::hash::{self, SignedForm};
use pos_garanti::message::{self, Order, Original, Payer, Proof, Recurring, Span};
use pos_garanti::settings::{Settings, User};

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let ours = match entry.get("input").get("txType").text().as_str() {
        "pay" => message::transaction_type(false),
        "pre" => message::transaction_type(true),
        "post" => "postauth",
        "cancel" => "void",
        "refund" | "refund_partial" => "refund",
        "status" => "orderinq",
        "order_history" => "orderhistoryinq",
        "history" => "orderlistinq",
        _ => return skip("a name of the library for something we do not do"),
    };
    same("type", ours.to_owned(), entry.get("expected").text())
}

fn clear(sealed: &vezne_plugin::Sealed) -> String {
    String::from_utf8_lossy(sealed.revealed()).into_owned()
}

pub(super) fn form_hash(entry: &Json) -> Checked {
    let inputs = entry.get("input").get("formInputs");
    let text = |name: &str| inputs.get(name).text();
    let mut settings = Settings::load().map_err(broken)?;
    settings.terminal_id = text("terminalid");
    let signed = SignedForm {
        order_id: &text("orderid"),
        amount: &text("txnamount"),
        currency: &text("txncurrencycode"),
        ok_url: &text("successurl"),
        fail_url: &text("errorurl"),
        kind: &text("txntype"),
        instalments: &text("txninstallmentcount"),
    };
    let hash = hash::form(&settings, User::Provision, signed).map_err(broken)?;
    same("hash", clear(&hash), entry.get("expected").text())
}

pub(super) fn request_hash(entry: &Json) -> Checked {
    let data = entry.get("input").get("requestData");
    let transaction = data.get("Transaction");
    let mut settings = Settings::load().map_err(broken)?;
    settings.terminal_id = data.get("Terminal").get("ID").text();
    let user = match transaction.get("Type").text().as_str() {
        "void" | "refund" => User::Refund,
        _ => User::Provision,
    };
    let number = data.get("Card").get("Number").text();
    let card = if number.is_empty() { None } else { Some(native::TestCard::new(&number, 1, 2030, None).card().pan()) };
    let order = data.get("Order").get("OrderID").text();
    let (amount, currency) = (transaction.get("Amount").text(), transaction.get("CurrencyCode").text());
    let hash = hash::request(&settings, user, &order, card, &amount, &currency).map_err(broken)?;
    same("hash", clear(&hash), entry.get("expected").text())
}

pub(super) fn callback(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("data").pairs();
    let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let settings = Settings::load().map_err(broken)?;
    let authentic = match gate::verify(&native::callback(&fields), &settings) {
        Ok(_) => true,
        Err(Fault::NotAuthentic(_)) => false,
        Err(fault) => return Err(broken(fault)),
    };
    // Without a store key the library refuses to check at all; nothing is authentic then.
    let expected = entry.get("expected") == &Json::Bool(true);
    same("authentic", authentic, expected)
}

pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let input = entry.get("input");
    let order = input.get("order");
    let (id, ip, number) = (order.get("id").text(), order.get("ip").text(), order.get("ref_ret_num").text());
    let (currency, minor) = amount_of(order)?;
    let original = Original { order_id: &id, ip: &ip, number: &number, currency: &currency };
    let built = match op {
        "build_sale_nonsecure" | "build_payment" | "build_3d_provision" => charge(entry, &settings)?,
        "build_post_auth" => message::capture(&settings, "TEST", original, &minor),
        "build_cancel" => message::void(&settings, "TEST", original),
        "build_refund" => message::refund(&settings, "TEST", original, &minor),
        "build_status" => message::order_status(&settings, "TEST", &ip, &id),
        "build_order_history" => message::order_history(&settings, "TEST", &ip, &id),
        "build_history" => {
            let data = input.get("data");
            let span = Span {
                from_ms: instant(data.get("start_date"))?,
                to_ms: instant(data.get("end_date"))?,
                page: page(data),
            };
            message::list(&settings, "TEST", &data.get("ip").text(), span)
        }
        other => return skip(&format!("no message of ours: {other}")),
    };
    if entry.get("expected").has("error") {
        return same("refused", matches!(built, Err(Fault::BadConfig(_))), true);
    }
    compare(built.map_err(broken)?, entry.get("expected"))
}

fn instant(value: &Json) -> Result<i64, Verdict> {
    let naive = value.get("__datetime").text();
    istanbul::epoch_ms(naive.split('+').next().unwrap_or_default()).ok_or_else(|| fail(format!("no time: {naive}")))
}

fn page(data: &Json) -> u32 {
    data.get("page").text().parse().unwrap_or(1)
}

fn amount_of(order: &Json) -> Result<(String, String), Verdict> {
    let money = shared::money(order)?;
    Ok((amount::numeric_currency(&money), amount::minor(&money).map_err(broken)?))
}

fn charge(entry: &Json, settings: &Settings) -> Result<Result<Element, Fault>, Verdict> {
    let input = entry.get("input");
    let (order, gate) = (input.get("order"), input.get("responseData"));
    let proof: Vec<String> = ["md", "xid", "eci", "cavv"].iter().map(|name| gate.get(name).text()).collect();
    let card = shared::card(input.get("creditCard"));
    let payer = match &card {
        Some(card) => Payer::Card(card),
        None => Payer::Proof(Proof { md: &proof[0], xid: &proof[1], eci: &proof[2], cavv: &proof[3] }),
    };
    let (currency, minor) = amount_of(order)?;
    // The library repeats what the callback says, we what was ordered; the suite has another form of amount there.
    let from_gate = |name: &str, ours: String| if card.is_none() { gate.get(name).text() } else { ours };
    let order = Order {
        id: &order.get("id").text(),
        ip: &from_gate("customeripaddress", order.get("ip").text()),
        amount: &from_gate("txnamount", minor),
        currency: &from_gate("txncurrencycode", currency),
        instalments: &instalments(order),
        mail_order: false,
        recurring: recurring(order.get("recurring")),
        bonus: None,
    };
    let reserve = input.get("txType").text() == "pre" || gate.get("txntype").text() == "preauth";
    let kind = message::transaction_type(reserve);
    Ok(message::charge(settings, "TEST", kind, &order, payer))
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
        _ => "M",
    };
    Some(Recurring {
        interval: order.get("frequency").text(),
        cycle: cycle.into(),
        count: order.get("installment").text(),
        start: shared::compact_date(order.get("startDate")),
    })
}

pub(super) fn gate_form(entry: &Json) -> Checked {
    let input = entry.get("input");
    let order = input.get("order");
    let settings = Settings::load().map_err(broken)?;
    let card: Option<Card> = shared::card(input.get("creditCard"));
    let (currency, minor) = amount_of(order)?;
    let model = input.get("paymentModel").text();
    let form = GateForm {
        security_level: if model == "3d_pay" { "3D_PAY" } else { "3D" },
        mode: "TEST",
        amount: &minor,
        currency: &currency,
        instalments: &instalments(order),
        order_id: &order.get("id").text(),
        ok_url: &order.get("success_url").text(),
        fail_url: &order.get("fail_url").text(),
        ip: &order.get("ip").text(),
        kind: message::transaction_type(input.get("txType").text() == "pre"),
        lang: None,
    };
    if card.is_none() {
        return skip(
            "a form without a card: the bank's own page has a user of its own, which the library does not have",
        );
    }
    let ours = shared::browser_fields(form.build(&settings, card.as_ref()).map_err(broken)?);
    shared::form_fields(entry, "secure3dhash", &ours)
}

/// Every field of the expected map is in our message and no other. A mocked signature is empty.
fn compare(message: Element, expected: &Json) -> Checked {
    let request = message::request(message).map_err(broken)?;
    same("endpoint", request.endpoint.as_str(), "api")?;
    let mut tree = Tree::read(&native::reveal(&request.body), None).map_err(broken)?;
    if expected.get("Terminal").get("HashData").is_nothing() {
        for terminal in tree.children.iter_mut().filter(|child| child.name == "Terminal") {
            for hash in terminal.children.iter_mut().filter(|child| child.name == "HashData") {
                hash.text.clear();
            }
        }
    }
    shared::tree_holds(&tree, expected)
}
