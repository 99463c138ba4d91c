//! The firm's instalment table in versions, and the dry run that explains an offer.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use vezne_api::{
    InstalmentEvaluate, InstalmentEvaluation, InstalmentTable, InstalmentVersion, InstalmentVersionCreate, Permission,
};

use super::bin::bin_view;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Path};
use super::pos_account::if_match;
use super::route::{Endpoint, Table};
use super::routing::tagged;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::SchemeId;
use crate::flow::instalment::{
    rules_evaluate, table_read, version_activate, version_create, version_read, version_withdraw,
};

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/instalment_rules", "Shows the firm's instalment table: in force, upcoming and past")
                .needs(Permission::PosAccountRead)
                .reply::<InstalmentTable>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/instalment_rules", "Writes a version of the table; If-Match names the table's version")
                .needs(Permission::PosAccountWrite)
                .conditional()
                .body::<InstalmentVersionCreate>()
                .reply::<InstalmentVersion>(201),
            create,
        )
        .add(
            Endpoint::post(
                "/v1/instalment_rules/evaluate",
                "Explains what a payer would be offered; nothing is written",
            )
            .needs(Permission::PosAccountRead)
            .body::<InstalmentEvaluate>()
            .reply::<InstalmentEvaluation>(200),
            evaluate,
        )
        .add(
            Endpoint::get("/v1/instalment_rules/{id}", "Shows a version of the table with its lines")
                .needs(Permission::PosAccountRead)
                .reply::<InstalmentVersion>(200),
            show,
        )
        .add(
            Endpoint::post(
                "/v1/instalment_rules/{id}/activate",
                "Puts a version in force at once, as a new version with its lines",
            )
            .needs(Permission::PosAccountWrite)
            .reply::<InstalmentVersion>(201),
            activate,
        )
        .add(
            Endpoint::delete("/v1/instalment_rules/{id}", "Takes back a version that has not begun")
                .needs(Permission::PosAccountWrite)
                .reply_empty(204),
            withdraw,
        )
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Response> {
    let table = table_read(&app, &caller.ctx).await?;
    tagged(table.version, table)
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<InstalmentVersionCreate>,
) -> Result<Response> {
    let version = if_match(&headers)?;
    let id = version_create(&app, &caller.ctx, version, &body).await?.ok_or(Error::PreconditionFailed)?;
    Ok((StatusCode::CREATED, version_of(&app, &caller.ctx, id).await?).into_response())
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response> {
    version_of(&app, &caller.ctx, named(&id)?).await
}

async fn activate(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response> {
    let id = version_activate(&app, &caller.ctx, named(&id)?).await?;
    Ok((StatusCode::CREATED, version_of(&app, &caller.ctx, id).await?).into_response())
}

async fn withdraw(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode> {
    version_withdraw(&app, &caller.ctx, named(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn evaluate(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<InstalmentEvaluate>,
) -> Result<axum::Json<InstalmentEvaluation>> {
    let (evaluation, facts) = rules_evaluate(&app, &caller.ctx, &body).await?;
    let bin = body.bin.as_deref().filter(|bin| !bin.is_empty());
    Ok(axum::Json(InstalmentEvaluation { card: bin.map(|bin| bin_view(bin, facts.as_ref())), ..evaluation }))
}

fn named(id: &str) -> Result<SchemeId> {
    id.parse().map_err(|_| Error::NotFound)
}

async fn version_of(app: &App, ctx: &Ctx, id: SchemeId) -> Result<Response> {
    let (changes, version) = version_read(app, ctx, id).await?;
    tagged(changes, version)
}
