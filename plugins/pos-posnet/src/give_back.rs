//! Voids and refunds. Both look first where the order's transactions must be known: which of them still
//! stands, and which refunds are there already.

use posnet_orders::plan::{self, ToVoid};
use posnet_orders::question::{self, AUTH, CAPT, Question, RETURN, SALE, STANDS_AS, VOIDS, is_three_d, noted};
use posnet_orders::row::Row;
use posnet_orders::{codes, number, written};
use serde::{Deserialize, Serialize};
use vezne_plugin::words::operation;
use vezne_plugin::{BankRef, Context, Effect, Fault, HttpResponse, Outcome, Step, Target, Terms, amount, points, step};

use crate::agreement::{self, Found};
use crate::answer::{Answer, Judgement};
use crate::message::{self, Reference};
use crate::settings::Settings;
use crate::{State, positive, request_agreement};

/// Key in `known.extra`: the day of the charge, where the store addresses orders by number and day.
pub const ORDER_DAY: &str = "order-day";

/// What is voided or given back of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Original {
    /// Our order number.
    pub order: String,
    /// Whether it went through the 3-D gate.
    pub three_d: bool,
    /// The bank's key, where known.
    pub key: Option<String>,
    /// The order's day, where the store needs it.
    pub day: Option<String>,
}

impl Original {
    /// Of a target.
    pub fn of(ctx: &Context, target: &Target, settings: &Settings) -> Self {
        let sent_at_ms = i64::try_from(target.sent_at_millis).unwrap_or_default();
        Self {
            order: step::order_of(ctx, target),
            three_d: is_three_d(target),
            key: target.bank.transaction_id.clone(),
            day: settings.order_date.then(|| {
                // A later operation was sent on a day of its own.
                noted(&target.bank, ORDER_DAY).map_or_else(|| written::day(sent_at_ms), str::to_owned)
            }),
        }
    }

    /// With the reference a request takes.
    pub fn with_reference<T>(&self, build: impl FnOnce(Reference<'_>) -> T) -> Result<T, Fault> {
        if let Some(key) = &self.key {
            return Ok(build(Reference::Key(key)));
        }
        let address = number::address(&self.order, self.three_d)?;
        Ok(build(Reference::Order { address: &address, day: self.day.as_deref() }))
    }

    fn at(&self, row: &Row) -> Self {
        Self { key: row.key.clone().or_else(|| self.key.clone()), ..self.clone() }
    }
}

/// Begins a void. A reservation may have been captured since, and then the capture goes first (0788).
pub fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let original = Original::of(ctx, target, &settings);
    match (target.operation.as_str(), noted(&target.bank, STANDS_AS)) {
        (operation::REFUND, _) if points::were_used(ctx) => {
            let why = "a refund that gave points back is voided on the bank's own pages";
            Err(Fault::Unsupported(why.into()))
        }
        (operation::REFUND, _) => send_void(ctx, &settings, &original, RETURN, None),
        (operation::CAPTURE, _) => send_void(ctx, &settings, &original, CAPT, None),
        (_, Some(SALE)) | (operation::SALE, None) => send_void(ctx, &settings, &original, SALE, None),
        _ => {
            let request = request_agreement(&settings, &original, &ctx.order_id)?;
            let known = step::order_ref(&original.order);
            step::send(request, Effect::ReadOnly, known, &State::BeforeVoid { original })
        }
    }
}

/// Voids what stands.
pub fn void_what_stands(ctx: &Context, original: &Original, response: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let answer = Answer::read(response)?;
    let rows = match agreement::read(&answer) {
        Found::Rows(rows) => rows,
        Found::Nothing => return step::done(codes::refused(answer.error_code(), answer.message())),
        Found::Unclear(why) => return step::done(step::not_processed(format!("nothing was voided: {why}"))),
    };
    match plan::to_void(&rows) {
        ToVoid::This { transaction, row, then } => {
            send_void(ctx, &settings, &original.at(row), transaction, then.map(|row| original.at(row)))
        }
        ToVoid::DoneAlready => step::done(voided(&original.order, "0220")),
        ToVoid::Nothing => step::done(step::not_processed("nothing of the order stands")),
    }
}

/// Sends a void. `then` is the reservation that falls after its capture.
fn send_void(
    ctx: &Context,
    settings: &Settings,
    original: &Original,
    transaction: &str,
    then: Option<Original>,
) -> Result<Step, Fault> {
    let message = original.with_reference(|of| message::void(settings, transaction, of, None))?;
    let known = BankRef {
        transaction_id: original.key.clone(),
        extra: vec![(VOIDS.to_owned(), transaction.to_owned())],
        ..step::order_ref(&original.order)
    };
    let request = message::request(settings, message, &ctx.order_id)?;
    let waiting = State::Void { original: original.clone(), transaction: transaction.to_owned(), then };
    step::send(request, Effect::OnceOnlyWrite, known, &waiting)
}

