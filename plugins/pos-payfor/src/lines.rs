//! The bank's book in the contract's words: `TxnHistory` of an order or of a day.

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Day, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{Context, Fault, History, Reply, Target, state, step};

use crate::answer;
use crate::row::{self, History as Found, Row, Standing};
use crate::settings::Settings;
use crate::{Payfor, message};

/// What was asked; no order for a day.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    listed_order: Option<String>,
}

impl History for Payfor {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let order = step::order_of(ctx, target);
        let message = message::order_history(&Settings::load()?, &order, message::language(&ctx.locale))?;
        let asked = Asked { listed_order: Some(order.clone()) };
        history::ask(message::request(message)?, Some(&order), &asked)
    }

    fn of_day(ctx: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault> {
        let day = Day::of(day)?;
        if next.is_some() {
            return Err(Fault::InvalidRequest("a day is one report".into()));
        }
        let message = message::day_history(&Settings::load()?, &day.compact(), message::language(&ctx.locale))?;
        history::ask(message::request(message)?, None, &Asked { listed_order: None })
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let Asked { listed_order } = state::decode(state)?;
        let report = answer::document(history::answer(reply)?)?;
        let whole = report.name == "TxnHistoryReport";
        if listed_order.is_none() && whole && report.children.is_empty() {
            return history::listed(Vec::new());
        }
        let ours = |row: &Row| match (&listed_order, &row.order_id) {
            (Some(order), Some(stated)) => order == stated,
            _ => true,
        };
        match row::history(&report) {
            Found::Rows(rows) if rows.iter().all(ours) => history::listed(rows.iter().map(line).collect()),
            Found::Rows(_) => history::unclear("the history is another order's"),
            Found::Nothing => history::listed(Vec::new()),
            Found::Unclear(why) => history::unclear(why),
        }
    }
}

fn line(row: &Row) -> Line {
    let operation = match row.kind.as_str() {
        "Auth" => Some(operation::SALE),
        "PreAuth" => Some(operation::AUTHORIZE),
        "PostAuth" => Some(operation::CAPTURE),
        "Void" => Some(operation::VOID),
        "Refund" => Some(operation::REFUND),
        _ => None,
    };
    let standing = match row.standing {
        Standing::Stands => standing::DONE,
        Standing::Voided => standing::VOIDED,
        Standing::Unfinished => standing::PENDING,
        Standing::Failed => standing::FAILED,
        Standing::Unclear => standing::UNCLEAR,
    };
    Line {
        at_millis: history::instant(row.at_ms),
        minor: row.minor.filter(|minor| *minor >= 0),
        currency: row.currency.clone(),
        order_id: row.order_id.clone(),
        raw_code: row.code.clone(),
        ..history::line(operation, standing, row.bank_ref(""))
    }
}
