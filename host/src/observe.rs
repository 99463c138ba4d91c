//! Log lines, figures, and what of both goes to a collector.

mod figure;
mod layer;
pub mod otlp;

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Subscriber;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::security::redact::Redacted;

/// The target of spans that are drawn for a collector; no other span leaves the process.
pub const SPANS: &str = "vezne::span";

static EXPORTS_SPANS: AtomicBool = AtomicBool::new(false);

/// Whether somebody collects spans: only then it is worth writing down how one ended.
pub fn exports_spans() -> bool {
    EXPORTS_SPANS.load(Ordering::Relaxed)
}

/// Begins logging to standard error; every line is searched for card numbers first (P9). Where a collector is named,
/// the spans that are drawn for it go there, whatever the log's filter says. A second call changes nothing.
pub fn log_begin(json: bool, collector: Option<otlp::Settings>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let begun = match collector {
        None => tracing_subscriber::registry().with(filter).with(lines(json)).try_init(),
        Some(settings) => {
            let exporter = otlp::begin(settings);
            let wanted = exporter.settings.wants_spans();
            EXPORTS_SPANS.store(wanted, Ordering::Relaxed);
            let spans = wanted.then(|| layer::Spans(exporter).with_filter(filter_fn(layer::is_drawn)));
            let lines: Box<dyn Layer<Registry> + Send + Sync> = lines(json);
            tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).try_init()
        }
    };
    if begun.is_err() {
        tracing::debug!("logging had begun before");
    }
}

fn lines<S: Subscriber + for<'a> LookupSpan<'a>>(json: bool) -> Box<dyn Layer<S> + Send + Sync> {
    let lines = fmt::layer().with_ansi(stderr().is_terminal()).with_writer(Redacted(stderr));
    if json { lines.json().boxed() } else { lines.boxed() }
}

/// Seconds. A call takes some 30 µs; the last one is where it is cut off.
const CALL_BUCKETS: &[f64] = &[
    0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05,
    0.1, 0.25,
];
/// Seconds. A bank takes 0.3 to 30 s, and a compiler up to three minutes.
const WAIT_BUCKETS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 90.0, 180.0];
/// Seconds. Most calls find a sandbox at once; after two seconds it is given up.
const QUEUE_BUCKETS: &[f64] = &[0.000_01, 0.000_1, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0];
/// Bytes: from the three pages that a connector begins with to the most that an interpreter may have.
const MEMORY_BUCKETS: &[f64] = &[
    196_608.0,
    262_144.0,
    524_288.0,
    1_048_576.0,
    2_097_152.0,
    4_194_304.0,
    8_388_608.0,
    16_777_216.0,
    67_108_864.0,
    201_326_592.0,
];
const HOST_CALL_BUCKETS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 10_000.0];

/// The histograms that are told in buckets, which can be added up over servers; all others as quantiles.
const BUCKETS: &[(&str, &[f64])] = &[
    ("vezne_plugin_call_seconds", CALL_BUCKETS),
    ("vezne_plugin_instantiate_seconds", CALL_BUCKETS),
    ("vezne_plugin_processor_seconds", CALL_BUCKETS),
    ("vezne_plugin_queue_seconds", QUEUE_BUCKETS),
    ("vezne_plugin_send_seconds", WAIT_BUCKETS),
    ("vezne_plugin_compile_seconds", WAIT_BUCKETS),
    ("vezne_plugin_memory_bytes", MEMORY_BUCKETS),
    ("vezne_plugin_host_calls", HOST_CALL_BUCKETS),
];

static FIGURES: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins counting. A second call changes nothing.
pub fn metrics_begin() {
    FIGURES.get_or_init(|| {
        let mut builder = PrometheusBuilder::new();
        for (name, buckets) in BUCKETS {
            builder = builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), buckets).ok()?;
        }
        builder.install_recorder().ok()
    });
}

fn figures() -> Option<&'static PrometheusHandle> {
    FIGURES.get().and_then(Option::as_ref)
}

/// Sorts what was counted into its buckets. Whoever reads the figures does it as well; where nobody does, the single
/// values would pile up.
pub fn metrics_tend() {
    if let Some(figures) = figures() {
        figures.run_upkeep();
    }
}

/// The figures so far, in the text format of Prometheus.
pub fn metrics_text() -> String {
    figures().map(PrometheusHandle::render).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    fn names(text: &str) -> BTreeSet<String> {
        let letter = |c: char| c.is_ascii_lowercase() || c == '_';
        let found = text.match_indices("vezne_plugin_").map(|(at, _)| text[at..].split(|c| !letter(c)).next().unwrap());
        let base = |name: &str| {
            name.trim_end_matches("_bucket").trim_end_matches("_count").trim_end_matches("_sum").to_owned()
        };
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

    #[test]
    fn whatever_is_counted_of_plugins_is_shown() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dashboard = std::fs::read_to_string(root.join("../docs/grafana/plugins.json")).unwrap();
        let mut counted = String::new();
        sources(&root.join("src"), &mut counted);
        let missing: Vec<_> = names(&counted).difference(&names(&dashboard)).cloned().collect();
        assert!(missing.is_empty(), "the dashboard does not show {missing:?}");
    }

    #[test]
    fn only_what_is_counted_has_buckets() {
        let mut counted = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut counted);
        for (name, buckets) in super::BUCKETS {
            assert!(counted.contains(&format!("\"{name}\"")), "nobody counts {name}");
            assert!(buckets.is_sorted(), "{name}");
        }
    }
}
