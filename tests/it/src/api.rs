//! A program that uses the API with a key.

use std::sync::Mutex;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::http::{Answer, Call};

/// The API as a program uses it.
pub struct Api {
    pub base: String,
    secret: String,
    token: Mutex<Option<String>>,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub answer: Answer,
    pub json: Value,
}

impl Reply {
    pub(crate) fn of(answer: Answer) -> Self {
        let json = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        Self { status: answer.status, json, answer }
    }

    /// Fails with the whole answer unless the status is one of 2xx.
    pub fn good(self) -> Result<Self> {
        ensure!((200..300).contains(&self.status), "{}: {}", self.status, self.answer.text());
        Ok(self)
    }

    /// Text at a JSON pointer, or nothing.
    pub fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Number at a JSON pointer.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        self.json.pointer(pointer).and_then(Value::as_i64)
    }
}

impl Api {
    pub fn new(base: &str, secret: &str) -> Self {
        Self { base: base.to_owned(), secret: secret.to_owned(), token: Mutex::new(None) }
    }

    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.send(Call::new("GET", format!("{}{path}", self.base))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        self.post_with_key(path, body, &fresh_key()).await
    }

    pub async fn post_with_key(&self, path: &str, body: &Value, key: &str) -> Result<Reply> {
        self.send(self.post_call(path, body, key)).await
    }

    /// The request without a token, for stories that break it off or repeat it.
    pub fn post_call(&self, path: &str, body: &Value, key: &str) -> Call {
        Call::new("POST", format!("{}{path}", self.base))
            .header("idempotency-key", key)
            .body("application/json", body.to_string())
    }

    /// Sends with a token, and once more with a fresh one where the old one has ended.
    pub async fn send(&self, call: Call) -> Result<Reply> {
        let reply = Reply::of(self.authorized(call.clone()).await?.send().await?);
        if reply.status != 401 {
            return Ok(reply);
        }
        self.token.lock().expect("token").take();
        Ok(Reply::of(self.authorized(call).await?.send().await?))
    }

    /// The request with a token.
    pub async fn authorized(&self, call: Call) -> Result<Call> {
        let kept = self.token.lock().expect("token").clone();
        let token = match kept {
            Some(token) => token,
            None => self.exchange().await?,
        };
        Ok(call.header("authorization", format!("Bearer {token}")))
    }

    async fn exchange(&self) -> Result<String> {
        let call = Call::new("POST", format!("{}/v1/tokens", self.base))
            .header("authorization", format!("Bearer {}", self.secret))
            .body("application/json", json!({}).to_string());
        let reply = Reply::of(call.send().await?).good().context("the key is not exchanged")?;
        let token = reply.text("/access_token").to_owned();
        ensure!(!token.is_empty(), "no token in {}", reply.answer.text());
        *self.token.lock().expect("token") = Some(token.clone());
        Ok(token)
    }
}

/// An idempotency key that nobody used before.
pub fn fresh_key() -> String {
    uuid::Uuid::now_v7().to_string()
}
