//! Handing events out, leasing deliveries, sending them, and writing what came back.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::event_body;
use crate::app::App;
use crate::crash;
use crate::ctx::{Actor, Ctx, Locale};
use crate::domain::id::{TenantId, WebhookDeliveryId, WebhookEndpointId};
use crate::domain::payment::Move;
use crate::domain::webhook::{
    DeliveryEvent, DeliveryState, EndpointState, Heard, TEST_TYPE, filter_passes, heard, pause_after, retry_after,
};
use crate::flow::error::{FlowError, FlowResult};
use crate::limits;
use crate::plugin::{Method, OutRequest, Response, TransportFailure, page_url};
use crate::security::vault::Place;
use crate::security::{redact, webhook as signing};
use crate::store::Tx;
use crate::store::audit::audit_insert;
use crate::store::outbox::{OutboxEvent, outbox_fetch, outbox_handed, outbox_waiting};
use crate::store::webhook::{
    WebhookEndpoint, webhook_endpoint_failed, webhook_endpoint_fetch, webhook_endpoint_hearing,
    webhook_endpoint_succeeded, webhook_endpoint_update, webhook_secret_list,
};
use crate::store::webhook_delivery::{
    WebhookAttempt, WebhookDelivery, webhook_attempt_insert, webhook_delivery_due, webhook_delivery_insert,
    webhook_delivery_lease, webhook_delivery_update, webhook_endpoint_due,
};

/// One round: hands out what the outbox holds, and begins what is due as far as there is room. Gives whether there
/// may be more to hand out.
pub async fn webhook_round(app: &App, room: &Arc<Semaphore>) -> FlowResult<bool> {
    let handed = hand_out(app).await?;
    for delivery in claim(app, room.available_permits()).await? {
        let Ok(permit) = Arc::clone(room).try_acquire_owned() else { break };
        let app = app.clone();
        app.clone().spawn(async move {
            let id = delivery.webhook_delivery_id;
            if let Err(error) = deliver(&app, delivery).await {
                tracing::error!(delivery = %id, %error, "a webhook was not delivered");
            }
            drop(permit);
            // The next event of the same payment may be waiting for this one.
            app.webhook_wake.notify_one();
        });
    }
    Ok(handed >= usize::try_from(limits::WEBHOOK_EVENTS_BATCH).unwrap_or(usize::MAX))
}

/// Gives every event that waits to every endpoint that asked for it, once.
async fn hand_out(app: &App) -> FlowResult<usize> {
    let mut tx = app.db.read().await?;
    let waiting = outbox_waiting(&mut tx, limits::WEBHOOK_EVENTS_BATCH).await?;
    drop(tx);
    if waiting.is_empty() {
        return Ok(0);
    }
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    for event in &waiting {
        if !outbox_handed(&mut tx, event.tenant_id, event.event_id, now_ms).await? {
            continue;
        }
        for (endpoint, filter) in webhook_endpoint_hearing(&mut tx, event.tenant_id, event).await? {
            if filter_passes(&filter, &event.kind) {
                let endpoint = WebhookEndpointId::from_text(&endpoint)
                    .map_err(|_| FlowError::Internal(format!("{endpoint} is no endpoint's id")))?;
                webhook_delivery_insert(&mut tx, &delivery_of(event, endpoint, now_ms)).await?;
            }
        }
    }
    tx.commit().await?;
    crash::stop(app, "handed_out");
    Ok(waiting.len())
}

/// An event at the beginning of its way to an endpoint.
pub(super) fn delivery_of(event: &OutboxEvent, endpoint: WebhookEndpointId, now_ms: i64) -> WebhookDelivery {
    WebhookDelivery {
        tenant_id: event.tenant_id,
        webhook_delivery_id: WebhookDeliveryId::at(now_ms),
        webhook_endpoint_id: endpoint,
        event_id: event.event_id,
        aggregate: event.aggregate.clone(),
        sequence: event.sequence,
        kind: event.kind.clone(),
        state: DeliveryState::Pending,
        tries: 0,
        due_ms: now_ms,
        lease_until_ms: None,
        version: 1,
        created_at_ms: now_ms,
        finished_at_ms: None,
    }
}

