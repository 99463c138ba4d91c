//! Bringing a version in: trust, code, a first try, and only then a row.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::{Operator, Pointer, Standing, asked, noted, plugin_standing, plugins_follow};
use crate::app::App;
use crate::domain::plugin::{PluginEvent, PluginOrigin, PluginState, Reach, version_numbers};
use crate::flow::error::{FlowError, FlowResult};
use crate::limits;
use crate::plugin::{Candidate, Grant, Refusal};
use crate::security::publisher::{PluginSignature, Publisher, Statement};
use crate::store::Tx;
use crate::store::plugin::{
    PluginVersion, plugin_activation_list, plugin_change_count, plugin_version_fetch, plugin_version_insert,
    plugin_version_list,
};

/// Takes a component with its signature: checked, compiled apart, tried once, kept; it serves nothing yet. The same
/// bytes a second time change nothing.
pub async fn plugin_add(
    app: &App,
    by: &Operator,
    wasm: Bytes,
    signature: Option<PluginSignature>,
) -> FlowResult<Standing> {
    let refused = |sentence: String| FlowError::Refused { code: "plugin_refused", sentence };
    let candidate = Candidate::read(&wasm).map_err(refused)?;
    let digest = candidate.digest.clone();
    let origin = trusted(app, &candidate, signature.as_ref())?;
    let mut tx = app.db.read().await?;
    if let Some(known) = plugin_version_fetch(&mut tx, &digest).await? {
        drop(tx);
        if known.revoked_at_ms.is_some() {
            return Err(FlowError::conflict("plugin_revoked", digest));
        }
        return plugin_standing(app, by.reach, &digest).await;
    }
    let of_plugin = plugin_version_list(&mut tx, Some(&candidate.manifest.id)).await?;
    drop(tx);
    if of_plugin.iter().any(|known| known.version == candidate.manifest.version) {
        let sentence = format!(
            "{} {} is here with other contents: a version never changes, so this one needs a number of its own",
            candidate.manifest.id, candidate.manifest.version
        );
        return Err(FlowError::Refused { code: "plugin_version_taken", sentence });
    }
    made_ready(app, &digest, wasm.clone()).await.map_err(refused)?;
    let row = version_row(app, by, &candidate, origin, signature.as_ref(), &wasm)?;
    let mut tx = app.db.begin().await?;
    plugin_change_count(&mut tx).await?;
    if plugin_version_insert(&mut tx, &row, &wasm).await? {
        let detail = json!({ "plugin": row.plugin_id, "version": row.version, "origin": origin.as_str(),
            "publisher": signature.map(|signature| signature.publisher) });
        noted(app, &mut tx, by, "plugin.staged", &digest, &detail).await?;
    }
    tx.commit().await?;
    plugins_follow(app).await?;
    plugin_standing(app, by.reach, &digest).await
}

/// Loads and tries a component; what does not stand the test is forgotten.
async fn made_ready(app: &App, digest: &str, wasm: Bytes) -> Result<(), String> {
    app.plugins.load(wasm).await?;
    let tried = app.plugins.smoke(digest).await;
    if tried.is_err() {
        app.plugins.forget(digest);
    }
    tried
}

fn statement(candidate: &Candidate) -> Statement<'_> {
    let manifest = &candidate.manifest;
    Statement { digest: &candidate.digest, id: &manifest.id, version: &manifest.version, kind: &manifest.kind }
}

/// How far a component can be trusted, before anything of it is compiled.
pub(super) fn trusted(
    app: &App,
    candidate: &Candidate,
    signature: Option<&PluginSignature>,
) -> FlowResult<PluginOrigin> {
    let Some(signature) = signature else {
        if app.config.allow_unsigned_plugins {
            return Ok(PluginOrigin::Unsigned);
        }
        let sentence = "it is not signed, and this server takes unsigned plugins only in a sandbox that allows them";
        return Err(FlowError::Refused { code: "plugin_untrusted", sentence: sentence.to_owned() });
    };
    let untrusted = |sentence: String| FlowError::Refused { code: "plugin_untrusted", sentence };
    let publisher = app.trust.verified(&statement(candidate), signature);
    let publisher = publisher.map_err(|error| untrusted(error.to_string()))?;
    if let Some(too_much) = beyond_publisher(publisher, &Grant::asked(&candidate.manifest)) {
        return Err(untrusted(format!("the publisher {:?} may not ask for {too_much}", publisher.name)));
    }
    Ok(PluginOrigin::Signed)
}

/// The first thing a plugin asks for that its publisher may not have.
fn beyond_publisher(publisher: &Publisher, asked: &Grant) -> Option<String> {
    for (name, endpoint) in &asked.endpoints {
        if endpoint.takes_card && !publisher.takes_card {
            return Some(format!("card data (endpoint {name})"));
        }
        if let Some(host) = endpoint.hosts.iter().find(|host| !publisher.may_name(host)) {
            return Some(format!("the host {host} (endpoint {name})"));
        }
    }
    let memory = publisher.memory_bytes.unwrap_or(limits::PLUGIN_MEMORY_BYTES_DEFAULT as u64);
    if let Some(bytes) = asked.memory_bytes.filter(|bytes| *bytes > memory) {
        return Some(format!("{bytes} bytes of memory"));
    }
    let cpu_ms = publisher.cpu_ms.unwrap_or(limits::PLUGIN_TICKS_DEFAULT * 10);
    asked.cpu_ms.filter(|ms| *ms > cpu_ms).map(|ms| format!("{ms} ms of running time"))
}

