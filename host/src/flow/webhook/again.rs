//! What a person asks for: a test, one delivery again, everything of a span of time again.

use serde_json::json;

use super::deliver::{deliver, delivery_moved, delivery_of, lease};
use super::endpoint::visible;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::{WebhookDeliveryId, WebhookEndpointId};
use crate::domain::webhook::{DeliveryEvent, EndpointState, TEST_TYPE, filter_passes};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::run::to_its_end;
use crate::limits;
use crate::store::Tx;
use crate::store::audit::audit_insert;
use crate::store::outbox::{OutboxEvent, OutboxFilter, outbox_fetch, outbox_handed, outbox_insert, outbox_visible};
use crate::store::webhook::{WebhookEndpoint, webhook_endpoint_fetch};
use crate::store::webhook_delivery::{
    WebhookDelivery, webhook_delivery_insert, webhook_delivery_of, webhook_delivery_update, webhook_delivery_visible,
};

/// Rows of a replay in one commit: few, so that no payment waits for the writer.
const REPLAY_ROWS: usize = 50;

/// Sends a `webhook.test` event to one endpoint, once, and waits for the answer.
pub async fn webhook_test(app: &App, ctx: &Ctx, id: WebhookEndpointId) -> FlowResult<WebhookDeliveryId> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let endpoint = visible(&mut tx, ctx, id).await?;
    let body = json!({"endpoint": id, "message": "This is a test."}).to_string();
    // A sequence of its own: two tests at one moment must not take one number.
    let alone = WebhookDeliveryId::at(now_ms).to_text();
    let event = outbox_insert(&mut tx, ctx.tenant, &alone, TEST_TYPE, &body, now_ms).await?;
    // Nobody else is to hear of it.
    outbox_handed(&mut tx, ctx.tenant, event, now_ms).await?;
    let missing = || FlowError::Internal(format!("{event} is gone"));
    let event = outbox_fetch(&mut tx, ctx.tenant, event).await?.ok_or_else(missing)?;
    let delivery = delivery_of(&event, endpoint.webhook_endpoint_id, now_ms);
    webhook_delivery_insert(&mut tx, &delivery).await?;
    // Leased at once, so that the job leaves it alone unless this process dies.
    let delivery_id = delivery.webhook_delivery_id;
    let leased = lease(app, &mut tx, delivery).await?.ok_or_else(missing)?;
    audit_insert(&mut tx, ctx, "webhook_endpoint.tested", &id.to_string(), &json!({})).await?;
    tx.commit().await?;
    let flow = app.clone();
    to_its_end(app, async move { deliver(&flow, leased).await }).await?;
    Ok(delivery_id)
}

/// Begins one delivery anew, with the same `webhook-id`.
pub async fn webhook_resend(app: &App, ctx: &Ctx, id: WebhookDeliveryId) -> FlowResult<()> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let delivery = webhook_delivery_visible(&mut tx, ctx.tenant, ctx.scope, id).await?;
    let delivery = delivery.ok_or(FlowError::NotFound("webhook_delivery"))?;
    let endpoint = webhook_endpoint_fetch(&mut tx, ctx.tenant, delivery.webhook_endpoint_id).await?;
    active(endpoint.as_ref())?;
    let running = || FlowError::conflict("delivery_running", id.to_string());
    if !begin_anew(&mut tx, delivery, now_ms).await? {
        return Err(running());
    }
    audit_insert(&mut tx, ctx, "webhook_delivery.resent", &id.to_string(), &json!({})).await?;
    tx.commit().await?;
    app.webhook_wake.notify_one();
    Ok(())
}

/// Delivers everything again that an endpoint would have heard of in a span of time, the oldest first. Gives how
/// many events that is.
pub async fn webhook_replay(app: &App, ctx: &Ctx, id: WebhookEndpointId, from_ms: i64, to_ms: i64) -> FlowResult<i64> {
    if to_ms <= from_ms {
        return Err(FlowError::invalid("/to", "out_of_range", "not after `from`"));
    }
    let mut tx = app.db.read().await?;
    let endpoint = visible(&mut tx, ctx, id).await?;
    active(Some(&endpoint))?;
    let filter = OutboxFilter {
        from_ms: Some(from_ms),
        to_ms: Some(to_ms),
        limit: limits::WEBHOOK_REPLAY_MAX + 1,
        ..OutboxFilter::default()
    };
    let mut events = outbox_visible(&mut tx, ctx.tenant, endpoint.node_id, &filter).await?;
    drop(tx);
    if i64::try_from(events.len()).unwrap_or(i64::MAX) > limits::WEBHOOK_REPLAY_MAX {
        return Err(FlowError::invalid("/to", "too_many", "more events than one replay may hold"));
    }
    events.retain(|event| filter_passes(&endpoint.events, &event.kind));
    // The later ones of a payment wait for the earlier ones only while those are on their way.
    events.sort_by_key(|event| (event.created_at_ms, event.sequence));
    for rows in events.chunks(REPLAY_ROWS) {
        let mut tx = app.db.begin().await?;
        for event in rows {
            again(&mut tx, id, event, ctx.clock.now_ms()).await?;
        }
        tx.commit().await?;
    }
    let mut tx = app.db.begin().await?;
    let detail = json!({"from_ms": from_ms, "to_ms": to_ms, "events": events.len()});
    audit_insert(&mut tx, ctx, "webhook_endpoint.replayed", &id.to_string(), &detail).await?;
    tx.commit().await?;
    app.webhook_wake.notify_one();
    Ok(i64::try_from(events.len()).unwrap_or(i64::MAX))
}

/// Puts an event on its way to an endpoint, whether it was on it before or not.
async fn again(tx: &mut Tx, endpoint: WebhookEndpointId, event: &OutboxEvent, now_ms: i64) -> FlowResult<()> {
    match webhook_delivery_of(tx, event.tenant_id, endpoint, event.event_id).await? {
        // One that is being sent at this moment is on its way already.
        Some(delivery) => begin_anew(tx, delivery, now_ms).await.map(drop),
        None => Ok(webhook_delivery_insert(tx, &delivery_of(event, endpoint, now_ms)).await.map(drop)?),
    }
}

/// `false` where it is being sent at this moment.
async fn begin_anew(tx: &mut Tx, mut delivery: WebhookDelivery, now_ms: i64) -> FlowResult<bool> {
    if delivery.lease_until_ms.is_some_and(|until_ms| until_ms > now_ms) {
        return Ok(false);
    }
    delivery_moved(&mut delivery, DeliveryEvent::Resent, now_ms)?;
    delivery.tries = 0;
    delivery.due_ms = now_ms;
    Ok(webhook_delivery_update(tx, &delivery).await?)
}

fn active(endpoint: Option<&WebhookEndpoint>) -> FlowResult<()> {
    match endpoint {
        Some(endpoint) if endpoint.state == EndpointState::Active => Ok(()),
        _ => Err(FlowError::conflict("endpoint_disabled", "nothing is sent to it")),
    }
}
