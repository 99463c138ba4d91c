//! What answers mean. The library's own names for things are compared where they stand for a word of the bank;
//! names it makes up itself (payment models, its copy of our own order) are not.

use vezne_plugin::callback::Fields;
use vezne_plugin::xml::Tree;
use vezne_plugin::{Outcome, amount};

use crate::json::Json;
use crate::verdict::{Checked, fail, same, skip};
use pos_nestpay::answer::{Answer, Judgement};
use pos_nestpay::bank_time;
use pos_nestpay::gate::{Coverage, Verified};
use pos_nestpay::history::{self, History, Row};
use pos_nestpay::order_status::{self, Found, Standing};
use pos_nestpay::settings::Settings;
use pos_nestpay::three_d;

fn tree(name: &str, value: &Json) -> Tree {
    match value {
        Json::Map(members) => Tree {
            name: name.to_owned(),
            text: String::new(),
            children: members.iter().map(|(name, value)| tree(name, value)).collect(),
        },
        scalar => Tree { name: name.to_owned(), text: scalar.text(), children: Vec::new() },
    }
}

fn answer_of(raw: &Json) -> Result<Answer, crate::verdict::Verdict> {
    Answer::of(tree("CC5Response", raw)).map_err(|fault| fail(format!("{fault:?}")))
}

/// Compares a text of the bank. Where the library gives `null` for a refusal it has dropped what the bank said.
fn text(name: &str, ours: Option<&str>, expected: &Json, dropped: bool) -> Checked {
    if dropped && expected.is_nothing() {
        return Ok(());
    }
    same(name, ours.unwrap_or_default().to_owned(), expected.text())
}

fn time(name: &str, ours: Option<&str>, expected: &Json) -> Checked {
    if expected.has("__now") || expected.is_nothing() {
        return Ok(());
    }
    let naive = expected.get("__datetime").text().replace('T', " ");
    let wanted = bank_time::epoch_ms(naive.split('+').next().unwrap_or_default()).map(|ms| ms / 1_000);
    same(name, ours.and_then(bank_time::epoch_ms).map(|ms| ms / 1_000), wanted)
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
    same("mdStatus", Fields::new(&pairs).get("mdStatus").unwrap_or_default().to_owned(), entry.get("expected").text())
}

/// `map_payment`, `map_refund`, `map_cancel`.
pub(super) fn answer(entry: &Json) -> Checked {
    let input = entry.get("input");
    let raw = if input.has("rawPaymentResponseData") {
        input.get("rawPaymentResponseData")
    } else {
        input.get("rawResponseData")
    };
    if raw.is_nothing() {
        return skip("the library's default for no answer at all");
    }
    let (answer, expected) = (answer_of(raw)?, entry.get("expected"));
    let outcome = answer.outcome("order");
    approved(&outcome, expected)?;
    if answer.recurring_result().is_some() {
        return text("order_id", answer.get("RECORDID"), expected.get("order_id"), false);
    }
    answer_fields(&answer, expected, matches!(outcome, Outcome::Approved(_)))
}

fn answer_fields(answer: &Answer, expected: &Json, yes: bool) -> Checked {
    for (name, value) in expected.members() {
        match name.as_str() {
            "order_id" => text(name, answer.get("OrderId"), value, !yes)?,
            "group_id" => text(name, answer.get("GroupId"), value, !yes)?,
            "transaction_id" | "trans_id" => text(name, answer.get("TransId"), value, false)?,
            "auth_code" => text(name, answer.get("AuthCode"), value, !yes)?,
            "ref_ret_num" => text(name, answer.get("HostRefNum"), value, false)?,
            "proc_return_code" => text(name, answer.words().proc_return_code, value, false)?,
            "num_code" => text(name, answer.extra("NUMCODE"), value, !yes)?,
            "recurring_id" => text(name, answer.extra("RECURRINGID"), value, !yes)?,
            "error_code" | "error_message" if yes => text(name, None, value, false)?,
            "error_code" => text(name, answer.error_code().or(answer.extra("EXTENDED_ERROR_CODE")), value, true)?,
            "error_message" => text(name, answer.get("ErrMsg"), value, true)?,
            "transaction_time" => time(name, answer.extra("TRXDATE"), value)?,
            _ => {}
        }
    }
    Ok(())
}

