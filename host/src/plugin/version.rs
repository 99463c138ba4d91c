//! One loaded plugin version: its instance template, and a fresh sandbox for every call.

use std::sync::Arc;
use std::time::Instant;

use futures::future::BoxFuture;
use tracing::Instrument;
use wasmtime::component::{ComponentNamedList, ComponentType, Instance, InstancePre, Lift, Lower, Resource};
use wasmtime::{Engine, PoolConcurrencyLimitError, Store, Trap, WasmBacktrace};

use super::act::{Act, Callback};
use super::bounds::Bounds;
use super::contract::{self, Asked, SealedCard, fault, host};
use super::engine::Weight;
use super::function::{Function, Functions, History, Points, Preauth, ThreeDSecure};
use super::held::HeldCard;
use super::meter::metered;
use super::permits::{Permit, PluginPermits};
use super::record::{Given, LogLine};
use super::sandbox::{Breach, Record, Sandbox};
use super::sealed::{Labels, Sealed};
use super::step::{Call, CallEnd, CallFailure, CallTrace, Fault, Guest, Input};
use super::tally::Meters;
use super::{Installation, PluginInfo, span, tally, text};
use crate::limits;

/// What a start function may take when a component is checked.
const START_TICKS_MAX: u64 = 100;

/// A plugin version, ready to be called.
pub(super) struct Version {
    pub info: PluginInfo,
    pub engine: Engine,
    pub pre: InstancePre<Sandbox>,
    pub functions: Functions,
    pub permits: PluginPermits,
    pub weight: Weight,
    pub memory_bytes: usize,
    pub ticks: u32,
    pub meters: Meters,
}

impl Version {
    /// Instantiates once and checks the type of every function, without calling any. Only so is a version kept.
    pub fn checked(self) -> Result<Self, String> {
        let mut store = self.store(None).map_err(|error| error.to_string())?;
        // Not on a fiber, so it cannot give way: a start function that takes a second is refused instead.
        store.set_epoch_deadline(START_TICKS_MAX);
        let instance = self.pre.instantiate(&mut store);
        let instance = instance.map_err(|error| format!("it cannot be instantiated: {error}"))?;
        self.functions.check(&mut store, instance)?;
        drop(store);
        Ok(self)
    }

    fn store(&self, again: Option<&Given>) -> Result<Store<Sandbox>, getrandom::Error> {
        let mut seed = [0; 32];
        // A recording with a damaged seed is played with another one: its references differ, and that is shown.
        if again.is_none_or(|again| hex::decode_to_slice(&again.seed, &mut seed).is_err()) {
            getrandom::fill(&mut seed)?;
        }
        let bounds = Bounds::new(self.memory_bytes, self.weight.table_elements_max());
        let sandbox = Sandbox::new(&self.info.manifest, bounds, self.ticks, seed);
        let mut store = Store::new(&self.engine, sandbox);
        store.limiter(|sandbox| &mut sandbox.limits);
        store.set_hostcall_fuel(limits::PLUGIN_HOSTCALL_BYTES_MAX);
        store.set_max_component_handles(limits::PLUGIN_RESOURCES_MAX);
        store.epoch_deadline_callback(|mut context| Ok(context.data_mut().tick()));
        store.set_epoch_deadline(1);
        Ok(store)
    }

    fn furnished(
        &self,
        installation: &Installation,
        now_ms: i64,
        again: Option<Given>,
        permit: &Permit,
    ) -> Result<Store<Sandbox>, CallFailure> {
        let mut store = self.store(again.as_ref()).map_err(|_| CallFailure::Busy)?;
        let sandbox = store.data_mut();
        sandbox.share = Some(Arc::clone(&permit.share));
        sandbox.long_place = Arc::clone(&permit.long_place);
        sandbox.again = again;
        sandbox.config = Arc::clone(&installation.config);
        sandbox.secrets = Arc::clone(&installation.secrets);
        sandbox.now_ms = now_ms;
        sandbox.zone.clone_from(&installation.zone);
        Ok(store)
    }

