//! Events on their way to endpoints: a leased row each, and a line per try.

use super::{StoreResult, Tx};
use crate::domain::id::{EventId, NodeId, TenantId, WebhookDeliveryId, WebhookEndpointId};
use crate::domain::webhook::DeliveryState;

/// One event on its way to one endpoint.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct WebhookDelivery {
    /// The firm.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub webhook_delivery_id: WebhookDeliveryId,
    /// To whom.
    #[sqlx(try_from = "String")]
    pub webhook_endpoint_id: WebhookEndpointId,
    /// What.
    #[sqlx(try_from = "String")]
    pub event_id: EventId,
    /// What the event is about: the order is kept per aggregate.
    pub aggregate: String,
    /// Its number there.
    pub sequence: i64,
    /// The event's type.
    #[sqlx(rename = "type")]
    pub kind: String,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: DeliveryState,
    /// How often it was tried since it was last begun.
    pub tries: i64,
    /// When it is tried next.
    pub due_ms: i64,
    /// The node that delivers holds the row until then.
    pub lease_until_ms: Option<i64>,
    /// For compare-and-set; also the lease's fencing token.
    pub version: i64,
    /// When the event was handed over.
    pub created_at_ms: i64,
    /// When it was taken or given up.
    pub finished_at_ms: Option<i64>,
}

/// One try.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct WebhookAttempt {
    /// From 1, over all tries of the delivery.
    pub number: i64,
    /// When.
    pub at_ms: i64,
    /// How long it took.
    pub duration_ms: i64,
    /// `taken`, `refused`, `gone`, or how the connection failed.
    pub outcome: String,
    /// The answer's status, where one came.
    pub status: Option<i64>,
    /// The beginning of the answer, masked; or what went wrong.
    pub excerpt: String,
}

/// Inserts a delivery. `false` where the endpoint was handed the event before.
pub async fn webhook_delivery_insert(tx: &mut Tx, delivery: &WebhookDelivery) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into webhook_delivery (tenant_id, webhook_delivery_id, webhook_endpoint_id, event_id, aggregate, \
         sequence, type, state, tries, due_ms, version, created_at_ms) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing",
        delivery.tenant_id.to_text(),
        delivery.webhook_delivery_id.to_text(),
        delivery.webhook_endpoint_id.to_text(),
        delivery.event_id.to_text(),
        delivery.aggregate.as_str(),
        delivery.sequence,
        delivery.kind.as_str(),
        delivery.state.as_str(),
        delivery.tries,
        delivery.due_ms,
        delivery.version,
        delivery.created_at_ms
    )?;
    Ok(rows == 1)
}

/// A delivery whose endpoint `scope` sees.
pub async fn webhook_delivery_visible(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    delivery: WebhookDeliveryId,
) -> StoreResult<Option<WebhookDelivery>> {
    fetch_optional!(
        tx,
        WebhookDelivery,
        "select d.* from webhook_delivery d join webhook_endpoint e \
         on e.tenant_id = d.tenant_id and e.webhook_endpoint_id = d.webhook_endpoint_id \
         where d.tenant_id = $1 and d.webhook_delivery_id = $3 and e.state <> 'deleted' \
         and exists (select 1 from node_ancestor a \
         where a.tenant_id = e.tenant_id and a.node_id = e.node_id and a.ancestor_id = $2)",
        tenant.to_text(),
        scope.to_text(),
        delivery.to_text()
    )
}

/// What an endpoint was handed of an event.
pub async fn webhook_delivery_of(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    event: EventId,
) -> StoreResult<Option<WebhookDelivery>> {
    fetch_optional!(
        tx,
        WebhookDelivery,
        "select * from webhook_delivery where tenant_id = $1 and webhook_endpoint_id = $2 and event_id = $3",
        tenant.to_text(),
        endpoint.to_text(),
        event.to_text()
    )
}

/// What a list of deliveries is narrowed to. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct WebhookDeliveryFilter {
    /// Only to this endpoint.
    pub endpoint: Option<WebhookEndpointId>,
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only deliveries before this id, 26 characters.
    pub before: Option<String>,
    /// Only deliveries after this id; the order is turned round.
    pub after: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// Deliveries to endpoints that `scope` sees, newest first; with `after`, oldest first.
pub async fn webhook_delivery_list(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    filter: &WebhookDeliveryFilter,
) -> StoreResult<Vec<WebhookDelivery>> {
    fetch_all!(
        tx,
        WebhookDelivery,
        "select d.* from webhook_delivery d join webhook_endpoint e \
         on e.tenant_id = d.tenant_id and e.webhook_endpoint_id = d.webhook_endpoint_id \
         where d.tenant_id = $1 and e.state <> 'deleted' and exists (select 1 from node_ancestor a \
         where a.tenant_id = e.tenant_id and a.node_id = e.node_id and a.ancestor_id = $2) \
         and (cast($3 as text) is null or d.webhook_endpoint_id = $3) \
         and (cast($4 as text) is null or d.state = $4) \
         and (cast($5 as text) is null or d.webhook_delivery_id < $5) \
         and (cast($6 as text) is null or d.webhook_delivery_id > $6) \
         order by case when cast($6 as text) is not null then d.webhook_delivery_id end, \
         d.webhook_delivery_id desc limit $7",
        tenant.to_text(),
        scope.to_text(),
        filter.endpoint.map(WebhookEndpointId::to_text),
        filter.state.map(DeliveryState::as_str),
        filter.before.as_deref(),
        filter.after.as_deref(),
        filter.limit
    )
}