/// What the gate said, then the answer to the provision, if there was one.
pub(super) fn three_d(entry: &Json) -> Checked {
    let (input, expected) = (entry.get("input"), entry.get("expected"));
    let pairs = input.get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs), coverage: Coverage::Everything };
    callback_fields(&verified, expected)?;
    let raw = input.get("rawPaymentResponseData");
    if raw.is_nothing() {
        let outcome = three_d::not_authenticated(&verified);
        same("declined", matches!(outcome, Outcome::Declined(_)), true)?;
        approved(&outcome, expected)?;
        text("error_code", verified.fields.filled("ErrorCode"), expected.get("error_code"), true)?;
        return text("error_message", verified.fields.filled("ErrMsg"), expected.get("error_message"), true);
    }
    let answer = answer_of(raw)?;
    let outcome = answer.outcome("order");
    approved(&outcome, expected)?;
    answer_fields(&answer, expected, matches!(outcome, Outcome::Approved(_)))
}

/// `map_3d_pay`, `map_3d_host`: the bank charged, or says that it did not.
pub(super) fn charged_by_bank(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let pairs = entry.get("input").get("raw3DAuthResponseData").pairs();
    let verified = Verified { fields: Fields::new(&pairs), coverage: Coverage::Everything };
    callback_fields(&verified, expected)?;
    let fields = verified.fields;
    text("order_id", fields.filled("oid"), expected.get("order_id"), false)?;
    let words = three_d::callback_words(&verified);
    let wanted = expected.get("status").text() == "approved";
    match (words.judge(), words.proc_return_code) {
        // Authenticated, and not a word about a charge: the library calls that paid, we ask the bank first.
        (_, None) if matches!(verified.md_status(), "1" | "2" | "3" | "4") => return Ok(()),
        (Judgement::Approved, _) => same("approved", true, wanted)?,
        _ => return same("approved", false, wanted),
    }
    text("auth_code", fields.filled("AuthCode"), expected.get("auth_code"), false)?;
    text("transaction_id", fields.filled("TransId"), expected.get("transaction_id"), false)?;
    text("ref_ret_num", fields.filled("HostRefNum"), expected.get("ref_ret_num"), false)?;
    text("proc_return_code", words.proc_return_code, expected.get("proc_return_code"), false)?;
    text("error_message", words.message, expected.get("error_message"), false)?;
    time("transaction_time", fields.filled("EXTRA_TRXDATE"), expected.get("transaction_time"))
}

