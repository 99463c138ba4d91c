//! Payments through the 3-D gate, in its three models.
//!
//! `3d`: the gate authenticates, we complete afterwards. `3d-pay` and `3d-host`: the gate charges by itself.
//! The signature of its callback can be made by anybody who has ever seen one, because it shows the key, so
//! those two are always settled by Param's own book, never by the callback.

use serde::{Deserialize, Serialize};
use vezne_plugin::body::Form;
use vezne_plugin::words::{category, entry, model, operation};
use vezne_plugin::{
    BankRef, BrowserAction, Callback, Card, Context, Decline, Effect, Fault, HttpResponse, Outcome, Purpose, Step,
    Terms, decline, html, step,
};

use crate::answer::{Answer, Judgement};
use crate::gate::{self, Expected, Kind, Page, Verified};
use crate::message;
use crate::order_status::Found;
use crate::question::{self, Question};
use crate::settings::Settings;
use crate::soap;
use crate::{State, Texts};

/// Meanings of `mdStatus`.
pub const MD_STATUS: &str = include_str!("../declines/md_status.json");

/// A payer on the way to the gate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Visit {
    /// One of the contract's models.
    pub model: String,
    /// Reserve instead of charge.
    pub reserve: bool,
    /// Param's number of the authentication.
    pub guid: Option<String>,
}

/// The operation that begins a visit. What Param cannot do is refused before anything is sent.
pub fn operation(model: &str, reserve: bool, foreign: bool) -> Result<&'static str, Fault> {
    match (model, reserve, foreign) {
        (model::THREE_D, false, false) => Ok(message::SALE),
        (model::THREE_D, true, false) => Ok(message::RESERVE),
        (model::THREE_D_PAY, false, false) => Ok(message::SALE_AT_GATE),
        (model::THREE_D_PAY, false, true) => Ok(message::SALE_FOREIGN),
        (model::THREE_D_HOST, false, _) => Ok(message::HOSTED),
        (model::THREE_D, _, true) => {
            Err(Fault::Unsupported("Param charges foreign currencies at the gate itself: the model is 3d-pay".into()))
        }
        (model::THREE_D_PAY | model::THREE_D_HOST, true, _) => {
            Err(Fault::Unsupported("Param reserves in the model 3d only".into()))
        }
        _ => Err(Fault::Unsupported(format!("the 3-D model {model} is not known"))),
    }
}

/// Asks for the way to the gate. Nothing is charged by that.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let reserve = purpose == Purpose::Authorize;
    let texts = Texts::of(ctx, terms)?;
    let operation = operation(model, reserve, texts.currency.is_some())?;
    let call = match (operation, card) {
        (message::HOSTED, _) => message::hosted(&settings, &texts.order(ctx))?,
        (operation, Some(card)) => message::enrolment(&settings, operation, &texts.order(ctx), card)?,
        (_, None) => return Err(Fault::InvalidRequest(format!("the model {model} needs the card"))),
    };
    let waiting = State::Enrol { operation: operation.to_owned(), model: model.to_owned(), reserve };
    step::send(call.into_request()?, Effect::ReadOnly, known(ctx, model), &waiting)
}

/// What an inquiry will need if nothing ever comes back.
fn known(ctx: &Context, model: &str) -> BankRef {
    let hosted = (question::HOSTED.to_owned(), ctx.order_id.clone());
    let order = step::order_ref(&ctx.order_id);
    match model {
        model::THREE_D_HOST => BankRef { bank_order_id: None, extra: vec![hosted], ..order },
        _ => order,
    }
}

/// Param named the way: the payer goes there.
pub fn enrolled(
    ctx: &Context,
    operation: &str,
    model: String,
    reserve: bool,
    response: &HttpResponse,
) -> Result<Step, Fault> {
    let mut visit = Visit { model, reserve, guid: None };
    if operation == message::HOSTED {
        let ticket = soap::result(response, operation)?.text;
        let fields = Form::new().field("s", hosted_ticket(&ticket)?);
        return leave(ctx, BrowserAction::Redirect(step::browser_form("hosted-page", "", fields)), visit);
    }
    let answer = Answer::of(operation, soap::result(response, operation)?);
    match answer.judge() {
        Judgement::WantsGate => {}
        Judgement::Approved => return step::done(step::unknown("Param charged where it was asked for the gate")),
        _ => return step::done(not_begun(answer.outcome(&ctx.order_id))),
    }
    // An order number that Param has seen before gets another one: the callback would not find us.
    if answer.get("Siparis_ID").is_some_and(|order| order != ctx.order_id) {
        return step::done(step::not_processed("Param gave the order another number"));
    }
    let way = answer.gate().unwrap_or_default();
    if matches!(operation, message::SALE_AT_GATE | message::SALE_FOREIGN) {
        let page = Page::read(way)?;
        let fields = page.query.iter().fold(Form::new(), |form, (name, value)| form.field(name, value));
        return leave(ctx, BrowserAction::Redirect(step::browser_form("gate", &page.path, fields)), visit);
    }
    let Some(form) = html::Form::read(way.as_bytes()) else {
        return step::done(step::not_processed("Param's page has no form that leads to the card's bank"));
    };
    visit.guid = answer.get("Islem_GUID").map(str::to_owned);
    let path = step::path_of(&form.action, Settings::load()?.acs_address.as_deref())?;
    let fields = form.fields.iter().fold(Form::new(), |all, (name, value)| all.field(name, value));
    leave(ctx, BrowserAction::PostForm(step::browser_form("acs", &path, fields)), visit)
}

