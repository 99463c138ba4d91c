//! Payments through the 3-D gate, in its three models.
//!
//! `3d`: the gate authenticates, we charge afterwards with what it vouched for. `3d-pay` and `3d-host`: the
//! bank charges by itself. Its signature never covers the amount, so a yes is confirmed by asking for the
//! order before it counts.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, entry, model, operation};
use vezne_plugin::{
    BrowserAction, Callback, Card, Context, Decline, Effect, Fault, Outcome, Purpose, Step, Terms, amount, host, step,
};

use crate::answer::{APPROVED, Judgement};
use crate::code;
use crate::gate::{self, GateForm, Verified};
use crate::history::History;
use crate::message::{self, Payer};
use crate::question::Question;
use crate::settings::Settings;
use crate::{State, order_number, positive};

/// A payer on the way to the gate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Visit {
    model: String,
    reserve: bool,
}

/// Builds the form for the gate.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let (payment_model, path, card) = match (model, card) {
        (model::THREE_D, Some(card)) => ("3D", gate::SECURE_PAY, Some(card)),
        (model::THREE_D_PAY, Some(card)) => ("3D_PAY", gate::SECURE_PAY, Some(card)),
        (model::THREE_D_HOST, _) => ("3D_PAY_HOSTING", gate::PAY_HOSTING, None),
        (model::THREE_D | model::THREE_D_PAY, None) => {
            return Err(Fault::InvalidRequest(format!("the model {model} needs the card")));
        }
        _ => return Err(Fault::Unsupported(format!("the 3-D model {model} is not known"))),
    };
    let reserve = purpose == Purpose::Authorize;
    let form = GateForm {
        payment_model,
        code: code::gate(reserve),
        amount: &amount::decimal(&terms.amount)?,
        order_id: &ctx.order_id,
        ok_url: &ctx.callback_url,
        fail_url: &ctx.callback_url,
        lang: gate::page_language(&ctx.locale),
        currency: &amount::numeric_currency(&terms.amount),
        instalments: terms.installments,
        random: &message::random_number(),
        time: &message::request_time(),
    };
    let bank_charges = model != model::THREE_D;
    let effect = if bank_charges { Effect::OnceOnlyWrite } else { Effect::ReadOnly };
    let action = BrowserAction::PostForm(step::browser_form("gate", path, form.build(&settings, card)?));
    let waiting = State::Gate(Visit { model: model.to_owned(), reserve });
    step::browse_with(action, effect, &ctx.order_id, step::order_ref(&ctx.order_id), &waiting)
}

/// The payer is back: signature first, then store and order, then the result.
pub fn came_back(ctx: &Context, terms: &Terms, visit: &Visit, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let verified = gate::verify(callback)?;
    verified.check(&settings, &ctx.order_id)?;
    if visit.model == model::THREE_D {
        return authenticated(ctx, &settings, terms, visit, &verified);
    }
    charged(ctx, terms, visit, &verified)
}

/// Model `3d`: nothing is charged yet.
fn authenticated(
    ctx: &Context,
    settings: &Settings,
    terms: &Terms,
    visit: &Visit,
    verified: &Verified<'_>,
) -> Result<Step, Fault> {
    let words = verified.words();
    if words.response_code != Some(APPROVED) {
        return step::done(not_authenticated(verified));
    }
    if verified.get("txnCode").is_some_and(code::is_charge) {
        return step::done(step::unknown("the gate says that it charged, which it was not asked to"));
    }
    let indicator = verified.get("secureEcomInd").unwrap_or_default();
    let proof = (verified.get("secureId"), verified.get("secureMd"));
    let forbidden = verified.md_status().is_some_and(|status| match status {
        "1" => false,
        "4" => !settings.accepts_attempts,
        _ => true,
    });
    let (true, false, (Some(id), Some(md))) = (settings.accepts(indicator), forbidden, proof) else {
        return step::done(declined(&format!("secureEcomInd {indicator}"), words.message()));
    };
    let payer = Payer::Proof { id, indicator, data: verified.get("secureData").unwrap_or_default(), md };
    crate::send_charge(ctx, settings, terms, visit.reserve, payer)
}

/// Models `3d-pay` and `3d-host`: the bank may have charged. A no is its own word; a yes, and anything that
/// is neither, is looked for in its book.
fn charged(ctx: &Context, terms: &Terms, visit: &Visit, verified: &Verified<'_>) -> Result<Step, Fault> {
    let words = verified.words();
    let judgement = words.judge();
    if let Judgement::Refused(..) = judgement {
        return step::done(words.refused_outcome(&judgement));
    }
    let settings = Settings::load()?;
    let question = Question {
        order: ctx.order_id.clone(),
        operation: operation::of_charge(visit.reserve).to_owned(),
        minor: terms.amount.minor,
        exponent: terms.amount.exponent,
        sent_at_ms: i64::try_from(host::now_ms()).unwrap_or_default(),
        ..Question::default()
    };
    let request = message::request(message::PROCESS, message::history(&settings, &question.reference()))?;
    step::send(request, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Confirm { question })
}

/// The bank's own book against what a callback claimed. A bank that does not know yet what it claims to have
/// charged is asked again later.
pub fn confirmed(question: &Question, history: &History<'_>) -> Result<Step, Fault> {
    step::done(match history {
        History::Nothing => step::unknown("the bank's book does not show yet what its callback claims"),
        history => question.answer(history),
    })
}

/// What a failed authentication means for the payer. Nothing is charged by it, whatever its code.
pub fn not_authenticated(verified: &Verified<'_>) -> Outcome {
    let words = verified.words();
    match words.judge() {
        judgement @ Judgement::Refused(..) => words.refused_outcome(&judgement),
        _ => declined(words.response_code.unwrap_or("no code"), words.message()),
    }
}

fn declined(code: &str, message: Option<&str>) -> Outcome {
    Outcome::Declined(Decline {
        category: category::AUTHENTICATE_AGAIN.to_owned(),
        bank_code: Some(code.to_owned()),
        bank_message: message.map(str::to_owned),
        same_card_may_retry: true,
        other_pos_may_retry: false,
        attributes: Vec::new(),
    })
}
