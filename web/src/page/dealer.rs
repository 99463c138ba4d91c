//! The tree under the firm: list, one dealer, adding one.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use vezne_api::{Dealer, DealerCreate, DealerKind, Page, Permission, Receivable};

use crate::{
    api::{Fault, segment},
    format,
    page::{dealer_settings, payment, receivable},
    part::{
        field::{choice, field},
        icon::{self, icon},
        surface::{Tone, card, crumb, empty_first, facts, note, page_head},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    visit::{Sent, Visit},
};

/// `GET /dealers`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let page: Page<Dealer> = visit.get("/v1/dealers?limit=200").await?;
    let t = visit.t();
    let add = visit
        .may(Permission::DealerCreate)
        .then(|| view! { <a class="btn go" href="/dealers/new">{icon(icon::PLUS)}{t.s("dealer-add")}</a> }.into_any());
    let n = page.data.iter().filter(|d| d.kind == DealerKind::Dealer).count();
    let rows = in_tree_order(page.data);
    let body = if n == 0 && rows.len() <= 1 {
        let add = visit.may(Permission::DealerCreate).then(|| {
            view! { <a class="btn go" href="/dealers/new">{icon(icon::PLUS)}{t.s("dealer-add")}</a> }.into_any()
        });
        empty_first(icon::TREE, t.s("dealers-empty"), t.s("dealers-empty-what"), add)
    } else {
        let cols = vec![
            col(t.s("dealer")),
            col(t.s("code")).class("far"),
            col(t.s("contact")),
            col(t.s("action")).class("n").spoken_only(),
        ];
        table(&t.s("dealers-tree"), false, cols, rows.iter().map(|d| row(&visit, d)).collect())
    };
    let main = view! {
        {page_head(t.s("nav-dealers"), Some(t.f("dealers-count", [("n", n.into())])), add)}
        <section class="card" aria-label=t.s("dealers-tree")>{body}</section>
    };
    Ok(shell::page(&visit, Nav::Dealers, &t.s("nav-dealers"), main.into_any()))
}

/// Parents before their children, siblings by name: the path from the root spelled out sorts that way.
fn in_tree_order(mut dealers: Vec<Dealer>) -> Vec<Dealer> {
    dealers.sort_by_cached_key(|d| {
        d.path.iter().map(|n| format!("{}\u{1}{}", n.name.to_lowercase(), n.id)).collect::<Vec<_>>()
    });
    dealers
}

fn row(visit: &Visit, d: &Dealer) -> Vec<Cell> {
    let t = visit.t();
    let depth = format!("tree d{}", d.path.len().saturating_sub(1).min(4));
    let kind = match (d.kind, d.path.len()) {
        (DealerKind::Firm, _) => t.s("party-firm"),
        (_, 0..=2) => t.s("party-dealer"),
        _ => t.s("party-sub-dealer"),
    };
    let contact = d.phone.clone().or_else(|| d.email.clone()).unwrap_or_default();
    let act = (d.kind == DealerKind::Dealer && visit.may(Permission::PaymentCreate))
        .then(|| view! { <a class="btn" href=format!("/pay?debtor={}", d.id)>{t.s("pay-collect")}<span class="vh">{format!(": {}", d.name)}</span></a> }.into_any());
    vec![
        head(
            view! { <div class=depth><i></i><span><a href=format!("/dealers/{}", d.id)>{d.name.clone()}</a><small>{format!("{kind} · {}", d.code)}</small></span></div> },
        ),
        cell(view! { <span class="mono">{d.code.clone()}</span> }).class("opt far"),
        cell(contact).class("opt small"),
        cell(act).class("n amt"),
    ]
}

/// `GET /dealers/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    render_one(&visit, &segment(&id), None).await
}

/// A dealer's page; with what was sent where its settings came back.
pub async fn render_one(visit: &Visit, id: &str, came_back: Option<(&Sent, &Fault)>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let d: Dealer = visit.get(&format!("/v1/dealers/{id}")).await?;
    let owed: Page<Receivable> = visit.get(&format!("/v1/receivables?debtor={id}&open=true&limit=50")).await?;
    let t = visit.t();
    let path = d.path.iter().map(|n| view! { <li>{n.name.clone()}</li> }.into_any()).collect::<Vec<_>>();
    let debt = if d.owes.is_empty() {
        format::money(0, "TRY")
    } else {
        d.owes.iter().map(|s| format::money(s.amount, &s.currency)).collect::<Vec<_>>().join(" + ")
    };
    let mut pairs = vec![
        (t.s("balance"), view! { <b>{debt}</b> }.into_any()),
        (t.s("code"), view! { <span class="mono">{d.code.clone()}</span> }.into_any()),
    ];
    pairs.extend(d.tax_no.clone().map(|v| (t.s("tax-no"), v.into_any())));
    pairs.extend(d.email.clone().map(|v| (t.s("email"), v.into_any())));
    pairs.extend(d.phone.clone().map(|v| (t.s("phone"), v.into_any())));
    pairs.push((t.s("sub-dealers"), d.children.to_string().into_any()));
    let collect = (d.kind == DealerKind::Dealer).then(|| {
        view! { <a class="btn go" href=format!("/pay?debtor={id}")>{icon(icon::PLUS)}{t.s("pay-collect")}</a> }
            .into_any()
    });
    let main = view! {
        {crumb("/dealers", t.s("nav-dealers"), d.name.clone())}
        <div class="head"><div><h1>{d.name.clone()}</h1></div>
            <a class="btn" href=format!("/statement?party={id}")>{icon(icon::LEDGER)}{t.s("nav-statement")}</a>
            <a class="btn" href=format!("/payments?node={id}")>{icon(icon::LIST)}{t.s("nav-payments")}</a>{collect}</div>
        <div class="cols"><div class="stack">{card("owed", t.s("open-receivables"), None, receivable::short_table(visit, &owed.data))}{dealer_settings::section(visit, &d, came_back)}</div>
            <div class="stack">{card("facts", t.s("facts"), None, view! { <div class="body stack">{facts(pairs)}<ol class="path">{path}</ol></div> })}</div></div>
    };
    let status = status_of(came_back.map(|(_, fault)| fault));
    Ok(shell::page_with_status(visit, status, Nav::Dealers, &d.name, main.into_any()))
}

