//! Whether we live, whether we can work, and how much.

use std::net::IpAddr;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};

use super::error::{Error, Result};
use super::extract::ADDRESS;
use crate::app::App;
use crate::fetch_one;
use crate::observe;

/// `GET /healthz`: the process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers, so requests may come. A server that is about to end says no for a while before
/// it takes nothing more, so that whoever stands in front sends nobody into a closed door.
pub async fn ready(State(app): State<App>) -> Result<&'static str> {
    if app.leaving.is_cancelled() {
        return Err(Error::Unavailable("this server is leaving".to_owned()));
    }
    let mut tx = app.db.read().await?;
    let (_one,) = fetch_one!(&mut tx, (i64,), "select cast(1 as bigint)")?;
    Ok("ready\n")
}

/// `GET /metrics`, in the text format of Prometheus: for who has the token, and without one for this machine.
pub async fn metrics(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let allowed = match &app.config.metrics_token {
        Some(token) => token.is(text(header::AUTHORIZATION.as_str()).strip_prefix("Bearer ").unwrap_or_default()),
        None => text(ADDRESS).parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    };
    if !allowed {
        return Err(Error::Unauthenticated);
    }
    app.plugins.gauges_set();
    let mut response = observe::metrics_text().into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}
