//! What endpoints were told, what they answered, and everything there is to tell.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use vezne_api::{Page, Permission, WebhookAttempt, WebhookDelivery, WebhookDeliveryState, WebhookEvent};

use super::error::{Error, Result};
use super::extract::{Caller, Path, Query};
use super::page::{Listed, Window};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::{AlarmId, PaymentId, WebhookDeliveryId};
use crate::domain::webhook::{DeliveryState, TEST_TYPE};
use crate::flow::webhook::{event_body, event_data, webhook_resend};
use crate::store::outbox::{OutboxEvent, OutboxFilter, outbox_fetch, outbox_visible};
use crate::store::webhook_delivery::{
    self as store, WebhookDeliveryFilter, webhook_attempt_list, webhook_delivery_list, webhook_delivery_visible,
};

/// Narrows `GET /v1/webhook_deliveries`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookDeliveryQuery {
    /// Only to this endpoint.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Only in this state.
    #[serde(default)]
    pub state: Option<WebhookDeliveryState>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Narrows `GET /v1/events`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEventQuery {
    /// Only of this payment.
    #[serde(default)]
    pub payment: Option<String>,
    /// Only of this type.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Only since then.
    #[serde(default)]
    pub from: Option<String>,
    /// Only before then.
    #[serde(default)]
    pub to: Option<String>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/webhook_deliveries", "Lists deliveries to webhook endpoints, newest first")
                .needs(Permission::WebhookRead)
                .query::<WebhookDeliveryQuery>()
                .reply::<Page<WebhookDelivery>>(200),
            list,
        )
        .add(
            Endpoint::get("/v1/webhook_deliveries/{id}", "Shows a delivery with its tries and its body")
                .needs(Permission::WebhookRead)
                .reply::<WebhookDelivery>(200),
            show,
        )
        .add(
            Endpoint::post("/v1/webhook_deliveries/{id}/resend", "Begins a delivery anew, with the same webhook-id")
                .needs(Permission::WebhookWrite)
                .reply::<WebhookDelivery>(202),
            resend,
        )
        .add(
            Endpoint::get("/v1/events", "Lists what endpoints are told about payments and alarms, newest first")
                .needs(Permission::WebhookRead)
                .query::<WebhookEventQuery>()
                .reply::<Page<WebhookEvent>>(200),
            events,
        )
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<WebhookDeliveryQuery>,
) -> Result<Listed<WebhookDelivery>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "webhook_deliveries", query.limit, query.cursor.as_deref())?;
    let filter = WebhookDeliveryFilter {
        endpoint: query.endpoint.as_deref().map(str::parse).transpose().map_err(|_| Error::NotFound)?,
        state: query.state.map(|state| match state {
            WebhookDeliveryState::Pending => DeliveryState::Pending,
            WebhookDeliveryState::Delivered => DeliveryState::Delivered,
            WebhookDeliveryState::Failed => DeliveryState::Failed,
        }),
        before: window.forward().map(str::to_owned),
        after: window.backward().map(str::to_owned),
        limit: window.fetch_limit(),
    };
    let mut tx = app.db.read().await?;
    let rows = webhook_delivery_list(&mut tx, caller.ctx.tenant, caller.ctx.scope, &filter).await?;
    let livemode = !app.config.sandbox;
    let page = window.page(prints, rows, |row| row.webhook_delivery_id.to_text(), |row| delivery_view(&row, livemode));
    Ok(Listed(page))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<WebhookDelivery>> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    Ok(axum::Json(delivery_of(&app, &caller.ctx, id).await?))
}

async fn resend(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    webhook_resend(&app, &caller.ctx, id).await?;
    let delivery = delivery_of(&app, &caller.ctx, id).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(delivery)).into_response())
}

async fn events(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<WebhookEventQuery>,
) -> Result<Listed<WebhookEvent>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "events", query.limit, query.cursor.as_deref())?;
    let instant = |text: &Option<String>| match text.as_deref() {
        None => Ok(None),
        Some(text) => view::millis(text).map(Some).ok_or(Error::BadRequest("query_malformed")),
    };
    let payment: Option<PaymentId> =
        query.payment.as_deref().map(str::parse).transpose().map_err(|_| Error::NotFound)?;
    let filter = OutboxFilter {
        payment: payment.map(PaymentId::to_text),
        kind: query.kind.clone(),
        from_ms: instant(&query.from)?,
        to_ms: instant(&query.to)?,
        before: window.forward().map(str::to_owned),
        after: window.backward().map(str::to_owned),
        limit: window.fetch_limit(),
    };
    let mut tx = app.db.read().await?;
    let rows = outbox_visible(&mut tx, caller.ctx.tenant, caller.ctx.scope, &filter).await?;
    let livemode = !app.config.sandbox;
    let page = window.page(prints, rows, |row| row.event_id.to_text(), |row| event_view(&row, livemode));
    Ok(Listed(page))
}

/// A delivery with its tries and its body, as the wire shows it.
pub(super) async fn delivery_of(app: &App, ctx: &Ctx, id: WebhookDeliveryId) -> Result<WebhookDelivery> {
    let mut tx = app.db.read().await?;
    let row = webhook_delivery_visible(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
    let attempts = webhook_attempt_list(&mut tx, ctx.tenant, id).await?;
    let event = outbox_fetch(&mut tx, ctx.tenant, row.event_id).await?;
    let livemode = !app.config.sandbox;
    let mut delivery = delivery_view(&row, livemode);
    delivery.body = event.map(|event| event_body(&event, livemode));
    delivery.attempts = attempts
        .into_iter()
        .map(|attempt| WebhookAttempt {
            number: attempt.number,
            at: view::instant(attempt.at_ms),
            ms: attempt.duration_ms,
            outcome: attempt.outcome,
            status: attempt.status,
            excerpt: attempt.excerpt,
        })
        .collect();
    Ok(delivery)
}

/// The id of what an event is about.
fn about(kind: &str, aggregate: &str) -> String {
    let prefix = if kind.starts_with("alarm.") { AlarmId::PREFIX } else { PaymentId::PREFIX };
    format!("{prefix}_{aggregate}")
}

fn delivery_view(row: &store::WebhookDelivery, livemode: bool) -> WebhookDelivery {
    let about =
        if row.kind == TEST_TYPE { row.webhook_endpoint_id.to_string() } else { about(&row.kind, &row.aggregate) };
    WebhookDelivery {
        id: row.webhook_delivery_id.to_string(),
        livemode,
        endpoint: row.webhook_endpoint_id.to_string(),
        event: row.event_id.to_string(),
        kind: row.kind.clone(),
        about,
        sequence: row.sequence,
        state: match row.state {
            DeliveryState::Pending => WebhookDeliveryState::Pending,
            DeliveryState::Delivered => WebhookDeliveryState::Delivered,
            DeliveryState::Failed => WebhookDeliveryState::Failed,
        },
        tries: row.tries,
        next_try_at: (row.state == DeliveryState::Pending).then(|| view::instant(row.due_ms)),
        finished_at: row.finished_at_ms.map(view::instant),
        created_at: view::instant(row.created_at_ms),
        attempts: Vec::new(),
        body: None,
    }
}

fn event_view(row: &OutboxEvent, livemode: bool) -> WebhookEvent {
    WebhookEvent {
        id: row.event_id.to_string(),
        livemode,
        kind: row.kind.clone(),
        about: about(&row.kind, &row.aggregate),
        sequence: row.sequence,
        data: event_data(row, livemode),
        created_at: view::instant(row.created_at_ms),
    }
}
