//! Payments through the 3-D gate, in its three models.
//!
//! `3d` (`3DModel`): the gate authenticates, we charge afterwards with what it vouched for. `3d-pay` and
//! `3d-host`: the bank charges by itself; its signature covers order, amount, currency and code, so its
//! callback is final unless its words disagree.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, entry, model, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Decline, Effect, Fault, Outcome, Purpose, Stated, Step, Terms, amount, decline,
    host, step,
};

use crate::State;
use crate::answer::{self, Judgement, Words};
use crate::gate::{self, Expected, GateForm, Verified};
use crate::message::{self, Payer};
use crate::order_status::Found;
use crate::question::Question;
use crate::settings::Settings;

/// Meanings of `mdStatus`.
pub const MD_STATUS: &str = include_str!("../declines/md_status.json");

/// A payer on the way to the gate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Visit {
    model: String,
    reserve: bool,
}

/// The bank's word for a model.
pub fn secure_type(model: &str) -> Option<&'static str> {
    Some(match model {
        model::THREE_D => "3DModel",
        model::THREE_D_PAY => "3DPay",
        model::THREE_D_HOST => "3DHost",
        _ => return None,
    })
}

/// Builds the form for the gate.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let secure_type =
        secure_type(model).ok_or_else(|| Fault::Unsupported(format!("the 3-D model {model} is not known")))?;
    let hosted = model == model::THREE_D_HOST;
    let card = card.filter(|_| !hosted);
    if card.is_none() && !hosted {
        return Err(Fault::InvalidRequest(format!("the model {model} needs the card")));
    }
    let reserve = purpose == Purpose::Authorize;
    let form = GateForm {
        secure_type,
        amount: &amount::decimal(&terms.amount)?,
        order_id: &ctx.order_id,
        ok_url: &ctx.callback_url,
        fail_url: &ctx.callback_url,
        rnd: &host::reference(host::ALPHANUMERIC, 20),
        lang: message::language(&ctx.locale),
        currency: &amount::numeric_currency(&terms.amount),
        instalments: &crate::instalments(terms),
        reserve,
    };
    let form = form.build(&settings, card.map(|card| (card, message::card_type(&card.visible().scheme))))?;
    let (endpoint, effect) = match model {
        model::THREE_D => ("gate", Effect::ReadOnly),
        model::THREE_D_PAY => ("gate", Effect::OnceOnlyWrite),
        _ => ("hosted-page", Effect::OnceOnlyWrite),
    };
    let waiting = State::Gate(Visit { model: model.to_owned(), reserve });
    step::browse(endpoint, form, effect, &ctx.order_id, step::order_ref(&ctx.order_id), &waiting)
}

/// The payer is back: signature first, then order, amount and currency, then the result.
pub fn came_back(ctx: &Context, terms: &Terms, visit: &Visit, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let verified = gate::verify(callback)?;
    let expected = Expected {
        order_id: &ctx.order_id,
        callback_url: &ctx.callback_url,
        minor: terms.amount.minor,
        exponent: terms.amount.exponent,
        currency: &amount::numeric_currency(&terms.amount),
    };
    verified.check(&settings, expected)?;
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
    let fields = verified.fields;
    let clean = verified.is_shaped() && verified.results_agree();
    let no_refusal = matches!(verified.proc_return_code(), None | Some("00"));
    let proof = fields.filled("MD").filter(|_| clean && no_refusal && settings.accepts(verified.md_status()));
    let Some(md) = proof else {
        return step::done(not_authenticated(verified));
    };
    let payer = Payer::Proof {
        md,
        transaction: fields.get("PayerTxnId").unwrap_or_default(),
        eci: fields.get("Eci").unwrap_or_default(),
        cavv: fields.get("PayerAuthenticationCode").unwrap_or_default(),
    };
    crate::send_charge(ctx, settings, terms, visit.reserve, payer)
}

