//! What is sent: messages, forms and how they are written.

use pos_posnet::mac::{self, Signed};
use pos_posnet::message::{self, Charge, Encrypt, Packets, Reference};
use pos_posnet::partner::Partner;
use pos_posnet::settings::Settings;
use posnet_orders::{number, written};
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{Context, Fault, Money, amount, native};

use crate::json::Json;
use crate::shared::{self, broken, card};
use crate::verdict::{Checked, Verdict, fail, same, skip};

pub(super) fn request_hash(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let order = entry.get("input").get("order");
    let (xid, amount, currency) = (order.get("id").text(), order.get("amount").text(), order.get("currency").text());
    let signed = Signed { xid: &xid, amount: &amount, currency: &currency };
    let ours = mac::request(&settings, signed).map_err(broken)?;
    same("mac", String::from_utf8_lossy(ours.revealed()).into_owned(), entry.get("expected").text())
}

pub(super) fn transaction_type(entry: &Json) -> Checked {
    let ours = match entry.get("input").get("txType").text().as_str() {
        "pay" => message::transaction_type(false, false),
        "pre" => message::transaction_type(true, false),
        "post" => "Capt",
        "cancel" => "reverse",
        "refund" | "refund_partial" => "return",
        "status" => "agreement",
        _ => return skip("a name of the library for something we do not do"),
    };
    same("type", ours.to_owned(), entry.get("expected").text())
}

/// The library's serialiser, and ours, on the same map.
pub(super) fn wire_encode(entry: &Json) -> Checked {
    let written = message::document(shared::element("posnetRequest", entry.get("input").get("data")));
    let text = native::reveal(&written.map_err(broken)?.into_parts());
    same("document", String::from_utf8_lossy(&text).into_owned(), entry.get("expected").text())
}

pub(super) fn message(entry: &Json, op: &str) -> Checked {
    let expected = entry.get("expected");
    let built = Settings::load().and_then(|settings| build(entry, op, &settings));
    let message = match built {
        Ok(Some(message)) => message,
        Ok(None) => return skip(&format!("no message of ours: {op}")),
        Err(_) if expected.has("error") => return Ok(()),
        Err(fault) => return Err(broken(fault)),
    };
    same("refused", false, expected.has("error"))?;
    let document = message::document(message).map_err(broken)?;
    let tree = Tree::read(&native::reveal(&document.into_parts()), None).map_err(broken)?;
    shared::tree_holds(&tree, &with_todays_prefix(expected))
}

/// The library still writes the prefix that the bank gave up on 27.08.2021.
fn with_todays_prefix(expected: &Json) -> Json {
    match expected {
        Json::Map(members) => {
            Json::Map(members.iter().map(|(name, value)| (name.clone(), with_todays_prefix(value))).collect())
        }
        Json::Text(text) => match text.strip_prefix("TDSC") {
            Some(rest) if text.len() == number::ADDRESS_CHARS => {
                Json::Text(format!("{}{rest}", number::THREE_D_PREFIX))
            }
            _ => expected.clone(),
        },
        other => other.clone(),
    }
}

fn build(entry: &Json, op: &str, settings: &Settings) -> Result<Option<Element>, Fault> {
    let input = entry.get("input");
    let order = input.get("order");
    let id = order.get("id").text();
    let money = money(order)?;
    let (minor, currency) = (amount::minor(&money)?, written::currency(&money)?);
    let count = instalments(order);
    let reserve = input.get("txType").text() == "pre";
    let key = order.get("ref_ret_num").text();
    let address = if key.is_empty() { address(order)? } else { String::new() };
    let of = if key.is_empty() { Reference::Order { address: &address, day: None } } else { Reference::Key(&key) };
    Ok(Some(match op {
        "build_sale_nonsecure" => {
            let charge = Charge {
                order: &id,
                amount: &minor,
                currency,
                instalments: count,
                mail_order: false,
                campaign: None,
                points: None,
                partner: &Partner::Store,
            };
            let card = card(input.get("creditCard")).ok_or_else(|| Fault::InvalidRequest("no card".into()))?;
            message::charge(settings, reserve, &charge, &card)?
        }
        "build_post_auth" => message::capture(settings, of, &minor, currency, count),
        "build_cancel" => {
            let approval = order.get("auth_code").text();
            let approval = Some(approval.as_str()).filter(|approval| !approval.is_empty());
            message::void(settings, "sale", of, approval)
        }
        "build_refund" => message::give_back(settings, of, &minor, currency, false),
        "build_status" => message::agreement(settings, &address, None),
        "build_3d_provision" | "build_3d_resolve" => {
            let xid = number::padded(&id)?;
            let mac = mac::request(settings, Signed { xid: &xid, amount: &minor, currency })?;
            let packets = packets(input.get("responseData"));
            match op {
                "build_3d_resolve" => message::resolve(settings, &packets, mac),
                _ => message::charge_authenticated(settings, &packets, "0", mac),
            }
        }
        op if op.starts_with("build_3d_enroll") => {
            let xid = number::padded(&id)?;
            let encrypt = Encrypt { xid: &xid, amount: &minor, currency, instalments: count, reserve, points: false };
            let card = card(&named(input.get("creditCard"), order));
            message::encrypt(settings, &encrypt, card.as_ref())
        }
        _ => return Ok(None),
    }))
}