/// Leases what is due, as much as there is room for.
async fn claim(app: &App, room: usize) -> FlowResult<Vec<WebhookDelivery>> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.read().await?;
    let endpoints = webhook_endpoint_due(&mut tx, now_ms, limits::WEBHOOK_ENDPOINTS_BATCH).await?;
    let mut due = Vec::new();
    for (tenant, endpoint) in endpoints {
        let left = i64::try_from(room.saturating_sub(due.len())).unwrap_or(i64::MAX);
        let at_once = limits::WEBHOOKS_PER_ENDPOINT.min(left);
        if at_once == 0 {
            break;
        }
        let broken = || FlowError::Internal(format!("{tenant}/{endpoint} is no endpoint"));
        let tenant = TenantId::from_text(&tenant).map_err(|_| broken())?;
        let endpoint = WebhookEndpointId::from_text(&endpoint).map_err(|_| broken())?;
        due.extend(webhook_delivery_due(&mut tx, tenant, endpoint, now_ms, at_once).await?);
    }
    drop(tx);
    if due.is_empty() {
        return Ok(due);
    }
    let mut tx = app.db.begin().await?;
    let mut leased = Vec::with_capacity(due.len());
    for delivery in due {
        leased.extend(lease(app, &mut tx, delivery).await?);
    }
    tx.commit().await?;
    crash::stop(app, "webhook_leased");
    Ok(leased)
}

/// The delivery as leased; nothing where another node was first.
pub(super) async fn lease(
    app: &App,
    tx: &mut Tx,
    mut delivery: WebhookDelivery,
) -> FlowResult<Option<WebhookDelivery>> {
    let until_ms = app.clock.now_ms() + limits::millis(limits::WEBHOOK_LEASE);
    let ours = webhook_delivery_lease(tx, &delivery, until_ms).await?;
    delivery.version += 1;
    delivery.tries += 1;
    delivery.lease_until_ms = Some(until_ms);
    Ok(ours.then_some(delivery))
}

/// What came of one try.
struct Tried {
    outcome: &'static str,
    status: Option<u16>,
    excerpt: String,
    asked: Option<Duration>,
    duration_ms: i64,
}

/// Sends a leased delivery and writes what came back.
pub(super) async fn deliver(app: &App, delivery: WebhookDelivery) -> FlowResult<()> {
    let missing =
        || FlowError::Internal(format!("{} has lost its endpoint or its event", delivery.webhook_delivery_id));
    let mut tx = app.db.read().await?;
    let endpoint = webhook_endpoint_fetch(&mut tx, delivery.tenant_id, delivery.webhook_endpoint_id).await?;
    let endpoint = endpoint.ok_or_else(missing)?;
    let event = outbox_fetch(&mut tx, delivery.tenant_id, delivery.event_id).await?.ok_or_else(missing)?;
    let secrets = secrets_open(app, &mut tx, &endpoint).await?;
    drop(tx);
    if endpoint.state == EndpointState::Deleted {
        return Ok(());
    }
    let began = Instant::now();
    let mut tried = match request(app, &endpoint, &event, &secrets) {
        Err(refusal) => Tried::failed("address", &refusal),
        Ok(request) => {
            let sent = app.egress.send(&request, began + limits::WEBHOOK_SEND_MAX);
            tokio::select! {
                sent = sent => Tried::of(sent, app.clock.now_ms()),
                // Its lease runs out and another try brings the same id.
                () = ending(app) => return Ok(()),
            }
        }
    };
    tried.duration_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
    crash::point(app, "webhook_after_send").await;
    mark(app, delivery, &tried).await?;
    crash::stop(app, "webhook_marked");
    Ok(())
}

/// Ends a moment after the process was asked to.
async fn ending(app: &App) {
    app.shutdown.cancelled().await;
    app.clock.sleep(limits::WEBHOOK_SHUTDOWN_GRACE).await;
}

