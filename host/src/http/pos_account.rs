//! A firm's accounts at banks.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use vezne_api::{
    Environment, Page, Permission, PluginRef, PosAccount, PosAccountCreate, PosAccountState, PosAccountUpdate, PosTest,
    SecretState,
};

use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query, address};
use super::page::{Listed, PageQuery, Window};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::PosAccountId;
use crate::flow::pos_account::{pos_account_change, pos_account_create};
use crate::flow::pos_test::pos_test;
use crate::store::Tx;
use crate::store::pos_account::{self as store, pos_account_list, pos_account_visible, pos_secret_list};
use crate::store::pos_secret::{SecretTurn, pos_secret_spare_list};

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/pos_accounts", "Lists POS accounts, newest first")
                .needs(Permission::PosAccountRead)
                .query::<PageQuery>()
                .reply::<Page<PosAccount>>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/pos_accounts", "Adds a POS account; secrets are write-only")
                .needs(Permission::PosAccountWrite)
                .body::<PosAccountCreate>()
                .reply::<PosAccount>(201),
            create,
        )
        .add(
            Endpoint::get("/v1/pos_accounts/{id}", "Shows a POS account")
                .needs(Permission::PosAccountRead)
                .reply::<PosAccount>(200),
            show,
        )
        .add(
            Endpoint::patch("/v1/pos_accounts/{id}", "Changes a POS account")
                .needs(Permission::PosAccountWrite)
                .conditional()
                .body::<PosAccountUpdate>()
                .reply::<PosAccount>(200),
            change,
        )
        .add(
            Endpoint::post(
                "/v1/pos_accounts/{id}/test",
                "Tries a sale, a question and a void at the bank's test address",
            )
            .needs(Permission::PosAccountWrite)
            .reply::<PosTest>(200),
            test,
        )
}

async fn list(State(app): State<App>, caller: Caller, Query(query): Query<PageQuery>) -> Result<Listed<PosAccount>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "pos_accounts", query.limit, query.cursor.as_deref())?;
    let ctx = &caller.ctx;
    let mut tx = app.db.read().await?;
    let rows = pos_account_list(&mut tx, ctx.tenant, ctx.scope, window.span()).await?;
    let page = window.page(prints, rows, |row| row.pos_account_id.to_text(), |row| row);
    let mut data = Vec::with_capacity(page.data.len());
    for row in page.data {
        data.push(account_view(&app, &mut tx, row).await?);
    }
    let Page { has_more, next_cursor, prev_cursor, .. } = page;
    Ok(Listed(Page { data, has_more, next_cursor, prev_cursor }))
}

async fn create(State(app): State<App>, caller: Caller, Json(body): Json<PosAccountCreate>) -> Result<Response> {
    let id = pos_account_create(&app, &caller.ctx, &body).await?;
    Ok((StatusCode::CREATED, account_of(&app, &caller.ctx, id).await?).into_response())
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response> {
    let id: PosAccountId = id.parse().map_err(|_| Error::NotFound)?;
    account_of(&app, &caller.ctx, id).await
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<PosAccountUpdate>,
) -> Result<Response> {
    let id: PosAccountId = id.parse().map_err(|_| Error::NotFound)?;
    let version = if_match(&headers)?;
    let changed = pos_account_change(&app, &caller.ctx, id, version, &body).await?;
    changed.ok_or(Error::PreconditionFailed)?;
    account_of(&app, &caller.ctx, id).await
}

async fn test(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<axum::Json<PosTest>> {
    let id: PosAccountId = id.parse().map_err(|_| Error::NotFound)?;
    let address = Some(address(&headers)).filter(|address| !address.is_empty());
    Ok(axum::Json(pos_test(&app, &caller.ctx, id, address).await?))
}

/// The version that the caller has seen: `If-Match: "3"`.
pub(super) fn if_match(headers: &HeaderMap) -> Result<i64> {
    let text = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let text = text.ok_or(Error::BadRequest("if_match_required"))?;
    text.trim().trim_matches('"').parse().map_err(|_| Error::PreconditionFailed)
}

async fn account_of(app: &App, ctx: &Ctx, id: PosAccountId) -> Result<Response> {
    let mut tx = app.db.read().await?;
    let row = pos_account_visible(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
    let view = account_view(app, &mut tx, row).await?;
    let tag = HeaderValue::from_str(&format!("\"{}\"", view.version));
    let mut response = axum::Json(view).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

async fn account_view(app: &App, tx: &mut Tx, row: store::PosAccount) -> Result<PosAccount> {
    let broken = || Error::Internal(format!("{} holds broken JSON", row.pos_account_id));
    let plugin = app.plugins.active(row.tenant_id, &row.plugin_id);
    let manifest = plugin.as_ref().map(|plugin| &plugin.manifest);
    let set = pos_secret_list(tx, row.tenant_id, row.pos_account_id).await?;
    // What the manifest asks for, set or not; and what an older version of it asked for.
    let mut secrets: BTreeMap<String, SecretState> = BTreeMap::new();
    let unset = |name: &str| SecretState { name: name.to_owned(), ..SecretState::default() };
    for secret in manifest.iter().flat_map(|manifest| &manifest.secrets) {
        secrets.insert(secret.name.clone(), unset(&secret.name));
    }
    for secret in set {
        let state = secrets.entry(secret.name.clone()).or_insert_with(|| unset(&secret.name));
        (state.set, state.updated_at) = (true, Some(view::instant(secret.updated_at_ms)));
    }
    for spare in pos_secret_spare_list(tx, row.tenant_id, row.pos_account_id).await? {
        let state = secrets.entry(spare.name.clone()).or_insert_with(|| unset(&spare.name));
        let at = Some(view::instant(spare.updated_at_ms));
        match spare.turn {
            SecretTurn::Next => state.next_at = at,
            SecretTurn::Previous => state.previous_at = at,
        }
    }
    let bank_name = manifest.and_then(|manifest| manifest.bank(&row.bank)).map(|bank| bank.name.clone());
    Ok(PosAccount {
        id: row.pos_account_id.to_string(),
        livemode: row.environment == store::Environment::Live,
        node: view::node_ref(row.node_id, &row.node_name),
        name: row.name.clone(),
        plugin: PluginRef {
            id: row.plugin_id.clone(),
            version: plugin.as_ref().map(|plugin| plugin.version.clone()).unwrap_or_default(),
            digest: plugin.as_ref().map(|plugin| plugin.digest.clone()).unwrap_or_default(),
        },
        bank_name: bank_name.unwrap_or_else(|| row.bank.clone()),
        bank: row.bank.clone(),
        environment: match row.environment {
            store::Environment::Test => Environment::Test,
            store::Environment::Live => Environment::Live,
        },
        state: match row.state {
            store::PosAccountState::Active => PosAccountState::Active,
            store::PosAccountState::Disabled => PosAccountState::Disabled,
        },
        three_d_model: row.three_d_model.clone(),
        three_d_required: row.demands_three_d(),
        sub_dealers: row.names_sub_dealers(),
        returns_commission: row.returns_commission == 1,
        day_end: row.day_end.clone(),
        config: serde_json::from_str(&row.config).map_err(|_| broken())?,
        endpoints: serde_json::from_str(&row.endpoints).map_err(|_| broken())?,
        secrets: secrets.into_values().collect(),
        version: row.version,
        created_at: view::instant(row.created_at_ms),
        updated_at: view::instant(row.updated_at_ms),
    })
}
