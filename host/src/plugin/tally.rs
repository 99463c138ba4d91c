//! Counters, histograms, gauges and log lines of plugin calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::Histogram;
use wasmtime::Engine;

use super::engine::Weight;
use super::health::{ActPhase, BreakerState};
use super::installation::Installation;
use super::manifest::Manifest;
use super::step::{CallEnd, CallFailure, Response, Step, TransportFailure};
use super::{PluginInfo, span};

/// Where the figures of one version's calls go: looked up once for each function and outcome, since a call is short.
#[derive(Default)]
pub(super) struct Meters(Mutex<HashMap<(&'static str, &'static str), Arc<CallMeters>>>);

struct CallMeters {
    call: Histogram,
    queue: Histogram,
    instantiate: Histogram,
    processor: Histogram,
    memory: Histogram,
    host_calls: Histogram,
}

impl Meters {
    fn of(&self, info: &PluginInfo, func: &'static str, outcome: &'static str) -> Arc<CallMeters> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meters = known.entry((func, outcome)).or_insert_with(|| Arc::new(CallMeters::new(info, func, outcome)));
        Arc::clone(meters)
    }
}

impl CallMeters {
    fn new(info: &PluginInfo, func: &'static str, outcome: &'static str) -> Self {
        let (plugin, version) = (info.id.clone(), info.version.clone());
        let labels = [("plugin", plugin.clone()), ("version", version.clone()), ("func", func.to_owned())];
        let call = "vezne_plugin_call_seconds";
        Self {
            call: metrics::histogram!(
                call, "plugin" => plugin, "version" => version, "func" => func, "outcome" => outcome
            ),
            queue: metrics::histogram!("vezne_plugin_queue_seconds", &labels),
            instantiate: metrics::histogram!("vezne_plugin_instantiate_seconds", &labels),
            processor: metrics::histogram!("vezne_plugin_processor_seconds", &labels),
            memory: metrics::histogram!("vezne_plugin_memory_bytes", &labels),
            host_calls: metrics::histogram!("vezne_plugin_host_calls", &labels),
        }
    }
}

/// A call ended, one way or the other.
pub(super) fn called(info: &PluginInfo, meters: &Meters, func: &'static str, end: &CallEnd) {
    let outcome = match &end.result {
        Ok(Step::Send(_)) => "send",
        Ok(Step::Browse(_)) => "browse",
        Ok(Step::Done(_)) => "done",
        Ok(Step::Listed(_)) => "listed",
        Err(CallFailure::Fault(..)) => "fault",
        Err(CallFailure::Trap(code, _)) => code,
        Err(CallFailure::Breach(_) | CallFailure::Sink(_)) => "contract-breach",
        Err(CallFailure::Busy) => "busy",
    };
    let trace = &end.trace;
    let meters = meters.of(info, func, outcome);
    meters.call.record(trace.took);
    meters.queue.record(trace.queued);
    meters.instantiate.record(trace.instantiated);
    meters.processor.record(trace.ran);
    meters.memory.record(whole(trace.memory_bytes));
    meters.host_calls.record(trace.host_calls);
    span::called(end, outcome);
}

/// Figures of people's size: a float holds them.
#[expect(clippy::cast_precision_loss, reason = "exact up to nine petabytes")]
fn whole(number: usize) -> f64 {
    number as f64
}

/// A send came to its end.
pub(super) fn sent(
    manifest: &Manifest,
    endpoint: &str,
    bytes_out: usize,
    result: Result<&Response, &TransportFailure>,
    took: Duration,
) {
    let outcome = match result {
        Ok(_) => "answered",
        Err(failure) => failure.phase.as_str(),
    };
    let (plugin, endpoint) = (manifest.id.clone(), endpoint.to_owned());
    let seconds = "vezne_plugin_send_seconds";
    metrics::histogram!(seconds, "plugin" => plugin, "endpoint" => endpoint, "outcome" => outcome).record(took);
    let bytes_in = result.map_or(0, |response| response.body.len());
    for (direction, bytes) in [("out", bytes_out), ("in", bytes_in)] {
        let plugin = manifest.id.clone();
        metrics::counter!("vezne_plugin_sent_bytes_total", "plugin" => plugin, "direction" => direction)
            .increment(bytes as u64);
    }
}

/// A component was compiled, or could not be.
pub(super) fn compiled(good: bool, took: Duration) {
    let outcome = if good { "compiled" } else { "refused" };
    metrics::histogram!("vezne_plugin_compile_seconds", "outcome" => outcome).record(took);
}

