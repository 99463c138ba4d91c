//! A firm's accounts at banks, and their sealed secrets.

use super::change::Changed;
use super::span::Span;
use super::{StoreResult, Tx};
use crate::domain::id::{NodeId, PosAccountId, TenantId};
use crate::domain::named::named;
use crate::domain::rate::Rate;

named! {
    /// Which of the bank's addresses is used.
    pub enum Environment {
        /// The test address, or the sandbox.
        Test = "test",
        /// The real one.
        Live = "live",
    }
}

named! {
    /// Whether payments may use the account.
    pub enum PosAccountState {
        /// They may.
        Active = "active",
        /// Kept for voids, refunds and inquiries of what it did.
        Disabled = "disabled",
    }
}

/// One row, with its node's name.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PosAccount {
    /// The firm.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub pos_account_id: PosAccountId,
    /// Whose account.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// That node's name.
    pub node_name: String,
    /// The firm's name for it.
    pub name: String,
    /// The plugin that drives it, in its newest installed version.
    pub plugin_id: String,
    /// The bank, as the manifest names it.
    pub bank: String,
    /// Which address.
    #[sqlx(try_from = "String")]
    pub environment: Environment,
    /// Whether payments may use it.
    #[sqlx(try_from = "String")]
    pub state: PosAccountState,
    /// `none`, `3d`, `3d-pay`, `3d-host`.
    pub three_d_model: String,
    /// 1: no card is charged here without its holder.
    pub three_d_required: i64,
    /// 1: the bank is told for which sub-dealer is sold.
    pub sub_dealers: i64,
    /// 1: with a refund the bank returns its own commission of it.
    pub returns_commission: i64,
    /// When the bank's day ends, `HH:MM` in the firm's zone; midnight where nobody said.
    pub day_end: Option<String>,
    /// Settings, a JSON object.
    pub config: String,
    /// Endpoint addresses that differ from the manifest's, a JSON object.
    pub endpoints: String,
    /// Counts changes.
    pub version: i64,
    /// When it was written.
    pub created_at_ms: i64,
    /// When it was last changed.
    pub updated_at_ms: i64,
}

impl PosAccount {
    /// Whether a payer here types the card on the bank's own page, and never on ours.
    pub fn is_hosted(&self) -> bool {
        self.three_d_model == "3d-host"
    }

    /// Whether the bank is told for which sub-dealer is sold.
    pub fn names_sub_dealers(&self) -> bool {
        self.sub_dealers == 1
    }

    /// How much of its commission the bank returns with a refund.
    pub fn commission_returned(&self) -> Rate {
        if self.returns_commission == 1 { Rate::WHOLE } else { Rate::ZERO }
    }

    /// Whether the firm takes no card at this account without its holder.
    pub fn demands_three_d(&self) -> bool {
        self.three_d_required == 1
    }
}

/// A sealed secret.
#[derive(Clone, sqlx::FromRow)]
pub struct PosSecret {
    /// As the manifest names it.
    pub name: String,
    /// Opens only in the vault, for this row.
    pub sealed: String,
    /// When it was set.
    pub updated_at_ms: i64,
}

impl std::fmt::Debug for PosSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PosSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Inserts an account. `false` where its node has one of this name.
pub async fn pos_account_insert(tx: &mut Tx, account: &PosAccount) -> StoreResult<bool> {
    tx.changed(account.tenant_id, Changed::Setup);
    let rows = execute!(
        tx,
        "insert into pos_account (tenant_id, pos_account_id, node_id, name, plugin_id, bank, environment, state, \
         three_d_model, config, endpoints, version, created_at_ms, updated_at_ms, three_d_required, day_end, \
         sub_dealers, returns_commission) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
         on conflict do nothing",
        account.tenant_id.to_text(),
        account.pos_account_id.to_text(),
        account.node_id.to_text(),
        account.name.as_str(),
        account.plugin_id.as_str(),
        account.bank.as_str(),
        account.environment.as_str(),
        account.state.as_str(),
        account.three_d_model.as_str(),
        account.config.as_str(),
        account.endpoints.as_str(),
        account.version,
        account.created_at_ms,
        account.updated_at_ms,
        account.three_d_required,
        account.day_end.as_deref(),
        account.sub_dealers,
        account.returns_commission
    )?;
    Ok(rows == 1)
}

