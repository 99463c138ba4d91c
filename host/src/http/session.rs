//! Signing in and out, and the sessions of a person.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use vezne_api::{Me, NodeRef, Page, Permission, SignIn};
use zeroize::Zeroizing;

use super::error::{Error, Result};
use super::extract::{Caller, Credential, Json, Path, address, caller_of, cookie_secret, role};
use super::route::{Endpoint, Table};
use super::{same_origin, view};
use crate::app::App;
use crate::domain::id::SessionId;
use crate::flow::sign_in::{self, Entrance, SignInError};
use crate::limits;
use crate::security::permission;
use crate::security::session as secret;
use crate::store::node::{node_fetch, node_path};
use crate::store::session::{Session, session_end, session_end_all, session_list};
use crate::store::tenant::tenant_fetch;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(Endpoint::post("/sign-in", "Signs a person in by a form").anyone().reply_empty(303), sign_in_form)
        .add(Endpoint::post("/sign-out", "Signs a person out by a form").anyone().reply_empty(303), sign_out_form)
        .add(
            Endpoint::post("/v1/sessions", "Signs a person in and sets the cookie")
                .anyone()
                .body::<SignIn>()
                .reply::<Me>(201),
            create,
        )
        .add(Endpoint::get("/v1/sessions", "Lists the person's sessions").reply::<Page<vezne_api::Session>>(200), list)
        .add(Endpoint::delete("/v1/sessions", "Ends all sessions of the person"), end_all)
        .add(Endpoint::delete("/v1/sessions/current", "Signs out"), end_current)
        .add(Endpoint::delete("/v1/sessions/{id}", "Ends one session of the person"), end)
        .add(Endpoint::get("/v1/me", "Who asks, and what that one may do").reply::<Me>(200), me)
}

/// The form of the sign-in page.
#[derive(Deserialize)]
struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn sign_in_form(
    State(app): State<App>,
    headers: HeaderMap,
    axum::Form(form): axum::Form<SignInForm>,
) -> Result<Response> {
    same_origin::origin(&headers)?;
    let password = Zeroizing::new(form.password);
    let entrance = entrance(&headers);
    match sign_in::sign_in(&app, &entrance, &form.email, password, cookie_secret(&headers)).await {
        Ok(entered) => {
            let mut response = see_other(&local(&form.next));
            set_cookie(&mut response, &secret::cookie(&entered.secret));
            Ok(response)
        }
        Err(SignInError::Refused) => Ok(see_other(&back(&form.email, &form.next, "refused"))),
        Err(SignInError::TooMany(_)) => Ok(see_other(&back(&form.email, &form.next, "too-many"))),
        Err(SignInError::Store(error)) => Err(error.into()),
    }
}

