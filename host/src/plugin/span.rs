//! The spans of an act: one of the whole act, and in it one of each call of the connector and one of each send.
//!
//! They are drawn for whoever collects them (`observe`), and cost nothing where nobody does: the act's and the sends' are
//! then disabled, and a call's, which every log line of a connector stands in, is left as it began. A send is no part of
//! the call that asked for it: the sandbox of that one is gone before the first byte leaves. What they carry is names,
//! ids and figures, never an address, a body or a detail in a bank's words.

use tracing::Span;
use tracing::field::Empty;

use super::PluginInfo;
use super::act::{Act, ActContext, Effect};
use super::ending::{Ending, Verdict};
use super::installation::Installation;
use super::step::{Call, CallEnd, Response, TransportFailure};
use crate::observe::{SPANS, exports_spans};

/// Of an act. `mode`: how the version came to it.
pub(super) fn act(
    info: &PluginInfo,
    installation: &Installation,
    context: &ActContext,
    act: &Act,
    mode: &'static str,
) -> Span {
    tracing::debug_span!(
        target: SPANS,
        "plugin.act",
        plugin = %info.id, version = %info.version, digest = &info.digest[..12], world = %info.manifest.api,
        tenant = %installation.tenant, pos_account = %installation.pos_account,
        attempt = %context.attempt_id, func = act.name(), mode,
        outcome = Empty, reason = Empty, error = Empty,
    )
}

/// An act ended.
pub(super) fn acted(span: &Span, outcome: &str, ending: &Ending) {
    if !exports_spans() {
        return;
    }
    span.record("outcome", outcome);
    let (reason, doubtful) = match ending {
        Ending::Done(Verdict::Unknown { reason, .. }) => (reason.code, true),
        Ending::Done(Verdict::NotProcessed(reason)) => (reason.code, false),
        _ => return,
    };
    span.record("reason", reason);
    if doubtful {
        span.record("error", reason);
    }
}

/// Of a call.
pub(super) fn call(info: &PluginInfo, call: &Call<'_>) -> Span {
    tracing::info_span!(
        target: SPANS,
        "plugin.call",
        plugin = %info.id, version = %info.version, digest = &info.digest[..12],
        tenant = %call.installation.tenant, pos_account = %call.installation.pos_account,
        attempt = %call.context.attempt_id, func = call.input.function(), step = Empty,
        outcome = Empty, error = Empty, ticks = Empty, processor_us = Empty, peak_memory_bytes = Empty,
        queue_us = Empty, instantiate_us = Empty, call_us = Empty, host_calls = Empty,
        bytes_in = Empty, bytes_out = Empty,
    )
}

/// The call of this span ended.
pub(super) fn called(end: &CallEnd, outcome: &str) {
    if !exports_spans() {
        return;
    }
    let (span, trace) = (Span::current(), &end.trace);
    let us = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    span.record("outcome", outcome);
    if end.result.is_err() {
        span.record("error", outcome);
    }
    span.record("step", trace.step);
    span.record("ticks", trace.ticks);
    span.record("processor_us", us(trace.ran));
    span.record("peak_memory_bytes", trace.memory_bytes);
    span.record("queue_us", us(trace.queued));
    span.record("instantiate_us", us(trace.instantiated));
    span.record("call_us", us(trace.took));
    span.record("host_calls", trace.host_calls);
    span.record("bytes_in", trace.bytes_in);
    span.record("bytes_out", end.result.as_ref().map_or(0, super::step::Step::bytes));
}

/// Of a send.
pub(super) fn send(endpoint: &str, effect: Effect, step: u8) -> Span {
    let effect = match effect {
        Effect::ReadOnly => "read-only",
        Effect::IdempotentWrite => "idempotent-write",
        Effect::OnceOnlyWrite => "once-only-write",
    };
    tracing::debug_span!(
        target: SPANS,
        "plugin.send",
        endpoint, effect, step, status = Empty, tries = Empty, error = Empty, bytes_out = Empty, bytes_in = Empty,
    )
}

/// A send came to its end.
pub(super) fn sent(span: &Span, tries: u8, bytes_out: usize, result: Result<&Response, &TransportFailure>) {
    if !exports_spans() {
        return;
    }
    span.record("tries", tries);
    span.record("bytes_out", bytes_out);
    match result {
        Ok(response) => {
            span.record("status", response.status);
            span.record("bytes_in", response.body.len());
        }
        Err(failure) => {
            span.record("error", failure.phase.as_str());
        }
    }
}
