//! Webhook endpoints: where programs of the firm are told, how they fare, their secret and their log.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use serde_json::json;
use vezne_api::{
    Page, Permission, WEBHOOK_EVENT_TYPES, WebhookDelivery, WebhookDisabledReason, WebhookEndpoint,
    WebhookEndpointCreate, WebhookEndpointSecret, WebhookEndpointState, WebhookEndpointUpdate, WebhookReplay,
    WebhookReplayCreate, WebhookSecretRotate,
};

use super::webhook_delivery::log;
use crate::{
    api::{Fault, path, segment},
    page::{
        dealer::{at, refused, status_of},
        payment::pages,
    },
    part::{
        field::{choice, field, hidden},
        icon::{self, icon},
        surface::{Tone, card, crumb, empty_first, facts, note, page_head, pill},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::{Sent, Visit},
};

/// `GET /webhooks`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let page: Page<WebhookEndpoint> =
        visit.get(&path("/v1/webhook_endpoints", &[("cursor", visit.query("cursor"))])).await?;
    let t = visit.t();
    let add = || {
        visit.may(Permission::WebhookWrite).then(|| {
            view! { <a class="btn go" href="/webhooks/new">{icon(icon::PLUS)}{t.s("webhook-add")}</a> }.into_any()
        })
    };
    let body = if page.data.is_empty() {
        empty_first(icon::BELL, t.s("webhooks-empty"), t.s("webhooks-empty-what"), add())
    } else {
        let cols = vec![
            col(t.s("webhook")),
            col(t.s("webhook-events")).class("far"),
            col(t.s("webhook-last")),
            col(t.s("webhook-waiting")).class("n"),
            col(t.s("state")),
        ];
        table(&t.s("nav-webhooks"), false, cols, page.data.iter().map(|e| row(&visit, e)).collect())
    };
    let main = view! {
        {page_head(t.s("nav-webhooks"), Some(t.s("webhooks-what")), add())}
        <div class="stack"><section class="card" aria-label=t.s("nav-webhooks")>{body}</section>{pages(&visit, &page)}</div>
    };
    Ok(shell::page(&visit, Nav::Webhooks, &t.s("nav-webhooks"), main.into_any()))
}

fn row(visit: &Visit, e: &WebhookEndpoint) -> Vec<Cell> {
    let t = visit.t();
    let last = e.succeeded_at.as_deref().map_or_else(|| t.s("never"), |at| visit.date_time(at));
    vec![
        head(view! { <a href=format!("/webhooks/{}", e.id)>{shown(e)}</a><small>{e.url.clone()}</small> }),
        cell(events(t, e)).class("opt far small"),
        cell(last).class("small").label(t.s("webhook-last")),
        cell(e.pending.to_string()).class("n").label(t.s("webhook-waiting")),
        cell(health(t, e)).class("amt"),
    ]
}

/// What a person calls it.
fn shown(e: &WebhookEndpoint) -> String {
    if e.description.is_empty() { e.url.clone() } else { e.description.clone() }
}

fn events(t: Locale, e: &WebhookEndpoint) -> String {
    if e.events.is_empty() { t.s("webhook-events-all") } else { e.events.join(", ") }
}

fn health(t: Locale, e: &WebhookEndpoint) -> AnyView {
    match e.state {
        WebhookEndpointState::Disabled => pill(Tone::Wait, t.s("webhook-disabled")),
        WebhookEndpointState::Active if e.failing_since.is_some() => pill(Tone::No, t.s("webhook-failing")),
        WebhookEndpointState::Active => pill(Tone::Ok, t.s("webhook-active")),
    }
}

/// `GET /webhooks/new`
pub async fn form(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    Ok(render_new(&visit, &Sent::nothing(), None))
}

/// `POST /webhooks`. The answer is the page itself and no redirect: the secret is shown in it once and kept nowhere.
pub async fn create(visit: Visit, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let asked = WebhookEndpointCreate {
        url: sent.get("url").to_owned(),
        description: sent.some("description"),
        events: sent.all("event"),
        node: None,
    };
    match visit.post::<_, WebhookEndpointSecret>("/v1/webhook_endpoints", None, &asked).await {
        Ok(made) => render(&visit, &made.endpoint.id, &Sent::nothing(), None, Some(&made.secret)).await,
        Err(fault) if fault.is_about_input() => Ok(render_new(&visit, &sent, Some(&fault))),
        Err(fault) => Err(fault),
    }
}

