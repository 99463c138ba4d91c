//! Adding, changing and taking away an endpoint, and rotating its secret.

use serde_json::json;
use vezne_api::{
    WEBHOOK_EVENT_TYPES as EVENT_TYPES, WebhookEndpointCreate, WebhookEndpointState as WireState, WebhookEndpointUpdate,
};
use zeroize::Zeroizing;

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::{NodeId, WebhookEndpointId, WebhookSecretId};
use crate::domain::payment::Move;
use crate::domain::webhook::{DeliveryEvent, DeliveryState, EndpointState, filter_text, filter_types};
use crate::flow::error::{FieldError, FlowError, FlowResult};
use crate::limits;
use crate::plugin::page_url;
use crate::security::vault::Place;
use crate::security::webhook as signing;
use crate::store::Tx;
use crate::store::audit::audit_insert;
use crate::store::node::node_fetch;
use crate::store::webhook::{
    WebhookEndpoint, WebhookSecret, webhook_endpoint_count, webhook_endpoint_insert, webhook_endpoint_update,
    webhook_endpoint_visible, webhook_secret_forget, webhook_secret_insert, webhook_secret_retire,
};
use crate::store::webhook_delivery::webhook_delivery_move_all;

/// Adds an endpoint and gives its secret, which is never shown again.
pub async fn webhook_endpoint_create(
    app: &App,
    ctx: &Ctx,
    wanted: &WebhookEndpointCreate,
) -> FlowResult<(WebhookEndpointId, Zeroizing<String>)> {
    let mut faults = Vec::new();
    let url = url_checked(app, &wanted.url, &mut faults);
    let description = described(wanted.description.as_deref().unwrap_or_default(), &mut faults);
    let events = events_checked(&wanted.events, &mut faults);
    done(faults)?;
    let node_id: NodeId = match wanted.node.as_deref() {
        None => ctx.scope,
        Some(text) => text.parse().map_err(|_| FlowError::invalid("/node", "not_found", "not an id"))?,
    };
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let node = node_fetch(&mut tx, ctx.tenant, ctx.scope, node_id).await?;
    let node = node.ok_or_else(|| FlowError::invalid("/node", "not_found", "not in the caller's part of the tree"))?;
    if webhook_endpoint_count(&mut tx, ctx.tenant).await? >= limits::WEBHOOK_ENDPOINTS_MAX {
        return Err(FlowError::conflict("too_many_endpoints", "the firm has as many as it may"));
    }
    let endpoint = WebhookEndpoint {
        tenant_id: ctx.tenant,
        webhook_endpoint_id: WebhookEndpointId::at(now_ms),
        node_id,
        node_name: node.node.name,
        url,
        description,
        events: filter_text(&events),
        state: EndpointState::Active,
        disabled_reason: None,
        failing_since_ms: None,
        succeeded_at_ms: None,
        version: 1,
        created_by: ctx.actor.label(),
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
        pending: 0,
        failed: 0,
    };
    webhook_endpoint_insert(&mut tx, &endpoint).await?;
    let secret = secret_put(app, &mut tx, &endpoint, now_ms).await?;
    let detail = json!({"host": host_of(&endpoint.url), "events": events, "node": node_id.to_string()});
    let id = endpoint.webhook_endpoint_id;
    audit_insert(&mut tx, ctx, "webhook_endpoint.created", &id.to_string(), &detail).await?;
    tx.commit().await?;
    Ok((id, secret))
}

/// Changes an endpoint by compare-and-set; what is absent stays. `None` where somebody else changed it first.
pub async fn webhook_endpoint_change(
    app: &App,
    ctx: &Ctx,
    id: WebhookEndpointId,
    version: i64,
    wanted: &WebhookEndpointUpdate,
) -> FlowResult<Option<()>> {
    let mut tx = app.db.begin().await?;
    let mut endpoint = visible(&mut tx, ctx, id).await?;
    let mut faults = Vec::new();
    if let Some(url) = &wanted.url {
        endpoint.url = url_checked(app, url, &mut faults);
    }
    if let Some(description) = &wanted.description {
        endpoint.description = described(description, &mut faults);
    }
    if let Some(events) = &wanted.events {
        endpoint.events = filter_text(&events_checked(events, &mut faults));
    }
    match wanted.state {
        Some(WireState::Active) if endpoint.state != EndpointState::Active => {
            endpoint.state = EndpointState::Active;
            endpoint.disabled_reason = None;
            endpoint.failing_since_ms = None;
        }
        Some(WireState::Disabled) if endpoint.state != EndpointState::Disabled => {
            endpoint.state = EndpointState::Disabled;
            endpoint.disabled_reason = Some("asked".to_owned());
        }
        _ => {}
    }
    done(faults)?;
    endpoint.version = version;
    endpoint.updated_at_ms = ctx.clock.now_ms();
    if !webhook_endpoint_update(&mut tx, &endpoint).await? {
        return Ok(None);
    }
    let detail = json!({
        "host": host_of(&endpoint.url), "events": filter_types(&endpoint.events), "state": endpoint.state.as_str(),
    });
    audit_insert(&mut tx, ctx, "webhook_endpoint.updated", &id.to_string(), &detail).await?;
    tx.commit().await?;
    app.webhook_wake.notify_one();
    Ok(Some(()))
}

