//! The worker: what happens by itself while the server runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::app::App;
use crate::flow::alarm::alarm_round;
use crate::flow::audit::{Report, audit};
use crate::flow::audit_chain::chain_round;
use crate::flow::books::zone;
use crate::flow::error::FlowResult;
use crate::flow::inquire::Places;
use crate::flow::plugin::{plugins_follow, plugins_guard, plugins_tend};
use crate::flow::replica::presence_round;
use crate::flow::sale::drafts_lapse;
use crate::flow::turn::turn_run;
use crate::flow::webhook::webhook_round;
use crate::limits;

/// Runs the janitor until shutdown: by the clock, and at once when somebody wakes it.
pub async fn janitor(app: App) {
    let every = Duration::from_millis(app.config.janitor_every_ms);
    let mut causes_due_ms = 0;
    let mut places = Places::default();
    loop {
        // By the injected clock: a story that moves it by a day finds what a day would have brought.
        let now_ms = app.clock.now_ms();
        if now_ms >= causes_due_ms {
            causes_due_ms = now_ms + limits::millis(limits::ALARM_EVERY);
            if let Err(error) = alarm_round(&app).await {
                tracing::error!(%error, "causes for an alarm could not be looked for");
            }
            if let Err(error) = drafts_lapse(&app).await {
                tracing::error!(%error, "payments that nobody confirmed could not be ended");
            }
        }
        if let Err(error) = places.round(&app).await {
            tracing::error!(%error, "the janitor's round failed");
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = app.janitor_wake.notified() => {}
            () = places.freed() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Tells the outside until shutdown: at once when a commit of this node wrote to the outbox, and by the clock for
/// what is tried again and what other nodes wrote.
pub async fn webhooks(app: App) {
    let every = Duration::from_millis(app.config.janitor_every_ms);
    let room = Arc::new(Semaphore::new(limits::WEBHOOKS_AT_ONCE));
    loop {
        match webhook_round(&app, &room).await {
            Ok(more) if more && !app.shutdown.is_cancelled() => continue,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "a round of webhooks failed");
                // Whoever wakes us meanwhile will find the same trouble: wait the whole pause.
                tokio::time::sleep(every).await;
            }
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = app.webhook_wake.notified() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Wipes the cards and pages whose time is over, until shutdown, and then all the rest goes with the process.
pub async fn hold(app: App) {
    loop {
        let swept = app.hold.sweep();
        if swept > 0 {
            tracing::info!(swept, "cards and pages whose time was over were wiped");
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(limits::HOLD_SWEEP_EVERY) => {}
        }
    }
}

/// Says every other second that this server lives, where it is not the only one.
pub async fn presence(app: App) {
    if app.config.replica_url.is_none() {
        return;
    }
    loop {
        if let Err(error) = presence_round(&app).await {
            tracing::error!(%error, "the other servers could not be told that this one lives");
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(limits::REPLICA_SEEN_EVERY) => {}
        }
    }
}

/// Follows the pointer of plugin versions that other nodes move, and retires what is not needed any more.
pub async fn plugins(app: App) {
    let mut tended = Instant::now();
    loop {
        if let Err(error) = plugins_follow(&app).await {
            tracing::error!(%error, "the plugins could not be followed");
        }
        if let Err(error) = plugins_guard(&app).await {
            tracing::error!(%error, "a failing plugin version could not be taken back");
        }
        if tended.elapsed() >= limits::PLUGIN_TEND_EVERY {
            tended = Instant::now();
            if let Err(error) = plugins_tend(&app).await {
                tracing::error!(%error, "the plugins could not be tended");
            }
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(limits::PLUGIN_FOLLOW_EVERY) => {}
        }
    }
}

/// Tries closed versions again without money. Apart from what follows the pointer: a version that is tried may take its
/// time, and a rollback must not wait for it.
pub async fn breakers(app: App) {
    loop {
        app.plugins.breakers_try().await;
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(limits::PLUGIN_FOLLOW_EVERY) => {}
        }
    }
}

/// The hours of the nightly audit, in the firms' zone: it begins in the first, and whoever finds it undone in the others
/// goes on where a server ended.
const AUDIT_HOURS: std::ops::Range<i8> = 3..7;
/// How often the audit trail is chained and the clock is looked at.
const WATCH_EVERY: Duration = Duration::from_mins(1);

/// Chains the audit trail, and audits everything once a night.
pub async fn watch(app: App) {
    loop {
        if let Err(error) = chain_round(&app).await {
            tracing::error!(%error, "the audit trail could not be chained");
        }
        match audit_round(&app).await {
            Ok(Some(report)) => audit_told(&report),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the nightly audit did not run"),
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(WATCH_EVERY) => {}
        }
    }
}

/// The audit of this night, if it is time for it and nobody has done it or is at it.
pub async fn audit_round(app: &App) -> FlowResult<Option<Report>> {
    let now = jiff::Timestamp::from_millisecond(app.clock.now_ms()).unwrap_or_default().to_zoned(zone());
    if !AUDIT_HOURS.contains(&now.hour()) {
        return Ok(None);
    }
    turn_run(app, "audit", &now.date().to_string(), Box::pin(audit(app))).await
}

fn audit_told(report: &Report) {
    for difference in &report.differences {
        tracing::error!(
            firm = difference.firm,
            proof = difference.proof,
            difference.what,
            "the audit found a difference"
        );
    }
    // A log is kept elsewhere than the database: `vezne audit --head` finds there what was cut off here.
    for head in &report.heads {
        tracing::info!(firm = head.firm, links = head.link, head = head.digest, "the end of the audit trail");
    }
    tracing::info!(
        firms = report.firms,
        differences = report.found,
        named = report.differences.len(),
        states = report.derived,
        untold = report.untold,
        "the nightly audit has run; `vezne audit --all` names every difference"
    );
}
