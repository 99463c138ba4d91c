//! Tells figures and spans to a collector, where the environment names one.

use futures::future::pending;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::app::App;
use crate::limits;
use crate::observe::otlp::{Export, Exporter, exporter};
use crate::observe::{metrics_tend, metrics_text};
use crate::plugin::{Method, OutRequest};

/// Keeps the figures in order until shutdown, and tells them and the spans on.
pub async fn telemetry(app: App) {
    let exporter = exporter();
    let every = exporter.map_or(limits::FIGURES_TEND_EVERY, |exporter| exporter.settings.spans_every);
    let (mut told, mut figures_due) = (Told::default(), Instant::now());
    loop {
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = tokio::time::sleep(every) => {}
            () = many(exporter) => {}
        }
        metrics_tend();
        let Some(exporter) = exporter else { continue };
        told.spans(&app, exporter, exporter.settings.patience).await;
        if Instant::now() >= figures_due {
            figures_due = Instant::now() + exporter.settings.figures_every;
            told.figures(&app, exporter, exporter.settings.patience).await;
        }
    }
}

/// Tells what is left when the process ends.
pub async fn telemetry_end(app: &App) {
    let Some(exporter) = exporter() else { return };
    let patience = limits::COLLECTOR_PATIENCE_AT_END.min(exporter.settings.patience);
    let mut told = Told::default();
    told.spans(app, exporter, patience).await;
    told.figures(app, exporter, patience).await;
}

async fn many(exporter: Option<&Exporter>) {
    match exporter {
        Some(exporter) => exporter.many().await,
        None => pending().await,
    }
}

/// What became of the last request.
#[derive(Default)]
struct Told {
    /// The collector took none: said once, and not at every try.
    in_vain: bool,
}

impl Told {
    async fn spans(&mut self, app: &App, exporter: &Exporter, patience: std::time::Duration) {
        while let Some(export) = exporter.spans() {
            let spans = export.spans;
            if !self.sent(app, export, patience).await {
                // Not tried again: what waits behind them is newer, and a collector that is away must not fill memory.
                exporter.lost(spans);
                return;
            }
        }
    }

    async fn figures(&mut self, app: &App, exporter: &Exporter, patience: std::time::Duration) {
        app.plugins.gauges_set();
        if let Some(export) = exporter.figures(&metrics_text()) {
            // They only grow: the next request tells what this one did not.
            self.sent(app, export, patience).await;
        }
    }

    async fn sent(&mut self, app: &App, export: Export, patience: std::time::Duration) -> bool {
        let mut headers = vec![("content-type".to_owned(), Zeroizing::new(b"application/json".to_vec()))];
        headers.extend(export.headers.into_iter().map(|(name, value)| (name, Zeroizing::new(value.into_bytes()))));
        let request = OutRequest {
            url: export.url,
            method: Method::Post,
            headers,
            body: Zeroizing::new(export.body),
            sandbox: app.config.sandbox,
        };
        let why = match app.inside.send(&request, Instant::now() + patience).await {
            Ok(response) if (200..300).contains(&response.status) => None,
            Ok(response) => Some(format!("it answers {}", response.status)),
            Err(failure) => Some(failure.detail),
        };
        match &why {
            Some(why) if !self.in_vain => tracing::warn!(why, "the collector does not take what it is told"),
            None if self.in_vain => tracing::info!("the collector takes what it is told again"),
            _ => {}
        }
        self.in_vain = why.is_some();
        !self.in_vain
    }
}