/// A refusal stays one; whatever else the answer was, nobody was sent to the gate, so nothing was charged.
fn not_begun(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Declined(decline) => Outcome::Declined(decline),
        Outcome::Unknown(why) => step::not_processed(why),
        other => other,
    }
}

/// The ticket for the hosted page; in its place an error comes as a sentence.
pub fn hosted_ticket(text: &str) -> Result<&str, Fault> {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if text.len() >= 16 && text.len().is_multiple_of(4) && text.bytes().all(is_base64) {
        return Ok(text);
    }
    let short: String = text.chars().take(120).collect();
    Err(Fault::UnreadableAnswer(format!("Param gave no ticket for its page: {short}")))
}

fn leave(ctx: &Context, action: BrowserAction, visit: Visit) -> Result<Step, Fault> {
    let effect = if visit.model == model::THREE_D { Effect::ReadOnly } else { Effect::OnceOnlyWrite };
    let known = known(ctx, &visit.model);
    step::browse_with(action, effect, &ctx.order_id, known, &State::Gate(visit))
}

/// The payer is back: signature first, then order and amount, then the result.
pub fn came_back(ctx: &Context, terms: &Terms, visit: &Visit, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let verified = gate::verify(callback, &settings)?;
    let wanted = if visit.model == model::THREE_D { Kind::Authentication } else { Kind::Charge };
    if verified.kind != wanted {
        return Err(Fault::NotAuthentic("the callback is refused: it is not of the model that began".into()));
    }
    verified.check(Expected {
        order_id: &ctx.order_id,
        guid: visit.guid.as_deref(),
        minor: terms.amount.minor,
        exponent: terms.amount.exponent,
        currency: &terms.amount.currency,
    })?;
    if wanted == Kind::Charge {
        return confirm(ctx, &settings, terms, visit);
    }
    let proof = verified.fields.filled("md").filter(|_| settings.accepts(verified.md_status()));
    let (Some(md), Some(guid)) = (proof, &visit.guid) else {
        return step::done(not_authenticated(&verified));
    };
    let request = message::completion(&settings, md, guid, &ctx.order_id)?.into_request()?;
    let waiting = State::Write { operation: message::COMPLETE.to_owned(), order: ctx.order_id.clone() };
    step::send(request, Effect::OnceOnlyWrite, known(ctx, &visit.model), &waiting)
}

/// What the gate claims is looked up in Param's book.
fn confirm(ctx: &Context, settings: &Settings, terms: &Terms, visit: &Visit) -> Result<Step, Fault> {
    let question = Question {
        number: ctx.order_id.clone(),
        hosted: visit.model == model::THREE_D_HOST,
        renamed: false,
        operation: operation::of_charge(visit.reserve).to_owned(),
        minor: terms.amount.minor,
        exponent: terms.amount.exponent,
        refunded_before: None,
    };
    let request = question.request(settings)?;
    step::send(request, Effect::ReadOnly, known(ctx, &visit.model), &State::Confirm { question })
}

/// Param's book against what a callback claimed. An order that is not there yet is asked for again later.
pub fn confirmed(question: &Question, found: &Found) -> Result<Step, Fault> {
    step::done(match found {
        Found::Nothing => step::unknown("Param's book does not show the order yet"),
        found => question.answered(found),
    })
}

/// What a failed authentication means for the payer.
pub fn not_authenticated(verified: &Verified<'_>) -> Outcome {
    // No result at all is a failed authentication, and so is a result the POS account does not accept.
    let status = verified.md_status();
    let message = verified.fields.filled("bankResult");
    let meaning = decline::look_up(MD_STATUS, status).filter(|meaning| meaning.class.is_refusal());
    let code = if status.is_empty() { "mdStatus".to_owned() } else { format!("mdStatus {status}") };
    match meaning.or_else(|| decline::look_up(MD_STATUS, "0")) {
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
