//! What an endpoint was told: the log of its deliveries, and one of them with its tries.

use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde_json::{Value, json};
use vezne_api::{Permission, WebhookAttempt, WebhookDelivery, WebhookDeliveryState};

use crate::{
    api::{Fault, segment},
    page::payment::short_id,
    part::{
        icon::{self, icon},
        surface::{Tone, card, empty_first, facts, pill},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// The log of an endpoint.
pub(super) fn log(visit: &Visit, deliveries: &[WebhookDelivery]) -> AnyView {
    let t = visit.t();
    let body = if deliveries.is_empty() {
        empty_first(icon::BELL, t.s("webhook-log-empty"), t.s("webhook-log-empty-what"), None)
    } else {
        let cols = vec![
            col(t.s("delivery")),
            col(t.s("delivery-about")).class("far"),
            col(t.s("delivery-attempts")).class("n"),
            col(t.s("time")),
            col(t.s("state")),
            col(t.s("action")).class("n").spoken_only(),
        ];
        table(&t.s("webhook-log"), false, cols, deliveries.iter().map(|d| row(visit, d)).collect())
    };
    card("log", t.s("webhook-log"), None, body)
}

fn row(visit: &Visit, d: &WebhookDelivery) -> Vec<Cell> {
    let t = visit.t();
    vec![
        head(
            view! { <a class="mono" href=format!("/webhooks/{}/deliveries/{}", d.endpoint, d.id)>{d.kind.clone()}</a><small class="mono">{short_id(&d.event)}</small> },
        ),
        cell(about(d)).class("opt far small"),
        cell(d.tries.to_string()).class("n").label(t.s("delivery-attempts")),
        cell(visit.date_time(&d.created_at)).class("small all"),
        cell(state(t, d.state)).class("amt"),
        cell(resend_button(visit, d)).class("n"),
    ]
}

fn about(d: &WebhookDelivery) -> AnyView {
    let words = format!("{} · {}", short_id(&d.about), d.sequence);
    if d.about.starts_with("pay_") {
        view! { <a class="mono" href=format!("/payments/{}", d.about)>{words}</a> }.into_any()
    } else {
        view! { <span class="mono">{words}</span> }.into_any()
    }
}

fn state(t: Locale, state: WebhookDeliveryState) -> AnyView {
    match state {
        WebhookDeliveryState::Pending => pill(Tone::Wait, t.s("delivery-pending")),
        WebhookDeliveryState::Delivered => pill(Tone::Ok, t.s("delivery-delivered")),
        WebhookDeliveryState::Failed => pill(Tone::No, t.s("delivery-failed")),
    }
}

fn resend_button(visit: &Visit, d: &WebhookDelivery) -> Option<AnyView> {
    let t = visit.t();
    visit.may(Permission::WebhookWrite).then(|| {
        view! {
            <form method="post" action=format!("/webhooks/{}/deliveries/{}/resend", d.endpoint, d.id)><button class="btn">{icon(icon::BACK)}{t.s("delivery-resend")}<span class="vh">{format!(": {} {}", d.kind, short_id(&d.event))}</span></button></form>
        }
        .into_any()
    })
}

/// `GET /webhooks/{id}/deliveries/{delivery}`
pub async fn show(visit: Visit, Path((id, delivery)): Path<(String, String)>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let d: WebhookDelivery = visit.get(&format!("/v1/webhook_deliveries/{}", segment(&delivery))).await?;
    let t = visit.t();
    let up = format!("/webhooks/{}", segment(&id));
    let mut pairs = vec![
        (t.s("delivery-about"), about(&d)),
        (t.s("delivery-sequence"), d.sequence.to_string().into_any()),
        ("webhook-id".to_owned(), view! { <span class="mono">{d.event.clone()}</span> }.into_any()),
        (t.s("time"), visit.date_time(&d.created_at).into_any()),
    ];
    pairs.extend(d.next_try_at.as_deref().map(|at| (t.s("delivery-next"), visit.date_time(at).into_any())));
    let tries = if d.attempts.is_empty() {
        view! { <div class="body"><p class="soft">{t.s("delivery-no-attempts")}</p></div> }.into_any()
    } else {
        let tries = d.attempts.iter().map(|a| attempt(&visit, a)).collect::<Vec<_>>();
        view! { <div class="body"><ul class="time">{tries}</ul></div> }.into_any()
    };
    let sent = d.body.as_deref().map(pretty).map(|body| {
        card(
            "body",
            t.s("delivery-body"),
            None,
            view! { <div class="body"><pre class="mono small wrap" tabindex="0">{body}</pre></div> },
        )
    });
    let main = view! {
        <p class="crumb"><a href="/webhooks">{t.s("nav-webhooks")}</a>" › "<a href=up>{t.s("webhook")}</a>{format!(" › {}", d.kind)}</p>
        <div class="head"><div><h1 class="mono">{d.kind.clone()}</h1></div>{state(t, d.state)}{resend_button(&visit, &d)}</div>
        <div class="cols"><div class="stack">{card("tries", t.s("delivery-attempts"), None, tries)}{sent}</div>
            <div class="stack">{card("facts", t.s("facts"), None, view! { <div class="body">{facts(pairs)}</div> })}</div></div>
    };
    Ok(shell::page(&visit, Nav::Webhooks, &d.kind, main.into_any()))
}

/// The body with line breaks, as people read it.
fn pretty(body: &str) -> String {
    let read: Result<Value, _> = serde_json::from_str(body);
    read.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| body.to_owned())
}

fn attempt(visit: &Visit, a: &WebhookAttempt) -> AnyView {
    let t = visit.t();
    let taken = a.outcome == "taken";
    let (tone, path) = if taken { ("ok", icon::CHECK) } else { ("no", icon::CROSS) };
    let outcome = t.maybe(&format!("delivery-outcome-{}", a.outcome)).unwrap_or_else(|| a.outcome.clone());
    let words = a.status.map_or_else(|| outcome.clone(), |status| format!("{status} · {outcome}"));
    let more = format!("{} ms{}{}", a.ms, if a.excerpt.is_empty() { "" } else { " · " }, a.excerpt);
    view! { <li><span class=format!("dot {tone}")>{icon(path)}</span><span>{words}</span><time>{visit.date_time(&a.at)}</time><div class="more">{more}</div></li> }.into_any()
}

/// `POST /webhooks/{id}/deliveries/{delivery}/resend`
pub async fn resend(visit: Visit, Path((id, delivery)): Path<(String, String)>) -> Result<Response, Fault> {
    let to = format!("/v1/webhook_deliveries/{}/resend", segment(&delivery));
    let _: WebhookDelivery = visit.post(&to, None, &json!({})).await?;
    Ok(Redirect::to(&format!("/webhooks/{}/deliveries/{}", segment(&id), segment(&delivery))).into_response())
}
