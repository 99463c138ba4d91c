//! Log lines and figures.

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
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

/// Seconds. A call takes some 30 µs; the last one is where it is cut off.
const PLUGIN_CALL_BUCKETS: &[f64] =
    &[0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

static FIGURES: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins counting. A second call changes nothing.
pub fn metrics_begin() {
    FIGURES.get_or_init(|| {
        let calls = Matcher::Full("vezne_plugin_call_seconds".to_owned());
        PrometheusBuilder::new().set_buckets_for_metric(calls, PLUGIN_CALL_BUCKETS).ok()?.install_recorder().ok()
    });
}

/// The figures so far, in the text format of Prometheus.
pub fn metrics_text() -> String {
    FIGURES.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    fn names(text: &str) -> BTreeSet<String> {
        let letter = |c: char| c.is_ascii_lowercase() || c == '_';
        let found = text.match_indices("vezne_plugin_").map(|(at, _)| text[at..].split(|c| !letter(c)).next().unwrap());
        let base = |name: &str| name.trim_end_matches("_bucket").trim_end_matches("_count").to_owned();
        found.map(base).collect()
    }

    fn sources(folder: &Path, all: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else if path.file_name().is_some_and(|name| name != "observe.rs") {
                all.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn the_dashboard_shows_only_what_is_counted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(root.join("../docs/grafana/plugins.json")).unwrap();
        let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(dashboard["panels"].as_array().unwrap().len() > 5);
        let mut counted = String::new();
        sources(&root.join("src"), &mut counted);
        let missing: Vec<_> = names(&text).difference(&names(&counted)).cloned().collect();
        assert!(missing.is_empty(), "nobody counts {missing:?}");
    }
}
