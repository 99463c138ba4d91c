//! What is sent, and how messages are written and read.

use vezne_plugin::body::Form;
use vezne_plugin::charset::Charset;
use vezne_plugin::native;
use vezne_plugin::value::Value;
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{Card, amount};

use super::Side;
use crate::json::Json;
use crate::shared::{broken, browser_fields, card, compact_date, element, money, tree_holds};
use crate::verdict::{Checked, Verdict, fail, same, skip};
use pos_payflex::answer;
use pos_payflex::message::{self, Proof, Reference, Source};
use pos_payflex::mpi::{self, Enrolled, Enrolment, Recurring};
use pos_payflex::order::{self, Order};
use pos_payflex::page::{self, Visit};
use pos_payflex::settings::Settings;

fn clear(value: Value) -> String {
    String::from_utf8_lossy(&native::reveal(&value.into_parts())).into_owned()
}

/// Signs a registration.
pub(super) fn hash(entry: &Json) -> Checked {
    let data = entry.get("input").get("requestData");
    let merchant = Some(data.get("HostMerchantId").text()).filter(|id| !id.is_empty());
    let merchant = merchant.unwrap_or_else(|| entry.get("account").get("clientId").text());
    let ours = page::hash(&merchant, &data.get("AmountCode").text(), &data.get("Amount").text()).map_err(broken)?;
    same("hash", String::from_utf8_lossy(ours.revealed()).into_owned(), entry.get("expected").text())
}

/// The form for the card's bank, or the way to the bank's own page.
pub(super) fn gate_form(entry: &Json, side: Side) -> Checked {
    let extra = entry.get("input").get("extraData");
    let expected = entry.get("expected");
    let form = match side {
        Side::Vpos => {
            same("gateway", extra.get("ACSUrl").text(), expected.get("gateway").text())?;
            let enrolled = Enrolled {
                pa_req: extra.get("PaReq").text(),
                term_url: extra.get("TermUrl").text(),
                md: extra.get("MD").text(),
                ..Enrolled::default()
            };
            enrolled.form()
        }
        Side::Page => {
            same("gateway", extra.get("CommonPaymentUrl").text(), expected.get("gateway").text())?;
            page::visit_form(&extra.get("PaymentToken").text())
        }
    };
    same("fields", browser_fields(form), expected.get("inputs").pairs())
}

/// The library's serialiser, and ours, on the same map.
pub(super) fn encode(entry: &Json, side: Side) -> Checked {
    let (data, expected) = (entry.get("input").get("data"), entry.get("expected"));
    if expected.has("error") {
        return skip("the library refuses what we do not have");
    }
    let ours = match side {
        Side::Page => {
            let form = data.members().iter().fold(Form::new(), |form, (name, value)| match value {
                Json::Null => form,
                value => form.field(name, value.text()),
            });
            String::from_utf8_lossy(&native::reveal(&form.into_body().map_err(broken)?)).into_owned()
        }
        Side::Vpos if expected.text().starts_with("<?xml") => {
            let root = if data.has("MerchantCriteria") { "SearchRequest" } else { "VposRequest" };
            let parts = element(root, data).into_document(Charset::Utf8).map_err(broken)?;
            String::from_utf8_lossy(&native::reveal(&parts)).into_owned()
        }
        Side::Vpos => clear(element("VposRequest", data).into_fragment().map_err(broken)?),
    };
    same("document", ours, expected.text())
}

/// XML, or JSON where the bank answers so; a page is refused.
pub(super) fn decode(entry: &Json) -> Checked {
    let (body, expected) = (entry.get("input").get("data").text(), entry.get("expected"));
    let read = answer::read(body.as_bytes(), None);
    if expected.has("error") {
        return same("refused", read.is_err(), true);
    }
    tree_holds(&read.map_err(broken)?, expected)
}

fn order_of(order: &Json) -> Result<Order, Verdict> {
    let money = money(order)?;
    let count = order.get("installment").text().parse().unwrap_or(0);
    Ok(Order {
        id: order.get("id").text(),
        amount: amount::decimal(&money).map_err(broken)?,
        currency: amount::numeric_currency(&money),
        instalments: order::instalments(count),
        ip: order.get("ip").text(),
    })
}

fn brand(input: &Json) -> Option<&'static str> {
    order::brand(&input.get("creditCard").get("__card").get("type").text())
}

pub(super) fn message(entry: &Json, op: &str, side: Side) -> Checked {
    let input = entry.get("input");
    let settings = Settings::load().map_err(broken)?;
    match (side, op) {
        (Side::Page, "build_3d_enroll") => registration(entry, &settings),
        (Side::Page, _) if input.has("responseData") => {
            let answer = input.get("responseData");
            let transaction = answer.get("TransactionId").text();
            let form = page::question(&settings, Some(&transaction), &answer.get("PaymentToken").text());
            fields(&browser_fields(form.map_err(broken)?), entry)
        }
        (Side::Vpos, "build_3d_enroll") => enrolment(entry, &settings),
        (Side::Vpos, _) => vpos(entry, op, &settings),
        (Side::Page, _) => skip(&format!("no message of ours: {op}")),
    }
}

