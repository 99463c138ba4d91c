//! A phone's menu: every page, language, theme, and the way out. Also keeps the theme for browsers without script.

use axum::{
    body::Body,
    response::{IntoResponse, Redirect, Response},
};
use http::header;
use leptos::prelude::*;

use crate::{
    api::Fault,
    layer,
    part::surface::page_head,
    shell::{self, Nav},
    visit::{Sent, THEME_COOKIE, Theme, Visit},
};

/// `GET /menu`
pub async fn show(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let links = shell::menu_links(&visit);
    let who = visit.me().and_then(|me| me.user.as_ref()).map(|u| format!("{} · {}", u.name, u.email));
    let main = view! {
        {page_head(t.s("nav-menu"), who, ())}
        <div class="stack">
            <section class="card" aria-label=t.s("nav-label")><ul class="menu">{links}</ul></section>
            <section class="card" aria-labelledby="pref"><header><h2 id="pref">{t.s("preferences")}</h2></header>
                <div class="body stack">{shell::languages(&visit)}
                    <form class="row" method="post" action="/preferences">{shell::themes(&visit)}<noscript><button class="btn">{t.s("save")}</button></noscript></form>
                    {shell::sign_out(&visit)}</div></section>
        </div>
    };
    Ok(shell::page(&visit, Nav::Menu, &t.s("nav-menu"), main.into_any()))
}

/// `POST /preferences`
pub async fn save(visit: Visit, body: Body) -> Result<Response, Fault> {
    let sent = Sent::read(body).await?;
    let theme = Theme::ALL.into_iter().find(|theme| theme.value() == sent.get("tema")).unwrap_or_default();
    let mut response = Redirect::to("/menu").into_response();
    if let Some(cookie) = layer::preference(&visit, THEME_COOKIE, theme.value()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
