//! What answers mean. Names the library makes up itself are not compared.

use vezne_plugin::callback::Fields;
use vezne_plugin::{Money, Outcome, Terms, amount};

use super::Side;
use crate::json::Json;
use crate::shared::{broken, letters, text, time, tree};
use crate::verdict::{Checked, Verdict, fail, same, skip};
use pos_payflex::answer::{self, Answer, Booking, Judgement};
use pos_payflex::found::{self, Found, Row};
use pos_payflex::mpi::Back;
use pos_payflex::page::Told;
use pos_payflex::settings::Settings;
use pos_payflex::three_d;

fn terms() -> Terms {
    Terms {
        amount: Money { minor: 1, currency: "TRY".into(), numeric: 949, exponent: 2 },
        installments: 1,
        entry: "ecommerce".into(),
        description: None,
    }
}

fn approved(yes: bool, expected: &Json) -> Checked {
    // Not a yes of the library is a no, a "nobody knows" or a "not booked" of ours.
    same("approved", yes, expected.get("status").text() == "approved")
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let ours = Settings::load().map_err(broken)?.accepts(&entry.get("input").get("mdStatus").text());
    if !ours && entry.get("expected") == &Json::Bool(true) {
        return skip("our default policy is stricter: only Y");
    }
    same("accepted", Json::Bool(ours), entry.get("expected").clone())
}

pub(super) fn extract_md_status(entry: &Json, side: Side) -> Checked {
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    // What comes back from the bank's own page has no status at all.
    let ours = if side == Side::Page { String::new() } else { Back::of(Fields::new(&pairs)).status };
    same("status", ours, entry.get("expected").text())
}

fn answer_of(raw: &Json) -> Result<Answer, Verdict> {
    Answer::of(tree("VposResponse", raw)).map_err(broken)
}

pub(super) fn payment(entry: &Json) -> Checked {
    let raw = entry.get("input").get("rawPaymentResponseData");
    if raw.is_nothing() {
        return skip("the library's default for no answer at all");
    }
    charged(&answer_of(raw)?, entry.get("expected"))
}

fn charged(answer: &Answer, expected: &Json) -> Checked {
    let outcome = answer.outcome("order", Some(&terms()), Booking::Amount);
    let yes = matches!(outcome, Outcome::Approved(_));
    approved(yes, expected)?;
    let minor = answer.get("CurrencyAmount").or(answer.get("TLAmount")).and_then(|text| amount::parse_decimal(text, 2));
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, answer.get("OrderId"), value, !yes)?,
            "transaction_id" | "trans_id" if yes => text(name, answer.get("TransactionId"), value, false)?,
            "auth_code" if yes => text(name, answer.get("AuthCode"), value, false)?,
            // The library calls now one, now the other the reference.
            "ref_ret_num" if yes => {
                let known = [answer.get("Rrn"), answer.get("TransactionId")].contains(&Some(value.text().as_str()));
                same(name, known, true)?;
            }
            "batch_num" if yes => text(name, answer.get("BatchNo"), value, true)?,
            "proc_return_code" => text(name, answer.code(), value, true)?,
            "error_code" if yes => text(name, None, value, false)?,
            "error_code" => text(name, answer.code(), value, false)?,
            "error_message" if !yes => text(name, answer.message(), value, false)?,
            "amount" if !value.is_nothing() => same(name, minor, value.hundredths())?,
            "currency" if !value.is_nothing() => {
                same(name, letters(answer.get("CurrencyCode")).to_owned(), value.text())?;
            }
            "transaction_time" => moment(name, answer.get("HostDate"), value)?,
            _ => {}
        }
    }
    Ok(())
}

/// `20230309235359`; some answers leave the year out, and then there is nothing to compare.
fn moment(name: &str, ours: Option<&str>, expected: &Json) -> Checked {
    match ours {
        Some(stated) if stated.len() == 14 => time(name, Some(stated), expected),
        _ => Ok(()),
    }
}

/// `map_refund`, `map_cancel`.
pub(super) fn change(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    let outcome = answer.outcome("order", None, Booking::Void);
    let yes = matches!(outcome, Outcome::Approved(_));
    approved(yes, expected)?;
    text("transaction_id", answer.get("TransactionId"), expected.get("transaction_id"), !yes)?;
    text("auth_code", answer.get("AuthCode"), expected.get("auth_code"), !yes)?;
    text("ref_ret_num", answer.get("Rrn"), expected.get("ref_ret_num"), !yes)?;
    text("proc_return_code", answer.code(), expected.get("proc_return_code"), false)?;
    let (code, message) = (answer.code().filter(|_| !yes), answer.message().filter(|_| !yes));
    text("error_code", code, expected.get("error_code"), false)?;
    text("error_message", message, expected.get("error_message"), false)
}

