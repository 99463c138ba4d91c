//! The contract `vezne:pos@1.0.0` as Rust types, generated from `wit/`, and their translation to the
//! host's own. Nothing outside this file, `history`, `version` and `sandbox` sees a generated type.

use wasmtime::component::{ComponentType, Lift, Resource, ResourceTable};

use super::act::{self, Effect, Method};
use super::ending::{Approval, Decline, FormMethod, Phase, Worth};
use super::history::HistoryPage;
use super::sealed::Sealed;
use super::step;

/// The card of a call: sealed when the sandbox is made, so nothing is read from the hold later.
pub struct SealedCard {
    pub(super) bin: String,
    pub(super) last4: String,
    pub(super) scheme: String,
    pub(super) program: Option<String>,
    pub(super) length: u8,
    pub(super) pan: Sealed,
    pub(super) month: u8,
    pub(super) year: u16,
    pub(super) security_code: Option<Sealed>,
    pub(super) holder: Option<Sealed>,
}

pub(super) mod generated {
    wasmtime::component::bindgen!({
        path: ["../wit/host", "../wit/types", "../wit/pos"],
        world: "vezne:pos/pos-connector",
        with: {
            "vezne:host/sealed.sealed": crate::plugin::sealed::Sealed,
            "vezne:host/card.card": crate::plugin::contract::SealedCard,
        },
        imports: { default: trappable },
        exports: { default: async },
    });
}

pub(super) use generated::PosConnector;
pub(super) use generated::vezne::host;
pub(super) use generated::vezne::pos::common;
pub(super) use generated::vezne::types::{fault, money, wire};

/// `vezne:points/points@1.0.0`, `record worth`. Only lifted, and over types of the world above, so it is written out;
/// the runtime holds it against the component's own types before anything is called.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct PointsWorth {
    minor: i64,
    currency: String,
    attributes: Vec<(String, String)>,
}

/// `vezne:points/points@1.0.0`, `variant look`.
#[derive(ComponentType, Lift)]
#[component(variant)]
pub(super) enum PointsLook {
    #[component(name = "send")]
    Send(common::Send),
    #[component(name = "told")]
    Told(PointsWorth),
    #[component(name = "declined")]
    Declined(common::Decline),
}

/// What a call gave: a step, or the answer to a question that no step can tell.
pub(super) enum Asked {
    Step(Box<common::Step>),
    Told(Worth, String),
    Listed(HistoryPage),
}

impl From<common::Step> for Asked {
    fn from(step: common::Step) -> Self {
        Self::Step(Box::new(step))
    }
}

impl From<PointsLook> for Asked {
    /// The same as a step of any act: what is sent is sent in the same way.
    fn from(look: PointsLook) -> Self {
        match look {
            PointsLook::Send(send) => common::Step::Send(send).into(),
            PointsLook::Declined(decline) => common::Step::Done(common::Outcome::Declined(decline)).into(),
            PointsLook::Told(PointsWorth { minor, currency, attributes }) => {
                Self::Told(Worth { minor, attributes }, currency)
            }
        }
    }
}

/// Takes what a call gave out of the sandbox, and leaves the generated types behind.
pub(super) fn asked_out(asked: Asked, table: &mut ResourceTable) -> Result<step::Step, BadHandle> {
    match asked {
        Asked::Step(step) => step_out(*step, table),
        Asked::Listed(page) => Ok(step::Step::Listed(page)),
        Asked::Told(worth, currency) => Ok(step::Step::Done(step::Outcome::Told(worth, currency))),
    }
}

/// A step whose sealed values cannot be taken out of the sandbox: a handle of another call, or used twice.
pub(super) struct BadHandle;

