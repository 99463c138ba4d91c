//! Taking a recording out of the server.

use serde_json::json;

use crate::app::App;
use crate::ctx::Ctx;
use crate::flow::error::{FlowError, FlowResult};
use crate::plugin::record::RunId;
use crate::store::audit::audit_insert;

/// One of the firm's last runs as a file. It holds payers' data, so the trail says who took it.
pub async fn plugin_recording(app: &App, ctx: &Ctx, plugin: &str, id: RunId) -> FlowResult<Vec<u8>> {
    let run = app.plugins.run(ctx.tenant, id).filter(|run| run.recording.plugin == plugin);
    let run = run.ok_or(FlowError::NotFound("plugin run"))?;
    let recording = &run.recording;
    let detail = json!({ "plugin": plugin, "version": recording.version, "act": recording.input.name(),
        "attempt": recording.attempt });
    let mut tx = app.db.begin().await?;
    audit_insert(&mut tx, ctx, "plugin.recording_taken", &id.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(recording.to_json())
}
