//! What answers mean. The library's own names for things are compared where they stand for a word of the bank;
//! names it makes up itself (payment models, its copy of our own order) are not.

use pos_interpos::answer::{self, Answer, Judgement};
use pos_interpos::gate::Verified;
use pos_interpos::order_status::{self, Found};
use pos_interpos::settings::Settings;
use pos_interpos::three_d;
use vezne_plugin::callback::Fields;
use vezne_plugin::{Outcome, amount};

use crate::json::Json;
use crate::verdict::{Checked, fail, same, skip};

/// Compares a text of the bank. Where the library gives `null` for a refusal it has dropped what the bank said.
fn text(name: &str, ours: Option<&str>, expected: &Json, dropped: bool) -> Checked {
    if dropped && expected.is_nothing() {
        return Ok(());
    }
    same(name, ours.unwrap_or_default().to_owned(), expected.text())
}

/// `09.08.2024 10:40:34` against an ISO time without its zone.
fn time(name: &str, ours: Option<&str>, expected: &Json) -> Checked {
    if expected.has("__now") {
        return Ok(());
    }
    let iso = ours.and_then(|at| {
        let (date, clock) = at.split_once(' ')?;
        let parts: Vec<&str> = date.split('.').collect();
        let [day, month, year] = parts.as_slice() else { return None };
        Some(format!("{year}-{month:0>2}-{day:0>2}T{clock}"))
    });
    let wanted = expected.get("__datetime").text();
    same(name, iso.unwrap_or_default(), wanted.split('+').next().unwrap_or_default().to_owned())
}

fn approved(outcome: &Outcome, expected: &Json) -> Checked {
    // Not a yes of the library is a no, a "nobody knows" or a "not booked" of ours.
    same("approved", matches!(outcome, Outcome::Approved(_)), expected.get("status").text() == "approved")
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(|fault| fail(format!("{fault:?}")))?;
    let ours = settings.accepts(&entry.get("input").get("mdStatus").text());
    if !ours && entry.get("expected") == &Json::Bool(true) {
        return skip("our default policy is stricter: only mdStatus 1");
    }
    same("accepted", Json::Bool(ours), entry.get("expected").clone())
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    same("3DStatus", Fields::new(&pairs).get("3DStatus").unwrap_or_default().to_owned(), entry.get("expected").text())
}

/// `map_payment`, `map_refund`, `map_cancel`.
pub(super) fn answer(entry: &Json) -> Checked {
    let input = entry.get("input");
    let is_payment = input.has("rawPaymentResponseData");
    let raw = input.get(if is_payment { "rawPaymentResponseData" } else { "rawResponseData" });
    let answer = Answer::of(raw.pairs());
    let outcome = if is_payment { answer.charge_outcome("order", 2) } else { answer.act_outcome("order") };
    approved(&outcome, entry.get("expected"))?;
    answer_fields(&answer, entry.get("expected"), matches!(outcome, Outcome::Approved(_)))
}

fn answer_fields(answer: &Answer, expected: &Json, yes: bool) -> Checked {
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, answer.get("OrderId"), value, false)?,
            "transaction_id" => text(name, answer.get("TransId"), value, false)?,
            "auth_code" => text(name, answer.get("AuthCode"), value, true)?,
            "ref_ret_num" => text(name, answer.get("HostRefNum"), value, false)?,
            "proc_return_code" => text(name, answer.get("ProcReturnCode"), value, false)?,
            "error_code" => text(name, answer.get("ErrorCode"), value, false)?,
            "error_message" => text(name, answer.get("ErrorMessage"), value, false)?,
            "transaction_time" if yes => time(name, answer.get("TRXDATE"), value)?,
            _ => {}
        }
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
        text("proc_return_code", verified.proc_return_code(), expected.get("proc_return_code"), false)?;
        text("error_code", verified.fields.filled("ErrorCode"), expected.get("error_code"), false)?;
        return text("error_message", verified.fields.filled("ErrorMessage"), expected.get("error_message"), false);
    }
    let answer = Answer::of(raw.pairs());
    let outcome = answer.charge_outcome("order", 2);
    approved(&outcome, expected)?;
    same("amount of the answer", answer.minor(2), expected.get("amount").hundredths())?;
    answer_fields(&answer, expected, matches!(outcome, Outcome::Approved(_)))
}

