//! What answers mean. The library's own names for things are compared where they stand for a word of Param;
//! names it makes up itself (payment models, its copy of our own order) are not.

use pos_param::answer::{Answer, is_positive};
use pos_param::gate::{Kind, Verified};
use pos_param::history::{self, History, Row};
use pos_param::order_status::{self, Asked, Found, Standing};
use pos_param::settings::Settings;
use pos_param::three_d;
use vezne_plugin::Outcome;
use vezne_plugin::callback::Fields;
use vezne_plugin::xml::Tree;

use super::{result, tree};
use crate::json::Json;
use crate::shared::{broken, text};
use crate::verdict::{Checked, Verdict, fail, same, skip};

/// `5.01.2025 14:52:20` or `2025-01-20T09:12:38.94+03:00` against an ISO time without its zone.
fn time(name: &str, ours: Option<&str>, expected: &Json) -> Checked {
    if expected.has("__now") || expected.is_nothing() {
        return Ok(());
    }
    let seconds = |iso: &str| iso.get(..19).unwrap_or_default().to_owned();
    let iso = ours.map(|at| match at.split_once(' ') {
        Some((date, clock)) => {
            let date: Vec<String> = date.split('.').rev().map(|part| format!("{part:0>2}")).collect();
            format!("{}T{clock}", date.join("-"))
        }
        None => at.to_owned(),
    });
    same(name, seconds(&iso.unwrap_or_default()), seconds(&expected.get("__datetime").text()))
}

fn approved(outcome: &Outcome, expected: &Json) -> Checked {
    // Not a yes of the library is a no, a "nobody knows" or a "not booked" of ours.
    same("approved", matches!(outcome, Outcome::Approved(_)), expected.get("status").text() == "approved")
}

fn result_of(raw: &Json) -> Result<(String, Tree), Verdict> {
    result(raw).ok_or_else(|| fail("the answer has no result"))
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let ours = settings.accepts(&entry.get("input").get("mdStatus").text());
    if !ours && entry.get("expected") == &Json::Bool(true) {
        return skip("our default policy is stricter: only mdStatus 1");
    }
    same("accepted", Json::Bool(ours), entry.get("expected").clone())
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs), kind: Kind::Authentication };
    same("mdStatus", verified.md_status().to_owned(), entry.get("expected").text())
}

/// `map_payment`, `map_refund`, `map_cancel`.
pub(super) fn answer(entry: &Json) -> Checked {
    let input = entry.get("input");
    let raw = input.get("rawPaymentResponseData");
    let raw = if raw.is_nothing() { input.get("rawResponseData") } else { raw };
    if raw.is_nothing() {
        return skip("the library's default for no answer at all");
    }
    let (operation, fields) = result_of(raw)?;
    written(&Answer::of(&operation, fields), entry.get("expected"))
}

fn written(answer: &Answer, expected: &Json) -> Checked {
    let outcome = answer.outcome("order");
    approved(&outcome, expected)?;
    let yes = matches!(outcome, Outcome::Approved(_));
    for (name, value) in expected.members() {
        match name.as_str() {
            // The library repeats our own order where Param is silent, and drops what a refusal says.
            "order_id" if yes && answer.get("Siparis_ID").is_some() => {
                text(name, answer.get("Siparis_ID"), value, true)?;
            }
            "transaction_id" if yes => text(name, answer.get("Bank_Trans_ID"), value, false)?,
            "auth_code" if yes => text(name, answer.get("Bank_AuthCode"), value, false)?,
            "ref_ret_num" if yes => text(name, answer.get("Bank_HostRefNum"), value, true)?,
            "proc_return_code" => text(name, answer.code(), value, false)?,
            "error_code" if !yes => text(name, answer.code(), value, false)?,
            "error_message" if !yes => text(name, answer.message(), value, false)?,
            _ => {}
        }
    }
    Ok(())
}

/// What the gate said, then the answer to the completion, if there was one.
pub(super) fn three_d(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let pairs = input.get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs), kind: Kind::Authentication };
    text("md_status", Some(verified.md_status()), expected.get("md_status"), false)?;
    text("order_id", verified.fields.filled("orderId"), expected.get("order_id"), false)?;
    same("amount", verified.minor(2), expected.get("amount").hundredths())?;
    let raw = input.get("rawPaymentResponseData");
    if raw.is_nothing() {
        let outcome = three_d::not_authenticated(&verified);
        same("declined", matches!(outcome, Outcome::Declined(_)), true)?;
        return approved(&outcome, expected);
    }
    let (operation, fields) = result_of(raw)?;
    written(&Answer::of(&operation, fields), expected)
}

/// `map_3d_pay`, `map_3d_host`: what the gate claims. Param's book decides; here the claim is read.
pub(super) fn charged_by_gate(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs), kind: Kind::Charge };
    let yes = is_positive(verified.retval("Sonuc")) && is_positive(verified.retval("Dekont_ID"));
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("proc_return_code", verified.retval("Sonuc"), expected.get("proc_return_code"), false)?;
    if !yes {
        text("error_code", verified.retval("Sonuc"), expected.get("error_code"), false)?;
        return text("error_message", verified.retval("Sonuc_Str"), expected.get("error_message"), false);
    }
    text("order_id", verified.retval("Siparis_ID"), expected.get("order_id"), false)?;
    text("masked_number", verified.retval("KK_No"), expected.get("masked_number"), false)?;
    same("amount", verified.minor(2), expected.get("amount").hundredths())?;
    text("currency", verified.retval("PB").and_then(history::currency), expected.get("currency"), false)?;
    let count = verified.retval("Taksit");
    text("installment_count", count, expected.get("installment_count"), true)?;
    time("transaction_time", verified.retval("Islem_Tarih"), expected.get("transaction_time"))
}

