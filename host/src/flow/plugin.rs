//! Which version of a plugin serves: bringing one in, moving the pointer, taking one back.
//!
//! A version never changes; the pointer does, in one audited commit. Every act here counts one change in
//! `plugin_change`, which also makes the acts wait for each other; nodes look at that number and follow
//! (`follow`). Attempts under way keep the version that began them (`flow/pos.rs`).

mod bring;
mod fare;
mod follow;
mod guard;
mod run;
mod shadow;

use serde_json::json;

use crate::app::App;
use crate::ctx::{Actor, Ctx};
use crate::domain::payment::Move;
use crate::domain::plugin::{IllegalPluginMove, PluginEvent, PluginRefusal, PluginState, Reach};
use crate::flow::error::{FlowError, FlowResult};
use crate::plugin::{Beside, Grant, Manifest, Wish};
use crate::store::Tx;
use crate::store::audit::audit_insert_by;
use crate::store::plugin::{
    PluginActivation, PluginVersion, plugin_activation_list, plugin_activation_put, plugin_change_count,
    plugin_version_fetch, plugin_version_list, plugin_version_revoke,
};
use crate::store::tenant::tenant_list;

pub use bring::{plugin_add, plugins_bundled};
pub use fare::{PluginFared, plugin_fared};
pub use follow::{plugins_follow, plugins_tend};
pub use guard::plugins_guard;
pub use run::plugin_recording;
pub use shadow::{plugin_shadow, plugin_shadow_end};

/// Who acts on plugins, and for whom.
#[derive(Debug, Clone)]
pub struct Operator {
    /// For everyone, or for one firm.
    pub reach: Reach,
    /// Who.
    pub actor: Actor,
    /// In which request.
    pub request_id: String,
}

impl Operator {
    /// Somebody of a firm, for that firm.
    pub fn of(ctx: &Ctx) -> Self {
        Self { reach: Reach::Firm(ctx.tenant), actor: ctx.actor.clone(), request_id: ctx.request_id.clone() }
    }

    /// One of our own jobs or commands.
    pub fn job(name: &'static str, reach: Reach) -> Self {
        Self { reach, actor: Actor::Job(name), request_id: name.to_owned() }
    }
}

/// A version with where it stands for somebody, and what it asks for beyond the one that serves there now.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The version.
    pub version: PluginVersion,
    /// Where it stands.
    pub state: PluginState,
    /// Of new attempts, while it is a canary.
    pub percent: i64,
    /// Who moved it last, and when.
    pub changed: Option<(String, i64)>,
    /// What somebody must allow before it serves.
    pub wishes: Vec<Wish>,
    /// All that it asks for beside all that it, or the version that is active there, was allowed.
    pub grants: Vec<Beside>,
    /// What it says of itself.
    pub manifest: Manifest,
}

/// What it takes to let a version serve.
#[derive(Debug, Clone, Copy)]
pub enum Share {
    /// All new attempts.
    All,
    /// So many percent of them.
    Percent(i64),
}

/// Every version of a plugin, or of all, as it stands for `reach`; newest first.
pub async fn plugin_standings(app: &App, reach: Reach, plugin: Option<&str>) -> FlowResult<Vec<Standing>> {
    let mut tx = app.db.read().await?;
    let versions = plugin_version_list(&mut tx, plugin).await?;
    let rows = plugin_activation_list(&mut tx, plugin).await?;
    versions.into_iter().map(|version| standing(version, &rows, reach)).collect()
}

/// One version as it stands for `reach`.
pub async fn plugin_standing(app: &App, reach: Reach, digest: &str) -> FlowResult<Standing> {
    let mut tx = app.db.read().await?;
    let version = plugin_version_fetch(&mut tx, digest).await?.ok_or(FlowError::NotFound("plugin version"))?;
    let rows = plugin_activation_list(&mut tx, Some(&version.plugin_id)).await?;
    standing(version, &rows, reach)
}

/// The newest version of each plugin, or of one, of which none is active for `reach`: what waits for somebody to let it
/// serve. One that was withdrawn is named only where no other is left.
pub async fn plugins_idle(app: &App, reach: Reach, plugin: Option<&str>) -> FlowResult<Vec<Standing>> {
    let standings = plugin_standings(app, reach, plugin).await?;
    let mut idle: Vec<Standing> = Vec::new();
    for standing in standings {
        let known = idle.iter_mut().find(|known| known.version.plugin_id == standing.version.plugin_id);
        match known {
            None => idle.push(standing),
            // Newest first: what comes later counts only over a withdrawn one, and an active one over all.
            Some(known) if standing.state == PluginState::Active => *known = standing,
            Some(known) if known.state == PluginState::Revoked && standing.state != PluginState::Revoked => {
                *known = standing;
            }
            Some(_) => {}
        }
    }
    idle.retain(|standing| standing.state != PluginState::Active);
    Ok(idle)
}