fn packets(data: &Json) -> Packets {
    Packets {
        bank: data.get("BankPacket").text(),
        merchant: data.get("MerchantPacket").text(),
        sign: data.get("Sign").text(),
    }
}

/// A card without a holder takes the order's name.
fn named(card: &Json, order: &Json) -> Json {
    let inside = card.get("__card");
    if !inside.get("holder").is_nothing() || !order.has("name") {
        return card.clone();
    }
    let mut members: Vec<(String, Json)> =
        inside.members().iter().filter(|(name, _)| name != "holder").cloned().collect();
    members.push(("holder".into(), order.get("name").clone()));
    Json::Map(vec![("__card".into(), Json::Map(members))])
}

fn money(order: &Json) -> Result<Money, Fault> {
    shared::money(order).map_err(|_| Fault::InvalidRequest("the currency is not known".into()))
}

fn instalments(order: &Json) -> u8 {
    let count = order.get("installment").text().parse().unwrap_or(0);
    if count > 1 { count } else { 0 }
}

/// The library takes an order without a model for one of the 3-D gate.
fn address(order: &Json) -> Result<String, Fault> {
    let model = order.get("payment_model").text();
    let id = order.get("id").text();
    if id.is_empty() { Ok(String::new()) } else { number::address(&id, matches!(model.as_str(), "" | "3d")) }
}

/// The form is made from what the bank encrypted.
pub(super) fn gate_form(entry: &Json) -> Checked {
    let input = entry.get("input");
    let (order, data, expected) = (input.get("order"), input.get("extraData"), entry.get("expected"));
    if expected.has("error") {
        return refused_form(data);
    }
    let settings = Settings::load().map_err(broken)?;
    let [data1, data2, sign] = ["data1", "data2", "sign"].map(|name| data.get(name).text());
    let lang = Some(order.get("lang").text()).filter(|lang| !lang.is_empty());
    let lang = lang.unwrap_or_else(|| entry.get("account").get("lang").text());
    let url = order.get("success_url").text();
    let form = message::gate_form(&settings, [&data1, &data2, &sign], &url, &lang);
    shared::form_fields(entry, "", &shared::browser_fields(form))
}

/// Without what the bank encrypts there is no form.
fn refused_form(data: &Json) -> Checked {
    let answer = shared::tree("oosRequestDataResponse", data);
    let body = if answer.children.is_empty() { "" } else { "<oosRequestDataResponse/>" };
    let body = format!("<posnetResponse><approved>1</approved>{body}</posnetResponse>");
    let ctx = Context {
        attempt_id: "a".into(),
        order_id: "1".into(),
        callback_url: String::new(),
        payer_ip: None,
        payer_email: None,
        locale: "tr".into(),
        test_mode: true,
        attributes: Vec::new(),
    };
    let vezne_plugin::Reply::Response(response) = native::answer(200, "text/xml", body.as_bytes()) else {
        return Err(no_answer());
    };
    let step = pos_posnet::three_d::encrypted(&ctx, pos_posnet::three_d::Visit { reserve: false }, &response);
    same("refused", step.is_err(), true)
}

fn no_answer() -> Verdict {
    fail("the answer is none")
}
