//! Who did what (PCI DSS 10.2): rows are only ever added, in the transaction of the act itself.

use super::{StoreResult, Tx};
use crate::ctx::Ctx;
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
    let now_ms = ctx.clock.now_ms();
    let actor = ctx.actor.label();
    let detail = crate::security::redact::scrub(&detail.to_string()).into_owned();
    execute!(
        tx,
        "insert into audit (tenant_id, audit_id, actor, act, object, detail, address, request_id, at_ms) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        ctx.tenant.to_text(),
        AuditId::at(now_ms).to_text(),
        actor.as_str(),
        act,
        object,
        detail.as_str(),
        "",
        ctx.request_id.as_str(),
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
