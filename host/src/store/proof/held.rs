//! Attempts and operations against the books, and what a bank holds for us.

use super::{Page, StoreResult, Tx};
use crate::domain::id::TenantId;
use crate::limits;
use crate::store::json::keys;

/// Attempts whose money is missing in the books, or is there without them, and operations whose end and whose books
/// differ.
pub(super) async fn booked(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
    let (last,) = fetch_one!(
        tx,
        (Option<String>,),
        "select max(payment_id) from (select payment_id from payment where tenant_id = $1 and payment_id > $2
            order by payment_id limit $3) page",
        tenant.to_text(),
        after,
        limits::AUDIT_PAGE,
    )?;
    let Some(last) = last else { return Ok(Page::default()) };
    let mut found = attempts(tx, tenant, (after, &last)).await?;
    found.extend(operations(tx, tenant, (after, &last)).await?);
    Ok(Page { found, next: Some(last), ..Page::default() })
}

async fn attempts(tx: &mut Tx, tenant: TenantId, (after, last): (&str, &str)) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String, String),
        "select 'is in no book' as what, a.attempt_id, a.state from attempt a
            where a.tenant_id = $1 and a.payment_id > $2 and a.payment_id <= $3
                and a.state in ('captured', 'refunded') and not exists (
                select 1 from collection c where c.tenant_id = a.tenant_id and c.attempt_id = a.attempt_id)
         union all
         select 'is in the books without money', a.attempt_id, a.state from attempt a
            join collection c on c.tenant_id = a.tenant_id and c.attempt_id = a.attempt_id
            where a.tenant_id = $1 and a.payment_id > $2 and a.payment_id <= $3
                and a.state not in ('captured', 'refunded', 'voided')
                -- the bank says that the money is there although it had confirmed the void
                and not (a.state = 'stray' and exists (select 1 from posting p where p.tenant_id = c.tenant_id
                    and p.collection_id = c.collection_id and p.kind = 'void'))
         union all
         select 'is in the books with another amount', a.attempt_id, a.state from attempt a
            join payment p on p.tenant_id = a.tenant_id and p.payment_id = a.payment_id
            join collection c on c.tenant_id = a.tenant_id and c.attempt_id = a.attempt_id
            where a.tenant_id = $1 and a.payment_id > $2 and a.payment_id <= $3
                and c.charged_minor <> p.charged_minor and c.charged_minor <> coalesce((select sum(o.amount_minor)
                    from operation o where o.tenant_id = a.tenant_id and o.payment_id = a.payment_id
                    and o.attempt_id = a.attempt_id and o.kind = 'capture' and o.state = 'succeeded'), -1)
         union all
         select 'has no line in its timeline', a.attempt_id, a.state from attempt a
            -- from before moves were told; what an operation did is told as the operation's own
            where a.tenant_id = $1 and a.payment_id > $2 and a.payment_id <= $3 and a.moved = 0
                and a.state not in ('sending', 'captured', 'voided', 'refunded')
                and not exists (select 1 from payment_event e
                where e.tenant_id = a.tenant_id and e.payment_id = a.payment_id and e.attempt_id = a.attempt_id
                and e.kind = 'attempt.' || a.state)",
        tenant.to_text(),
        after,
        last,
    )?;
    Ok(rows.into_iter().map(|(what, id, state)| format!("attempt att_{id} ({state}) {what}")).collect())
}

async fn operations(tx: &mut Tx, tenant: TenantId, (after, last): (&str, &str)) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String, String),
        "select o.operation_id, o.kind, o.state from operation o
            join attempt a on a.tenant_id = o.tenant_id and a.attempt_id = o.attempt_id
            where o.tenant_id = $1 and o.payment_id > $2 and o.payment_id <= $3 and o.kind = 'void'
                -- a bank may say later that the money is there all the same
                and o.state = 'succeeded' and a.state not in ('voided', 'stray', 'refunded')
         union all
         select o.operation_id, o.kind, o.state from operation o
            join collection c on c.tenant_id = o.tenant_id and c.attempt_id = o.attempt_id
            where o.tenant_id = $1 and o.payment_id > $2 and o.payment_id <= $3 and o.kind = 'refund'
                and not exists (select 1 from posting p where p.tenant_id = c.tenant_id
                    and p.collection_id = c.collection_id and p.kind = 'void')
                and not exists (select 1 from collection_refund f
                where f.tenant_id = o.tenant_id and f.cause = 'opr_' || o.operation_id and f.state = case
                    when o.state = 'succeeded' then 'confirmed'
                    when o.state in ('declined', 'failed') then 'failed' else 'asked' end)",
        tenant.to_text(),
        after,
        last,
    )?;
    let told = |(id, kind, state)| format!("the {kind} opr_{id} is {state} and the books say otherwise");
    Ok(rows.into_iter().map(told).collect())
}

/// What we hold of an order at its bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The attempt, 26 characters.
    pub attempt_id: String,
    /// Our number for the bank.
    pub order_no: String,
    /// Whether its outcome is known.
    pub known: bool,
    /// Minor units: charged or captured, less what went back.
    pub minor: i64,
}

impl From<(String, String, i64, i64)> for Held {
    fn from((attempt_id, order_no, known, minor): (String, String, i64, i64)) -> Self {
        Self { attempt_id, order_no, known: known == 1, minor }
    }
}

/// What is held of a firm's attempts, apart from of which.
macro_rules! held {
    () => {
        "select a.attempt_id, a.order_no, cast(case when a.state in ('sending', 'browsing_charge', 'provisioning',
                'unknown', 'stray')
            or exists (select 1 from operation o where o.tenant_id = a.tenant_id and o.payment_id = a.payment_id
                and o.attempt_id = a.attempt_id and o.state in ('sending', 'unknown')) then 0 else 1 end as bigint),
            cast(case when a.state not in ('captured', 'refunded') then 0 else
            coalesce((select sum(o.amount_minor) from operation o where o.tenant_id = a.tenant_id
                and o.payment_id = a.payment_id and o.attempt_id = a.attempt_id and o.kind = 'capture'
                and o.state = 'succeeded'), p.charged_minor)
            - coalesce((select sum(o.amount_minor) from operation o where o.tenant_id = a.tenant_id
                and o.payment_id = a.payment_id and o.attempt_id = a.attempt_id and o.kind = 'refund'
                and o.state = 'succeeded'), 0) end as bigint)
         from attempt a join payment p on p.tenant_id = a.tenant_id and p.payment_id = a.payment_id
         where a.tenant_id = $1 "
    };
}

/// What we hold at banks by a firm's attempts after one (26 characters), in their order.
pub async fn held_at_bank(tx: &mut Tx, tenant: TenantId, after: &str, limit: i64) -> StoreResult<Vec<Held>> {
    let rows = fetch_all!(
        tx,
        (String, String, i64, i64),
        concat!(held!(), "and a.attempt_id > $2 order by a.attempt_id limit $3"),
        tenant.to_text(),
        after,
        limit
    )?;
    Ok(rows.into_iter().map(Held::from).collect())
}

/// The same of some orders.
pub async fn held_of_orders(tx: &mut Tx, tenant: TenantId, orders: &[String]) -> StoreResult<Vec<Held>> {
    let rows = fetch_all!(
        tx,
        (String, String, i64, i64),
        concat!(held!(), "and a.order_no in (select value from json_each($2)) order by a.attempt_id"),
        tenant.to_text(),
        keys(orders.iter().cloned())
    )?;
    Ok(rows.into_iter().map(Held::from).collect())
}
