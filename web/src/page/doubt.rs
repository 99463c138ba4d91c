//! What is in doubt: every amount that was sent to a bank and never trustworthily answered, and what a person is
//! called for.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use vezne_api::{Alarm, AlarmCause, AlarmClose, Doubt, DoubtKind, Page, Permission};

use crate::{
    api::{Fault, path, segment},
    format,
    page::{
        dealer::{at, refused, status_of},
        payment::{pages, short_id},
    },
    part::{
        field::area,
        icon,
        surface::{Tone, empty_first, note, page_head, pill},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::{Sent, Visit},
};

/// `GET /doubts`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    render(&visit, None).await
}

/// `POST /alarms/{id}/close`
pub async fn close(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    let sent = Sent::read(body).await?;
    let asked = AlarmClose { note: sent.get("note").to_owned() };
    match visit.post::<_, Alarm>(&format!("/v1/alarms/{}/close", segment(&id)), None, &asked).await {
        Ok(_) => Ok(Redirect::to("/doubts").into_response()),
        Err(fault) if fault.is_about_input() => {
            render(&visit, Some(Returned { alarm: &id, sent: &sent, fault: &fault })).await
        }
        Err(fault) => Err(fault),
    }
}

/// A form that came back: of which alarm, what was typed, and what is wrong with it.
#[derive(Clone, Copy)]
struct Returned<'a> {
    alarm: &'a str,
    sent: &'a Sent,
    fault: &'a Fault,
}

async fn render(visit: &Visit, returned: Option<Returned<'_>>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let t = visit.t();
    let query = [("pos_account", visit.query("pos_account")), ("cursor", visit.query("cursor"))];
    let page: Page<Doubt> = visit.get(&path("/v1/doubts", &query)).await?;
    let alarms: Page<Alarm> = visit.get("/v1/alarms?state=open&limit=50").await?;
    let body = if page.data.is_empty() {
        empty_first(icon::CHECK, t.s("doubts-empty"), t.s("doubts-empty-what"), None)
    } else {
        let cols = vec![
            col(t.s("payment")),
            col(t.s("amount")).class("n"),
            col(t.s("doubt-why")),
            col(t.s("doubt-since")),
            col(t.s("doubt-next-ask")).class("far"),
            col(t.s("state")),
        ];
        table(&t.s("nav-doubts"), false, cols, page.data.iter().map(|d| row(visit, d)).collect())
    };
    let called =
        alarms.data.iter().map(|a| alarm(visit, a, returned.filter(|form| form.alarm == a.id))).collect::<Vec<_>>();
    let main = view! {
        {page_head(t.s("nav-doubts"), Some(t.s("doubts-what")), ())}
        <div class="stack">{called}<section class="card" aria-label=t.s("nav-doubts")>{body}</section>{pages(visit, &page)}</div>
    };
    Ok(shell::page_with_status(
        visit,
        status_of(returned.map(|form| form.fault)),
        Nav::Doubts,
        &t.s("nav-doubts"),
        main.into_any(),
    ))
}

fn row(visit: &Visit, d: &Doubt) -> Vec<Cell> {
    let t = visit.t();
    let next = d.next_inquiry_at.as_deref().map_or_else(|| t.s("doubt-asked-no-more"), |at| visit.date_time_short(at));
    let pos = d.pos_account.as_ref().map_or_else(String::new, |pos| pos.name.clone());
    vec![
        head(
            view! { <a href=format!("/doubts/{}", d.id)>{payer(d)}</a><small>{format!("{} · {pos}", kind(t, d.kind))}</small> },
        ),
        cell(format::money(d.amount, &d.currency)).class("n amt"),
        cell(why(t, d)).class("small all"),
        cell(visit.date_time_short(&d.since)).class("small nw").label(t.s("doubt-since")),
        cell(next).class("small nw opt far"),
        cell(standing(t, d)).class("st"),
    ]
}

/// Who pays, else whose money it is.
pub(super) fn payer(d: &Doubt) -> String {
    d.payer.as_ref().map_or_else(|| d.node.name.clone(), |payer| payer.name.clone())
}

/// What was asked of the bank.
pub(super) fn kind(t: Locale, kind: DoubtKind) -> String {
    match kind {
        DoubtKind::Sale => t.s("operation-sale"),
        DoubtKind::Authorization => t.s("operation-authorization"),
        DoubtKind::Capture => t.s("operation-capture"),
        DoubtKind::Void => t.s("operation-void"),
        DoubtKind::Refund => t.s("operation-refund"),
    }
}

/// Why it is in doubt, in words where there are some.
pub(super) fn why(t: Locale, d: &Doubt) -> String {
    t.maybe(&format!("doubt-{}", d.reason.code.replace('_', "-"))).unwrap_or_else(|| d.reason.code.replace('_', " "))
}

/// The pill of a doubt.
pub(super) fn standing(t: Locale, d: &Doubt) -> AnyView {
    if d.proposal.is_some() {
        pill(Tone::Wait, t.s("doubt-waits-second"))
    } else if d.alarm {
        pill(Tone::No, t.s("doubt-needs-person"))
    } else {
        pill(Tone::Doubt, t.s("state-unknown"))
    }
}

/// One alarm: what, where, since when, how many; and a form where a person must end it.
fn alarm(visit: &Visit, a: &Alarm, returned: Option<Returned<'_>>) -> AnyView {
    let t = visit.t();
    let fault = returned.map(|form| form.fault);
    let typed = returned.map_or("", |form| form.sent.get("note"));
    let place = a.pos_account.name.clone();
    let n = || a.count.into();
    let words = match a.cause {
        AlarmCause::BankSilent => t.f("alarm-bank-silent", [("pos", place.into()), ("n", a.in_doubt.into())]),
        AlarmCause::AskedInVain => t.f("alarm-asked-in-vain", [("pos", place.into()), ("n", a.in_doubt.into())]),
        AlarmCause::Contradiction => t.f("alarm-contradiction", [("pos", place.into()), ("n", n())]),
        AlarmCause::StrayStuck => t.f("alarm-stray-stuck", [("pos", place.into()), ("n", n())]),
    };
    let since = t.f("alarm-since", [("at", visit.date_time(&a.opened_at).into())]);
    let show = a.ends_by_itself.then(|| {
        view! { <a class="btn" href=path("/doubts", &[("pos_account", a.pos_account.id.as_str())])>{t.s("show")}</a> }.into_any()
    });
    let strip = note(Tone::No, words, since, show);
    if a.ends_by_itself {
        return strip;
    }
    let links = a
        .payments
        .iter()
        .map(|id| view! { <li><a class="mono" href=format!("/payments/{id}")>{short_id(id)}</a></li> }.into_any())
        .collect::<Vec<_>>();
    let form = visit.may(Permission::DoubtDecide).then(|| {
        view! {
            <form class="stack" method="post" action=format!("/alarms/{}/close", a.id)>{refused(visit, fault)}
                {area(format!("note-{}", a.id), "note", t.s("alarm-found"), typed, Some(t.s("alarm-found-hint")), at(fault, "/note"))}
                <div class="row"><button class="btn end">{t.s("alarm-close")}</button></div></form>
        }
        .into_any()
    });
    view! {
        <section class="card"><div class="body stack">{strip}<p class="small soft">{t.s("alarm-payments")}</p><ul class="row small">{links}</ul>{form}</div></section>
    }
    .into_any()
}
