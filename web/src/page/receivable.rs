//! Receivables: what is owed, by whom, since when; and writing one.

use axum::{
    body::Body,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use vezne_api::{
    ComponentCreate, ComponentKind, Customer, Dealer, Page, PartyKind, PartyRef, Permission, Receivable,
    ReceivableCreate,
};

use crate::{
    api::{Fault, path},
    format,
    page::{
        dealer::{at, refused, status_of},
        payment::pages,
    },
    part::{
        field::{choice, field},
        icon::{self, icon},
        state,
        surface::{crumb, empty_filtered, empty_first, page_head},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    visit::{Sent, Visit},
};

/// The parts a receivable may be written with, in the order of the form.
const PARTS: [(ComponentKind, &str); 5] = [
    (ComponentKind::Principal, "principal"),
    (ComponentKind::ContractInterest, "contract_interest"),
    (ComponentKind::DefaultInterest, "default_interest"),
    (ComponentKind::Expense, "expense"),
    (ComponentKind::Tax, "tax"),
];

/// The key of the word for a part.
pub fn component_key(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Principal => "part-principal",
        ComponentKind::ContractInterest => "part-contract-interest",
        ComponentKind::DefaultInterest => "part-default-interest",
        ComponentKind::Expense => "part-expense",
        ComponentKind::Tax => "part-tax",
        ComponentKind::Fee => "part-fee",
    }
}

/// `GET /receivables`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let (q, open, debtor) = (visit.query("q"), visit.query("open"), visit.query("debtor"));
    let asked = path(
        "/v1/receivables",
        &[("q", q), ("open", open), ("debtor", debtor), ("limit", "50"), ("cursor", visit.query("cursor"))],
    );
    let page: Page<Receivable> = visit.get(&asked).await?;
    let t = visit.t();
    let filtered = !(q.is_empty() && open.is_empty() && debtor.is_empty());
    let add = || {
        visit.may(Permission::ReceivableCreate).then(|| {
            view! { <a class="btn go" href="/receivables/new">{icon(icon::PLUS)}{t.s("receivable-add")}</a> }.into_any()
        })
    };
    let body = if page.data.is_empty() && filtered {
        empty_filtered(t, q.to_owned(), "/receivables")
    } else if page.data.is_empty() {
        empty_first(icon::CARD, t.s("receivables-empty"), t.s("receivables-empty-what"), add())
    } else {
        list_table(&visit, &page.data)
    };
    let tab = |href: &'static str, key: &str, here: bool| {
        view! { <a href=href aria-current=here.then_some("page")>{t.s(key)}</a> }.into_any()
    };
    let main = view! {
        {page_head(t.s("nav-receivables"), None, add())}
        <div class="stack">
            <nav class="tabs" aria-label=t.s("views")>{tab("/receivables", "all", !filtered)}{tab("/receivables?open=true", "view-open", open == "true" && debtor.is_empty())}</nav>
            <section class="card" aria-label=t.s("nav-receivables")>{body}</section>{pages(&visit, &page)}
        </div>
    };
    Ok(shell::page(&visit, Nav::Receivables, &t.s("nav-receivables"), main.into_any()))
}

fn list_table(visit: &Visit, rows: &[Receivable]) -> AnyView {
    let t = visit.t();
    let cols = vec![
        col(t.s("debtor")),
        col(t.s("document")),
        col(t.s("due")),
        col(t.s("outstanding")).class("n"),
        col(t.s("state")),
    ];
    table(&t.s("nav-receivables"), false, cols, rows.iter().map(|r| row(visit, r)).collect())
}

fn row(visit: &Visit, r: &Receivable) -> Vec<Cell> {
    let t = visit.t();
    let who = match r.debtor.kind {
        PartyKind::Node => format!("/dealers/{}", r.debtor.id),
        PartyKind::Customer => format!("/customers/{}", r.debtor.id),
    };
    let of = (r.outstanding != r.amount).then(|| {
        view! { <small>{t.f("of-amount", [("amount", format::money(r.amount, &r.currency).into())])}</small> }
            .into_any()
    });
    vec![
        head(view! { <a href=who>{r.debtor.name.clone()}</a><small>{r.node.name.clone()}</small> }),
        cell(document(r)).class("all small"),
        cell(r.due_on.parse().map_or_else(|_| r.due_on.clone(), format::date)).class("nw small"),
        cell(view! { {format::money(r.outstanding, &r.currency)}{of} }).class("n amt"),
        cell(state::receivable(t, r.state, r.overdue)).class("st"),
    ]
}

