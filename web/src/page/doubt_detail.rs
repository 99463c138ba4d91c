//! One amount in doubt: why, what was asked, what the bank said, what will happen, and how persons decide it.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde_json::json;
use vezne_api::{Doubt, DoubtKind, DoubtOutcome, DoubtTalk, Permission, Proposal};

use super::{
    doubt::{kind, payer, standing, why},
    proposal,
};
use crate::{
    api::{Fault, segment},
    format,
    page::{
        dealer::{at, refused, status_of},
        payment::short_id,
    },
    part::{
        field::{area, choice, field},
        icon::{self, icon},
        surface::{Tone, card, crumb, facts, note},
    },
    shell::{self, Nav},
    text::Locale,
    visit::{Sent, Visit},
};

/// `GET /doubts/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    render(&visit, &id, &Sent::nothing(), None).await
}

/// `POST /doubts/{id}`: proposes how it ended.
pub async fn decide(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    let sent = Sent::read(body).await?;
    // As it was sent: what nobody chose is refused, and never guessed.
    let asked = json!({
        "outcome": sent.get("outcome"), "evidence": sent.get("evidence"), "reference": sent.some("reference"),
        "attachment_sha256": sent.some("attachment_sha256"),
    });
    let to = format!("/v1/doubts/{}/decisions", segment(&id));
    match visit.post::<_, Proposal>(&to, None, &asked).await {
        Ok(_) => Ok(Redirect::to(&format!("/doubts/{}", segment(&id))).into_response()),
        Err(fault) if fault.is_about_input() => render(&visit, &id, &sent, Some(&fault)).await,
        Err(fault) => Err(fault),
    }
}

async fn render(visit: &Visit, id: &str, sent: &Sent, fault: Option<&Fault>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let d: Doubt = visit.get(&format!("/v1/doubts/{}", segment(id))).await?;
    let t = visit.t();
    let may_decide = visit.may(Permission::DoubtDecide);
    let open = d.proposal.as_ref().map(|p| proposal::open_card(visit, p, &outcome_words(t, d.kind, p.outcome), &d));
    let form = (may_decide && d.proposal.is_none()).then(|| decision_form(visit, &d, sent, fault));
    let earlier = proposal::history(visit, &d.proposals, |p| outcome_words(t, d.kind, p.outcome));
    let title = payer(&d);
    let main = view! {
        {crumb("/doubts", t.s("nav-doubts"), short_id(&d.id))}
        <div class="head"><div><p class="row"><span class="sum">{format::money(d.amount, &d.currency)}</span>{standing(t, &d)}</p>
            <h1>{title.clone()}</h1><p class="soft small">{line(visit, &d)}</p></div>
            <a class="btn" href=format!("/payments/{}", d.payment)>{icon(icon::LIST)}{t.s("doubt-to-payment")}</a></div>
        <div class="stack">{future(visit, &d)}{open}
            <div class="cols"><div class="stack">{talk(visit, &d)}{earlier}</div><div class="stack">{reasons(visit, &d)}{form}</div></div></div>
    };
    Ok(shell::page_with_status(visit, status_of(fault), Nav::Doubts, &title, main.into_any()))
}

fn line(visit: &Visit, d: &Doubt) -> String {
    let t = visit.t();
    let pos = d.pos_account.as_ref().map_or_else(String::new, |pos| format!(" · {}", pos.name));
    format!("{}{pos} · {}", kind(t, d.kind), visit.date_time(&d.sent_at))
}

/// What happens next, and what if the bank never answers.
fn future(visit: &Visit, d: &Doubt) -> AnyView {
    let t = visit.t();
    match d.next_inquiry_at.as_deref() {
        Some(next) => {
            let bold = t.f("doubt-will-be-asked", [("at", visit.date_time(next).into())]);
            let until = t.f("doubt-if-silent", [("until", visit.date_time(&d.inquiries_until).into())]);
            note(Tone::Doubt, bold, until, None)
        }
        None => note(Tone::No, t.s("doubt-asked-in-vain"), t.s("doubt-asked-in-vain-what"), None),
    }
}

