//! What is sent.

use vezne_plugin::native;
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{Fault, HttpRequest, istanbul};

use crate::json::Json;
use crate::shared::{broken, browser_fields, card, form_fields, money};
use crate::verdict::{Checked, Verdict, fail, same, skip};
use pos_boa::hash::{self, Signed};
use pos_boa::katilim::{self, Period, Security};
use pos_boa::kuveyt;
use pos_boa::order::{self, Texts, Urls};
use pos_boa::settings::{Bank, Settings};
use pos_boa::soap::{self, Asked, SaleRef};

pub(super) fn hash(entry: &Json) -> Checked {
    let data = entry.get("input").get("requestData");
    let account = entry.get("account");
    let get = |name: &str| data.get(name).text();
    let (merchant, user) = (account.get("clientId").text(), account.get("username").text());
    let (order, amount, ok, fail_url) = (get("MerchantOrderId"), get("Amount"), get("OkUrl"), get("FailUrl"));
    let signed = Signed {
        merchant_id: &merchant,
        order_id: &order,
        amount: &amount,
        ok_url: &ok,
        fail_url: &fail_url,
        user_name: &user,
    };
    match hash::request(&signed) {
        Err(Fault::BadConfig(_)) => same("refused", true, entry.get("expected").has("error")),
        other => {
            let ours = String::from_utf8_lossy(other.map_err(broken)?.revealed()).into_owned();
            same("hash", ours, entry.get("expected").text())
        }
    }
}

/// The form of the bank's answer goes to the browser as it is; only the hosted page has one of ours.
pub(super) fn gate_form(entry: &Json, bank: Bank) -> Checked {
    let input = entry.get("input");
    let expected = entry.get("expected");
    if input.get("paymentModel").text() != "3d_host" {
        same("gateway", input.get("gatewayURL").text(), expected.get("gateway").text())?;
        return same("fields", input.get("order").pairs(), expected.get("inputs").pairs());
    }
    if bank == Bank::Kuveyt {
        return skip("the bank has no page of its own");
    }
    let settings = Settings::load().map_err(broken)?;
    let texts = texts(input.get("order"))?;
    let (ok, back) = urls(input.get("order"));
    let form = katilim::hosted_page(&settings, &texts.order(), Urls { ok: &ok, fail: &back }).map_err(broken)?;
    form_fields(entry, "HashPassword", &browser_fields(form))
}

pub(super) fn message(entry: &Json, op: &str, bank: Bank) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let request = match bank {
        Bank::Kuveyt => of_kuveyt(entry, op, &settings)?,
        Bank::Katilim => of_katilim(entry, op, &settings)?,
    };
    let Some(request) = request else { return skip(&format!("no message of ours: {op}")) };
    let tree = Tree::read(&native::reveal(&request.body), None).map_err(broken)?;
    if tree.name.ends_with("Envelope") {
        let body = tree.local("Body").ok_or_else(|| fail("no body"))?;
        return compare(&unprefixed(body), entry.get("expected"), entry);
    }
    compare(&tree, entry.get("expected"), entry)
}

fn of_kuveyt(entry: &Json, op: &str, settings: &Settings) -> Result<Option<HttpRequest>, Verdict> {
    let input = entry.get("input");
    let order = input.get("order");
    let texts = texts(order)?;
    let id = order.get("id").text();
    let gate = |message: Result<Element, Fault>| kuveyt::request("", message?);
    let built = match op {
        "build_sale_nonsecure" => {
            let card = card(input.get("creditCard")).ok_or_else(|| fail("no card"))?;
            gate(kuveyt::sale(settings, &texts.order(), &card))
        }
        "build_3d_enroll" => {
            let card = card(input.get("creditCard")).ok_or_else(|| fail("no card"))?;
            let brand = kuveyt::card_type(&input.get("creditCard").get("__card").get("type").text());
            let (ok, back) = urls(order);
            gate(kuveyt::enrolment(settings, &texts.order(), Urls { ok: &ok, fail: &back }, &card, brand))
        }
        "build_3d_provision" => {
            gate(kuveyt::provision(settings, &texts.order(), &input.get("responseData").get("MD").text()))
        }
        "build_cancel" | "build_refund" => {
            let operation = match (op, input.get("refundTxType").text().as_str()) {
                ("build_cancel", _) => soap::SALE_REVERSAL,
                (_, "refund_partial") => soap::PARTIAL_DRAW_BACK,
                _ => soap::DRAW_BACK,
            };
            let sale = SaleRef {
                order_id: &id,
                bank_order: &order.get("remote_order_id").text(),
                reference: &order.get("ref_ret_num").text(),
                stan: &order.get("transaction_id").text(),
                provision: &order.get("auth_code").text(),
                currency: &texts.currency,
            };
            let message = soap::change(settings, operation, &sale, &texts.amount);
            message.and_then(|message| soap::request(operation, message))
        }
        "build_status" => {
            let bank_order = Some(order.get("remote_order_id").text()).filter(|number| !number.is_empty());
            let day = |name: &str| {
                let text = order.get(name).get("__datetime").text();
                text.split('+').next().unwrap_or_default().to_owned()
            };
            let asked = Asked {
                order_id: &id,
                bank_order: bank_order.as_deref(),
                from: &day("start_date"),
                until: &day("end_date"),
                currency: &texts.currency,
            };
            soap::order_detail(settings, &asked).and_then(|message| soap::request(soap::ORDER_DETAIL, message))
        }
        _ => return Ok(None),
    };
    built.map(Some).map_err(broken)
}

