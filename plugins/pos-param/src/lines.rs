//! Param's book in the contract's words: the transactions of a day (`TP_Islem_Izleme`). It lists no order's.

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Day, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{BankRef, Context, Fault, History, Reply, Target, istanbul, state};

use crate::history::{History as Found, Kind, Row};
use crate::settings::Settings;
use crate::{Param, message, soap};

/// What was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    listed_day: String,
}

impl History for Param {
    fn of_order(_: &Context, _: &Target) -> Result<Look, Fault> {
        history::no_orders()
    }

    fn of_day(_: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault> {
        let day = Day::of(day)?;
        if next.is_some() {
            return Err(Fault::InvalidRequest("a day is one list".into()));
        }
        let at = |ms: i64| {
            let at = istanbul::civil(ms);
            format!("{:02}.{:02}.{:04} {:02}:{:02}:{:02}", at.day, at.month, at.year, at.hour, at.minute, at.second)
        };
        let call = message::history(&Settings::load()?, &at(day.from_ms), &at(day.last_ms), None, None)?;
        history::ask(call.into_request()?, None, &Asked { listed_day: day.text.to_owned() })
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let Asked { .. } = state::decode(state)?;
        let result = soap::result(history::answer(reply)?, message::HISTORY)?;
        match crate::history::read(&result) {
            // An empty table is an empty day; no table at all is no answer.
            Found::Rows(rows) if rows.is_empty() && result.at("DT_Bilgi").is_none() => {
                history::unclear("the answer has no table")
            }
            Found::Rows(rows) => history::listed(rows.iter().map(line).collect()),
            Found::Refused(code) => history::unclear(format!("the question was refused with {code}")),
        }
    }
}

fn line(row: &Row) -> Line {
    let operation = match row.kind {
        Kind::Sale => Some(operation::SALE),
        Kind::Void => Some(operation::VOID),
        Kind::Refund => Some(operation::REFUND),
        Kind::Unclear => None,
    };
    // What was undone since stands in a line of its own.
    let standing = if row.succeeded() { standing::DONE } else { standing::FAILED };
    let bank = BankRef {
        bank_order_id: row.order_id.clone(),
        transaction_id: row.receipt.clone().filter(|receipt| receipt != "0"),
        auth_code: None,
        extra: Vec::new(),
    };
    // `2025-01-20T09:12:38.94+03:00`: Istanbul's own time.
    let local = row.at.as_deref().map(|at| at.strip_suffix("+03:00").unwrap_or(at));
    Line {
        at_millis: history::instant(local.and_then(istanbul::epoch_ms)),
        // What flows back is negative there.
        minor: row.minor.map(i64::abs),
        currency: row.currency.map(str::to_owned),
        raw_code: Some(row.code.clone()).filter(|code| !code.is_empty()),
        ..history::line(operation, standing, bank)
    }
}
