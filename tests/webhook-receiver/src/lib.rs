//! The least a program must do to be told by Vezne: verify each delivery with a published library, take each event
//! once, and answer fast. See `docs/webhooks.md`.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;
use standardwebhooks::{Webhook, WebhookError};

/// What is told.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// `payment.succeeded`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// When it became true.
    pub timestamp: String,
    /// What happened; `payment` and `sequence` among it.
    pub data: Value,
}

/// What the program remembers. A real one keeps this in its database, in the transaction that books the event.
#[derive(Default)]
struct Memory {
    /// Every `webhook-id` that was taken: a repetition is answered with success and does nothing.
    seen: HashSet<String>,
    /// The last number of each payment: an older one that comes late changes nothing.
    last: HashMap<String, i64>,
    taken: Vec<Event>,
}

/// A receiver. Cheap to clone.
#[derive(Clone)]
pub struct Receiver {
    webhook: Arc<Webhook>,
    memory: Arc<Mutex<Memory>>,
}

impl Receiver {
    /// With the secret that the portal showed once: `whsec_…`.
    pub fn new(secret: &str) -> Result<Self, WebhookError> {
        Ok(Self { webhook: Arc::new(Webhook::new(secret)?), memory: Arc::default() })
    }

    /// Its one route.
    pub fn router(&self) -> Router {
        Router::new().route("/webhooks/vezne", post(hear)).with_state(self.clone())
    }

    /// Every event that was taken, in the order it came.
    pub fn taken(&self) -> Vec<Event> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).taken.clone()
    }

    /// Verifies and takes one delivery. The signature is over the bytes as they came: parse only afterwards.
    pub fn take(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        if self.webhook.verify(body, headers).is_err() {
            return StatusCode::UNAUTHORIZED;
        }
        let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let Ok(event) = serde_json::from_slice::<Event>(body) else { return StatusCode::BAD_REQUEST };
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if !memory.seen.insert(id.to_owned()) {
            return StatusCode::NO_CONTENT;
        }
        let payment = event.data["payment"].as_str().unwrap_or_default().to_owned();
        let sequence = event.data["sequence"].as_i64().unwrap_or_default();
        let last = memory.last.entry(payment).or_default();
        if sequence > *last {
            *last = sequence;
            memory.taken.push(event);
        }
        StatusCode::NO_CONTENT
    }
}

async fn hear(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.take(&headers, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    fn signed(secret: &str, id: &str, body: &str) -> HeaderMap {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let now = i64::try_from(now).unwrap();
        let signature = Webhook::new(secret).unwrap().sign(id, now, body.as_bytes()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", id.parse().unwrap());
        headers.insert("webhook-timestamp", now.to_string().parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    #[test]
    fn each_event_is_taken_once_and_forgeries_never() {
        let receiver = Receiver::new(SECRET).unwrap();
        let body = r#"{"type":"payment.succeeded","timestamp":"t","data":{"payment":"pay_1","sequence":1}}"#;
        let headers = signed(SECRET, "evt_1", body);
        assert_eq!(receiver.take(&headers, body.as_bytes()), StatusCode::NO_CONTENT);
        assert_eq!(receiver.take(&headers, body.as_bytes()), StatusCode::NO_CONTENT);
        assert_eq!(receiver.taken().len(), 1);
        let other = body.replace("pay_1", "pay_2");
        assert_eq!(receiver.take(&headers, other.as_bytes()), StatusCode::UNAUTHORIZED);
        let forged = signed("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "evt_2", body);
        assert_eq!(receiver.take(&forged, body.as_bytes()), StatusCode::UNAUTHORIZED);
        assert_eq!(receiver.take(&HeaderMap::new(), body.as_bytes()), StatusCode::UNAUTHORIZED);
    }
}