fn of_katilim(entry: &Json, op: &str, settings: &Settings) -> Result<Option<HttpRequest>, Verdict> {
    let input = entry.get("input");
    let order = input.get("order");
    let texts = texts(order)?;
    let (id, bank_order) = (order.get("id").text(), order.get("remote_order_id").text());
    let (ok, back) = urls(order);
    let urls = Urls { ok: &ok, fail: &back };
    let card = card(input.get("creditCard"));
    let message = match op {
        "build_sale_nonsecure" => {
            let card = card.ok_or_else(|| fail("no card"))?;
            katilim::charge(settings, &texts.order(), Security::NonSecure, &card)
        }
        "build_3d_enroll" => katilim::enrolment(settings, &texts.order(), urls, card.as_ref()),
        "build_3d_provision" => {
            katilim::provision(settings, &texts.order(), urls, &input.get("responseData").get("MD").text())
        }
        "build_post_auth" => katilim::capture(settings, &id, &bank_order, &order.get("ip").text()),
        "build_cancel" => {
            let reserved = order.get("transaction_type").text() == "pre";
            let amount = Some(texts.amount.as_str()).filter(|_| !reserved);
            katilim::void(settings, &id, &bank_order, amount)
        }
        "build_refund"
            if input.get("refundTxType").text() == "refund_partial" && !entry.get("expected").has("Amount") =>
        {
            // The library sends no amount with a part; the bank would give back everything or refuse.
            return Ok(None);
        }
        "build_refund" => {
            let part = input.get("refundTxType").text() == "refund_partial";
            katilim::refund(settings, &id, &bank_order, Some(texts.amount.as_str()).filter(|_| part))
        }
        "build_status" => katilim::order_status(settings, &id),
        "build_history" => return period(settings, input.get("data"), None).map(Some),
        "build_order_history" => {
            let provision = order.get("auth_code").text();
            return period(settings, order, Some(&provision)).map(Some);
        }
        _ => return Ok(None),
    };
    message.and_then(|message| katilim::request("", message)).map(Some).map_err(broken)
}

fn period(settings: &Settings, data: &Json, provision: Option<&str>) -> Result<HttpRequest, Verdict> {
    let day = |name: &str| data.get(name).get("__datetime").text().chars().take(10).collect::<String>();
    let number = |name: &str, other: u32| data.get(name).text().parse().unwrap_or(other);
    let limit = if provision.is_some() { 100 } else { number("page_size", 10) };
    let (from, until) = (day("start_date"), day("end_date"));
    let skip = (number("page", 1) - 1) * limit;
    let period = Period { from: &from, until: &until, skip, limit, provision };
    katilim::history(settings, &period).and_then(|message| katilim::request("", message)).map_err(broken)
}

fn urls(order: &Json) -> (String, String) {
    (order.get("success_url").text(), order.get("fail_url").text())
}

fn texts(order: &Json) -> Result<Texts, Verdict> {
    let money = money(order)?;
    let count = order.get("installment").text().parse().unwrap_or(0);
    Ok(Texts {
        id: order.get("id").text(),
        amount: order::amount(&money).map_err(broken)?,
        currency: order::currency(&money),
        instalments: order::instalments(count),
        ip: order.get("ip").text(),
    })
}

/// A tree without namespace prefixes.
fn unprefixed(tree: &Tree) -> Tree {
    Tree {
        name: tree.name.rsplit(':').next().unwrap_or_default().to_owned(),
        text: tree.text.clone(),
        children: tree.children.iter().map(unprefixed).collect(),
    }
}

/// Every field of the expected map is in our message and no other.
fn compare(tree: &Tree, expected: &Json, entry: &Json) -> Checked {
    let mocked = entry.get("hash").get("mocked_in_test") == &Json::Bool(true)
        || expected.get("HashData").text() == "request-hash";
    for (name, value) in expected.members() {
        let ours = tree.at(name).ok_or_else(|| fail(format!("{name} is missing")))?;
        match value {
            Json::Map(_) => compare(ours, value, entry)?,
            _ if name == "HashData" && mocked => {
                let recomputed = entry.get("hash").get("recomputed_by_library_code").text();
                if !recomputed.is_empty() {
                    same(name, ours.text.clone(), recomputed)?;
                }
            }
            // A clock value of the library.
            _ if matches!(name.as_str(), "StartDate" | "EndDate") && value.has("__now") => {}
            Json::Bool(word) => same(name, ours.text.clone(), word.to_string())?,
            _ if matches!(name.as_str(), "StartDate" | "EndDate") && istanbul::epoch_ms(&value.text()).is_some() => {
                same(name, istanbul::epoch_ms(&ours.text), istanbul::epoch_ms(&value.text()))?;
            }
            value => same(name, ours.text.clone(), value.text())?,
        }
    }
    same(&format!("fields of {}", tree.name), tree.children.len(), expected.members().len())
}
