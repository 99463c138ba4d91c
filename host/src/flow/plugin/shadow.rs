//! A version in the shadow of the one that serves: it is played what the other one did, and what differs is counted.

use serde_json::json;

use super::{Operator, Pointer, Standing, follow, noted, plugin_standing, plugins_follow};
use crate::app::App;
use crate::domain::plugin::{PluginEvent, PluginState};
use crate::flow::error::{FlowError, FlowResult};
use crate::store::plugin::{plugin_activation_list, plugin_change_count, plugin_version_fetch};

/// Lets a version run in the shadow; one that did so before makes room. It sees no card and no secret and sends
/// nothing, so what it asks for need not be allowed yet.
pub async fn plugin_shadow(app: &App, by: &Operator, plugin: &str, digest: &str) -> FlowResult<Standing> {
    follow::version_ready(app, digest).await?;
    moved(app, by, plugin, digest, PluginEvent::ShadowBegan).await
}

/// Ends that; a version that is in nobody's shadow stays where it is.
pub async fn plugin_shadow_end(app: &App, by: &Operator, plugin: &str, digest: &str) -> FlowResult<Standing> {
    moved(app, by, plugin, digest, PluginEvent::ShadowEnded).await
}

async fn moved(app: &App, by: &Operator, plugin: &str, digest: &str, event: PluginEvent) -> FlowResult<Standing> {
    let mut tx = app.db.begin().await?;
    plugin_change_count(&mut tx).await?;
    let version = plugin_version_fetch(&mut tx, digest).await?.filter(|version| version.plugin_id == plugin);
    let version = version.ok_or(FlowError::NotFound("plugin version"))?;
    if version.revoked_at_ms.is_some() {
        return Err(FlowError::conflict("plugin_revoked", digest));
    }
    let rows = plugin_activation_list(&mut tx, Some(plugin)).await?;
    let mut pointer = Pointer { app, by, plugin, rows };
    if event == PluginEvent::ShadowBegan
        && let Some(other) = pointer.standing_at(PluginState::Shadow).filter(|row| row.digest != digest)
    {
        pointer.put(&mut tx, other, PluginEvent::Superseded).await?;
    }
    let row = pointer.row(digest);
    pointer.put(&mut tx, row, event).await?;
    let detail = json!({ "plugin": plugin, "version": version.version, "reach": by.reach.to_string() });
    noted(app, &mut tx, by, &format!("plugin.{event}"), digest, &detail).await?;
    tx.commit().await?;
    plugins_follow(app).await?;
    plugin_standing(app, by.reach, digest).await
}
