//! A collector of OpenTelemetry as small as it can be: takes OTLP over HTTP in its JSON form, and remembers it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use anyhow::{Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::patience::Patience;

/// One request.
#[derive(Debug, Clone)]
pub struct Export {
    pub path: String,
    pub token: String,
    pub content_type: String,
    pub json: Value,
}

/// A span with the parts that stories look at.
#[derive(Debug, Clone)]
pub struct Span(Value);

impl Span {
    pub fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    pub fn number(&self, key: &str) -> i64 {
        self.0[key].as_i64().unwrap_or_default()
    }

    /// An attribute as text, whatever its type; empty where there is none.
    pub fn attribute(&self, key: &str) -> String {
        let mut attributes = self.0["attributes"].as_array().into_iter().flatten();
        let value = attributes.find(|attribute| attribute["key"] == key).map(|found| &found["value"]);
        let value = value.and_then(Value::as_object).and_then(|value| value.values().next());
        value.map_or_else(String::new, |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    pub fn is_failed(&self) -> bool {
        self.0["status"]["code"] == 2
    }
}

/// A listening collector.
pub struct Collector {
    pub url: String,
    exports: Arc<Mutex<Vec<Export>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Collector {
    pub async fn start() -> Result<Self> {
        let exports = Arc::<Mutex<Vec<Export>>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(take).with_state(Arc::clone(&exports));
        let task = tokio::spawn(async move {
            // Ends with the story.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, exports, task })
    }

    /// Everything taken so far.
    pub fn exports(&self) -> Vec<Export> {
        self.exports.lock().expect("exports").clone()
    }

    /// The spans that were heard of so far.
    pub fn spans(&self) -> Vec<Span> {
        let exports = self.exports();
        let all = exports.iter().flat_map(|export| export.json["resourceSpans"].as_array().into_iter().flatten());
        let scopes = all.flat_map(|resource| resource["scopeSpans"].as_array().into_iter().flatten());
        scopes.flat_map(|scope| scope["spans"].as_array().into_iter().flatten()).cloned().map(Span).collect()
    }

    /// The names of the figures that were heard of so far.
    pub fn figures(&self) -> BTreeSet<String> {
        let exports = self.exports();
        let all = exports.iter().flat_map(|export| export.json["resourceMetrics"].as_array().into_iter().flatten());
        let scopes = all.flat_map(|resource| resource["scopeMetrics"].as_array().into_iter().flatten());
        let metrics = scopes.flat_map(|scope| scope["metrics"].as_array().into_iter().flatten());
        metrics.filter_map(|metric| metric["name"].as_str().map(str::to_owned)).collect()
    }

    /// Waits for the spans of one act: its own, and those in it.
    pub async fn act(&self, wanted: impl Fn(&Span) -> bool) -> Result<(Span, Vec<Span>)> {
        let mut patience = Patience::new();
        loop {
            let spans = self.spans();
            if let Some(act) = spans.iter().find(|span| span.text("name") == "plugin.act" && wanted(span)) {
                let inside = spans.iter().filter(|span| span.text("parentSpanId") == act.text("spanId"));
                return Ok((act.clone(), inside.cloned().collect()));
            }
            ensure!(patience.lasts().await, "no such act among {} spans", spans.len());
        }
    }

    /// Waits for figures by name.
    pub async fn until_figures(&self, wanted: &BTreeSet<String>) -> Result<()> {
        let mut patience = Patience::new();
        loop {
            let told = self.figures();
            let missing: Vec<_> = wanted.difference(&told).collect();
            if missing.is_empty() {
                return Ok(());
            }
            ensure!(patience.lasts().await, "never heard of {missing:?}");
        }
    }

    /// All words that were heard, one a line. Numbers and times are no words: any four digits may stand in them.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        for export in self.exports() {
            words_of(&export.json, &mut words);
        }
        words.join("\n")
    }
}

fn words_of(json: &Value, words: &mut Vec<String>) {
    match json {
        Value::Array(all) => all.iter().for_each(|one| words_of(one, words)),
        Value::Object(fields) => {
            for (name, value) in fields {
                words.push(name.clone());
                let number =
                    matches!(name.as_str(), "intValue" | "count" | "bucketCounts") || name.ends_with("UnixNano");
                if !number {
                    words_of(value, words);
                }
            }
        }
        Value::String(text) => words.push(text.clone()),
        _ => {}
    }
}

async fn take(
    State(exports): State<Arc<Mutex<Vec<Export>>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::Json<Value> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (token, content_type) = (text("authorization"), text("content-type"));
    exports.lock().expect("exports").push(Export { path: uri.path().to_owned(), token, content_type, json });
    axum::Json(json!({}))
}
