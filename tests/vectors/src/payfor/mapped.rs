//! What answers and callbacks mean. Names the library makes up itself (payment models, its copy of our own
//! order) are not compared.

use vezne_plugin::Outcome;
use vezne_plugin::callback::Fields;

use crate::json::Json;
use crate::shared::{self, broken, text};
use crate::verdict::{Checked, Verdict, same, skip};
use pos_payfor::answer::{Act, Answer, Judgement};
use pos_payfor::gate::Verified;
use pos_payfor::row;
use pos_payfor::settings::Settings;
use pos_payfor::three_d;

pub(super) fn answer_of(raw: &Json) -> Result<Answer, Verdict> {
    Answer::of(shared::tree("PayforResponse", raw)).map_err(broken)
}

fn approved(outcome: &Outcome, expected: &Json) -> Checked {
    // Not a yes of the library is a no, a "nobody knows" or a "not booked" of ours.
    same("approved", matches!(outcome, Outcome::Approved(_)), expected.get("status").text() == "approved")
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let ours = settings.accepts(&entry.get("input").get("mdStatus").text());
    same("accepted", Json::Bool(ours), entry.get("expected").clone())
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs), signed: true };
    same("3DStatus", verified.md_status().to_owned(), entry.get("expected").text())
}

/// `map_payment`, `map_refund`, `map_cancel`.
pub(super) fn answer(entry: &Json) -> Checked {
    let input = entry.get("input");
    let payment = input.has("rawPaymentResponseData");
    let raw = if payment { input.get("rawPaymentResponseData") } else { input.get("rawResponseData") };
    if raw.is_nothing() {
        return skip("the library's default for no answer at all");
    }
    let (answer, expected) = (answer_of(raw)?, entry.get("expected"));
    let outcome = answer.outcome(if payment { Act::Charge } else { Act::Undo }, "order");
    approved(&outcome, expected)?;
    answer_fields(&answer, expected, &outcome)
}

fn answer_fields(answer: &Answer, expected: &Json, outcome: &Outcome) -> Checked {
    let words = answer.words();
    let yes = matches!(outcome, Outcome::Approved(_));
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" | "transaction_id" => text(name, answer.get("TransId"), value, !yes)?,
            "auth_code" => text(name, answer.get("AuthCode"), value, !yes)?,
            "ref_ret_num" => text(name, answer.get("HostRefNum"), value, !yes)?,
            "error_code" | "error_message" if yes => text(name, None, value, false)?,
            "proc_return_code" | "error_code" => text(name, words.code, value, false)?,
            "error_message" => text(name, words.message, value, false)?,
            _ => {}
        }
    }
    if let Outcome::Approved(approval) = outcome {
        text("order_id", approval.stated.order_id.as_deref(), expected.get("order_id"), false)?;
        text("ref_ret_num", approval.bank.transaction_id.as_deref(), expected.get("ref_ret_num"), false)?;
        text("auth_code", approval.bank.auth_code.as_deref(), expected.get("auth_code"), false)?;
    }
    Ok(())
}

/// What the gate said, then the answer to the provision, if there was one.
pub(super) fn three_d(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let pairs = input.get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs), signed: true };
    let raw = input.get("rawPaymentResponseData");
    callback_fields(&verified, expected, !raw.is_nothing())?;
    if raw.is_nothing() {
        let outcome = three_d::not_authenticated(&verified);
        same("declined", matches!(outcome, Outcome::Declined(_)), true)?;
        approved(&outcome, expected)?;
        let words = verified.words();
        text("order_id", verified.fields.filled("OrderId"), expected.get("order_id"), false)?;
        text("proc_return_code", words.code, expected.get("proc_return_code"), false)?;
        text("error_code", words.code, expected.get("error_code"), true)?;
        return text("error_message", words.message, expected.get("error_message"), true);
    }
    same("pinned", verified.pins_result(), true)?;
    let answer = answer_of(raw)?;
    let outcome = answer.outcome(Act::Charge, "order");
    approved(&outcome, expected)?;
    answer_fields(&answer, expected, &outcome)
}

/// `map_3d_pay`, `map_3d_host`: the bank charged, or says that it did not.
pub(super) fn charged_by_bank(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs), signed: true };
    callback_fields(&verified, expected, false)?;
    let words = verified.words();
    // The connector asks the bank before it believes a yes; what it believes then is the same.
    let yes = words.judge(Act::Charge) == Judgement::Approved;
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("order_id", verified.fields.filled("OrderId"), expected.get("order_id"), false)?;
    text("proc_return_code", words.code, expected.get("proc_return_code"), false)?;
    text("auth_code", words.auth_code, expected.get("auth_code"), !yes)?;
    text("ref_ret_num", verified.fields.filled("HostRefNum"), expected.get("ref_ret_num"), !yes)?;
    let error = |ours| if yes { None } else { ours };
    text("error_code", error(words.code), expected.get("error_code"), false)?;
    text("error_message", error(words.message), expected.get("error_message"), false)
}

fn callback_fields(verified: &Verified<'_>, expected: &Json, provisioned: bool) -> Checked {
    let fields = verified.fields;
    let failed = verified.md_status() != "1";
    let kind = match fields.get("TxnType") {
        Some("Auth") => "pay",
        Some("PreAuth") => "pre",
        _ => "",
    };
    let at = fields.get("TransactionDate").and_then(row::instant).map(|ms| ms.div_euclid(1_000));
    for (name, value) in expected.members() {
        match name.as_str() {
            "md_status" => text(name, fields.filled("3DStatus"), value, false)?,
            "masked_number" => text(name, fields.filled("CardMask"), value, false)?,
            "tx_status" => text(name, fields.filled("TxnResult"), value, false)?,
            "eci" => text(name, fields.filled("Eci"), value, true)?,
            "md_error_code" => text(name, fields.filled("ProcReturnCode").filter(|_| failed), value, false)?,
            "md_error_message" => text(name, fields.filled("ErrMsg").filter(|_| failed), value, false)?,
            "transaction_type" => same(name, kind.to_owned(), value.text())?,
            "batch_num" => text(name, fields.filled("BatchNo"), value, true)?,
            "amount" => same(name, verified.minor(2), value.hundredths())?,
            "currency" => same(name, shared::letters(fields.get("Currency")).to_owned(), value.text())?,
            "installment_count" => text(name, fields.filled("InstallmentCount"), value, true)?,
            "transaction_time" if !provisioned || !value.is_nothing() => shared::instant(name, at, value)?,
            _ => {}
        }
    }
    Ok(())
}