async fn secrets_open(app: &App, tx: &mut Tx, endpoint: &WebhookEndpoint) -> FlowResult<Vec<Zeroizing<String>>> {
    let rows = webhook_secret_list(tx, endpoint.tenant_id, endpoint.webhook_endpoint_id, app.clock.now_ms()).await?;
    let mut secrets = Vec::with_capacity(rows.len());
    for secret in rows {
        let row = secret.webhook_secret_id.to_text();
        let place = Place { tenant: endpoint.tenant_id, table: "webhook_secret", row: &row, column: "sealed" };
        let opened = app.vault.open(place, &secret.sealed);
        let opened = opened.map_err(|error| FlowError::Internal(format!("{}: {error}", secret.webhook_secret_id)))?;
        secrets.push(Zeroizing::new(String::from_utf8_lossy(&opened).into_owned()));
    }
    Ok(secrets)
}

/// The signed request. The address is checked again: it was checked when it was stored, but a database can be edited.
fn request(
    app: &App,
    endpoint: &WebhookEndpoint,
    event: &OutboxEvent,
    secrets: &[Zeroizing<String>],
) -> Result<OutRequest, String> {
    let url = page_url(&endpoint.url, app.config.sandbox).map_err(|refusal| refusal.to_string())?;
    let body = event_body(event, !app.config.sandbox);
    let (id, timestamp_s) = (event.event_id.to_string(), app.clock.now_ms() / 1000);
    let signatures: Vec<String> =
        secrets.iter().filter_map(|secret| signing::signature(secret, &id, timestamp_s, body.as_bytes())).collect();
    if signatures.is_empty() {
        return Err("the endpoint has no secret".to_owned());
    }
    let header = |name: &str, value: String| (name.to_owned(), Zeroizing::new(value.into_bytes()));
    Ok(OutRequest {
        url,
        method: Method::Post,
        headers: vec![
            header("content-type", "application/json".to_owned()),
            header("user-agent", "Vezne-Webhooks/1".to_owned()),
            header("webhook-id", id),
            header("webhook-timestamp", timestamp_s.to_string()),
            header("webhook-signature", signatures.join(" ")),
        ],
        body: Zeroizing::new(body.into_bytes()),
        sandbox: app.config.sandbox,
    })
}

impl Tried {
    fn of(sent: Result<Response, TransportFailure>, now_ms: i64) -> Self {
        match sent {
            Ok(response) => {
                let asked = response.headers.iter().find(|(name, _)| name == "retry-after");
                Self {
                    outcome: match heard(response.status) {
                        Heard::Taken => "taken",
                        Heard::Gone => "gone",
                        Heard::Refused => "refused",
                    },
                    status: Some(response.status),
                    excerpt: excerpt(&String::from_utf8_lossy(&response.body)),
                    asked: asked.and_then(|(_, value)| retry_after(value, now_ms)),
                    duration_ms: 0,
                }
            }
            Err(failure) if failure.timed_out => Self::failed("timeout", &failure.detail),
            Err(failure) => Self::failed(failure.phase.as_str(), &failure.detail),
        }
    }

    fn failed(outcome: &'static str, detail: &str) -> Self {
        Self { outcome, status: None, excerpt: excerpt(detail), asked: None, duration_ms: 0 }
    }
}

/// The beginning of an answer as a log may keep it: printable, short, without anything like a card number. It is
/// masked before it is cut, or a number could be cut out of recognition.
fn excerpt(text: &str) -> String {
    let plain: String = text
        .chars()
        .take(4 * limits::WEBHOOK_EXCERPT_CHARS_MAX)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    redact::scrub(plain.trim()).chars().take(limits::WEBHOOK_EXCERPT_CHARS_MAX).collect()
}

/// Moves a delivery as the table says; writing it is the caller's, by compare-and-set.
pub(super) fn delivery_moved(delivery: &mut WebhookDelivery, event: DeliveryEvent, now_ms: i64) -> FlowResult<()> {
    let next = delivery.state.next(event);
    let next = next.map_err(|illegal| FlowError::Internal(format!("{}: {illegal}", delivery.webhook_delivery_id)))?;
    if let Move::To(state) = next {
        delivery.state = state;
        delivery.finished_at_ms = (state != DeliveryState::Pending).then_some(now_ms);
    }
    Ok(())
}

