//! POS accounts: the firm's accounts at banks, each driven by a plugin.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use vezne_api::{
    Environment, Page, Permission, Plugin, PosAccount, PosAccountCreate, PosAccountState, PosAccountUpdate, PosTest,
    PosTestStep,
};

use super::pos_form::{self, Settings};
use crate::{
    api::{Fault, segment},
    format,
    page::{
        bank_transaction::day_form,
        dealer::{refused, status_of},
    },
    part::{
        field::{choice, hidden},
        icon::{self, icon},
        surface::{Tone, card, crumb, empty_first, facts, note, page_head, pill},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::{Sent, Visit},
};

/// `GET /pos`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let page: Page<PosAccount> = visit.get("/v1/pos_accounts").await?;
    let t = visit.t();
    let add = || {
        visit
            .may(Permission::PosAccountWrite)
            .then(|| view! { <a class="btn go" href="/pos/new">{icon(icon::PLUS)}{t.s("pos-add")}</a> }.into_any())
    };
    let body = if page.data.is_empty() {
        empty_first(icon::BANK, t.s("pos-empty"), t.s("pos-empty-what"), add())
    } else {
        let cols = vec![
            col(t.s("pos")),
            col(t.s("bank")),
            col(t.s("plugin")).class("far"),
            col(t.s("environment")),
            col(t.s("state")),
        ];
        table(&t.s("nav-pos"), false, cols, page.data.iter().map(|a| row(t, a)).collect())
    };
    let main = view! { {page_head(t.s("nav-pos"), None, add())}<section class="card" aria-label=t.s("nav-pos")>{body}</section> };
    Ok(shell::page(&visit, Nav::Pos, &t.s("nav-pos"), main.into_any()))
}

fn row(t: Locale, a: &PosAccount) -> Vec<Cell> {
    vec![
        head(
            view! { <a href=format!("/pos/{}", a.id)>{a.name.clone()}</a><small>{format!("3-D: {}", a.three_d_model)}</small> },
        ),
        cell(a.bank_name.clone()).class("all small"),
        cell(format!("{} {}", a.plugin.id, a.plugin.version)).class("opt far small mono"),
        cell(environment(t, a.environment)).class("small"),
        cell(account_state(t, a.state)).class("amt"),
    ]
}

fn environment(t: Locale, environment: Environment) -> String {
    match environment {
        Environment::Test => t.s("environment-test"),
        Environment::Live => t.s("environment-live"),
    }
}

fn account_state(t: Locale, state: PosAccountState) -> AnyView {
    match state {
        PosAccountState::Active => pill(Tone::Ok, t.s("pos-active")),
        PosAccountState::Disabled => pill(Tone::Wait, t.s("pos-disabled")),
    }
}

/// `GET /pos/new?plugin=&bank=`: first the bank is chosen, then its plugin's settings are asked for.
pub async fn form(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    render_new(&visit, &Sent::nothing(), None).await
}

/// `POST /pos`
pub async fn create(visit: Visit, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let plugin = plugin_of(&visit, sent.get("plugin")).await?;
    let environment = if sent.get("environment") == "live" { Environment::Live } else { Environment::Test };
    let asked = PosAccountCreate {
        name: sent.get("name").to_owned(),
        plugin: plugin.id.clone(),
        bank: sent.get("bank").to_owned(),
        environment,
        node: None,
        three_d_model: sent.some("three_d_model"),
        three_d_required: sent.get("three_d_required") == "true",
        sub_dealers: sent.get("sub_dealers") == "true",
        returns_commission: sent.get("returns_commission") == "true",
        day_end: sent.some("day_end"),
        config: pos_form::config(&plugin, &sent),
        endpoints: filled(&sent, "endpoint."),
        secrets: filled(&sent, "secret."),
    };
    match visit.post::<_, PosAccount>("/v1/pos_accounts", None, &asked).await {
        Ok(made) => Ok(Redirect::to(&format!("/pos/{}", made.id)).into_response()),
        Err(fault) if fault.is_about_input() => render_new(&visit, &sent, Some(&fault)).await,
        Err(fault) => Err(fault),
    }
}