fn reasons(visit: &Visit, d: &Doubt) -> AnyView {
    let t = visit.t();
    let mono = |text: &str| view! { <span class="mono wrap">{text.to_owned()}</span> }.into_any();
    let mut pairs =
        vec![(t.s("doubt-why"), why(t, d).into_any()), (t.s("doubt-since"), visit.date_time(&d.since).into_any())];
    let phase = d.reason.phase.as_deref();
    pairs.extend(phase.map(|phase| {
        let words = t.maybe(&format!("phase-{}", phase.replace('_', "-"))).unwrap_or_else(|| phase.to_owned());
        (t.s("doubt-phase"), words.into_any())
    }));
    pairs.extend(d.reason.detail.as_deref().map(|detail| (t.s("doubt-detail"), mono(detail))));
    let said = [d.reason.bank_code.clone(), d.reason.bank_message.clone()];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    if !said.is_empty() {
        pairs.push((t.s("doubt-bank-said"), said.into_any()));
    }
    pairs.push((t.s("doubt-inquiries"), d.inquiries.to_string().into_any()));
    pairs.push((t.s("doubt-not-found"), d.not_found.to_string().into_any()));
    pairs.push((t.s("bank-order-no"), mono(&d.order_no)));
    pairs.extend(d.card.as_ref().map(|card| (t.s("card"), format::card(&card.bin, &card.last4).into_any())));
    pairs.extend(d.reference.as_deref().map(|reference| (t.s("reference"), mono(reference))));
    card("facts", t.s("facts"), None, view! { <div class="body">{facts(pairs)}</div> })
}

fn talk(visit: &Visit, d: &Doubt) -> AnyView {
    let t = visit.t();
    let lines = d.talk.iter().map(|said| spoken(visit, said)).collect::<Vec<_>>();
    let body = if lines.is_empty() {
        view! { <div class="body"><p class="soft">{t.s("doubt-no-talk")}</p></div> }.into_any()
    } else {
        view! { <div class="body"><ol class="time">{lines}</ol></div> }.into_any()
    };
    card("talk", t.s("doubt-talk"), None, body)
}

fn spoken(visit: &Visit, said: &DoubtTalk) -> AnyView {
    let t = visit.t();
    let (tone, path) = match said.kind.as_str() {
        "bank.silent" => ("doubt", icon::DOUBT),
        "bank.answered" => ("", icon::BANK),
        _ => ("", icon::ROUTE),
    };
    let words = t.maybe(&format!("event-{}", said.kind.replace('.', "-"))).unwrap_or_else(|| said.kind.clone());
    let raw = (!said.detail.is_empty()).then(|| {
        let lines = said.detail.iter().map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>().join("\n");
        view! { <div class="more"><details><summary>{t.s("raw-record")}</summary><pre>{lines}</pre></details></div> }
            .into_any()
    });
    view! { <li><span class=format!("dot {tone}")>{icon(path)}</span><span>{words}</span><time>{visit.date_time_short(&said.at)}</time>{raw}</li> }.into_any()
}

/// What an outcome means for this kind of act.
fn outcome_words(t: Locale, kind: DoubtKind, outcome: Option<DoubtOutcome>) -> String {
    let done = outcome == Some(DoubtOutcome::Done);
    match (kind, done) {
        (DoubtKind::Sale, true) => t.s("outcome-paid"),
        (DoubtKind::Sale, false) => t.s("outcome-unpaid"),
        (DoubtKind::Authorization, true) => t.s("outcome-held"),
        (DoubtKind::Authorization, false) => t.s("outcome-not-held"),
        (DoubtKind::Capture, true) => t.s("outcome-captured"),
        (DoubtKind::Capture, false) => t.s("outcome-not-captured"),
        (DoubtKind::Void, true) => t.s("outcome-voided"),
        (DoubtKind::Void, false) => t.s("outcome-not-voided"),
        (DoubtKind::Refund, true) => t.s("outcome-refunded"),
        (DoubtKind::Refund, false) => t.s("outcome-not-refunded"),
    }
}

fn decision_form(visit: &Visit, d: &Doubt, sent: &Sent, fault: Option<&Fault>) -> AnyView {
    let t = visit.t();
    let outcomes = vec![
        (String::new(), t.s("outcome-choose")),
        ("not_done".to_owned(), outcome_words(t, d.kind, Some(DoubtOutcome::NotDone))),
        ("done".to_owned(), outcome_words(t, d.kind, Some(DoubtOutcome::Done))),
    ];
    let form = view! {
        <form class="body stack" method="post" action=format!("/doubts/{}", d.id)>{refused(visit, fault)}
            <p class="small soft">{t.s("doubt-decide-what")}</p>
            {choice("outcome", t.s("outcome"), outcomes, sent.get("outcome"), at(fault, "/outcome"))}
            {area("evidence", "evidence", t.s("doubt-evidence"), sent.get("evidence"), Some(t.s("doubt-evidence-hint")), at(fault, "/evidence"))}
            {field("reference", t.s("doubt-reference")).value(sent.get("reference")).hint(t.s("doubt-reference-hint")).error(at(fault, "/reference")).max("100").view()}
            {field("attachment_sha256", t.s("doubt-digest")).value(sent.get("attachment_sha256")).hint(t.s("doubt-digest-hint")).error(at(fault, "/attachment_sha256")).max("64").view()}
            <div class="row"><button class="btn go end">{t.s("doubt-propose")}</button></div></form>
    };
    card("decide", t.s("doubt-decide"), None, form)
}
