//! The account (ekstre) of a dealer or customer: every line with the balance after it.

use axum::response::Response;
use leptos::prelude::*;
use vezne_api::{Customer, Dealer, Page, Permission, Statement, StatementLine, StatementLineKind};

use crate::{
    api::{Fault, path},
    format,
    part::{
        field::{choice, field, hidden},
        icon,
        surface::{Tone, empty_first, note, page_head},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// `GET /statement?party=&from=&to=`
pub async fn show(visit: Visit) -> Result<Response, Fault> {
    let me = visit.sign_in_needed().await?.clone();
    let today = format::today(visit.now(), &visit.zone());
    let from =
        some(visit.query("from")).unwrap_or_else(|| today.saturating_sub(jiff::Span::new().days(90)).to_string());
    let to = some(visit.query("to")).unwrap_or_else(|| today.to_string());
    // A firm has no account with anybody above it: it looks at somebody else's.
    let own = (me.path.len() > 1 && visit.query("choose").is_empty()).then(|| me.node.id.clone());
    let party = some(visit.query("party")).or(own);
    let t = visit.t();
    let statement: Option<Statement> = match &party {
        Some(party) => {
            Some(visit.get(&path("/v1/statement", &[("party", party), ("from", &from), ("to", &to)])).await?)
        }
        None => None,
    };
    let name = statement.as_ref().map(|s| s.party.name.clone());
    let main = view! {
        {page_head(t.s("nav-statement"), name, ())}
        <div class="stack">{chooser(&visit, party.as_deref(), &from, &to).await}{statement.map(|s| account(&visit, &s))}</div>
    };
    Ok(shell::page(&visit, Nav::Statement, &t.s("nav-statement"), main.into_any()))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|t| !t.is_empty())
}

/// Once somebody is chosen the lists are not asked for again: a page makes three calls at most.
async fn chooser(visit: &Visit, party: Option<&str>, from: &str, to: &str) -> AnyView {
    let t = visit.t();
    let (who, other) = match party {
        Some(party) => (
            hidden("party", party),
            Some(view! { <a class="btn plain" href="/statement?choose=1">{t.s("statement-other")}</a> }.into_any()),
        ),
        None => (choice("party", t.s("party"), parties(visit).await, "", None), None),
    };
    view! {
        <form class="card" action="/statement"><div class="body stack">{who}
            <div class="two-dates">{field("from", t.s("from")).kind("date").value(from).view()}{field("to", t.s("to")).kind("date").value(to).view()}</div>
            <div class="row"><button class="btn">{t.s("show")}</button>{other}</div></div></form>
    }
    .into_any()
}

/// Everybody whose account may be looked at; a list that cannot be read leaves the field empty, not the page.
async fn parties(visit: &Visit) -> Vec<(String, String)> {
    let mut parties = Vec::new();
    if let Ok(page) = visit.get::<Page<Dealer>>("/v1/dealers?limit=200").await {
        parties.extend(page.data.into_iter().filter(|d| d.parent.is_some()).map(|d| (d.id, d.name)));
    }
    if visit.may(Permission::CustomerRead)
        && let Ok(page) = visit.get::<Page<Customer>>("/v1/customers?limit=200").await
    {
        parties.extend(page.data.into_iter().map(|c| (c.id, c.name)));
    }
    parties
}

fn account(visit: &Visit, s: &Statement) -> AnyView {
    let t = visit.t();
    let doubt = (s.in_doubt > 0).then(|| {
        note(
            Tone::Doubt,
            t.f("statement-in-doubt", [("amount", format::money(s.in_doubt, &s.currency).into())]),
            t.s("statement-in-doubt-what"),
            None,
        )
    });
    let cut = s.truncated.then(|| note(Tone::Wait, t.s("statement-cut"), t.s("statement-cut-what"), None));
    let body = if s.lines.is_empty() {
        empty_first(icon::LEDGER, t.s("statement-empty"), t.s("statement-empty-what"), None)
    } else {
        let cols = vec![
            col(t.s("date")),
            col(t.s("line")),
            col(t.s("debit")).class("n"),
            col(t.s("credit")).class("n"),
            col(t.s("balance")).class("n"),
        ];
        table(&t.s("nav-statement"), false, cols, s.lines.iter().map(|l| line(visit, l, &s.currency)).collect())
    };
    view! {
        {doubt}{cut}
        <section class="tiles four" aria-label=t.s("statement-figures")>
            {figure(t, "opening", s.opening, &s.currency)}{figure(t, "debit", s.debit, &s.currency)}
            {figure(t, "credit", s.credit, &s.currency)}{figure(t, "closing", s.closing, &s.currency)}
        </section>
        <section class="card" aria-label=t.s("nav-statement")>{body}</section>
    }
    .into_any()
}

fn figure(t: Locale, key: &'static str, minor: i64, currency: &str) -> AnyView {
    view! { <div class="tile"><span>{t.s(key)}</span><b>{format::money(minor, currency)}</b></div> }.into_any()
}

fn line(visit: &Visit, l: &StatementLine, currency: &str) -> Vec<Cell> {
    let t = visit.t();
    let kind = match l.kind {
        StatementLineKind::Charge => t.s("line-charge"),
        StatementLineKind::Payment => t.s("line-payment"),
        StatementLineKind::Void => t.s("line-void"),
        StatementLineKind::Refund => t.s("line-refund"),
        StatementLineKind::Advance => t.s("line-advance"),
        StatementLineKind::Offset => t.s("line-offset"),
        StatementLineKind::Transfer => t.s("line-transfer"),
    };
    let kind = match &l.payment {
        Some(id) => view! { <a href=format!("/payments/{id}")>{kind}</a> }.into_any(),
        None => kind.into_any(),
    };
    let document = [l.document_no.clone(), l.description.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let money = |minor: i64| if minor == 0 { String::new() } else { format::money(minor, currency) };
    let side = |minor: i64, label: String| {
        let c = cell(money(minor)).class(if minor == 0 { "n opt" } else { "n" });
        if minor == 0 { c } else { c.label(label) }
    };
    vec![
        cell(l.at.parse().map_or_else(|_| l.at.clone(), |at| format::day_of(at, &visit.zone()))).class("nw soft small"),
        head(view! { {kind}<small>{document}</small> }),
        side(l.debit, t.s("debit")),
        side(l.credit, t.s("credit")),
        cell(format::money(l.balance, currency)).class("n amt"),
    ]
}
