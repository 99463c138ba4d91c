//! The bank's book in the contract's words: of an order (`orderhistoryinq`), and of a day (`orderlistinq`).

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Day, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{BankRef, Context, Fault, History, Reply, Target, istanbul, state};

use crate::answer::Answer;
use crate::history::{History as Found, Row, Standing};
use crate::list::Entry;
use crate::message::Span;
use crate::settings::{Settings, User};
use crate::{Garanti, list, message};

/// What was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "listed", rename_all = "kebab-case")]
enum Asked {
    Order { order: String },
    Day { page: u32 },
}

impl History for Garanti {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let order = target.bank.bank_order_id.clone().unwrap_or_else(|| ctx.order_id.clone());
        let message = message::order_history(&Settings::load()?, message::mode(ctx), address(ctx), &order)?;
        history::ask(message::request(message)?, Some(&order), &Asked::Order { order: order.clone() })
    }

    fn of_day(ctx: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault> {
        let (day, page) = (Day::of(day)?, history::page(next)?);
        let span = Span { from_ms: day.from_ms, to_ms: day.last_ms, page };
        let message = message::list(&Settings::load()?, message::mode(ctx), address(ctx), span)?;
        history::ask(message::request(message)?, None, &Asked::Day { page })
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let asked = state::decode(state)?;
        let answer = Answer::verified(history::answer(reply)?, &Settings::load()?, User::Provision)?;
        match asked {
            Asked::Order { order } => {
                if answer.get("Order/OrderID").is_some_and(|stated| stated != order) {
                    return history::unclear("the history is another order's");
                }
                match crate::history::read(&answer) {
                    Found::Rows(rows) => history::listed(rows.iter().map(|row| of_row(row, &order)).collect()),
                    Found::Nothing => history::listed(Vec::new()),
                    Found::Unclear(why) => history::unclear(why),
                }
            }
            Asked::Day { page } => match list::read(&answer) {
                Ok(listed) => {
                    let next = (page < listed.pages).then_some(page + 1);
                    history::paged(listed.entries.iter().map(of_entry).collect(), next)
                }
                Err(why) => history::unclear(why),
            },
        }
    }
}

fn address(ctx: &Context) -> &str {
    ctx.payer_ip.as_deref().unwrap_or_default()
}

fn of_row(row: &Row, order: &str) -> Line {
    let operation = match row.kind.as_str() {
        "sales" => Some(operation::SALE),
        "preauth" => Some(operation::AUTHORIZE),
        "postauth" => Some(operation::CAPTURE),
        "void" => Some(operation::VOID),
        "refund" => Some(operation::REFUND),
        _ => None,
    };
    let standing = match row.standing {
        Standing::Stands => standing::DONE,
        Standing::Voided => standing::VOIDED,
        Standing::Failed => standing::FAILED,
        Standing::Unclear => standing::UNCLEAR,
    };
    // It names days only; `0` is no currency.
    Line {
        minor: row.minor().filter(|minor| *minor >= 0),
        currency: row.currency.clone().filter(|currency| currency != "0"),
        raw_code: row.code.clone().or_else(|| row.status.clone()),
        ..history::line(operation, standing, row.bank_ref(order))
    }
}

fn of_entry(entry: &Entry) -> Line {
    let operation = match entry.kind.as_str() {
        "Satis" => Some(operation::SALE),
        "On Otorizasyon" => Some(operation::AUTHORIZE),
        "On Otorizasyon Kapama" => Some(operation::CAPTURE),
        "Iptal" => Some(operation::VOID),
        "Iade" => Some(operation::REFUND),
        _ => None,
    };
    let standing = match (entry.is_done(), entry.standing.as_str(), entry.code.as_deref()) {
        (true, ..) => standing::DONE,
        (_, "Iptal", Some("00")) => standing::VOIDED,
        (_, "Basarisiz", Some(code)) if code != "00" => standing::FAILED,
        _ => standing::UNCLEAR,
    };
    let bank = BankRef {
        bank_order_id: entry.order_id.clone(),
        transaction_id: entry.number.clone(),
        auth_code: entry.auth_code.clone(),
        extra: Vec::new(),
    };
    let batch = entry.batch.clone().map(|batch| ("batch".to_owned(), batch));
    Line {
        at_millis: history::instant(entry.at.as_deref().and_then(istanbul::epoch_ms)),
        minor: entry.minor.filter(|minor| *minor >= 0),
        currency: entry.currency.clone(),
        raw_code: entry.code.clone(),
        attributes: batch.into_iter().collect(),
        ..history::line(operation, standing, bank)
    }
}
