//! Where a firm's programs want to be told, and what signs what they are told.

use super::span::Span;
use super::{StoreResult, Tx};
use crate::domain::id::{NodeId, TenantId, WebhookEndpointId, WebhookSecretId};
use crate::domain::webhook::EndpointState;
use crate::store::outbox::OutboxEvent;

/// One endpoint, with its node's name and how many deliveries wait and were given up.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct WebhookEndpoint {
    /// The firm.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub webhook_endpoint_id: WebhookEndpointId,
    /// It hears of this part of the tree alone.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// That node's name.
    pub node_name: String,
    /// Where to.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// As `domain::webhook::filter_text` wrote it.
    pub events: String,
    /// Whether it is told anything.
    #[sqlx(try_from = "String")]
    pub state: EndpointState,
    /// `gone`, `failing` or `asked`.
    pub disabled_reason: Option<String>,
    /// Since when nothing was taken.
    pub failing_since_ms: Option<i64>,
    /// When something was last taken.
    pub succeeded_at_ms: Option<i64>,
    /// For compare-and-set.
    pub version: i64,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at_ms: i64,
    /// When a person last changed it.
    pub updated_at_ms: i64,
    /// Deliveries on their way.
    pub pending: i64,
    /// Deliveries that were given up.
    pub failed: i64,
}

/// One secret.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct WebhookSecret {
    /// Key, and the secret's place in the vault.
    #[sqlx(try_from = "String")]
    pub webhook_secret_id: WebhookSecretId,
    /// Sealed by the vault.
    pub sealed: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// Null for the current one; the one before it signs too until then.
    pub ends_at_ms: Option<i64>,
}

/// Inserts an endpoint.
pub async fn webhook_endpoint_insert(tx: &mut Tx, endpoint: &WebhookEndpoint) -> StoreResult<()> {
    execute!(
        tx,
        "insert into webhook_endpoint (tenant_id, webhook_endpoint_id, node_id, url, description, events, state, \
         disabled_reason, version, created_by, created_at_ms, updated_at_ms) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        endpoint.tenant_id.to_text(),
        endpoint.webhook_endpoint_id.to_text(),
        endpoint.node_id.to_text(),
        endpoint.url.as_str(),
        endpoint.description.as_str(),
        endpoint.events.as_str(),
        endpoint.state.as_str(),
        endpoint.disabled_reason.as_deref(),
        endpoint.version,
        endpoint.created_by.as_str(),
        endpoint.created_at_ms,
        endpoint.updated_at_ms
    )?;
    Ok(())
}

/// Changes an endpoint by compare-and-set on its version. `false` where somebody else changed it first.
pub async fn webhook_endpoint_update(tx: &mut Tx, endpoint: &WebhookEndpoint) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update webhook_endpoint set url = $4, description = $5, events = $6, state = $7, disabled_reason = $8, \
         failing_since_ms = $9, updated_at_ms = $10, version = version + 1 \
         where tenant_id = $1 and webhook_endpoint_id = $2 and version = $3 and state <> 'deleted'",
        endpoint.tenant_id.to_text(),
        endpoint.webhook_endpoint_id.to_text(),
        endpoint.version,
        endpoint.url.as_str(),
        endpoint.description.as_str(),
        endpoint.events.as_str(),
        endpoint.state.as_str(),
        endpoint.disabled_reason.as_deref(),
        endpoint.failing_since_ms,
        endpoint.updated_at_ms
    )?;
    Ok(rows == 1)
}

/// Notes that something was taken. The version stays: nobody changed a setting.
pub async fn webhook_endpoint_succeeded(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    now_ms: i64,
) -> StoreResult<()> {
    execute!(
        tx,
        "update webhook_endpoint set succeeded_at_ms = $3, failing_since_ms = null \
         where tenant_id = $1 and webhook_endpoint_id = $2",
        tenant.to_text(),
        endpoint.to_text(),
        now_ms
    )?;
    Ok(())
}

/// Notes that something was not taken; the first such moment stays until something is.
pub async fn webhook_endpoint_failed(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    now_ms: i64,
) -> StoreResult<()> {
    execute!(
        tx,
        "update webhook_endpoint set failing_since_ms = coalesce(failing_since_ms, $3) \
         where tenant_id = $1 and webhook_endpoint_id = $2",
        tenant.to_text(),
        endpoint.to_text(),
        now_ms
    )?;
    Ok(())
}

/// An endpoint that `scope` sees.
pub async fn webhook_endpoint_visible(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    endpoint: WebhookEndpointId,
) -> StoreResult<Option<WebhookEndpoint>> {
    fetch_optional!(
        tx,
        WebhookEndpoint,
        "select e.*, n.name as node_name, \
         (select count(*) from webhook_delivery d where d.tenant_id = e.tenant_id \
          and d.webhook_endpoint_id = e.webhook_endpoint_id and d.state = 'pending') as pending, \
         (select count(*) from webhook_delivery d where d.tenant_id = e.tenant_id \
          and d.webhook_endpoint_id = e.webhook_endpoint_id and d.state = 'failed') as failed \
         from webhook_endpoint e join node n on n.tenant_id = e.tenant_id and n.node_id = e.node_id \
         where e.tenant_id = $1 and e.webhook_endpoint_id = $3 and e.state <> 'deleted' \
         and exists (select 1 from node_ancestor a \
         where a.tenant_id = e.tenant_id and a.node_id = e.node_id and a.ancestor_id = $2)",
        tenant.to_text(),
        scope.to_text(),
        endpoint.to_text()
    )
}

