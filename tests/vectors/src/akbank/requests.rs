//! What is sent.

use pos_akbank::gate::{self, GateForm};
use pos_akbank::message::{self, Members, Order, Payer, Range, Recurring, Reference};
use pos_akbank::settings::{Settings, secret_key};
use pos_akbank::{code, report};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, HttpRequest, TextForm, amount, native};

use crate::json::Json;
use crate::shared::{broken, browser_fields, card, currency, form_fields, money};
use crate::tree;
use crate::verdict::{Checked, Verdict, same, skip};

fn decimal(order: &Json) -> Result<String, Verdict> {
    amount::decimal(&money(order)?).map_err(broken)
}

fn numeric(order: &Json) -> Result<u16, Verdict> {
    Ok(currency(&order.get("currency").text())?.1)
}

/// How many instalments; 1 for none.
fn instalments(order: &Json) -> u8 {
    order.get("installment").text().parse().ok().filter(|count| *count > 1).unwrap_or(1)
}

/// A time of a vector, as the bank's clock shows it: `2024-04-13T13:00:00.000`.
fn naive(value: &Json) -> String {
    let text = value.get("__datetime").text();
    format!("{}.000", text.split('+').next().unwrap_or_default())
}

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let input = entry.get("input");
    let at_gate = matches!(input.get("paymentModel").text().as_str(), "3d" | "3d_pay" | "3d_host");
    let ours = match input.get("txType").text().as_str() {
        "pay" if at_gate => code::gate(false),
        "pre" if at_gate => code::gate(true),
        "pay" => code::charge(false),
        "pre" => code::charge(true),
        "post" => code::CAPTURE,
        "cancel" => code::VOID,
        "refund" | "refund_partial" => code::REFUND,
        "order_history" => code::HISTORY,
        "history" => code::REPORT,
        _ => return skip("a name of the library for something we do not do"),
    };
    same("txnCode", ours.to_owned(), entry.get("expected").text())
}

pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let input = entry.get("input");
    let order = input.get("order");
    let id = order.get("id").text();
    let built = match op {
        "build_sale_nonsecure" | "build_payment" | "build_3d_provision" => charge(input, &settings)?,
        "build_post_auth" => {
            let currency = numeric(order)?;
            message::capture(&settings, &id, &decimal(order)?, currency, Some(&order.get("ip").text()))
        }
        "build_cancel" => void(order, &settings),
        "build_refund" => {
            let currency = numeric(order)?;
            message::refund(&settings, &reference(order, &track(order), &id), &decimal(order)?, currency)
        }
        "build_order_history" => message::history(&settings, &reference(order, &track(order), &id)),
        "build_history" => return day(input.get("data"), &settings, entry.get("expected")),
        other => return skip(&format!("no message of ours: {other}")),
    };
    compare(&message::request(message::PROCESS, built).map_err(broken)?, message::PROCESS, entry.get("expected"))
}

fn track(order: &Json) -> String {
    order.get("recurring_id").text()
}

fn number(order: &Json) -> Option<i64> {
    order.get("recurringOrderInstallmentNumber").text().parse().ok()
}

fn reference<'a>(order: &Json, track: &'a str, id: &'a str) -> Reference<'a> {
    if track.is_empty() { Reference::Order(id) } else { Reference::Track(track, number(order)) }
}

fn void(order: &Json, settings: &Settings) -> Members {
    let (track, id) = (track(order), order.get("id").text());
    let planned = order.get("recurring_payment_is_pending") == &Json::Bool(true) || number(order).is_none();
    if order.has("recurringOrderInstallmentNumber") && planned {
        return message::cancel_planned(settings, &track, number(order));
    }
    message::void(settings, &reference(order, &track, &id))
}

