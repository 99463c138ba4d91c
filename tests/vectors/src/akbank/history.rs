//! Lists of transactions, of an order and of a day.

use pos_akbank::answer::Answer;
use pos_akbank::history::{self, History, Row, Standing};
use pos_akbank::{code, report};
use vezne_plugin::amount;

use super::mapped::kind;
use crate::json::Json;
use crate::shared::{broken, letters, text, time};
use crate::tree::{self, answered};
use crate::verdict::{Checked, Verdict, same};

fn answer_of(entry: &Json) -> Result<Answer, Verdict> {
    Answer::of(answered(entry.get("input").get("rawResponseData"))).map_err(broken)
}

fn head(answer: &Answer, rows: &[Row<'_>], expected: &Json) -> Checked {
    let words = answer.words();
    let yes = words.response_code == Some("VPS-0000");
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("proc_return_code", words.response_code, expected.get("proc_return_code"), false)?;
    text("error_code", words.response_code.filter(|_| !yes), expected.get("error_code"), false)?;
    text("error_message", words.response_message.filter(|_| !yes), expected.get("error_message"), false)?;
    same("trans_count", rows.len().to_string(), expected.get("trans_count").text())?;
    same("transactions", rows.len(), expected.get("transactions").items().len())
}

pub(super) fn order(entry: &Json) -> Checked {
    let (answer, expected) = (answer_of(entry)?, entry.get("expected"));
    let mut rows = match history::read(&answer) {
        History::Rows(rows) => rows,
        History::Nothing | History::Unclear(_) => Vec::new(),
    };
    head(&answer, &rows, expected)?;
    let first = rows.first().and_then(|row| row.get("orgOrderId").or_else(|| row.get("orderId")));
    text("order_id", first, expected.get("order_id"), false)?;
    let repeated = rows.iter().any(|row| row.get("requestType") == Some("R"));
    if !repeated {
        rows.sort_by_key(Row::epoch_ms);
    }
    rows.iter().zip(expected.get("transactions").items()).try_for_each(|(row, wanted)| {
        let planned = row.get("responseCode").is_none();
        row_fields(row, wanted)?;
        text("recurring_order", row.get("recurringOrder"), wanted.get("recurring_order"), false)?;
        if repeated || approved(row) {
            text("masked_number", row.get("maskedCardNumber"), wanted.get("masked_number"), false)?;
        }
        if repeated && planned {
            same("order_status", order_status(row).to_owned(), wanted.get("order_status").text())?;
        }
        Ok(())
    })
}

pub(super) fn day(entry: &Json) -> Checked {
    let (answer, expected) = (answer_of(entry)?, entry.get("expected"));
    let rows = match report::rows(&answer) {
        History::Rows(rows) => rows,
        History::Nothing | History::Unclear(_) => Vec::new(),
    };
    head(&answer, &rows, expected)?;
    rows.iter().zip(expected.get("transactions").items()).try_for_each(|(row, wanted)| {
        row_fields(row, wanted)?;
        text("order_id", row.get("orderId").filter(|_| approved(row)), wanted.get("order_id"), false)?;
        text("masked_number", row.get("maskedCardNumber").filter(|_| approved(row)), wanted.get("masked_number"), false)
    })
}

fn approved(row: &Row<'_>) -> bool {
    row.get("responseCode") == Some("VPS-0000")
}

fn order_status(row: &Row<'_>) -> &'static str {
    match row.standing {
        Standing::Done if row.code == code::AUTHORIZE && row.get("preAuthStatus") == Some("O") => "PRE_AUTH_COMPLETED",
        Standing::Done => "PAYMENT_COMPLETED",
        Standing::Voided | Standing::PlanCancelled => "CANCELED",
        Standing::Reversed => "FULLY_REFUNDED",
        Standing::Planned => "PAYMENT_PENDING",
        Standing::Unclear => "ERROR",
        Standing::Failed => "",
    }
}

fn row_fields(row: &Row<'_>, expected: &Json) -> Checked {
    let yes = approved(row);
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("proc_return_code", row.get("responseCode"), expected.get("proc_return_code"), false)?;
    same("transaction_type", kind(Some(row.code)).to_owned(), expected.get("transaction_type").text())?;
    same("first_amount", row.minor(2), expected.get("first_amount").hundredths())?;
    let currency = letters(row.get("currencyCode")).to_owned();
    same("currency", currency, expected.get("currency").text())?;
    let count = row.get("installCount").or_else(|| row.get("installmentCount")).filter(|count| *count != "1");
    text("installment_count", Some(count.unwrap_or("0")), expected.get("installment_count"), false)?;
    time("transaction_time", row.get("txnDateTime"), expected.get("transaction_time"))?;
    text("auth_code", row.get("authCode").filter(|_| yes), expected.get("auth_code"), false)?;
    text("ref_ret_num", row.get("rrn").filter(|_| yes), expected.get("ref_ret_num"), true)?;
    text("batch_num", row.get("batchNumber").filter(|_| yes), expected.get("batch_num"), true)?;
    if !yes {
        return Ok(());
    }
    same("order_status", order_status(row).to_owned(), expected.get("order_status").text())?;
    taken(row, expected)
}

/// What was taken of an approved transaction that stands. A report does not list what was taken of a reservation.
fn taken(row: &Row<'_>, expected: &Json) -> Checked {
    if row.standing != Standing::Done || expected.get("capture_amount").is_nothing() {
        return Ok(());
    }
    let amount_of = |name: &str| row.get(name).and_then(|text| amount::parse_decimal(text, 2));
    let taken = match row.code {
        code::AUTHORIZE => amount_of("preAuthCloseAmount"),
        code::SALE | code::CAPTURE => amount_of("amount"),
        _ => return Ok(()),
    };
    same("capture_amount", taken, expected.get("capture_amount").hundredths())?;
    same("capture", &Json::Bool(taken == row.minor(2)), expected.get("capture"))
}

/// A report's answer comes packed, every other one plain.
pub(super) fn decode(entry: &Json) -> Checked {
    let ours = tree::read(entry.get("input").get("data").text().as_bytes())?;
    let ours = match entry.get("input").get("txType").text().as_str() {
        "history" => report::unpacked(ours).map_err(broken)?,
        _ => ours,
    };
    tree::compare("answer", &ours, entry.get("expected"), &[])
}
