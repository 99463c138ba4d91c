//! Plugin versions, their bytes, and where each stands.

use super::{StoreResult, Tx};
use crate::domain::plugin::{PluginOrigin, PluginState, Reach};
use crate::limits;

/// A version, without its bytes. Never changed, but for its withdrawal.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PluginVersion {
    /// SHA-256 of the component, hex.
    pub digest: String,
    /// The plugin.
    pub plugin_id: String,
    /// Its number.
    pub version: String,
    /// `pos`, ….
    pub kind: String,
    /// The contract.
    pub api: String,
    /// Who made it.
    pub publisher: String,
    /// How it came to be trusted.
    #[sqlx(try_from = "String")]
    pub origin: PluginOrigin,
    /// The publisher's signature, JSON.
    pub signature: Option<String>,
    /// HMAC of this installation over the row.
    pub seal: String,
    /// What it says of itself, JSON.
    pub manifest: String,
    /// Of the component.
    pub size_bytes: i64,
    /// Who brought it.
    pub added_by: String,
    /// When.
    pub added_at_ms: i64,
    /// When it was withdrawn from everyone.
    pub revoked_at_ms: Option<i64>,
    /// By whom.
    pub revoked_by: Option<String>,
    /// Why.
    pub revoked_why: Option<String>,
}

/// Where a version stands, for everyone or for one firm.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PluginActivation {
    /// For whom.
    #[sqlx(try_from = "String")]
    pub scope: Reach,
    /// The version.
    pub digest: String,
    /// The plugin.
    pub plugin_id: String,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: PluginState,
    /// Of new attempts, while it is a canary.
    pub percent: i64,
    /// Whose place it took.
    pub previous: Option<String>,
    /// What an administrator allowed it, JSON.
    pub granted: Option<String>,
    /// Who moved it last.
    pub changed_by: String,
    /// When.
    pub changed_at_ms: i64,
    /// For compare-and-set; 0 for a row that is not there yet.
    pub version: i64,
}

/// Keeps a version with its bytes. `false` where it is there already.
pub async fn plugin_version_insert(tx: &mut Tx, row: &PluginVersion, wasm: &[u8]) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into plugin_version (digest, plugin_id, version, kind, api, publisher, origin, signature, seal, \
         manifest, size_bytes, added_by, added_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         on conflict do nothing",
        row.digest.as_str(),
        row.plugin_id.as_str(),
        row.version.as_str(),
        row.kind.as_str(),
        row.api.as_str(),
        row.publisher.as_str(),
        row.origin.as_str(),
        row.signature.as_deref(),
        row.seal.as_str(),
        row.manifest.as_str(),
        row.size_bytes,
        row.added_by.as_str(),
        row.added_at_ms
    )?;
    if rows == 1 {
        execute!(tx, "insert into plugin_component (digest, wasm) values ($1, $2)", row.digest.as_str(), wasm)?;
    }
    Ok(rows == 1)
}

/// A version by its digest.
pub async fn plugin_version_fetch(tx: &mut Tx, digest: &str) -> StoreResult<Option<PluginVersion>> {
    fetch_optional!(tx, PluginVersion, "select * from plugin_version where digest = $1", digest)
}

/// The versions of one plugin, or of all, newest first.
pub async fn plugin_version_list(tx: &mut Tx, plugin: Option<&str>) -> StoreResult<Vec<PluginVersion>> {
    fetch_all!(
        tx,
        PluginVersion,
        "select * from plugin_version where cast($1 as text) is null or plugin_id = $1 \
         order by plugin_id, added_at_ms desc, digest limit $2",
        plugin,
        if plugin.is_some() { limits::PLUGIN_VERSIONS_MAX } else { i64::MAX }
    )
}

/// The bytes of a version.
pub async fn plugin_component_fetch(tx: &mut Tx, digest: &str) -> StoreResult<Option<Vec<u8>>> {
    let row = fetch_optional!(tx, (Vec<u8>,), "select wasm from plugin_component where digest = $1", digest)?;
    Ok(row.map(|(wasm,)| wasm))
}

/// Withdraws a version from everyone. `false` where it was already.
pub async fn plugin_version_revoke(tx: &mut Tx, digest: &str, by: &str, why: &str, now_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update plugin_version set revoked_at_ms = $2, revoked_by = $3, revoked_why = $4 \
         where digest = $1 and revoked_at_ms is null",
        digest,
        now_ms,
        by,
        why
    )?;
    Ok(rows == 1)
}

/// Where every version of one plugin, or of all, stands.
pub async fn plugin_activation_list(tx: &mut Tx, plugin: Option<&str>) -> StoreResult<Vec<PluginActivation>> {
    fetch_all!(
        tx,
        PluginActivation,
        "select * from plugin_activation where cast($1 as text) is null or plugin_id = $1 order by scope, digest",
        plugin
    )
}

/// Writes where a version stands, by compare-and-set; a row with version 0 is inserted. `false` where somebody else
/// was first.
pub async fn plugin_activation_put(tx: &mut Tx, row: &PluginActivation) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into plugin_activation (scope, digest, plugin_id, state, percent, previous, granted, changed_by, \
         changed_at_ms, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, cast($10 as bigint) + 1) \
         on conflict (scope, digest) do update set state = excluded.state, percent = excluded.percent, \
         previous = excluded.previous, granted = excluded.granted, changed_by = excluded.changed_by, \
         changed_at_ms = excluded.changed_at_ms, version = excluded.version \
         where plugin_activation.version = excluded.version - 1",
        row.scope.to_text(),
        row.digest.as_str(),
        row.plugin_id.as_str(),
        row.state.as_str(),
        row.percent,
        row.previous.as_deref(),
        row.granted.as_deref(),
        row.changed_by.as_str(),
        row.changed_at_ms,
        row.version
    )?;
    Ok(rows == 1)
}

/// How often anything here was changed.
pub async fn plugin_change(tx: &mut Tx) -> StoreResult<i64> {
    let (number,) = fetch_one!(tx, (i64,), "select number from plugin_change where one = 1")?;
    Ok(number)
}

/// Counts a change, and holds every other one back until this transaction has ended.
pub async fn plugin_change_count(tx: &mut Tx) -> StoreResult<()> {
    execute!(tx, "update plugin_change set number = number + 1 where one = 1").map(drop)
}

/// The digests that attempts and operations under way began with.
pub async fn plugin_digests_in_use(tx: &mut Tx) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String,),
        "select distinct plugin_digest from attempt \
         where state in ('sending', 'browsing', 'browsing_charge', 'provisioning', 'unknown') \
         union select distinct a.plugin_digest from operation o \
         join attempt a on a.tenant_id = o.tenant_id and a.attempt_id = o.attempt_id \
         where o.state in ('sending', 'unknown')"
    )?;
    Ok(rows.into_iter().map(|(digest,)| digest).collect())
}
