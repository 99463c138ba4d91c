//! Whether we live, whether we can work, and how much.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use super::error::{Error, Result};
use crate::app::App;
use crate::fetch_one;
use crate::observe;

/// `GET /healthz`: the process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers, so requests may come.
pub async fn ready(State(app): State<App>) -> Result<&'static str> {
    if app.shutdown.is_cancelled() {
        return Err(Error::Unavailable("shutting down".to_owned()));
    }
    let mut tx = app.db.read().await?;
    let (_one,) = fetch_one!(&mut tx, (i64,), "select cast(1 as bigint)")?;
    Ok("ready\n")
}

/// `GET /metrics`, in the text format of Prometheus.
pub async fn metrics() -> Response {
    let mut response = observe::metrics_text().into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
