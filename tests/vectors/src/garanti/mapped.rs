//! What answers and callbacks mean. Names the library makes up itself (payment models, its copy of our own
//! order) are not compared.

use vezne_plugin::callback::Fields;
use vezne_plugin::{Outcome, step};

use crate::json::Json;
use crate::shared::{self, broken, text, time};
use crate::verdict::{Checked, Verdict, same, skip};
use pos_garanti::answer::{Answer, Judgement};
use pos_garanti::gate::Verified;
use pos_garanti::settings::Settings;
use pos_garanti::three_d;

pub(super) fn answer_of(raw: &Json) -> Result<Answer, Verdict> {
    Answer::of(shared::tree("GVPSResponse", raw)).map_err(broken)
}

fn approved(outcome: &Outcome, expected: &Json) -> Checked {
    // Not a yes of the library is a no, a "nobody knows" or a "not booked" of ours.
    same("approved", matches!(outcome, Outcome::Approved(_)), expected.get("status").text() == "approved")
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let ours = settings.accepts(&entry.get("input").get("mdStatus").text());
    if !ours && entry.get("expected") == &Json::Bool(true) {
        return skip("our default policy is stricter: only mdstatus 1");
    }
    same("accepted", Json::Bool(ours), entry.get("expected").clone())
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    same("mdstatus", Verified { fields: Fields::new(&pairs) }.md_status().to_owned(), entry.get("expected").text())
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
    let outcome = answer.outcome("order");
    approved(&outcome, expected)?;
    // For a payment the library takes the gateway's reason for the error code, for the rest the bank's code.
    let words = answer.words();
    let error = if payment { words.reason } else { words.code };
    text("group_id", answer.get("Order/GroupID"), expected.get("group_id"), false)?;
    answer_fields(&answer, expected, &outcome, error)
}

fn answer_fields(answer: &Answer, expected: &Json, outcome: &Outcome, error: Option<&str>) -> Checked {
    let words = answer.words();
    let yes = matches!(outcome, Outcome::Approved(_));
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, answer.get("Order/OrderID"), value, false)?,
            "auth_code" => text(name, answer.get("Transaction/AuthCode"), value, !yes)?,
            "ref_ret_num" => text(name, answer.get("Transaction/RetrefNum"), value, !yes)?,
            "batch_num" => text(name, answer.get("Transaction/BatchNum"), value, !yes)?,
            "proc_return_code" => text(name, words.code, value, false)?,
            "error_code" | "error_message" if yes => text(name, None, value, false)?,
            "error_code" => text(name, error, value, true)?,
            "error_message" => text(name, words.error, value, true)?,
            "transaction_time" => time(name, answer.get("Transaction/ProvDate"), value)?,
            _ => {}
        }
    }
    if let Outcome::Approved(approval) = outcome {
        text("ref_ret_num", approval.bank.transaction_id.as_deref(), expected.get("ref_ret_num"), false)?;
        text("auth_code", approval.bank.auth_code.as_deref(), expected.get("auth_code"), false)?;
    }
    Ok(())
}

/// What the gate said, then the answer to the provision, if there was one.
pub(super) fn three_d(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let pairs = input.get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs) };
    callback_fields(&verified, expected)?;
    let raw = input.get("rawPaymentResponseData");
    if raw.is_nothing() {
        let outcome = three_d::not_authenticated(&verified);
        same("declined", matches!(outcome, Outcome::Declined(_)), true)?;
        approved(&outcome, expected)?;
        text("order_id", verified.fields.filled("oid"), expected.get("order_id"), false)?;
        return text("error_message", verified.fields.filled("errmsg"), expected.get("error_message"), true);
    }
    let answer = answer_of(raw)?;
    let outcome = answer.outcome("order");
    approved(&outcome, expected)?;
    if matches!(outcome, Outcome::Approved(_)) {
        // Where the answer names no group the library writes the bank's running number in its place.
        text("group_id", answer.get("Transaction/SequenceNum"), expected.get("group_id"), false)?;
    }
    answer_fields(&answer, expected, &outcome, answer.words().reason)
}

/// `map_3d_pay`: the bank charged, or says that it did not.
pub(super) fn charged_by_bank(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs) };
    callback_fields(&verified, expected)?;
    let words = verified.words();
    let outcome = match words.judge() {
        // The connector asks the bank before it believes this; what it believes then is the same.
        Judgement::Approved => step::approved(step::order_ref("order"), step::nothing_stated(), None, Vec::new()),
        judgement => words.refused_outcome(&judgement),
    };
    approved(&outcome, expected)?;
    let fields = verified.fields;
    let yes = matches!(outcome, Outcome::Approved(_));
    text("order_id", fields.filled("oid"), expected.get("order_id"), false)?;
    text("auth_code", fields.filled("authcode"), expected.get("auth_code"), !yes)?;
    text("ref_ret_num", fields.filled("hostrefnum"), expected.get("ref_ret_num"), !yes)?;
    text("proc_return_code", words.code, expected.get("proc_return_code"), false)?;
    text("error_code", words.code, expected.get("error_code"), true)?;
    text("error_message", fields.filled("errmsg"), expected.get("error_message"), true)
}

fn callback_fields(verified: &Verified<'_>, expected: &Json) -> Checked {
    let fields = verified.fields;
    let security = match verified.md_status() {
        "" => "",
        "1" => "Full 3D Secure",
        "2" | "3" | "4" => "Half 3D Secure",
        _ => "MPI fallback",
    };
    for (name, value) in expected.members() {
        match name.as_str() {
            "transaction_security" => same(name, security.to_owned(), value.text())?,
            "md_status" => text(name, fields.filled("mdstatus"), value, false)?,
            "masked_number" => text(name, fields.filled("MaskedPan"), value, true)?,
            "tx_status" => text(name, fields.filled("txnstatus"), value, true)?,
            "eci" => text(name, fields.filled("eci"), value, true)?,
            "cavv" => text(name, fields.filled("cavv"), value, true)?,
            "transaction_id" => text(name, fields.filled("transid"), value, true)?,
            "md_error_message" => text(name, fields.filled("mderrormessage"), value, true)?,
            "amount" => same(name, verified.minor(), value.hundredths())?,
            "currency" => same(name, shared::letters(fields.get("txncurrencycode")).to_owned(), value.text())?,
            "installment_count" => {
                let count = fields.filled("txninstallmentcount").unwrap_or("0");
                text(name, Some(count), value, true)?;
            }
            _ => {}
        }
    }
    Ok(())
}
