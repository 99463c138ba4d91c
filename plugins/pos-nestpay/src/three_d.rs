//! Payments through the 3-D gate, in its three models.
//!
//! `3d`: the gate authenticates, we charge afterwards with what it vouched for. `3d-pay` and `3d-host`: the
//! bank charges by itself; its callback is final only if the signature covers order, amount and currency,
//! otherwise the order is asked for.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{entry, model, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Decline, Effect, Fault, Outcome, Purpose, Stated, Step, Terms, amount, decline,
    host, step,
};

use crate::State;
use crate::answer::{Judgement, Words};
use crate::gate::{self, Coverage, Expected, GateForm, Verified};
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

/// What a callback claims and the bank is asked about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "claims", rename_all = "kebab-case")]
pub enum Claim {
    /// That the bank charged.
    Charged,
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
    let (storetype, card) = match (model, card) {
        (model::THREE_D, Some(card)) => ("3d", Some(card)),
        (model::THREE_D_PAY, Some(card)) => ("3d_pay", Some(card)),
        (model::THREE_D_HOST, _) => (settings.hosted_storetype.as_str(), None),
        (model::THREE_D | model::THREE_D_PAY, None) => {
            return Err(Fault::InvalidRequest(format!("the model {model} needs the card")));
        }
        _ => return Err(Fault::Unsupported(format!("the 3-D model {model} is not known"))),
    };
    let reserve = purpose == Purpose::Authorize;
    let bank_charges = model != model::THREE_D;
    // The gate's form has no place for it: charged there, the order would not repeat.
    if crate::repeatable(ctx, reserve)?.is_some() && bank_charges {
        return Err(Fault::Unsupported("a repeated order begins without the gate, or with the model 3d".into()));
    }
    let form = GateForm {
        storetype,
        amount: &amount::decimal(&terms.amount)?,
        order_id: &ctx.order_id,
        ok_url: &ctx.callback_url,
        fail_url: &ctx.callback_url,
        callback_url: Some(ctx.callback_url.as_str()).filter(|_| bank_charges && settings.server_callback),
        rnd: &host::reference(host::ALPHANUMERIC, 20),
        lang: gate::page_language(&ctx.locale),
        currency: &amount::numeric_currency(&terms.amount),
        instalments: &crate::instalments(terms),
        reserve,
    };
    let effect = if bank_charges { Effect::OnceOnlyWrite } else { Effect::ReadOnly };
    let waiting = State::Gate(Visit { model: model.to_owned(), reserve });
    let known = step::order_ref(&ctx.order_id);
    step::browse("gate", form.build(&settings, card)?, effect, &ctx.order_id, known, &waiting)
}

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
        currency_letters: &terms.amount.currency,
    };
    verified.check_order(&settings, expected)?;
    if visit.model == model::THREE_D {
        return authenticated(ctx, &settings, terms, visit, &verified, expected);
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
    expected: Expected<'_>,
) -> Result<Step, Fault> {
    if verified.coverage == Coverage::Order {
        return Err(Fault::NotAuthentic("the callback is refused: its hash does not pin the result down".into()));
    }
    verified.check_amount(expected)?;
    let fields = verified.fields;
    let proof = fields.filled("md").filter(|_| settings.accepts(verified.md_status()));
    let Some(md) = proof else {
        return step::done(not_authenticated(verified));
    };
    let payer = Payer::Proof {
        md,
        xid: fields.get("xid").unwrap_or_default(),
        eci: fields.get("eci").unwrap_or_default(),
        cavv: fields.get("cavv").unwrap_or_default(),
    };
    crate::send_charge(ctx, settings, terms, visit.reserve, payer)
}

/// Models `3d-pay` and `3d-host`: the bank may have charged.
fn charged(ctx: &Context, terms: &Terms, visit: &Visit, verified: &Verified<'_>) -> Result<Step, Fault> {
    let fields = verified.fields;
    let words = callback_words(verified);
    let may_have_charged = words.proc_return_code.is_some() || matches!(verified.md_status(), "1" | "2" | "3" | "4");
    let claim = if may_have_charged {
        Claim::Charged
    } else {
        Claim::NotAuthenticated { md_status: verified.md_status().to_owned(), message: message_of(verified) }
    };
    if verified.coverage != Coverage::Everything {
        return confirm(ctx, terms, visit, claim);
    }
    match (words.judge(), words.proc_return_code) {
        (Judgement::Approved, _) => {
            let stated = Stated {
                minor: Some(verified.minor(terms.amount.exponent).unwrap_or_default()),
                currency: fields.filled("currency").map(str::to_owned),
                order_id: fields.filled("oid").map(str::to_owned),
            };
            step::done(step::approved(bank_ref(ctx, verified), stated, Some("00".into()), attributes(verified)))
        }
        (judgement, Some(_)) => step::done(words.refused_outcome(&judgement)),
        (_, None) if may_have_charged => confirm(ctx, terms, visit, claim),
        (_, None) => step::done(not_authenticated(verified)),
    }
}

