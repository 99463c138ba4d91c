//! Customers (cari): list, one customer, adding one.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use vezne_api::{Customer, CustomerCreate, Page, Permission, Receivable};

use crate::{
    api::{Fault, path, segment},
    format,
    page::{
        dealer::{party_fields, refused, status_of},
        payment::pages,
        receivable,
    },
    part::{
        icon::{self, icon},
        surface::{card, crumb, empty_filtered, empty_first, facts, page_head},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    visit::{Sent, Visit},
};

/// `GET /customers`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let q = visit.query("q");
    let page: Page<Customer> =
        visit.get(&path("/v1/customers", &[("q", q), ("limit", "50"), ("cursor", visit.query("cursor"))])).await?;
    let t = visit.t();
    let add = || {
        visit.may(Permission::CustomerCreate).then(|| {
            view! { <a class="btn go" href="/customers/new">{icon(icon::PLUS)}{t.s("customer-add")}</a> }.into_any()
        })
    };
    let body = if page.data.is_empty() && q.is_empty() {
        empty_first(icon::USERS, t.s("customers-empty"), t.s("customers-empty-what"), add())
    } else if page.data.is_empty() {
        empty_filtered(t, q.to_owned(), "/customers")
    } else {
        let cols = vec![
            col(t.s("party-customer")),
            col(t.s("dealer")),
            col(t.s("contact")).class("far"),
            col(t.s("action")).class("n").spoken_only(),
        ];
        table(&t.s("nav-customers"), false, cols, page.data.iter().map(|c| row(&visit, c)).collect())
    };
    let main = view! {
        {page_head(t.s("nav-customers"), None, add())}
        <div class="stack">
            <form class="row on" role="search" action="/customers"><label class="in quiet grow">{icon(icon::SEARCH)}<span class="vh">{t.s("search")}</span>
                <input type="search" name="q" value=q.to_owned() placeholder=t.s("customers-search") /></label><button class="btn">{t.s("search")}</button></form>
            <section class="card" aria-label=t.s("nav-customers")>{body}</section>{pages(&visit, &page)}
        </div>
    };
    Ok(shell::page(&visit, Nav::Customers, &t.s("nav-customers"), main.into_any()))
}

fn row(visit: &Visit, c: &Customer) -> Vec<Cell> {
    let t = visit.t();
    let contact = c.phone.clone().or_else(|| c.email.clone()).unwrap_or_default();
    let collect = visit
        .may(Permission::PaymentCreate)
        .then(|| view! { <a class="btn" href=format!("/pay?debtor={}", c.id)>{t.s("pay-collect")}<span class="vh">{format!(": {}", c.name)}</span></a> }.into_any());
    vec![
        head(view! { <a href=format!("/customers/{}", c.id)>{c.name.clone()}</a><small>{c.code.clone()}</small> }),
        cell(c.node.name.clone()).class("all small"),
        cell(contact).class("opt far small"),
        cell(collect).class("n amt"),
    ]
}

/// `GET /customers/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let id = segment(&id);
    let c: Customer = visit.get(&format!("/v1/customers/{id}")).await?;
    let owed: Page<Receivable> = visit.get(&format!("/v1/receivables?debtor={id}&open=true&limit=50")).await?;
    let t = visit.t();
    let debt = if c.owes.is_empty() {
        format::money(0, "TRY")
    } else {
        c.owes.iter().map(|s| format::money(s.amount, &s.currency)).collect::<Vec<_>>().join(" + ")
    };
    let mut pairs = vec![
        (t.s("balance"), view! { <b>{debt}</b> }.into_any()),
        (t.s("code"), view! { <span class="mono">{c.code.clone()}</span> }.into_any()),
        (t.s("dealer"), c.node.name.clone().into_any()),
    ];
    pairs.extend(c.tax_no.clone().map(|v| (t.s("tax-no"), v.into_any())));
    pairs.extend(c.email.clone().map(|v| (t.s("email"), v.into_any())));
    pairs.extend(c.phone.clone().map(|v| (t.s("phone"), v.into_any())));
    let main = view! {
        {crumb("/customers", t.s("nav-customers"), c.name.clone())}
        <div class="head"><div><h1>{c.name.clone()}</h1></div>
            <a class="btn" href=format!("/statement?party={id}")>{icon(icon::LEDGER)}{t.s("nav-statement")}</a>
            <a class="btn go" href=format!("/pay?debtor={id}")>{icon(icon::PLUS)}{t.s("pay-collect")}</a></div>
        <div class="cols"><div class="stack">{card("owed", t.s("open-receivables"), None, receivable::short_table(&visit, &owed.data))}</div>
            <div class="stack">{card("facts", t.s("facts"), None, view! { <div class="body">{facts(pairs)}</div> })}</div></div>
    };
    Ok(shell::page(&visit, Nav::Customers, &c.name, main.into_any()))
}

/// `GET /customers/new`
pub async fn form(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    Ok(render(&visit, &Sent::nothing(), None))
}

/// `POST /customers`
pub async fn create(visit: Visit, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let asked = CustomerCreate {
        node: None,
        name: sent.get("name").to_owned(),
        code: sent.get("code").to_owned(),
        tax_no: sent.some("tax_no"),
        email: sent.some("email"),
        phone: sent.some("phone"),
    };
    match visit.post::<_, Customer>("/v1/customers", None, &asked).await {
        Ok(made) => Ok(Redirect::to(&format!("/customers/{}", made.id)).into_response()),
        Err(fault) if fault.is_about_input() => Ok(render(&visit, &sent, Some(&fault))),
        Err(fault) => Err(fault),
    }
}

fn render(visit: &Visit, sent: &Sent, fault: Option<&Fault>) -> Response {
    let t = visit.t();
    let main = view! {
        {crumb("/customers", t.s("nav-customers"), t.s("customer-add"))}{page_head(t.s("customer-add"), None, ())}
        <form class="card slim-form" method="post" action="/customers"><div class="body stack">{refused(visit, fault)}{party_fields(visit, sent, fault)}
            <div class="row"><a class="btn plain end" href="/customers">{t.s("cancel")}</a><button class="btn go">{t.s("save")}</button></div></div></form>
    };
    shell::page_with_status(visit, status_of(fault), Nav::Customers, &t.s("customer-add"), main.into_any())
}
