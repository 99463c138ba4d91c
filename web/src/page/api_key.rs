//! Keys for programs: made once, shown once, revoked for good.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use vezne_api::{ApiKey, ApiKeyCreate, ApiKeyCreated, Page, Scope};

use crate::{
    api::{Fault, segment},
    page::dealer::{at, refused, status_of},
    part::{
        field::field,
        icon::{self, icon},
        surface::{Tone, card, empty_first, note, page_head, pill},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    visit::{Sent, Visit},
};

const SCOPES: [(Scope, &str, &str); 10] = [
    (Scope::PaymentsRead, "payments:read", "scope-payments-read"),
    (Scope::PaymentsWrite, "payments:write", "scope-payments-write"),
    (Scope::RefundsWrite, "refunds:write", "scope-refunds-write"),
    (Scope::BooksRead, "books:read", "scope-books-read"),
    (Scope::BooksWrite, "books:write", "scope-books-write"),
    (Scope::PosRead, "pos:read", "scope-pos-read"),
    (Scope::PosWrite, "pos:write", "scope-pos-write"),
    (Scope::WebhooksRead, "webhooks:read", "scope-webhooks-read"),
    (Scope::WebhooksWrite, "webhooks:write", "scope-webhooks-write"),
    (Scope::PluginsWrite, "plugins:write", "scope-plugins-write"),
];

/// `GET /api-keys`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    render(&visit, &Sent::nothing(), None, None).await
}

/// `POST /api-keys`. The answer is the page itself and no redirect: the secret is shown in it once and kept nowhere.
pub async fn create(visit: Visit, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let chosen = sent.all("scope");
    let scopes: Vec<Scope> =
        SCOPES.iter().filter(|(_, name, _)| chosen.iter().any(|c| c == name)).map(|(scope, ..)| *scope).collect();
    if scopes.is_empty() {
        let error = vezne_api::FieldError {
            pointer: "/scopes".to_owned(),
            code: "required".to_owned(),
            detail: visit.t().s("scopes-needed"),
        };
        let fault = Fault { status: 422, errors: vec![error], ..Fault::default() };
        return render(&visit, &sent, Some(&fault), None).await;
    }
    let asked = ApiKeyCreate { name: sent.get("name").to_owned(), node: None, scopes, expires_at: None };
    match visit.post::<_, ApiKeyCreated>("/v1/api_keys", None, &asked).await {
        Ok(made) => render(&visit, &Sent::nothing(), None, Some(&made)).await,
        Err(fault) if fault.is_about_input() => render(&visit, &sent, Some(&fault), None).await,
        Err(fault) => Err(fault),
    }
}

/// `POST /api-keys/{id}/revoke`
pub async fn revoke(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.delete(&format!("/v1/api_keys/{}", segment(&id))).await?;
    Ok(Redirect::to("/api-keys").into_response())
}

async fn render(
    visit: &Visit,
    sent: &Sent,
    fault: Option<&Fault>,
    made: Option<&ApiKeyCreated>,
) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let page: Page<ApiKey> = visit.get("/v1/api_keys").await?;
    let t = visit.t();
    let made = made.map(|m| {
        view! {
            <section class="card" role="status"><div class="body stack">{note(Tone::Ok, t.s("key-made"), t.s("key-made-what"), None)}
                <div class="field"><label for="secret">{t.s("key-secret")}</label><input id="secret" class="mono" readonly=true value=m.secret.clone() autocomplete="off" /></div></div></section>
        }
        .into_any()
    });
    let body = if page.data.is_empty() {
        empty_first(icon::CODE, t.s("keys-empty"), t.s("keys-empty-what"), None)
    } else {
        let cols = vec![
            col(t.s("name")),
            col(t.s("key-begins")),
            col(t.s("scopes")),
            col(t.s("key-used")),
            col(t.s("action")).class("n").spoken_only(),
        ];
        table(&t.s("nav-api-keys"), false, cols, page.data.iter().map(|k| row(visit, k)).collect())
    };
    let main = view! {
        {page_head(t.s("nav-api-keys"), Some(t.s("keys-what")), ())}
        <div class="stack">{made}<div class="cols"><section class="card" aria-label=t.s("nav-api-keys")>{body}</section>
            {card("new-key", t.s("key-add"), None, new_form(visit, sent, fault))}</div></div>
    };
    let status = if fault.is_some() { status_of(fault) } else { StatusCode::OK };
    Ok(shell::page_with_status(visit, status, Nav::ApiKeys, &t.s("nav-api-keys"), main.into_any()))
}

fn row(visit: &Visit, k: &ApiKey) -> Vec<Cell> {
    let t = visit.t();
    let scopes =
        SCOPES.iter().filter(|(s, ..)| k.scopes.contains(s)).map(|(_, name, _)| *name).collect::<Vec<_>>().join(", ");
    let used = k.used_at.as_deref().map_or_else(|| t.s("never"), |at| visit.date_time(at));
    let act = if k.revoked_at.is_some() {
        pill(Tone::No, t.s("key-revoked"))
    } else {
        view! {
            <form method="post" action=format!("/api-keys/{}/revoke", k.id)><button class="btn bad">{t.s("key-revoke")}<span class="vh">{format!(": {}", k.name)}</span></button></form>
        }
        .into_any()
    };
    vec![
        head(view! { {k.name.clone()}<small>{k.node.name.clone()}</small> }),
        cell(view! { <span class="mono">{k.hint.clone()}</span> }).class("nw all"),
        cell(scopes).class("small all"),
        cell(used).class("small").label(t.s("key-used")),
        cell(act).class("n amt"),
    ]
}

fn new_form(visit: &Visit, sent: &Sent, fault: Option<&Fault>) -> AnyView {
    let t = visit.t();
    let chosen = sent.all("scope");
    let boxes = SCOPES
        .iter()
        .map(|(_, name, key)| {
            let checked = chosen.iter().any(|c| c == name);
            view! { <label class="check"><input type="checkbox" name="scope" value=*name checked=checked /><span>{t.s(key)}<small class="mono">{*name}</small></span></label> }.into_any()
        })
        .collect::<Vec<_>>();
    let wrong = at(fault, "/scopes").map(|e| view! { <p class="err">{icon(icon::CROSS)}{e}</p> }.into_any());
    view! {
        <form class="body stack" method="post" action="/api-keys">{refused(visit, fault)}
            {field("name", t.s("name")).value(sent.get("name")).hint(t.s("key-name-hint")).error(at(fault, "/name")).required().view()}
            <fieldset class="stack tight field"><legend class="small">{t.s("scopes")}</legend>{boxes}{wrong}</fieldset>
            <div class="row"><button class="btn go end">{t.s("key-add")}</button></div></form>
    }
    .into_any()
}
