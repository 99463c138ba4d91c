//! Log lines and figures.

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::security::redact::Redacted;

/// Begins logging to standard error; every line is searched for card numbers first (P9).
/// A second call changes nothing.
pub fn log_begin(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(stderr().is_terminal())
        .with_writer(Redacted(stderr));
    let begun = if json { lines.json().try_init() } else { lines.try_init() };
    if begun.is_err() {
        tracing::debug!("logging had begun before");
    }
}

static FIGURES: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins counting. A second call changes nothing.
pub fn metrics_begin() {
    FIGURES.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
}

/// The figures so far, in the text format of Prometheus.
pub fn metrics_text() -> String {
    FIGURES.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}
