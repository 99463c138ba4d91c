//! The banks' book in the contract's words.
//!
//! Both keep one line for an order, with the sum of what was given back. Vakıf Katılım lists the transactions themselves
//! as well (`SelectOrder`): those of some days, or of an authorization. Kuveyt Türk's service has nothing but the order's
//! line, so an order of which something was given back is refused there with a sentence, and so is a day.
//!
//! The public lists show charges and voids. That a refund has a line of the same kind, its amount in `TranAmount`, is
//! read off them: an order is told only where the refunds of its lines come to what its charge says was given back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Day, Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{Context, Fault, History, Reply, Target, amount, host, istanbul, state};

use crate::book::{self, Found, Row, Standing};
use crate::katilim::Period;
use crate::question::Question;
use crate::settings::{Bank, Settings};
use crate::{Boa, katilim};

/// So many lines public clients ask for at once.
const LINES: u32 = 100;

const DAY_MS: i64 = 86_400_000;
/// From the first day of a period to its last: the bank lists ninety at most.
const DAYS_MAX: i64 = 89;

/// What was asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "listed", rename_all = "kebab-case", deny_unknown_fields)]
enum Asked {
    /// The line of an order.
    Order { order: String, sent_at_ms: i64 },
    /// Every transaction of an order's authorization.
    Authorization { order: String },
    /// Every transaction of a day, from a place in the list on; the first is 1.
    Day { day: String, place: u32 },
}

impl History for Boa {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        // Whatever the bank has under our number is meant, not only what it gave this number of its own.
        let question = Question { bank_order: None, ..Question::of(target, &ctx.order_id) };
        let request = question.request(&Settings::load()?)?;
        let asked = Asked::Order { order: question.order.clone(), sent_at_ms: question.sent_at_ms };
        history::ask(request, Some(&question.order), &asked)
    }

    fn of_day(_: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault> {
        let settings = Settings::load()?;
        if settings.bank == Bank::Kuveyt {
            return history::no_days();
        }
        let (day, place) = (Day::of(day)?, history::page(next)?);
        // Nobody has published whether a period ends with its last day or before it.
        let until = date(day.from_ms + DAY_MS);
        let skip = place - 1;
        // Nor whether `UpperLimit` is a number of lines or the place of the last: either way these are the lines from
        // `skip` on, and fewer than LINES of them are the end.
        let limit = skip.saturating_add(LINES);
        let period = Period { from: day.text, until: &until, skip, limit, provision: None };
        let asked = Asked::Day { day: day.text.to_owned(), place };
        history::ask(katilim::request("/SelectOrder", katilim::history(&settings, &period)?)?, None, &asked)
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let asked = state::decode(state)?;
        let settings = Settings::load()?;
        let rows = match (book::read(settings.bank, history::answer(reply)?)?, &asked) {
            (Found::Rows(rows), _) => rows,
            (Found::Nothing, Asked::Order { .. } | Asked::Day { .. }) => return history::listed(Vec::new()),
            (Found::Nothing, Asked::Authorization { .. }) => {
                return history::unclear("the bank has the order, and nothing of its authorization");
            }
            (Found::Unclear(why), _) => return history::unclear(why),
        };
        match asked {
            Asked::Order { order, sent_at_ms } => of_line(&settings, &order, sent_at_ms, &rows),
            Asked::Authorization { order } => of_authorization(&order, rows),
            Asked::Day { day, place } => of_day(&Day::of(&day)?, place, &rows),
        }
    }
}

/// The order's line says all, unless something was given back.
fn of_line(settings: &Settings, order: &str, sent_at_ms: i64, rows: &[Row]) -> Result<Look, Fault> {
    if rows.iter().any(|row| row.order_id() != Some(order)) {
        return history::unclear("the bank answered with another order");
    }
    let Some(back) = given_back(rows) else {
        return history::unclear("the order's line does not say what was given back");
    };
    if refunded(rows) == Some(back) {
        return history::listed(rows.iter().map(line).collect());
    }
    if settings.bank == Bank::Kuveyt {
        let why = "Kuveyt Türk tells how much of an order was given back in all, and not each refund";
        return Err(Fault::Unsupported(why.into()));
    }
    // What is not of this authorization would not be listed.
    let numbers: BTreeSet<Option<&str>> = rows.iter().map(|row| row.get("ProvNumber")).collect();
    let number = numbers.iter().copied().next().flatten().filter(|_| numbers.len() == 1);
    let Some(number) = number else { return history::unclear("the order does not have one authorization") };
    let now_ms = i64::try_from(host::now_ms()).unwrap_or_default();
    let (from_ms, until_ms) = (sent_at_ms.min(now_ms).saturating_sub(DAY_MS), now_ms.saturating_add(DAY_MS));
    if until_ms.saturating_sub(from_ms) > DAYS_MAX * DAY_MS {
        return Err(Fault::Unsupported(
            "Vakıf Katılım lists the refunds of ninety days, and this order is older".into(),
        ));
    }
    let (from, until) = (date(from_ms), date(until_ms));
    let period = Period { from: &from, until: &until, skip: 0, limit: LINES, provision: Some(number) };
    let request = katilim::request("/SelectOrder", katilim::history(settings, &period)?)?;
    history::ask(request, Some(order), &Asked::Authorization { order: order.to_owned() })
}

