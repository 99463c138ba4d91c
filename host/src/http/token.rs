//! Keys of programs, and the tokens they are exchanged for.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use vezne_api::{ApiKeyCreate, ApiKeyCreated, Page, Permission, Token};

use super::check::Checks;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query, scope_text, scopes};
use super::page::{Listed, PageQuery, Window};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::domain::id::{ApiKeyId, NodeId};
use crate::limits;
use crate::security::api_key as secret;
use crate::security::permission::of_scope;
use crate::store::api_key::{ApiKey, api_key_by_secret, api_key_insert, api_key_list, api_key_revoke, api_key_touch};
use crate::store::audit::audit_insert;
use crate::store::node::node_fetch;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(Endpoint::post("/v1/tokens", "Exchanges an API key for a token").anyone().reply::<Token>(201), exchange)
        .add(
            Endpoint::get("/v1/api_keys", "Lists API keys")
                .needs(Permission::ApiKeyWrite)
                .query::<PageQuery>()
                .reply::<Page<vezne_api::ApiKey>>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/api_keys", "Makes an API key; the answer alone holds its secret")
                .needs(Permission::ApiKeyWrite)
                .body::<ApiKeyCreate>()
                .reply::<ApiKeyCreated>(201),
            create,
        )
        .add(Endpoint::delete("/v1/api_keys/{id}", "Revokes an API key").needs(Permission::ApiKeyWrite), revoke)
}

async fn exchange(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let address = super::extract::address(&headers);
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let known = bearer.and_then(|text| text.strip_prefix("Bearer ")).filter(|text| secret::is_secret(text));
    let Some(known) = known else { return Err(Error::Unauthenticated) };
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let Some(key) = api_key_by_secret(&mut tx, &secret::secret_hash(known), now_ms).await? else {
        tracing::warn!(address, "an unknown, ended or revoked API key was used");
        return Err(Error::Unauthenticated);
    };
    api_key_touch(&mut tx, &key, now_ms).await?;
    tx.commit().await?;
    let issued = app.security.tokens.issue(key.api_key_id, key.tenant_id, key.node_id, &key.scopes);
    let (access_token, expires_in) = issued.map_err(|error| Error::Internal(error.to_string()))?;
    let token = Token { access_token, token_type: "Bearer".to_owned(), expires_in, scopes: scopes(&key.scopes) };
    Ok((StatusCode::CREATED, axum::Json(token)).into_response())
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Listed<vezne_api::ApiKey>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "api_keys", query.limit, query.cursor.as_deref())?;
    let mut tx = app.db.read().await?;
    let ctx = &caller.ctx;
    let rows = api_key_list(&mut tx, ctx.tenant, ctx.scope, window.span()).await?;
    let livemode = !app.config.sandbox;
    let page = window.page(prints, rows, |row| row.api_key_id.to_text(), |row| key_view(&row, livemode));
    Ok(Listed(page))
}

async fn create(State(app): State<App>, caller: Caller, Json(body): Json<ApiKeyCreate>) -> Result<Response> {
    let ctx = &caller.ctx;
    let now_ms = app.clock.now_ms();
    let mut checks = Checks::default();
    let name = checks.text("/name", &body.name, 100);
    if body.scopes.is_empty() {
        checks.wrong("/scopes", "required");
    }
    for (place, scope) in body.scopes.iter().enumerate() {
        // Nobody gives what they do not have. The ledger alone is read by programs and not by people.
        let missing = of_scope(*scope).iter().any(|action| !caller.grants.has(*action));
        if missing {
            checks.wrong(format!("/scopes/{place}"), "not_granted");
        }
    }
    let expires_at_ms = match body.expires_at.as_deref() {
        None => now_ms + limits::millis(limits::API_KEY_LIFE),
        Some(text) => view::millis(text).unwrap_or_else(|| {
            checks.wrong("/expires_at", "malformed");
            i64::MAX
        }),
    };
    if expires_at_ms <= now_ms {
        checks.wrong("/expires_at", "in_past");
    }
    checks.done()?;
    let node_id: NodeId = match body.node.as_deref() {
        None => ctx.scope,
        Some(text) => text.parse().map_err(|_| Error::field("/node", "not_found"))?,
    };
    let mut tx = app.db.begin().await?;
    let node = node_fetch(&mut tx, ctx.tenant, ctx.scope, node_id).await?;
    let node = node.ok_or_else(|| Error::field("/node", "not_found"))?;
    let livemode = !app.config.sandbox;
    let fresh = secret::secret(livemode);
    let key = ApiKey {
        tenant_id: ctx.tenant,
        api_key_id: ApiKeyId::at(now_ms),
        node_id,
        node_name: node.node.name,
        name,
        scopes: scope_text(&body.scopes),
        hint: secret::hint(&fresh),
        created_at_ms: now_ms,
        expires_at_ms,
        used_at_ms: None,
        revoked_at_ms: None,
    };
    api_key_insert(&mut tx, &key, &secret::secret_hash(&fresh), &ctx.actor.label()).await?;
    let detail = json!({"name": key.name, "scopes": key.scopes, "node": key.node_id.to_string()});
    audit_insert(&mut tx, ctx, "api_key.created", &key.api_key_id.to_string(), &detail).await?;
    tx.commit().await?;
    let made = ApiKeyCreated { key: key_view(&key, livemode), secret: fresh.to_string() };
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}

async fn revoke(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode> {
    let id: ApiKeyId = id.parse().map_err(|_| Error::NotFound)?;
    let ctx = &caller.ctx;
    let mut tx = app.db.begin().await?;
    if !api_key_revoke(&mut tx, ctx.tenant, ctx.scope, id, app.clock.now_ms()).await? {
        return Err(Error::NotFound);
    }
    audit_insert(&mut tx, ctx, "api_key.revoked", &id.to_string(), &json!({})).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn key_view(row: &ApiKey, livemode: bool) -> vezne_api::ApiKey {
    vezne_api::ApiKey {
        id: row.api_key_id.to_string(),
        livemode,
        name: row.name.clone(),
        node: view::node_ref(row.node_id, &row.node_name),
        scopes: scopes(&row.scopes),
        hint: row.hint.clone(),
        created_at: view::instant(row.created_at_ms),
        expires_at: Some(view::instant(row.expires_at_ms)),
        used_at: row.used_at_ms.map(view::instant),
        revoked_at: row.revoked_at_ms.map(view::instant),
    }
}
