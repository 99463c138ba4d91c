//! Named points at which a test can end the process, as a power cut would, or a simulation can take a turn.

use crate::app::App;

/// Aborts here if `VEZNE_CRASH_AT` names this point and the server is a sandbox: a server that meets real cards reads
/// the variable as anything else that is not its own, so nobody who can set it gains more than `kill` would give. Costs
/// a comparison with nothing otherwise.
pub async fn point(app: &App, name: &'static str) {
    use std::sync::LazyLock;
    static AT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("VEZNE_CRASH_AT").ok());
    if is_here(app.config.sandbox, AT.as_deref(), name) {
        std::process::abort();
    }
    app.clock.point(name).await;
}

/// Whether the process is to end at this point.
fn is_here(sandbox: bool, at: Option<&str>, name: &str) -> bool {
    sandbox && at == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sandbox_ends_where_it_is_told() {
        assert!(is_here(true, Some("after_tx1"), "after_tx1"));
        assert!(!is_here(true, Some("after_tx1"), "before_tx2") && !is_here(true, None, "after_tx1"));
        assert!(!is_here(false, Some("after_tx1"), "after_tx1"), "a server with real cards");
    }
}
