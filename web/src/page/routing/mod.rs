//! Routing: the firm's rules as sentences, their order, one rule's form, and a try that explains.

mod form;
mod sentence;
mod why;

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use vezne_api::{
    Channel, Dealer, Page, Permission, RoutingExplain, RoutingExplanation, RoutingOrder, RoutingRule,
    RoutingRuleCreate, RoutingRuleState, RoutingRuleUpdate, RoutingTable,
};

pub use sentence::kind_word;
pub use why::why_card;

use crate::{
    api::{Fault, segment},
    format,
    page::dealer::{at, refused, status_of},
    part::{
        field::{choice, field, hidden},
        icon::{self, icon},
        surface::{Tone, card, crumb, empty_first, note, page_head, pill},
    },
    shell::{self, Nav},
    text::Locale,
    visit::{Sent, Visit},
};
use form::Typed;
use sentence::sentences;
use why::why;

/// `GET /routing?bin=&amount=&instalments=&dealer=`: the rules, and where such a payment would go.
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let table: RoutingTable = visit.get("/v1/routing/rules").await?;
    let tried = try_out(&visit).await?;
    let fault = tried.as_ref().and_then(|tried| tried.as_ref().err());
    let main = view! {
        {page_head(t.s("nav-routing"), Some(t.s("routing-what")), add(&visit))}
        <div class="stack">{saved(&visit)}
            <div class="cols"><section class="card" aria-label=t.s("nav-routing")>{rules(&visit, &table)}</section>
                <div class="stack">{trial(&visit, &table, fault)}{tried.as_ref().and_then(|tried| tried.as_ref().ok()).map(|explanation| explained(&visit, explanation))}</div></div></div>
    };
    Ok(shell::page_with_status(&visit, status_of(fault), Nav::Routing, &t.s("nav-routing"), main.into_any()))
}

fn add(visit: &Visit) -> Option<AnyView> {
    let t = visit.t();
    visit
        .may(Permission::PosAccountWrite)
        .then(|| view! { <a class="btn go" href="/routing/new">{icon(icon::PLUS)}{t.s("routing-add")}</a> }.into_any())
}

fn saved(visit: &Visit) -> Option<AnyView> {
    let t = visit.t();
    match visit.query("saved") {
        "1" => Some(note(Tone::Ok, t.s("saved"), t.s("routing-saved-what"), None)),
        "changed" => Some(note(Tone::Wait, t.s("routing-changed"), t.s("routing-changed-what"), None)),
        _ => None,
    }
}

fn rules(visit: &Visit, table: &RoutingTable) -> AnyView {
    let t = visit.t();
    if table.rules.is_empty() {
        return empty_first(icon::ROUTE, t.s("routing-empty"), t.s("routing-empty-what"), add(visit));
    }
    let last = table.rules.len();
    let items = table.rules.iter().map(|rule| rule_item(visit, table, rule, last)).collect::<Vec<_>>();
    view! { <ol class="rules">{items}</ol><p class="body small soft">{t.s("routing-otherwise")}</p> }.into_any()
}

fn rule_item(visit: &Visit, table: &RoutingTable, rule: &RoutingRule, last: usize) -> AnyView {
    let t = visit.t();
    let (says, minds) = sentences(t, table, rule);
    let place = usize::try_from(rule.place).unwrap_or(last);
    let name = (!rule.name.is_empty()).then(|| view! { <b>{rule.name.clone()}</b>" " }.into_any());
    let off = (rule.state == RoutingRuleState::Disabled).then(|| pill(Tone::Wait, t.s("routing-disabled")));
    let acts = visit.may(Permission::PosAccountWrite).then(|| {
        let label = t.f("routing-edit-of", [("place", rule.place.into())]);
        view! {
            <div class="row end">{shift(t, rule, "up", place == 1)}{shift(t, rule, "down", place == last)}
                <a class="btn plain" href=format!("/routing/{}", rule.id) aria-label=label>{t.s("routing-edit")}</a></div>
        }
        .into_any()
    });
    view! {
        <li><span class="place" aria-hidden="true">{rule.place}</span>
            <div class="grow"><p>{name}{says}{off}</p>{minds.into_iter().map(|minded| view! { <p class="small soft">{minded}</p> }.into_any()).collect::<Vec<_>>()}</div>{acts}</li>
    }
    .into_any()
}

/// A button that moves a rule one place; it is there, but dead, where the rule cannot move.
fn shift(t: Locale, rule: &RoutingRule, to: &'static str, end: bool) -> AnyView {
    let (label, path) = if to == "up" {
        (t.f("routing-up-of", [("place", rule.place.into())]), icon::UP)
    } else {
        (t.f("routing-down-of", [("place", rule.place.into())]), icon::DOWN)
    };
    view! {
        <form method="post" action=format!("/routing/{}/move", rule.id)>{hidden("to", to)}
            <button class="btn plain icon" disabled=end aria-label=label.clone() title=label>{icon(path)}</button></form>
    }
    .into_any()
}