    async fn permit(&self, installation: &Installation) -> Result<Permit, CallFailure> {
        self.permits.permit(installation.tenant).await.ok_or(CallFailure::Busy)
    }

    async fn called(&self, call: Call<'_>) -> CallEnd {
        let came = Instant::now();
        let permit = match self.permit(call.installation).await {
            Ok(permit) => permit,
            Err(failure) => return CallEnd::failed(failure),
        };
        let queued = came.elapsed();
        let mut store = match self.furnished(call.installation, call.now_ms, call.again.clone(), &permit) {
            Ok(store) => store,
            Err(failure) => return CallEnd::failed(failure),
        };
        let (installation, func, rehearsal) = (call.installation, call.input.function(), call.again.is_some());
        let (bytes_in, step) = (call.input.bytes(), call.sends_before.saturating_add(1));
        let began = Instant::now();
        let (result, ran) = metered(&permit.share, self.invoked(&mut store, call)).await;
        let result = match result {
            Ok(Ok(asked)) => contract::asked_out(asked, &mut store.data_mut().table)
                .map_err(|_| CallFailure::Breach("its step holds a sealed value of another call".into())),
            Ok(Err(fault)) => {
                let (fault, detail) = contract::fault_out(fault);
                Err(CallFailure::Fault(
                    fault,
                    text::cut(&super::scrub::redacted(&detail), limits::PLUGIN_MESSAGE_BYTES_MAX),
                ))
            }
            Err(failure) => Err(failure),
        };
        let took = began.elapsed();
        let sandbox = store.into_data();
        if !rehearsal {
            for _ in 0..sandbox.comparisons_false {
                tally::comparison_false(&self.info.id, installation);
            }
            self.log(installation, &sandbox);
        }
        let trace = CallTrace {
            given: sandbox.given(),
            step,
            ticks: self.ticks.saturating_sub(sandbox.ticks_left),
            memory_bytes: sandbox.limits.memory_bytes,
            instantiated: sandbox.instantiated,
            host_calls: sandbox.host_calls,
            backtrace: sandbox.backtrace,
            logs: sandbox.records.into_iter().map(log_line).collect(),
            took,
            queued,
            ran,
            bytes_in,
        };
        let end = CallEnd { result, verified: sandbox.verified, trace };
        if !rehearsal {
            tally::called(&self.info, &self.meters, func, &end);
        }
        end
    }