/// So many breakers of a plugin stand so.
pub(super) fn breakers(plugin: &str, phase: ActPhase, state: BreakerState, count: u32) {
    let (plugin, phase, state) = (plugin.to_owned(), phase.as_str(), state.as_str());
    metrics::gauge!("vezne_plugin_breakers", "plugin" => plugin, "phase" => phase, "state" => state)
        .set(f64::from(count));
}

/// So many of the places of a weight are taken.
pub(super) fn places(weight: Weight, taken: usize, all: usize) {
    let weight = weight.as_str();
    metrics::gauge!("vezne_plugin_places_taken", "weight" => weight).set(whole(taken));
    metrics::gauge!("vezne_plugin_places", "weight" => weight).set(whole(all));
}

/// What is in use of a pool of sandboxes, and what it keeps warm. Nothing where the machine has no room for a pool.
pub(super) fn pool(weight: Weight, engine: &Engine) {
    let Some(pool) = engine.pooling_allocator_metrics() else { return };
    let weight = weight.as_str();
    let core = usize::try_from(pool.core_instances()).unwrap_or(usize::MAX);
    let components = usize::try_from(pool.component_instances()).unwrap_or(usize::MAX);
    let warm = |slots: u32| slots as usize;
    for (kind, used, warm, resident) in [
        ("component_instance", components, 0, 0),
        ("core_instance", core, 0, 0),
        ("memory", pool.memories(), warm(pool.unused_warm_memories()), pool.unused_memory_bytes_resident()),
        ("table", pool.tables(), warm(pool.unused_warm_tables()), pool.unused_table_bytes_resident()),
        ("stack", pool.stacks(), warm(pool.unused_warm_stacks()), pool.unused_stack_bytes_resident().unwrap_or(0)),
    ] {
        metrics::gauge!("vezne_plugin_pool_used", "weight" => weight, "kind" => kind).set(whole(used));
        metrics::gauge!("vezne_plugin_pool_warm", "weight" => weight, "kind" => kind).set(whole(warm));
        metrics::gauge!("vezne_plugin_pool_resident_bytes", "weight" => weight, "kind" => kind).set(whole(resident));
    }
}

/// A call gave no step.
pub(super) fn call_failed(manifest: &Manifest, installation: &Installation, failure: &CallFailure) {
    let (kind, detail) = match failure {
        CallFailure::Fault(fault, detail) => (fault.code(), detail.as_str()),
        CallFailure::Trap(code, detail) => (*code, detail.as_str()),
        CallFailure::Breach(detail) => ("contract-breach", detail.as_str()),
        CallFailure::Sink(detail) => ("refused-sink", detail.as_str()),
        CallFailure::Busy => ("busy", ""),
    };
    let plugin = manifest.id.clone();
    if matches!(failure, CallFailure::Fault(..)) {
        metrics::counter!("vezne_plugin_faults_total", "plugin" => plugin, "kind" => kind).increment(1);
        return;
    }
    metrics::counter!("vezne_plugin_traps_total", "plugin" => plugin, "kind" => kind).increment(1);
    tracing::error!(
        plugin = %manifest.id, version = %manifest.version, digest = %installation.digest,
        tenant = %installation.tenant, pos_account = %installation.pos_account, kind, detail,
        "a plugin call failed"
    );
}

/// A value was about to go where its labels forbid: hostile, or badly broken.
pub(super) fn sink_refused(manifest: &Manifest, installation: &Installation) {
    metrics::counter!("vezne_plugin_refused_sinks_total", "plugin" => manifest.id.clone()).increment(1);
    tracing::error!(
        plugin = %manifest.id, version = %manifest.version, digest = %installation.digest,
        tenant = %installation.tenant, pos_account = %installation.pos_account,
        "a plugin tried to send a sealed value where it may not go"
    );
}

/// A comparison came out false: a forged answer, or somebody trying values.
pub(super) fn comparison_false(plugin: &str, installation: &Installation) {
    let account = installation.pos_account.to_string();
    metrics::counter!("vezne_plugin_comparisons_false_total", "plugin" => plugin.to_owned(), "pos_account" => account)
        .increment(1);
}

/// An act ended unknown.
pub(super) fn unknown(manifest: &Manifest, code: &'static str) {
    metrics::counter!("vezne_plugin_unknown_total", "plugin" => manifest.id.clone(), "reason" => code).increment(1);
}
