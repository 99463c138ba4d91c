//! What answers mean. The library's own names for things are compared where they stand for a word of the bank;
//! names it makes up itself (payment models, its copy of our own order) are not.

use pos_posnet::agreement::{self, Found};
use pos_posnet::answer::{Answer, Judgement};
use pos_posnet::settings::Settings;
use pos_posnet::three_d::Said;
use posnet_orders::row::{Kind, Row};
use posnet_orders::{codes, written};
use vezne_plugin::{Fault, Outcome};

use crate::json::Json;
use crate::shared::{self, broken, text, tree};
use crate::verdict::{Checked, Verdict, fail, same, skip};

fn answer_of(raw: &Json) -> Result<Answer, Verdict> {
    Answer::of(tree("posnetResponse", raw)).map_err(broken)
}

pub(super) fn bank_hash(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let data = entry.get("input").get("data");
    let text = |name: &str| data.get(name).text();
    let (xid, amount, currency, md_status, mac) =
        (text("xid"), text("amount"), text("currency"), text("mdStatus"), text("mac"));
    let said = Said {
        xid: &xid,
        amount: &amount,
        currency: &currency,
        instalments: None,
        md_status: &md_status,
        message: None,
        mac: &mac,
    };
    match Settings::load().and_then(|settings| said.verify(&settings)) {
        Err(Fault::BadConfig(_)) if expected.has("error") => Ok(()),
        Err(Fault::NotAuthentic(_)) => same("authentic", Json::Bool(false), expected.clone()),
        Err(fault) => Err(broken(fault)),
        Ok(()) => same("authentic", Json::Bool(true), expected.clone()),
    }
}

pub(super) fn md_status(entry: &Json) -> Checked {
    let settings = Settings::load().map_err(broken)?;
    let ours = settings.accepts(&entry.get("input").get("mdStatus").text(), false);
    same("accepted", Json::Bool(ours), entry.get("expected").clone())
}

pub(super) fn extract_md_status(entry: &Json) -> Checked {
    let answer = answer_of(entry.get("input").get("raw3DAuthResponseData"))?;
    let ours = Said::of(&answer).map_or("", |said| said.md_status);
    same("mdStatus", ours.to_owned(), entry.get("expected").text())
}

/// Not a yes of the library is a no, a "nobody knows" or a "not booked" of ours; the repetition of a yes is
/// asked for, which the library takes for a no.
fn approved(answer: &Answer, expected: &Json) -> Result<bool, Verdict> {
    let yes = answer.judge() == Judgement::Approved;
    same("approved", yes, expected.get("status").text() == "approved")?;
    let settled = matches!(answer.judge(), Judgement::Approved | Judgement::ApprovedBefore);
    let refused = matches!(answer.not_approved(), Outcome::Declined(_) | Outcome::Unknown(_));
    same("an outcome that is not a yes", settled || refused, true)?;
    Ok(yes)
}

pub(super) fn payment(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let raw = input.get("rawPaymentResponseData");
    if raw.is_nothing() {
        return skip("the library's default for no answer at all");
    }
    let answer = answer_of(raw)?;
    let yes = approved(&answer, expected)?;
    payment_fields(&answer, expected, yes)
}