fn standing(version: PluginVersion, rows: &[PluginActivation], reach: Reach) -> FlowResult<Standing> {
    let of = |reach: Reach| rows.iter().find(|row| row.scope == reach && row.digest == version.digest);
    let chose = rows
        .iter()
        .any(|row| row.scope == reach && row.plugin_id == version.plugin_id && row.state == PluginState::Active);
    // Where the firm has chosen for itself, what serves everyone else does not serve it.
    let row = of(reach).or_else(|| of(Reach::Everyone).filter(|row| !(chose && row.state.serves())));
    let state = match (version.revoked_at_ms, row) {
        (Some(_), _) => PluginState::Revoked,
        (None, Some(row)) => row.state,
        (None, None) => PluginState::Staged,
    };
    let manifest = manifest_of(&version)?;
    let (asked, held) = (Grant::asked(&manifest), held(&version, rows, reach));
    // What is withdrawn asks for nothing any more.
    let revoked = state == PluginState::Revoked;
    let wishes = if revoked { Vec::new() } else { asked.beyond(&held) };
    let mut grants = asked.beside(&held);
    for row in &mut grants {
        row.new &= !revoked;
    }
    Ok(Standing {
        state,
        percent: row.filter(|row| row.state == PluginState::Canary).map_or(0, |row| row.percent),
        changed: row.map(|row| (row.changed_by.clone(), row.changed_at_ms)),
        wishes,
        grants,
        manifest,
        version,
    })
}

/// What a version asks for that neither it nor the version that is active there was allowed.
fn wishes(version: &PluginVersion, rows: &[PluginActivation], reach: Reach) -> FlowResult<Vec<Wish>> {
    Ok(asked(version)?.beyond(&held(version, rows, reach)))
}

/// What a version was allowed; before anybody decided on it, what the version that is active there was.
fn held(version: &PluginVersion, rows: &[PluginActivation], reach: Reach) -> Grant {
    let own = rows.iter().find(|row| row.scope == reach && row.digest == version.digest);
    let active = |reach| {
        let mut of_plugin = rows.iter().filter(|row| row.plugin_id == version.plugin_id);
        of_plugin.find(|row| row.scope == reach && row.state == PluginState::Active)
    };
    let held = own.filter(|row| row.granted.is_some());
    let held = held.or_else(|| active(reach)).or_else(|| active(Reach::Everyone));
    held.and_then(|row| row.granted.as_deref()).map(held_grant).unwrap_or_default()
}

fn held_grant(text: &str) -> Grant {
    // A grant that cannot be read allows nothing.
    serde_json::from_str(text).unwrap_or_default()
}

fn asked(version: &PluginVersion) -> FlowResult<Grant> {
    manifest_of(version).map(|manifest| Grant::asked(&manifest))
}

fn manifest_of(version: &PluginVersion) -> FlowResult<Manifest> {
    let manifest = Manifest::parse(version.manifest.as_bytes());
    manifest.map_err(|error| FlowError::Internal(format!("{}: {error}", version.digest)))
}