fn render_new(visit: &Visit, sent: &Sent, fault: Option<&Fault>) -> Response {
    let t = visit.t();
    let chosen = sent.all("event");
    let main = view! {
        {crumb("/webhooks", t.s("nav-webhooks"), t.s("webhook-add"))}{page_head(t.s("webhook-add"), None, ())}
        <form class="card slim-form" method="post" action="/webhooks"><div class="body stack">{refused(visit, fault)}
            {fields(t, sent.get("url"), sent.get("description"), &chosen, fault)}
            <div class="row"><a class="btn plain end" href="/webhooks">{t.s("cancel")}</a><button class="btn go">{t.s("save")}</button></div></div></form>
    };
    shell::page_with_status(visit, status_of(fault), Nav::Webhooks, &t.s("webhook-add"), main.into_any())
}

fn fields(t: Locale, url: &str, description: &str, chosen: &[String], fault: Option<&Fault>) -> AnyView {
    let boxes = WEBHOOK_EVENT_TYPES
        .iter()
        .map(|kind| {
            let checked = chosen.iter().any(|c| c == kind);
            view! { <label class="check"><input type="checkbox" name="event" value=*kind checked=checked /><span class="mono">{*kind}</span></label> }.into_any()
        })
        .collect::<Vec<_>>();
    view! {
        {field("url", t.s("webhook-url")).kind("url").value(url).hint(t.s("webhook-url-hint")).error(at(fault, "/url")).placeholder("https://").required().view()}
        {field("description", t.s("description")).value(description).hint(t.s("webhook-description-hint")).error(at(fault, "/description")).max("200").view()}
        <fieldset class="stack tight field"><legend class="small">{t.s("webhook-events")}</legend><p class="hint">{t.s("webhook-events-hint")}</p><div class="grid2">{boxes}</div></fieldset>
    }
    .into_any()
}

/// `GET /webhooks/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    render(&visit, &id, &Sent::nothing(), None, None).await
}

/// `POST /webhooks/{id}`
pub async fn change(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let state = match sent.get("state") {
        "disabled" => WebhookEndpointState::Disabled,
        _ => WebhookEndpointState::Active,
    };
    let asked = WebhookEndpointUpdate {
        url: Some(sent.get("url").to_owned()),
        description: Some(sent.get("description").to_owned()),
        events: Some(sent.all("event")),
        state: Some(state),
    };
    // The version the form was drawn from: somebody else's change in between is not overwritten.
    let version = sent.get("version").parse().unwrap_or_default();
    let to = format!("/v1/webhook_endpoints/{}", segment(&id));
    match visit.patch::<_, WebhookEndpoint>(&to, version, &asked).await {
        Ok(_) => Ok(Redirect::to(&format!("/webhooks/{}?saved=1", segment(&id))).into_response()),
        Err(fault) if fault.is_about_input() => render(&visit, &id, &sent, Some(&fault), None).await,
        Err(fault) => Err(fault),
    }
}

/// `POST /webhooks/{id}/rotate`. The answer is the page itself: the new secret is shown in it once.
pub async fn rotate(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let to = format!("/v1/webhook_endpoints/{}/rotate", segment(&id));
    let made: WebhookEndpointSecret = visit.post(&to, None, &WebhookSecretRotate::default()).await?;
    render(&visit, &id, &Sent::nothing(), None, Some(&made.secret)).await
}

/// `POST /webhooks/{id}/test`: waits for the answer and shows it.
pub async fn test(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let to = format!("/v1/webhook_endpoints/{}/test", segment(&id));
    let delivery: WebhookDelivery = visit.post(&to, None, &json!({})).await?;
    Ok(Redirect::to(&format!("/webhooks/{}/deliveries/{}", segment(&id), delivery.id)).into_response())
}

