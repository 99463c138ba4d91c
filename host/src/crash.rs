//! Named points at which a test can end the process, as a power cut would, or a simulation can take a turn.

use crate::app::App;

/// Every point, in the order in which a payment may meet them: after each commit and before each that follows an answer,
/// between which a process may end. `tests/it` ends one at each of them; a point that is not listed here fails there.
pub const POINTS: &[&str] = &[
    // an attempt
    "after_tx1",
    "before_send",
    "after_reply",
    "after_note",
    "before_tx2",
    "after_tx2",
    "before_browse_tx",
    "after_browse_tx",
    "gate_taken",
    "callback_heard",
    "callback_claimed",
    "callback_repeated",
    // a capture, void or refund
    "after_operation_tx1",
    "operation_begun",
    "before_operation_tx2",
    "after_operation_tx2",
    // the janitor
    "ask_claimed",
    "asked",
    "not_found_noted",
    "ask_settled",
    "operation_ask_claimed",
    "operation_asked",
    "operation_not_found_noted",
    "operation_ask_settled",
    "stray_begun",
    // the outbox
    "handed_out",
    "webhook_leased",
    "webhook_after_send",
    "webhook_marked",
    // a job that one server does for all
    "turn_taken",
    "turn_worked",
];

/// Aborts here if `VEZNE_CRASH_AT` names this point and the server is a sandbox, and gives way to a simulation. A server
/// that meets real cards reads the variable as anything else that is not its own, so nobody who can set it gains more
/// than `kill` would give. Costs a comparison with nothing otherwise.
pub async fn point(app: &App, name: &'static str) {
    stop(app, name);
    app.clock.point(name).await;
}

/// Aborts as [`point`] does. A simulation takes no turn: next to this is a place where it does.
pub fn stop(app: &App, name: &'static str) {
    use std::sync::LazyLock;
    static AT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("VEZNE_CRASH_AT").ok());
    if is_here(app.config.sandbox, AT.as_deref(), name) {
        std::process::abort();
    }
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