/// The deciding words of a callback, where the bank charges by itself.
pub fn callback_words<'a>(verified: &Verified<'a>) -> Words<'a> {
    let fields = verified.fields;
    Words {
        response: fields.filled("Response"),
        proc_return_code: fields.filled("ProcReturnCode"),
        error_code: fields.filled("EXTRA_ERRORCODE").or_else(|| fields.filled("ErrorCode")),
        message: fields.filled("ErrMsg"),
    }
}

fn confirm(ctx: &Context, terms: &Terms, visit: &Visit, claim: Claim) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let question = Question {
        order: ctx.order_id.clone(),
        operation: operation::of_charge(visit.reserve).to_owned(),
        minor: terms.amount.minor,
        sent_at_ms: i64::try_from(host::now_ms()).unwrap_or_default(),
        refunds_before: None,
        voids: None,
        transaction_id: None,
    };
    let request = message::request(message::order_status(&settings, &ctx.order_id)?)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Confirm { question, claim })
}

/// The bank's own book against what a callback claimed. A bank that does not know yet what it claims to have
/// charged is asked again later; one that says the authentication failed and knows no order has not charged.
pub fn confirmed(question: &Question, found: &Found, claim: Claim) -> Result<Step, Fault> {
    if let Found::Nothing = found {
        return step::done(match claim {
            Claim::Charged => step::unknown("the bank's book does not show yet what its callback claims"),
            Claim::NotAuthenticated { md_status, message } => declined(&md_status, message.as_deref()),
        });
    }
    step::done(question.by_status(found).unwrap_or_else(|| step::unknown("the order has moved on since")))
}

/// What a failed authentication means for the payer.
pub fn not_authenticated(verified: &Verified<'_>) -> Outcome {
    let message = message_of(verified);
    let gateway_code = verified.fields.filled("ErrorCode");
    if let Some((code, meaning)) = gateway_code.and_then(|code| Some((code, crate::answer::meaning(code)?)))
        && meaning.class.is_refusal()
    {
        return meaning.outcome(code, message.as_deref());
    }
    declined(verified.md_status(), message.as_deref())
}

fn declined(md_status: &str, message: Option<&str>) -> Outcome {
    // No result at all is a failed authentication, and so is a result the POS account does not accept.
    let meaning = decline::look_up(MD_STATUS, md_status).filter(|meaning| meaning.class.is_refusal());
    let meaning = meaning.or_else(|| decline::look_up(MD_STATUS, "0"));
    let code = if md_status.is_empty() { "mdStatus".to_owned() } else { format!("mdStatus {md_status}") };
    match meaning {
        Some(meaning) => meaning.outcome(&code, message),
        None => Outcome::Declined(Decline {
            category: vezne_plugin::words::category::AUTHENTICATE_AGAIN.to_owned(),
            bank_code: Some(code),
            bank_message: message.map(str::to_owned),
            same_card_may_retry: true,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        }),
    }
}

fn message_of(verified: &Verified<'_>) -> Option<String> {
    let fields = verified.fields;
    fields.filled("ErrMsg").or_else(|| fields.filled("mdErrorMsg")).map(str::to_owned)
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
    const SHOWN: [(&str, &str); 6] = [
        ("mdStatus", "md-status"),
        ("eci", "eci"),
        ("EXTRA_TRXDATE", "bank-time"),
        ("SettleId", "batch"),
        ("EXTRA_CARDBRAND", "card-brand"),
        ("EXTRA_CARDISSUER", "card-issuer"),
    ];
    let pairs = SHOWN
        .iter()
        .filter_map(|(from, to)| verified.fields.filled(from).map(|value| ((*to).to_owned(), value.to_owned())));
    pairs.collect()
}
