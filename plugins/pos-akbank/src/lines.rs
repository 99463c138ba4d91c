//! The bank's book in the contract's words: of an order (`1010`), and of a day (the report).

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Day, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{Context, Fault, History, Reply, Target, amount, state, step};

use crate::answer::Answer;
use crate::history::{History as Found, Row, Standing};
use crate::message::{Range, Reference};
use crate::settings::Settings;
use crate::{Akbank, code, message, report};

/// What was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "listed", rename_all = "kebab-case")]
enum Asked {
    Order { order: String },
    Day,
}

impl History for Akbank {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let order = step::order_of(ctx, target);
        let message = message::history(&Settings::load()?, &Reference::Order(&order));
        let request = message::request(message::PROCESS, message)?;
        history::ask(request, Some(&order), &Asked::Order { order: order.clone() })
    }

    fn of_day(_: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault> {
        let day = Day::of(day)?;
        if next.is_some() {
            return Err(Fault::InvalidRequest("a day is one report".into()));
        }
        let (from, until) = (format!("{}T00:00:00.000", day.text), format!("{}T23:59:59.999", day.text));
        history::ask(report::request(&Settings::load()?, &Range::Times(&from, &until))?, None, &Asked::Day)
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let (asked, response) = (state::decode(state)?, history::answer(reply)?);
        match asked {
            Asked::Order { order } => {
                let answer = Answer::read(response)?;
                listed(crate::history::read(&answer), |row| row.is_of(&order))
            }
            Asked::Day => {
                let answer = report::read(response)?;
                listed(report::rows(&answer), |_| true)
            }
        }
    }
}

fn listed(found: Found<'_>, ours: impl Fn(&Row<'_>) -> bool) -> Result<Look, Fault> {
    match found {
        Found::Rows(rows) if rows.iter().all(ours) => history::listed(rows.iter().map(line).collect()),
        Found::Rows(_) => history::unclear("the history is another order's"),
        Found::Nothing => history::listed(Vec::new()),
        Found::Unclear(why) => history::unclear(why),
    }
}

fn line(row: &Row<'_>) -> Line {
    let operation = match row.code {
        code::SALE | code::GATE_SALE => Some(operation::SALE),
        code::AUTHORIZE | code::GATE_AUTHORIZE => Some(operation::AUTHORIZE),
        code::CAPTURE => Some(operation::CAPTURE),
        code::REFUND => Some(operation::REFUND),
        code::VOID | code::CANCEL_PLANNED => Some(operation::VOID),
        _ => None,
    };
    let standing = match row.standing {
        Standing::Done => standing::DONE,
        Standing::Failed => standing::FAILED,
        Standing::Voided | Standing::Reversed | Standing::PlanCancelled => standing::VOIDED,
        Standing::Planned => standing::PENDING,
        Standing::Unclear => standing::UNCLEAR,
    };
    let order = row.get("orgOrderId").or_else(|| row.get("orderId"));
    let currency = row.get("currencyCode");
    let number = row.get("recurringOrder").map(|number| ("recurring-number".to_owned(), number.to_owned()));
    Line {
        at_millis: history::instant(row.epoch_ms()),
        minor: row.minor(amount::exponent(currency)),
        currency: currency.map(str::to_owned),
        order_id: order.map(str::to_owned),
        raw_code: row.get("responseCode").map(str::to_owned),
        attributes: number.into_iter().collect(),
        ..history::line(operation, standing, row.bank_ref(order.unwrap_or_default()))
    }
}