/// Takes the sealed values of a step out of the table and leaves the generated types behind.
fn step_out(step: common::Step, table: &mut ResourceTable) -> Result<step::Step, BadHandle> {
    Ok(match step {
        common::Step::Send(send) => {
            let request = send.request;
            step::Step::Send(Box::new(step::SendStep {
                endpoint: request.endpoint,
                method: method_out(request.method),
                path: request.path,
                query: request.query,
                headers: fields_out(request.headers, table)?,
                content_type: request.content_type,
                body: request.body.into_iter().map(|part| part_out(part, table)).collect::<Result<_, _>>()?,
                effect: effect_out(send.effect),
                known: bank_ref_out(send.known),
                state: send.state,
            }))
        }
        common::Step::Browse(browse) => {
            let (method, form) = match browse.action {
                common::BrowserAction::PostForm(form) => (FormMethod::Post, form),
                common::BrowserAction::Redirect(form) => (FormMethod::Redirect, form),
            };
            step::Step::Browse(Box::new(step::BrowseStep {
                method,
                endpoint: form.endpoint,
                path: form.path,
                fields: fields_out(form.fields, table)?,
                effect: effect_out(browse.effect),
                correlation: browse.correlation,
                known: bank_ref_out(browse.known),
                state: browse.state,
            }))
        }
        common::Step::Done(outcome) => step::Step::Done(outcome_out(outcome)),
    })
}

fn fields_out(fields: Vec<wire::Field>, table: &mut ResourceTable) -> Result<Vec<step::Field>, BadHandle> {
    let out = |field: wire::Field, table: &mut ResourceTable| {
        Ok(step::Field { name: field.name, value: part_out(field.value, table)? })
    };
    fields.into_iter().map(|field| out(field, table)).collect()
}

fn part_out(part: wire::Part, table: &mut ResourceTable) -> Result<step::Part, BadHandle> {
    Ok(match part {
        wire::Part::Text(text) => step::Part::Text(text),
        wire::Part::Bytes(bytes) => step::Part::Bytes(bytes),
        wire::Part::Sealed(handle) => step::Part::Sealed(table.delete(handle).map_err(|_| BadHandle)?),
    })
}

fn outcome_out(outcome: common::Outcome) -> step::Outcome {
    match outcome {
        common::Outcome::Approved(approval) => {
            let common::Stated { minor, currency, order_id } = approval.stated;
            let stated = step::Stated { minor, currency, order_id };
            let (bank, raw_code) = (bank_ref_out(approval.bank), approval.raw_code);
            step::Outcome::Approved(Approval { bank, raw_code, attributes: approval.attributes }, stated)
        }
        common::Outcome::Declined(decline) => step::Outcome::Declined(Decline {
            category: decline.category,
            bank_code: decline.bank_code,
            bank_message: decline.bank_message,
            same_card_may_retry: decline.same_card_may_retry,
            other_pos_may_retry: decline.other_pos_may_retry,
            attributes: decline.attributes,
        }),
        common::Outcome::Pending(bank) => step::Outcome::Pending(bank_ref_out(bank)),
        common::Outcome::NotProcessed(detail) => step::Outcome::NotProcessed(detail),
        common::Outcome::Unknown(detail) => step::Outcome::Unknown(detail),
    }
}

pub(super) fn bank_ref_out(bank: common::BankRef) -> act::BankRef {
    let common::BankRef { bank_order_id, transaction_id, auth_code, extra } = bank;
    act::BankRef { bank_order_id, transaction_id, auth_code, extra }
}

fn effect_out(effect: common::Effect) -> Effect {
    match effect {
        common::Effect::ReadOnly => Effect::ReadOnly,
        common::Effect::IdempotentWrite => Effect::IdempotentWrite,
        common::Effect::OnceOnlyWrite => Effect::OnceOnlyWrite,
    }
}

fn method_out(method: wire::Method) -> Method {
    match method {
        wire::Method::Get => Method::Get,
        wire::Method::Post => Method::Post,
        wire::Method::Put => Method::Put,
        wire::Method::Patch => Method::Patch,
        wire::Method::Delete => Method::Delete,
    }
}

