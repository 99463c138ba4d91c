//! The 3-D gate. A session is opened with order and amount by our own server; the payer posts the card into it,
//! and the platform authenticates and charges.
//!
//! A return's `sdSha512` covers order, session and result, never the amount: whatever it claims, the platform's
//! list of transactions is what counts.

use serde::{Deserialize, Serialize};
use vezne_plugin::callback::Fields;
use vezne_plugin::value::{self, Value};
use vezne_plugin::words::{entry, model, operation};
use vezne_plugin::{
    BankRef, BrowserAction, Callback, Card, Context, DigestAlg, Effect, Fault, Outcome, Purpose, Step, Terms, TextForm,
    step,
};

use crate::answer::{APPROVED, Answer, Judgement, Why};
use crate::inquiry::{self, Found, Question};
use crate::message;
use crate::settings::{Settings, secret_key};
use crate::{State, order_number, positive};

const SESSION_CHARS_MAX: usize = 128;

/// What is remembered while the payer is away.
#[derive(Debug, Serialize, Deserialize)]
pub struct Away {
    session: String,
}

/// Opens a session.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    if model != model::THREE_D_PAY {
        return Err(Fault::Unsupported(format!("{model}: at this platform only 3d-pay is documented")));
    }
    if purpose == Purpose::Authorize {
        return Err(Fault::Unsupported("a reservation through 3-D Secure is not documented".into()));
    }
    let card = card.ok_or_else(|| Fault::InvalidRequest(format!("the model {model} needs the card")))?;
    let form = message::session(&Settings::load()?, ctx, terms, card)?;
    // Nothing can be charged before the payer gives a card: an opened session is no doubt.
    step::send(message::request(form)?, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Opening)
}

/// The session is open, or not. Sends the payer there.
pub fn opened(ctx: &Context, terms: &Terms, card: Option<&Card>, answer: &Answer) -> Result<Step, Fault> {
    let judgement = answer.judge();
    let session = answer.get("sessionToken").filter(|_| judgement == Judgement::Approved);
    let Some(session) = session else {
        let why = Why::of(answer.tree());
        return step::done(match judgement {
            Judgement::Refused(..) => why.outcome(),
            _ => step::not_processed(format!("no session was opened: {}", why.text.unwrap_or("no reason was given"))),
        });
    };
    let plain = session.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !plain || session.len() > SESSION_CHARS_MAX {
        return Err(Fault::UnreadableAnswer("the session's number is not one".into()));
    }
    let Some(card) = card else {
        return step::done(step::not_processed("the card is no longer held: ask the payer again"));
    };
    let path = format!("{}{session}", message::CARD_FORM);
    let form = step::browser_form("gate", &path, message::card_form(terms, card));
    let extra = vec![("three-d-session".to_owned(), session.to_owned())];
    let known = BankRef { extra, ..step::order_ref(&ctx.order_id) };
    let away = State::Gate(Away { session: session.to_owned() });
    step::browse_with(BrowserAction::PostForm(form), Effect::OnceOnlyWrite, &ctx.order_id, known, &away)
}

/// Verifies a return, before anything else of it is read. The documents do not say how the digest is written, so
/// both hexadecimal letters and Base64 are taken: nobody without the key can make either. Returns whether it
/// claims a yes.
pub fn verify(callback: &Callback, order_id: &str, session: &str) -> Result<bool, Fault> {
    let fields = Fields::of(callback);
    let sent = fields.filled("sdSha512").ok_or_else(|| forged("it has no sdSha512"))?;
    let names = ["merchantPaymentId", "customerId", "sessionToken", "responseCode", "random"];
    let mut signed = Value::new();
    for name in names {
        let value = fields.get(name).ok_or_else(|| forged(&format!("it has no {name}")))?;
        // Or the borders between the values could be moved.
        if value.contains('|') {
            return Err(forged(&format!("its {name} has a mark that stands between values")));
        }
        signed = signed.text(value).text("|");
    }
    let signed = signed.sealed(secret_key()?);
    let hex = signed.digest(DigestAlg::Sha512, TextForm::HexLower);
    let base64 = signed.digest(DigestAlg::Sha512, TextForm::Base64);
    if !value::equals_ignoring_case(&hex, sent) && !value::equals(&base64, sent) {
        return Err(forged("its sdSha512 is not the platform's"));
    }
    if fields.get("merchantPaymentId") != Some(order_id) || fields.get("customerId") != Some(order_id) {
        return Err(forged("it speaks of another order"));
    }
    if fields.get("sessionToken") != Some(session) {
        return Err(forged("it speaks of another session"));
    }
    Ok(fields.get("responseCode") == Some(APPROVED))
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the return is refused: {why}"))
}

/// The payer is back: signature first, then order and session. What was charged, the list says.
pub fn came_back(ctx: &Context, terms: &Terms, away: &Away, callback: &Callback) -> Result<Step, Fault> {
    let claimed = verify(callback, &ctx.order_id, &away.session)?;
    let question = Question {
        order: ctx.order_id.clone(),
        operation: operation::SALE.to_owned(),
        minor: terms.amount.minor,
        ..Question::default()
    };
    let form = message::query(&Settings::load()?, &ctx.order_id)?;
    let waiting = State::Confirm { question, claimed };
    step::send(message::request(form)?, Effect::ReadOnly, step::order_ref(&ctx.order_id), &waiting)
}

/// The platform's own list against what a return claimed. One that does not know yet what is claimed to be
/// charged is asked again later; a failure that left no transaction is one.
pub fn confirmed(question: &Question, claimed: bool, answer: &Answer) -> Outcome {
    match inquiry::read(answer, &question.order) {
        Found::Nothing if claimed => step::unknown("the platform does not list what its return claims"),
        Found::Nothing => Why { error: Some("ERR30002"), ..Why::default() }.outcome(),
        found => question.answer(&found),
    }
}
