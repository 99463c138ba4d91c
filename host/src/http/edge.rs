//! The outer edge: what happens once to every request from outside, whoever answers it.
//!
//! Calls that the portal makes in process do not pass here again, so they are counted once.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body_util::Limited;
use tower_http::catch_panic::CatchPanicLayer;

use super::error::{self, Error};
use super::extract::{ADDRESS, REQUEST_ID, cookie_secret, is_unsafe};
use crate::app::App;
use crate::limits;
use crate::security::redact::scrub;
use crate::security::session;

/// Puts the edge around the whole server.
pub fn around(app: &App, router: Router) -> Router {
    router
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .layer(from_fn(body))
        .layer(from_fn_with_state(app.clone(), rate))
        .layer(from_fn(timeout))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Error::Internal("a handler panicked".to_owned()).into_response()
        }))
        .layer(from_fn(error::render))
        .layer(from_fn_with_state(app.clone(), headers))
        .layer(from_fn(name))
}

/// Names the request and notes where it came from. What the outside says of either is not believed.
async fn name(mut request: Request, next: Next) -> Response {
    let id = format!("req_{}", hex::encode(crate::security::random::<10>()));
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let address = address(peer, request.headers());
    let id = HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("req"));
    let headers = request.headers_mut();
    headers.insert(REQUEST_ID, id.clone());
    headers.insert(ADDRESS, HeaderValue::from_str(&address).unwrap_or(HeaderValue::from_static("")));
    let (method, path) = (request.method().clone(), scrub(request.uri().path()).into_owned());
    let started = std::time::Instant::now();
    let mut response = next.run(request).await;
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    tracing::info!(request_id = id.to_str().unwrap_or_default(), %method, path, status, ms, "answered");
    metrics::counter!("vezne_http_requests", "method" => method.to_string(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("vezne_http_request_seconds").record(started.elapsed().as_secs_f64());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The address to count and to note: the peer's, or what a proxy on the same machine says of it.
fn address(peer: Option<IpAddr>, headers: &HeaderMap) -> String {
    let Some(peer) = peer else { return "unknown".to_owned() };
    let told = headers.get(ADDRESS).and_then(|value| value.to_str().ok());
    // Only the last hop is believed: everything before it was written by strangers.
    let last = told.and_then(|told| told.rsplit(',').next()).and_then(|text| text.trim().parse::<IpAddr>().ok());
    match last {
        Some(last) if peer.is_loopback() => last.to_string(),
        _ => peer.to_string(),
    }
}

/// Bounds the body: by what it says of its length, and by what comes. A component is large; all else is small.
async fn body(request: Request, next: Next) -> Response {
    let upload = request.method() == Method::POST;
    let most = match request.uri().path() {
        super::plugin::UPLOAD if upload => limits::PLUGIN_UPLOAD_BYTES_MAX,
        super::plugin::UPLOAD_FORM if upload => limits::PLUGIN_UPLOAD_FORM_BYTES_MAX,
        _ => limits::BODY_BYTES_MAX,
    };
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if said.is_some_and(|said: usize| said > most) {
        return Error::TooLarge.into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, most)))).await
}

/// Counts a request against its caller: the API key, however many tokens it has, else the person, else the address.
async fn rate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let key = bucket(&app, &mut request);
    let security = &app.security;
    let dear = is_unsafe(request.method()) || asks_a_bank(request.uri().path());
    let (name, buckets) = if dear { ("write", &security.write_rate) } else { ("read", &security.read_rate) };
    let turn = buckets.take(&key);
    let mut response =
        if turn.granted { next.run(request).await } else { Error::TooMany(turn.reset_s).into_response() };
    let headers = response.headers_mut();
    let mut tell = |header: &'static str, value: String| {
        let value = HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(""));
        headers.insert(HeaderName::from_static(header), value);
    };
    tell("ratelimit", format!("\"{name}\";r={};t={}", turn.remaining, turn.reset_s));
    tell("ratelimit-policy", format!("\"{name}\";q={};w=1", buckets.burst()));
    response
}

/// A read that goes to a bank is counted like what changes something: a bank takes no more of it.
fn asks_a_bank(path: &str) -> bool {
    let page = path.starts_with("/payments/") || path.starts_with("/pos/");
    path.ends_with("/bank_transactions") || (page && path.ends_with("/bank"))
}

/// What a request is counted on. Only a caller that is believed has a bucket of its own: made-up tokens and sessions are
/// counted on the address that they come from. Keys are ids and hashes, so that no credential stays in the counters.
fn bucket(app: &App, request: &mut Request) -> String {
    let headers = request.headers();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        if let Some(claims) = bearer.and_then(|bearer| app.security.tokens.check(bearer).ok()) {
            let key = claims.sub.to_string();
            // Checked once is enough; who comes in is still decided where the key's own row is looked at.
            request.extensions_mut().insert(claims);
            return key;
        }
    } else if let Some(secret) = cookie_secret(headers)
        && let Some(person) = app.security.session_owners.owner(&session::secret_hash(secret))
    {
        return person;
    }
    super::extract::address(request.headers())
}

/// Ends what takes too long. A flow that moves money runs in a task of its own and is not touched by it.
async fn timeout(request: Request, next: Next) -> Response {
    const LIMIT: Duration = limits::REQUEST_TIME_MAX;
    match tokio::time::timeout(LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Unavailable("the request took too long".to_owned()).into_response(),
    }
}

/// Headers of every answer; a page may set stricter or other ones of its own.
async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if app.leaving.is_cancelled() {
        // Whoever keeps a connection opens the next one, which leads elsewhere. HTTP/1.1 is all that we speak.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let secure = app.config.public_url.starts_with("https://");
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()");
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_that_go_to_a_bank_are_counted_like_writes() {
        for path in
            ["/v1/payments/pay_1/bank_transactions", "/v1/pos_accounts/pos_1/bank_transactions", "/pos/pos_1/bank"]
        {
            assert!(asks_a_bank(path), "{path}");
        }
        for path in ["/v1/payments/pay_1", "/pos/pos_1", "/payments/pay_1", "/bank"] {
            assert!(!asks_a_bank(path), "{path}");
        }
    }

    #[test]
    fn only_a_proxy_on_this_machine_may_name_the_caller() {
        let mut headers = HeaderMap::new();
        headers.insert(ADDRESS, HeaderValue::from_static("6.6.6.6, 203.0.113.9"));
        let of = |peer: &str| address(peer.parse().ok(), &headers);
        assert_eq!(of("127.0.0.1"), "203.0.113.9");
        assert_eq!(of("198.51.100.1"), "198.51.100.1");
        assert_eq!(address(None, &headers), "unknown");
    }
}
