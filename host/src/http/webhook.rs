//! Endpoints of the firm's programs: adding, changing, rotating, testing, and having events delivered again.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use vezne_api::{
    Page, Permission, WebhookDelivery, WebhookDisabledReason, WebhookEndpoint, WebhookEndpointCreate,
    WebhookEndpointSecret, WebhookEndpointState, WebhookEndpointUpdate, WebhookReplay, WebhookReplayCreate,
    WebhookSecretRotate,
};

use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::page::{Listed, PageQuery, Window};
use super::pos_account::if_match;
use super::route::{Endpoint, Table};
use super::{view, webhook_delivery};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::WebhookEndpointId;
use crate::domain::webhook::{EndpointState, filter_types};
use crate::flow::webhook::{
    webhook_endpoint_change, webhook_endpoint_create, webhook_endpoint_delete, webhook_endpoint_rotate, webhook_replay,
    webhook_test,
};
use crate::store::webhook::{self as store, webhook_endpoint_list, webhook_endpoint_visible, webhook_secret_list};

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    let table = table
        .add(
            Endpoint::get("/v1/webhook_endpoints", "Lists webhook endpoints, newest first")
                .needs(Permission::WebhookRead)
                .query::<PageQuery>()
                .reply::<Page<WebhookEndpoint>>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/webhook_endpoints", "Adds a webhook endpoint; its secret is in this answer alone")
                .needs(Permission::WebhookWrite)
                .body::<WebhookEndpointCreate>()
                .reply::<WebhookEndpointSecret>(201),
            create,
        )
        .add(
            Endpoint::get("/v1/webhook_endpoints/{id}", "Shows a webhook endpoint")
                .needs(Permission::WebhookRead)
                .reply::<WebhookEndpoint>(200),
            show,
        )
        .add(
            Endpoint::patch("/v1/webhook_endpoints/{id}", "Changes, disables or enables a webhook endpoint")
                .needs(Permission::WebhookWrite)
                .conditional()
                .body::<WebhookEndpointUpdate>()
                .reply::<WebhookEndpoint>(200),
            change,
        )
        .add(
            Endpoint::delete("/v1/webhook_endpoints/{id}", "Takes a webhook endpoint away")
                .needs(Permission::WebhookWrite)
                .reply_empty(204),
            delete,
        );
    acts(table)
}

fn acts(table: Table) -> Table {
    table
        .add(
            Endpoint::post("/v1/webhook_endpoints/{id}/rotate", "Makes a new secret; the old one signs beside it")
                .needs(Permission::WebhookWrite)
                .body::<WebhookSecretRotate>()
                .reply::<WebhookEndpointSecret>(200),
            rotate,
        )
        .add(
            Endpoint::post("/v1/webhook_endpoints/{id}/test", "Sends a test event and waits for the answer")
                .needs(Permission::WebhookWrite)
                .reply::<WebhookDelivery>(200),
            test,
        )
        .add(
            Endpoint::post("/v1/webhook_endpoints/{id}/replay", "Delivers the events of a span of time again")
                .needs(Permission::WebhookWrite)
                .body::<WebhookReplayCreate>()
                .reply::<WebhookReplay>(202),
            replay,
        )
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Listed<WebhookEndpoint>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "webhook_endpoints", query.limit, query.cursor.as_deref())?;
    let ctx = &caller.ctx;
    let mut tx = app.db.read().await?;
    let rows = webhook_endpoint_list(&mut tx, ctx.tenant, ctx.scope, window.span()).await?;
    let livemode = !app.config.sandbox;
    let page = window.page(prints, rows, |row| row.webhook_endpoint_id.to_text(), |row| endpoint_view(row, livemode));
    Ok(Listed(page))
}