fn callback_fields(verified: &Verified<'_>, expected: &Json) -> Checked {
    let fields = verified.fields;
    let full = verified.md_status() == "1";
    let security = match verified.md_status() {
        "" => "",
        "1" => "Full 3D Secure",
        "2" | "3" | "4" => "Half 3D Secure",
        _ => "MPI fallback",
    };
    let currency = match fields.get("currency") {
        Some("949") => "TRY",
        Some("840") => "USD",
        Some("978") => "EUR",
        Some("826") => "GBP",
        Some("392") => "JPY",
        Some("643") => "RUB",
        _ => "",
    };
    for (name, value) in expected.members() {
        match name.as_str() {
            "transaction_security" => same(name, security.to_owned(), value.text())?,
            "md_status" => text(name, fields.filled("mdStatus"), value, false)?,
            "masked_number" => text(name, fields.filled("maskedCreditCard"), value, false)?,
            "month" => text(name, fields.filled("Ecom_Payment_Card_ExpDate_Month"), value, false)?,
            "year" => text(name, fields.filled("Ecom_Payment_Card_ExpDate_Year"), value, false)?,
            "eci" => text(name, fields.filled("eci").filter(|_| full), value, true)?,
            "cavv" => text(name, fields.filled("cavv").filter(|_| full), value, true)?,
            "md_error_message" => text(name, fields.filled("mdErrorMsg"), value, true)?,
            "amount" => same(name, verified.minor(2), value.hundredths())?,
            "currency" => same(name, currency.to_owned(), value.text())?,
            "installment_count" => {
                let count = fields.filled("taksit").unwrap_or("0").to_owned();
                text(name, Some(&count), value, true)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn order_state(standing: Standing) -> &'static str {
    match standing {
        Standing::Authorized | Standing::Captured => "PAYMENT_COMPLETED",
        Standing::Failed => "ERROR",
        Standing::Pending => "PAYMENT_PENDING",
        Standing::Voided => "CANCELED",
        Standing::Unclear => "",
    }
}

fn minor(text: Option<&str>) -> Option<i64> {
    text.and_then(amount::parse_minor)
}

pub(super) fn status(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    if answer.get("Extra/RECURRINGID").is_some() {
        return recurring_status(&answer, expected);
    }
    let found = order_status::read(&answer);
    same("found", matches!(found, Found::Order(_)), expected.get("status").text() == "approved")?;
    text("order_id", answer.get("OrderId"), expected.get("order_id"), false)?;
    text("proc_return_code", answer.words().proc_return_code, expected.get("proc_return_code"), false)?;
    let Found::Order(order) = found else {
        return text("error_message", answer.get("ErrMsg"), expected.get("error_message"), false);
    };
    same("order_status", order_state(order.standing).to_owned(), expected.get("order_status").text())?;
    let kind = if order.charge_type == "S" { "pay" } else { "refund" };
    same("transaction_type", kind.to_owned(), expected.get("transaction_type").text())?;
    same("first_amount", order.original, expected.get("first_amount").hundredths())?;
    same("capture_amount", order.captured, expected.get("capture_amount").hundredths())?;
    same(
        "capture",
        Json::Bool(order.captured.is_some() && order.captured == order.original),
        expected.get("capture").clone(),
    )?;
    text("auth_code", order.bank.auth_code.as_deref(), expected.get("auth_code"), false)?;
    text("transaction_id", order.bank.transaction_id.as_deref(), expected.get("transaction_id"), false)?;
    text("ref_ret_num", answer.extra("HOST_REF_NUM"), expected.get("ref_ret_num"), false)?;
    text("masked_number", answer.extra("PAN"), expected.get("masked_number"), false)?;
    text("num_code", answer.extra("NUMCODE"), expected.get("num_code"), false)?;
    time("transaction_time", answer.extra("AUTH_DTTM"), expected.get("transaction_time"))?;
    time("capture_time", answer.extra("CAPTURE_DTTM"), expected.get("capture_time"))
}

/// A repeated order: the same names with `_1`, `_2`, …
fn recurring_status(answer: &Answer, expected: &Json) -> Checked {
    text("recurringId", answer.extra("RECURRINGID"), expected.get("recurringId"), false)?;
    text(
        "recurringInstallmentCount",
        answer.extra("RECURRINGCOUNT"),
        expected.get("recurringInstallmentCount"),
        false,
    )?;
    text("num_code", answer.extra("NUMCODE"), expected.get("num_code"), false)?;
    let any = answer.extra("RECURRINGCOUNT").is_some_and(|count| count != "0");
    same("approved", any, expected.get("status").text() == "approved")?;
    for (index, order) in expected.get("recurringOrders").items().iter().enumerate() {
        let field = |name: &str| answer.extra(&format!("{name}_{}", index + 1));
        text("order_id", field("ORD_ID"), order.get("order_id"), false)?;
        text("masked_number", field("PAN"), order.get("masked_number"), false)?;
        text("auth_code", field("AUTH_CODE"), order.get("auth_code"), false)?;
        text("proc_return_code", field("PROC_RET_CD"), order.get("proc_return_code"), false)?;
        text("transaction_id", field("TRANS_ID"), order.get("transaction_id"), false)?;
        text("ref_ret_num", field("HOST_REF_NUM"), order.get("ref_ret_num"), false)?;
        let standing = field("TRANS_STAT").map_or(Standing::Unclear, Standing::of);
        same("order_status", order_state(standing).to_owned(), order.get("order_status").text())?;
        same("first_amount", minor(field("ORIG_TRANS_AMT")), order.get("first_amount").hundredths())?;
        same("capture_amount", minor(field("CAPTURE_AMT")), order.get("capture_amount").hundredths())?;
        time("transaction_time", field("AUTH_DTTM"), order.get("transaction_time"))?;
    }
    Ok(())
}

pub(super) fn history(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let answer = answer_of(entry.get("input").get("rawResponseData"))?;
    text("order_id", answer.get("OrderId"), expected.get("order_id"), false)?;
    text("proc_return_code", answer.words().proc_return_code, expected.get("proc_return_code"), false)?;
    text("num_code", answer.extra("NUMCODE"), expected.get("num_code"), false)?;
    text("error_message", answer.get("ErrMsg"), expected.get("error_message"), false)?;
    let rows = match history::read(&answer) {
        History::Rows(rows) => rows,
        History::Nothing => Vec::new(),
        History::Unclear(why) => return Err(fail(why)),
    };
    same("approved", !rows.is_empty(), expected.get("status").text() == "approved")?;
    let wanted = expected.get("transactions").items();
    same("transactions", rows.len(), wanted.len())?;
    same("trans_count", Json::Text(rows.len().to_string()).text(), expected.get("trans_count").text())?;
    // The bank lists the newest first, the library the oldest.
    rows.iter().rev().zip(wanted).try_for_each(|(row, wanted)| history_row(row, wanted))
}

fn history_row(row: &Row, expected: &Json) -> Checked {
    let yes = row.proc_return_code.as_deref() == Some("00");
    same("approved", yes, expected.get("status").text() == "approved")?;
    text("auth_code", row.auth_code.as_deref(), expected.get("auth_code"), false)?;
    text("proc_return_code", row.proc_return_code.as_deref(), expected.get("proc_return_code"), false)?;
    text("transaction_id", row.transaction_id.as_deref(), expected.get("transaction_id"), false)?;
    text("ref_ret_num", row.host_ref.as_deref(), expected.get("ref_ret_num"), false)?;
    same("order_status", order_state(row.standing).to_owned(), expected.get("order_status").text())?;
    let kind = if row.is_charge() { "pay" } else { "refund" };
    same("transaction_type", kind.to_owned(), expected.get("transaction_type").text())?;
    same("first_amount", row.original, expected.get("first_amount").hundredths())?;
    same("capture_amount", row.captured, expected.get("capture_amount").hundredths())?;
    same("capture", Json::Bool(yes && row.captured == row.original), expected.get("capture").clone())?;
    time("transaction_time", Some(row.authorized_at.as_str()), expected.get("transaction_time"))
}

pub(super) fn wire_decode(entry: &Json) -> Checked {
    let body = entry.get("input").get("data").text();
    let tree = Tree::read(body.as_bytes(), None).map_err(|fault| fail(format!("{fault:?}")))?;
    decoded(&tree, entry.get("expected"))
}

fn decoded(tree: &Tree, expected: &Json) -> Checked {
    for (name, value) in expected.members() {
        let ours = tree.at(name).ok_or_else(|| fail(format!("{name} is missing")))?;
        match value {
            Json::Map(_) => decoded(ours, value)?,
            value => same(name, ours.text.clone(), value.text())?,
        }
    }
    same("fields", tree.children.len(), expected.members().len())
}