pub(super) fn status(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let (_, fields) = result_of(entry.get("input").get("rawResponseData"))?;
    let line = fields.at("DT_Bilgi").cloned().unwrap_or_default();
    text("proc_return_code", fields.filled("Sonuc"), expected.get("proc_return_code"), false)?;
    let wanted = expected.get("order_id").text();
    let found = order_status::read(&fields, Asked::Order(&wanted), 2);
    let order = match found {
        Found::Order(order) => order,
        Found::Nothing | Found::Unclear(_) => {
            // Where Param calls a question without an order a success, ours is that it found none.
            let said = expected.get("status").text() == "approved" && !expected.get("order_status").is_nothing();
            same("found", false, said)?;
            return text("error_message", fields.filled("Sonuc_Str"), expected.get("error_message"), true);
        }
    };
    same("found", true, expected.get("status").text() == "approved")?;
    let state = match (order.standing, line.filled("Durum")) {
        (Standing::Authorized, _) => "PRE_AUTH_COMPLETED",
        (Standing::Charged, Some("REFUND")) => "FULLY_REFUNDED",
        (Standing::Charged, Some("PARTIAL_REFUND")) => "PARTIALLY_REFUNDED",
        (Standing::Charged, _) => "PAYMENT_COMPLETED",
        (Standing::Failed, _) => "ERROR",
        (Standing::Voided, _) => "CANCELED",
        (Standing::Unclear, _) => "",
    };
    same("order_status", state.to_owned(), expected.get("order_status").text())?;
    let kind = match order.kind.as_str() {
        "SALE" => "pay",
        "PRE_AUTH" => "pre",
        "POST_AUTH" => "post",
        _ => "",
    };
    same("transaction_type", kind.to_owned(), expected.get("transaction_type").text())?;
    same("first_amount", order.amount, expected.get("first_amount").hundredths())?;
    text("auth_code", order.bank.auth_code.as_deref(), expected.get("auth_code"), false)?;
    text("transaction_id", order.bank.transaction_id.as_deref(), expected.get("transaction_id"), false)?;
    text("ref_ret_num", line.filled("Bank_HostRefNum"), expected.get("ref_ret_num"), false)?;
    text("masked_number", line.filled("KK_No"), expected.get("masked_number"), false)?;
    time("transaction_time", line.filled("Tarih"), expected.get("transaction_time"))
}

pub(super) fn history(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let (_, fields) = result_of(entry.get("input").get("rawResponseData"))?;
    text("proc_return_code", fields.filled("Sonuc"), expected.get("proc_return_code"), false)?;
    let rows = match history::read(&fields) {
        History::Rows(rows) => rows,
        History::Refused(code) => {
            text("error_code", Some(&code), expected.get("error_code"), false)?;
            return text("error_message", fields.filled("Sonuc_Str"), expected.get("error_message"), false);
        }
    };
    same("approved", true, expected.get("status").text() == "approved")?;
    let wanted = expected.get("transactions").items();
    same("transactions", rows.len(), wanted.len())?;
    same("trans_count", rows.len().to_string(), expected.get("trans_count").text())?;
    // Param lists the newest first, the library the oldest.
    rows.iter().rev().zip(wanted).try_for_each(|(row, wanted)| history_row(row, wanted))
}

fn history_row(row: &Row, expected: &Json) -> Checked {
    let yes = expected.get("status").text() == "approved";
    same("approved", row.succeeded(), yes)?;
    text("proc_return_code", Some(&row.code), expected.get("proc_return_code"), false)?;
    let kind = match row.kind {
        history::Kind::Sale => "pay",
        history::Kind::Void => "cancel",
        history::Kind::Refund => "refund",
        history::Kind::Unclear => "",
    };
    same("transaction_type", kind.to_owned(), expected.get("transaction_type").text())?;
    text("order_id", row.order_id.as_deref(), expected.get("order_id"), false)?;
    time("transaction_time", row.at.as_deref(), expected.get("transaction_time"))?;
    let model = match row.security.as_deref() {
        Some("3D") => "3d",
        Some("NONSECURE") => "regular",
        _ => "",
    };
    same("payment_model", model.to_owned(), expected.get("payment_model").text())?;
    if !yes {
        return text("error_message", row.message.as_deref(), expected.get("error_message"), true);
    }
    text("currency", row.currency, expected.get("currency"), true)?;
    match expected.get("first_amount").hundredths() {
        Some(amount) => same("first_amount", row.minor, Some(amount)),
        None => Ok(()),
    }
}

pub(super) fn wire_decode(entry: &Json) -> Checked {
    let body = entry.get("input").get("data").text();
    let envelope = Tree::read(body.as_bytes(), None).map_err(broken)?;
    let ours = envelope.local("Body").ok_or_else(|| fail("no body"))?;
    let wanted = tree(&ours.name, entry.get("expected"));
    same("body", ours.children.clone(), wanted.children)
}