/// Models `3d-pay` and `3d-host`: the bank may have charged.
fn charged(ctx: &Context, terms: &Terms, visit: &Visit, verified: &Verified<'_>) -> Result<Step, Fault> {
    let fields = verified.fields;
    if !verified.is_shaped() || !verified.results_agree() {
        return confirm(ctx, terms, visit);
    }
    match charge_judgement(verified) {
        Some(Judgement::Approved) => {
            let stated = Stated {
                minor: verified.minor(terms.amount.exponent),
                currency: fields.filled("Currency").map(str::to_owned),
                order_id: fields.filled("OrderId").map(str::to_owned),
            };
            step::done(step::approved(bank_ref(ctx, verified), stated, Some("00".into()), attributes(verified)))
        }
        Some(Judgement::Refused(code, meaning)) => step::done(meaning.outcome(&code, fields.filled("ErrorMessage"))),
        None if !matches!(verified.md_status(), "1" | "2" | "3" | "4") => step::done(not_authenticated(verified)),
        Some(Judgement::Unclear(_)) | None => confirm(ctx, terms, visit),
    }
}

/// What a callback says of a charge; `None` if it says nothing. The code is signed, `TxnResult` is not: it
/// may be absent, but not say otherwise.
pub fn charge_judgement(verified: &Verified<'_>) -> Option<Judgement> {
    let fields = verified.fields;
    let words = Words {
        proc_return_code: verified.proc_return_code(),
        result: fields.filled("TxnResult"),
        error_code: fields.filled("ErrorCode"),
        message: fields.filled("ErrorMessage"),
    };
    let failed = words.result.is_some_and(|word| !word.eq_ignore_ascii_case("Success"));
    Some(match words.proc_return_code? {
        "00" if failed => Judgement::Unclear("the code says yes and the word does not".into()),
        "00" => Judgement::Approved,
        _ if words.result.is_some() && !failed => Judgement::Unclear("the word says yes and the code does not".into()),
        _ => words.refusal(),
    })
}

/// The callback does not settle it: the bank's book does.
fn confirm(ctx: &Context, terms: &Terms, visit: &Visit) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let question = Question {
        order: ctx.order_id.clone(),
        operation: operation::of_charge(visit.reserve).to_owned(),
        minor: terms.amount.minor,
        exponent: terms.amount.exponent,
        refunded_before: None,
    };
    let form = message::status(&settings, &ctx.order_id, message::language(&ctx.locale))?;
    step::send(message::request(form)?, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Confirm { question })
}

/// The bank's own book against a callback that was not clear. An order that is not there yet is asked for
/// again later.
pub fn confirmed(question: &Question, found: &Found) -> Result<Step, Fault> {
    step::done(match found {
        Found::Nothing => step::unknown("the bank's book does not show the order yet"),
        found => question.answered(found),
    })
}

/// What a failed authentication means for the payer.
pub fn not_authenticated(verified: &Verified<'_>) -> Outcome {
    let message = verified.fields.filled("ErrorMessage");
    let codes = [verified.proc_return_code(), verified.fields.filled("ErrorCode")];
    let of_gateway = codes.into_iter().flatten().find_map(|code| Some((code, answer::meaning(code)?)));
    if let Some((code, meaning)) = of_gateway.filter(|(_, meaning)| meaning.class.is_refusal()) {
        return meaning.outcome(code, message);
    }
    // No result at all is a failed authentication, and so is a result the POS account does not accept.
    let status = verified.md_status();
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

fn bank_ref(ctx: &Context, verified: &Verified<'_>) -> BankRef {
    let fields = verified.fields;
    BankRef {
        transaction_id: fields.filled("TransId").map(str::to_owned),
        auth_code: fields.filled("AuthCode").map(str::to_owned),
        extra: fields.filled("HostRefNum").map(|value| ("host-ref".to_owned(), value.to_owned())).into_iter().collect(),
        ..step::order_ref(&ctx.order_id)
    }
}

fn attributes(verified: &Verified<'_>) -> Vec<(String, String)> {
    const SHOWN: [(&str, &str); 3] = [("mdStatus", "md-status"), ("Eci", "eci"), ("TRXDATE", "bank-time")];
    let shown = |(from, to): &(&str, &str)| verified.fields.filled(from).map(|value| ((*to).into(), value.to_owned()));
    SHOWN.iter().filter_map(shown).collect()
}