async fn sign_out_form(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    same_origin::origin(&headers)?;
    if let Some(known) = cookie_secret(&headers) {
        sign_in::sign_out(&app, known).await?;
    }
    let mut response = see_other("/sign-in");
    set_cookie(&mut response, &secret::cookie_removed());
    // Nothing of the firm stays in the browser.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

async fn create(State(app): State<App>, headers: HeaderMap, Json(body): Json<SignIn>) -> Result<Response> {
    same_origin::origin(&headers)?;
    let password = Zeroizing::new(body.password);
    let entrance = entrance(&headers);
    let entered = match sign_in::sign_in(&app, &entrance, &body.email, password, cookie_secret(&headers)).await {
        Ok(entered) => entered,
        Err(SignInError::Refused) => return Err(Error::Forbidden("sign_in_failed")),
        Err(SignInError::TooMany(seconds)) => return Err(Error::TooMany(seconds)),
        Err(SignInError::Store(error)) => return Err(error.into()),
    };
    let caller = caller_of(&app, &headers, entered.signed_in);
    let mut response = (StatusCode::CREATED, axum::Json(me_of(&app, &caller).await?)).into_response();
    set_cookie(&mut response, &secret::cookie(&entered.secret));
    Ok(response)
}

async fn list(State(app): State<App>, caller: Caller) -> Result<axum::Json<Page<vezne_api::Session>>> {
    let Credential::Session(signed_in) = &caller.credential else { return Ok(axum::Json(Page::whole(Vec::new()))) };
    let mut tx = app.db.read().await?;
    let now_ms = app.clock.now_ms();
    let rows = session_list(&mut tx, caller.ctx.tenant, signed_in.session.user_id, now_ms).await?;
    let current = signed_in.session.session_id;
    Ok(axum::Json(Page::whole(rows.iter().map(|row| session_view(row, row.session_id == current)).collect())))
}

async fn end(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode> {
    let Credential::Session(signed_in) = &caller.credential else { return Err(Error::NotFound) };
    let id: SessionId = id.parse().map_err(|_| Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    let user = signed_in.session.user_id;
    if !session_end(&mut tx, caller.ctx.tenant, user, id, app.clock.now_ms()).await? {
        return Err(Error::NotFound);
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end_current(State(app): State<App>, caller: Caller) -> Result<Response> {
    let Credential::Session(signed_in) = &caller.credential else { return Err(Error::NotFound) };
    let mut tx = app.db.begin().await?;
    let session = &signed_in.session;
    session_end(&mut tx, session.tenant_id, session.user_id, session.session_id, app.clock.now_ms()).await?;
    tx.commit().await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &secret::cookie_removed());
    Ok(response)
}

async fn end_all(State(app): State<App>, caller: Caller) -> Result<Response> {
    let Credential::Session(signed_in) = &caller.credential else { return Err(Error::NotFound) };
    let mut tx = app.db.begin().await?;
    session_end_all(&mut tx, caller.ctx.tenant, signed_in.session.user_id, app.clock.now_ms()).await?;
    tx.commit().await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &secret::cookie_removed());
    Ok(response)
}

async fn me(State(app): State<App>, caller: Caller) -> Result<axum::Json<Me>> {
    me_of(&app, &caller).await.map(axum::Json)
}

async fn me_of(app: &App, caller: &Caller) -> Result<Me> {
    let mut tx = app.db.read().await?;
    let ctx = &caller.ctx;
    let tenant = tenant_fetch(&mut tx, ctx.tenant).await?.ok_or(Error::Unauthenticated)?;
    let node = node_fetch(&mut tx, ctx.tenant, ctx.scope, ctx.scope).await?.ok_or(Error::Unauthenticated)?;
    let steps = node_path(&mut tx, ctx.tenant, None, ctx.scope).await?;
    let mut path: Vec<NodeRef> = view::path(&steps);
    // The firm's name is shown to all of its dealers; the levels between are nobody's business but theirs.
    if path.len() > 2 {
        path.drain(1..path.len() - 1);
    }
    let mut permissions: Vec<Permission> = caller.grants.permissions.clone();
    permissions.sort_unstable();
    debug_assert!(permissions.iter().all(|held| permission::ALL.contains(held)));
    let signed_in = match &caller.credential {
        Credential::Session(signed_in) => Some(signed_in),
        Credential::Token => None,
    };
    Ok(Me {
        user: signed_in.map(|s| vezne_api::User {
            id: s.session.user_id.to_string(),
            email: s.email.clone(),
            name: s.name.clone(),
            language: s.language.clone(),
        }),
        role: signed_in.map(|s| role(s.role)),
        tenant: tenant.slug,
        firm: tenant.name,
        node: view::node_ref(ctx.scope, &node.node.name),
        path,
        permissions,
        livemode: !app.config.sandbox,
        zone: tenant.zone,
        session: signed_in.map(|s| session_view(&s.session, true)),
    })
}

fn session_view(row: &Session, current: bool) -> vezne_api::Session {
    let idle_ms = row.seen_at_ms + limits::millis(limits::SESSION_IDLE);
    let ends_ms = row.created_at_ms + limits::millis(limits::SESSION_LIFE);
    vezne_api::Session {
        id: row.session_id.to_string(),
        current,
        address: row.address.clone(),
        user_agent: row.user_agent.clone(),
        created_at: view::instant(row.created_at_ms),
        seen_at: view::instant(row.seen_at_ms),
        expires_at: view::instant(idle_ms.min(ends_ms)),
    }
}

fn entrance(headers: &HeaderMap) -> Entrance {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Entrance {
        address: address(headers),
        user_agent: agent.chars().filter(|c| !c.is_control()).take(200).collect(),
        request_id: super::extract::request_id(headers).unwrap_or_default(),
    }
}

fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let place = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, place);
    response
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Back to the form, with what was typed but for the password.
fn back(email: &str, next: &str, error: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("error", error).append_pair("email", email);
    if !next.is_empty() {
        query.append_pair("next", &local(next));
    }
    format!("/sign-in?{}", query.finish())
}

/// Only a path of ours may be gone on to: `//elsewhere` and `/\elsewhere` are other sites to a browser.
fn local(next: &str) -> String {
    let second = next.chars().nth(1);
    let ours = next.starts_with('/') && !matches!(second, Some('/' | '\\')) && !next.contains(char::is_control);
    if ours && next.is_ascii() { next.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_gone_on_to() {
        assert_eq!(local("/payments?q=1"), "/payments?q=1");
        for other in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/\r\nset-cookie: a=b", "/ğ"] {
            assert_eq!(local(other), "/", "{other}");
        }
        assert_eq!(back("a@b.tr", "/pay", "refused"), "/sign-in?error=refused&email=a%40b.tr&next=%2Fpay");
    }
}
