//! The firm's rules for choosing a POS account, and the dry run that explains them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use vezne_api::{
    Permission, RoutingExplain, RoutingExplanation, RoutingOrder, RoutingRule, RoutingRuleCreate, RoutingRuleUpdate,
    RoutingTable,
};

use super::bin::bin_view;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Path};
use super::pos_account::if_match;
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::RoutingRuleId;
use crate::flow::routing::{
    explanation_view, routing_explain, rule_change, rule_create, rule_delete, rule_order, table_read,
};

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/routing/rules", "Shows the firm's routing rules in their order, and what they may name")
                .needs(Permission::PosAccountRead)
                .reply::<RoutingTable>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/routing/rules", "Adds a routing rule")
                .needs(Permission::PosAccountWrite)
                .body::<RoutingRuleCreate>()
                .reply::<RoutingRule>(201),
            create,
        )
        .add(
            Endpoint::post("/v1/routing/rules/order", "Puts the routing rules in an order")
                .needs(Permission::PosAccountWrite)
                .body::<RoutingOrder>()
                .reply::<RoutingTable>(200),
            order,
        )
        .add(
            Endpoint::get("/v1/routing/rules/{id}", "Shows a routing rule")
                .needs(Permission::PosAccountRead)
                .reply::<RoutingRule>(200),
            show,
        )
        .add(
            Endpoint::patch("/v1/routing/rules/{id}", "Changes a routing rule; If-Match names the table's version")
                .needs(Permission::PosAccountWrite)
                .conditional()
                .body::<RoutingRuleUpdate>()
                .reply::<RoutingRule>(200),
            change,
        )
        .add(
            Endpoint::delete("/v1/routing/rules/{id}", "Takes a routing rule away")
                .needs(Permission::PosAccountWrite)
                .reply_empty(204),
            delete,
        )
        .add(
            Endpoint::post(
                "/v1/routing/explain",
                "Explains which POS account a payment would go through; nothing is paid",
            )
            .needs(Permission::PosAccountRead)
            .only_reads()
            .body::<RoutingExplain>()
            .reply::<RoutingExplanation>(200),
            explain,
        )
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response> {
    table_of(&app, &caller.ctx).await
}

async fn create(State(app): State<App>, caller: Caller, Json(body): Json<RoutingRuleCreate>) -> Result<Response> {
    let id = rule_create(&app, &caller.ctx, &body).await?;
    Ok((StatusCode::CREATED, rule_of(&app, &caller.ctx, id).await?).into_response())
}

async fn order(State(app): State<App>, caller: Caller, Json(body): Json<RoutingOrder>) -> Result<Response> {
    rule_order(&app, &caller.ctx, &body).await?;
    table_of(&app, &caller.ctx).await
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response> {
    rule_of(&app, &caller.ctx, named(&id)?).await
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<RoutingRuleUpdate>,
) -> Result<Response> {
    let id = named(&id)?;
    let version = if_match(&headers)?;
    rule_change(&app, &caller.ctx, id, version, &body).await?.ok_or(Error::PreconditionFailed)?;
    rule_of(&app, &caller.ctx, id).await
}

async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode> {
    rule_delete(&app, &caller.ctx, named(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn explain(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<RoutingExplain>,
) -> Result<axum::Json<RoutingExplanation>> {
    let explained = routing_explain(&app, &caller.ctx, &body).await?;
    let card = body.bin.as_deref().map(|bin| bin_view(bin, explained.card.as_ref()));
    Ok(axum::Json(RoutingExplanation { card, ..explanation_view(&explained.explanation) }))
}

fn named(id: &str) -> Result<RoutingRuleId> {
    id.parse().map_err(|_| Error::NotFound)
}

async fn table_of(app: &App, ctx: &Ctx) -> Result<Response> {
    let table = table_read(app, ctx).await?;
    tagged(table.version, table)
}

async fn rule_of(app: &App, ctx: &Ctx, id: RoutingRuleId) -> Result<Response> {
    let table = table_read(app, ctx).await?;
    let id = id.to_string();
    let rule = table.rules.into_iter().find(|rule| rule.id == id).ok_or(Error::NotFound)?;
    tagged(table.version, rule)
}

/// An answer with the version of the whole table, which every change names.
pub(super) fn tagged(version: i64, body: impl serde::Serialize) -> Result<Response> {
    let tag = HeaderValue::from_str(&format!("\"{version}\""));
    let tag = tag.map_err(|error| Error::Internal(error.to_string()))?;
    let mut response = axum::Json(body).into_response();
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}
