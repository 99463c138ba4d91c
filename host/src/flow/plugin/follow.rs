//! Following the pointer: what the database says, this node loads and serves.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::bring::{seal, trusted};
use super::{Operator, Pointer};
use crate::app::App;
use crate::domain::plugin::{PluginEvent, PluginOrigin, PluginState, Reach};
use crate::flow::error::{FlowError, FlowResult};
use crate::limits;
use crate::plugin::{Candidate, Lines};
use crate::store::plugin::{
    PluginActivation, PluginVersion, plugin_activation_list, plugin_change, plugin_change_count,
    plugin_component_fetch, plugin_digests_in_use, plugin_version_fetch, plugin_version_list,
};

/// Looks whether the pointer moved, and does what it says. Gives whether it had.
pub async fn plugins_follow(app: &App) -> FlowResult<bool> {
    // One at a time: a later reading must not be overwritten by an earlier one.
    let mut followed = app.plugins_followed.lock().await;
    let mut tx = app.db.read().await?;
    let change = plugin_change(&mut tx).await?;
    if *followed == Some(change) {
        return Ok(false);
    }
    let versions = plugin_version_list(&mut tx, None).await?;
    let rows = plugin_activation_list(&mut tx, None).await?;
    let in_use: HashSet<String> = plugin_digests_in_use(&mut tx).await?.into_iter().collect();
    drop(tx);
    let keep: HashSet<String> = versions
        .iter()
        .filter(|version| version.revoked_at_ms.is_none())
        .filter(|version| in_use.contains(&version.digest) || kept_ready(version, &rows))
        .map(|version| version.digest.clone())
        .collect();
    let lines = lines(&versions, &rows);
    let (needed, later): (Vec<_>, Vec<_>) = versions
        .into_iter()
        .filter(|version| keep.contains(&version.digest))
        .partition(|version| lines.serves(&version.digest) || in_use.contains(&version.digest));
    // Old versions serve on while new ones are compiled.
    versions_load(app, needed).await;
    app.plugins.lines_set(lines, &keep);
    *followed = Some(change);
    // What nobody uses yet holds up nobody: a rollback must not wait for a compiler.
    tokio::spawn({
        let app = app.clone();
        async move {
            let _one = app.plugins_staging.lock().await;
            versions_load(&app, later).await;
        }
    });
    Ok(true)
}

async fn versions_load(app: &App, versions: Vec<PluginVersion>) {
    for version in versions {
        if app.plugins.loaded().contains(&version.digest) {
            continue;
        }
        if let Err(error) = version_load(app, &version).await {
            tracing::error!(plugin = version.plugin_id, digest = version.digest, %error, "a plugin version cannot be loaded here");
            app.plugins_failed.store(true, Ordering::SeqCst);
        }
    }
}

/// Whether a version must be ready: it serves or may be asked to at any moment.
fn kept_ready(version: &PluginVersion, rows: &[PluginActivation]) -> bool {
    let mut of_version = rows.iter().filter(|row| row.digest == version.digest).peekable();
    of_version.peek().is_none() || of_version.any(|row| row.state.is_kept_ready())
}

fn lines(versions: &[PluginVersion], rows: &[PluginActivation]) -> Lines {
    let mut lines = Lines::default();
    for version in versions.iter().filter(|version| version.revoked_at_ms.is_some()) {
        lines.revoke(Reach::Everyone, &version.digest);
    }
    for row in rows {
        match row.state {
            PluginState::Active => {
                let line = lines.line(row.scope, &row.plugin_id);
                line.active = Some(row.digest.clone());
                line.previous.clone_from(&row.previous);
                line.since_ms = row.changed_at_ms;
            }
            PluginState::Canary => {
                lines.line(row.scope, &row.plugin_id).canary = Some((row.digest.clone(), row.percent));
            }
            PluginState::Shadow => lines.line(row.scope, &row.plugin_id).shadow = Some(row.digest.clone()),
            PluginState::Revoked => lines.revoke(row.scope, &row.digest),
            PluginState::Staged | PluginState::Draining | PluginState::Retired => {}
        }
    }
    lines
}

/// Loads a version of the database, after everything that was checked when it came is checked again.
async fn version_load(app: &App, row: &PluginVersion) -> FlowResult<()> {
    let refused = |sentence: String| FlowError::Refused { code: "plugin_refused", sentence };
    if row.seal != seal(app, row) {
        return Err(refused("its row was not written by this installation".to_owned()));
    }
    let mut tx = app.db.read().await?;
    let wasm = plugin_component_fetch(&mut tx, &row.digest).await?;
    drop(tx);
    let wasm = Bytes::from(wasm.ok_or_else(|| refused("its bytes are gone".to_owned()))?);
    let candidate = Candidate::read(&wasm).map_err(refused)?;
    if candidate.digest != row.digest {
        return Err(refused("its bytes are not what its digest says".to_owned()));
    }
    if row.origin != PluginOrigin::Bundled {
        // A publisher who was taken out of the trust store, or a sandbox that became real.
        let signature = row.signature.as_deref().map(serde_json::from_str).transpose();
        let signature = signature.map_err(|_| refused("its signature cannot be read".to_owned()))?;
        trusted(app, &candidate, signature.as_ref())?;
    }
    app.plugins.load(wasm).await.map(drop).map_err(refused)
}

/// Makes sure that this node can run a version before the pointer leads to it.
pub(super) async fn version_ready(app: &App, digest: &str) -> FlowResult<()> {
    if app.plugins.loaded().contains(digest) {
        return Ok(());
    }
    let mut tx = app.db.read().await?;
    let version = plugin_version_fetch(&mut tx, digest).await?.ok_or(FlowError::NotFound("plugin version"))?;
    drop(tx);
    if version.revoked_at_ms.is_some() {
        return Err(FlowError::conflict("plugin_revoked", digest));
    }
    version_load(app, &version).await
}

/// Retires what was replaced long ago and what no attempt needs; and lets what could not be loaded be tried again.
pub async fn plugins_tend(app: &App) -> FlowResult<()> {
    if app.plugins_failed.swap(false, Ordering::SeqCst) {
        *app.plugins_followed.lock().await = None;
    }
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.read().await?;
    let rows = plugin_activation_list(&mut tx, None).await?;
    drop(tx);
    let old = |row: &PluginActivation| {
        row.state == PluginState::Draining
            && now_ms - row.changed_at_ms >= limits::millis(limits::PLUGIN_ROLLBACK_WINDOW)
    };
    if !rows.iter().any(old) {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    plugin_change_count(&mut tx).await?;
    let in_use: HashSet<String> = plugin_digests_in_use(&mut tx).await?.into_iter().collect();
    let rows = plugin_activation_list(&mut tx, None).await?;
    let due: Vec<PluginActivation> =
        rows.iter().filter(|row| old(row) && !in_use.contains(&row.digest)).cloned().collect();
    if due.is_empty() {
        return Ok(());
    }
    for row in due {
        let by = Operator::job("drain", row.scope);
        let plugin = row.plugin_id.clone();
        let mut pointer = Pointer { app, by: &by, plugin: &plugin, rows: rows.clone() };
        pointer.put(&mut tx, row, PluginEvent::Drained).await?;
    }
    tx.commit().await?;
    plugins_follow(app).await.map(drop)
}
