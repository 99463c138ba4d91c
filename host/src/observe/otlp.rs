//! What goes to a collector of OpenTelemetry: spans of plugin calls and all figures, as OTLP over HTTP in the
//! protocol's own JSON form. Off unless the standard environment variables name a collector.
//!
//! Written over the layers that are there (`tracing`, the figures of `/metrics`) instead of OpenTelemetry's crates. They
//! are nine more with protocol buffers and their code generator among them, every figure would be counted twice, and
//! their exporters run on threads outside our runtime with a client of their own; what is needed of the protocol is two
//! requests.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Notify;
use url::Url;

use super::figure;
use crate::ctx::Clock;
use crate::security::redact::scrub;

/// Where to, and how often; from the standard variables `OTEL_…`.
#[derive(Clone)]
pub struct Settings {
    traces: Option<Url>,
    metrics: Option<Url>,
    trace_headers: Vec<(String, String)>,
    metric_headers: Vec<(String, String)>,
    resource: Vec<(String, String)>,
    /// How long a collector may take.
    pub patience: Duration,
    /// How often spans go out.
    pub spans_every: Duration,
    /// How often figures go out.
    pub figures_every: Duration,
}

/// Headers may hold a token.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = |url: &Option<Url>| url.as_ref().and_then(|url| url.host_str().map(str::to_owned));
        f.debug_struct("Settings")
            .field("traces", &host(&self.traces))
            .field("metrics", &host(&self.metrics))
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// From the environment; nothing where no collector is named.
    pub fn from_env() -> Result<Option<Self>, String> {
        Self::from(|name| std::env::var(name).ok())
    }

    /// From variables by name.
    fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let told = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if told("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let address = |signal: &str, path: &str| -> Result<Option<Url>, String> {
            match told(&format!("OTEL_{signal}_EXPORTER")).as_deref() {
                None | Some("otlp") => {}
                Some("none") => return Ok(None),
                Some(other) => {
                    return Err(format!("OTEL_{signal}_EXPORTER is {other}: this server knows otlp and none"));
                }
            }
            let own = format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");
            let (name, text) = match (told(&own), told("OTEL_EXPORTER_OTLP_ENDPOINT")) {
                (Some(text), _) => (own.as_str(), text),
                (None, Some(base)) => {
                    ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{}/v1/{path}", base.trim_end_matches('/')))
                }
                (None, None) => return Ok(None),
            };
            let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.map(Some).ok_or_else(|| format!("{name} is no address such as http://127.0.0.1:4318"))
        };
        let (traces, metrics) = (address("TRACES", "traces")?, address("METRICS", "metrics")?);
        if traces.is_none() && metrics.is_none() {
            return Ok(None);
        }
        for name in ["", "TRACES_", "METRICS_"].map(|signal| format!("OTEL_EXPORTER_OTLP_{signal}PROTOCOL")) {
            if let Some(other) = told(&name).filter(|text| text != "http/json") {
                return Err(format!(
                    "{name} is {other}: this server speaks http/json, which collectors take beside it"
                ));
            }
        }
        let millis = |name: &str, otherwise: u64| match told(name) {
            None => Ok(Duration::from_millis(otherwise)),
            Some(text) => match text.parse() {
                Ok(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
                _ => Err(format!("{name} must be a number of milliseconds")),
            },
        };
        let headers = |signal: &str| {
            let own = told(&format!("OTEL_EXPORTER_OTLP_{signal}_HEADERS"));
            pairs(&own.or_else(|| told("OTEL_EXPORTER_OTLP_HEADERS")).unwrap_or_default())
        };
        let mut resource = pairs(&told("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default());
        if let Some(name) = told("OTEL_SERVICE_NAME") {
            resource.retain(|(known, _)| known != "service.name");
            resource.push(("service.name".to_owned(), name));
        }
        for (name, value) in [("service.name", "vezne"), ("service.version", env!("CARGO_PKG_VERSION"))] {
            if !resource.iter().any(|(known, _)| known == name) {
                resource.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(Some(Self {
            traces,
            metrics,
            trace_headers: headers("TRACES"),
            metric_headers: headers("METRICS"),
            resource,
            patience: millis("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000)?,
            spans_every: millis("OTEL_BSP_SCHEDULE_DELAY", 5_000)?,
            figures_every: millis("OTEL_METRIC_EXPORT_INTERVAL", 60_000)?,
        }))
    }

    /// To a collector that is not there.
    #[cfg(test)]
    pub(super) fn for_test() -> Self {
        let variable = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| "http://c:4318".to_owned());
        Self::from(variable).unwrap().unwrap()
    }

    /// Whether spans are wanted.
    pub fn wants_spans(&self) -> bool {
        self.traces.is_some()
    }
}

/// `key=value,key=value`, percent-encoded.
fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).filter(|(name, _)| !name.is_empty()).collect()
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attribute {
    Text(String),
    Whole(i64),
    Flag(bool),
}

impl Attribute {
    fn json(&self) -> Value {
        match self {
            // Whatever it is: a card number is not told on (P9).
            Self::Text(text) => json!({ "stringValue": scrub(text) }),
            Self::Whole(number) => json!({ "intValue": number.to_string() }),
            Self::Flag(flag) => json!({ "boolValue": flag }),
        }
    }
}

/// A span that ended. Times are nanoseconds of the epoch.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub name: &'static str,
    pub trace: [u8; 16],
    pub span: [u8; 8],
    pub parent: Option<[u8; 8]>,
    pub began_ns: u64,
    pub ended_ns: u64,
    pub attributes: Vec<(&'static str, Attribute)>,
}

impl Drawn {
    fn json(&self) -> Value {
        let error = self.attributes.iter().find(|(name, _)| *name == "error");
        let status = error.map_or_else(|| json!({}), |_| json!({ "code": 2 }));
        let attributes: Vec<Value> =
            self.attributes.iter().map(|(name, value)| json!({ "key": name, "value": value.json() })).collect();
        json!({
            "traceId": hex::encode(self.trace),
            "spanId": hex::encode(self.span),
            "parentSpanId": self.parent.map(hex::encode).unwrap_or_default(),
            "name": self.name,
            // A send is a client's, all else is inside.
            "kind": if self.name == "plugin.send" { 3 } else { 1 },
            "startTimeUnixNano": self.began_ns.to_string(),
            "endTimeUnixNano": self.ended_ns.to_string(),
            "attributes": attributes,
            "status": status,
        })
    }
}

/// Spans that wait to go out; more are dropped, and counted.
const SPANS_WAITING_MAX: usize = 4_096;
/// Spans of one request.
const SPANS_AT_ONCE: usize = 512;

/// One request to the collector.
#[derive(Debug)]
pub struct Export {
    /// Where to.
    pub url: Url,
    /// Headers from the settings.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: Vec<u8>,
    /// Spans in it.
    pub spans: usize,
}

/// What is to go to the collector.
pub struct Exporter {
    /// Where to, and how often.
    pub settings: Settings,
    began: Instant,
    began_ns: u64,
    waiting: Mutex<VecDeque<Drawn>>,
    many: Notify,
    dropped: AtomicU64,
}

impl std::fmt::Debug for Exporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.settings, f)
    }
}

