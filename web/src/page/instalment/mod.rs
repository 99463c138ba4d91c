//! The firm's instalment table: what counts, what will and what did, a version's own page, and a try that explains.

mod form;
mod grid;
mod paste;
mod why;

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use vezne_api::{
    InstalmentCeiling, InstalmentEvaluate, InstalmentEvaluation, InstalmentTable, InstalmentVersion,
    InstalmentVersionState, Permission,
};

pub use form::{create, form};

use crate::{
    api::{Fault, segment},
    format,
    page::dealer::{at, refused, status_of},
    part::{
        field::{choice, field},
        icon::{self, icon},
        surface::{Tone, card, crumb, empty_first, note, page_head, pill},
        table::{cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// What a preview asks for where nobody says otherwise: 1.000,00.
const PREVIEW_MINOR: i64 = 100_000;

/// `GET /instalments?bin=&amount=&dealer=`: the table, and what a payer would be offered by it.
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let rules: InstalmentTable = visit.get("/v1/instalment_rules").await?;
    let tried = if rules.in_force.is_some() { Some(try_out(&visit).await?) } else { None };
    let fault = tried.as_ref().and_then(|tried| tried.as_ref().err());
    let answer = tried.as_ref().and_then(|tried| tried.as_ref().ok());
    let body = if rules.versions.is_empty() {
        let empty = empty_first(icon::PERCENT, t.s("inst-empty"), t.s("inst-empty-what"), add(&visit, None));
        view! { <section class="card" aria-label=t.s("nav-instalments")>{empty}</section> }.into_any()
    } else {
        view! {
            {in_force(&visit, &rules)}
            <div class="cols"><div class="stack">{answer.map(|answer| why::answer(&visit, &rules, answer))}{versions(&visit, &rules)}</div>
                <div class="stack">{rules.in_force.is_some().then(|| trial(&visit, &rules, fault))}</div></div>
        }
        .into_any()
    };
    let main = view! {
        {page_head(t.s("nav-instalments"), Some(t.s("inst-what")), add(&visit, None))}
        <div class="stack">{saved(&visit)}{body}</div>
    };
    Ok(shell::page_with_status(&visit, status_of(fault), Nav::Instalments, &t.s("nav-instalments"), main.into_any()))
}

fn add(visit: &Visit, from: Option<&str>) -> Option<AnyView> {
    let t = visit.t();
    let (href, class, words) = match from {
        Some(from) => (format!("/instalments/new?from={from}"), "btn", t.s("inst-from-this")),
        None => ("/instalments/new".to_owned(), "btn go", t.s("inst-add")),
    };
    visit
        .may(Permission::PosAccountWrite)
        .then(|| view! { <a class=class href=href>{icon(icon::PLUS)}{words}</a> }.into_any())
}

fn saved(visit: &Visit) -> Option<AnyView> {
    let t = visit.t();
    match visit.query("saved") {
        "1" => Some(note(Tone::Ok, t.s("saved"), t.s("inst-saved-what"), None)),
        "begun" => Some(note(Tone::Wait, t.s("inst-begun"), t.s("inst-begun-what"), None)),
        _ => None,
    }
}

fn in_force(visit: &Visit, rules: &InstalmentTable) -> AnyView {
    let t = visit.t();
    let Some(version) = &rules.in_force else {
        return note(Tone::Wait, t.s("inst-none-yet"), t.s("inst-none-yet-what"), None);
    };
    let title = t.f("inst-in-force-n", [("n", version.number.into())]);
    let since = t.f("inst-since", [("at", visit.date_time(&version.begins_at).into())]);
    let body = view! {
        <p class="body small soft">{since}" "{law(t, &rules.law)}</p>
        {grid::lines(t, &title, &rules.choices, &version.lines)}
    };
    card("in-force", title.clone(), add(visit, Some(&version.id)), body)
}

/// What the law allows the firm's sector.
fn law(t: Locale, law: &[InstalmentCeiling]) -> String {
    let most = |commercial: bool| {
        law.iter()
            .find(|row| row.commercial == commercial)
            .map_or_else(String::new, |row| row.instalments_max.to_string())
    };
    let sector = law.first().map(|row| sector_word(t, &row.sector)).unwrap_or_default();
    t.f("inst-law", [("sector", sector.into()), ("personal", most(false).into()), ("company", most(true).into())])
}

/// A sector of the law.
pub fn sector_word(t: Locale, sector: &str) -> String {
    t.maybe(&format!("sector-{sector}")).unwrap_or_else(|| sector.to_owned())
}

fn versions(visit: &Visit, rules: &InstalmentTable) -> AnyView {
    let t = visit.t();
    let cols =
        vec![col(t.s("inst-version")), col(t.s("state")), col(t.s("inst-begins")), col(t.s("inst-lines")).class("n")];
    let rows = rules
        .versions
        .iter()
        .map(|version| {
            let name = t.f("inst-version-n", [("n", version.number.into())]);
            vec![
                head(view! { <a href=format!("/instalments/{}", version.id)>{name}</a> }),
                cell(state_pill(t, version.state)).class("amt"),
                cell(visit.date_time(&version.begins_at)).label(t.s("inst-begins")),
                cell(version.line_count.to_string()).class("n").label(t.s("inst-lines")),
            ]
        })
        .collect();
    card("versions", t.s("inst-versions"), None, table(&t.s("inst-versions"), false, cols, rows))
}

fn state_pill(t: Locale, state: InstalmentVersionState) -> AnyView {
    match state {
        InstalmentVersionState::InForce => pill(Tone::Ok, t.s("inst-in-force")),
        InstalmentVersionState::Upcoming => pill(Tone::Wait, t.s("inst-upcoming")),
        InstalmentVersionState::Past => pill(Tone::Back, t.s("inst-past")),
        InstalmentVersionState::Withdrawn => pill(Tone::No, t.s("inst-withdrawn")),
    }
}

/// Asks what a payer would be offered: as the address says, or for 1.000,00.
async fn try_out(visit: &Visit) -> Result<Result<InstalmentEvaluation, Fault>, Fault> {
    let some = |name: &str| Some(visit.query(name).to_owned()).filter(|value| !value.is_empty());
    let amount = match visit.query("amount") {
        "" => PREVIEW_MINOR,
        typed => match format::parse_amount(typed) {
            Some(amount) => amount,
            None => return Ok(Err(amount_fault(visit.t()))),
        },
    };
    let asked = InstalmentEvaluate { bin: some("bin"), dealer: some("dealer"), ..plain(amount) };
    match visit.post("/v1/instalment_rules/evaluate", None, &asked).await {
        Ok(answer) => Ok(Ok(answer)),
        Err(fault) if fault.is_about_input() => Ok(Err(fault)),
        Err(fault) => Err(fault),
    }
}

fn amount_fault(t: Locale) -> Fault {
    let (pointer, code) = ("/amount".to_owned(), "amount".to_owned());
    Fault {
        status: 422,
        errors: vec![vezne_api::FieldError { pointer, code, detail: t.s("error-amount") }],
        ..Fault::default()
    }
}

/// A question about an amount in lira.
fn plain(amount: i64) -> InstalmentEvaluate {
    InstalmentEvaluate {
        bin: None,
        amount,
        currency: "TRY".to_owned(),
        dealer: None,
        payer: None,
        at: None,
        version: None,
        lines: None,
    }
}

fn trial(visit: &Visit, rules: &InstalmentTable, fault: Option<&Fault>) -> AnyView {
    let t = visit.t();
    let dealers: Vec<(String, String)> =
        rules.choices.dealers.iter().map(|dealer| (dealer.id.clone(), dealer.name.clone())).collect();
    let amount = Some(visit.query("amount").to_owned()).filter(|typed| !typed.is_empty());
    let amount = amount.unwrap_or_else(|| format::amount_input(PREVIEW_MINOR));
    let form = view! {
        <form class="body stack" method="get" action="/instalments"><p class="small soft">{t.s("inst-try-what")}</p>{refused(visit, fault)}
            {field("bin", t.s("inst-try-bin")).value(visit.query("bin")).mode("numeric").max("8").hint(t.s("inst-try-bin-hint")).error(at(fault, "/bin")).view()}
            {field("amount", t.s("amount")).value(amount).mode("decimal").required().error(at(fault, "/amount")).view()}
            {choice("dealer", t.s("routing-dealer"), dealers, visit.query("dealer"), at(fault, "/dealer"))}
            <div class="row"><button class="btn end">{icon(icon::PLAY)}{t.s("inst-try")}</button></div></form>
    };
    card("try", t.s("inst-try-title"), None, form)
}

/// `GET /instalments/{id}`: one version.
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let version: InstalmentVersion = visit.get(&format!("/v1/instalment_rules/{}", segment(&id))).await?;
    let rules: InstalmentTable = visit.get("/v1/instalment_rules").await?;
    let title = t.f("inst-version-n", [("n", version.number.into())]);
    let begins = t.f("inst-since", [("at", visit.date_time(&version.begins_at).into())]);
    let main = view! {
        {crumb("/instalments", t.s("nav-instalments"), title.clone())}
        {page_head(title.clone(), Some(begins), view! { {state_pill(t, version.state)}{add(&visit, Some(&version.id))} })}
        <div class="stack"><section class="card" aria-label=title.clone()>{grid::lines(t, &title, &rules.choices, &version.lines)}</section>
            {visit.may(Permission::PosAccountWrite).then(|| acts(t, &version))}</div>
    };
    Ok(shell::page(&visit, Nav::Instalments, &title, main.into_any()))
}

/// What may be done with a version besides writing a new one from it.
fn acts(t: Locale, version: &InstalmentVersion) -> AnyView {
    let act = |path: &str, id: &'static str, title: String, what: String, bad: bool| {
        let form = view! {
            <form class="body stack" method="post" action=format!("/instalments/{}/{path}", version.id)><p class="small soft">{what}</p>
                <label class="check"><input type="checkbox" name="sure" required=true /><span>{t.s("routing-delete-sure")}</span></label>
                <div class="row"><button class=if bad { "btn bad end" } else { "btn end" }>{title.clone()}</button></div></form>
        };
        view! { <div class="slim-form">{card(id, title, None, form)}</div> }.into_any()
    };
    let activate = (version.state != InstalmentVersionState::InForce)
        .then(|| act("activate", "activate", t.s("inst-activate"), t.s("inst-activate-what"), false));
    let withdraw = (version.state == InstalmentVersionState::Upcoming)
        .then(|| act("withdraw", "withdraw", t.s("inst-withdraw"), t.s("inst-withdraw-what"), true));
    view! { {activate}{withdraw} }.into_any()
}

/// `POST /instalments/{id}/activate`
pub async fn activate(visit: Visit, Path(id): Path<String>, _: Body) -> Result<Response, Fault> {
    let to = format!("/v1/instalment_rules/{}/activate", segment(&id));
    let made = visit.post::<_, InstalmentVersion>(&to, None, &serde_json::json!({})).await;
    after(made.map(drop))
}

/// `POST /instalments/{id}/withdraw`
pub async fn withdraw(visit: Visit, Path(id): Path<String>, _: Body) -> Result<Response, Fault> {
    after(visit.delete(&format!("/v1/instalment_rules/{}", segment(&id))).await)
}

/// Back to the table. Where the version began or was put in force meanwhile, that is told there.
fn after(done: Result<(), Fault>) -> Result<Response, Fault> {
    match done {
        Ok(()) => Ok(Redirect::to("/instalments?saved=1").into_response()),
        Err(fault) if fault.status == StatusCode::CONFLICT.as_u16() => {
            Ok(Redirect::to("/instalments?saved=begun").into_response())
        }
        Err(fault) => Err(fault),
    }
}
