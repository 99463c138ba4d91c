//! Plugins: what serves and what its manifest says, the versions of each, and moving the pointer between them.

use std::collections::BTreeSet;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, StatusCode, header};
use vezne_api::{
    Page, Permission, Plugin, PluginActivate, PluginAsk, PluginBank, PluginCanary, PluginCapability, PluginEndpoint,
    PluginGrant, PluginHealth, PluginList, PluginOrigin, PluginRevoke, PluginRollBack, PluginSecret, PluginShadow,
    PluginShadowChange, PluginShadowDifference, PluginShadowRun, PluginState, PluginVersion, Translated,
};

use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::plugin_health;
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::domain::id::TenantId;
use crate::domain::plugin::{PluginOrigin as Origin, PluginState as Stands, Reach};
use crate::flow::plugin::{
    Operator, Share, Standing, plugin_add, plugin_fared, plugin_revoke, plugin_roll_back, plugin_serve, plugin_shadow,
    plugin_shadow_end, plugin_standings, plugins_idle,
};
use crate::limits;
use crate::plugin::manifest::{Environments, LocalText};
use crate::plugin::record::{Difference, ShadowRun, ShadowTally};
use crate::plugin::{Beside, Manifest, PluginInfo};
use crate::security::publisher::PluginSignature;

/// Where an upload goes; the outer edge lets more through there.
pub const UPLOAD: &str = "/v1/plugins";
/// The portal's form for it.
pub const UPLOAD_FORM: &str = "/plugins";
/// The publisher's signature of an upload: base64 of the JSON that lies beside the component as `NAME.wasm.sig`.
const SIGNATURE: &str = "plugin-signature";

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/plugins", "Lists the plugins that serve the firm, each in its active version with how it fares on this server")
                .needs(Permission::PosAccountRead)
                .query::<PluginList>()
                .reply::<Page<Plugin>>(200),
            list,
        )
        .add(
            Endpoint::get("/v1/plugins/{id}", "Shows a plugin in its active version, or in its newest where none is, with how it fares on every server")
                .needs(Permission::PosAccountRead)
                .reply::<Plugin>(200),
            show,
        )
        .add(
            Endpoint::post(UPLOAD, "Brings a plugin version in: a component, its signature in Plugin-Signature")
                .needs(Permission::PluginWrite)
                .reply::<PluginVersion>(201),
            add,
        )
        .add(
            Endpoint::get("/v1/plugins/{id}/versions", "Lists the versions of a plugin, newest first")
                .needs(Permission::PosAccountRead)
                .reply::<Page<PluginVersion>>(200),
            versions,
        )
        .add(
            Endpoint::post("/v1/plugins/{id}/activate", "Gives a version all new attempts of the firm")
                .needs(Permission::PluginWrite)
                .body::<PluginActivate>()
                .reply::<PluginVersion>(200),
            activate,
        )
        .add(
            Endpoint::post("/v1/plugins/{id}/shadow", "Plays the firm's acts on a version; nothing of it is sent")
                .needs(Permission::PluginWrite)
                .body::<PluginShadowChange>()
                .reply::<PluginVersion>(200),
            shadow,
        )
        .add(
            Endpoint::post("/v1/plugins/{id}/shadow/end", "Ends the shadow of a version")
                .needs(Permission::PluginWrite)
                .body::<PluginShadowChange>()
                .reply::<PluginVersion>(200),
            shadow_end,
        )
        .add(
            Endpoint::post("/v1/plugins/{id}/canary", "Gives a version a share of new attempts of the firm")
                .needs(Permission::PluginWrite)
                .body::<PluginCanary>()
                .reply::<PluginVersion>(200),
            canary,
        )
        .add(
            Endpoint::post("/v1/plugins/{id}/rollback", "Takes back the canary, or the active version")
                .needs(Permission::PluginWrite)
                .body::<PluginRollBack>()
                .reply::<PluginVersion>(200),
            roll_back,
        )
        .add(
            Endpoint::post("/v1/plugins/{id}/revoke", "Withdraws a version from the firm for good")
                .needs(Permission::PluginWrite)
                .body::<PluginRevoke>()
                .reply::<PluginVersion>(200),
            revoke,
        )
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PluginList>,
) -> Result<axum::Json<Page<Plugin>>> {
    let mut plugins: Vec<Plugin> = app.plugins.active_list(caller.ctx.tenant).iter().map(serving_view).collect();
    if query.all {
        let idle = plugins_idle(&app, Reach::Firm(caller.ctx.tenant), None).await?;
        plugins.extend(idle.iter().map(idle_view));
        plugins.sort_by(|a, b| a.id.cmp(&b.id));
    }
    for plugin in &mut plugins {
        plugin.health = plugin_health::brief(&app.plugins.fared(caller.ctx.tenant, &plugin.id));
    }
    Ok(axum::Json(Page::whole(plugins)))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<Plugin>> {
    let mut view = if let Some(plugin) = app.plugins.active(caller.ctx.tenant, &id) {
        serving_view(&plugin)
    } else {
        let idle = plugins_idle(&app, Reach::Firm(caller.ctx.tenant), Some(&id)).await?;
        idle.first().map(idle_view).ok_or(Error::NotFound)?
    };
    view.health = plugin_health::whole(&plugin_fared(&app, caller.ctx.tenant, &id).await?);
    Ok(axum::Json(view))
}

async fn add(State(app): State<App>, caller: Caller, request: Request) -> Result<Response> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_none_or(|kind| !kind.eq_ignore_ascii_case("application/wasm")) {
        return Err(Error::UnsupportedMediaType);
    }
    let signature = signature(request.headers())?;
    let wasm = to_bytes(request.into_body(), limits::PLUGIN_UPLOAD_BYTES_MAX).await;
    let wasm = wasm.map_err(|_| Error::TooLarge)?;
    let standing = plugin_add(&app, &Operator::of(&caller.ctx), wasm, signature).await?;
    Ok((StatusCode::CREATED, axum::Json(version_view(&app, caller.ctx.tenant, standing))).into_response())
}

