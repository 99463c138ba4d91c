//! Who did what (PCI DSS 10.2): rows are only ever added, in the transaction of the act itself.

use super::{StoreResult, Tx};
use crate::ctx::{Actor, Ctx};
use crate::domain::id::{AuditId, TenantId};

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Audit {
    /// Key, sorts by time, 26 characters.
    pub audit_id: String,
    /// Who.
    pub actor: String,
    /// What: `session.created`, `pos_account.updated`, …
    pub act: String,
    /// On what.
    pub object: String,
    /// Facts, a JSON object; never a secret.
    pub detail: String,
    /// From where.
    pub address: String,
    /// In which request.
    pub request_id: String,
    /// When.
    pub at_ms: i64,
}

/// Writes down an act.
pub async fn audit_insert(
    tx: &mut Tx,
    ctx: &Ctx,
    act: &str,
    object: &str,
    detail: &serde_json::Value,
) -> StoreResult<()> {
    audit_insert_by(tx, ctx.tenant, &ctx.actor, &ctx.request_id, ctx.clock.now_ms(), act, object, detail).await
}

/// Writes down an act that was not done in one firm's name, into this firm's trail.
#[expect(clippy::too_many_arguments, reason = "the columns of the row")]
pub async fn audit_insert_by(
    tx: &mut Tx,
    tenant: TenantId,
    actor: &Actor,
    request_id: &str,
    now_ms: i64,
    act: &str,
    object: &str,
    detail: &serde_json::Value,
) -> StoreResult<()> {
    let actor = actor.label();
    let detail = crate::security::redact::scrub(&detail.to_string()).into_owned();
    execute!(
        tx,
        "insert into audit (tenant_id, audit_id, actor, act, object, detail, address, request_id, at_ms) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant.to_text(),
        AuditId::at(now_ms).to_text(),
        actor.as_str(),
        act,
        object,
        detail.as_str(),
        "",
        request_id,
        now_ms
    )?;
    Ok(())
}

/// The newest acts of a firm.
pub async fn audit_list(tx: &mut Tx, tenant: TenantId, before: Option<&str>, limit: i64) -> StoreResult<Vec<Audit>> {
    fetch_all!(
        tx,
        Audit,
        "select audit_id, actor, act, object, detail, address, request_id, at_ms from audit \
         where tenant_id = $1 and (cast($2 as text) is null or audit_id < $2) order by audit_id desc limit $3",
        tenant.to_text(),
        before,
        limit
    )
}

/// A link of a firm's audit chain.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditLink {
    /// 1 for the first.
    pub link: i64,
    /// The newest row in it.
    pub last_id: String,
    /// How many rows.
    pub rows_in_it: i64,
    /// Over the digest before it and its rows, hex.
    pub digest: String,
    /// How the digest is made; see `flow/audit_chain.rs`.
    pub form: i64,
}

/// The links of a chain after `after`, oldest first.
pub async fn audit_links(tx: &mut Tx, tenant: TenantId, after: i64, limit: i64) -> StoreResult<Vec<AuditLink>> {
    fetch_all!(
        tx,
        AuditLink,
        "select link, last_id, rows_in_it, digest, form from audit_link
         where tenant_id = $1 and link > $2 order by link limit $3",
        tenant.to_text(),
        after,
        limit
    )
}

/// The newest link.
pub async fn audit_link_last(tx: &mut Tx, tenant: TenantId) -> StoreResult<Option<AuditLink>> {
    fetch_optional!(
        tx,
        AuditLink,
        "select link, last_id, rows_in_it, digest, form from audit_link where tenant_id = $1 \
         order by link desc limit 1",
        tenant.to_text()
    )
}

/// Adds a link. `false` where another node was first.
pub async fn audit_link_insert(tx: &mut Tx, tenant: TenantId, link: &AuditLink, now_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into audit_link (tenant_id, link, last_id, rows_in_it, digest, at_ms, form)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        tenant.to_text(),
        link.link,
        link.last_id.as_str(),
        link.rows_in_it,
        link.digest.as_str(),
        now_ms,
        link.form
    )?;
    Ok(rows == 1)
}

/// Rows after one and up to another or an instant, oldest first.
pub async fn audit_rows(
    tx: &mut Tx,
    tenant: TenantId,
    after_id: &str,
    last_id: Option<&str>,
    until_ms: i64,
    limit: i64,
) -> StoreResult<Vec<Audit>> {
    fetch_all!(
        tx,
        Audit,
        "select audit_id, actor, act, object, detail, address, request_id, at_ms from audit
         where tenant_id = $1 and audit_id > $2 and (cast($3 as text) is null or audit_id <= $3) and at_ms <= $4
         order by audit_id limit $5",
        tenant.to_text(),
        after_id,
        last_id,
        until_ms,
        limit
    )
}
