//! Payments through the 3-D gate, in its three models.
//!
//! `3d`: the gate authenticates, we charge afterwards with the number it gave. The charge names no amount and
//! the form's signature covers no currency, so the bank's book is read before it counts. `3d-pay` and `3d-host`:
//! the bank charges by itself, and the book is read likewise.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, entry, model, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Decline, Effect, Fault, HttpResponse, Outcome, Purpose, Step, Terms, amount,
    decline, host, step,
};

use crate::State;
use crate::answer::{Act, Answer, Judgement};
use crate::gate::{self, Expected, GateForm, Verified};
use crate::message;
use crate::question::Question;
use crate::row::Found;
use crate::settings::Settings;

/// Meanings of `3DStatus`.
pub const MD_STATUS: &str = include_str!("../declines/md_status.json");

/// A payer on the way to the gate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Visit {
    model: String,
    reserve: bool,
}

/// What a callback or an answer claims and the bank's book is asked about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "claims", rename_all = "kebab-case")]
pub enum Claim {
    /// That the bank charged, or nothing clear.
    Charged,
    /// That the bank refused.
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: Option<String>,
    },
}

/// Builds the form for the gate.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let (secure_type, endpoint, card) = match (model, card) {
        (model::THREE_D, Some(card)) => ("3DModel", "gate", Some(card)),
        (model::THREE_D_PAY, Some(card)) => ("3DPay", "gate", Some(card)),
        (model::THREE_D_HOST, _) => ("3DHost", "hosted", None),
        (model::THREE_D | model::THREE_D_PAY, None) => {
            return Err(Fault::InvalidRequest(format!("the model {model} needs the card")));
        }
        _ => return Err(Fault::Unsupported(format!("the 3-D model {model} is not known"))),
    };
    if ctx.callback_url.len() > CALLBACK_CHARS_MAX {
        return Err(Fault::InvalidRequest("the bank takes return addresses of at most 200 characters".into()));
    }
    let reserve = purpose == Purpose::Authorize;
    let form = GateForm {
        secure_type,
        reserve,
        amount: &amount::decimal(&terms.amount)?,
        currency: &amount::numeric_currency(&terms.amount),
        instalments: &crate::instalments(terms),
        order_id: &ctx.order_id,
        ok_url: &ctx.callback_url,
        fail_url: &ctx.callback_url,
        rnd: &host::reference(host::ALPHANUMERIC, 20),
        lang: message::language(&ctx.locale),
    };
    let effect = if model == model::THREE_D { Effect::ReadOnly } else { Effect::OnceOnlyWrite };
    let waiting = State::Gate(Visit { model: model.to_owned(), reserve });
    let known = step::order_ref(&ctx.order_id);
    step::browse(endpoint, form.build(&settings, card)?, effect, &ctx.order_id, known, &waiting)
}

/// `M038`
const CALLBACK_CHARS_MAX: usize = 200;

/// The payer is back: signature first, then order, amount and currency, then the result.
pub fn came_back(ctx: &Context, terms: &Terms, visit: &Visit, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let verified = gate::verify(callback, &settings)?;
    let currency = amount::numeric_currency(&terms.amount);
    let expected = Expected {
        order_id: &ctx.order_id,
        minor: terms.amount.minor,
        exponent: terms.amount.exponent,
        currency: &currency,
    };
    verified.check(&settings, expected)?;
    let question = question(ctx, terms, visit.reserve);
    if visit.model == model::THREE_D {
        return authenticated(ctx, &settings, question, &verified);
    }
    confirm(ctx, &settings, question, claim(&verified))
}

fn question(ctx: &Context, terms: &Terms, reserve: bool) -> Question {
    Question {
        order: ctx.order_id.clone(),
        operation: operation::of_charge(reserve).to_owned(),
        minor: terms.amount.minor,
        sent_at_ms: i64::try_from(host::now_ms()).unwrap_or_default(),
        refunds_before: None,
    }
}