/// The answer to a void. Once the capture is void no money is taken; the reservation is voided as well, and if
/// the bank will not, it falls by itself.
pub fn void_answered(
    ctx: &Context,
    original: &Original,
    transaction: &str,
    then: Option<&Original>,
    response: &HttpResponse,
) -> Result<Step, Fault> {
    let answer = Answer::read(response)?;
    let done = match answer.judge() {
        Judgement::Approved => true,
        Judgement::Refused => codes::is_voided_already(answer.error_code()),
        Judgement::ApprovedBefore => return ask_again(ctx, original, transaction),
        Judgement::Unclear => false,
    };
    match (done, then) {
        (true, Some(reservation)) => {
            let settings = Settings::load()?;
            let message = reservation.with_reference(|of| message::void(&settings, AUTH, of, None))?;
            let known = BankRef {
                transaction_id: original.key.clone(),
                extra: vec![(VOIDS.to_owned(), CAPT.to_owned())],
                ..step::order_ref(&original.order)
            };
            let request = message::request(&settings, message, &ctx.order_id)?;
            step::send(request, Effect::OnceOnlyWrite, known, &State::VoidRest { order: original.order.clone() })
        }
        (true, None) if answer.judge() == Judgement::Approved => {
            step::done(answer.approval(&original.order, transaction))
        }
        (true, None) => step::done(voided(&original.order, answer.error_code().unwrap_or_default())),
        (false, _) => step::done(answer.not_approved()),
    }
}

/// The answer to the void of a reservation whose capture is void already.
pub fn rest_answered(order: &str, response: &HttpResponse) -> Result<Step, Fault> {
    let approved = matches!(Answer::read(response).map(|answer| answer.judge()), Ok(Judgement::Approved));
    let held = ("reservation".to_owned(), "held-until-it-falls".to_owned());
    let attributes = if approved { Vec::new() } else { vec![held] };
    step::done(step::approved(step::order_ref(order), step::nothing_stated(), Some("1".into()), attributes))
}

fn voided(order: &str, code: &str) -> Outcome {
    let raw = Some(code.to_owned()).filter(|code| !code.is_empty());
    step::approved(step::order_ref(order), step::nothing_stated(), raw, Vec::new())
}

/// The bank says it has done this before: its book tells what.
fn ask_again(ctx: &Context, original: &Original, transaction: &str) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let question = Question {
        order: original.order.clone(),
        three_d: original.three_d,
        operation: operation::VOID.to_owned(),
        minor: 0,
        sent_at_ms: 0,
        refunds_before: None,
        voids: Some(transaction.to_owned()),
        key: original.key.clone(),
        points: points::were_used(ctx),
    };
    let request = request_agreement(&settings, original, &ctx.order_id)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&original.order), &State::Ask { question })
}

/// Begins a refund: those that are there already are noted, so that an unknown one can be told from them.
pub fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
    positive(terms)?;
    let settings = Settings::load()?;
    written::currency(&terms.amount)?;
    let original = Original::of(ctx, target, &settings);
    let request = request_agreement(&settings, &original, &ctx.order_id)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&original.order), &State::BeforeRefund { original })
}

/// Sends the refund, of the original sale or capture and never of an earlier refund. A store that may not ask
/// can refund all the same; an unknown refund is then looked for by its time.
pub fn send_refund(ctx: &Context, terms: &Terms, original: &Original, response: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let (original, before) = match Answer::read(response).map(|answer| agreement::read(&answer)) {
        Ok(Found::Rows(rows)) => {
            let before = question::refunds_noted(&rows);
            if before.is_none() {
                return step::done(step::not_processed("the order has more refunds than can be told apart"));
            }
            (plan::taken(&rows).map_or_else(|| original.clone(), |row| original.at(row)), before)
        }
        Ok(Found::Nothing) => (original.clone(), Some(vec![(question::REFUNDS_BEFORE.to_owned(), String::new())])),
        Ok(Found::Unclear(_)) => (original.clone(), None),
        Err(_) => return step::done(step::not_processed("the bank could not say what was refunded before")),
    };
    let (minor, currency) = (amount::minor(&terms.amount)?, written::currency(&terms.amount)?);
    let in_proportion = points::were_used(ctx);
    let message = original.with_reference(|of| message::give_back(&settings, of, &minor, currency, in_proportion))?;
    let known = BankRef { extra: before.unwrap_or_default(), ..step::order_ref(&original.order) };
    let request = message::request(&settings, message, &ctx.order_id)?;
    let waiting = State::Refund { order: original.order.clone() };
    step::send(request, Effect::OnceOnlyWrite, known, &waiting)
}