/// Writes what came of a try, and what that means for the endpoint.
async fn mark(app: &App, mut delivery: WebhookDelivery, tried: &Tried) -> FlowResult<()> {
    let now_ms = app.clock.now_ms();
    let heard = tried.status.map_or(Heard::Refused, heard);
    let chance = app.clock.chance();
    let pause = match heard {
        Heard::Refused if delivery.kind != TEST_TYPE => pause_after(delivery.tries, chance, tried.asked),
        _ => None,
    };
    let event = match (heard, pause) {
        (Heard::Taken, _) => DeliveryEvent::Taken,
        (_, Some(_)) => DeliveryEvent::Refused,
        (_, None) => DeliveryEvent::GivenUp,
    };
    if let Some(pause) = pause {
        delivery.due_ms = now_ms + limits::millis(pause);
    }
    delivery_moved(&mut delivery, event, now_ms)?;
    let mut tx = app.db.begin().await?;
    if !webhook_delivery_update(&mut tx, &delivery).await? {
        tracing::warn!(delivery = %delivery.webhook_delivery_id, "a lease ran out before the answer was written");
        return Ok(());
    }
    let attempt = WebhookAttempt {
        number: 0,
        at_ms: now_ms,
        duration_ms: tried.duration_ms,
        outcome: tried.outcome.to_owned(),
        status: tried.status.map(i64::from),
        excerpt: tried.excerpt.clone(),
    };
    webhook_attempt_insert(&mut tx, delivery.tenant_id, delivery.webhook_delivery_id, &attempt).await?;
    let (tenant, endpoint) = (delivery.tenant_id, delivery.webhook_endpoint_id);
    match heard {
        Heard::Taken => webhook_endpoint_succeeded(&mut tx, tenant, endpoint, now_ms).await?,
        Heard::Gone => disable(app, &mut tx, tenant, endpoint, "gone").await?,
        Heard::Refused if delivery.kind == TEST_TYPE => {}
        Heard::Refused => {
            webhook_endpoint_failed(&mut tx, tenant, endpoint, now_ms).await?;
            let row = webhook_endpoint_fetch(&mut tx, tenant, endpoint).await?;
            let since_ms = row.and_then(|row| row.failing_since_ms).unwrap_or(now_ms);
            if now_ms - since_ms >= limits::millis(limits::WEBHOOK_FAILING_MAX) {
                disable(app, &mut tx, tenant, endpoint, "failing").await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Tells an endpoint nothing more. What is on its way waits until a person enables it again.
async fn disable(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    reason: &'static str,
) -> FlowResult<()> {
    let Some(mut row) = webhook_endpoint_fetch(tx, tenant, endpoint).await? else { return Ok(()) };
    if row.state != EndpointState::Active {
        return Ok(());
    }
    row.state = EndpointState::Disabled;
    row.disabled_reason = Some(reason.to_owned());
    row.updated_at_ms = app.clock.now_ms();
    if !webhook_endpoint_update(tx, &row).await? {
        return Ok(());
    }
    tracing::warn!(%endpoint, reason, "a webhook endpoint was disabled by its own answers");
    let ctx = Ctx {
        tenant,
        actor: Actor::Job("webhook"),
        scope: row.node_id,
        request_id: String::new(),
        locale: Locale::default(),
        clock: app.clock.clone(),
    };
    audit_insert(tx, &ctx, "webhook_endpoint.disabled", &endpoint.to_string(), &json!({"reason": reason})).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_printable_and_masked() {
        let text = format!("ok\r\n\u{1b}[31m 4355084355084358 {}", "x".repeat(9_000));
        let kept = excerpt(&text);
        assert!(kept.starts_with("ok") && !kept.contains("4355084355084358") && !kept.contains('\u{1b}'), "{kept}");
        assert_eq!(kept.chars().count(), limits::WEBHOOK_EXCERPT_CHARS_MAX);
        let edge = format!("{}4355084355084358", "x".repeat(limits::WEBHOOK_EXCERPT_CHARS_MAX - 10));
        assert!(!excerpt(&edge).contains("4355"), "a number on the edge is masked before the cut");
    }
}