fn signature(headers: &HeaderMap) -> Result<Option<PluginSignature>> {
    let Some(value) = headers.get(SIGNATURE) else { return Ok(None) };
    let read = BASE64_STANDARD.decode(value.as_bytes()).ok().and_then(|json| serde_json::from_slice(&json).ok());
    read.map(Some).ok_or(Error::BadRequest("signature_malformed"))
}

async fn versions(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Page<PluginVersion>>> {
    let standings = plugin_standings(&app, Reach::Firm(caller.ctx.tenant), Some(&id)).await?;
    if standings.is_empty() {
        return Err(Error::NotFound);
    }
    let mut views: Vec<_> =
        standings.into_iter().map(|standing| version_view(&app, caller.ctx.tenant, standing)).collect();
    if !caller.grants.has(Permission::PluginWrite) {
        // What acts looked like is for those who may see their recordings.
        for view in &mut views {
            view.shadow = None;
        }
    }
    Ok(axum::Json(Page::whole(views)))
}

async fn activate(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<PluginActivate>,
) -> Result<axum::Json<PluginVersion>> {
    let (by, digest) = (Operator::of(&caller.ctx), digest(&body.digest)?);
    let standing = plugin_serve(&app, &by, &id, digest, Share::All, body.approve).await?;
    Ok(axum::Json(version_view(&app, caller.ctx.tenant, standing)))
}

async fn shadow(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<PluginShadowChange>,
) -> Result<axum::Json<PluginVersion>> {
    let standing = plugin_shadow(&app, &Operator::of(&caller.ctx), &id, digest(&body.digest)?).await?;
    Ok(axum::Json(version_view(&app, caller.ctx.tenant, standing)))
}

async fn shadow_end(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<PluginShadowChange>,
) -> Result<axum::Json<PluginVersion>> {
    let standing = plugin_shadow_end(&app, &Operator::of(&caller.ctx), &id, digest(&body.digest)?).await?;
    Ok(axum::Json(version_view(&app, caller.ctx.tenant, standing)))
}

async fn canary(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<PluginCanary>,
) -> Result<axum::Json<PluginVersion>> {
    if !(1..=100).contains(&body.percent) {
        return Err(Error::field("/percent", "out_of_range"));
    }
    let (by, digest) = (Operator::of(&caller.ctx), digest(&body.digest)?);
    let standing = plugin_serve(&app, &by, &id, digest, Share::Percent(body.percent), body.approve).await?;
    Ok(axum::Json(version_view(&app, caller.ctx.tenant, standing)))
}

async fn roll_back(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<PluginRollBack>,
) -> Result<axum::Json<PluginVersion>> {
    let why = reason(&body.reason)?;
    let standing = plugin_roll_back(&app, &Operator::of(&caller.ctx), &id, why).await?;
    Ok(axum::Json(version_view(&app, caller.ctx.tenant, standing)))
}

async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<PluginRevoke>,
) -> Result<axum::Json<PluginVersion>> {
    let (digest, why) = (digest(&body.digest)?, reason(&body.reason)?);
    if why.is_empty() {
        return Err(Error::field("/reason", "required"));
    }
    let standing = plugin_revoke(&app, &Operator::of(&caller.ctx), &id, digest, why).await?;
    Ok(axum::Json(version_view(&app, caller.ctx.tenant, standing)))
}