/// What came back with the payer, then the answer to the charge, if there was one.
pub(super) fn three_d(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let pairs = input.get("raw3DAuthResponseData").pairs();
    let back = Back::of(Fields::new(&pairs));
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    text("md_status", some(&back.status).as_deref(), expected.get("md_status"), false)?;
    text("eci", some(&back.eci).as_deref(), expected.get("eci"), true)?;
    text("cavv", some(&back.cavv).as_deref(), expected.get("cavv"), true)?;
    same("currency", letters(back.currency.as_deref()).to_owned(), expected.get("currency").text())?;
    if !expected.get("amount").is_nothing() {
        same("amount", back.minor(2), expected.get("amount").hundredths())?;
    }
    let raw = input.get("rawPaymentResponseData");
    if raw.is_nothing() {
        let (code, message) = (back.error_code.as_deref(), back.error_message.as_deref());
        let outcome = three_d::not_verified(&back.status, code, message);
        same("declined", matches!(outcome, Outcome::Declined(_)), true)?;
        approved(false, expected)?;
        text("md_error_message", message, expected.get("md_error_message"), false)?;
        text("error_code", code, expected.get("error_code"), false)?;
        text("error_message", message, expected.get("error_message"), false)?;
        return text("order_id", some(&back.request_id).as_deref(), expected.get("order_id"), false);
    }
    charged(&answer_of(raw)?, expected)
}

/// `map_3d_pay`, `map_3d_host`: what the bank says of a visit to its page.
pub(super) fn visit(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let told = Told::of(tree("", entry.get("input").get("raw3DAuthResponseData")));
    let yes = told.judge() == Judgement::Approved;
    approved(yes, expected)?;
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, told.get("OrderID").filter(|_| yes), value, false)?,
            "transaction_id" => text(name, told.get("TransactionId"), value, false)?,
            "auth_code" => text(name, told.get("AuthCode").filter(|_| yes), value, false)?,
            "ref_ret_num" => text(name, told.get("TransactionId").filter(|_| yes), value, false)?,
            "masked_number" => text(name, told.get("MaskedPan"), value, false)?,
            "proc_return_code" if yes => text(name, told.code(), value, false)?,
            "proc_return_code" => text(name, told.error_code(), value, false)?,
            "error_code" => text(name, told.error_code().filter(|_| !yes), value, false)?,
            "error_message" => text(name, told.message().filter(|_| !yes), value, false)?,
            "currency" if yes => same(name, letters(told.get("AmountCode")).to_owned(), value.text())?,
            "amount" if yes => {
                // The library reads `1,01` as 1: the fraction after a comma is lost in PHP's cast.
                let minor = told.get("Amount").and_then(|text| amount::parse_decimal(text, 2));
                let whole = value.hundredths().map(|hundredths| hundredths / 100);
                same(name, minor.map(|minor| minor / 100), whole)?;
            }
            "transaction_time" if yes => moment(name, told.get("HostDate"), value)?,
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn status(entry: &Json) -> Checked {
    let (raw, expected) = (entry.get("input").get("rawResponseData"), entry.get("expected"));
    let root = tree("SearchResponse", raw);
    let info = |name: &str| root.filled(&format!("ResponseInfo/{name}"));
    text("proc_return_code", info("ResponseCode"), expected.get("proc_return_code"), false)?;
    let rows = match found::of(&root).map_err(broken)? {
        Found::Rows(rows) => rows,
        Found::Nothing | Found::Unclear(_) => {
            approved(false, expected)?;
            text("error_code", info("ResponseCode"), expected.get("error_code"), false)?;
            return text("error_message", info("ResponseMessage"), expected.get("error_message"), false);
        }
    };
    row(rows.first().ok_or_else(|| fail("no transaction"))?, expected)
}

fn row(row: &Row, expected: &Json) -> Checked {
    approved(row.succeeded(), expected)?;
    let state = match (row.flag("IsCanceled"), row.flag("IsReversed"), row.flag("IsRefunded")) {
        (Some(true), ..) => "CANCELED",
        (_, Some(true), _) => "REVERSED",
        (_, _, Some(true)) => "FULLY_REFUNDED",
        _ => "PAYMENT_COMPLETED",
    };
    let kind = match row.get("TransactionType") {
        Some("Sale") => "pay",
        Some("Auth") => "pre",
        Some("Capture") => "post",
        Some("Cancel") => "cancel",
        Some("Refund") => "refund",
        _ => "",
    };
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, row.get("OrderId"), value, false)?,
            "transaction_id" => text(name, row.get("TransactionId"), value, false)?,
            "auth_code" => text(name, row.get("AuthCode"), value, true)?,
            "ref_ret_num" => text(name, row.get("Rrn"), value, true)?,
            "order_status" if !value.is_nothing() => same(name, state.to_owned(), value.text())?,
            "transaction_type" if !value.is_nothing() => same(name, kind.to_owned(), value.text())?,
            "first_amount" if !value.is_nothing() => same(name, row.minor(2), value.hundredths())?,
            "currency" if !value.is_nothing() => same(name, letters(row.currency()).to_owned(), value.text())?,
            "error_message" if !row.succeeded() => text(name, row.get("ResponseMessage"), value, true)?,
            _ => {}
        }
    }
    // The judgement of a code is the table's, whatever the library calls it.
    match answer::judge(row.code()) {
        Judgement::Approved => same("succeeded", row.succeeded(), true),
        _ => same("succeeded", row.succeeded(), false),
    }
}