    /// Instantiates and calls the one function.
    async fn invoked(
        &self,
        store: &mut Store<Sandbox>,
        call: Call<'_>,
    ) -> Result<Result<Asked, fault::Fault>, CallFailure> {
        let began = Instant::now();
        let instance = self.pre.instantiate_async(&mut *store).await.map_err(failure_of)?;
        store.data_mut().instantiated = began.elapsed();
        let context = contract::context_in(call.context, call.installation.sandbox);
        let card = match call.card {
            Some(card) => Some(card_in(store, card).map_err(failure_of)?),
            None => None,
        };
        let needs_card = || CallFailure::Fault(Fault::InvalidRequest, "this act needs a card".into());
        let no_preauth = || lacks("pre-authorization");
        let (no_book, no_points) = (|| lacks("history"), || lacks("question about points"));
        let functions = &self.functions;
        let (terms_in, target_in) = (contract::terms_in, contract::target_in);
        match call.input {
            Input::Begin(Act::Sale { terms }) => {
                let card = card.ok_or_else(needs_card)?;
                asked(store, instance, &functions.sale, (context, terms_in(terms), card)).await
            }
            Input::Begin(Act::Authorize { terms }) => {
                let Preauth { authorize, .. } = functions.preauth.as_ref().ok_or_else(no_preauth)?;
                let card = card.ok_or_else(needs_card)?;
                asked(store, instance, authorize, (context, terms_in(terms), card)).await
            }
            Input::Begin(Act::Capture { terms, target }) => {
                let Preauth { capture, .. } = functions.preauth.as_ref().ok_or_else(no_preauth)?;
                asked(store, instance, capture, (context, terms_in(terms), target_in(target))).await
            }
            Input::Begin(Act::ThreeDSecure { purpose, model, terms }) => {
                let ThreeDSecure { start, .. } = functions.three_d_secure.as_ref().ok_or_else(no_three_d_secure)?;
                let (purpose, model) = (contract::purpose_in(*purpose), model.as_str().to_owned());
                asked(store, instance, start, (context, purpose, model, terms_in(terms), card)).await
            }
            Input::Begin(Act::Void { target }) => {
                asked(store, instance, &functions.void, (context, target_in(target))).await
            }
            Input::Begin(Act::Refund { terms, target }) => {
                asked(store, instance, &functions.refund, (context, terms_in(terms), target_in(target))).await
            }
            Input::Begin(Act::Inquire { target }) => {
                asked(store, instance, &functions.inquire, (context, target_in(target))).await
            }
            Input::Begin(Act::OrderHistory { target }) => {
                let History { of_order, .. } = functions.history.as_ref().ok_or_else(no_book)?;
                asked(store, instance, of_order, (context, target_in(target))).await
            }
            Input::Begin(Act::DayHistory { day, next }) => {
                let History { of_day, .. } = functions.history.as_ref().ok_or_else(no_book)?;
                asked(store, instance, of_day, (context, day.clone(), next.clone())).await
            }
            Input::GoOn { state, reply } => {
                let History { go_on, .. } = functions.history.as_ref().ok_or_else(no_book)?;
                asked(store, instance, go_on, (context, state.to_vec(), contract::reply_in(reply))).await
            }
            Input::Begin(Act::Points { terms }) => {
                let Points { ask, .. } = functions.points.as_ref().ok_or_else(no_points)?;
                let card = card.ok_or_else(needs_card)?;
                asked(store, instance, ask, (context, terms_in(terms), card)).await
            }
            Input::PointsGoOn { terms, state, reply } => {
                let Points { go_on, .. } = functions.points.as_ref().ok_or_else(no_points)?;
                let params = (context, terms_in(terms), state.to_vec(), contract::reply_in(reply));
                asked(store, instance, go_on, params).await
            }
            Input::Begin(Act::Resume { .. }) => Err(CallFailure::Breach("a resumption is never a beginning".into())),
            Input::Resume { terms, state, reply } => {
                let params = (context, terms.map(terms_in), state.to_vec(), contract::reply_in(reply), card);
                asked(store, instance, &functions.resume, params).await
            }
        }
    }

    /// Which attempt a callback belongs to, as the connector reads it. Nothing is authentic yet.
    pub async fn correlate(&self, installation: &Installation, callback: Callback) -> Result<String, CallFailure> {
        let functions = self.functions.three_d_secure.as_ref().ok_or_else(no_three_d_secure)?;
        let permit = self.permit(installation).await?;
        let mut store = self.furnished(installation, 0, None, &permit)?;
        let invoked = async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            functions.correlate.call(&mut store, instance, (contract::callback_in(callback),)).await
        };
        let (answer, _) = metered(&permit.share, invoked).await;
        let correlation = answer.map_err(failure_of)?.map_err(|fault| {
            let (fault, detail) = contract::fault_out(fault);
            CallFailure::Fault(fault, text::cut(&super::scrub::redacted(&detail), limits::PLUGIN_MESSAGE_BYTES_MAX))
        })?;
        let plain =
            !correlation.is_empty() && correlation.len() <= 128 && correlation.bytes().all(|b| b.is_ascii_graphic());
        self.log(installation, store.data());
        if plain {
            Ok(correlation)
        } else {
            Err(CallFailure::Breach("the correlation is not 1 to 128 visible ASCII characters".into()))
        }
    }

    fn log(&self, installation: &Installation, sandbox: &Sandbox) {
        for record in &sandbox.records {
            let (plugin, account, message) = (&self.info.id, installation.pos_account, &record.message);
            match record.level {
                host::log::Level::Debug => tracing::debug!(target: "vezne::guest", plugin, %account, "{message}"),
                host::log::Level::Info => tracing::info!(target: "vezne::guest", plugin, %account, "{message}"),
                host::log::Level::Warn => tracing::warn!(target: "vezne::guest", plugin, %account, "{message}"),
                host::log::Level::Error => tracing::error!(target: "vezne::guest", plugin, %account, "{message}"),
            }
        }
    }
}

