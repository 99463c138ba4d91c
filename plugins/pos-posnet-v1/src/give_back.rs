//! Voids and refunds. Both look first where the order's transactions must be known: which of them still
//! stands, and which refunds are there already.

use posnet_orders::plan::{self, ToVoid};
use posnet_orders::question::{self, AUTH, CAPT, RETURN, SALE, STANDS_AS, VOIDS, is_three_d, noted};
use posnet_orders::row::Row;
use posnet_orders::{codes, number, written};
use serde::{Deserialize, Serialize};
use vezne_plugin::words::operation;
use vezne_plugin::{BankRef, Context, Effect, Fault, HttpResponse, Outcome, Step, Target, Terms, amount, step};

use crate::answer::{Answer, Found, Judgement};
use crate::message::{self, Message, Reference};
use crate::settings::Settings;
use crate::{State, positive, request_inquiry};

/// What is voided or given back of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Original {
    /// Our order number.
    pub order: String,
    /// Whether it went through the 3-D gate.
    pub three_d: bool,
    /// The bank's key, where known.
    pub key: Option<String>,
    /// As what it stands: `sale`, `auth` or `capt`.
    pub stands_as: String,
    /// What was charged in all, minor units.
    pub minor: i64,
}

impl Original {
    /// Of a target.
    pub fn of(ctx: &Context, target: &Target) -> Self {
        let stands_as = match (noted(&target.bank, STANDS_AS), target.operation.as_str()) {
            (Some(word), _) => word,
            (None, operation::AUTHORIZE) => AUTH,
            (None, operation::CAPTURE) => CAPT,
            (None, _) => SALE,
        };
        Self {
            order: step::order_of(ctx, target),
            three_d: is_three_d(target),
            key: target.bank.transaction_id.clone(),
            stands_as: stands_as.to_owned(),
            minor: target.terms.amount.minor,
        }
    }

    fn with_reference(&self, build: impl FnOnce(Reference<'_>) -> Result<Message, Fault>) -> Result<Message, Fault> {
        if let Some(key) = &self.key {
            return build(Reference::Key(key));
        }
        build(Reference::Order(&number::address(&self.order, self.three_d)?))
    }

    fn at(&self, row: &Row, stands_as: &str) -> Self {
        let key = row.key.clone().or_else(|| self.key.clone());
        Self { key, stands_as: stands_as.to_owned(), ..self.clone() }
    }
}

/// The bank's word for what a transaction is.
pub fn transaction(stands_as: &str) -> &'static str {
    match stands_as {
        AUTH => "Auth",
        CAPT => "Capture",
        RETURN => "Return",
        _ => "Sale",
    }
}

/// Begins a void. A reservation may have been captured since, and then the capture goes first.
pub fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
    let original = Original::of(ctx, target);
    match (target.operation.as_str(), noted(&target.bank, STANDS_AS)) {
        (operation::REFUND, _) => send_void(ctx, &Original { stands_as: RETURN.to_owned(), ..original }, None),
        (operation::CAPTURE, _) => send_void(ctx, &Original { stands_as: CAPT.to_owned(), ..original }, None),
        (_, Some(SALE)) | (operation::SALE, None) => send_void(ctx, &original, None),
        _ => {
            let request = request_inquiry(&original.order, original.three_d, &ctx.order_id)?;
            step::send(request, Effect::ReadOnly, step::order_ref(&original.order), &State::BeforeVoid { original })
        }
    }
}

/// Voids what stands.
pub fn void_what_stands(ctx: &Context, original: &Original, response: &HttpResponse) -> Result<Step, Fault> {
    let answer = Answer::read(response)?;
    let rows = match answer.found() {
        Found::Rows(rows) => rows,
        Found::Nothing => return step::done(codes::refused(answer.code(), answer.message())),
        Found::Unclear(why) => return step::done(step::not_processed(format!("nothing was voided: {why}"))),
    };
    match plan::to_void(&rows) {
        ToVoid::This { transaction, row, then } => {
            send_void(ctx, &original.at(row, transaction), then.map(|row| original.at(row, AUTH)))
        }
        ToVoid::DoneAlready => step::done(voided(&original.order, "0220")),
        ToVoid::Nothing => step::done(step::not_processed("nothing of the order stands")),
    }
}

/// Sends a void. `then` is the reservation that falls after its capture.
fn send_void(ctx: &Context, original: &Original, then: Option<Original>) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let message = original.with_reference(|of| message::void(&settings, transaction(&original.stands_as), of))?;
    let known = BankRef {
        transaction_id: original.key.clone(),
        extra: vec![(VOIDS.to_owned(), original.stands_as.clone())],
        ..step::order_ref(&original.order)
    };
    let request = message::request(&settings, message, &ctx.order_id)?;
    let waiting = State::Void { original: original.clone(), then };
    step::send(request, Effect::OnceOnlyWrite, known, &waiting)
}

