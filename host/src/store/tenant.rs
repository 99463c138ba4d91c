//! Firms.

use super::{StoreResult, Tx};
use crate::domain::id::TenantId;

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Tenant {
    /// Key.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Short name, for addresses and logs.
    pub slug: String,
    /// Name to show.
    pub name: String,
    /// IANA zone; decides which day it is.
    pub zone: String,
    /// The currency of its totals.
    pub currency: String,
    /// When it was written.
    pub created_at_ms: i64,
}

/// Inserts a firm. `false` where the short name is taken.
pub async fn tenant_insert(tx: &mut Tx, tenant: &Tenant) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into tenant (tenant_id, slug, name, zone, currency, created_at_ms) values ($1, $2, $3, $4, $5, $6) \
         on conflict do nothing",
        tenant.tenant_id.to_text(),
        tenant.slug.as_str(),
        tenant.name.as_str(),
        tenant.zone.as_str(),
        tenant.currency.as_str(),
        tenant.created_at_ms
    )?;
    Ok(rows == 1)
}

/// A firm.
pub async fn tenant_fetch(tx: &mut Tx, tenant: TenantId) -> StoreResult<Option<Tenant>> {
    fetch_optional!(tx, Tenant, "select * from tenant where tenant_id = $1", tenant.to_text())
}

/// A firm by its short name; before anybody has signed in.
pub async fn tenant_by_slug(tx: &mut Tx, slug: &str) -> StoreResult<Option<Tenant>> {
    fetch_optional!(tx, Tenant, "select * from tenant where slug = $1", slug)
}

/// Every firm.
pub async fn tenant_list(tx: &mut Tx) -> StoreResult<Vec<Tenant>> {
    fetch_all!(tx, Tenant, "select * from tenant order by tenant_id limit 100000")
}
