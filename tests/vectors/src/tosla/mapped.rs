//! What answers and callbacks mean. The library's own names for things are compared where they stand for a
//! word of the bank; names it makes up itself (payment models, its copy of our own order) are not.

use pos_tosla::answer::{self, Answer};
use pos_tosla::gate::{self, Claim, Verified};
use pos_tosla::history;
use pos_tosla::inquiry::{self, Found, Standing};
use vezne_plugin::json::Tree;
use vezne_plugin::{Outcome, amount};

use crate::json::Json;
use crate::shared::{broken, letters, text, time};
use crate::tree::{self, answered};
use crate::verdict::{Checked, Verdict, same, skip};

pub(super) fn md_status(entry: &Json) -> Checked {
    let ours = gate::is_full_authentication(&entry.get("input").get("mdStatus").text());
    same("accepted", &Json::Bool(ours), entry.get("expected"))
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    text("MdStatus", Some(Verified::unsigned(&pairs).md_status()), entry.get("expected"), false)
}

fn answer_of(entry: &Json, name: &str) -> Result<Answer, Verdict> {
    Answer::of(answered(entry.get("input").get(name))).map_err(broken)
}

/// Not a yes of the library is a no or a "nobody knows" of ours.
fn outcome(answer: &Answer, expected: &Json) -> Result<bool, Verdict> {
    let outcome = answer.outcome(answer.get("OrderId").unwrap_or("order"));
    let yes = matches!(outcome, Outcome::Approved(_));
    same("approved", yes, expected.get("status").text() == "approved")?;
    if let Outcome::Approved(approval) = &outcome {
        text("transaction_id", approval.bank.transaction_id.as_deref(), expected.get("transaction_id"), false)?;
    }
    Ok(yes)
}

pub(super) fn payment(entry: &Json) -> Checked {
    if entry.get("input").get("rawPaymentResponseData").is_nothing() {
        return skip("the library's default for no answer at all");
    }
    let (answer, expected) = (answer_of(entry, "rawPaymentResponseData")?, entry.get("expected"));
    let yes = outcome(&answer, expected)?;
    let words = answer.words();
    text("order_id", answer.get("OrderId"), expected.get("order_id"), false)?;
    text("transaction_id", answer.get("TransactionId"), expected.get("transaction_id"), false)?;
    text("ref_ret_num", answer.get("HostReferenceNumber"), expected.get("ref_ret_num"), false)?;
    text("proc_return_code", words.bank_code, expected.get("proc_return_code"), false)?;
    text("error_code", words.bank_code.filter(|_| !yes), expected.get("error_code"), false)?;
    text("error_message", words.message.filter(|_| !yes), expected.get("error_message"), false)
}

/// `map_refund`, `map_cancel`.
pub(super) fn undone(entry: &Json) -> Checked {
    let (answer, expected) = (answer_of(entry, "rawResponseData")?, entry.get("expected"));
    let yes = outcome(&answer, expected)?;
    let words = answer.words();
    text("order_id", answer.get("OrderId"), expected.get("order_id"), false)?;
    text("auth_code", answer.get("AuthCode"), expected.get("auth_code"), false)?;
    text("ref_ret_num", answer.get("HostReferenceNumber"), expected.get("ref_ret_num"), false)?;
    text("transaction_id", answer.get("TransactionId"), expected.get("transaction_id"), false)?;
    text("proc_return_code", words.bank_code, expected.get("proc_return_code"), false)?;
    text("error_code", words.code.filter(|_| !yes), expected.get("error_code"), false)?;
    text("error_message", words.message.filter(|_| !yes), expected.get("error_message"), false)
}

/// The callback of a gate that charges. The connector takes a yes only after asking for the order; what is
/// compared here is what the callback claims.
pub(super) fn charged_at_gate(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified::unsigned(&pairs);
    let yes = verified.claim() == Claim::Charged;
    same("approved", yes, expected.get("status").text() == "approved")?;
    let words = verified.words();
    let security = match verified.md_status() {
        "" => "",
        "1" => "Full 3D Secure",
        "2" | "3" | "4" => "Half 3D Secure",
        _ => "MPI fallback",
    };
    same("transaction_security", security.to_owned(), expected.get("transaction_security").text())?;
    text("order_id", verified.get("OrderId"), expected.get("order_id"), false)?;
    text("md_status", verified.get("MdStatus"), expected.get("md_status"), false)?;
    text("tx_status", Some(state(verified.get("RequestStatus"))), expected.get("tx_status"), false)?;
    text("proc_return_code", words.bank_code, expected.get("proc_return_code"), false)?;
    text("error_code", words.bank_code.filter(|_| !yes), expected.get("error_code"), false)?;
    text("error_message", words.bank_message.filter(|_| !yes), expected.get("error_message"), false)
}