/// The answer to a void. Once the capture is void no money is taken; the reservation is voided as well, and if
/// the bank will not, it falls by itself.
pub fn void_answered(
    ctx: &Context,
    original: &Original,
    then: Option<&Original>,
    response: &HttpResponse,
) -> Result<Step, Fault> {
    let answer = Answer::read(response)?;
    let approved = answer.judge() == Judgement::Approved;
    match (approved || codes::is_voided_already(answer.code()), then) {
        (true, Some(reservation)) => {
            let settings = Settings::load()?;
            let message = reservation.with_reference(|of| message::void(&settings, transaction(AUTH), of))?;
            let known = BankRef {
                transaction_id: original.key.clone(),
                extra: vec![(VOIDS.to_owned(), CAPT.to_owned())],
                ..step::order_ref(&original.order)
            };
            let request = message::request(&settings, message, &ctx.order_id)?;
            step::send(request, Effect::OnceOnlyWrite, known, &State::VoidRest { order: original.order.clone() })
        }
        (true, None) if approved => step::done(answer.approval(&original.order, &original.stands_as)),
        (true, None) => step::done(voided(&original.order, answer.code().unwrap_or_default())),
        (false, _) => step::done(answer.not_approved()),
    }
}

/// The answer to the void of a reservation whose capture is void already.
pub fn rest_answered(order: &str, response: &HttpResponse) -> Result<Step, Fault> {
    let approved = matches!(Answer::read(response).map(|answer| answer.judge()), Ok(Judgement::Approved));
    let held = ("reservation".to_owned(), "held-until-it-falls".to_owned());
    let attributes = if approved { Vec::new() } else { vec![held] };
    step::done(step::approved(step::order_ref(order), step::nothing_stated(), Some("00".into()), attributes))
}

fn voided(order: &str, code: &str) -> Outcome {
    let raw = Some(code.to_owned()).filter(|code| !code.is_empty());
    step::approved(step::order_ref(order), step::nothing_stated(), raw, Vec::new())
}

/// Begins a refund: those that are there already are noted, so that an unknown one can be told from them. The
/// refund of a 3-D payment carries no amount in the public implementation, so a part of one would give back
/// all of it: it is refused unless the bank has said that the amount counts.
pub fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
    positive(terms)?;
    let settings = Settings::load()?;
    written::currency(&terms.amount)?;
    let original = Original::of(ctx, target);
    if original.three_d && !settings.three_d_refund_amount && terms.amount.minor != original.minor {
        let why = "Albaraka gives back a 3-D payment as a whole; for a part, the bank must confirm that amounts count";
        return Err(Fault::Unsupported(why.into()));
    }
    let request = request_inquiry(&original.order, original.three_d, &ctx.order_id)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&original.order), &State::BeforeRefund { original })
}

/// Sends the refund, of the original sale or capture and never of an earlier refund. A store that may not ask
/// can refund all the same; an unknown refund is then looked for by its time.
pub fn send_refund(ctx: &Context, terms: &Terms, original: &Original, response: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let (original, before) = match Answer::read(response).map(|answer| answer.found()) {
        Ok(Found::Rows(rows)) => {
            let before = question::refunds_noted(&rows);
            if before.is_none() {
                return step::done(step::not_processed("the order has more refunds than can be told apart"));
            }
            let taken = plan::taken(&rows).map(|row| {
                let is_capture = row.kind == posnet_orders::row::Kind::Capture;
                original.at(row, if is_capture { CAPT } else { SALE })
            });
            (taken.unwrap_or_else(|| original.clone()), before)
        }
        Ok(Found::Nothing) => (original.clone(), Some(vec![(question::REFUNDS_BEFORE.to_owned(), String::new())])),
        Ok(Found::Unclear(_)) => (original.clone(), None),
        Err(_) => return step::done(step::not_processed("the bank could not say what was refunded before")),
    };
    let (minor, currency) = (amount::minor(&terms.amount)?, written::currency(&terms.amount)?);
    let named = !original.three_d || settings.three_d_refund_amount;
    let amount = named.then_some((minor.as_str(), currency));
    let kind = transaction(&original.stands_as);
    let message = original.with_reference(|of| message::give_back(&settings, kind, of, amount))?;
    let known = BankRef { extra: before.unwrap_or_default(), ..step::order_ref(&original.order) };
    let request = message::request(&settings, message, &ctx.order_id)?;
    let waiting = State::Refund { order: original.order.clone() };
    step::send(request, Effect::OnceOnlyWrite, known, &waiting)
}