fn document(r: &Receivable) -> String {
    [r.document_no.clone(), r.description.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What somebody owes, for that one's page.
pub fn short_table(visit: &Visit, rows: &[Receivable]) -> AnyView {
    let t = visit.t();
    if rows.is_empty() {
        return empty_first(icon::CHECK, t.s("owes-nothing"), t.s("owes-nothing-what"), None);
    }
    let rows = rows
        .iter()
        .map(|r| {
            let due =
                t.f("pay-due", [("date", r.due_on.parse().map_or_else(|_| r.due_on.clone(), format::date).into())]);
            vec![
                head(document(r)),
                cell(due).class("nw soft small"),
                cell(format::money(r.outstanding, &r.currency)).class("n amt"),
                cell(state::receivable(t, r.state, r.overdue)).class("st"),
            ]
        })
        .collect();
    table(
        &t.s("open-receivables"),
        false,
        vec![col(t.s("document")), col(t.s("due")), col(t.s("outstanding")).class("n"), col(t.s("state"))],
        rows,
    )
}

/// `GET /receivables/new`
pub async fn form(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    render(&visit, &Sent::nothing(), None).await
}

/// `POST /receivables`
pub async fn create(visit: Visit, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let t = visit.t();
    let mut components = Vec::new();
    let mut errors = Vec::new();
    for (kind, name) in PARTS {
        let typed = sent.get(name);
        match format::parse_amount(typed) {
            Some(amount) => components.push(ComponentCreate { kind, amount }),
            None if typed.is_empty() && kind != ComponentKind::Principal => {}
            None => errors.push(vezne_api::FieldError {
                pointer: format!("/{name}"),
                code: "amount".to_owned(),
                detail: t.s("error-amount"),
            }),
        }
    }
    if !errors.is_empty() {
        let fault = Fault { status: 422, errors, ..Fault::default() };
        return render(&visit, &sent, Some(&fault)).await;
    }
    let debtor = sent.get("debtor");
    let kind = if debtor.starts_with("cus_") { PartyKind::Customer } else { PartyKind::Node };
    let asked = ReceivableCreate {
        debtor: PartyRef { kind, id: debtor.to_owned() },
        node: None,
        document_no: sent.some("document_no"),
        description: sent.some("description"),
        due_on: sent.get("due_on").to_owned(),
        currency: "TRY".to_owned(),
        components,
    };
    match visit.post::<_, Receivable>("/v1/receivables", None, &asked).await {
        Ok(_) => Ok(Redirect::to("/receivables").into_response()),
        Err(fault) if fault.is_about_input() => render(&visit, &sent, Some(&fault)).await,
        Err(fault) => Err(fault),
    }
}

async fn render(visit: &Visit, sent: &Sent, fault: Option<&Fault>) -> Result<Response, Fault> {
    let t = visit.t();
    let debtors = debtors(visit).await?;
    let parts = PARTS
        .iter()
        .map(|(kind, name)| {
            field(name, t.s(component_key(*kind)))
                .mode("decimal")
                .unit("₺")
                .value(sent.get(name))
                .error(at(fault, &format!("/{name}")))
                .view()
        })
        .collect::<Vec<_>>();
    let main = view! {
        {crumb("/receivables", t.s("nav-receivables"), t.s("receivable-add"))}{page_head(t.s("receivable-add"), None, ())}
        <form class="card slim-form" method="post" action="/receivables"><div class="body stack">
            {refused(visit, fault)}
            {choice("debtor", t.s("debtor"), debtors, sent.get("debtor"), at(fault, "/debtor").or_else(|| at(fault, "/debtor/id")))}
            <div class="grid2">
                {field("document_no", t.s("document")).value(sent.get("document_no")).error(at(fault, "/document_no")).view()}
                {field("due_on", t.s("due")).kind("date").value(sent.get("due_on")).error(at(fault, "/due_on")).required().view()}
            </div>
            {field("description", t.s("description")).value(sent.get("description")).error(at(fault, "/description")).view()}
            <fieldset class="stack"><legend class="small soft">{t.s("parts")}</legend><div class="grid2">{parts}</div></fieldset>
            <div class="row"><a class="btn plain end" href="/receivables">{t.s("cancel")}</a><button class="btn go">{t.s("save")}</button></div></div></form>
    };
    Ok(shell::page_with_status(visit, status_of(fault), Nav::Receivables, &t.s("receivable-add"), main.into_any()))
}

async fn debtors(visit: &Visit) -> Result<Vec<(String, String)>, Fault> {
    let dealers: Page<Dealer> = visit.get("/v1/dealers?limit=200").await?;
    let own = visit.me().map(|me| me.node.id.clone());
    let mut debtors: Vec<_> =
        dealers.data.into_iter().filter(|d| Some(&d.id) != own.as_ref()).map(|d| (d.id, d.name)).collect();
    if visit.may(Permission::CustomerRead) {
        let customers: Page<Customer> = visit.get("/v1/customers?limit=200").await?;
        debtors.extend(customers.data.into_iter().map(|c| (c.id, format!("{} · {}", c.name, c.code))));
    }
    Ok(debtors)
}
