//! The bank's book in the contract's words: the transactions of a day, by pages. A search for an order finds one
//! transaction, and so is no history.

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Day, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{Context, Fault, History, Reply, Target, amount, state};

use crate::answer::{self, Judgement};
use crate::found::{self, Found, Row};
use crate::settings::Settings;
use crate::{Payflex, message};

/// As many as a page may have (9615).
const PAGE_SIZE: u32 = 50;

/// What was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    listed_day: String,
    page: u32,
}

impl History for Payflex {
    fn of_order(_: &Context, _: &Target) -> Result<Look, Fault> {
        history::no_orders()
    }

    fn of_day(_: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault> {
        let (day, page) = (Day::of(day)?, history::page(next)?);
        let message = message::days(&Settings::load()?, day.text, page, PAGE_SIZE)?;
        history::ask(message::question(message)?, None, &Asked { listed_day: day.text.to_owned(), page })
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let Asked { listed_day, page } = state::decode(state)?;
        let root = answer::document(history::answer(reply)?)?;
        let rows = match found::of(&root)? {
            Found::Rows(rows) => rows,
            Found::Nothing => Vec::new(),
            Found::Unclear(why) => return history::unclear(why),
        };
        let count = root.filled("TotalItemCount").and_then(|count| count.parse::<u32>().ok());
        let more = match (count, rows.len()) {
            (_, 0) => false,
            (Some(count), _) => page.saturating_mul(PAGE_SIZE) < count,
            (None, _) => return history::unclear("the list does not say how long it is"),
        };
        history::paged(rows.iter().map(|row| line(row, &listed_day)).collect(), more.then_some(page + 1))
    }
}

fn line(row: &Row, day: &str) -> Line {
    let operation = match row.get("TransactionType") {
        Some("Sale") => Some(operation::SALE),
        Some("Auth") => Some(operation::AUTHORIZE),
        Some("Capture") => Some(operation::CAPTURE),
        Some("Cancel" | "Reversal") => Some(operation::VOID),
        Some("Refund") => Some(operation::REFUND),
        _ => None,
    };
    let standing = match (answer::judge(row.code()), row.voided()) {
        (Judgement::Approved, Some(false) | None) => standing::DONE,
        (Judgement::Approved, Some(true)) => standing::VOIDED,
        (Judgement::Refused(..), _) => standing::FAILED,
        (Judgement::Unclear(_), _) => standing::UNCLEAR,
    };
    // Only a charge has an order number of ours.
    let order = row.get("OrderId").filter(|_| row.is(&["Sale", "Auth"]));
    let currency = row.currency();
    Line {
        at_millis: history::instant(row.get("HostDate").and_then(|at| instant(at, day))),
        minor: row.minor(amount::exponent(currency)).filter(|minor| *minor >= 0),
        currency: currency.map(str::to_owned),
        order_id: order.map(str::to_owned),
        raw_code: row.code().map(str::to_owned),
        ..history::line(operation, standing, row.bank_ref(order.unwrap_or_default()))
    }
}

/// `1130145930`: month, day and time; the year is that of the day asked about.
fn instant(at: &str, day: &str) -> Option<i64> {
    let ten_digits = at.len() == 10 && at.bytes().all(|byte| byte.is_ascii_digit());
    ten_digits.then(|| vezne_plugin::istanbul::epoch_ms(&format!("{}{at}", day.get(..4)?))).flatten()
}