/// Model `3d`: nothing is charged yet.
fn authenticated(
    ctx: &Context,
    settings: &Settings,
    question: Question,
    verified: &Verified<'_>,
) -> Result<Step, Fault> {
    if !settings.accepts(verified.md_status()) {
        return step::done(not_authenticated(verified));
    }
    if !verified.pins_result() {
        return Err(Fault::NotAuthentic("the callback is refused: its hash does not pin the result down".into()));
    }
    let guid = verified.fields.filled("RequestGuid").filter(|guid| guid.len() <= 64);
    let Some(guid) = guid else {
        return Err(Fault::NotAuthentic("the callback is refused: it has no RequestGuid".into()));
    };
    let request = message::request(message::provision(settings, &ctx.order_id, guid)?)?;
    let known = BankRef { extra: vec![("request".to_owned(), guid.to_owned())], ..step::order_ref(&ctx.order_id) };
    step::send(request, Effect::OnceOnlyWrite, known, &State::Provision { question })
}

/// The answer to the charge after the authentication: a yes is looked up in the bank's book, because neither
/// it nor the callback says how much.
pub fn provisioned(ctx: &Context, question: Question, response: &HttpResponse) -> Result<Step, Fault> {
    let answer = Answer::read(response)?;
    match answer.words().judge(Act::Charge) {
        Judgement::Approved => confirm(ctx, &Settings::load()?, question, Claim::Charged),
        _ => step::done(answer.outcome(Act::Charge, &question.order)),
    }
}

/// What the callback of a gate that charges comes to.
pub fn claim(verified: &Verified<'_>) -> Claim {
    let words = verified.words();
    match words.judge(Act::Charge) {
        Judgement::Refused(code, _) if verified.signed => {
            Claim::Refused { code, message: words.message.map(str::to_owned) }
        }
        _ => Claim::Charged,
    }
}

fn confirm(ctx: &Context, settings: &Settings, question: Question, claim: Claim) -> Result<Step, Fault> {
    let lang = message::language(&ctx.locale);
    let request = message::request(message::order_status(settings, &question.order, lang)?)?;
    let known = step::order_ref(&question.order);
    step::send(request, Effect::ReadOnly, known, &State::Confirm { question, claim })
}

/// The bank's own book against what was claimed. A bank that does not know yet what it claims to have charged
/// is asked again later; one that says it refused and knows no order has not charged.
pub fn confirmed(question: &Question, found: &Found, claim: Claim) -> Result<Step, Fault> {
    step::done(match (found, claim) {
        (Found::Nothing, Claim::Refused { code, message }) => match crate::answer::meaning(&code) {
            Some(meaning) => meaning.outcome(&code, message.as_deref()),
            None => step::unknown(format!("{code} is in no table")),
        },
        (Found::Nothing, Claim::Charged) => step::unknown("the bank's book does not show yet what was claimed"),
        (found, _) => question
            .by_status(found)
            .unwrap_or_else(|| step::unknown("the bank's book shows another transaction of the order")),
    })
}

/// What a failed authentication means for the payer.
pub fn not_authenticated(verified: &Verified<'_>) -> Outcome {
    let words = verified.words();
    let code = words.code.filter(|code| *code != "V033");
    if let Some((code, meaning)) = code.and_then(|code| Some((code, crate::answer::meaning(code)?)))
        && meaning.class.is_refusal()
    {
        return meaning.outcome(code, words.message);
    }
    declined(verified.md_status(), words.message)
}

fn declined(md_status: &str, message: Option<&str>) -> Outcome {
    // No result at all is a failed authentication, and so is a result the POS account does not accept.
    let meaning = decline::look_up(MD_STATUS, md_status).filter(|meaning| meaning.class.is_refusal());
    let meaning = meaning.or_else(|| decline::look_up(MD_STATUS, "0"));
    let known = (1..=2).contains(&md_status.len()) && md_status.is_ascii();
    let code = if known { format!("3DStatus {md_status}") } else { "3DStatus".to_owned() };
    match meaning {
        Some(meaning) => meaning.outcome(&code, message),
        None => Outcome::Declined(Decline {
            category: category::AUTHENTICATE_AGAIN.to_owned(),
            bank_code: Some(code),
            bank_message: message.map(str::to_owned),
            same_card_may_retry: true,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        }),
    }
}