impl Exporter {
    pub(super) fn new(settings: Settings) -> Self {
        let began_ns = u64::try_from(Clock::system().now_ms()).unwrap_or(0) * 1_000_000;
        let (waiting, many, dropped) = (Mutex::default(), Notify::new(), AtomicU64::new(0));
        Self { settings, began: Instant::now(), began_ns, waiting, many, dropped }
    }

    /// Nanoseconds of the epoch: the clock of the start, and what has passed since.
    pub(super) fn now_ns(&self) -> u64 {
        self.began_ns + u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(0)
    }

    pub(super) fn ended(&self, span: Drawn) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= SPANS_WAITING_MAX {
            drop(waiting);
            self.lost(1);
            return;
        }
        waiting.push_back(span);
        if waiting.len() >= SPANS_AT_ONCE {
            self.many.notify_one();
        }
    }

    /// So many spans will never be seen.
    pub fn lost(&self, spans: usize) {
        self.dropped.fetch_add(spans as u64, Ordering::Relaxed);
        metrics::counter!("vezne_spans_lost_total").increment(spans as u64);
    }

    /// Waits until many spans wait.
    pub async fn many(&self) {
        self.many.notified().await;
    }

    /// The next spans that go out, if there are any.
    pub fn spans(&self) -> Option<Export> {
        let url = self.settings.traces.clone()?;
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(SPANS_AT_ONCE);
        let spans: Vec<Drawn> = waiting.drain(..count).collect();
        drop(waiting);
        if spans.is_empty() {
            return None;
        }
        let body = json!({ "resourceSpans": [{
            "resource": self.resource(),
            "scopeSpans": [{ "scope": scope(), "spans": spans.iter().map(Drawn::json).collect::<Vec<_>>() }],
        }] });
        let headers = self.settings.trace_headers.clone();
        Some(Export { url, headers, body: body.to_string().into_bytes(), spans: spans.len() })
    }

    /// All figures as they stand, from the text of `/metrics`, if they are wanted.
    pub fn figures(&self, text: &str) -> Option<Export> {
        let url = self.settings.metrics.clone()?;
        let metrics = figure::metrics(text, self.began_ns, self.now_ns());
        let body = json!({ "resourceMetrics": [{
            "resource": self.resource(),
            "scopeMetrics": [{ "scope": scope(), "metrics": metrics }],
        }] });
        let headers = self.settings.metric_headers.clone();
        Some(Export { url, headers, body: body.to_string().into_bytes(), spans: 0 })
    }

    fn resource(&self) -> Value {
        let attributes: Vec<Value> = self
            .settings
            .resource
            .iter()
            .map(|(name, value)| json!({ "key": name, "value": { "stringValue": value } }))
            .collect();
        json!({ "attributes": attributes })
    }
}