/// `sha256:…`, or the hex alone.
fn digest(text: &str) -> Result<&str> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    let good = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if good { Ok(hex) } else { Err(Error::field("/digest", "malformed")) }
}

/// A sentence for the audit trail.
fn reason(text: &str) -> Result<&str> {
    if text.chars().count() > 500 { Err(Error::field("/reason", "too_long")) } else { Ok(text.trim()) }
}

fn version_view(app: &App, tenant: TenantId, standing: Standing) -> PluginVersion {
    let Standing { version, state, percent, changed, wishes, grants, manifest } = standing;
    let active = app.plugins.active(tenant, &version.plugin_id);
    let shadow = (state == Stands::Shadow).then(|| shadow_view(&app.plugins.shadow_tally(tenant, &version.digest)));
    PluginVersion {
        shadow,
        plugin: version.plugin_id,
        version: version.version,
        digest: format!("sha256:{}", version.digest),
        state: match state {
            Stands::Staged => PluginState::Staged,
            Stands::Shadow => PluginState::Shadow,
            Stands::Canary => PluginState::Canary,
            Stands::Active => PluginState::Active,
            Stands::Draining => PluginState::Draining,
            Stands::Retired => PluginState::Retired,
            Stands::Revoked => PluginState::Revoked,
        },
        percent,
        origin: match version.origin {
            Origin::Bundled => PluginOrigin::Bundled,
            Origin::Signed => PluginOrigin::Signed,
            Origin::Unsigned => PluginOrigin::Unsigned,
        },
        publisher: version.publisher,
        api: version.api,
        size_bytes: version.size_bytes,
        added_by: version.added_by,
        added_at: view::instant(version.added_at_ms),
        changed_at: changed.as_ref().map(|(_, at_ms)| view::instant(*at_ms)),
        changed_by: changed.map(|(by, _)| by),
        revoked_reason: version.revoked_why,
        asks: wishes
            .into_iter()
            .map(|wish| PluginAsk { kind: wish.kind.to_owned(), name: wish.name, value: wish.value })
            .collect(),
        grants: grants.into_iter().map(grant_view).collect(),
        capabilities: capabilities_view(&manifest, active.as_ref().map(|active| &*active.manifest)),
    }
}

fn grant_view(row: Beside) -> PluginGrant {
    let Beside { kind, name, asked, granted, new } = row;
    PluginGrant { kind: kind.to_owned(), name, asked, granted, new }
}

