//! Answers to questions: one order, its transactions, a day's transactions.

use crate::json::Json;
use crate::shared::{self, instant, text};
use crate::verdict::{Checked, fail, same};
use pos_payfor::row::{self, Found, History, Row, Standing};

use super::mapped::answer_of;

fn kind(bank: &str) -> &str {
    match bank {
        "Auth" => "pay",
        "PreAuth" => "pre",
        "PostAuth" => "post",
        "Void" => "cancel",
        "Refund" => "refund",
        "OrderInquiry" => "status",
        "TxnHistory" => "history",
        other => other,
    }
}

fn is_capture(row: &Row) -> bool {
    matches!(row.kind.as_str(), "Auth" | "PostAuth")
}

fn seconds(ms: Option<i64>) -> Option<i64> {
    ms.map(|ms| ms.div_euclid(1_000))
}

pub(super) fn status(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    let row = Row::read(answer.root());
    let yes = matches!(row.standing, Standing::Stands | Standing::Voided);
    same("approved", yes, expected.get("status").text() == "approved")?;
    same("found", matches!(row::found(&answer), Found::Order(_)) || !yes, true)?;
    text("order_id", row.order_id.as_deref(), expected.get("order_id"), false)?;
    text("proc_return_code", row.code.as_deref(), expected.get("proc_return_code"), false)?;
    same("transaction_type", kind(&row.kind).to_owned(), expected.get("transaction_type").text())?;
    same("currency", shared::letters(row.currency.as_deref()).to_owned(), expected.get("currency").text())?;
    text("installment_count", row.instalments.as_deref(), expected.get("installment_count"), false)?;
    text("org_order_id", answer.get("OrgOrderId"), expected.get("org_order_id"), false)?;
    if !yes {
        return text("error_message", row.message.as_deref(), expected.get("error_message"), false);
    }
    let state = match row.standing {
        _ if row.refunded => "FULLY_REFUNDED",
        Standing::Voided => "CANCELED",
        _ if is_capture(&row) => "PAYMENT_COMPLETED",
        _ => "",
    };
    same("order_status", state.to_owned(), expected.get("order_status").text())?;
    instant("cancel_time", seconds(row.voided_at_ms), expected.get("cancel_time"))?;
    amounts(&row, expected)
}

fn amounts(row: &Row, expected: &Json) -> Checked {
    text("auth_code", row.auth_code.as_deref(), expected.get("auth_code"), false)?;
    text("masked_number", row.masked_card.as_deref(), expected.get("masked_number"), false)?;
    same("first_amount", row.minor, expected.get("first_amount").hundredths())?;
    instant("transaction_time", seconds(row.at_ms), expected.get("transaction_time"))?;
    let captured = if is_capture(row) { row.minor } else { None };
    same("capture_amount", captured, expected.get("capture_amount").hundredths())?;
    if row.is_charge() {
        same("capture", Json::Bool(captured.is_some()), expected.get("capture").clone())?;
    }
    instant("capture_time", captured.and(seconds(row.at_ms)), expected.get("capture_time"))
}

pub(super) fn history(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let wanted = expected.get("transactions").items();
    let report = shared::tree("TxnHistoryReport", entry.get("input").get("rawResponseData"));
    let rows = match row::history(&report) {
        History::Rows(rows) => rows,
        History::Nothing => Vec::new(),
        History::Unclear(why) => {
            return same("transactions", 0, wanted.len()).map_err(|_| fail(why));
        }
    };
    // Of a report with a single transaction that failed the library lists none.
    if wanted.is_empty() && rows.len() <= 1 {
        let code = rows.first().and_then(|row| row.code.as_deref());
        return text("proc_return_code", code, expected.get("proc_return_code"), rows.is_empty());
    }
    same("transactions", rows.len(), wanted.len())?;
    rows.iter().zip(wanted).try_for_each(|(row, wanted)| history_row(row, wanted))
}

fn history_row(row: &Row, expected: &Json) -> Checked {
    let yes = row.code.as_deref() == Some("00");
    same("approved", yes, expected.get("status").text() == "approved")?;
    same("stands", matches!(row.standing, Standing::Stands | Standing::Voided), yes)?;
    if expected.has("order_id") {
        text("order_id", row.order_id.as_deref(), expected.get("order_id"), false)?;
    }
    text("proc_return_code", row.code.as_deref(), expected.get("proc_return_code"), false)?;
    same("transaction_type", kind(&row.kind).to_owned(), expected.get("transaction_type").text())?;
    same("currency", shared::letters(row.currency.as_deref()).to_owned(), expected.get("currency").text())?;
    if !yes {
        return text("error_code", row.code.as_deref(), expected.get("error_code"), false);
    }
    let state = match row.kind.as_str() {
        "PreAuth" => "PRE_AUTH_COMPLETED",
        "Auth" | "PostAuth" => "PAYMENT_COMPLETED",
        _ => "",
    };
    if row.is_charge() {
        same("order_status", state.to_owned(), expected.get("order_status").text())?;
    }
    amounts(row, expected)
}