/// `POST /webhooks/{id}/replay`: whole days of the firm's zone.
pub async fn replay(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let asked = WebhookReplayCreate {
        from: day_begins(&visit, sent.get("from"), 0).unwrap_or_else(|| sent.get("from").to_owned()),
        to: sent.some("to").map(|to| day_begins(&visit, &to, 1).unwrap_or(to)),
    };
    let to = format!("/v1/webhook_endpoints/{}/replay", segment(&id));
    match visit.post::<_, WebhookReplay>(&to, None, &asked).await {
        Ok(_) => Ok(Redirect::to(&format!("/webhooks/{}", segment(&id))).into_response()),
        Err(fault) if fault.is_about_input() => render(&visit, &id, &sent, Some(&fault), None).await,
        Err(fault) => Err(fault),
    }
}

/// The instant at which a day, or one some days later, begins.
fn day_begins(visit: &Visit, day: &str, later: i64) -> Option<String> {
    let day: jiff::civil::Date = day.parse().ok()?;
    let day = day.checked_add(jiff::Span::new().days(later)).ok()?;
    Some(day.to_zoned(visit.zone()).ok()?.timestamp().to_string())
}

/// `POST /webhooks/{id}/delete`
pub async fn delete(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.delete(&format!("/v1/webhook_endpoints/{}", segment(&id))).await?;
    Ok(Redirect::to("/webhooks").into_response())
}

async fn render(
    visit: &Visit,
    id: &str,
    sent: &Sent,
    fault: Option<&Fault>,
    secret: Option<&str>,
) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let e: WebhookEndpoint = visit.get(&format!("/v1/webhook_endpoints/{}", segment(id))).await?;
    let deliveries: Page<WebhookDelivery> = visit
        .get(&path(
            "/v1/webhook_deliveries",
            &[("endpoint", &e.id), ("limit", "20"), ("cursor", visit.query("cursor"))],
        ))
        .await?;
    let saved =
        (!visit.query("saved").is_empty()).then(|| note(Tone::Ok, t.s("saved"), t.s("webhook-saved-what"), None));
    let may_write = visit.may(Permission::WebhookWrite);
    let title = shown(&e);
    let test = (may_write && e.state == WebhookEndpointState::Active).then(|| {
        view! { <form method="post" action=format!("/webhooks/{}/test", e.id)><button class="btn">{icon(icon::PLAY)}{t.s("webhook-test")}</button></form> }.into_any()
    });
    let main = view! {
        {crumb("/webhooks", t.s("nav-webhooks"), title.clone())}
        <div class="head"><div><h1>{title.clone()}</h1></div>{health(t, &e)}{test}</div>
        <div class="stack">{saved}{trouble(visit, &e)}{secret.map(|s| secret_card(t, s))}
            <div class="cols"><div class="stack">{log(visit, &deliveries.data)}{pages(visit, &deliveries)}{may_write.then(|| settings(visit, &e, sent, fault))}</div>
                <div class="stack">{summary(visit, &e)}{may_write.then(|| acts(visit, &e))}</div></div></div>
    };
    let status = if fault.is_some() { status_of(fault) } else { StatusCode::OK };
    Ok(shell::page_with_status(visit, status, Nav::Webhooks, &title, main.into_any()))
}

fn trouble(visit: &Visit, e: &WebhookEndpoint) -> Option<AnyView> {
    let t = visit.t();
    if e.state == WebhookEndpointState::Disabled {
        let why = match e.disabled_reason {
            Some(WebhookDisabledReason::Gone) => t.s("webhook-why-gone"),
            Some(WebhookDisabledReason::Failing) => t.s("webhook-why-failing"),
            _ => t.s("webhook-why-asked"),
        };
        return Some(note(Tone::Wait, t.s("webhook-disabled"), why, None));
    }
    let since = visit.date_time(e.failing_since.as_deref()?);
    Some(note(Tone::No, t.s("webhook-failing"), since, None))
}

fn secret_card(t: Locale, secret: &str) -> AnyView {
    view! {
        <section class="card" role="status"><div class="body stack">{note(Tone::Ok, t.s("webhook-secret-made"), t.s("key-made-what"), None)}
            <div class="field"><label for="secret">{t.s("webhook-secret")}</label><input id="secret" class="mono" readonly=true value=secret.to_owned() autocomplete="off" /></div></div></section>
    }
    .into_any()
}