/// Lets a version serve: all new attempts, or a share of them. `approve` allows it what it asks for beyond what was
/// allowed before; without it such a version is not taken.
pub async fn plugin_serve(
    app: &App,
    by: &Operator,
    plugin: &str,
    digest: &str,
    share: Share,
    approve: bool,
) -> FlowResult<Standing> {
    follow::version_ready(app, digest).await?;
    let mut tx = app.db.begin().await?;
    plugin_change_count(&mut tx).await?;
    let version = plugin_version_fetch(&mut tx, digest).await?.filter(|version| version.plugin_id == plugin);
    let version = version.ok_or(FlowError::NotFound("plugin version"))?;
    if version.revoked_at_ms.is_some() {
        return Err(FlowError::conflict("plugin_revoked", digest));
    }
    let rows = plugin_activation_list(&mut tx, Some(plugin)).await?;
    let wishes = wishes(&version, &rows, by.reach)?;
    if !wishes.is_empty() && !approve {
        let words: Vec<String> = wishes.iter().map(|w| format!("{} {} {}", w.kind, w.name, w.value)).collect();
        return Err(FlowError::conflict("grants_not_approved", words.join("; ")));
    }
    let granted = serde_json::to_string(&asked(&version)?).map_err(|error| FlowError::Internal(error.to_string()))?;
    let mut pointer = Pointer { app, by, plugin, rows };
    let event = match share {
        Share::All => PluginEvent::Activated,
        Share::Percent(_) => PluginEvent::CanaryBegan,
    };
    // Those that make room go first: only one is active, only one a canary.
    let replaced = pointer.make_room(&mut tx, digest, event).await?;
    let mut row = pointer.row(digest);
    if event == PluginEvent::Activated && replaced.is_some() {
        row.previous = replaced;
    }
    row.percent = match share {
        Share::All => 100,
        Share::Percent(percent) => percent,
    };
    row.granted = Some(granted);
    let detail = json!({
        "plugin": plugin, "version": version.version, "reach": by.reach.to_string(), "percent": row.percent,
        "approved": wishes.iter().map(|w| format!("{} {} {}", w.kind, w.name, w.value)).collect::<Vec<_>>(),
    });
    pointer.put(&mut tx, row, event).await?;
    noted(app, &mut tx, by, &format!("plugin.{event}"), digest, &detail).await?;
    tx.commit().await?;
    plugins_follow(app).await?;
    plugin_standing(app, by.reach, digest).await
}

/// Takes back the canary, or where there is none the active version in favour of the one before it. Gives the version
/// that was taken back.
pub async fn plugin_roll_back(app: &App, by: &Operator, plugin: &str, why: &str) -> FlowResult<Standing> {
    let mut tx = app.db.begin().await?;
    plugin_change_count(&mut tx).await?;
    let rows = plugin_activation_list(&mut tx, Some(plugin)).await?;
    let mut pointer = Pointer { app, by, plugin, rows };
    let nothing = || FlowError::conflict("nothing_to_roll_back", plugin);
    let row = pointer.standing_at(PluginState::Canary).or_else(|| pointer.standing_at(PluginState::Active));
    let row = row.ok_or_else(nothing)?;
    let taken = row.digest.clone();
    let back = if row.state == PluginState::Canary { None } else { row.previous.clone() };
    let mut revoked_back = false;
    if let Some(back) = &back {
        let version = plugin_version_fetch(&mut tx, back).await?;
        revoked_back = version.is_none_or(|version| version.revoked_at_ms.is_some());
    }
    // For everyone there must be a version to go back to; a firm without one goes back to everyone's.
    if revoked_back || (row.state == PluginState::Active && back.is_none() && by.reach == Reach::Everyone) {
        return Err(nothing());
    }
    pointer.put(&mut tx, row, PluginEvent::RolledBack).await?;
    if let Some(back) = &back {
        let row = pointer.row(back);
        pointer.put(&mut tx, row, PluginEvent::Activated).await?;
    }
    let detail = json!({ "plugin": plugin, "reach": by.reach.to_string(), "back_to": back, "why": why });
    noted(app, &mut tx, by, "plugin.rolled_back", &taken, &detail).await?;
    tx.commit().await?;
    tracing::warn!(plugin, digest = taken, why, by = by.actor.label(), "a plugin version was rolled back");
    plugins_follow(app).await?;
    plugin_standing(app, by.reach, &taken).await
}

/// Withdraws a version by its digest, for good: from everyone, or from one firm. Where it was active, the one before it
/// takes over; where there is none, its accounts take no payment.
pub async fn plugin_revoke(app: &App, by: &Operator, plugin: &str, digest: &str, why: &str) -> FlowResult<Standing> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    plugin_change_count(&mut tx).await?;
    let version = plugin_version_fetch(&mut tx, digest).await?.filter(|version| version.plugin_id == plugin);
    version.ok_or(FlowError::NotFound("plugin version"))?;
    let rows = plugin_activation_list(&mut tx, Some(plugin)).await?;
    let reaches: Vec<Reach> = match by.reach {
        Reach::Firm(_) => vec![by.reach],
        Reach::Everyone => {
            plugin_version_revoke(&mut tx, digest, &by.actor.label(), why, now_ms).await?;
            let mut reaches: Vec<Reach> = rows.iter().filter(|row| row.digest == digest).map(|row| row.scope).collect();
            reaches.push(Reach::Everyone);
            reaches.sort_unstable();
            reaches.dedup();
            reaches
        }
    };
    for reach in reaches {
        let there = Operator { reach, ..by.clone() };
        let mut pointer = Pointer { app, by: &there, plugin, rows: rows.clone() };
        let row = pointer.row(digest);
        let back = if row.state == PluginState::Active { row.previous.clone() } else { None };
        pointer.put(&mut tx, row, PluginEvent::Revoked).await?;
        let Some(back) = back else { continue };
        let good = plugin_version_fetch(&mut tx, &back).await?.is_some_and(|back| back.revoked_at_ms.is_none());
        let row = pointer.row(&back);
        if good && row.state != PluginState::Revoked {
            pointer.put(&mut tx, row, PluginEvent::Activated).await?;
        }
    }
    let detail = json!({ "plugin": plugin, "reach": by.reach.to_string(), "why": why });
    noted(app, &mut tx, by, "plugin.revoked", digest, &detail).await?;
    tx.commit().await?;
    tracing::warn!(plugin, digest, why, by = by.actor.label(), "a plugin version was revoked");
    plugins_follow(app).await?;
    plugin_standing(app, by.reach, digest).await
}

