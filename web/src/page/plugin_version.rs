//! The versions of a plugin: which one serves, what a new one asks for, a share for it, and the way back.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use vezne_api::{
    Page, Permission, Plugin, PluginActivate, PluginAsk, PluginCanary, PluginOrigin, PluginRevoke, PluginRollBack,
    PluginRun, PluginShadowChange, PluginState, PluginVersion,
};

use super::{plugin::translated, plugin_grant, plugin_health, plugin_run, plugin_shadow};
use crate::{
    api::{Fault, segment},
    page::dealer::{refused, status_of},
    part::{
        field::hidden,
        icon::{self, icon},
        surface::{Tone, crumb, facts, page_head, pill},
    },
    shell::{self, Nav},
    text::Locale,
    visit::{Sent, Visit},
};

/// The share that the slider starts with.
const PERCENT_FIRST: i64 = 10;

/// `GET /plugins/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    render(&visit, &id, None).await
}

/// `POST /plugins/{id}`: one of the acts, then the page again.
pub async fn act(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let (digest, approve) = (sent.get("digest").to_owned(), sent.get("approve") == "yes");
    let reason = sent.get("reason").to_owned();
    let to = |act: &str| format!("/v1/plugins/{}/{act}", segment(&id));
    let done: Result<PluginVersion, Fault> = match sent.get("act") {
        "activate" => visit.post(&to("activate"), None, &PluginActivate { digest, approve }).await,
        "canary" => {
            let percent = sent.get("percent").parse().unwrap_or(0);
            visit.post(&to("canary"), None, &PluginCanary { digest, percent, approve }).await
        }
        "shadow" => visit.post(&to("shadow"), None, &PluginShadowChange { digest }).await,
        "shadow-end" => visit.post(&to("shadow/end"), None, &PluginShadowChange { digest }).await,
        "revoke" => visit.post(&to("revoke"), None, &PluginRevoke { digest, reason }).await,
        _ => visit.post(&to("rollback"), None, &PluginRollBack { reason }).await,
    };
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/plugins/{}", segment(&id))).into_response()),
        Err(fault) if fault.is_about_input() => render(&visit, &id, Some(&fault)).await,
        Err(fault) => Err(fault),
    }
}

async fn render(visit: &Visit, id: &str, fault: Option<&Fault>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let versions: Page<PluginVersion> = visit.get(&format!("/v1/plugins/{}/versions", segment(id))).await?;
    // A plugin of which no version is active yet has no manifest to show.
    let plugin: Option<Plugin> = visit.get(&format!("/v1/plugins/{}", segment(id))).await.ok();
    let t = visit.t();
    let name = plugin.as_ref().map_or_else(|| id.to_owned(), |p| translated(t, &p.names, &p.id));
    let health = plugin.as_ref().map(|p| plugin_health::section(t, &p.health));
    let may = visit.may(Permission::PluginWrite);
    let back = may.then(|| roll_back(t, id, &versions.data)).flatten();
    let cards = versions.data.iter().map(|v| version(visit, id, v, may)).collect::<Vec<_>>();
    let runs: Option<Result<Page<PluginRun>, Fault>> =
        if may { Some(visit.get(&format!("/v1/plugins/{}/runs", segment(id))).await) } else { None };
    let runs = runs.as_ref().map(|runs| plugin_run::section(visit, id, runs));
    let main = view! {
        {crumb("/plugins", t.s("nav-plugins"), name.clone())}
        {page_head(name.clone(), Some(t.s("plugin-versions-what")), ())}
        <datalist id="plugin-shares"><option value="1"></option><option value="5"></option><option value="10"></option><option value="25"></option><option value="50"></option><option value="100"></option></datalist>
        <div class="stack">{refused(visit, fault)}{back}{health}{cards}{runs}</div>
    };
    Ok(shell::page_with_status(visit, status_of(fault), Nav::Plugins, &name, main.into_any()))
}

/// The way back, while there is one to show.
fn roll_back(t: Locale, id: &str, versions: &[PluginVersion]) -> Option<AnyView> {
    // What the operator gave everyone, the operator takes back.
    let ours = |v: &&PluginVersion| v.changed_by.as_deref().is_some_and(|by| !by.starts_with("job:"));
    let mut chosen = versions.iter().filter(ours);
    let canary = chosen.clone().find(|v| v.state == PluginState::Canary);
    let active = chosen.find(|v| v.state == PluginState::Active);
    let taken = canary.or(active)?;
    let words = t.s(if canary.is_some() { "plugin-rollback-canary" } else { "plugin-rollback-active" });
    Some(
        view! {
            <form class="card" method="post" action=format!("/plugins/{}", segment(id))><div class="body row">
                <p>{words}" "<span class="mono">{taken.version.clone()}</span></p>
                {hidden("act", "rollback")}
                <button class="btn end">{icon(icon::BACK)}{t.s("plugin-rollback")}</button></div></form>
        }
        .into_any(),
    )
}