/// Asks where a payment would go, where the address says for which one.
async fn try_out(visit: &Visit) -> Result<Option<Result<RoutingExplanation, Fault>>, Fault> {
    let typed = visit.query("amount");
    if typed.is_empty() {
        return Ok(None);
    }
    let some = |name: &str| Some(visit.query(name).to_owned()).filter(|value| !value.is_empty());
    let Some(amount) = format::parse_amount(typed) else {
        let detail = visit.t().s("error-amount");
        let errors = vec![vezne_api::FieldError { pointer: "/amount".to_owned(), code: "amount".to_owned(), detail }];
        return Ok(Some(Err(Fault { status: 422, errors, ..Fault::default() })));
    };
    let asked = RoutingExplain {
        bin: some("bin"),
        amount,
        currency: some("currency").unwrap_or_else(|| "TRY".to_owned()),
        instalments: some("instalments").and_then(|text| text.parse().ok()),
        dealer: some("dealer"),
        channel: (visit.query("channel") == "mail_order").then_some(Channel::MailOrder),
        at: None,
    };
    match visit.post("/v1/routing/explain", None, &asked).await {
        Ok(explanation) => Ok(Some(Ok(explanation))),
        Err(fault) if fault.is_about_input() => Ok(Some(Err(fault))),
        Err(fault) => Err(fault),
    }
}

fn trial(visit: &Visit, table: &RoutingTable, fault: Option<&Fault>) -> AnyView {
    let t = visit.t();
    let mut dealers = vec![(String::new(), t.s("routing-try-firm"))];
    dealers.extend(table.dealers.iter().map(|dealer| (dealer.id.clone(), dealer.name.clone())));
    let channels =
        vec![(String::new(), t.s("routing-try-ecommerce")), ("mail_order".to_owned(), t.s("pay-mail-order"))];
    let instalments = Some(visit.query("instalments")).filter(|typed| !typed.is_empty()).unwrap_or("1");
    let form = view! {
        <form class="body stack" method="get" action="/routing"><p class="small soft">{t.s("routing-try-what")}</p>{refused(visit, fault)}
            <div class="grid2">
                {field("bin", t.s("routing-try-bin")).value(visit.query("bin")).mode("numeric").max("8").error(at(fault, "/bin")).view()}
                {field("amount", t.s("amount")).value(visit.query("amount")).mode("decimal").required().error(at(fault, "/amount")).view()}
                {field("instalments", t.s("routing-instalments")).value(instalments).mode("numeric").max("2").error(at(fault, "/instalments")).view()}
                {choice("dealer", t.s("routing-dealer"), dealers, visit.query("dealer"), at(fault, "/dealer"))}
                {choice("channel", t.s("routing-try-channel"), channels, visit.query("channel"), None)}
            </div>
            <div class="row"><button class="btn end">{icon(icon::PLAY)}{t.s("routing-try")}</button></div></form>
    };
    card("try", t.s("routing-try-title"), None, form)
}

fn explained(visit: &Visit, explanation: &RoutingExplanation) -> AnyView {
    let t = visit.t();
    let known = explanation.card.as_ref().map(|bin| {
        let bank = bin.bank.as_ref().map(|bank| bank.name.clone());
        let words = [bank, bin.programme.clone(), Some(sentence::kind_word(t, bin.kind))];
        let words = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
        view! { <p class="body small soft">{words}</p> }.into_any()
    });
    view! { <section class="card" role="status" aria-labelledby="answer"><header><h2 id="answer">{t.s("routing-why")}</h2></header>{known}{why(visit, explanation, "TRY")}</section> }
        .into_any()
}

/// `GET /routing/new`
pub async fn form(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    render(&visit, None, &Typed::default(), None).await
}

/// `POST /routing`
pub async fn create(visit: Visit, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let typed = Typed::of_sent(&Sent::read(body).await?);
    let made = match typed.asked(visit.t()) {
        Err(fault) => Err(fault),
        Ok((when, through)) => {
            let state = state_of(&typed);
            let name = Some(typed.name.clone());
            let asked = RoutingRuleCreate { name, state, when, through, place: None };
            visit.post::<_, RoutingRule>("/v1/routing/rules", None, &asked).await
        }
    };
    match made {
        Ok(_) => Ok(Redirect::to("/routing?saved=1").into_response()),
        Err(fault) if fault.is_about_input() => render(&visit, None, &typed, Some(&fault)).await,
        Err(fault) => Err(fault),
    }
}

/// `GET /routing/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    render(&visit, Some(&id), &Typed::default(), None).await
}