/// `map_3d_pay`, `map_3d_host`: the bank charged, or says that it did not.
pub(super) fn charged_by_bank(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs) };
    callback_fields(&verified, expected)?;
    let fields = verified.fields;
    let yes = three_d::charge_judgement(&verified) == Some(Judgement::Approved);
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("order_id", fields.filled("OrderId"), expected.get("order_id"), false)?;
    text("auth_code", fields.filled("AuthCode"), expected.get("auth_code"), false)?;
    text("transaction_id", fields.filled("TransId"), expected.get("transaction_id"), false)?;
    text("ref_ret_num", fields.filled("HostRefNum"), expected.get("ref_ret_num"), false)?;
    text("proc_return_code", verified.proc_return_code(), expected.get("proc_return_code"), false)?;
    text("error_code", fields.filled("ErrorCode"), expected.get("error_code"), false)?;
    text("error_message", fields.filled("ErrorMessage"), expected.get("error_message"), false)?;
    time("transaction_time", fields.filled("TRXDATE"), expected.get("transaction_time"))
}

fn callback_fields(verified: &Verified<'_>, expected: &Json) -> Checked {
    let fields = verified.fields;
    let security = match verified.md_status() {
        "1" => "Full 3D Secure",
        "2" | "3" | "4" => "Half 3D Secure",
        _ => "MPI fallback",
    };
    for (name, value) in expected.members() {
        match name.as_str() {
            "transaction_security" => same(name, security.to_owned(), value.text())?,
            "md_status" => text(name, Some(verified.md_status()), value, false)?,
            "masked_number" => text(name, fields.filled("Pan"), value, false)?,
            "eci" => text(name, fields.filled("Eci"), value, false)?,
            "tx_status" => text(name, fields.filled("TxnStat"), value, false)?,
            "md_error_message" => text(name, fields.filled("ErrorMessage"), value, false)?,
            "amount" => same(name, verified.minor(2), value.hundredths())?,
            "currency" => same(name, letters(fields.get("Currency")).to_owned(), value.text())?,
            _ => {}
        }
    }
    Ok(())
}

fn letters(numeric: Option<&str>) -> &'static str {
    match numeric {
        Some("949") => "TRY",
        Some("840") => "USD",
        Some("978") => "EUR",
        Some("826") => "GBP",
        Some("392") => "JPY",
        Some("643") => "RUB",
        _ => "",
    }
}

pub(super) fn status(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = Answer::of(entry.get("input").get("rawResponseData").pairs());
    let asked = answer.order_id().unwrap_or("order").to_owned();
    let found = order_status::read(&answer, &asked, 2);
    same("found", matches!(found, Found::Order(_)), expected.get("status").text() == "approved")?;
    text("order_id", answer.get("OrderId"), expected.get("order_id"), false)?;
    text("proc_return_code", answer.get("ProcReturnCode"), expected.get("proc_return_code"), false)?;
    text("transaction_id", answer.get("TransId"), expected.get("transaction_id"), false)?;
    text("error_message", answer.get("ErrorMessage"), expected.get("error_message"), true)?;
    let refunded = answer.get("RefundedAmount").and_then(|text| amount::parse_turkish(text, 2)).filter(|sum| *sum > 0);
    same("refund_amount", refunded, expected.get("refund_amount").hundredths())?;
    time("cancel_time", order_status::voided_at(&answer), expected.get("cancel_time"))
}

/// Where a value holds `=`, the library keeps only what stands before it.
pub(super) fn wire_decode(entry: &Json) -> Checked {
    let data = entry.get("input").get("data").text();
    let ours = answer::decode(&data).map_err(|fault| fail(format!("{fault:?}")))?;
    let expected = entry.get("expected").pairs();
    same("number of fields", ours.len(), expected.len())?;
    for ((name, value), (wanted_name, wanted)) in ours.iter().zip(&expected) {
        same("name", name, wanted_name)?;
        if value != wanted && value.split('=').next() == Some(wanted.as_str()) {
            return skip("the library cuts a value at its `=`; design/banks.md §10 keeps it whole");
        }
        same(name, value, wanted)?;
    }
    Ok(())
}
