//! The 3-D gate. Tosla charges there by itself; there is no model in which it only authenticates.
//!
//! A session is opened first, with order and amount, by our own server. The payer then posts the card into
//! it (`3d-pay`) or types it on Tosla's page (`3d-host`). The callback's hash covers order and result, never
//! the amount: a yes is confirmed by asking for the order before it counts.

use serde::{Deserialize, Serialize};
use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::value::{self, Value};
use vezne_plugin::words::{entry, model, operation};
use vezne_plugin::{
    BankRef, BrowserAction, BrowserForm, Callback, Card, Context, DigestAlg, Effect, ExpiryForm, Fault, Purpose, Step,
    Terms, TextForm, step,
};

use crate::answer::{APPROVED, Answer, DONE, Judgement, Words};
use crate::inquiry::{self, Found, Question, Standing};
use crate::message::{self, Stamp};
use crate::settings::{Settings, api_password};
use crate::{State, order_number, positive};

/// Where the payer's browser posts the card.
pub const CARD_FORM: &str = "/ProcessCardForm";
/// Where Tosla's own page is; the session's number follows.
pub const HOSTED: &str = "/threeDSecure/";

const SESSION_CHARS_MAX: usize = 128;

/// The only result that is a full authentication.
pub fn is_full_authentication(md_status: &str) -> bool {
    md_status == "1"
}

/// A session that is being opened.
#[derive(Debug, Serialize, Deserialize)]
pub struct Opening {
    model: String,
}

/// Opens a session.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    match (model, card) {
        (model::THREE_D_PAY, Some(_)) | (model::THREE_D_HOST, _) => {}
        (model::THREE_D_PAY, None) => {
            return Err(Fault::InvalidRequest(format!("the model {model} needs the card")));
        }
        (model::THREE_D, _) => {
            return Err(Fault::Unsupported("Tosla always charges at the gate: use 3d-pay or 3d-host".into()));
        }
        _ => return Err(Fault::Unsupported(format!("the 3-D model {model} is not known"))),
    }
    let reserve = purpose == Purpose::Authorize;
    let path = if reserve { message::GATE_AUTHORIZE } else { message::GATE_SALE };
    let message = message::session(
        &settings,
        &Stamp::now(),
        &ctx.order_id,
        &terms.amount,
        terms.installments,
        &ctx.callback_url,
    )?;
    let waiting = State::Opening(Opening { model: model.to_owned() });
    // Nothing can be charged before the payer gives a card: an opened session is no doubt.
    step::send(message::request(path, message)?, Effect::ReadOnly, step::order_ref(&ctx.order_id), &waiting)
}

/// The session is open, or not. Sends the payer there.
pub fn opened(ctx: &Context, opening: &Opening, card: Option<&Card>, answer: &Answer) -> Result<Step, Fault> {
    let words = answer.words();
    let session = answer.get("ThreeDSessionId").filter(|_| words.code == Some(DONE));
    let Some(session) = session else {
        // "Validation error" is also what a hash gets that arrives twice, as when the host sends the question
        // again after a broken line: that is no word on the payment.
        let repeated = words.code == Some("998") && words.bank_code.is_none();
        return step::done(match words.judge() {
            judgement @ Judgement::Refused(..) if !repeated => words.refused_outcome(&judgement),
            _ => {
                let (code, say) = (words.code.unwrap_or("no code"), words.text().unwrap_or_default());
                step::not_processed(format!("no session was opened: {code} {say}"))
            }
        });
    };
    let plain = session.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !plain || session.len() > SESSION_CHARS_MAX {
        return Err(Fault::UnreadableAnswer("the session's number is not one".into()));
    }
    let action = match (opening.model.as_str(), card) {
        (model::THREE_D_HOST, _) => BrowserAction::Redirect(hosted_page(session)),
        (_, Some(card)) => BrowserAction::PostForm(card_form(session, card)),
        (_, None) => return step::done(step::not_processed("the card is no longer held: ask the payer again")),
    };
    let known =
        BankRef { extra: vec![("three-d-session".to_owned(), session.to_owned())], ..step::order_ref(&ctx.order_id) };
    step::browse_with(action, Effect::OnceOnlyWrite, &ctx.order_id, known, &State::Gate)
}

/// Tosla's own page.
pub fn hosted_page(session: &str) -> BrowserForm {
    step::browser_form("gate", &format!("{HOSTED}{session}"), Form::new())
}

/// The form that carries the card into the session. Here the date has a slash.
pub fn card_form(session: &str, card: &Card) -> BrowserForm {
    let form = Form::new()
        .field("ThreeDSessionId", session)
        .field("CardHolderName", card.holder().map(Value::from).unwrap_or_default())
        .field("CardNo", card.pan())
        .field("ExpireDate", card.expiry(ExpiryForm::MmSlashYy))
        .optional("Cvv", card.security_code());
    step::browser_form("gate", CARD_FORM, form)
}

/// What the callback's hash covers, in this order; whose account it is, we know ourselves.
const SIGNED: [&str; 7] =
    ["ClientId", "ApiUser", "OrderId", "MdStatus", "BankResponseCode", "BankResponseMessage", "RequestStatus"];

