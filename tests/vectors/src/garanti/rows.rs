//! Answers to questions: one order, its transactions, a day's transactions.

use crate::json::Json;
use crate::shared::{text, time};
use crate::verdict::{Checked, fail, same};
use pos_garanti::answer::Answer;
use pos_garanti::history::{self, History, Row};
use pos_garanti::list::{self, Entry};
use pos_garanti::order_status::{self, Found, Standing};

use super::mapped::answer_of;

fn refused(answer: &Answer, expected: &Json) -> Checked {
    let words = answer.words();
    text("error_code", words.code, expected.get("error_code"), false)?;
    text("error_message", words.error, expected.get("error_message"), false)
}

pub(super) fn status(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    let found = order_status::read(&answer);
    same("found", matches!(found, Found::Order(_)), expected.get("status").text() == "approved")?;
    text("order_id", answer.get("Order/OrderID"), expected.get("order_id"), false)?;
    text("proc_return_code", answer.words().code, expected.get("proc_return_code"), false)?;
    let Found::Order(order) = found else {
        return refused(&answer, expected);
    };
    let line = |name: &str| answer.get(&format!("Order/OrderInqResult/{name}"));
    let word = if order.standing == Standing::Reserved { "PRE_AUTH_COMPLETED" } else { order.word.as_str() };
    text("order_status", Some(word), expected.get("order_status"), false)?;
    text("auth_code", order.bank.auth_code.as_deref(), expected.get("auth_code"), false)?;
    text("ref_ret_num", order.bank.transaction_id.as_deref(), expected.get("ref_ret_num"), false)?;
    text("masked_number", line("CardNumberMasked"), expected.get("masked_number"), false)?;
    text("installment_count", line("InstallmentCnt"), expected.get("installment_count"), false)?;
    same("first_amount", order.first(), expected.get("first_amount").hundredths())?;
    same("capture_amount", order.charged, expected.get("capture_amount").hundredths())?;
    same("capture", Json::Bool(order.charged == order.first()), expected.get("capture").clone())?;
    time("transaction_time", line("ProvDate").or(line("PreAuthDate")), expected.get("transaction_time"))?;
    time("capture_time", line("AuthDate"), expected.get("capture_time"))
}

pub(super) fn history(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    text("order_id", answer.get("Order/OrderID"), expected.get("order_id"), false)?;
    text("proc_return_code", answer.words().code, expected.get("proc_return_code"), false)?;
    let rows = match history::read(&answer) {
        History::Rows(rows) => rows,
        History::Nothing => Vec::new(),
        History::Unclear(why) => return Err(fail(why)),
    };
    same("answered", !rows.is_empty(), expected.get("status").text() == "approved")?;
    if rows.is_empty() {
        refused(&answer, expected)?;
    }
    let wanted = expected.get("transactions").items();
    same("transactions", rows.len(), wanted.len())?;
    same("trans_count", rows.len().to_string(), expected.get("trans_count").text())?;
    either_way(&rows, wanted, history_row)
}

/// The library may list transactions the other way round than the bank.
fn either_way<T>(ours: &[T], wanted: &[Json], compare: impl Fn(&T, &Json) -> Checked) -> Checked {
    let forwards = ours.iter().zip(wanted).try_for_each(|(ours, wanted)| compare(ours, wanted));
    forwards.or_else(|first| {
        let backwards = ours.iter().rev().zip(wanted).try_for_each(|(ours, wanted)| compare(ours, wanted));
        backwards.map_err(|_| first)
    })
}

fn kind(bank: &str) -> &str {
    match bank {
        "sales" | "Satis" => "pay",
        "preauth" | "On Otorizasyon" => "pre",
        "postauth" | "On Otorizasyon Kapama" => "post",
        "refund" | "Iade" => "refund",
        "void" | "Iptal" => "cancel",
        _ => "",
    }
}