/// Another order may have the same authorization number.
fn of_authorization(order: &str, mut rows: Vec<Row>) -> Result<Look, Fault> {
    if rows.len() >= LINES as usize {
        return history::unclear("the bank lists more of this authorization than is read");
    }
    rows.retain(|row| row.order_id() == Some(order));
    let back = given_back(&rows).filter(|_| rows.iter().any(is_charged));
    if back.is_none() || refunded(&rows) != back {
        return history::unclear("the refunds that the bank lists are not what was given back");
    }
    history::listed(rows.iter().map(line).collect())
}

/// The list comes newest first, so that what happens meanwhile may show a line again but hides none.
fn of_day(day: &Day<'_>, place: u32, rows: &[Row]) -> Result<Look, Fault> {
    let mut lines = Vec::new();
    for row in rows {
        match at_ms(row) {
            Some(at_ms) if (day.from_ms..day.from_ms + DAY_MS).contains(&at_ms) => lines.push(line(row)),
            Some(_) => {}
            None => return history::unclear("a transaction does not say when it happened"),
        }
    }
    let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    history::paged(lines, (count >= LINES).then(|| place.saturating_add(count)))
}

/// `2026-11-22`
fn date(epoch_ms: i64) -> String {
    istanbul::iso(&istanbul::civil(epoch_ms)).chars().take(10).collect()
}

fn at_ms(row: &Row) -> Option<i64> {
    row.get("OrderDate").and_then(istanbul::epoch_ms)
}

fn minor(row: &Row, name: &str) -> Option<i64> {
    row.minor(name, amount::exponent(row.currency().as_deref())).filter(|minor| *minor >= 0)
}

fn is_charged(row: &Row) -> bool {
    row.succeeded() && row.is_charge()
}

fn is_refund(row: &Row) -> bool {
    matches!(row.kind(), Standing::Refunded | Standing::PartlyRefunded)
}

/// What the charges say was given back of them; none where one does not say it.
fn given_back(rows: &[Row]) -> Option<i64> {
    let mut totals = BTreeMap::new();
    for row in rows.iter().filter(|row| is_charged(row)) {
        let back = minor(row, "DrawbackAmount")?;
        // A reservation and its capture are one order.
        let total = totals.entry(row.get("OrderId")).or_insert(back);
        *total = back.max(*total);
    }
    totals.into_values().try_fold(0_i64, i64::checked_add)
}

/// What the refunds among the lines come to; none where one does not say its amount.
fn refunded(rows: &[Row]) -> Option<i64> {
    let refunds = rows.iter().filter(|row| row.succeeded() && is_refund(row));
    refunds.map(|row| minor(row, "TranAmount")).try_fold(0_i64, |sum, part| sum.checked_add(part?))
}

fn line(row: &Row) -> Line {
    let operation = match row.kind() {
        Standing::Charged => Some(operation::SALE),
        Standing::Refunded | Standing::PartlyRefunded => Some(operation::REFUND),
        Standing::Voided => Some(operation::VOID),
        // The banks' numbers for a reservation and its capture are not published.
        Standing::Unclear => None,
    };
    let first = || if is_refund(row) { None } else { minor(row, "FirstAmount") };
    Line {
        at_millis: history::instant(at_ms(row)),
        minor: minor(row, "TranAmount").or_else(first),
        currency: row.currency(),
        raw_code: row.code().map(str::to_owned),
        ..history::line(operation, standing_of(row), row.bank_ref(row.order_id().unwrap_or_default()))
    }
}

fn standing_of(row: &Row) -> &'static str {
    match (row.get("TransactionStatus"), row.code()) {
        _ if is_charged(row) && row.last() == Standing::Voided => standing::VOIDED,
        _ if row.succeeded() => standing::DONE,
        _ if row.failed() => standing::FAILED,
        // Begun at the 3-D gate and never charged: the line has no code at all.
        (Some("0"), None) => standing::FAILED,
        (Some("0"), Some(_)) => standing::PENDING,
        _ => standing::UNCLEAR,
    }
}