fn scope() -> Value {
    json!({ "name": "vezne", "version": env!("CARGO_PKG_VERSION") })
}

static EXPORTER: OnceLock<Exporter> = OnceLock::new();

/// Sets the exporter of this process; the first one counts.
pub(super) fn begin(settings: Settings) -> &'static Exporter {
    EXPORTER.get_or_init(|| Exporter::new(settings))
}

/// The exporter of this process, if a collector is named.
pub fn exporter() -> Option<&'static Exporter> {
    EXPORTER.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::from(|name| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn nothing_is_exported_unasked() {
        assert!(settings(&[]).unwrap().is_none());
        let off = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), ("OTEL_SDK_DISABLED", "true")];
        assert!(settings(&off).unwrap().is_none());
    }

    #[test]
    fn the_standard_variables_are_read() {
        let told = settings(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://figures.example/in"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20geheim, x-firm=1"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment=test"),
            ("OTEL_SERVICE_NAME", "till"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
        ]);
        let told = told.unwrap().unwrap();
        assert_eq!(told.traces.as_ref().unwrap().as_str(), "http://collector:4318/v1/traces");
        assert_eq!(told.metrics.as_ref().unwrap().as_str(), "https://figures.example/in");
        assert_eq!(told.trace_headers[0], ("authorization".to_owned(), "Bearer geheim".to_owned()));
        assert_eq!(told.resource[1], ("service.name".to_owned(), "till".to_owned()));
        assert_eq!((told.figures_every.as_secs(), told.spans_every.as_secs()), (1, 5));
        assert!(!format!("{told:?}").contains("geheim"), "a token is shown");
        let only = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), ("OTEL_TRACES_EXPORTER", "none")];
        assert!(!settings(&only).unwrap().unwrap().wants_spans());
    }

    #[test]
    fn what_we_do_not_speak_is_refused_with_a_sentence() {
        let at = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318"),
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ] {
            let refused = settings(&[at, (name, value)]).unwrap_err();
            assert!(refused.contains(name), "{refused}");
        }
    }

    #[test]
    fn what_a_collector_cannot_take_is_dropped_and_a_card_is_not_told() {
        let exporter = Exporter::new(Settings::for_test());
        let span = Drawn {
            name: "plugin.send",
            trace: [1; 16],
            span: [2; 8],
            parent: Some([3; 8]),
            began_ns: 1,
            ended_ns: exporter.now_ns(),
            attributes: vec![("error", Attribute::Text("pan 4355084355084358".to_owned()))],
        };
        (0..SPANS_WAITING_MAX + 7).for_each(|_| exporter.ended(span.clone()));
        assert_eq!(exporter.dropped.load(Ordering::Relaxed), 7);
        let export = exporter.spans().unwrap();
        assert_eq!((export.spans, export.url.path()), (SPANS_AT_ONCE, "/v1/traces"));
        let body: Value = serde_json::from_slice(&export.body).unwrap();
        let first = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!((&first["parentSpanId"], &first["kind"]), (&json!("0303030303030303"), &json!(3)));
        assert_eq!(first["status"]["code"], 2);
        assert_eq!(first["attributes"][0]["value"]["stringValue"], "pan ****************");
    }
}