/// `GET /dealers/new`
pub async fn form(visit: Visit) -> Result<Response, Fault> {
    render(&visit, &Sent::nothing(), None).await
}

/// `POST /dealers`
pub async fn create(visit: Visit, body: Body) -> Result<Response, Fault> {
    let sent = Sent::read(body).await?;
    let asked = DealerCreate {
        parent: sent.some("parent"),
        name: sent.get("name").to_owned(),
        code: sent.get("code").to_owned(),
        tax_no: sent.some("tax_no"),
        email: sent.some("email"),
        phone: sent.some("phone"),
    };
    match visit.post::<_, Dealer>("/v1/dealers", None, &asked).await {
        Ok(made) => Ok(Redirect::to(&format!("/dealers/{}", made.id)).into_response()),
        Err(fault) if fault.is_about_input() => render(&visit, &sent, Some(&fault)).await,
        Err(fault) => Err(fault),
    }
}

async fn render(visit: &Visit, sent: &Sent, fault: Option<&Fault>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let page: Page<Dealer> = visit.get("/v1/dealers?limit=200").await?;
    let t = visit.t();
    let parents = in_tree_order(page.data)
        .into_iter()
        .map(|d| (d.id, format!("{}{}", "\u{2003}".repeat(d.path.len().saturating_sub(1)), d.name)))
        .collect();
    let main = view! {
        {crumb("/dealers", t.s("nav-dealers"), t.s("dealer-add"))}{page_head(t.s("dealer-add"), None, ())}
        <form class="card slim-form" method="post" action="/dealers"><div class="body stack">
            {refused(visit, fault)}{choice("parent", t.s("dealer-parent"), parents, sent.get("parent"), at(fault, "/parent"))}
            {party_fields(visit, sent, fault)}
            <div class="row"><a class="btn plain end" href="/dealers">{t.s("cancel")}</a><button class="btn go">{t.s("save")}</button></div></div></form>
    };
    Ok(shell::page_with_status(visit, status_of(fault), Nav::Dealers, &t.s("dealer-add"), main.into_any()))
}

/// Name, code, tax number and ways to reach: what dealers and customers have in common.
pub fn party_fields(visit: &Visit, sent: &Sent, fault: Option<&Fault>) -> AnyView {
    let t = visit.t();
    view! {
        {field("name", t.s("name")).value(sent.get("name")).error(at(fault, "/name")).required().view()}
        <div class="grid2">
            {field("code", t.s("code")).value(sent.get("code")).hint(t.s("code-hint")).error(at(fault, "/code")).required().view()}
            {field("tax_no", t.s("tax-no")).value(sent.get("tax_no")).mode("numeric").error(at(fault, "/tax_no")).view()}
            {field("email", t.s("email")).kind("email").value(sent.get("email")).error(at(fault, "/email")).view()}
            {field("phone", t.s("phone")).kind("tel").value(sent.get("phone")).placeholder("+90").error(at(fault, "/phone")).view()}
        </div>
    }
    .into_any()
}

/// The error beside a field.
pub fn at(fault: Option<&Fault>, pointer: &str) -> Option<String> {
    fault.and_then(|f| f.at(pointer))
}

/// The strip above a form that came back.
pub fn refused(visit: &Visit, fault: Option<&Fault>) -> Option<AnyView> {
    let fault = fault?;
    let words = fault.detail.clone().filter(|_| fault.errors.is_empty()).unwrap_or_default();
    Some(note(Tone::No, visit.t().s("form-refused"), words, None))
}

/// 422 for a form that came back, else 200.
pub fn status_of(fault: Option<&Fault>) -> StatusCode {
    if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

/// A node's name as a link to its payments.
pub fn payments_link(id: &str, name: &str) -> AnyView {
    view! { <a href=format!("/payments?node={id}") title=payment::short_id(id)>{name.to_owned()}</a> }.into_any()
}