fn filled(sent: &Sent, prefix: &str) -> BTreeMap<String, String> {
    sent.with_prefix(prefix).filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

async fn plugin_of(visit: &Visit, id: &str) -> Result<Plugin, Fault> {
    let page: Page<Plugin> = visit.get("/v1/plugins").await?;
    page.data.into_iter().find(|p| p.id == id).ok_or_else(|| Fault::of(http::StatusCode::NOT_FOUND))
}

async fn render_new(visit: &Visit, sent: &Sent, fault: Option<&Fault>) -> Result<Response, Fault> {
    let t = visit.t();
    let page: Page<Plugin> = visit.get("/v1/plugins").await?;
    let wanted = |name: &str| sent.some(name).unwrap_or_else(|| visit.query(name).to_owned());
    // One value carries both, because a bank is chosen by name and its plugin follows.
    let chosen = visit
        .query("choice")
        .split_once('/')
        .map_or_else(|| (wanted("plugin"), wanted("bank")), |(p, b)| (p.to_owned(), b.to_owned()));
    let plugin = page.data.iter().find(|p| p.id == chosen.0 && p.banks.iter().any(|b| b.id == chosen.1));
    let form = plugin.map(|plugin| {
        let settings = Settings { plugin, account: None, sent, fault, bank: &chosen.1 };
        view! {
            <form class="card slim-form" method="post" action="/pos"><div class="body stack">
                {refused(visit, fault)}{hidden("plugin", plugin.id.clone())}{hidden("bank", chosen.1.clone())}{pos_form::fields(visit, &settings)}
                <div class="row"><a class="btn plain end" href="/pos">{t.s("cancel")}</a><button class="btn go">{t.s("save")}</button></div></div></form>
        }
        .into_any()
    });
    let banks = page
        .data
        .iter()
        .filter(|p| p.kind == "pos")
        .flat_map(|p| p.banks.iter().map(|b| (format!("{}/{}", p.id, b.id), b.name.clone())))
        .collect();
    let main = view! {
        {crumb("/pos", t.s("nav-pos"), t.s("pos-add"))}{page_head(t.s("pos-add"), Some(t.s("pos-add-what")), ())}
        <div class="stack"><form class="card slim-form" action="/pos/new"><div class="body row">
            <div class="grow">{choice("choice", t.s("bank"), banks, &format!("{}/{}", chosen.0, chosen.1), None)}</div><button class="btn">{t.s("pos-choose")}</button></div></form>{form}</div>
    };
    Ok(shell::page_with_status(visit, status_of(fault), Nav::Pos, &t.s("pos-add"), main.into_any()))
}

/// `GET /pos/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    render_one(&visit, &id, &Sent::nothing(), None, None).await
}

/// `POST /pos/{id}`: all settings anew, and the secrets that were typed.
pub async fn change(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let account: PosAccount = visit.get(&format!("/v1/pos_accounts/{}", segment(&id))).await?;
    let plugin = plugin_of(&visit, &account.plugin.id).await?;
    let state = if sent.get("state") == "disabled" { PosAccountState::Disabled } else { PosAccountState::Active };
    let wait = pos_form::secrets_ticked(&sent, "wait");
    let typed = filled(&sent, "secret.").into_iter();
    let (next_secrets, secrets): (BTreeMap<_, _>, BTreeMap<_, _>) = typed.partition(|(name, _)| wait.contains(name));
    let asked = PosAccountUpdate {
        name: sent.some("name"),
        state: Some(state),
        three_d_model: sent.some("three_d_model"),
        three_d_required: Some(sent.get("three_d_required") == "true"),
        sub_dealers: Some(sent.get("sub_dealers") == "true"),
        returns_commission: Some(sent.get("returns_commission") == "true"),
        day_end: Some(sent.get("day_end").to_owned()),
        config: Some(pos_form::config(&plugin, &sent)),
        endpoints: sent.some("with_endpoints").map(|_| filled(&sent, "endpoint.")),
        secrets,
        next_secrets,
        secrets_take: pos_form::secrets_ticked(&sent, "take"),
        secrets_give_back: pos_form::secrets_ticked(&sent, "back"),
    };
    // The version the form was drawn from: somebody else's change in between is not overwritten.
    let version = sent.get("version").parse().unwrap_or(account.version);
    match visit.patch::<_, PosAccount>(&format!("/v1/pos_accounts/{}", segment(&id)), version, &asked).await {
        Ok(_) => Ok(Redirect::to(&format!("/pos/{}?saved=1", segment(&id))).into_response()),
        Err(fault) if fault.is_about_input() => render_one(&visit, &id, &sent, Some(&fault), None).await,
        Err(fault) => Err(fault),
    }
}

/// `POST /pos/{id}/test`: a sale, its void and an inquiry at the bank's test address; the page shows each step.
pub async fn test(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let tested: PosTest =
        visit.post(&format!("/v1/pos_accounts/{}/test", segment(&id)), None, &serde_json::json!({})).await?;
    render_one(&visit, &id, &Sent::nothing(), None, Some(tested)).await
}