/// Active endpoints, of every firm, with deliveries whose time has come; who waits longest comes first.
pub async fn webhook_endpoint_due(tx: &mut Tx, now_ms: i64, limit: i64) -> StoreResult<Vec<(String, String)>> {
    fetch_all!(
        tx,
        (String, String),
        "select d.tenant_id, d.webhook_endpoint_id from webhook_delivery d join webhook_endpoint e \
         on e.tenant_id = d.tenant_id and e.webhook_endpoint_id = d.webhook_endpoint_id \
         where d.state = 'pending' and d.due_ms <= $1 and coalesce(d.lease_until_ms, 0) <= $1 and e.state = 'active' \
         group by d.tenant_id, d.webhook_endpoint_id order by min(d.due_ms) limit $2",
        now_ms,
        limit
    )
}

/// Deliveries to an endpoint whose time has come and whose turn it is: nothing earlier about the same payment is
/// still on its way there, or not yet handed over. As many as the endpoint may have at once beside those that run.
pub async fn webhook_delivery_due(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    now_ms: i64,
    at_once: i64,
) -> StoreResult<Vec<WebhookDelivery>> {
    let (running,) = fetch_one!(
        tx,
        (i64,),
        "select count(*) from webhook_delivery where tenant_id = $1 and webhook_endpoint_id = $2 \
         and state = 'pending' and lease_until_ms > $3",
        tenant.to_text(),
        endpoint.to_text(),
        now_ms
    )?;
    fetch_all!(
        tx,
        WebhookDelivery,
        "select d.* from webhook_delivery d where d.tenant_id = $1 and d.webhook_endpoint_id = $2 \
         and d.state = 'pending' and d.due_ms <= $3 and coalesce(d.lease_until_ms, 0) <= $3 \
         and not exists (select 1 from webhook_delivery b where b.tenant_id = d.tenant_id \
          and b.webhook_endpoint_id = d.webhook_endpoint_id and b.aggregate = d.aggregate \
          and b.state = 'pending' and b.sequence < d.sequence) \
         and not exists (select 1 from outbox o where o.tenant_id = d.tenant_id and o.aggregate = d.aggregate \
          and o.sequence < d.sequence and o.delivered_at_ms is null) \
         order by d.due_ms, d.sequence limit $4",
        tenant.to_text(),
        endpoint.to_text(),
        now_ms,
        (at_once - running).max(0)
    )
}

/// Leases a delivery by compare-and-set, so that no other node sends it meanwhile; counts the try.
pub async fn webhook_delivery_lease(tx: &mut Tx, delivery: &WebhookDelivery, until_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update webhook_delivery set lease_until_ms = $4, tries = tries + 1, version = version + 1 \
         where tenant_id = $1 and webhook_delivery_id = $2 and version = $3 and state = 'pending'",
        delivery.tenant_id.to_text(),
        delivery.webhook_delivery_id.to_text(),
        delivery.version,
        until_ms
    )?;
    Ok(rows == 1)
}

/// Writes where a delivery stands and gives its lease back. `false` where it is no longer the caller's.
pub async fn webhook_delivery_update(tx: &mut Tx, delivery: &WebhookDelivery) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update webhook_delivery set state = $4, tries = $5, due_ms = $6, finished_at_ms = $7, \
         lease_until_ms = null, version = version + 1 \
         where tenant_id = $1 and webhook_delivery_id = $2 and version = $3",
        delivery.tenant_id.to_text(),
        delivery.webhook_delivery_id.to_text(),
        delivery.version,
        delivery.state.as_str(),
        delivery.tries,
        delivery.due_ms,
        delivery.finished_at_ms
    )?;
    Ok(rows == 1)
}

/// Moves every delivery to an endpoint that stands at `from`, all at once.
pub async fn webhook_delivery_move_all(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    from: DeliveryState,
    to: DeliveryState,
    now_ms: i64,
) -> StoreResult<()> {
    execute!(
        tx,
        "update webhook_delivery set state = $4, finished_at_ms = $5, lease_until_ms = null, \
         version = version + 1 where tenant_id = $1 and webhook_endpoint_id = $2 and state = $3",
        tenant.to_text(),
        endpoint.to_text(),
        from.as_str(),
        to.as_str(),
        now_ms
    )?;
    Ok(())
}

/// Writes down a try, under the next number.
pub async fn webhook_attempt_insert(
    tx: &mut Tx,
    tenant: TenantId,
    delivery: WebhookDeliveryId,
    attempt: &WebhookAttempt,
) -> StoreResult<()> {
    execute!(
        tx,
        "insert into webhook_attempt (tenant_id, webhook_delivery_id, number, at_ms, duration_ms, outcome, status, \
         excerpt) select $1, $2, 1 + (select count(*) from webhook_attempt w where w.tenant_id = $1 \
         and w.webhook_delivery_id = $2), cast($3 as bigint), cast($4 as bigint), $5, cast($6 as bigint), $7",
        tenant.to_text(),
        delivery.to_text(),
        attempt.at_ms,
        attempt.duration_ms,
        attempt.outcome.as_str(),
        attempt.status,
        attempt.excerpt.as_str()
    )?;
    Ok(())
}

/// The tries of a delivery, in order.
pub async fn webhook_attempt_list(
    tx: &mut Tx,
    tenant: TenantId,
    delivery: WebhookDeliveryId,
) -> StoreResult<Vec<WebhookAttempt>> {
    fetch_all!(
        tx,
        WebhookAttempt,
        "select number, at_ms, duration_ms, outcome, status, excerpt from webhook_attempt \
         where tenant_id = $1 and webhook_delivery_id = $2 order by number limit 1000",
        tenant.to_text(),
        delivery.to_text()
    )
}