fn version(visit: &Visit, id: &str, v: &PluginVersion, may: bool) -> AnyView {
    let t = visit.t();
    let digest = v.digest.get(..19).unwrap_or(&v.digest).to_owned();
    let origin = match v.origin {
        PluginOrigin::Bundled => "plugin-bundled",
        PluginOrigin::Signed => "plugin-signed",
        PluginOrigin::Unsigned => "plugin-unsigned",
    };
    let mut pairs = vec![
        (t.s("digest"), view! { <span class="mono" title=v.digest.clone()>{format!("{digest}…")}</span> }.into_any()),
        (t.s("plugin-origin"), t.s(origin).into_any()),
        (t.s("publisher"), v.publisher.clone().into_any()),
        (t.s("contract"), view! { <span class="mono">{v.api.clone()}</span> }.into_any()),
        (t.s("plugin-added"), visit.date_time(&v.added_at).into_any()),
    ];
    if let Some(at) = &v.changed_at {
        let by = v.changed_by.clone().unwrap_or_default();
        let when = visit.date_time(at);
        pairs.push((t.s("plugin-changed"), view! { {when}<span class="soft small block mono">{by}</span> }.into_any()));
    }
    if let Some(why) = &v.revoked_reason {
        pairs.push((t.s("plugin-revoked-why"), why.clone().into_any()));
    }
    let shadow = may.then(|| plugin_shadow::results(visit, id, v)).flatten();
    let forms = (may && v.state != PluginState::Revoked).then(|| forms(t, id, v));
    view! {
        <section class="card"><header><h2 class="mono">{v.version.clone()}</h2>{state(t, v)}</header>
            <div class="body stack">{facts(pairs)}{shadow}{asks(t, &v.asks)}{plugin_grant::table_of(t, v)}{forms}</div></section>
    }
    .into_any()
}

fn state(t: Locale, v: &PluginVersion) -> AnyView {
    match v.state {
        PluginState::Staged => pill(Tone::Wait, t.s("plugin-staged")),
        PluginState::Shadow => pill(Tone::Back, t.s("plugin-shadow")),
        PluginState::Canary => pill(Tone::Doubt, format!("{} · {} %", t.s("plugin-canary"), v.percent)),
        PluginState::Active => pill(Tone::Ok, t.s("plugin-active")),
        PluginState::Draining => pill(Tone::Back, t.s("plugin-draining")),
        PluginState::Retired => pill(Tone::Wait, t.s("plugin-retired")),
        PluginState::Revoked => pill(Tone::No, t.s("plugin-revoked")),
    }
}

/// What it asks for beyond the version that serves.
fn asks(t: Locale, asks: &[PluginAsk]) -> AnyView {
    if asks.is_empty() {
        return ().into_any();
    }
    let lines = asks
        .iter()
        .map(|ask| {
            let what = t.maybe(&format!("plugin-ask-{}", ask.kind.replace('_', "-"))).unwrap_or_else(|| ask.kind.clone());
            let more = [ask.name.as_str(), ask.value.as_str()].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>();
            view! { <li class="row on grant"><span class="tone">{icon(icon::LOCK)}</span><span>{what}<span class="soft small block mono">{more.join(" → ")}</span></span></li> }.into_any()
        })
        .collect::<Vec<_>>();
    view! { <div><p><b>{t.s("plugin-asks")}</b></p><ul class="stack tight">{lines}</ul></div> }.into_any()
}

fn forms(t: Locale, id: &str, v: &PluginVersion) -> AnyView {
    let action = format!("/plugins/{}", segment(id));
    let approve = (!v.asks.is_empty()).then(|| {
        view! { <label class="check"><input type="checkbox" name="approve" value="yes" required=true /><span>{t.s("plugin-approve")}</span></label> }.into_any()
    });
    let percent = if v.percent > 0 { v.percent } else { PERCENT_FIRST };
    let slider = format!("percent-{}", v.digest.get(7..19).unwrap_or_default());
    let serve = (v.state != PluginState::Active).then(|| {
        view! {
            <form class="stack" method="post" action=action.clone()>{hidden("digest", &v.digest)}{approve}
                <div class="field"><label for=slider.clone()>{t.s("plugin-share")}</label>
                    <div class="row"><input type="range" id=slider.clone() name="percent" min="1" max="100" value=percent.to_string() list="plugin-shares" />
                        <output for=slider hidden=true>{percent}</output></div></div>
                <div class="row"><button class="btn" name="act" value="canary">{t.s("plugin-canary-begin")}</button>
                    <button class="btn go" name="act" value="activate">{t.s("plugin-activate")}</button></div></form>
        }
        .into_any()
    });
    view! {
        {serve}{plugin_shadow::form(t, id, v)}
        <details><summary class="small">{t.s("plugin-revoke")}</summary>
            <form class="row" method="post" action=action>{hidden("digest", &v.digest)}{hidden("act", "revoke")}
                <label class="field"><span class="small">{t.s("plugin-revoke-why")}</span><input name="reason" required=true maxlength="500" /></label>
                <button class="btn danger">{t.s("plugin-revoke")}</button></form></details>
    }
    .into_any()
}