/// `POST /routing/{id}`
pub async fn change(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let typed = Typed::of_sent(&sent);
    // The version the form was drawn from: nobody else's change in between is overwritten.
    let version = sent.get("version").parse().unwrap_or_default();
    let changed = match typed.asked(visit.t()) {
        Err(fault) => Err(fault),
        Ok((when, through)) => {
            let (name, state) = (Some(typed.name.clone()), Some(state_of(&typed)));
            let asked = RoutingRuleUpdate { name, state, when: Some(when), through: Some(through) };
            let to = format!("/v1/routing/rules/{}", segment(&id));
            visit.patch::<_, RoutingRule>(&to, version, &asked).await
        }
    };
    match changed {
        Ok(_) => Ok(Redirect::to("/routing?saved=1").into_response()),
        Err(fault) if fault.is_about_input() => render(&visit, Some(&id), &typed, Some(&fault)).await,
        Err(fault) => Err(fault),
    }
}

fn state_of(typed: &Typed) -> RoutingRuleState {
    if typed.disabled { RoutingRuleState::Disabled } else { RoutingRuleState::Active }
}

/// `POST /routing/{id}/move`: one place up or down.
pub async fn shifted(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let table: RoutingTable = visit.get("/v1/routing/rules").await?;
    let mut rules: Vec<String> = table.rules.into_iter().map(|rule| rule.id).collect();
    let place = rules.iter().position(|rule| *rule == id).ok_or_else(|| Fault::of(StatusCode::NOT_FOUND))?;
    let other = if sent.get("to") == "up" { place.saturating_sub(1) } else { (place + 1).min(rules.len() - 1) };
    rules.swap(place, other);
    match visit.post::<_, RoutingTable>("/v1/routing/rules/order", None, &RoutingOrder { rules }).await {
        Ok(_) => Ok(Redirect::to("/routing").into_response()),
        // Somebody added or took away a rule meanwhile: what is there now is shown.
        Err(fault) if fault.is_about_input() => Ok(Redirect::to("/routing?saved=changed").into_response()),
        Err(fault) => Err(fault),
    }
}

/// `POST /routing/{id}/delete`
pub async fn delete(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.delete(&format!("/v1/routing/rules/{}", segment(&id))).await?;
    Ok(Redirect::to("/routing?saved=1").into_response())
}

/// The form of a rule: as it is stored, or as it was typed when the API refused it.
async fn render(visit: &Visit, id: Option<&str>, typed: &Typed, fault: Option<&Fault>) -> Result<Response, Fault> {
    let t = visit.t();
    let table: RoutingTable = visit.get("/v1/routing/rules").await?;
    let dealers: Page<Dealer> = visit.get("/v1/dealers?limit=200").await?;
    let rule = match id {
        None => None,
        Some(id) => {
            let found = table.rules.iter().find(|rule| rule.id == id);
            Some(found.ok_or_else(|| Fault::of(StatusCode::NOT_FOUND))?)
        }
    };
    let stored = rule.filter(|_| fault.is_none()).map(Typed::of_rule);
    let typed = stored.as_ref().unwrap_or(typed);
    let title = match rule {
        None => t.s("routing-add"),
        Some(rule) => t.f("routing-rule-n", [("place", rule.place.into())]),
    };
    let action = id.map_or_else(|| "/routing".to_owned(), |id| format!("/routing/{}", segment(id)));
    let says = rule.map(|rule| view! { <p class="soft">{sentences(t, &table, rule).0}</p> }.into_any());
    let delete = rule.map(|rule| delete_card(t, &rule.id));
    let main = view! {
        {crumb("/routing", t.s("nav-routing"), title.clone())}{page_head(title.clone(), None, ())}
        <div class="stack">{says}
            <form class="card slim-form" method="post" action=action><div class="body stack">{refused(visit, fault)}{hidden("version", table.version.to_string())}
                {form::fields(t, &table, &dealers.data, typed, fault)}
                <div class="row"><a class="btn plain end" href="/routing">{t.s("cancel")}</a><button class="btn go">{t.s("save")}</button></div></div></form>{delete}</div>
    };
    Ok(shell::page_with_status(visit, status_of(fault), Nav::Routing, &title, main.into_any()))
}

fn delete_card(t: Locale, id: &str) -> AnyView {
    let form = view! {
        <form class="body stack" method="post" action=format!("/routing/{id}/delete")><p class="small soft">{t.s("routing-delete-what")}</p>
            <label class="check"><input type="checkbox" name="sure" required=true /><span>{t.s("routing-delete-sure")}</span></label>
            <div class="row"><button class="btn bad end">{t.s("routing-delete")}</button></div></form>
    };
    view! { <div class="slim-form">{card("delete", t.s("routing-delete"), None, form)}</div> }.into_any()
}
