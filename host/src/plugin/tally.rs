//! Counters and log lines of plugin calls.

use std::time::Duration;

use super::PluginInfo;
use super::installation::Installation;
use super::manifest::Manifest;
use super::step::{CallFailure, Step};

/// A call ended, one way or the other.
pub(super) fn called(info: &PluginInfo, func: &'static str, result: &Result<Step, CallFailure>, took: Duration) {
    let outcome = match result {
        Ok(Step::Send(_)) => "send",
        Ok(Step::Browse(_)) => "browse",
        Ok(Step::Done(_)) => "done",
        Err(CallFailure::Fault(..)) => "fault",
        Err(CallFailure::Trap(code, _)) => code,
        Err(CallFailure::Breach(_) | CallFailure::Sink(_)) => "contract-breach",
        Err(CallFailure::Busy) => "busy",
    };
    metrics::histogram!(
        "vezne_plugin_call_seconds",
        "plugin" => info.id.clone(), "version" => info.version.clone(), "func" => func, "outcome" => outcome
    )
    .record(took);
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
