//! What answers and callbacks mean. The library's own names for things are compared where they stand for a
//! word of the bank; names it makes up itself (payment models, its copy of our own order) are not.

use pos_akbank::answer::{Answer, Judgement, Words};
use pos_akbank::gate::Verified;
use pos_akbank::three_d;
use vezne_plugin::Outcome;

use crate::json::Json;
use crate::shared::{broken, text, time};
use crate::tree::answered;
use crate::verdict::{Checked, Verdict, same, skip};

/// The library's name of a transaction code.
pub(super) fn kind(code: Option<&str>) -> &'static str {
    match code.unwrap_or_default() {
        "1000" | "3000" => "pay",
        "1004" | "3004" => "pre",
        "1005" => "post",
        "1002" => "refund",
        "1003" => "cancel",
        _ => "",
    }
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let code = entry.get("input").get("mdStatus").text();
    let words = Words { response_code: Some(code.as_str()).filter(|code| !code.is_empty()), ..Words::default() };
    same("accepted", &Json::Bool(words.judge() == Judgement::Approved), entry.get("expected"))
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    text("responseCode", Verified::unsigned(&pairs).words().response_code, entry.get("expected"), false)
}

fn answer_of(raw: &Json) -> Result<Answer, Verdict> {
    Answer::of(answered(raw)).map_err(broken)
}

/// The outcome of an answer to what it says it answers.
fn outcome(answer: &Answer, expected: &Json) -> Result<bool, Verdict> {
    let code = answer.get("txnCode").unwrap_or_default().to_owned();
    let outcome = answer.outcome(&code, answer.get("order/orderId").unwrap_or("order"));
    // Not a yes of the library is a no or a "nobody knows" of ours.
    let yes = matches!(outcome, Outcome::Approved(_));
    same("approved", yes, expected.get("status").text() == "approved")?;
    if let Outcome::Approved(approval) = outcome {
        text("ref_ret_num", approval.bank.transaction_id.as_deref(), expected.get("ref_ret_num"), true)?;
        text("auth_code", approval.bank.auth_code.as_deref(), expected.get("auth_code"), true)?;
    }
    Ok(yes)
}

pub(super) fn payment(entry: &Json) -> Checked {
    let raw = entry.get("input").get("rawPaymentResponseData");
    if raw.is_nothing() {
        return skip("the library's default for no answer at all");
    }
    payment_fields(&answer_of(raw)?, entry.get("expected"))
}

fn payment_fields(answer: &Answer, expected: &Json) -> Checked {
    let yes = outcome(answer, expected)?;
    let words = answer.words();
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, answer.get("order/orderId"), value, false)?,
            "recurring_id" => text(name, answer.get("order/orderTrackId"), value, false)?,
            "auth_code" => text(name, answer.number("transaction/authCode"), value, false)?,
            "ref_ret_num" => text(name, answer.number("transaction/rrn"), value, false)?,
            "batch_num" => text(name, answer.number("transaction/batchNumber"), value, false)?,
            "proc_return_code" => text(name, words.response_code, value, false)?,
            "error_code" => text(name, words.response_code.filter(|_| !yes), value, false)?,
            "error_message" => text(name, words.message().filter(|_| !yes), value, false)?,
            "transaction_time" => time(name, answer.get("txnDateTime"), value)?,
            "transaction_type" => same(name, kind(answer.get("txnCode")).to_owned(), value.text())?,
            _ => {}
        }
    }
    Ok(())
}

/// `map_refund`, `map_cancel`.
pub(super) fn undone(entry: &Json) -> Checked {
    let (answer, expected) = (answer_of(entry.get("input").get("rawResponseData"))?, entry.get("expected"));
    let yes = outcome(&answer, expected)?;
    let words = answer.words();
    text("order_id", answer.get("order/orderId"), expected.get("order_id"), false)?;
    text("recurring_id", answer.get("order/orderTrackId"), expected.get("recurring_id"), false)?;
    text("proc_return_code", words.response_code, expected.get("proc_return_code"), false)?;
    text("error_code", words.response_code.filter(|_| !yes), expected.get("error_code"), false)?;
    text("error_message", words.response_message.filter(|_| !yes), expected.get("error_message"), false)
}

/// What the gate said, then the answer to the provision, if there was one.
pub(super) fn three_d(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let pairs = input.get("raw3DAuthResponseData").pairs();
    let verified = Verified::unsigned(&pairs);
    let yes = callback_fields(&verified, expected)?;
    text("eci", verified.get("secureEcomInd").filter(|_| yes), expected.get("eci"), false)?;
    let raw = input.get("rawPaymentResponseData");
    if !raw.is_nothing() {
        return payment_fields(&answer_of(raw)?, expected);
    }
    let outcome = three_d::not_authenticated(&verified);
    same("declined", matches!(outcome, Outcome::Declined(_)), expected.get("status").text() == "declined")?;
    text("order_id", verified.get("orderId"), expected.get("order_id"), false)?;
    text("proc_return_code", verified.words().response_code, expected.get("proc_return_code"), false)
}

fn callback_fields(verified: &Verified<'_>, expected: &Json) -> Result<bool, Verdict> {
    let words = verified.words();
    let yes = words.response_code == Some("VPS-0000");
    text("md_error_message", words.response_message.filter(|_| !yes), expected.get("md_error_message"), false)?;
    Ok(yes)
}

/// `map_3d_pay`, `map_3d_host`: the bank charged, or says that it did not. The connector takes a yes only
/// after asking for the order; what is compared here is what the callback claims.
pub(super) fn charged_by_bank(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified::unsigned(&pairs);
    callback_fields(&verified, expected)?;
    let words = verified.words();
    let yes = words.judge() == Judgement::Approved;
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("order_id", verified.get("orderId"), expected.get("order_id"), false)?;
    text("proc_return_code", words.response_code, expected.get("proc_return_code"), false)?;
    text("auth_code", verified.get("authCode").filter(|_| yes), expected.get("auth_code"), false)?;
    text("ref_ret_num", verified.get("rrn").filter(|_| yes), expected.get("ref_ret_num"), false)?;
    text("batch_num", verified.get("batchNumber").filter(|_| yes), expected.get("batch_num"), false)?;
    time("transaction_time", verified.get("txnDateTime"), expected.get("transaction_time"))
}
