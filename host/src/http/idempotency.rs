//! The pieces of an idempotent request: its key, its fingerprint, and the replay of a kept answer.
//! The claim itself is written by the flow, in the transaction that makes the payment (P1).

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::error::{Error, Result};
use super::extract::{Caller, parse, require_json};
use crate::app::App;
use crate::limits;
use crate::store::idempotency::IdempotencyKey;

/// Header with the key.
pub const HEADER: &str = "idempotency-key";

/// A request that moves money: who asks, under which key, and the body, wiped when dropped.
pub struct Idempotent {
    /// Who asks.
    pub caller: Caller,
    /// Under what the key is unique, with the fingerprint of this request.
    pub key: IdempotencyKey,
    body: Zeroizing<Vec<u8>>,
}

impl Idempotent {
    /// The body, read strictly.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        parse(&self.body)
    }

    /// The body, read strictly; nothing at all means every field's default.
    pub fn parse_or_default<T: DeserializeOwned + Default>(&self) -> Result<T> {
        if self.body.is_empty() { Ok(T::default()) } else { self.parse() }
    }
}

impl FromRequest<App> for Idempotent {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let name = key_of(parts.headers.get(HEADER))?;
        let has_body = parts.headers.get(header::CONTENT_LENGTH).is_none_or(|length| length != "0");
        if has_body && parts.headers.contains_key(header::CONTENT_TYPE) {
            require_json(&parts.headers)?;
        }
        let body = collect(body).await?;
        let path = parts.uri.path();
        let key = IdempotencyKey {
            tenant: caller.ctx.tenant,
            owner: caller.ctx.actor.label(),
            endpoint: format!("{} {path}", parts.method),
            key: name,
            fingerprint: app.security.fingerprints.request(parts.method.as_str(), path, &body),
        };
        Ok(Self { caller, key, body })
    }
}

/// Reads a body into memory that is wiped; the wire's own buffers are out of our hands.
pub(super) async fn collect(mut body: axum::body::Body) -> Result<Zeroizing<Vec<u8>>> {
    let mut whole = Zeroizing::new(Vec::with_capacity(4096));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::TooLarge)?;
        if let Ok(data) = frame.into_data() {
            let data: Bytes = data;
            if whole.len() + data.len() > limits::BODY_BYTES_MAX {
                return Err(Error::TooLarge);
            }
            if whole.len() + data.len() > whole.capacity() {
                // Growing would leave the old bytes behind in freed memory: move them by hand and wipe.
                let mut larger = Zeroizing::new(Vec::with_capacity(limits::BODY_BYTES_MAX));
                larger.extend_from_slice(&whole);
                whole = larger;
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole)
}

/// The key in the header: 1 to 255 visible characters, with or without quotes (a structured string).
fn key_of(header: Option<&HeaderValue>) -> Result<String> {
    let text = header.ok_or(Error::BadRequest("idempotency_key_required"))?.to_str();
    let text = text.map_err(|_| Error::BadRequest("idempotency_key_malformed"))?.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let fits =
        (1..=limits::IDEMPOTENCY_KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(text.to_owned()) } else { Err(Error::BadRequest("idempotency_key_malformed")) }
}

/// Sends a kept answer for the first time: the same bytes that every repetition gets.
pub fn first_answer(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Sends a kept answer again.
pub fn replay(status: u16, body: String) -> Response {
    let mut response = first_answer(status, body);
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_and_bounded() {
        let of = |text: &str| key_of(Some(&HeaderValue::from_str(text).unwrap())).ok();
        assert_eq!(of("abc-1").as_deref(), Some("abc-1"));
        assert_eq!(of("\"abc\"").as_deref(), Some("abc"));
        assert_eq!(of("a b"), None);
        assert_eq!(of(""), None);
        assert_eq!(of(&"a".repeat(256)), None);
        assert!(matches!(key_of(None), Err(Error::BadRequest("idempotency_key_required"))));
    }
}
