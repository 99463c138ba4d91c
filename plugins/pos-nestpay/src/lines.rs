//! The bank's book in the contract's words: every transaction of an order. NestPay's interface lists no days.

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{Context, Fault, History, Reply, Target, state, step};

use crate::answer::Answer;
use crate::history::{History as Found, Row};
use crate::order_status::Standing;
use crate::settings::Settings;
use crate::{Nestpay, message};

/// What was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    listed_order: String,
}

impl History for Nestpay {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let order = step::order_of(ctx, target);
        let request = message::request(message::order_history(&Settings::load()?, &order)?)?;
        history::ask(request, Some(&order), &Asked { listed_order: order.clone() })
    }

    fn of_day(_: &Context, _: &str, _: Option<&[u8]>) -> Result<Look, Fault> {
        history::no_days()
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let Asked { listed_order: order } = state::decode(state)?;
        let answer = Answer::read(history::answer(reply)?)?;
        if answer.get("OrderId").is_some_and(|stated| !stated.is_empty() && stated != order) {
            return history::unclear("the history is another order's");
        }
        match crate::history::read(&answer) {
            Found::Rows(rows) => history::listed(rows.iter().map(|row| line(row, &order)).collect()),
            Found::Nothing => history::listed(Vec::new()),
            Found::Unclear(why) => history::unclear(why),
        }
    }
}

/// `S` is a sale, a reservation and a capture alike; `A` tells none of them apart before the day end.
fn line(row: &Row, order: &str) -> Line {
    let operation = row.is_credit().then_some(operation::REFUND);
    let standing = match row.standing {
        Standing::Authorized | Standing::Captured => standing::DONE,
        Standing::Voided => standing::VOIDED,
        Standing::Failed => standing::FAILED,
        Standing::Pending => standing::PENDING,
        Standing::Unclear => standing::UNCLEAR,
    };
    Line {
        at_millis: history::instant(row.epoch_ms()),
        minor: row.minor(),
        raw_code: row.proc_return_code.clone(),
        ..history::line(operation, standing, row.bank_ref(order))
    }
}
