//! What is sent.

use pos_tosla::gate;
use pos_tosla::message::{self, Stamp};
use pos_tosla::settings::Settings;
use vezne_plugin::{BrowserForm, native};

use crate::json::Json;
use crate::shared::{broken, card, compact_date, form_fields, money};
use crate::tree;
use crate::verdict::{Checked, fail, same, skip};

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let ours = match entry.get("input").get("txType").text().as_str() {
        "pay" => "1",
        "pre" => "2",
        "post" => "3",
        "cancel" => "4",
        "refund" | "refund_partial" => "5",
        _ => return skip("a name of the library for something we do not do"),
    };
    same("TransactionType", ours.to_owned(), entry.get("expected").text())
}

/// The message, made with the entry's own stamp. Where the suite mocked the hash, it is the library's own one.
pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let order = input.get("order");
    let id = order.get("id").text();
    let stamp = Stamp { random: expected.get("rnd").text(), time: expected.get("timeSpan").text() };
    let amount = money(order)?;
    let instalments = order.get("installment").text().parse().unwrap_or(0);
    let (path, members) = match op {
        "build_sale_nonsecure" | "build_payment" => {
            let card = card(input.get("creditCard")).ok_or_else(|| fail("the entry has no card"))?;
            (message::SALE, message::sale(&settings, &stamp, &id, &amount, instalments, &card))
        }
        "build_3d_enroll" => {
            let url = order.get("success_url").text();
            (message::GATE_SALE, message::session(&settings, &stamp, &id, &amount, instalments, &url))
        }
        "build_post_auth" => (message::CAPTURE, message::with_amount(&settings, &stamp, &id, amount.minor)),
        "build_refund" => (message::REFUND, message::with_amount(&settings, &stamp, &id, amount.minor)),
        "build_cancel" => (message::VOID, message::plain(&settings, &stamp, &id)),
        "build_status" => (message::INQUIRY, message::plain(&settings, &stamp, &id)),
        "build_order_history" => {
            let number = |name: &str| order.get(name).text().parse().ok();
            let (page, size) = (number("page").unwrap_or(1), number("page_size").unwrap_or(10));
            let date = compact_date(order.get("transaction_date"));
            (message::HISTORY, message::history(&settings, &stamp, Some(&id), &date, page, size))
        }
        other => return skip(&format!("no message of ours: {other}")),
    };
    let request = message::request(path, members.map_err(broken)?).map_err(broken)?;
    same("endpoint", request.endpoint.as_str(), "api")?;
    let ours = tree::read(&native::reveal(&request.body))?;
    let mocked = entry.get("hash").get("mocked_in_test") == &Json::Bool(true);
    let hash = if mocked { entry.get("hash").get("recomputed_by_library_code") } else { expected.get("hash") };
    same("hash", ours.text("hash").unwrap_or_default().to_owned(), hash.text())?;
    tree::compare("message", &ours, expected, &["hash"])
}

/// A hosted page is an address; everything else is a form with the session and the card in it.
pub(super) fn gate_form(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let url = expected.get("gateway").text();
    if input.get("paymentModel").text() == "3d_host" {
        let session = url.rsplit('/').next().unwrap_or_default();
        let page = gate::hosted_page(session);
        same("address ends with", url.ends_with(&page.path), true)?;
        return same("fields", fields(&page).len(), expected.get("inputs").members().len());
    }
    let session = input.get("order").get("ThreeDSessionId").text();
    let Some(card) = card(input.get("creditCard")) else {
        return skip("a form without a card: the hosted page is an address of its own here");
    };
    form_fields(entry, "hash", &fields(&gate::card_form(&session, &card)))
}

fn fields(form: &BrowserForm) -> Vec<(String, String)> {
    let clear = |value| String::from_utf8_lossy(&native::reveal_part(value)).into_owned();
    form.fields.iter().map(|field| (field.name.clone(), clear(&field.value))).collect()
}
