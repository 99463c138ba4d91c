//! Installed plugins: what each may do and where it may send.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;
use vezne_api::{Page, Permission, Plugin, PluginEndpoint, Translated};

use super::{
    plugin_health,
    plugin_upload::{self, Refusal},
};

use crate::{
    api::{Fault, segment},
    part::{
        icon::{self, icon},
        surface::{Tone, empty_first, facts, page_head, pill},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// `GET /plugins`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    render(&visit, None).await
}

/// The list, with what was wrong with a file that was sent.
pub(super) async fn render(visit: &Visit, refusal: Option<&Refusal>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let page: Page<Plugin> = visit.get("/v1/plugins?all=true").await?;
    let t = visit.t();
    let body = if page.data.is_empty() {
        let empty = empty_first(icon::PLUG, t.s("plugins-empty"), t.s("plugins-empty-what"), None);
        view! { <section class="card">{empty}</section> }.into_any()
    } else {
        page.data.iter().map(|p| plugin_card(t, p)).collect::<Vec<_>>().into_any()
    };
    let upload = visit.may(Permission::PluginWrite).then(|| plugin_upload::form(t, refusal));
    let main =
        view! { {page_head(t.s("nav-plugins"), Some(t.s("plugins-what")), ())}<div class="stack">{upload}{body}</div> };
    let status = if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(shell::page_with_status(visit, status, Nav::Plugins, &t.s("nav-plugins"), main.into_any()))
}

/// A text in the visitor's language, or in any.
pub fn translated(t: Locale, words: &Translated, otherwise: &str) -> String {
    words
        .get(t.code())
        .or_else(|| words.get("tr"))
        .or_else(|| words.get("en"))
        .cloned()
        .unwrap_or_else(|| otherwise.to_owned())
}

fn plugin_card(t: Locale, p: &Plugin) -> AnyView {
    let kind = t.maybe(&format!("plugin-kind-{}", p.kind)).unwrap_or_else(|| p.kind.clone());
    let banks =
        p.banks.iter().map(|b| view! { <span class="chip">{b.name.clone()}</span> }.into_any()).collect::<Vec<_>>();
    let grants = p.endpoints.iter().map(|e| endpoint(t, e)).collect::<Vec<_>>();
    let secrets = p.secrets.iter().map(|s| translated(t, &s.label, &s.name)).collect::<Vec<_>>().join(", ");
    let digest = p.digest.get(..19).unwrap_or(&p.digest).to_owned();
    let pairs = vec![
        (t.s("version"), mono(&p.version)),
        (t.s("publisher"), p.publisher.clone().into_any()),
        (t.s("licence"), p.licence.clone().into_any()),
        (t.s("contract"), mono(&p.api)),
        (t.s("digest"), view! { <span class="mono" title=p.digest.clone()>{format!("{digest}…")}</span> }.into_any()),
        (t.s("capabilities"), p.capabilities.join(", ").into_any()),
        (t.s("three-d-models"), p.models.join(", ").into_any()),
    ];
    let idle = (!p.serves).then(|| pill(Tone::Wait, t.s("plugin-idle")));
    let secrets = (!secrets.is_empty()).then(|| grant(icon::LOCK, "ok", t.s("grant-secrets"), secrets));
    view! {
        <section class="card"><header><div><h2>{translated(t, &p.names, &p.id)}</h2><p class="soft small">{kind}" · "<span class="mono">{p.id.clone()}</span></p></div>{plugin_health::badge(t, &p.health)}{idle}<a class="btn" href=format!("/plugins/{}", segment(&p.id))>{t.s("plugin-versions")}</a></header>
            <div class="body stack"><div class="chips">{banks}</div>{plugin_health::brief(t, &p.id, &p.health)}
                <div class="grid2">{facts(pairs)}
                    <ul class="stack tight">{grants}{secrets}{grant(icon::CROSS, "", t.s("grant-nothing-else"), t.s("grant-none"))}</ul></div></div></section>
    }
    .into_any()
}

fn endpoint(t: Locale, e: &PluginEndpoint) -> AnyView {
    let card = if e.takes_card { t.s("grant-card") } else { t.s("grant-no-card") };
    let urls = e.urls.iter().map(|(environment, url)| format!("{environment}: {url}")).collect::<Vec<_>>().join("\n");
    let more = format!("{} · {card}{}{urls}", e.purposes.join(", "), if urls.is_empty() { "" } else { " · " });
    grant(icon::CHECK, "ok", format!("{} ({})", t.s("grant-net"), e.name), more)
}

fn grant(path: &'static str, tone: &'static str, what: String, more: String) -> AnyView {
    view! { <li class="row on grant"><span class=format!("tone {tone}")>{icon(path)}</span><span>{what}<span class="soft small block">{more}</span></span></li> }.into_any()
}

fn mono(text: &str) -> AnyView {
    view! { <span class="mono">{text.to_owned()}</span> }.into_any()
}
