//! The outbox: what the outside is told, written in the commit that made it true.

use crate::domain::id::{EventId, TenantId};
use crate::store::{StoreResult, Tx};

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OutboxEvent {
    /// Whose books.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Stable across repetitions of the delivery (P7).
    #[sqlx(try_from = "String")]
    pub event_id: EventId,
    /// The payment it is about, 26 characters.
    pub aggregate: String,
    /// From 1, without gaps, within the aggregate.
    pub sequence: i64,
    /// `payment.succeeded`, `payment.unknown`, `refund.succeeded`, ….
    #[sqlx(rename = "type")]
    pub kind: String,
    /// What is told, JSON.
    pub body: String,
    /// When it became true.
    pub created_at_ms: i64,
}

/// Appends an event to its aggregate's sequence. The caller holds the aggregate by a compare-and-set of this
/// transaction, so two never take one number; the unique index holds it anyway.
pub async fn outbox_insert(
    tx: &mut Tx,
    tenant: TenantId,
    aggregate: &str,
    kind: &str,
    body: &str,
    now_ms: i64,
) -> StoreResult<EventId> {
    let event_id = EventId::at(now_ms);
    execute!(
        tx,
        "insert into outbox (tenant_id, event_id, aggregate, sequence, type, body, created_at_ms) \
         select $1, $2, $3, 1 + (select count(*) from outbox o where o.tenant_id = $1 and o.aggregate = $3), $4, $5, \
         cast($6 as bigint)",
        tenant.to_text(),
        event_id.to_text(),
        aggregate,
        kind,
        body,
        now_ms
    )?;
    Ok(event_id)
}

/// The events of an aggregate, in order.
pub async fn outbox_list(tx: &mut Tx, tenant: TenantId, aggregate: &str) -> StoreResult<Vec<OutboxEvent>> {
    fetch_all!(
        tx,
        OutboxEvent,
        "select tenant_id, event_id, aggregate, sequence, type, body, created_at_ms from outbox \
         where tenant_id = $1 and aggregate = $2 order by sequence limit 1000",
        tenant.to_text(),
        aggregate
    )
}