/// Takes an endpoint away: its secrets are forgotten, what was on its way is given up.
pub async fn webhook_endpoint_delete(app: &App, ctx: &Ctx, id: WebhookEndpointId) -> FlowResult<()> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let mut endpoint = visible(&mut tx, ctx, id).await?;
    // Deliveries first, as those who mark one do: two orders would wait for each other.
    for from in DeliveryState::ALL {
        if let Ok(Move::To(to)) = from.next(DeliveryEvent::Dropped) {
            webhook_delivery_move_all(&mut tx, ctx.tenant, id, *from, to, now_ms).await?;
        }
    }
    endpoint.state = EndpointState::Deleted;
    endpoint.updated_at_ms = now_ms;
    if !webhook_endpoint_update(&mut tx, &endpoint).await? {
        return Err(FlowError::Busy("the endpoint was changed at this moment"));
    }
    webhook_secret_forget(&mut tx, ctx.tenant, id).await?;
    audit_insert(&mut tx, ctx, "webhook_endpoint.deleted", &id.to_string(), &json!({})).await?;
    Ok(tx.commit().await?)
}

/// Makes a new secret; the one before it signs beside it for so many hours.
pub async fn webhook_endpoint_rotate(
    app: &App,
    ctx: &Ctx,
    id: WebhookEndpointId,
    overlap_hours: Option<u32>,
) -> FlowResult<Zeroizing<String>> {
    let hours = overlap_hours.unwrap_or(limits::WEBHOOK_OVERLAP_HOURS);
    if hours > limits::WEBHOOK_OVERLAP_HOURS_MAX {
        return Err(FlowError::invalid("/overlap_hours", "out_of_range", "a week at most"));
    }
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let mut endpoint = visible(&mut tx, ctx, id).await?;
    // The version holds off another rotation: each would retire the other's secret at once.
    endpoint.updated_at_ms = now_ms;
    if !webhook_endpoint_update(&mut tx, &endpoint).await? {
        return Err(FlowError::Busy("the endpoint was changed at this moment"));
    }
    webhook_secret_retire(&mut tx, ctx.tenant, id, now_ms + i64::from(hours) * 3_600_000).await?;
    let secret = secret_put(app, &mut tx, &endpoint, now_ms).await?;
    let detail = json!({"overlap_hours": hours});
    audit_insert(&mut tx, ctx, "webhook_endpoint.secret_rotated", &id.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(secret)
}

/// The endpoint, if the caller sees it.
pub(super) async fn visible(tx: &mut Tx, ctx: &Ctx, id: WebhookEndpointId) -> FlowResult<WebhookEndpoint> {
    let endpoint = webhook_endpoint_visible(tx, ctx.tenant, ctx.scope, id).await?;
    endpoint.ok_or(FlowError::NotFound("webhook_endpoint"))
}

async fn secret_put(app: &App, tx: &mut Tx, endpoint: &WebhookEndpoint, now_ms: i64) -> FlowResult<Zeroizing<String>> {
    let secret = signing::secret();
    let id = WebhookSecretId::at(now_ms);
    let row = id.to_text();
    let place = Place { tenant: endpoint.tenant_id, table: "webhook_secret", row: &row, column: "sealed" };
    let sealed = app.vault.seal(place, secret.as_bytes());
    let sealed = sealed.map_err(|error| FlowError::Internal(error.to_string()))?;
    let kept = WebhookSecret { webhook_secret_id: id, sealed, created_at_ms: now_ms, ends_at_ms: None };
    webhook_secret_insert(tx, endpoint.tenant_id, endpoint.webhook_endpoint_id, &kept).await?;
    Ok(secret)
}

fn url_checked(app: &App, text: &str, faults: &mut Vec<FieldError>) -> String {
    let text = text.trim();
    if text.is_empty() {
        faults.push(FieldError::new("/url", "required", "empty"));
    } else if text.len() > limits::PLUGIN_URL_BYTES_MAX {
        faults.push(FieldError::new("/url", "too_long", "longer than any address"));
    } else if let Err(refusal) = page_url(text, app.config.sandbox) {
        faults.push(FieldError::new("/url", "address_refused", refusal.to_string()));
    }
    text.to_owned()
}

fn described(text: &str, faults: &mut Vec<FieldError>) -> String {
    let text = text.trim();
    if text.chars().count() > 200 {
        faults.push(FieldError::new("/description", "too_long", "at most 200 letters"));
    } else if text.chars().any(char::is_control) {
        faults.push(FieldError::new("/description", "malformed", "control characters"));
    }
    text.to_owned()
}

/// The types that are asked for, each once, in our order.
fn events_checked(types: &[String], faults: &mut Vec<FieldError>) -> Vec<String> {
    for (place, kind) in types.iter().enumerate() {
        if !EVENT_TYPES.contains(&kind.as_str()) {
            faults.push(FieldError::new(format!("/events/{place}"), "not_a_choice", "no such type"));
        }
    }
    let asked = EVENT_TYPES.iter().filter(|known| types.iter().any(|kind| kind == *known));
    asked.map(|kind| (*kind).to_owned()).collect()
}

/// The host alone goes into the audit trail: a query may be a password.
fn host_of(url: &str) -> String {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

fn done(faults: Vec<FieldError>) -> FlowResult<()> {
    if faults.is_empty() { Ok(()) } else { Err(FlowError::Invalid(faults)) }
}