fn payment_fields(answer: &Answer, expected: &Json, yes: bool) -> Checked {
    for (name, value) in expected.members() {
        match name.as_str() {
            "auth_code" => text(name, answer.get("authCode"), value, !yes)?,
            "ref_ret_num" => text(name, answer.key(), value, !yes)?,
            "proc_return_code" => text(name, answer.get("approved"), value, false)?,
            "error_code" => text(name, answer.error_code(), value, false)?,
            "error_message" => text(name, answer.message(), value, false)?,
            "transaction_time" => shared::time(name, answer.get("tranDate"), value)?,
            "installment_count" if yes && !value.is_nothing() => {
                let count: Option<u8> = answer.get("instInfo/inst1").and_then(|count| count.parse().ok());
                same(name, count.unwrap_or(0).to_string(), value.text())?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A void or refund.
pub(super) fn given_back(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    let yes = approved(&answer, expected)?;
    text("proc_return_code", answer.get("approved"), expected.get("proc_return_code"), false)?;
    text("error_code", answer.error_code(), expected.get("error_code"), yes)?;
    text("error_message", answer.message(), expected.get("error_message"), yes)?;
    let inner = |name: &str| answer.get(&format!("transaction/{name}"));
    text("auth_code", inner("authCode"), expected.get("auth_code"), true)?;
    text("ref_ret_num", inner("hostlogkey"), expected.get("ref_ret_num"), true)
}

/// What the bank says the gate said, then the answer to the charge, if there was one.
pub(super) fn three_d(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let resolved = answer_of(input.get("raw3DAuthResponseData"))?;
    let said = Said::of(&resolved);
    if let Some(said) = &said {
        said_fields(said, expected)?;
    }
    let raw = input.get("rawPaymentResponseData");
    if !raw.is_nothing() {
        let answer = answer_of(raw)?;
        let yes = approved(&answer, expected)?;
        return payment_fields(&answer, expected, yes);
    }
    same("approved", false, expected.get("status").text() == "approved")?;
    let outcome = match &said {
        Some(said) => codes::not_authenticated(said.md_status, said.message),
        None => codes::refused_before_charge(resolved.error_code(), resolved.message()),
    };
    same("a definite no", matches!(outcome, Outcome::Declined(_) | Outcome::NotProcessed(_)), true)?;
    if said.is_none() {
        text("error_code", resolved.error_code(), expected.get("error_code"), false)?;
        text("error_message", resolved.message(), expected.get("error_message"), false)?;
    }
    text("proc_return_code", resolved.get("approved"), expected.get("proc_return_code"), true)
}

fn said_fields(said: &Said<'_>, expected: &Json) -> Checked {
    let security = match said.md_status {
        "" => "",
        "1" => "Full 3D Secure",
        "2" | "3" | "4" => "Half 3D Secure",
        _ => "MPI fallback",
    };
    for (name, value) in expected.members() {
        match name.as_str() {
            "remote_order_id" => text(name, Some(said.xid), value, false)?,
            "transaction_security" => text(name, Some(security), value, false)?,
            "md_status" => text(name, Some(said.md_status), value, false)?,
            "md_error_message" => text(name, said.message, value, true)?,
            "amount" => same(name, written::minor(said.amount), value.hundredths())?,
            "currency" => text(name, Some(written::iso_currency(said.currency)), value, false)?,
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn status(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    let yes = expected.get("status").text() == "approved";
    text("proc_return_code", answer.get("approved"), expected.get("proc_return_code"), false)?;
    let rows = match agreement::read(&answer) {
        Found::Rows(rows) => rows,
        Found::Nothing | Found::Unclear(_) => {
            same("found", false, yes)?;
            text("error_code", answer.error_code(), expected.get("error_code"), false)?;
            return text("error_message", answer.message(), expected.get("error_message"), false);
        }
    };
    same("found", true, yes)?;
    let first = rows.first().ok_or_else(|| fail("no transaction"))?;
    row(first, &answer, expected)
}

fn row(row: &Row, answer: &Answer, expected: &Json) -> Checked {
    let kind = match row.kind {
        Kind::Sale => "pay",
        Kind::Authorization => "pre",
        Kind::Capture => "post",
        Kind::Refund => "refund",
        Kind::Reversal(_) => "cancel",
        Kind::PointUsage | Kind::PointReturn | Kind::Other => "",
    };
    for (name, value) in expected.members().iter().filter(|(_, value)| !value.is_nothing()) {
        match name.as_str() {
            "order_id" => text(name, row.order.as_deref(), value, false)?,
            "auth_code" => text(name, row.auth_code.as_deref(), value, false)?,
            "ref_ret_num" => text(name, row.key.as_deref(), value, false)?,
            "transaction_type" => text(name, Some(kind), value, false)?,
            "first_amount" => same(name, row.minor, value.hundredths())?,
            "currency" => text(name, row.currency.as_deref(), value, false)?,
            "masked_number" => text(name, row.masked_card.as_deref(), value, false)?,
            "transaction_time" => shared::time(name, answer.get("transactions/transaction/tranDate"), value)?,
            _ => {}
        }
    }
    Ok(())
}
