//! Keys of programs. Their secrets are kept as hashes.

use super::change::Changed;
use super::span::Span;
use super::{StoreResult, Tx};
use crate::domain::id::{ApiKeyId, NodeId, TenantId};

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ApiKey {
    /// The firm.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub api_key_id: ApiKeyId,
    /// The root of what it sees.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// Its node's name.
    pub node_name: String,
    /// What it is for.
    pub name: String,
    /// What it may do, with blanks between.
    pub scopes: String,
    /// The beginning of its secret.
    pub hint: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it ends.
    pub expires_at_ms: i64,
    /// When it was last exchanged.
    pub used_at_ms: Option<i64>,
    /// When it was revoked.
    pub revoked_at_ms: Option<i64>,
}

/// Inserts a key; `created_by` is a person or key in API form.
pub async fn api_key_insert(tx: &mut Tx, key: &ApiKey, secret_hash: &str, created_by: &str) -> StoreResult<()> {
    execute!(
        tx,
        "insert into api_key (tenant_id, api_key_id, node_id, name, scopes, hint, secret_hash, created_by, \
         created_at_ms, expires_at_ms, used_at_ms, revoked_at_ms) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, null, null)",
        key.tenant_id.to_text(),
        key.api_key_id.to_text(),
        key.node_id.to_text(),
        key.name.as_str(),
        key.scopes.as_str(),
        key.hint.as_str(),
        secret_hash,
        created_by,
        key.created_at_ms,
        key.expires_at_ms
    )?;
    Ok(())
}

/// The key behind a secret, if it is good now.
pub async fn api_key_by_secret(tx: &mut Tx, secret_hash: &str, now_ms: i64) -> StoreResult<Option<ApiKey>> {
    fetch_optional!(
        tx,
        ApiKey,
        "select k.*, n.name as node_name from api_key k \
         join node n on n.tenant_id = k.tenant_id and n.node_id = k.node_id \
         where k.secret_hash = $1 and k.revoked_at_ms is null and k.expires_at_ms > $2",
        secret_hash,
        now_ms
    )
}

/// Until when a key is good, if it is now: a token does not outlive the key it came from.
pub async fn api_key_good_until(tx: &mut Tx, tenant: TenantId, key: ApiKeyId, now_ms: i64) -> StoreResult<Option<i64>> {
    let row = fetch_optional!(
        tx,
        (i64,),
        "select expires_at_ms from api_key \
         where tenant_id = $1 and api_key_id = $2 and revoked_at_ms is null and expires_at_ms > $3",
        tenant.to_text(),
        key.to_text(),
        now_ms
    )?;
    Ok(row.map(|(until_ms,)| until_ms))
}

/// Marks a key as used.
pub async fn api_key_touch(tx: &mut Tx, key: &ApiKey, now_ms: i64) -> StoreResult<()> {
    execute!(
        tx,
        "update api_key set used_at_ms = $3 where tenant_id = $1 and api_key_id = $2",
        key.tenant_id.to_text(),
        key.api_key_id.to_text(),
        now_ms
    )?;
    Ok(())
}

/// The keys that `scope` sees, newest first.
pub async fn api_key_list(tx: &mut Tx, tenant: TenantId, scope: NodeId, span: Span<'_>) -> StoreResult<Vec<ApiKey>> {
    fetch_all!(
        tx,
        ApiKey,
        "select k.*, n.name as node_name from api_key k \
         join node n on n.tenant_id = k.tenant_id and n.node_id = k.node_id \
         where k.tenant_id = $1 and exists (select 1 from node_ancestor a where a.tenant_id = k.tenant_id \
         and a.node_id = k.node_id and a.ancestor_id = $2) \
         and (cast($3 as text) is null or k.api_key_id < $3) and (cast($4 as text) is null or k.api_key_id > $4) \
         order by case when cast($4 as text) is not null then k.api_key_id end, k.api_key_id desc limit $5",
        tenant.to_text(),
        scope.to_text(),
        span.before,
        span.after,
        span.limit
    )
}

/// Revokes a key that `scope` sees. `false` where it is not there; a revoked key stays revoked.
pub async fn api_key_revoke(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    key: ApiKeyId,
    now_ms: i64,
) -> StoreResult<bool> {
    tx.changed(tenant, Changed::Access);
    let rows = execute!(
        tx,
        "update api_key set revoked_at_ms = coalesce(revoked_at_ms, $4) where tenant_id = $1 and api_key_id = $3 \
         and exists (select 1 from node_ancestor a where a.tenant_id = api_key.tenant_id \
         and a.node_id = api_key.node_id and a.ancestor_id = $2)",
        tenant.to_text(),
        scope.to_text(),
        key.to_text(),
        now_ms
    )?;
    Ok(rows == 1)
}
