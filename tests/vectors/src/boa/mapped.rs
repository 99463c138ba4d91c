//! What answers mean. Names the library makes up itself are not compared.

use vezne_plugin::{Money, Outcome, Terms};

use crate::json::Json;
use crate::shared::{broken, letters, text, time, tree};
use crate::verdict::{Checked, Verdict, fail, same, skip};
use pos_boa::answer::{Answer, Booking};
use pos_boa::book::{self, Found, Row, Standing};
use pos_boa::order;
use pos_boa::settings::Bank;
use pos_boa::three_d::{self, Back};

fn terms() -> Terms {
    Terms {
        amount: Money { minor: 1, currency: "TRY".into(), numeric: 949, exponent: 2 },
        installments: 1,
        entry: "ecommerce".into(),
        description: None,
    }
}

fn contract(raw: &Json) -> Result<Answer, Verdict> {
    Answer::of_contract(tree("VPosTransactionResponseContract", raw)).map_err(broken)
}

/// The service's answer: the suite leaves the envelope out, and sometimes the outer element as well.
fn service(raw: &Json) -> Result<Answer, Verdict> {
    match raw.members() {
        [(name, inner)] if name.ends_with("Response") => Answer::of_service(&tree(name, inner)).map_err(broken),
        [(name, _)] if name.ends_with("Result") => Answer::of_service(&tree("Response", raw)).map_err(broken),
        _ => Err(fail("not an answer of the service")),
    }
}

fn approved(outcome: &Outcome, expected: &Json) -> Checked {
    // Not a yes of the library is a no, a "nobody knows" or a "not booked" of ours.
    same("approved", matches!(outcome, Outcome::Approved(_)), expected.get("status").text() == "approved")
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let back = Back { code: entry.get("input").get("mdStatus").text(), ..Back::default() };
    same("verified", Json::Bool(back.is_verified()), entry.get("expected").clone())
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let raw = entry.get("input").get("raw3DAuthResponseData");
    same("code", Back::of_contract(&tree("", raw)).code, entry.get("expected").text())
}

pub(super) fn payment(entry: &Json, bank: Bank) -> Checked {
    let input = entry.get("input");
    let raw = input.get("rawPaymentResponseData");
    if raw.is_nothing() {
        return skip("the library's default for no answer at all");
    }
    let answer = contract(raw)?;
    charged(&answer, bank, entry.get("expected"))
}

fn charged(answer: &Answer, bank: Bank, expected: &Json) -> Checked {
    let outcome = answer.outcome(bank, "order", Some(&terms()), Booking::Charge);
    approved(&outcome, expected)?;
    let yes = matches!(outcome, Outcome::Approved(_));
    let amount = answer.repeated("Amount").and_then(|text| order::minor(text, 2));
    let currency = answer.repeated("CurrencyCode").map(order::iso_currency);
    let batch = answer.repeated("BatchID").or_else(|| answer.repeated("BatchId"));
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" if yes => text(name, answer.get("MerchantOrderId"), value, false)?,
            "remote_order_id" if yes => text(name, answer.get("OrderId"), value, false)?,
            "transaction_id" => text(name, answer.get("Stan"), value, !yes)?,
            "auth_code" => text(name, answer.get("ProvisionNumber"), value, !yes)?,
            "ref_ret_num" => text(name, answer.get("RRN"), value, !yes)?,
            "batch_num" if yes => text(name, batch, value, false)?,
            "masked_number" if yes => text(name, answer.repeated("CardNumber"), value, false)?,
            "proc_return_code" => text(name, answer.code(), value, false)?,
            "error_code" if yes => text(name, None, value, false)?,
            "error_code" => text(name, answer.error_code(), value, false)?,
            "error_message" if !yes => text(name, answer.message(), value, true)?,
            "amount" if yes => same(name, amount, value.hundredths())?,
            // Where the bank names none, the library repeats the order's.
            "currency" if yes && currency.is_some() => {
                same(name, letters(currency.as_deref()).to_owned(), value.text())?;
            }
            "installment_count" if yes => text(name, answer.repeated("InstallmentCount"), value, false)?,
            "transaction_time" => time(name, answer.get("TransactionTime"), value)?,
            _ => {}
        }
    }
    Ok(())
}