fn history_row(row: &Row, expected: &Json) -> Checked {
    // The library calls a transaction approved by its Status alone.
    same("approved", row.status.as_deref() == Some("00"), expected.get("status").text() == "approved")?;
    text("auth_code", row.auth_code.as_deref(), expected.get("auth_code"), false)?;
    text("ref_ret_num", row.number.as_deref(), expected.get("ref_ret_num"), false)?;
    text("proc_return_code", row.status.as_deref(), expected.get("proc_return_code"), false)?;
    same("transaction_type", kind(&row.kind).to_owned(), expected.get("transaction_type").text())?;
    if expected.get("status").text() != "approved" {
        return text("error_code", row.status.as_deref(), expected.get("error_code"), false);
    }
    let first = row.charged.filter(|minor| *minor > 0).or(row.reserved);
    same("first_amount", first, expected.get("first_amount").hundredths())?;
    same("capture_amount", row.charged, expected.get("capture_amount").hundredths())?;
    let captured = first.filter(|minor| *minor > 0).map(|first| Json::Bool(row.charged == Some(first)));
    same("capture", captured.unwrap_or(Json::Null), expected.get("capture").clone())?;
    let midnight = |date: &Option<String>| date.as_ref().map(|date| format!("{date}000000"));
    let at = midnight(&row.reserved_on).or_else(|| midnight(&row.charged_on));
    time("transaction_time", at.as_deref(), expected.get("transaction_time"))?;
    time("capture_time", midnight(&row.charged_on).as_deref(), expected.get("capture_time"))
}

pub(super) fn list(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    text("proc_return_code", answer.words().code, expected.get("proc_return_code"), false)?;
    let wanted = expected.get("transactions").items();
    let page = match list::read(&answer) {
        Ok(page) => page,
        Err(why) => {
            same("answered", false, expected.get("status").text() == "approved")?;
            same("transactions", 0, wanted.len()).map_err(|_| fail(why))?;
            return refused(&answer, expected);
        }
    };
    same("transactions", page.entries.len(), wanted.len())?;
    either_way(&page.entries, wanted, list_entry)
}

/// The library's word for an entry's standing; where it has none it repeats the bank's.
fn order_state(entry: &Entry) -> &str {
    match (entry.standing.as_str(), kind(&entry.kind)) {
        ("Basarili" | "Onaylandi", "cancel") => "CANCELED",
        ("Basarili" | "Onaylandi", "refund") => "FULLY_REFUNDED",
        ("Basarili" | "Onaylandi", "pay" | "post") => "PAYMENT_COMPLETED",
        ("Basarili" | "Onaylandi", "pre") => "PRE_AUTH_COMPLETED",
        ("Basarili" | "Onaylandi" | "Iptal", _) | (_, "") => &entry.standing,
        _ => "ERROR",
    }
}

fn list_entry(entry: &Entry, expected: &Json) -> Checked {
    let yes = entry.code.as_deref() == Some("00");
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("order_id", entry.order_id.as_deref(), expected.get("order_id"), false)?;
    text("auth_code", entry.auth_code.as_deref(), expected.get("auth_code"), false)?;
    text("ref_ret_num", entry.number.as_deref(), expected.get("ref_ret_num"), false)?;
    text("batch_num", entry.batch.as_deref(), expected.get("batch_num"), false)?;
    text("proc_return_code", entry.code.as_deref(), expected.get("proc_return_code"), false)?;
    same("transaction_type", kind(&entry.kind).to_owned(), expected.get("transaction_type").text())?;
    text("order_status", Some(order_state(entry)), expected.get("order_status"), false)?;
    time("transaction_time", entry.at.as_deref(), expected.get("transaction_time"))?;
    if !yes {
        text("error_code", entry.code.as_deref(), expected.get("error_code"), false)?;
        return text("error_message", entry.error.as_deref(), expected.get("error_message"), false);
    }
    text("masked_number", entry.masked_card.as_deref(), expected.get("masked_number"), false)?;
    same("first_amount", entry.minor, expected.get("first_amount").hundredths())?;
    let currency = entry.currency.as_deref().map_or("", |letters| if letters == "TL" { "TRY" } else { letters });
    same("currency", currency.to_owned(), expected.get("currency").text())?;
    let instalments = entry.instalments.map(|count| count.to_string());
    text("installment_count", instalments.as_deref(), expected.get("installment_count"), false)
}
