//! Taking a failing version back without a person, and trying a closed one again without money.

use super::{Operator, plugin_roll_back};
use crate::app::App;
use crate::domain::plugin::Reach;
use crate::flow::error::{FlowError, FlowResult};
use crate::limits;
use crate::plugin::{Line, Sick};

/// Looks after every version that serves: a canary that fails, or a version that fails while it is new, gives way to
/// the one before it; so does at any time a version that fails at several firms or turns out hostile. Where nothing can
/// take its place, it begins nothing more (`Plugins::drive`).
pub async fn plugins_guard(app: &App) -> FlowResult<()> {
    for (reach, plugin, line) in app.plugins.lines() {
        let Some(sick) = sick(app, reach, &line) else { continue };
        let by = Operator::job("guard", reach);
        match plugin_roll_back(app, &by, &plugin, &sick.why).await {
            Ok(taken) => {
                metrics::counter!("vezne_plugin_rollbacks_total", "plugin" => plugin.clone()).increment(1);
                tracing::error!(
                    plugin,
                    digest = taken.version.digest,
                    sick.why,
                    "a failing plugin version was taken back"
                );
            }
            // Nothing to go back to: the breakers hold it.
            Err(FlowError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What is wrong with the version that a rollback would take back here.
fn sick(app: &App, reach: Reach, line: &Line) -> Option<Sick> {
    let firm = match reach {
        Reach::Everyone => None,
        Reach::Firm(tenant) => Some(tenant),
    };
    if let Some((canary, _)) = &line.canary {
        let beside = line.active.as_deref();
        return app.plugins.new_is_sick(canary, firm, beside);
    }
    let active = line.active.as_deref()?;
    // The version before it, for a firm that chose for the first time everyone's, must be there to go back to.
    let back = line.previous.is_some() || firm.is_some();
    let is_new = app.clock.now_ms() - line.since_ms < limits::millis(limits::PLUGIN_PROBATION);
    let sick = if is_new { app.plugins.new_is_sick(active, firm, None) } else { app.plugins.is_sick(active) };
    sick.filter(|_| back)
}