/// The rows of one plugin while one commit moves them. Nothing else writes where a version stands.
struct Pointer<'a> {
    app: &'a App,
    by: &'a Operator,
    plugin: &'a str,
    rows: Vec<PluginActivation>,
}

impl Pointer<'_> {
    fn standing_at(&self, state: PluginState) -> Option<PluginActivation> {
        self.rows.iter().find(|row| row.scope == self.by.reach && row.state == state).cloned()
    }

    /// The row of a version here; a fresh one where there is none.
    fn row(&self, digest: &str) -> PluginActivation {
        let known = self.rows.iter().find(|row| row.scope == self.by.reach && row.digest == digest);
        known.cloned().unwrap_or_else(|| PluginActivation {
            scope: self.by.reach,
            digest: digest.to_owned(),
            plugin_id: self.plugin.to_owned(),
            state: PluginState::Staged,
            percent: 0,
            previous: None,
            granted: None,
            changed_by: String::new(),
            changed_at_ms: 0,
            version: 0,
        })
    }

    /// Moves every version that must give way, and names the one that was active.
    async fn make_room(&mut self, tx: &mut Tx, digest: &str, event: PluginEvent) -> FlowResult<Option<String>> {
        let mut replaced = None;
        for state in [PluginState::Canary, PluginState::Active] {
            let gives_way = event == PluginEvent::Activated || state == PluginState::Canary;
            let Some(row) = self.standing_at(state).filter(|row| gives_way && row.digest != digest) else { continue };
            if state == PluginState::Active {
                replaced = Some(row.digest.clone());
            }
            self.put(tx, row, PluginEvent::Superseded).await?;
        }
        Ok(replaced)
    }

    /// Moves one row by the table, by compare-and-set.
    async fn put(&mut self, tx: &mut Tx, mut row: PluginActivation, event: PluginEvent) -> FlowResult<()> {
        if let Move::To(state) = row.state.next(event)? {
            row.state = state;
        }
        row.changed_by = self.by.actor.label();
        row.changed_at_ms = self.app.clock.now_ms();
        if !plugin_activation_put(tx, &row).await? {
            // The count at the beginning of every act keeps others out; this is for a hand in the database.
            return Err(FlowError::Busy("a plugin that many hands move at once"));
        }
        row.version += 1;
        self.rows.retain(|known| known.scope != row.scope || known.digest != row.digest);
        self.rows.push(row);
        Ok(())
    }
}

impl From<IllegalPluginMove> for FlowError {
    fn from(illegal: IllegalPluginMove) -> Self {
        let code = match illegal.refusal {
            PluginRefusal::NotServing => "nothing_to_roll_back",
            PluginRefusal::Serving => "plugin_serving",
            PluginRefusal::Revoked => "plugin_revoked",
        };
        Self::conflict(code, illegal.to_string())
    }
}

/// Writes an act into the trail of the firm it was done for; what was done for everyone stands in every firm's.
async fn noted(
    app: &App,
    tx: &mut Tx,
    by: &Operator,
    act: &str,
    digest: &str,
    detail: &serde_json::Value,
) -> FlowResult<()> {
    let tenants = match by.reach {
        Reach::Firm(tenant) => vec![tenant],
        Reach::Everyone => tenant_list(tx).await?.into_iter().map(|tenant| tenant.tenant_id).collect(),
    };
    let object = format!("sha256:{digest}");
    for tenant in tenants {
        let now_ms = app.clock.now_ms();
        audit_insert_by(tx, tenant, &by.actor, &by.request_id, now_ms, act, &object, detail).await?;
    }
    Ok(())
}
