//! The worker: what happens by itself while the server runs.

use std::time::Duration;

use crate::app::App;
use crate::flow::inquire::janitor_round;

/// Runs the janitor until shutdown: by the clock, and at once when somebody wakes it.
pub async fn janitor(app: App) {
    let every = Duration::from_millis(app.config.janitor_every_ms);
    loop {
        match janitor_round(&app).await {
            // A full batch: there may be more.
            Ok(count) if count >= usize::try_from(crate::limits::JANITOR_BATCH).unwrap_or(usize::MAX) => continue,
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the janitor's round failed"),
        }
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = app.janitor_wake.notified() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}
