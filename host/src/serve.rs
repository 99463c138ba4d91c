//! Serving: the API, the portal and the jobs, until the process is asked to end.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use crate::app::App;
use crate::flow::replica::presence_end;
use crate::{http, job};

/// Serves on a listener. Ends when asked to, after the flows that move money have ended.
pub async fn serve(app: App, listener: TcpListener) -> Result<()> {
    let place = listener.local_addr().context("the listener has no address")?;
    let janitor = tokio::spawn(job::janitor(app.clone()));
    let webhooks = tokio::spawn(job::webhooks(app.clone()));
    let watch = tokio::spawn(job::watch(app.clone()));
    let hold = tokio::spawn(job::hold(app.clone()));
    let presence = tokio::spawn(job::presence(app.clone()));
    let plugins = tokio::spawn(job::plugins(app.clone()));
    let breakers = tokio::spawn(job::breakers(app.clone()));
    let telemetry = tokio::spawn(job::telemetry(app.clone()));
    let signals = tokio::spawn(signal(app.clone()));
    tracing::info!(%place, url = app.config.public_url, sandbox = app.config.sandbox, "serving");
    let router = http::server(&app, portal(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let stop = app.shutdown.clone();
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await;
    signals.abort();
    janitor.abort();
    webhooks.abort();
    watch.abort();
    hold.abort();
    presence.abort();
    if let Err(error) = presence_end(&app).await {
        tracing::warn!(%error, "the other servers could not be told that this one ends");
    }
    plugins.abort();
    breakers.abort();
    telemetry.abort();
    app.drain().await;
    job::telemetry_end(&app).await;
    served.context("the server ended")
}

/// The portal's pages over the API in process.
fn portal(app: &App) -> axum::Router {
    let clock = app.clock.clone();
    let options = vezne_web::Options {
        secure: app.config.public_url.starts_with("https://"),
        now: Arc::new(move || jiff::Timestamp::from_millisecond(clock.now_ms()).unwrap_or_default()),
        hue: None,
        help_phone: None,
    };
    vezne_web::router(http::api(app), options)
}

/// Waits for SIGINT or SIGTERM.
async fn signal(app: App) {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
    tracing::info!("asked to end");
    app.shutdown.cancel();
}
