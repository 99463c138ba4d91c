//! What answers mean. The library's own names for things are compared where they stand for a word of the bank;
//! names it makes up itself (payment models, its copy of our own order) are not.

use pos_posnet_v1::answer::{Answer, Found, Judgement};
use pos_posnet_v1::gate::Verified;
use pos_posnet_v1::settings::Settings;
use posnet_orders::row::{Kind, Row, Standing};
use posnet_orders::{codes, written};
use vezne_plugin::Outcome;
use vezne_plugin::callback::Fields;
use vezne_plugin::json::Tree;

use crate::json::Json;
use crate::shared::{self, broken, text};
use crate::verdict::{Checked, Verdict, fail, same, skip};

fn tree(value: &Json) -> Tree {
    match value {
        Json::Null => Tree::Null,
        Json::Bool(value) => Tree::Bool(*value),
        Json::Number(number) => Tree::Number(number.to_string()),
        Json::Text(text) => Tree::Text(text.clone()),
        Json::List(items) => Tree::List(items.iter().map(tree).collect()),
        Json::Map(members) => Tree::Object(members.iter().map(|(name, value)| (name.clone(), tree(value))).collect()),
    }
}

fn answer_of(raw: &Json) -> Result<Answer, Verdict> {
    Answer::of(tree(raw)).map_err(broken)
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let ours = settings.accepts(&entry.get("input").get("mdStatus").text());
    if !ours && entry.get("expected") == &Json::Bool(true) {
        return skip("our default policy is stricter: only mdStatus 1");
    }
    same("accepted", Json::Bool(ours), entry.get("expected").clone())
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs) };
    same("MdStatus", verified.md_status().to_owned(), entry.get("expected").text())
}

/// Not a yes of the library is a no, a "nobody knows" or a "not booked" of ours.
fn approved(answer: &Answer, expected: &Json) -> Result<bool, Verdict> {
    let yes = answer.judge() == Judgement::Approved;
    same("approved", yes, expected.get("status").text() == "approved")?;
    let refused = matches!(answer.not_approved(), Outcome::Declined(_) | Outcome::Unknown(_));
    same("an outcome that is not a yes", yes || refused, true)?;
    Ok(yes)
}

pub(super) fn answer(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let raw = if input.has("rawPaymentResponseData") { "rawPaymentResponseData" } else { "rawResponseData" };
    if input.get(raw).is_nothing() {
        return skip("the library's default for no answer at all");
    }
    let answer = answer_of(input.get(raw))?;
    let yes = approved(&answer, expected)?;
    answer_fields(&answer, expected, yes)
}

fn answer_fields(answer: &Answer, expected: &Json, yes: bool) -> Checked {
    for (name, value) in expected.members() {
        match name.as_str() {
            "auth_code" => text(name, answer.get("AuthCode"), value, true)?,
            "ref_ret_num" => text(name, answer.key(), value, true)?,
            "proc_return_code" => text(name, answer.code(), value, false)?,
            "error_code" => text(name, answer.code(), value, yes)?,
            "error_message" => text(name, answer.message(), value, yes)?,
            "installment_count" if yes && !value.is_nothing() => {
                text(name, answer.get("InstallmentData/InstallmentCount"), value, false)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What the gate said, then the answer to the charge, if there was one.
pub(super) fn three_d(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let pairs = input.get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs) };
    gate_fields(&verified, expected)?;
    let raw = input.get("rawPaymentResponseData");
    if raw.is_nothing() {
        let outcome = codes::not_authenticated(verified.md_status(), None);
        same("declined", matches!(outcome, Outcome::Declined(_)), true)?;
        return same("approved", false, expected.get("status").text() == "approved");
    }
    let answer = answer_of(raw)?;
    let yes = approved(&answer, expected)?;
    answer_fields(&answer, expected, yes)
}

fn gate_fields(verified: &Verified<'_>, expected: &Json) -> Checked {
    let fields = verified.fields;
    let status = verified.md_status();
    let vouched = matches!(status, "1" | "2" | "3" | "4");
    let security = match status {
        "1" => "Full 3D Secure",
        "2" | "3" | "4" => "Half 3D Secure",
        _ => "MPI fallback",
    };
    for (name, value) in expected.members() {
        match name.as_str() {
            "remote_order_id" => text(name, fields.filled("OrderId"), value, false)?,
            "transaction_security" => text(name, Some(security), value, false)?,
            "masked_number" => text(name, fields.filled("CCPrefix"), value, false)?,
            "md_status" => text(name, Some(status), value, false)?,
            "md_error_message" => text(name, fields.filled("MdErrorMessage"), value, vouched)?,
            "amount" => same(name, fields.filled("Amount").and_then(written::minor), value.hundredths())?,
            "currency" => text(name, Some(shared::letters(fields.filled("CurrencyCode"))), value, false)?,
            "transaction_type" => {
                let kind = if fields.filled("TranType") == Some("Auth") { "pre" } else { "pay" };
                text(name, Some(kind), value, false)?;
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn status(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let raw = entry.get("input").get("rawResponseData");
    let answer = answer_of(raw)?;
    let yes = expected.get("status").text() == "approved";
    text("proc_return_code", answer.code(), expected.get("proc_return_code"), false)?;
    let rows = match answer.found() {
        Found::Rows(rows) => rows,
        Found::Nothing | Found::Unclear(_) => {
            same("found", false, yes)?;
            text("error_code", answer.code(), expected.get("error_code"), false)?;
            return text("error_message", answer.message(), expected.get("error_message"), false);
        }
    };
    same("found", true, yes)?;
    // The library shows the first transaction that counts.
    let shown = rows.iter().position(|row| row.standing == Standing::Effective);
    match shown {
        Some(index) => row(&rows[index], raw.get("TransactionData").items().get(index), expected),
        None => same("a transaction that counts", expected.get("order_id").is_nothing(), true),
    }
}

fn row(row: &Row, raw: Option<&Json>, expected: &Json) -> Checked {
    let raw = raw.ok_or_else(|| fail("no transaction"))?;
    let (kind, state) = match row.kind {
        Kind::Sale => ("pay", "PAYMENT_COMPLETED"),
        Kind::Authorization => ("pre", ""),
        Kind::Capture => ("post", ""),
        Kind::Refund => ("refund", "FULLY_REFUNDED"),
        Kind::Reversal(_) => ("cancel", "CANCELED"),
        Kind::PointUsage | Kind::PointReturn | Kind::Other => ("", ""),
    };
    let at = raw.get("TransactionDate").text();
    for (name, value) in expected.members().iter().filter(|(_, value)| !value.is_nothing()) {
        match name.as_str() {
            "order_id" => text(name, row.order.as_deref(), value, false)?,
            "transaction_type" => text(name, Some(kind), value, false)?,
            "order_status" => text(name, Some(state), value, false)?,
            "first_amount" => same(name, row.minor, value.hundredths())?,
            "currency" => text(name, row.currency.as_deref(), value, false)?,
            "masked_number" => text(name, row.masked_card.as_deref(), value, false)?,
            "auth_code" => text(name, row.auth_code.as_deref(), value, false)?,
            "ref_ret_num" => text(name, row.key.as_deref(), value, false)?,
            "transaction_time" | "refund_time" | "cancel_time" => {
                same(name, row.at_ms, written::epoch_ms(&at))?;
                shared::time(name, Some(&at), value)?;
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn wire_decode(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let read = Tree::read(entry.get("input").get("data").text().as_bytes());
    if expected.has("error") {
        return same("refused", read.is_err(), true);
    }
    same("document", read.map_err(broken)?, tree(expected))
}
