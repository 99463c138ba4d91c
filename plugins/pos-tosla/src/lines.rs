//! Tosla's book in the contract's words: the transactions of a day, by pages. It has no list of an order's: see
//! [`history`](crate::history).

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Day, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{Context, Fault, History, Reply, Target, host, state};

use crate::Tosla;
use crate::answer::{APPROVED, Answer};
use crate::history::Row;
use crate::inquiry::{Standing, WAITING_MS};
use crate::settings::Settings;

/// What was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    listed_day: String,
    page: u32,
}

impl History for Tosla {
    fn of_order(_: &Context, _: &Target) -> Result<Look, Fault> {
        history::no_orders()
    }

    fn of_day(_: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault> {
        let (day, page) = (Day::of(day)?, history::page(next)?);
        let request = crate::history::request(&Settings::load()?, &day.compact(), page)?;
        history::ask(request, None, &Asked { listed_day: day.text.to_owned(), page })
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let Asked { page, .. } = state::decode(state)?;
        let answer = Answer::read(history::answer(reply)?)?;
        let listed = crate::history::read(&answer, page)?;
        let now_ms = i64::try_from(host::now_ms()).unwrap_or(i64::MAX);
        let lines = listed.rows.iter().map(|row| line(row, now_ms)).collect();
        history::paged(lines, listed.more.then_some(page.saturating_add(1)))
    }
}

fn line(row: &Row<'_>, now_ms: i64) -> Line {
    let operation = match row.kind {
        "1" => Some(operation::SALE),
        "2" => Some(operation::AUTHORIZE),
        "3" => Some(operation::CAPTURE),
        "4" => Some(operation::VOID),
        "5" => Some(operation::REFUND),
        _ => None,
    };
    Line {
        at_millis: history::instant(row.epoch_ms()),
        minor: Some(row.minor),
        currency: row.currency().map(str::to_owned),
        raw_code: row.get("BankResponseCode").map(str::to_owned),
        ..history::line(operation, standing(row, now_ms), row.bank_ref())
    }
}

/// A status beside a code of the card's bank that says otherwise is unclear, as it is to an inquiry.
fn standing(row: &Row<'_>, now_ms: i64) -> &'static str {
    let approved = row.get("BankResponseCode").map(|code| code == APPROVED);
    let gone = |since_ms: i64| now_ms.saturating_sub(since_ms) > WAITING_MS;
    match row.standing {
        Standing::Voided => standing::VOIDED,
        Standing::Failed if approved != Some(true) => standing::FAILED,
        // Nobody comes back to a session that old.
        Standing::AtGate if row.epoch_ms().is_some_and(gone) => standing::FAILED,
        Standing::AtGate => standing::PENDING,
        paid if paid.was_paid() && approved != Some(false) => standing::DONE,
        _ => standing::UNCLEAR,
    }
}
