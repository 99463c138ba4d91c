//! The platform's book in the contract's words: every transaction of an order (`QUERYTRANSACTION`). What is public of the
//! platform shows no list of a day.

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{Context, Fault, History, Reply, Target, istanbul, state, step};

use crate::answer::{self, Answer};
use crate::inquiry::{self, Found, Row, Standing};
use crate::settings::Settings;
use crate::{Msu, message};

/// What was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    listed_order: String,
}

impl History for Msu {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let order = step::order_of(ctx, target);
        let request = message::request(message::query(&Settings::load()?, &order)?)?;
        history::ask(request, Some(&order), &Asked { listed_order: order.clone() })
    }

    fn of_day(_: &Context, _: &str, _: Option<&[u8]>) -> Result<Look, Fault> {
        history::no_days()
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let Asked { listed_order: order } = state::decode(state)?;
        let answer = Answer::read(history::answer(reply)?)?;
        let lines: Vec<Line> = match inquiry::read(&answer, &order) {
            Found::Order(rows) => rows.all().iter().map(|row| line(row, &order)).collect(),
            Found::Nothing => Vec::new(),
            Found::Unclear(why) => return history::unclear(why),
        };
        let counted = |name: &str| answer.get(name).is_none_or(|count| count.parse() == Ok(lines.len()));
        if !counted("transactionCount") || !counted("totalTransactionCount") {
            return history::unclear("the answer has not as many transactions as it counts");
        }
        history::listed(lines)
    }
}

fn line(row: &Row<'_>, order: &str) -> Line {
    let operation = match row.get("transactionType") {
        Some("SALE") => Some(operation::SALE),
        Some("PREAUTH") => Some(operation::AUTHORIZE),
        Some("POSTAUTH") => Some(operation::CAPTURE),
        Some("VOID") => Some(operation::VOID),
        Some("REFUND") => Some(operation::REFUND),
        _ => None,
    };
    let why = row.why();
    let standing = match row.standing {
        // It stands, with a code that is not a yes.
        stands if stands.was_approved() && why.returned.is_some_and(|code| !answer::is_yes(code)) => standing::UNCLEAR,
        Standing::Approved | Standing::Taken => standing::DONE,
        Standing::Voided => standing::VOIDED,
        Standing::Waiting => standing::PENDING,
        Standing::Failed => standing::FAILED,
        Standing::Unclear => standing::UNCLEAR,
    };
    let at = row.get("timePsSent").or_else(|| row.get("timeCreated"));
    Line {
        at_millis: history::instant(at.and_then(istanbul::epoch_ms)),
        minor: row.minor().filter(|minor| *minor >= 0),
        currency: row.get("currency").map(str::to_owned),
        raw_code: why.error.or(why.returned).map(str::to_owned),
        ..history::line(operation, standing, row.bank_ref(order))
    }
}
