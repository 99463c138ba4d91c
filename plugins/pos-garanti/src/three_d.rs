//! Payments through the 3-D gate, in its three models.
//!
//! `3d`: the gate authenticates, we charge afterwards with what it vouched for. `3d-pay` and `3d-host`: the
//! bank charges by itself. Its signature does not cover the amount, so the order is asked for before anything
//! is believed.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, entry, model, operation};
use vezne_plugin::{
    Callback, Card, Context, Decline, Effect, Fault, Outcome, Purpose, Step, Terms, amount, decline, host, step,
};

use crate::State;
use crate::answer::Judgement;
use crate::gate::{self, Expected, GateForm, Verified};
use crate::message::{self, Payer, Proof};
use crate::order_status::Found;
use crate::question::Question;
use crate::settings::Settings;

/// Meanings of `mdstatus`.
pub const MD_STATUS: &str = include_str!("../declines/md_status.json");

/// A payer on the way to the gate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Visit {
    model: String,
    reserve: bool,
}

/// What a callback claims and the bank is asked about.
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
    /// That the authentication failed.
    NotAuthenticated {
        /// As the callback gave it.
        md_status: String,
        /// The bank's words.
        message: Option<String>,
    },
}

/// Builds the form for the gate.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let (security_level, card) = match (model, card) {
        (model::THREE_D, Some(card)) => ("3D", Some(card)),
        (model::THREE_D_PAY, Some(card)) => ("3D_PAY", Some(card)),
        (model::THREE_D_HOST, _) => ("3D_OOS_PAY", None),
        (model::THREE_D | model::THREE_D_PAY, None) => {
            return Err(Fault::InvalidRequest(format!("the model {model} needs the card")));
        }
        _ => return Err(Fault::Unsupported(format!("the 3-D model {model} is not known"))),
    };
    let reserve = purpose == Purpose::Authorize;
    let form = GateForm {
        security_level,
        mode: message::mode(ctx),
        amount: &amount::minor(&terms.amount)?,
        currency: &amount::numeric_currency(&terms.amount),
        instalments: &crate::instalments(terms),
        order_id: &ctx.order_id,
        ok_url: &ctx.callback_url,
        fail_url: &ctx.callback_url,
        ip: ctx.payer_ip.as_deref().unwrap_or_default(),
        kind: message::transaction_type(reserve),
        lang: if card.is_none() { Some(gate::page_language(&ctx.locale)) } else { None },
    };
    let effect = if model == model::THREE_D { Effect::ReadOnly } else { Effect::OnceOnlyWrite };
    let waiting = State::Gate(Visit { model: model.to_owned(), reserve });
    let known = step::order_ref(&ctx.order_id);
    step::browse("gate", form.build(&settings, card)?, effect, &ctx.order_id, known, &waiting)
}

/// The payer is back: signature first, then order, amount and currency, then the result.
pub fn came_back(ctx: &Context, terms: &Terms, visit: &Visit, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let verified = gate::verify(callback, &settings)?;
    let currency = amount::numeric_currency(&terms.amount);
    verified.check(Expected { order_id: &ctx.order_id, minor: terms.amount.minor, currency: &currency })?;
    if visit.model == model::THREE_D {
        return authenticated(ctx, &settings, terms, visit, &verified);
    }
    confirm(ctx, &settings, terms, visit, claim(&settings, &verified))
}

/// Model `3d`: nothing is charged yet.
fn authenticated(
    ctx: &Context,
    settings: &Settings,
    terms: &Terms,
    visit: &Visit,
    verified: &Verified<'_>,
) -> Result<Step, Fault> {
    if !settings.accepts(verified.md_status()) {
        return step::done(not_authenticated(verified));
    }
    if !verified.pins_result() {
        return Err(Fault::NotAuthentic("the callback is refused: its hash does not pin the result down".into()));
    }
    let fields = verified.fields;
    let Some(md) = fields.filled("md") else {
        return step::done(not_authenticated(verified));
    };
    let proof = Proof {
        md,
        xid: fields.get("xid").unwrap_or_default(),
        eci: fields.get("eci").unwrap_or_default(),
        cavv: fields.get("cavv").unwrap_or_default(),
    };
    crate::send_charge(ctx, settings, terms, visit.reserve, Payer::Proof(proof))
}

/// What the callback of a gate that charges comes to.
pub fn claim(settings: &Settings, verified: &Verified<'_>) -> Claim {
    let words = verified.words();
    match words.judge() {
        Judgement::Refused(code, _) => Claim::Refused { code, message: words.error.map(str::to_owned) },
        Judgement::Unclear(_) if words.code.is_none() && !settings.accepts(verified.md_status()) => {
            Claim::NotAuthenticated { md_status: verified.md_status().to_owned(), message: verified.message() }
        }
        _ => Claim::Charged,
    }
}

fn confirm(ctx: &Context, settings: &Settings, terms: &Terms, visit: &Visit, claim: Claim) -> Result<Step, Fault> {
    let question = Question {
        order: ctx.order_id.clone(),
        operation: operation::of_charge(visit.reserve).to_owned(),
        minor: terms.amount.minor,
        sent_at_ms: i64::try_from(host::now_ms()).unwrap_or_default(),
        refunds_before: None,
        voids: None,
        original: None,
    };
    let ip = ctx.payer_ip.as_deref().unwrap_or_default();
    let request = message::request(message::order_status(settings, message::mode(ctx), ip, &ctx.order_id)?)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Confirm { question, claim })
}

/// The bank's own book against what a callback claimed. A bank that does not know yet what it claims to have
/// charged is asked again later; one that says it refused and knows no order has not charged.
pub fn confirmed(question: &Question, found: &Found, claim: Claim) -> Result<Step, Fault> {
    if let Found::Nothing = found {
        return step::done(match claim {
            Claim::Charged => step::unknown("the bank's book does not show yet what its callback claims"),
            Claim::Refused { code, message } => match crate::answer::meaning(&code) {
                Some(meaning) => meaning.outcome(&code, message.as_deref()),
                None => step::unknown(format!("{code} is in no table")),
            },
            Claim::NotAuthenticated { md_status, message } => declined(&md_status, message.as_deref()),
        });
    }
    step::done(question.by_status(found).unwrap_or_else(|| step::unknown("the order has moved on since")))
}

/// What a failed authentication means for the payer.
pub fn not_authenticated(verified: &Verified<'_>) -> Outcome {
    declined(verified.md_status(), verified.message().as_deref())
}

fn declined(md_status: &str, message: Option<&str>) -> Outcome {
    // No result at all is a failed authentication, and so is a result the POS account does not accept.
    let meaning = decline::look_up(MD_STATUS, md_status).filter(|meaning| meaning.class.is_refusal());
    let meaning = meaning.or_else(|| decline::look_up(MD_STATUS, "0"));
    let known = md_status.len() == 1 && md_status.is_ascii();
    let code = if known { format!("mdstatus {md_status}") } else { "mdstatus".to_owned() };
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