async fn render_one(
    visit: &Visit,
    id: &str,
    sent: &Sent,
    fault: Option<&Fault>,
    tested: Option<PosTest>,
) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let account: PosAccount = visit.get(&format!("/v1/pos_accounts/{}", segment(id))).await?;
    let plugin = plugin_of(visit, &account.plugin.id).await?;
    let saved = (!visit.query("saved").is_empty()).then(|| note(Tone::Ok, t.s("saved"), t.s("pos-saved-what"), None));
    let settings = Settings { plugin: &plugin, account: Some(&account), sent, fault, bank: &account.bank };
    let may_write = visit.may(Permission::PosAccountWrite);
    let form = may_write.then(|| {
        let states = vec![("active".to_owned(), t.s("pos-active")), ("disabled".to_owned(), t.s("pos-disabled"))];
        let state = if account.state == PosAccountState::Active { "active" } else { "disabled" };
        view! {
            <form class="card" method="post" action=format!("/pos/{}", account.id)><header><h2>{t.s("settings")}</h2></header><div class="body stack">
                {refused(visit, fault)}{hidden("version", account.version.to_string())}{hidden("with_endpoints", "1")}
                {pos_form::fields(visit, &settings)}{choice("state", t.s("state"), states, state, None)}
                <div class="row"><button class="btn go end">{t.s("save")}</button></div></div></form>
        }
        .into_any()
    });
    let main = view! {
        {crumb("/pos", t.s("nav-pos"), account.name.clone())}
        <div class="head"><div><h1>{account.name.clone()}</h1></div>{account_state(t, account.state)}</div>
        <div class="stack">{saved}<div class="cols"><div class="stack">{form}</div>
            <div class="stack">{summary(visit, &account)}{bank_day_card(visit, &account, &plugin)}{may_write.then(|| test_card(visit, &account, tested.as_ref()))}</div></div></div>
    };
    Ok(shell::page_with_status(visit, status_of(fault), Nav::Pos, &account.name, main.into_any()))
}

fn summary(visit: &Visit, a: &PosAccount) -> AnyView {
    let t = visit.t();
    let pairs = vec![
        (t.s("bank"), a.bank_name.clone().into_any()),
        (t.s("environment"), environment(t, a.environment).into_any()),
        (t.s("three-d-models"), model(t, a).into_any()),
        (t.s("day-end"), a.day_end.clone().unwrap_or_else(|| t.s("day-end-midnight")).into_any()),
        (
            t.s("plugin"),
            view! { <span class="mono">{format!("{} {}", a.plugin.id, a.plugin.version)}</span> }.into_any(),
        ),
        (t.s("dealer"), a.node.name.clone().into_any()),
        (t.s("changed-at"), visit.date_time(&a.updated_at).into_any()),
    ];
    card("facts", t.s("facts"), None, view! { <div class="body">{facts(pairs)}</div> })
}

/// The model, and whether it is demanded.
fn model(t: Locale, a: &PosAccount) -> String {
    let model = if a.three_d_model == "none" { t.s("three-d-none") } else { a.three_d_model.clone() };
    if a.three_d_required { format!("{model} · {}", t.s("three-d-required")) } else { model }
}

/// The way to the bank's own list of a day, where the bank has one.
fn bank_day_card(visit: &Visit, a: &PosAccount, plugin: &Plugin) -> Option<AnyView> {
    let t = visit.t();
    let today = format::today(visit.now(), &visit.zone()).to_string();
    let body = || {
        let form = day_form(t, &a.id, &today);
        view! { <div class="body stack"><p class="small soft">{t.s("bank-day-what")}</p>{form}</div> }
    };
    plugin.has(&a.bank, "day-history").then(|| card("bank-day", t.s("bank-day"), None, body()))
}

fn test_card(visit: &Visit, a: &PosAccount, tested: Option<&PosTest>) -> AnyView {
    let t = visit.t();
    let run = view! { <form method="post" action=format!("/pos/{}/test", a.id)><button class="btn">{icon(icon::PLAY)}{t.s("test-run")}</button></form> }.into_any();
    let body = match tested {
        None => view! { <p class="small soft">{t.s("test-what")}</p> }.into_any(),
        Some(tested) => {
            let steps = tested.steps.iter().map(|s| test_step(t, s)).collect::<Vec<_>>();
            let (tone, words) = if tested.ok { (Tone::Ok, t.s("test-ok")) } else { (Tone::No, t.s("test-failed")) };
            view! { {note(tone, words, String::new(), None)}<ul class="time">{steps}</ul><p class="small soft">{visit.date_time(&tested.at)}</p> }.into_any()
        }
    };
    card("test", t.s("test-title"), Some(run), view! { <div class="body stack">{body}</div> })
}

fn test_step(t: Locale, s: &PosTestStep) -> AnyView {
    let name = t.maybe(&format!("test-step-{}", s.name)).unwrap_or_else(|| s.name.clone());
    let (tone, path) = match (s.ok, s.skipped) {
        (true, _) => ("ok", icon::CHECK),
        (_, true) => ("", icon::CLOCK),
        _ => ("no", icon::CROSS),
    };
    let outcome = t.maybe(&format!("outcome-{}", s.outcome.replace('_', "-"))).unwrap_or_else(|| s.outcome.clone());
    let more = [outcome, s.detail.clone().unwrap_or_default()]
        .into_iter()
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    view! { <li><span class=format!("dot {tone}")>{icon(path)}</span><span>{name}</span><time>{format!("{} ms", s.ms)}</time><div class="more">{more}</div></li> }.into_any()
}