/// `map_refund`, `map_cancel`.
pub(super) fn change(entry: &Json, bank: Bank) -> Checked {
    let (raw, expected) = (entry.get("input").get("rawResponseData"), entry.get("expected"));
    let answer = if bank == Bank::Kuveyt { service(raw)? } else { contract(raw)? };
    let outcome = answer.outcome(bank, "order", Some(&terms()), Booking::Change);
    approved(&outcome, expected)?;
    let yes = matches!(outcome, Outcome::Approved(_));
    let number = answer.get("OrderId");
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, answer.get("MerchantOrderId"), value, !yes)?,
            "remote_order_id" => text(name, number, value, !yes)?,
            "transaction_id" => text(name, answer.get("Stan"), value, !yes)?,
            // Vakıf Katılım answers an authorization here as well; the library leaves it out.
            "auth_code" => text(name, answer.get("ProvisionNumber"), value, true)?,
            "ref_ret_num" => text(name, answer.get("RRN"), value, !yes)?,
            "proc_return_code" => text(name, answer.code(), value, false)?,
            "error_code" if yes => text(name, None, value, false)?,
            "error_code" => text(name, answer.error_code(), value, true)?,
            "error_message" if !yes => text(name, answer.message(), value, true)?,
            "currency" if yes && !value.is_nothing() => {
                let currency = answer.get("CurrencyCode").map(order::iso_currency);
                same(name, letters(currency.as_deref()).to_owned(), value.text())?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the gate said, then the answer to the provision, if there was one.
pub(super) fn three_d(entry: &Json, bank: Bank) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let back = Back::of_contract(&tree("", input.get("raw3DAuthResponseData")));
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    if !back.is_verified() {
        text("md_error_message", back.message.as_deref(), expected.get("md_error_message"), true)?;
    }
    let raw = input.get("rawPaymentResponseData");
    if raw.is_nothing() {
        let outcome = three_d::not_authenticated(bank, &back);
        same("declined", matches!(outcome, Outcome::Declined(_)), true)?;
        approved(&outcome, expected)?;
        text("proc_return_code", filled(&back.code).as_deref(), expected.get("proc_return_code"), false)?;
        text("error_code", filled(&back.code).as_deref(), expected.get("error_code"), false)?;
        return text("order_id", filled(&back.order_id).as_deref(), expected.get("order_id"), false);
    }
    let answer = contract(raw)?;
    if expected.get("status").text() != "approved" {
        text("order_id", filled(&back.order_id).as_deref(), expected.get("order_id"), false)?;
        let minor = back.amount.as_deref().and_then(|amount| order::minor(amount, 2));
        same("amount", minor, expected.get("amount").hundredths())?;
    }
    charged(&answer, bank, expected)
}

/// The bank's own page charges; what it sends back is one contract of flat fields.
pub(super) fn hosted(entry: &Json, bank: Bank) -> Checked {
    let expected = entry.get("expected");
    let answer = contract(entry.get("input").get("raw3DAuthResponseData"))?;
    let outcome = answer.outcome(bank, "order", None, Booking::Change);
    approved(&outcome, expected)?;
    let yes = matches!(outcome, Outcome::Approved(_));
    text("proc_return_code", answer.code(), expected.get("proc_return_code"), false)?;
    text("order_id", answer.get("MerchantOrderId"), expected.get("order_id"), !yes)?;
    text("remote_order_id", answer.get("OrderId"), expected.get("remote_order_id"), !yes)?;
    text("transaction_id", answer.get("Stan"), expected.get("transaction_id"), !yes)?;
    text("ref_ret_num", answer.get("RRN"), expected.get("ref_ret_num"), !yes)?;
    text("auth_code", answer.get("ProvisionNumber"), expected.get("auth_code"), true)?;
    let reason = answer.message().filter(|_| !yes);
    text("error_message", reason, expected.get("error_message"), false)
}

fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::Charged => "PAYMENT_COMPLETED",
        Standing::Refunded => "FULLY_REFUNDED",
        Standing::PartlyRefunded => "PARTIALLY_REFUNDED",
        Standing::Voided => "CANCELED",
        Standing::Unclear => "",
    }
}

