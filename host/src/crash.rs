//! Named points at which a test can end the process, as a power cut would, or a simulation can take a turn.

use crate::app::App;

/// Aborts here if `VEZNE_CRASH_AT` names this point. Costs a comparison with nothing otherwise.
pub async fn point(app: &App, name: &'static str) {
    use std::sync::LazyLock;
    static AT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("VEZNE_CRASH_AT").ok());
    if AT.as_deref() == Some(name) {
        std::process::abort();
    }
    app.clock.point(name).await;
}