fn method_in(method: Method) -> wire::Method {
    match method {
        Method::Get => wire::Method::Get,
        Method::Post => wire::Method::Post,
        Method::Put => wire::Method::Put,
        Method::Patch => wire::Method::Patch,
        Method::Delete => wire::Method::Delete,
    }
}

pub(super) fn purpose_in(purpose: act::Purpose) -> common::Purpose {
    match purpose {
        act::Purpose::Sale => common::Purpose::Sale,
        act::Purpose::Authorize => common::Purpose::Authorize,
    }
}

/// A connector's own failure.
pub(super) fn fault_out(fault: fault::Fault) -> (step::Fault, String) {
    match fault {
        fault::Fault::InvalidRequest(detail) => (step::Fault::InvalidRequest, detail),
        fault::Fault::Unsupported(detail) => (step::Fault::Unsupported, detail),
        fault::Fault::BadConfig(detail) => (step::Fault::BadConfig, detail),
        fault::Fault::UnreadableAnswer(detail) => (step::Fault::UnreadableAnswer, detail),
        fault::Fault::NotAuthentic(detail) => (step::Fault::NotAuthentic, detail),
    }
}

pub(super) fn context_in(context: &act::ActContext, test_mode: bool) -> common::Context {
    common::Context {
        attempt_id: context.attempt_id.clone(),
        order_id: context.order_id.clone(),
        callback_url: context.callback_url.clone(),
        payer_ip: context.payer_ip.clone(),
        payer_email: context.payer_email.clone(),
        locale: context.locale.clone(),
        test_mode,
        attributes: context.attributes.clone(),
    }
}

pub(super) fn terms_in(terms: &act::Terms) -> common::Terms {
    let currency = terms.amount.currency;
    common::Terms {
        amount: money::Money {
            minor: terms.amount.minor,
            currency: currency.code().to_owned(),
            numeric: currency.numeric(),
            exponent: currency.exponent(),
        },
        installments: terms.installments,
        entry: terms.entry.clone(),
        description: terms.description.clone(),
    }
}

pub(super) fn target_in(target: &act::Target) -> common::Target {
    let act::BankRef { bank_order_id, transaction_id, auth_code, extra } = target.bank.clone();
    common::Target {
        operation: target.operation.as_str().to_owned(),
        model: target.model.as_str().to_owned(),
        terms: terms_in(&target.terms),
        bank: common::BankRef { bank_order_id, transaction_id, auth_code, extra },
        sent_at_millis: u64::try_from(target.sent_at_ms).unwrap_or(0),
    }
}

pub(super) fn reply_in(reply: step::Reply) -> common::Reply {
    match reply {
        step::Reply::Response(response) => common::Reply::Response(wire::HttpResponse {
            status: response.status,
            headers: response.headers,
            body: response.body,
            body_truncated: response.truncated,
        }),
        step::Reply::Failed(failure) => common::Reply::Failed(wire::TransportFailure {
            phase: phase_in(failure.phase),
            timed_out: failure.timed_out,
            detail: failure.detail,
        }),
        step::Reply::Callback(callback) => common::Reply::Callback(callback_in(callback)),
    }
}

pub(super) fn callback_in(callback: act::Callback) -> wire::Callback {
    wire::Callback {
        method: method_in(callback.method),
        query: callback.query,
        form: callback.form,
        headers: callback.headers,
        body: callback.body,
        source_ip: callback.source_ip,
    }
}

fn phase_in(phase: Phase) -> wire::TransportPhase {
    match phase {
        Phase::Resolving => wire::TransportPhase::Resolving,
        Phase::Connecting => wire::TransportPhase::Connecting,
        Phase::Tls => wire::TransportPhase::Tls,
        Phase::Sending => wire::TransportPhase::Sending,
        Phase::AwaitingResponse => wire::TransportPhase::AwaitingResponse,
        Phase::ReadingResponse => wire::TransportPhase::ReadingResponse,
    }
}

/// A card handle of a call.
pub(super) type CardHandle = Resource<SealedCard>;