fn charge(input: &Json, settings: &Settings) -> Result<Members, Verdict> {
    let order = input.get("order");
    let proof = input.get("responseData").pairs();
    let of = |name: &str| proof.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let card = card(input.get("creditCard"));
    let payer = match &card {
        Some(card) => Payer::Card(card),
        None => Payer::Proof {
            id: of("secureId"),
            indicator: of("secureEcomInd"),
            data: of("secureData"),
            md: of("secureMd"),
        },
    };
    let (ip, id) = (order.get("ip").text(), order.get("id").text());
    let order = Order {
        id: &id,
        ip: Some(&ip),
        total: &decimal(order)?,
        currency: numeric(order)?,
        instalments: instalments(order),
        mail_order: false,
        recurring: recurring(order.get("recurring")),
    };
    Ok(message::charge(settings, input.get("txType").text() == "pre", &order, payer))
}

fn recurring(order: &Json) -> Option<Recurring> {
    let cycle = match order.get("frequencyType").text().as_str() {
        "DAY" => "D",
        "WEEK" => "W",
        "MONTH" => "M",
        "YEAR" => "Y",
        _ => return None,
    };
    let number = |name: &str| order.get(name).text().parse().ok();
    Some(Recurring { interval: number("frequency")?, cycle: cycle.into(), count: number("installment")? })
}

fn day(range: &Json, settings: &Settings, expected: &Json) -> Checked {
    let (from, to) = (naive(range.get("start_date")), naive(range.get("end_date")));
    let range = match range.get("batch_num").text().parse() {
        Ok(batch) => Range::Batch(batch),
        Err(_) => Range::Times(&from, &to),
    };
    compare(&report::request(settings, &range).map_err(broken)?, message::REPORT, expected)
}

/// The body is the expected map, signed as a whole. What the host makes up has the bank's form.
fn compare(request: &HttpRequest, path: &str, expected: &Json) -> Checked {
    same("address", (request.endpoint.as_str(), request.path.as_str()), ("api", path))?;
    let body = native::reveal(&request.body);
    let ours = tree::read(&body)?;
    let random = ours.text("randomNumber").unwrap_or_default();
    same("randomNumber", (random.len(), random.bytes().all(|byte| byte.is_ascii_hexdigit())), (128, true))?;
    if let Some(time) = ours.text("requestDateTime") {
        same("requestDateTime", (time.len(), time.ends_with(".000")), (23, true))?;
    }
    let key = secret_key().map_err(broken)?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let signature = Value::from(text).hmac(DigestAlg::Sha512, &key, TextForm::Base64).map_err(broken)?;
    let sent = request.headers.iter().find(|field| field.name == "auth-hash");
    let sent = sent.map(|field| native::reveal_part(&field.value));
    same("auth-hash", sent.as_deref(), Some(signature.revealed()))?;
    tree::compare("message", &ours, expected, &["requestDateTime", "randomNumber"])
}

pub(super) fn gate_form(entry: &Json) -> Checked {
    let input = entry.get("input");
    let (order, expected) = (input.get("order"), entry.get("expected").get("inputs"));
    let settings = Settings::load().map_err(broken)?;
    let model = match input.get("paymentModel").text().as_str() {
        "3d_pay" => "3D_PAY",
        "3d_host" => "3D_PAY_HOSTING",
        _ => "3D",
    };
    let currency = numeric(order)?.to_string();
    let lang = Some(order.get("lang").text()).filter(|lang| !lang.is_empty());
    let lang = lang.unwrap_or_else(|| entry.get("account").get("lang").text());
    let form = GateForm {
        payment_model: model,
        code: code::gate(input.get("txType").text() == "pre"),
        amount: &decimal(order)?,
        order_id: &order.get("id").text(),
        ok_url: &order.get("success_url").text(),
        fail_url: &order.get("fail_url").text(),
        lang: gate::page_language(&lang),
        currency: &currency,
        instalments: instalments(order),
        random: &expected.get("randomNumber").text(),
        time: &expected.get("requestDateTime").text(),
    };
    let built = form.build(&settings, card(input.get("creditCard")).as_ref()).map_err(broken)?;
    form_fields(entry, "hash", &browser_fields(built))
}