pub(super) fn status(entry: &Json, bank: Bank) -> Checked {
    let (raw, expected) = (entry.get("input").get("rawResponseData"), entry.get("expected"));
    let (answer, found) = match bank {
        Bank::Kuveyt => {
            let answer = service(raw)?;
            let found = book::service(&answer);
            (answer, found)
        }
        Bank::Katilim => {
            let answer = contract(raw)?;
            let found = book::listed(&answer);
            (answer, found)
        }
    };
    let yes = expected.get("status").text() == "approved";
    let Found::Rows(rows) = found else {
        same("approved", false, yes)?;
        text("error_code", answer.error_code(), expected.get("error_code"), false)?;
        return text("error_message", answer.message(), expected.get("error_message"), false);
    };
    let row = rows.first().ok_or_else(|| fail("no line"))?;
    row_fields(row, expected, bank)
}

fn row_fields(row: &Row, expected: &Json, bank: Bank) -> Checked {
    let yes = row.code() == Some("00");
    same("approved", yes, expected.get("status").text() == "approved")?;
    let currency = row.currency();
    // What was charged: Kuveyt Türk's line has it in the first amount, Vakıf Katılım's beside it.
    let charged = if bank == Bank::Kuveyt { "FirstAmount" } else { "TranAmount" };
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, row.order_id(), value, !yes)?,
            "remote_order_id" => text(name, row.get("OrderId"), value, !yes)?,
            "auth_code" => text(name, row.get("ProvNumber"), value, !yes)?,
            "proc_return_code" => text(name, row.code(), value, false)?,
            "transaction_id" => text(name, row.get("Stan"), value, !yes)?,
            "ref_ret_num" => text(name, row.get("RRN"), value, !yes)?,
            "error_code" if !yes => text(name, row.code(), value, true)?,
            "error_message" if !yes => text(name, row.get("ResponseExplain"), value, true)?,
            "order_status" if yes && row.last() != Standing::Unclear => {
                same(name, state(row.last()).to_owned(), value.text())?;
            }
            "first_amount" if yes => same(name, row.minor("FirstAmount", 2), value.hundredths())?,
            "capture_amount" if yes && !value.is_nothing() => {
                same(name, row.minor(charged, 2).or(Some(0)), value.hundredths())?;
            }
            "currency" if !value.is_nothing() => same(name, letters(currency.as_deref()).to_owned(), value.text())?,
            "masked_number" if yes => text(name, row.get("CardNumber"), value, false)?,
            "installment_count" if yes => text(name, row.get("InstallmentCount"), value, false)?,
            "capture_time" | "cancel_time" | "refund_time" if bank == Bank::Kuveyt => {
                time(name, row.get("UpdateSystemDate"), value)?;
            }
            "transaction_time" | "capture_time" | "cancel_time" => time(name, row.get("OrderDate"), value)?,
            _ => {}
        }
    }
    Ok(())
}

/// Vakıf Katılım lists the newest first, the library the oldest, except where one order was asked for.
pub(super) fn history(entry: &Json, newest_first: bool) -> Checked {
    let expected = entry.get("expected");
    let answer = contract(entry.get("input").get("rawResponseData"))?;
    text("proc_return_code", answer.code(), expected.get("proc_return_code"), false)?;
    same("approved", answer.code() == Some("00"), expected.get("status").text() == "approved")?;
    let rows: Vec<Row> = match book::listed(&answer) {
        Found::Rows(rows) => rows,
        _ => Vec::new(),
    };
    if rows.is_empty() {
        text("error_code", answer.error_code(), expected.get("error_code"), false)?;
    }
    let wanted = expected.get("transactions").items();
    same("transactions", rows.len(), wanted.len())?;
    if let Some(last) = rows.last().filter(|_| !newest_first) {
        text("order_id", last.order_id(), expected.get("order_id"), false)?;
        text("remote_order_id", last.get("OrderId"), expected.get("remote_order_id"), false)?;
    }
    let ordered: Vec<&Row> = if newest_first { rows.iter().rev().collect() } else { rows.iter().collect() };
    ordered.into_iter().zip(wanted).try_for_each(|(row, wanted)| row_fields(row, wanted, Bank::Katilim))
}