/// What a version can do, and what the active one can beside it.
fn capabilities_view(manifest: &Manifest, active: Option<&Manifest>) -> Vec<PluginCapability> {
    let others = active.map(|active| &active.capabilities);
    let names: BTreeSet<&String> = manifest.capabilities.iter().chain(others.into_iter().flatten()).collect();
    let view = |name: &String| PluginCapability {
        name: name.clone(),
        here: manifest.capabilities.contains(name),
        active: others.map(|others| others.contains(name)),
    };
    names.into_iter().map(view).collect()
}

fn shadow_view(tally: &ShadowTally) -> PluginShadow {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    PluginShadow {
        played: whole(tally.played),
        differing: whole(tally.differing),
        failed: whole(tally.failed),
        skipped: whole(tally.skipped),
        last: tally.last.iter().map(|run| shadow_run_view(run)).collect(),
    }
}

fn shadow_run_view(run: &ShadowRun) -> PluginShadowRun {
    let of = |turn: usize, differences: &[Difference]| -> Vec<PluginShadowDifference> {
        let view = |difference: &Difference| PluginShadowDifference {
            turn: i64::try_from(turn).unwrap_or(i64::MAX),
            place: difference.place.clone(),
            recorded: difference.recorded.clone(),
            played: difference.played.clone(),
        };
        differences.iter().map(view).collect()
    };
    let turns = run.replay.turns.iter().flat_map(|turn| of(turn.turn, &turn.differences));
    PluginShadowRun {
        run: run.run.to_string(),
        at: view::instant(run.began_ms),
        function: run.replay.act.clone(),
        differences: turns.chain(of(0, &run.replay.verdict)).collect(),
    }
}

fn serving_view(plugin: &PluginInfo) -> Plugin {
    plugin_view(&plugin.manifest, &plugin.digest, true)
}

fn idle_view(standing: &Standing) -> Plugin {
    plugin_view(&standing.manifest, &standing.version.digest, false)
}

fn plugin_view(manifest: &Manifest, digest: &str, serves: bool) -> Plugin {
    Plugin {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        digest: format!("sha256:{digest}"),
        serves,
        health: PluginHealth::default(),
        kind: manifest.kind.clone(),
        api: manifest.api.clone(),
        publisher: manifest.publisher.clone(),
        licence: manifest.licence.clone(),
        names: translated(&manifest.names),
        banks: manifest
            .banks
            .iter()
            .map(|bank| PluginBank {
                id: bank.id.clone(),
                name: bank.name.clone(),
                config: bank.config.clone(),
                day_end: manifest.day_end(&bank.id).map(str::to_owned),
                lacks: bank.lacks.iter().cloned().collect(),
            })
            .collect(),
        capabilities: manifest.capabilities.iter().cloned().collect(),
        models: manifest.models.clone(),
        endpoints: manifest
            .endpoints
            .iter()
            .map(|(name, request)| PluginEndpoint {
                name: name.clone(),
                purposes: request.purposes.clone(),
                takes_card: request.takes_card,
                urls: urls(&request.urls),
            })
            .collect(),
        secrets: manifest
            .secrets
            .iter()
            .map(|secret| PluginSecret {
                name: secret.name.clone(),
                kind: secret.kind.clone(),
                required: secret.required,
                label: translated(&secret.label),
            })
            .collect(),
        config: serde_json::to_value(&manifest.config).unwrap_or_default(),
    }
}

fn translated(text: &LocalText) -> Translated {
    ["tr", "en", "az"].into_iter().map(|tag| (tag.to_owned(), text.get(tag).to_owned())).collect()
}

fn urls(urls: &Environments) -> std::collections::BTreeMap<String, String> {
    [("test", &urls.test), ("live", &urls.live)]
        .into_iter()
        .filter_map(|(name, url)| url.clone().map(|url| (name.to_owned(), url)))
        .collect()
}
