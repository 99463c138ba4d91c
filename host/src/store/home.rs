//! Figures that pages put together from several tables.

use super::{StoreResult, Tx};
use crate::domain::id::{NodeId, TenantId};
use crate::domain::money::Currency;
use crate::domain::party::Party;

/// A sum in one currency, and of how many rows.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Sum {
    /// ISO 4217 letters.
    pub currency: String,
    /// Minor units.
    pub minor: i64,
    /// How many rows.
    pub rows: i64,
}

/// What a node owes the node above, due before a day (ISO text; a day far away for everything).
pub async fn owed_by(tx: &mut Tx, tenant: TenantId, node: NodeId, due_before: &str) -> StoreResult<Vec<Sum>> {
    fetch_all!(
        tx,
        Sum,
        "select r.currency, cast(sum(o.left_minor) as bigint) as minor, cast(count(*) as bigint) as rows
         from receivable r
         join (select c.tenant_id, c.receivable_id, sum(c.charged_minor - coalesce((select sum(a.minor)
                from allocation a where a.tenant_id = c.tenant_id and a.component_id = c.component_id), 0)) as left_minor
            from component c where c.tenant_id = $1 group by c.tenant_id, c.receivable_id) o
           on o.tenant_id = r.tenant_id and o.receivable_id = r.receivable_id
         where r.tenant_id = $1 and r.debtor_node_id = $2 and r.due_on < $3 and o.left_minor > 0
         group by r.currency order by r.currency",
        tenant.to_text(),
        node.to_text(),
        due_before,
    )
}

/// What others owe a node itself.
pub async fn owed_to(tx: &mut Tx, tenant: TenantId, node: NodeId) -> StoreResult<Vec<Sum>> {
    fetch_all!(
        tx,
        Sum,
        "select currency, cast(sum(minor) as bigint) as minor, cast(count(distinct counterparty) as bigint) as rows
         from entry where tenant_id = $1 and node_id = $2 and account = 'receivable'
         group by currency having sum(minor) <> 0 order by currency",
        tenant.to_text(),
        node.to_text(),
    )
}

/// What was collected for the scope's part of the tree since an instant, less what went back.
pub async fn collected(tx: &mut Tx, tenant: TenantId, scope: NodeId, since_ms: i64) -> StoreResult<Vec<Sum>> {
    fetch_all!(
        tx,
        Sum,
        "select c.currency, cast(sum(l.minor) as bigint) as minor, cast(count(distinct c.collection_id) as bigint) as rows
         from collection c
         join allocation l on l.tenant_id = c.tenant_id and l.collection_id = c.collection_id
         where c.tenant_id = $1 and c.captured_at_ms >= $3 and exists (select 1 from node_ancestor a
            where a.tenant_id = c.tenant_id and a.node_id = c.node_id and a.ancestor_id = $2)
         group by c.currency order by c.currency",
        tenant.to_text(),
        scope.to_text(),
        since_ms,
    )
}

/// One day's collection.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DaySum {
    /// Days since the epoch, in the zone that the offset says.
    pub day: i64,
    /// Minor units.
    pub minor: i64,
    /// How many payments.
    pub rows: i64,
}

/// What was collected per day since an instant, in one currency. `offset_ms` is the zone's distance from UTC.
pub async fn collected_by_day(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    currency: Currency,
    since_ms: i64,
    offset_ms: i64,
) -> StoreResult<Vec<DaySum>> {
    fetch_all!(
        tx,
        DaySum,
        "select (c.captured_at_ms + $5) / 86400000 as day, cast(sum(l.minor) as bigint) as minor,
            cast(count(distinct c.collection_id) as bigint) as rows
         from collection c
         join allocation l on l.tenant_id = c.tenant_id and l.collection_id = c.collection_id
         where c.tenant_id = $1 and c.currency = $3 and c.captured_at_ms >= $4
           and exists (select 1 from node_ancestor a
                where a.tenant_id = c.tenant_id and a.node_id = c.node_id and a.ancestor_id = $2)
         group by 1 order by 1",
        tenant.to_text(),
        scope.to_text(),
        currency.code(),
        since_ms,
        offset_ms,
    )
}

/// Payments that the scope may see, in a state, since an instant.
pub async fn payments_in_state(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    state: &str,
    since_ms: i64,
) -> StoreResult<Vec<Sum>> {
    fetch_all!(
        tx,
        Sum,
        "select p.currency, cast(sum(p.charged_minor) as bigint) as minor, cast(count(*) as bigint) as rows
         from payment p
         where p.tenant_id = $1 and p.state = $3 and p.created_at_ms >= $4 and exists (select 1 from node_ancestor a
            where a.tenant_id = p.tenant_id and a.ancestor_id = $2 and a.node_id in (p.node_id, p.payer_id))
         group by p.currency order by p.currency",
        tenant.to_text(),
        scope.to_text(),
        state,
        since_ms,
    )
}

/// What a party has paid a node without a known outcome: beside its balance, never in it.
pub async fn in_doubt_of(
    tx: &mut Tx,
    tenant: TenantId,
    node: NodeId,
    party: Party,
    currency: Currency,
) -> StoreResult<i64> {
    let payer = match party {
        Party::Node(id) => id.to_text(),
        Party::Customer(id) => id.to_text(),
        Party::PosAccount(_) | Party::Payer(_) => return Ok(0),
    };
    let (minor,) = fetch_one!(
        tx,
        (i64,),
        "select cast(coalesce(sum(amount_minor), 0) as bigint) from payment
         where tenant_id = $1 and node_id = $2 and payer_id = $3 and currency = $4 and state = 'unknown'",
        tenant.to_text(),
        node.to_text(),
        payer,
        currency.code(),
    )?;
    Ok(minor)
}

/// What a party owes a node, by the ledger.
pub async fn owes(tx: &mut Tx, tenant: TenantId, creditor: NodeId, party: Party) -> StoreResult<Vec<Sum>> {
    fetch_all!(
        tx,
        Sum,
        "select currency, cast(sum(minor) as bigint) as minor, cast(count(*) as bigint) as rows
         from entry where tenant_id = $1 and node_id = $2 and account = 'receivable' and counterparty = $3
         group by currency having sum(minor) <> 0 order by currency",
        tenant.to_text(),
        creditor.to_text(),
        party.to_string(),
    )
}