/// A callback whose hash is Tosla's.
#[derive(Debug, Clone)]
pub struct Verified<'a> {
    fields: Fields<'a>,
}

/// What a callback claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Authenticated, approved, done.
    Charged,
    /// Refused, and nothing was charged.
    Refused,
    /// Not clearly one or the other.
    Unclear,
}

/// Verifies the hash, before anything else of a callback is read. Whoever posts it writes the list of names,
/// and the values are joined without anything between them: so the list must be Tosla's own.
pub fn verify<'a>(callback: &'a Callback, settings: &Settings) -> Result<Verified<'a>, Fault> {
    let fields = Fields::of(callback);
    let sent = fields.filled("Hash").ok_or_else(|| forged("it has no Hash"))?;
    let list = fields.get("HashParameters").ok_or_else(|| forged("it does not say what its hash covers"))?;
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    let twice = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
    if !names.starts_with(&SIGNED) || twice {
        return Err(forged("its HashParameters are not Tosla's list"));
    }
    let value = |name: &str| match name {
        "ClientId" => settings.client_id.as_str(),
        "ApiUser" => settings.api_user.as_str(),
        name => fields.get(name).unwrap_or_default(),
    };
    let signed = names.iter().fold(Value::from(api_password()?), |all, name| all.text(value(name)));
    if value::equals(&signed.digest(DigestAlg::Sha512, TextForm::Base64), sent) {
        Ok(Verified { fields })
    } else {
        Err(forged("its hash is not Tosla's"))
    }
}

impl<'a> Verified<'a> {
    /// Of fields nobody signed: what a mapping of answers is tried with.
    pub fn unsigned(fields: &'a [(String, String)]) -> Self {
        Self { fields: Fields::new(fields) }
    }

    /// A filled field that the hash covers.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        if SIGNED.contains(&name) { self.fields.filled(name) } else { None }
    }

    /// The result of the authentication; empty when there is none.
    pub fn md_status(&self) -> &'a str {
        self.get("MdStatus").unwrap_or_default()
    }

    /// The deciding words. Tosla's own code is not in a callback; that the order failed stands for a no.
    pub fn words(&self) -> Words<'a> {
        Words {
            code: Some(DONE),
            bank_code: self.get("BankResponseCode"),
            bank_message: self.get("BankResponseMessage"),
            ..Words::default()
        }
    }

    /// What it claims. All three words must say the same.
    pub fn claim(&self) -> Claim {
        let standing = Standing::of(self.get("RequestStatus"));
        let authenticated = is_full_authentication(self.md_status());
        match (standing, self.get("BankResponseCode")) {
            (Standing::Done, Some(APPROVED)) if authenticated => Claim::Charged,
            (Standing::Failed, Some(APPROVED)) => Claim::Unclear,
            (Standing::Failed, _) if !authenticated => Claim::Refused,
            (Standing::Failed, _) if matches!(self.words().judge(), Judgement::Refused(..)) => Claim::Refused,
            _ => Claim::Unclear,
        }
    }

    /// Our account and our order. A genuine callback of another order is a replay.
    fn check(&self, settings: &Settings, order_id: &str) -> Result<(), Fault> {
        if self.fields.get("ClientId").is_some_and(|client| client != settings.client_id) {
            return Err(forged("it speaks of another account"));
        }
        if self.fields.get("OrderId") != Some(order_id) {
            return Err(forged("it speaks of another order"));
        }
        // One digit, or the borders between the values have been moved.
        if self.md_status().len() > 1 {
            return Err(forged("its values do not stand where their names are"));
        }
        Ok(())
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

/// The payer is back: hash first, then account and order, then the result. A no is Tosla's own word; a yes,
/// and anything that is neither, is looked for in its book.
pub fn came_back(ctx: &Context, terms: &Terms, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let verified = verify(callback, &settings)?;
    verified.check(&settings, &ctx.order_id)?;
    if verified.claim() == Claim::Refused {
        let words = verified.words();
        return step::done(match words.judge() {
            judgement @ Judgement::Refused(..) => words.refused_outcome(&judgement),
            _ => inquiry::not_authenticated(verified.md_status(), words.text()),
        });
    }
    let question = Question {
        order: ctx.order_id.clone(),
        // A reservation has the same line, which says what it is.
        operation: operation::SALE.to_owned(),
        minor: terms.amount.minor,
        ..Question::default()
    };
    let message = message::plain(&settings, &Stamp::now(), &ctx.order_id)?;
    let request = message::request(message::INQUIRY, message)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Confirm { question })
}

/// Tosla's own book against what a callback claimed. One that does not know yet what it claims to have
/// charged is asked again later.
pub fn confirmed(question: &Question, answer: &Answer) -> Result<Step, Fault> {
    step::done(match inquiry::read(answer, &question.order) {
        Found::Nothing => step::unknown("Tosla's book does not show yet what its callback claims"),
        found => question.answer(&found),
    })
}