fn registration(entry: &Json, settings: &Settings) -> Checked {
    let input = entry.get("input");
    let order = input.get("order");
    let texts = order_of(order)?;
    let account = entry.get("account").get("lang").text();
    let lang = Some(order.get("lang").text()).filter(|lang| !lang.is_empty()).unwrap_or(account);
    let visit = Visit {
        order: &texts,
        reserve: input.get("txType").text() == "pre",
        ok_url: &order.get("success_url").text(),
        fail_url: &order.get("fail_url").text(),
        language: page::language(&lang),
        brand: brand(input),
    };
    let form = page::registration(settings, &visit, card(input.get("creditCard")).as_ref()).map_err(broken)?;
    fields(&browser_fields(form), entry)
}

fn enrolment(entry: &Json, settings: &Settings) -> Checked {
    let input = entry.get("input");
    let order = input.get("order");
    let texts = order_of(order)?;
    let card = card(input.get("creditCard")).ok_or_else(|| fail("no card"))?;
    let recurring = recurring(order.get("recurring"))?;
    let said = Enrolment {
        order: &texts,
        request_id: &entry.get("expected").get("VerifyEnrollmentRequestId").text(),
        ok_url: &order.get("success_url").text(),
        fail_url: &order.get("fail_url").text(),
        brand: brand(input),
        recurring: recurring.as_ref(),
    };
    let form = mpi::enrolment(settings, &said, &card).map_err(broken)?;
    fields(&browser_fields(form), entry)
}

fn recurring(said: &Json) -> Result<Option<Recurring>, Verdict> {
    if said.members().is_empty() {
        return Ok(None);
    }
    Ok(Some(Recurring {
        interval: said.get("frequency").text(),
        cycle: mpi::cycle_word(&said.get("frequencyType").text()).map_err(broken)?,
        count: said.get("installment").text(),
        until: compact_date(said.get("endDate")),
        from: compact_date(said.get("startDate")),
    }))
}

fn vpos(entry: &Json, op: &str, settings: &Settings) -> Checked {
    let input = entry.get("input");
    let order = input.get("order");
    let texts = order_of(order)?;
    let card: Option<Card> = card(input.get("creditCard"));
    let reserve = input.get("txType").text() == "pre";
    let original = order.get("transaction_id").text();
    let of = Reference { original: &original, transaction: None, ip: &texts.ip };
    let built = match op {
        "build_sale_nonsecure" | "build_payment" => {
            let card = card.ok_or_else(|| fail("no card"))?;
            // The library sends neither a number of its own nor instalments here; ours is left out alike.
            let bare = Order { instalments: None, ..texts.clone() };
            let said = if entry.get("expected").has("NumberOfInstallments") { &texts } else { &bare };
            message::charge(settings, said, reserve, Source::Ecommerce, None, &card)
        }
        "build_3d_provision" => {
            let answer = input.get("responseData");
            let proof = Proof {
                eci: &answer.get("Eci").text(),
                cavv: &answer.get("Cavv").text(),
                mpi_transaction: &answer.get("VerifyEnrollmentRequestId").text(),
            };
            let built = message::provision(settings, &texts, reserve, &proof, card.as_ref());
            if entry.get("expected").has("error") {
                return same("refused without the card", built.is_err(), true);
            }
            built
        }
        "build_post_auth" => message::capture(settings, &of, &texts.amount, &texts.currency),
        "build_cancel" => message::cancel(settings, &of),
        "build_refund" => message::refund(settings, &of, &texts.amount),
        "build_status" => message::search(settings, &original, &texts.id),
        other => return skip(&format!("no message of ours: {other}")),
    };
    compare(built.map_err(broken)?, entry.get("expected"))
}

fn compare(message: Element, expected: &Json) -> Checked {
    let text = clear(message.into_fragment().map_err(broken)?);
    tree_holds(&Tree::read(text.as_bytes(), None).map_err(broken)?, expected)
}

/// Every field of the expected map is in our form and no other. A card scheme the bank has no number for
/// is `null` there and absent in ours.
fn fields(ours: &[(String, String)], entry: &Json) -> Checked {
    let mocked = entry.get("hash").get("mocked_in_test") == &Json::Bool(true);
    let mut counted = 0;
    for (name, value) in entry.get("expected").members() {
        let found = ours.iter().find(|(ours, _)| ours == name).map(|(_, value)| value.clone());
        if value == &Json::Null && found.is_none() {
            continue;
        }
        counted += 1;
        let recomputed = entry.get("hash").get("recomputed_by_library_code");
        let value = if name == "HashedData" && mocked { recomputed } else { value };
        same(name, found, Some(value.text()))?;
    }
    same("number of fields", ours.len(), counted)
}