/// Changes an account by compare-and-set on its version. `false` where somebody else changed it first.
pub async fn pos_account_update(tx: &mut Tx, account: &PosAccount) -> StoreResult<bool> {
    tx.changed(account.tenant_id, Changed::Setup);
    let rows = execute!(
        tx,
        "update pos_account set name = $4, state = $5, three_d_model = $6, config = $7, endpoints = $8, \
         updated_at_ms = $9, three_d_required = $10, day_end = $11, sub_dealers = $12, \
         returns_commission = $13, version = version + 1 \
         where tenant_id = $1 and pos_account_id = $2 and version = $3",
        account.tenant_id.to_text(),
        account.pos_account_id.to_text(),
        account.version,
        account.name.as_str(),
        account.state.as_str(),
        account.three_d_model.as_str(),
        account.config.as_str(),
        account.endpoints.as_str(),
        account.updated_at_ms,
        account.three_d_required,
        account.day_end.as_deref(),
        account.sub_dealers,
        account.returns_commission
    )?;
    Ok(rows == 1)
}

/// An account that `scope` sees.
pub async fn pos_account_visible(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    account: PosAccountId,
) -> StoreResult<Option<PosAccount>> {
    fetch_optional!(
        tx,
        PosAccount,
        "select p.*, n.name as node_name from pos_account p \
         join node n on n.tenant_id = p.tenant_id and n.node_id = p.node_id \
         where p.tenant_id = $1 and p.pos_account_id = $3 and exists (select 1 from node_ancestor a \
         where a.tenant_id = p.tenant_id and a.node_id = p.node_id and a.ancestor_id = $2)",
        tenant.to_text(),
        scope.to_text(),
        account.to_text()
    )
}

/// An account of the firm, whoever asks: for flows that already know it.
pub async fn pos_account_fetch(
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
) -> StoreResult<Option<PosAccount>> {
    fetch_optional!(
        tx,
        PosAccount,
        "select p.*, n.name as node_name from pos_account p \
         join node n on n.tenant_id = p.tenant_id and n.node_id = p.node_id \
         where p.tenant_id = $1 and p.pos_account_id = $2",
        tenant.to_text(),
        account.to_text()
    )
}

/// The accounts that `scope` sees, newest first.
pub async fn pos_account_list(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    span: Span<'_>,
) -> StoreResult<Vec<PosAccount>> {
    fetch_all!(
        tx,
        PosAccount,
        "select p.*, n.name as node_name from pos_account p \
         join node n on n.tenant_id = p.tenant_id and n.node_id = p.node_id \
         where p.tenant_id = $1 and exists (select 1 from node_ancestor a \
         where a.tenant_id = p.tenant_id and a.node_id = p.node_id and a.ancestor_id = $2) \
         and (cast($3 as text) is null or p.pos_account_id < $3) and (cast($4 as text) is null or p.pos_account_id > $4) \
         order by case when cast($4 as text) is not null then p.pos_account_id end, p.pos_account_id desc limit $5",
        tenant.to_text(),
        scope.to_text(),
        span.before,
        span.after,
        span.limit
    )
}

/// Accounts that a node may collect with at most, as many as [`pos_account_usable`] reads.
pub const USABLE_MAX: usize = 100;

/// The active accounts that a node may collect with: its own first, then those of the nodes above it,
/// nearest first.
pub async fn pos_account_usable(tx: &mut Tx, tenant: TenantId, node: NodeId) -> StoreResult<Vec<PosAccount>> {
    fetch_all!(
        tx,
        PosAccount,
        "select p.*, n.name as node_name from node_ancestor a \
         join pos_account p on p.tenant_id = a.tenant_id and p.node_id = a.ancestor_id \
         join node n on n.tenant_id = p.tenant_id and n.node_id = p.node_id \
         where a.tenant_id = $1 and a.node_id = $2 and p.state = 'active' \
         order by a.depth, p.pos_account_id limit 100",
        tenant.to_text(),
        node.to_text()
    )
}

/// Sets a secret, over the one before.
pub async fn pos_secret_put(
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    secret: &PosSecret,
) -> StoreResult<()> {
    tx.changed(tenant, Changed::Setup);
    execute!(
        tx,
        "insert into pos_secret (tenant_id, pos_account_id, name, sealed, updated_at_ms) values ($1, $2, $3, $4, $5) \
         on conflict (tenant_id, pos_account_id, name) \
         do update set sealed = excluded.sealed, updated_at_ms = excluded.updated_at_ms",
        tenant.to_text(),
        account.to_text(),
        secret.name.as_str(),
        secret.sealed.as_str(),
        secret.updated_at_ms
    )?;
    Ok(())
}

/// The secrets of an account, by name.
pub async fn pos_secret_list(tx: &mut Tx, tenant: TenantId, account: PosAccountId) -> StoreResult<Vec<PosSecret>> {
    fetch_all!(
        tx,
        PosSecret,
        "select name, sealed, updated_at_ms from pos_secret where tenant_id = $1 and pos_account_id = $2 \
         order by name limit 100",
        tenant.to_text(),
        account.to_text()
    )
}