fn version_row(
    app: &App,
    by: &Operator,
    candidate: &Candidate,
    origin: PluginOrigin,
    signature: Option<&PluginSignature>,
    wasm: &[u8],
) -> FlowResult<PluginVersion> {
    let manifest = &candidate.manifest;
    let broken = |error: serde_json::Error| FlowError::Internal(error.to_string());
    let mut row = PluginVersion {
        digest: candidate.digest.clone(),
        plugin_id: manifest.id.clone(),
        version: manifest.version.clone(),
        kind: manifest.kind.clone(),
        api: manifest.api.clone(),
        publisher: manifest.publisher.clone(),
        origin,
        signature: signature.map(serde_json::to_string).transpose().map_err(broken)?,
        seal: String::new(),
        manifest: serde_json::to_string(&**manifest).map_err(broken)?,
        size_bytes: i64::try_from(wasm.len()).unwrap_or(i64::MAX),
        added_by: by.actor.label(),
        added_at_ms: app.clock.now_ms(),
        revoked_at_ms: None,
        revoked_by: None,
        revoked_why: None,
    };
    row.seal = seal(app, &row);
    Ok(row)
}

/// What only this installation can write: a row that somebody put into the database is never loaded.
pub(super) fn seal(app: &App, row: &PluginVersion) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&app.security.plugin_seal[..]) else {
        unreachable!("HMAC takes keys of any length")
    };
    for part in [&row.digest, &row.plugin_id, &row.version, row.origin.as_str()] {
        mac.update(part.as_bytes());
        mac.update(&[0]);
    }
    hex::encode(mac.finalize().into_bytes())
}

/// A component of the server's own folder that the database does not have yet.
struct New {
    row: PluginVersion,
    wasm: Bytes,
}

/// Takes what came with the server: every component of its folder. A plugin that nobody chose a version of gets its
/// newest one; one that still runs on what came with an older server is brought along. What an administrator chose, or
/// rolled back, stays.
pub async fn plugins_bundled(app: &App) -> FlowResult<()> {
    let by = Operator::job("start", Reach::Everyone);
    let mut new = Vec::new();
    for path in files(&app.config.plugins_dir)? {
        match file_new(app, &by, &path).await? {
            Ok(found) => new.extend(found),
            Err(sentence) => {
                let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                app.plugins.refused(Refusal { file, sentence });
            }
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    plugin_change_count(&mut tx).await?;
    let mut newest: Vec<&PluginVersion> = Vec::new();
    for New { row, wasm } in &new {
        if !plugin_version_insert(&mut tx, row, wasm).await? {
            continue;
        }
        match newest.iter_mut().find(|known| known.plugin_id == row.plugin_id) {
            Some(known) if version_numbers(&known.version) <= version_numbers(&row.version) => *known = row,
            Some(_) => {}
            None => newest.push(row),
        }
    }
    for row in newest {
        bundled_serves(app, &mut tx, &by, row).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn files(folder: &Path) -> FlowResult<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        FlowError::Internal(format!("the plugin folder {} cannot be read: {error}", folder.display()))
    };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    paths.sort();
    Ok(paths)
}

/// Reads, compiles and tries a file whose contents the database does not have.
async fn file_new(app: &App, by: &Operator, path: &Path) -> FlowResult<Result<Option<New>, String>> {
    let read = std::fs::metadata(path).and_then(|about| {
        // Before it is read: a file of any size may lie there.
        if about.len() > limits::PLUGIN_COMPONENT_BYTES_MAX {
            return Err(std::io::Error::other("it is larger than 40 MB"));
        }
        std::fs::read(path)
    });
    let wasm = match read {
        Ok(wasm) => Bytes::from(wasm),
        Err(error) => return Ok(Err(format!("it cannot be read: {error}"))),
    };
    let candidate = match Candidate::read(&wasm) {
        Ok(candidate) => candidate,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let mut tx = app.db.read().await?;
    let known = plugin_version_fetch(&mut tx, &candidate.digest).await?;
    drop(tx);
    if known.is_some() {
        return Ok(Ok(None));
    }
    if let Err(sentence) = made_ready(app, &candidate.digest, wasm.clone()).await {
        return Ok(Err(sentence));
    }
    let row = version_row(app, by, &candidate, PluginOrigin::Bundled, None, &wasm)?;
    Ok(Ok(Some(New { row, wasm })))
}

/// Lets a version that came with the server serve, unless somebody chose another.
async fn bundled_serves(app: &App, tx: &mut Tx, by: &Operator, new: &PluginVersion) -> FlowResult<()> {
    let rows = plugin_activation_list(tx, Some(&new.plugin_id)).await?;
    let mut pointer = Pointer { app, by, plugin: &new.plugin_id, rows };
    if let Some(active) = pointer.standing_at(PluginState::Active) {
        let version = plugin_version_fetch(tx, &active.digest).await?;
        let came_along = version.is_some_and(|version| {
            version.origin == PluginOrigin::Bundled
                && version_numbers(&version.version) <= version_numbers(&new.version)
        });
        if !came_along {
            return Ok(());
        }
    }
    let replaced = pointer.make_room(tx, &new.digest, PluginEvent::Activated).await?;
    let mut row = pointer.row(&new.digest);
    row.previous = replaced;
    row.percent = 100;
    row.granted = serde_json::to_string(&asked(new)?).ok();
    pointer.put(tx, row, PluginEvent::Activated).await?;
    let detail = json!({ "plugin": new.plugin_id, "version": new.version, "reach": by.reach.to_string() });
    noted(app, tx, by, "plugin.activated", &new.digest, &detail).await
}