fn state(number: Option<&str>) -> &str {
    match Standing::of(number) {
        Standing::Failed => "ERROR",
        Standing::Done => "PAYMENT_COMPLETED",
        Standing::Voided => "CANCELED",
        Standing::PartlyRefunded => "PARTIALLY_REFUNDED",
        Standing::Refunded => "FULLY_REFUNDED",
        Standing::Captured => "PRE_AUTH_COMPLETED",
        Standing::AtGate | Standing::Unclear => number.unwrap_or_default(),
    }
}

fn kind(number: Option<&str>) -> &'static str {
    match number {
        Some("1") => "pay",
        Some("2") => "pre",
        Some("3") => "post",
        Some("4") => "cancel",
        Some("5") => "refund",
        _ => "",
    }
}

/// The line of an order, or a row of its history.
struct Fields<'a>(&'a Tree);

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        answer::field(self.0, name)
    }

    fn minor(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(amount::parse_minor)
    }

    /// What reached the firm and what Tosla kept of it.
    fn taken(&self) -> Option<i64> {
        Some(self.minor("NetAmount")? + self.minor("MerchantCommissionAmount")?)
    }
}

/// What a line of an order and a row of its history have in common.
fn line(fields: &Fields<'_>, expected: &Json) -> Checked {
    text("order_id", fields.get("OrderId"), expected.get("order_id"), false)?;
    text("auth_code", fields.get("AuthCode"), expected.get("auth_code"), false)?;
    text("proc_return_code", fields.get("BankResponseCode"), expected.get("proc_return_code"), false)?;
    let id = fields.get("TransactionId").filter(|id| *id != "0");
    text("transaction_id", id, expected.get("transaction_id"), false)?;
    text("masked_number", fields.get("CardNo"), expected.get("masked_number"), false)?;
    same("order_status", state(fields.get("RequestStatus")).to_owned(), expected.get("order_status").text())?;
    let kind = kind(fields.get("TransactionType"));
    same("transaction_type", kind.to_owned(), expected.get("transaction_type").text())?;
    if expected.get("status").text() != "approved" {
        return Ok(());
    }
    let known = fields.get("Currency").filter(|currency| *currency != "0");
    same("currency", letters(known).to_owned(), expected.get("currency").text())?;
    let first = fields.minor("Amount").filter(|_| known.is_some());
    same("first_amount", first, expected.get("first_amount").hundredths())?;
    time("transaction_time", fields.get("CreateDate"), expected.get("transaction_time"))?;
    let charged = matches!(kind, "pay" | "pre" | "post") && fields.get("BankResponseCode") == Some("00");
    let taken = fields.taken().filter(|_| charged);
    same("capture_amount", taken, expected.get("capture_amount").hundredths())?;
    let whole = taken.map_or(Json::Null, |taken| Json::Bool(first.is_some_and(|first| first <= taken)));
    same("capture", &whole, expected.get("capture"))
}

pub(super) fn status(entry: &Json) -> Checked {
    let (answer, expected) = (answer_of(entry, "rawResponseData")?, entry.get("expected"));
    let words = answer.words();
    same("answered", words.code == Some("0"), expected.get("status").text() == "approved")?;
    line(&Fields(answer.tree()), expected)?;
    if words.code != Some("0") {
        return text("error_message", words.bank_message, expected.get("error_message"), false);
    }
    let refunded = answer.get("RefundedAmount").and_then(amount::parse_minor).filter(|refunded| *refunded > 0);
    same("refund_amount", refunded, expected.get("refund_amount").hundredths())?;
    text("installment_count", answer.get("InstallmentCount"), expected.get("installment_count"), false)?;
    // The library calls an order that is not there an answered question; ours is that there is none.
    let found = inquiry::read(&answer, &expected.get("order_id").text());
    let there = matches!(found, Found::Order(_));
    same("found", there, !expected.get("order_id").is_nothing())
}

pub(super) fn history(entry: &Json) -> Checked {
    let (answer, expected) = (answer_of(entry, "rawResponseData")?, entry.get("expected"));
    let words = answer.words();
    let yes = words.code == Some("0");
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("error_code", words.code.filter(|_| !yes), expected.get("error_code"), false)?;
    text("error_message", words.message.filter(|_| !yes), expected.get("error_message"), false)?;
    let rows = if yes { history::read(&answer, 1).map_err(broken)?.rows } else { Vec::new() };
    same("trans_count", rows.len().to_string(), expected.get("trans_count").text())?;
    text("order_id", rows.last().and_then(|row| row.get("OrderId")), expected.get("order_id"), false)?;
    rows.iter().zip(expected.get("transactions").items()).try_for_each(|(row, wanted)| {
        same("approved", row.get("Code") == Some("0"), wanted.get("status").text() == "approved")?;
        text("ref_ret_num", row.get("HostReferenceNumber"), wanted.get("ref_ret_num"), false)?;
        line(&Fields(row.tree), wanted)
    })
}

pub(super) fn decode(entry: &Json) -> Checked {
    let ours = tree::read(entry.get("input").get("data").text().as_bytes())?;
    tree::compare("answer", &ours, entry.get("expected"), &[])
}
