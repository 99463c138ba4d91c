//! Serving: the API, the portal and the jobs, until the process is asked to end, and how it ends then.
//!
//! In this order: it says that it leaves (`/readyz`, `connection: close`) while it still takes what comes, where other
//! servers can take it instead; its flows end; what it holds for payers goes to another server; then nothing more is
//! taken, connections get their last answers, and the process ends well. Asked a second time it skips the waiting for
//! others. Killed at any moment it loses no money (P4), only answers and cards.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use futures::future::join_all;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;

use crate::app::App;
use crate::flow::replica::{hand_over, presence_end};
use crate::{http, job, limits};

/// Serves on a listener. Ends when asked to, after the flows that move money have ended.
pub async fn serve(app: App, listener: TcpListener) -> Result<()> {
    let place = listener.local_addr().context("the listener has no address")?;
    let presence = tokio::spawn(job::presence(app.clone()));
    let jobs = vec![
        tokio::spawn(job::janitor(app.clone())),
        tokio::spawn(job::webhooks(app.clone())),
        tokio::spawn(job::watch(app.clone())),
        tokio::spawn(job::hold(app.clone())),
        tokio::spawn(job::changes(app.clone())),
        tokio::spawn(job::plugins(app.clone())),
        tokio::spawn(job::breakers(app.clone())),
        tokio::spawn(job::telemetry(app.clone())),
    ];
    let signals = tokio::spawn(signals(app.clone()));
    let leaving = tokio::spawn(leave(app.clone(), presence.abort_handle()));
    tracing::info!(%place, url = app.config.public_url, sandbox = app.config.sandbox, "serving");
    let router = http::server(&app, portal(&app)).into_make_service_with_connect_info::<SocketAddr>();
    let stop = app.shutdown.clone().cancelled_owned();
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop);
    let served = tokio::select! {
        served = serving.into_future() => served,
        () = connections_late(&app) => {
            tracing::warn!("a connection does not end; it is cut");
            Ok(())
        }
    };
    signals.abort();
    ended(&app, jobs, &[presence.abort_handle(), leaving.abort_handle()]).await;
    app.drain().await;
    job::telemetry_end(&app).await;
    served.context("the server ended")
}

/// What is left to do when nothing more is taken.
async fn ended(app: &App, jobs: Vec<JoinHandle<()>>, rest: &[AbortHandle]) {
    let aborts: Vec<AbortHandle> = jobs.iter().map(JoinHandle::abort_handle).collect();
    if timeout(limits::LEAVE_JOBS_MAX, join_all(jobs)).await.is_err() {
        aborts.iter().for_each(AbortHandle::abort);
    }
    rest.iter().for_each(AbortHandle::abort);
    let (cards, pages) = (app.hold.cards_held(), app.hold.pages_held());
    if cards + pages > 0 {
        tracing::warn!(
            cards,
            pages,
            "what was held for payers at a bank goes with this server: where their card is wanted again they have to begin \
             again, and nothing is charged"
        );
    }
    if let Err(error) = presence_end(app).await {
        tracing::warn!(%error, "the other servers could not be told that this one ends");
    }
}

/// Goes in order, once this server is asked to.
async fn leave(app: App, presence: AbortHandle) {
    app.leaving.cancelled().await;
    if app.config.replica_url.is_some() {
        tokio::select! {
            biased;
            () = app.shutdown.cancelled() => return,
            () = hand_on(&app, &presence) => {}
        }
    }
    app.shutdown.cancel();
}

/// Lets the other servers take over: first what comes, then what is held. Whoever is alone has nobody to wait for.
async fn hand_on(app: &App, presence: &AbortHandle) {
    app.clock.sleep(Duration::from_millis(app.config.leave_notice_ms)).await;
    // Errands of the others are taken until what they are about is theirs.
    app.flows_ended().await;
    presence.abort();
    match timeout(limits::LEAVE_HAND_OVER_MAX, hand_over(app)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "what is held for payers could not be handed over"),
        Err(_) => tracing::warn!("handing over what is held for payers took too long"),
    }
}

/// Comes back when the connections had their time: until the last flow has its end, and a moment to say so.
async fn connections_late(app: &App) {
    app.shutdown.cancelled().await;
    app.flows_ended().await;
    tokio::time::sleep(limits::LEAVE_CONNECTIONS_MAX).await;
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

/// Waits to be asked: once to leave, twice to end now.
async fn signals(app: App) {
    let mut asked = match Asked::listen() {
        Ok(asked) => asked,
        Err(error) => {
            tracing::error!(%error, "signals cannot be heard: only killing ends this server");
            return;
        }
    };
    asked.again().await;
    tracing::info!("asked to end");
    app.leaving.cancel();
    asked.again().await;
    tracing::warn!("asked again: ends without waiting for the other servers");
    app.shutdown.cancel();
}

/// SIGINT and SIGTERM.
#[cfg(unix)]
struct Asked {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Asked {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn again(&mut self) {
        tokio::select! { _ = self.terminate.recv() => {}, _ = self.interrupt.recv() => {} }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Asked;

#[cfg(not(unix))]
impl Asked {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn again(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}