/// An endpoint of the firm, whoever asks: for deliveries that already know it.
pub async fn webhook_endpoint_fetch(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
) -> StoreResult<Option<WebhookEndpoint>> {
    fetch_optional!(
        tx,
        WebhookEndpoint,
        "select e.*, n.name as node_name, cast(0 as bigint) as pending, cast(0 as bigint) as failed \
         from webhook_endpoint e join node n on n.tenant_id = e.tenant_id and n.node_id = e.node_id \
         where e.tenant_id = $1 and e.webhook_endpoint_id = $2",
        tenant.to_text(),
        endpoint.to_text()
    )
}

/// The endpoints that `scope` sees, newest first.
pub async fn webhook_endpoint_list(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    span: Span<'_>,
) -> StoreResult<Vec<WebhookEndpoint>> {
    fetch_all!(
        tx,
        WebhookEndpoint,
        "select e.*, n.name as node_name, \
         (select count(*) from webhook_delivery d where d.tenant_id = e.tenant_id \
          and d.webhook_endpoint_id = e.webhook_endpoint_id and d.state = 'pending') as pending, \
         (select count(*) from webhook_delivery d where d.tenant_id = e.tenant_id \
          and d.webhook_endpoint_id = e.webhook_endpoint_id and d.state = 'failed') as failed \
         from webhook_endpoint e join node n on n.tenant_id = e.tenant_id and n.node_id = e.node_id \
         where e.tenant_id = $1 and e.state <> 'deleted' and exists (select 1 from node_ancestor a \
         where a.tenant_id = e.tenant_id and a.node_id = e.node_id and a.ancestor_id = $2) \
         and (cast($3 as text) is null or e.webhook_endpoint_id < $3) and (cast($4 as text) is null or e.webhook_endpoint_id > $4) \
         order by case when cast($4 as text) is not null then e.webhook_endpoint_id end, e.webhook_endpoint_id desc limit $5",
        tenant.to_text(),
        scope.to_text(),
        span.before,
        span.after,
        span.limit
    )
}

/// How many endpoints the firm has.
pub async fn webhook_endpoint_count(tx: &mut Tx, tenant: TenantId) -> StoreResult<i64> {
    let (count,) = fetch_one!(
        tx,
        (i64,),
        "select count(*) from webhook_endpoint where tenant_id = $1 and state <> 'deleted'",
        tenant.to_text()
    )?;
    Ok(count)
}

/// The endpoints that stand where an event can be seen, with their filters: active, and there before the event.
/// What is about no payment is the whole firm's.
pub async fn webhook_endpoint_hearing(
    tx: &mut Tx,
    tenant: TenantId,
    event: &OutboxEvent,
) -> StoreResult<Vec<(String, String)>> {
    fetch_all!(
        tx,
        (String, String),
        "select e.webhook_endpoint_id, e.events from webhook_endpoint e \
         join node n on n.tenant_id = e.tenant_id and n.node_id = e.node_id \
         left join payment p on p.tenant_id = e.tenant_id and p.payment_id = $2 \
         where e.tenant_id = $1 and e.state = 'active' and e.created_at_ms <= $3 and (\
         (p.payment_id is null and n.parent_id is null) or exists (select 1 from node_ancestor a \
         where a.tenant_id = e.tenant_id and a.ancestor_id = e.node_id \
         and (a.node_id = p.node_id or (p.payer_kind = 'node' and a.node_id = p.payer_id)))) \
         order by e.webhook_endpoint_id limit 1000",
        tenant.to_text(),
        event.aggregate.as_str(),
        event.created_at_ms
    )
}

/// Inserts a secret.
pub async fn webhook_secret_insert(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    secret: &WebhookSecret,
) -> StoreResult<()> {
    execute!(
        tx,
        "insert into webhook_secret (tenant_id, webhook_secret_id, webhook_endpoint_id, sealed, created_at_ms) \
         values ($1, $2, $3, $4, $5)",
        tenant.to_text(),
        secret.webhook_secret_id.to_text(),
        endpoint.to_text(),
        secret.sealed.as_str(),
        secret.created_at_ms
    )?;
    Ok(())
}

/// Makes room for a new secret: the current one signs until `ends_at_ms`, those before it no longer.
pub async fn webhook_secret_retire(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    ends_at_ms: i64,
) -> StoreResult<()> {
    execute!(
        tx,
        "delete from webhook_secret where tenant_id = $1 and webhook_endpoint_id = $2 and ends_at_ms is not null",
        tenant.to_text(),
        endpoint.to_text()
    )?;
    execute!(
        tx,
        "update webhook_secret set ends_at_ms = $3 \
         where tenant_id = $1 and webhook_endpoint_id = $2 and ends_at_ms is null",
        tenant.to_text(),
        endpoint.to_text(),
        ends_at_ms
    )?;
    Ok(())
}

/// Forgets every secret of an endpoint.
pub async fn webhook_secret_forget(tx: &mut Tx, tenant: TenantId, endpoint: WebhookEndpointId) -> StoreResult<()> {
    execute!(
        tx,
        "delete from webhook_secret where tenant_id = $1 and webhook_endpoint_id = $2",
        tenant.to_text(),
        endpoint.to_text()
    )?;
    Ok(())
}

/// The secrets that sign now, the newest first.
pub async fn webhook_secret_list(
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    now_ms: i64,
) -> StoreResult<Vec<WebhookSecret>> {
    fetch_all!(
        tx,
        WebhookSecret,
        "select webhook_secret_id, sealed, created_at_ms, ends_at_ms from webhook_secret \
         where tenant_id = $1 and webhook_endpoint_id = $2 and (ends_at_ms is null or ends_at_ms > $3) \
         order by case when ends_at_ms is null then 0 else 1 end, webhook_secret_id desc limit 2",
        tenant.to_text(),
        endpoint.to_text(),
        now_ms
    )
}
