//! A program of the firm that is told: remembers what it heard, and answers as a story wishes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::patience::Patience;

/// One delivery as it arrived.
#[derive(Debug, Clone)]
pub struct Told {
    pub id: String,
    pub timestamp: i64,
    pub signatures: Vec<String>,
    pub raw: String,
    pub json: Value,
    /// What was answered.
    pub status: u16,
}

impl Told {
    pub fn kind(&self) -> &str {
        self.json["type"].as_str().unwrap_or_default()
    }

    pub fn payment(&self) -> &str {
        self.json["data"]["payment"].as_str().unwrap_or_default()
    }

    pub fn sequence(&self) -> i64 {
        self.json["data"]["sequence"].as_i64().unwrap_or_default()
    }

    /// Whether one of the signatures is what the published library makes with this secret. Its own check of the
    /// timestamp asks the machine's clock, which stories have left behind.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let signed =
            Webhook::new(secret).and_then(|webhook| webhook.sign(&self.id, self.timestamp, self.raw.as_bytes()));
        signed.is_ok_and(|signed| self.signatures.contains(&signed))
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    header: Option<(&'static str, String)>,
    body: String,
    wait: Duration,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self { status, header: None, body: String::new(), wait: Duration::ZERO }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    pub fn after(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }
}

struct Inner {
    told: Mutex<Vec<Told>>,
    script: Mutex<VecDeque<Answer>>,
    usual: Mutex<Answer>,
}

/// A listening program.
pub struct Receiver {
    pub url: String,
    inner: Arc<Inner>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// Listens, and takes everything until told otherwise.
    pub async fn start() -> Result<Self> {
        let inner = Arc::new(Inner {
            told: Mutex::default(),
            script: Mutex::default(),
            usual: Mutex::new(Answer::status(204)),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hook?firm=1", listener.local_addr()?);
        let router = Router::new().fallback(hear).with_state(Arc::clone(&inner));
        let task = tokio::spawn(async move {
            // Ends with the story.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, inner, task })
    }

    /// The answer to the next delivery that has none yet.
    pub fn next(&self, answer: Answer) {
        self.inner.script.lock().expect("script").push_back(answer);
    }

    /// The answer to everything else.
    pub fn usually(&self, answer: Answer) {
        *self.inner.usual.lock().expect("usual") = answer;
    }

    /// Everything heard so far.
    pub fn told(&self) -> Vec<Told> {
        self.inner.told.lock().expect("told").clone()
    }

    /// Waits until so many deliveries were heard.
    pub async fn until(&self, count: usize) -> Result<Vec<Told>> {
        let mut patience = Patience::new();
        loop {
            let told = self.told();
            if told.len() >= count {
                return Ok(told);
            }
            ensure!(patience.lasts().await, "heard {} of {count}: {told:#?}", told.len());
        }
    }

    /// Waits a moment and expects that nothing more was heard.
    pub async fn still(&self, count: usize) -> Result<Vec<Told>> {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let told = self.told();
        ensure!(told.len() == count, "heard {} and not {count}: {told:#?}", told.len());
        Ok(told)
    }
}

async fn hear(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = inner.script.lock().expect("script").pop_front();
    let answer = answer.unwrap_or_else(|| inner.usual.lock().expect("usual").clone());
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let raw = String::from_utf8_lossy(&body).into_owned();
    inner.told.lock().expect("told").push(Told {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp").parse().unwrap_or_default(),
        signatures: text("webhook-signature").split(' ').map(str::to_owned).collect(),
        json: serde_json::from_str(&raw).unwrap_or_default(),
        raw,
        status: answer.status,
    });
    tokio::time::sleep(answer.wait).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    if let Some((name, value)) = answer.header
        && let Ok(value) = value.parse()
    {
        response.headers_mut().insert(name, value);
    }
    response
}