async fn create(State(app): State<App>, caller: Caller, Json(body): Json<WebhookEndpointCreate>) -> Result<Response> {
    let (id, secret) = webhook_endpoint_create(&app, &caller.ctx, &body).await?;
    let endpoint = endpoint_of(&app, &caller.ctx, id).await?;
    let made = WebhookEndpointSecret { endpoint, secret: secret.to_string() };
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response> {
    tagged(endpoint_of(&app, &caller.ctx, named(&id)?).await?)
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<WebhookEndpointUpdate>,
) -> Result<Response> {
    let id = named(&id)?;
    let version = if_match(&headers)?;
    let changed = webhook_endpoint_change(&app, &caller.ctx, id, version, &body).await?;
    changed.ok_or(Error::PreconditionFailed)?;
    tagged(endpoint_of(&app, &caller.ctx, id).await?)
}

async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode> {
    webhook_endpoint_delete(&app, &caller.ctx, named(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<WebhookSecretRotate>,
) -> Result<axum::Json<WebhookEndpointSecret>> {
    let id = named(&id)?;
    let secret = webhook_endpoint_rotate(&app, &caller.ctx, id, body.overlap_hours).await?;
    let endpoint = endpoint_of(&app, &caller.ctx, id).await?;
    Ok(axum::Json(WebhookEndpointSecret { endpoint, secret: secret.to_string() }))
}

async fn test(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<WebhookDelivery>> {
    let delivery = webhook_test(&app, &caller.ctx, named(&id)?).await?;
    Ok(axum::Json(webhook_delivery::delivery_of(&app, &caller.ctx, delivery).await?))
}

async fn replay(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<WebhookReplayCreate>,
) -> Result<Response> {
    let id = named(&id)?;
    let from_ms = view::millis(&body.from).ok_or_else(|| Error::field("/from", "malformed"))?;
    let to_ms = match body.to.as_deref() {
        None => app.clock.now_ms().saturating_add(1),
        Some(text) => view::millis(text).ok_or_else(|| Error::field("/to", "malformed"))?,
    };
    let events = webhook_replay(&app, &caller.ctx, id, from_ms, to_ms).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(WebhookReplay { events })).into_response())
}

fn named(id: &str) -> Result<WebhookEndpointId> {
    id.parse().map_err(|_| Error::NotFound)
}

async fn endpoint_of(app: &App, ctx: &Ctx, id: WebhookEndpointId) -> Result<WebhookEndpoint> {
    let mut tx = app.db.read().await?;
    let row = webhook_endpoint_visible(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
    let secrets = webhook_secret_list(&mut tx, ctx.tenant, id, app.clock.now_ms()).await?;
    let mut endpoint = endpoint_view(row, !app.config.sandbox);
    endpoint.old_secret_until = secrets.iter().find_map(|secret| secret.ends_at_ms).map(view::instant);
    Ok(endpoint)
}

fn tagged(endpoint: WebhookEndpoint) -> Result<Response> {
    let tag = HeaderValue::from_str(&format!("\"{}\"", endpoint.version));
    let tag = tag.map_err(|error| Error::Internal(error.to_string()))?;
    let mut response = axum::Json(endpoint).into_response();
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}

fn endpoint_view(row: store::WebhookEndpoint, livemode: bool) -> WebhookEndpoint {
    WebhookEndpoint {
        id: row.webhook_endpoint_id.to_string(),
        livemode,
        node: view::node_ref(row.node_id, &row.node_name),
        events: filter_types(&row.events),
        url: row.url,
        description: row.description,
        state: match row.state {
            EndpointState::Active => WebhookEndpointState::Active,
            EndpointState::Disabled | EndpointState::Deleted => WebhookEndpointState::Disabled,
        },
        disabled_reason: row.disabled_reason.as_deref().and_then(|reason| match reason {
            "gone" => Some(WebhookDisabledReason::Gone),
            "failing" => Some(WebhookDisabledReason::Failing),
            "asked" => Some(WebhookDisabledReason::Asked),
            _ => None,
        }),
        failing_since: row.failing_since_ms.map(view::instant),
        succeeded_at: row.succeeded_at_ms.map(view::instant),
        pending: row.pending,
        failed: row.failed,
        old_secret_until: None,
        version: row.version,
        created_at: view::instant(row.created_at_ms),
        updated_at: view::instant(row.updated_at_ms),
    }
}
