//! The outbox: what the outside is told, written in the commit that made it true.

use crate::domain::id::{EventId, NodeId, TenantId};
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

/// An event by its key, for flows that already know it.
pub async fn outbox_fetch(tx: &mut Tx, tenant: TenantId, event: EventId) -> StoreResult<Option<OutboxEvent>> {
    fetch_optional!(
        tx,
        OutboxEvent,
        "select tenant_id, event_id, aggregate, sequence, type, body, created_at_ms from outbox \
         where tenant_id = $1 and event_id = $2",
        tenant.to_text(),
        event.to_text()
    )
}

/// Events, of every firm, that no endpoint was handed yet; an aggregate's in their order.
pub async fn outbox_waiting(tx: &mut Tx, limit: i64) -> StoreResult<Vec<OutboxEvent>> {
    fetch_all!(
        tx,
        OutboxEvent,
        "select tenant_id, event_id, aggregate, sequence, type, body, created_at_ms from outbox \
         where delivered_at_ms is null order by created_at_ms, sequence, event_id limit $1",
        limit
    )
}

/// Notes that every endpoint that asked for an event was handed it. `false` where another node did that.
pub async fn outbox_handed(tx: &mut Tx, tenant: TenantId, event: EventId, now_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update outbox set delivered_at_ms = $3 where tenant_id = $1 and event_id = $2 and delivered_at_ms is null",
        tenant.to_text(),
        event.to_text(),
        now_ms
    )?;
    Ok(rows == 1)
}

/// What a list of events is narrowed to. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct OutboxFilter {
    /// Only of this payment, 26 characters.
    pub payment: Option<String>,
    /// Only of this type.
    pub kind: Option<String>,
    /// Only since, epoch milliseconds.
    pub from_ms: Option<i64>,
    /// Only before, epoch milliseconds.
    pub to_ms: Option<i64>,
    /// Only events before this id, 26 characters.
    pub before: Option<String>,
    /// Only events after this id; the order is turned round.
    pub after: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// Events about payments that `scope` sees, and about alarms at its POS accounts, newest first; with `after`, oldest
/// first.
pub async fn outbox_visible(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    filter: &OutboxFilter,
) -> StoreResult<Vec<OutboxEvent>> {
    fetch_all!(
        tx,
        OutboxEvent,
        "select o.tenant_id, o.event_id, o.aggregate, o.sequence, o.type, o.body, o.created_at_ms from outbox o \
         where o.tenant_id = $1 and (exists (select 1 from payment p join node_ancestor a on a.tenant_id = p.tenant_id \
                and (a.node_id = p.node_id or (p.payer_kind = 'node' and a.node_id = p.payer_id)) \
                where p.tenant_id = o.tenant_id and p.payment_id = o.aggregate and a.ancestor_id = $2) \
            or exists (select 1 from alarm r join pos_account s \
                on s.tenant_id = r.tenant_id and s.pos_account_id = r.pos_account_id \
                join node_ancestor a on a.tenant_id = s.tenant_id and a.node_id = s.node_id \
                where r.tenant_id = o.tenant_id and r.alarm_id = o.aggregate and a.ancestor_id = $2)) \
         and (cast($3 as text) is null or o.aggregate = $3) \
         and (cast($4 as text) is null or o.type = $4) \
         and (cast($5 as bigint) is null or o.created_at_ms >= $5) \
         and (cast($6 as bigint) is null or o.created_at_ms < $6) \
         and (cast($7 as text) is null or o.event_id < $7) \
         and (cast($8 as text) is null or o.event_id > $8) \
         order by case when cast($8 as text) is not null then o.event_id end, o.event_id desc limit $9",
        tenant.to_text(),
        scope.to_text(),
        filter.payment.as_deref(),
        filter.kind.as_deref(),
        filter.from_ms,
        filter.to_ms,
        filter.before.as_deref(),
        filter.after.as_deref(),
        filter.limit
    )
}