fn lacks(what: &str) -> CallFailure {
    CallFailure::Fault(Fault::Unsupported, format!("this plugin has no {what}"))
}

fn no_three_d_secure() -> CallFailure {
    lacks("3-D Secure")
}

impl Guest for Version {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, CallEnd> {
        let span = span::call(&self.info, &call);
        Box::pin(self.called(call).instrument(span))
    }
}

fn log_line(record: Record) -> LogLine {
    let level = match record.level {
        host::log::Level::Debug => "debug",
        host::log::Level::Info => "info",
        host::log::Level::Warn => "warn",
        host::log::Level::Error => "error",
    };
    LogLine { level: level.to_owned(), message: record.message }
}

/// One call, of whatever answer.
async fn asked<P, R>(
    store: &mut Store<Sandbox>,
    instance: Instance,
    function: &Function<P, R>,
    params: P,
) -> Result<Result<Asked, fault::Fault>, CallFailure>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    R: ComponentType + Lift + Send + Sync + 'static,
    Asked: From<R>,
{
    match function.call(&mut *store, instance, params).await {
        Ok(answer) => Ok(answer.map(Asked::from)),
        Err(error) => {
            store.data_mut().backtrace = backtrace_of(&error);
            Err(failure_of(error))
        }
    }
}

/// Seals the card for one call.
fn card_in(store: &mut Store<Sandbox>, card: &HeldCard) -> wasmtime::Result<Resource<SealedCard>> {
    let pan = card.pan();
    let sealed = SealedCard {
        bin: pan.bin(8).to_owned(),
        last4: pan.last4().to_owned(),
        scheme: card.scheme().to_owned(),
        program: card.program().map(str::to_owned),
        length: u8::try_from(pan.digits()).unwrap_or(u8::MAX),
        pan: Sealed::new(pan.expose(), Labels::PAN),
        month: card.expiry().month,
        year: card.expiry().year,
        security_code: card.security_code().map(|code| Sealed::new(code.expose(), Labels::CVV)),
        holder: card.holder().map(|holder| Sealed::new(holder, Labels::HOLDER)),
    };
    Ok(store.data_mut().table.push(sealed)?)
}

/// Where in the guest a call ended, a function a line, by the names that its author gave them.
fn backtrace_of(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let told = backtrace.to_string();
    // The first line is a heading, and a hint for people at a terminal may be the last.
    let frames = told.lines().skip(1).map(str::trim).filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let frames = frames.take(limits::PLUGIN_BACKTRACE_FRAMES_MAX);
    frames.map(|frame| text::cut(frame, limits::PLUGIN_REFERENCE_BYTES_MAX)).collect()
}

/// What went wrong in a call, in the driver's words.
#[expect(clippy::needless_pass_by_value, reason = "it ends in map_err")]
fn failure_of(error: wasmtime::Error) -> CallFailure {
    if let Some(breach) = error.downcast_ref::<Breach>() {
        return CallFailure::Breach(breach.0.clone());
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return CallFailure::Busy;
    }
    let detail = text::cut(&super::scrub::redacted(&error.root_cause().to_string()), limits::PLUGIN_MESSAGE_BYTES_MAX);
    let code = match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => "cpu-time",
        Some(Trap::StackOverflow) => "stack",
        Some(_) => "trap",
        None if detail.contains("growing memory") => "memory",
        None if ["growing table", "limit exceeded", "fuel allocated"].iter().any(|sign| detail.contains(sign)) => {
            "limit"
        }
        None => "sandbox",
    };
    CallFailure::Trap(code, detail)
}
