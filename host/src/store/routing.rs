//! The rules of a firm that say through which POS account a payment goes, and what they need to know of an account.

use super::change::Changed;
use super::{StoreResult, Tx};
use crate::domain::id::{PosAccountId, RoutingRuleId, TenantId};
use crate::domain::money::Currency;
use crate::domain::named::named;
use crate::domain::routing::{Conditions, Through};
use crate::store::json::Json;

named! {
    /// Whether a rule is looked at.
    pub enum RuleState {
        /// It is.
        Active = "active",
        /// Kept for later.
        Disabled = "disabled",
    }
}

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RoutingRule {
    /// The firm.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub routing_rule_id: RoutingRuleId,
    /// From 1, in the order in which they are looked at.
    pub place: i64,
    /// What the firm calls it; may be empty.
    pub name: String,
    /// Whether it is looked at.
    #[sqlx(try_from = "String")]
    pub state: RuleState,
    /// When it holds.
    #[sqlx(try_from = "String")]
    pub conditions: Json<Conditions>,
    /// Through which accounts.
    #[sqlx(try_from = "String")]
    pub through: Json<Through>,
    /// Who wrote it.
    pub created_by: String,
    /// When it was written.
    pub created_at_ms: i64,
    /// When it was last changed.
    pub updated_at_ms: i64,
}

/// How often a firm's rules were changed; 0 where it has none.
pub async fn routing_version(tx: &mut Tx, tenant: TenantId) -> StoreResult<i64> {
    let row = fetch_optional!(tx, (i64,), "select version from routing where tenant_id = $1", tenant.to_text())?;
    Ok(row.map_or(0, |(version,)| version))
}

/// Counts a change; whoever changes the rules does this first, and so waits for the one before. Gives the version
/// before the change.
pub async fn routing_change(tx: &mut Tx, tenant: TenantId, now_ms: i64) -> StoreResult<i64> {
    tx.changed(tenant, Changed::Setup);
    execute!(
        tx,
        "insert into routing (tenant_id, version, updated_at_ms) values ($1, 1, $2) \
         on conflict (tenant_id) do update set version = routing.version + 1, updated_at_ms = excluded.updated_at_ms",
        tenant.to_text(),
        now_ms
    )?;
    Ok(routing_version(tx, tenant).await? - 1)
}

/// The rules of a firm in their order.
pub async fn routing_rule_list(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<RoutingRule>> {
    fetch_all!(
        tx,
        RoutingRule,
        "select * from routing_rule where tenant_id = $1 order by place, routing_rule_id limit 1000",
        tenant.to_text()
    )
}

/// Inserts a rule.
pub async fn routing_rule_insert(tx: &mut Tx, rule: &RoutingRule) -> StoreResult<()> {
    execute!(
        tx,
        "insert into routing_rule (tenant_id, routing_rule_id, place, name, state, conditions, through, created_by, \
         created_at_ms, updated_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        rule.tenant_id.to_text(),
        rule.routing_rule_id.to_text(),
        rule.place,
        rule.name.as_str(),
        rule.state.as_str(),
        rule.conditions.to_text(),
        rule.through.to_text(),
        rule.created_by.as_str(),
        rule.created_at_ms,
        rule.updated_at_ms
    )?;
    Ok(())
}

/// Writes what a rule says.
pub async fn routing_rule_update(tx: &mut Tx, rule: &RoutingRule) -> StoreResult<()> {
    execute!(
        tx,
        "update routing_rule set name = $3, state = $4, conditions = $5, through = $6, updated_at_ms = $7 \
         where tenant_id = $1 and routing_rule_id = $2",
        rule.tenant_id.to_text(),
        rule.routing_rule_id.to_text(),
        rule.name.as_str(),
        rule.state.as_str(),
        rule.conditions.to_text(),
        rule.through.to_text(),
        rule.updated_at_ms
    )?;
    Ok(())
}

/// Puts a rule at a place.
pub async fn routing_rule_place(tx: &mut Tx, tenant: TenantId, rule: RoutingRuleId, place: i64) -> StoreResult<()> {
    execute!(
        tx,
        "update routing_rule set place = $3 where tenant_id = $1 and routing_rule_id = $2",
        tenant.to_text(),
        rule.to_text(),
        place
    )?;
    Ok(())
}

/// Takes a rule away. What it decided stays explained with each payment.
pub async fn routing_rule_delete(tx: &mut Tx, tenant: TenantId, rule: RoutingRuleId) -> StoreResult<()> {
    execute!(
        tx,
        "delete from routing_rule where tenant_id = $1 and routing_rule_id = $2",
        tenant.to_text(),
        rule.to_text()
    )?;
    Ok(())
}

/// What went, or may yet go, through an account since an instant, minor units of a currency.
pub async fn account_taken(
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    currency: Currency,
    since_ms: i64,
) -> StoreResult<i64> {
    let (taken,) = fetch_one!(
        tx,
        (i64,),
        "select cast(coalesce(sum(p.charged_minor), 0) as bigint) from attempt a \
         join payment p on p.tenant_id = a.tenant_id and p.payment_id = a.payment_id \
         where a.tenant_id = $1 and a.pos_account_id = $2 and a.created_at_ms >= $4 and p.currency = $3 \
         and a.state not in ('declined', 'failed', 'expired', 'canceled', 'voided')",
        tenant.to_text(),
        account.to_text(),
        currency.code(),
        since_ms
    )?;
    Ok(taken)
}

/// Of the newest attempts at an account since an instant: how many the bank should have answered, and how many it
/// did not.
pub async fn account_answers(
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    since_ms: i64,
    newest: i64,
) -> StoreResult<(i64, i64)> {
    fetch_one!(
        tx,
        (i64, i64),
        "select count(*), cast(coalesce(sum(case when n.state in ('failed', 'unknown') then 1 else 0 end), 0) as bigint) \
         from (select a.state from attempt a where a.tenant_id = $1 and a.pos_account_id = $2 and a.created_at_ms >= $3 \
         and a.state not in ('sending', 'browsing', 'browsing_charge', 'provisioning', 'expired', 'canceled') \
         order by a.created_at_ms desc limit $4) as n",
        tenant.to_text(),
        account.to_text(),
        since_ms,
        newest
    )
}