fn summary(visit: &Visit, e: &WebhookEndpoint) -> AnyView {
    let t = visit.t();
    let last = e.succeeded_at.as_deref().map_or_else(|| t.s("never"), |at| visit.date_time(at));
    let mut pairs = vec![
        (t.s("webhook-url"), view! { <span class="mono wrap">{e.url.clone()}</span> }.into_any()),
        (t.s("webhook-events"), events(t, e).into_any()),
        (t.s("dealer"), e.node.name.clone().into_any()),
        (t.s("webhook-last"), last.into_any()),
        (t.s("webhook-waiting"), e.pending.to_string().into_any()),
        (t.s("webhook-given-up"), e.failed.to_string().into_any()),
    ];
    pairs.extend(e.failing_since.as_deref().map(|at| (t.s("webhook-failing-since"), visit.date_time(at).into_any())));
    pairs.extend(e.old_secret_until.as_deref().map(|at| (t.s("webhook-old-until"), visit.date_time(at).into_any())));
    pairs.push((t.s("changed-at"), visit.date_time(&e.updated_at).into_any()));
    card("facts", t.s("facts"), None, view! { <div class="body">{facts(pairs)}</div> })
}

fn settings(visit: &Visit, e: &WebhookEndpoint, sent: &Sent, fault: Option<&Fault>) -> AnyView {
    let t = visit.t();
    // A replay that was refused comes back here too, but is no setting.
    let typed = fault.is_some() && sent.some("url").is_some();
    let (url, description) =
        if typed { (sent.get("url"), sent.get("description")) } else { (e.url.as_str(), e.description.as_str()) };
    let chosen = if typed { sent.all("event") } else { e.events.clone() };
    let states = vec![("active".to_owned(), t.s("webhook-active")), ("disabled".to_owned(), t.s("webhook-disabled"))];
    let state = if e.state == WebhookEndpointState::Active { "active" } else { "disabled" };
    let form = view! {
        <form class="body stack" method="post" action=format!("/webhooks/{}", e.id)>{refused(visit, fault)}{hidden("version", e.version.to_string())}
            {fields(t, url, description, &chosen, fault)}{choice("state", t.s("state"), states, state, None)}
            <div class="row"><button class="btn go end">{t.s("save")}</button></div></form>
    };
    card("settings", t.s("settings"), None, form)
}

fn acts(visit: &Visit, e: &WebhookEndpoint) -> AnyView {
    let t = visit.t();
    let rotate = view! {
        <form class="body stack" method="post" action=format!("/webhooks/{}/rotate", e.id)><p class="small soft">{t.s("webhook-rotate-what")}</p>
            <div class="row"><button class="btn end">{icon(icon::LOCK)}{t.s("webhook-rotate")}</button></div></form>
    };
    let replay = (e.state == WebhookEndpointState::Active).then(|| {
        let form = view! {
            <form class="body stack" method="post" action=format!("/webhooks/{}/replay", e.id)><p class="small soft">{t.s("webhook-replay-what")}</p>
                {field("from", t.s("webhook-replay-from")).kind("date").required().view()}{field("to", t.s("webhook-replay-to")).kind("date").view()}
                <div class="row"><button class="btn end">{icon(icon::BACK)}{t.s("webhook-replay")}</button></div></form>
        };
        card("replay", t.s("webhook-replay"), None, form)
    });
    let delete = view! {
        <form class="body stack" method="post" action=format!("/webhooks/{}/delete", e.id)><p class="small soft">{t.s("webhook-delete-what")}</p>
            <label class="check"><input type="checkbox" name="sure" required=true /><span>{t.s("webhook-delete-sure")}</span></label>
            <div class="row"><button class="btn bad end">{t.s("webhook-delete")}</button></div></form>
    };
    view! {
        {card("rotate", t.s("webhook-secret"), None, rotate)}{replay}{card("delete", t.s("webhook-delete"), None, delete)}
    }
    .into_any()
}
