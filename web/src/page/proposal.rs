//! What one person proposes and a second one confirms: the open one with its buttons, and those before it.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use vezne_api::{Doubt, Permission, Proposal, ProposalDecide, ProposalState};

use crate::{
    api::{Fault, segment},
    part::{
        field::{area, hidden},
        surface::{Tone, card, facts, note, pill},
    },
    shell::{self, Nav},
    text::Locale,
    visit::{Sent, Visit},
};

/// `POST /proposals/{id}/{act}`: `confirm`, `reject` or `withdraw`; then back to where it came from.
pub async fn decide(visit: Visit, Path((id, act)): Path<(String, String)>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let asked = ProposalDecide { note: sent.some("note") };
    let to = format!("/v1/proposals/{}/{}", segment(&id), segment(&act));
    match visit.post::<_, Proposal>(&to, None, &asked).await {
        // What was confirmed is in doubt no more: its payment tells how it ended.
        Ok(done) if done.state == ProposalState::Confirmed => {
            Ok(Redirect::to(&sent_to(&sent, "payment")).into_response())
        }
        Ok(_) => Ok(Redirect::to(&sent_to(&sent, "doubt")).into_response()),
        Err(fault) if fault.is_about_input() || fault.status == 403 => Ok(refusal(&visit, &sent, &fault)),
        Err(fault) => Err(fault),
    }
}

/// Only to a page of ours: the id alone comes from the form.
fn sent_to(sent: &Sent, what: &str) -> String {
    match what {
        "payment" => format!("/payments/{}", segment(sent.get("payment"))),
        _ => format!("/doubts/{}", segment(sent.get("doubt"))),
    }
}

fn refusal(visit: &Visit, sent: &Sent, fault: &Fault) -> Response {
    let t = visit.t();
    let back = view! { <a class="btn" href=sent_to(sent, "payment")>{t.s("doubt-to-payment")}</a> }.into_any();
    let main = view! {
        <div class="head"><h1>{t.s("proposal-refused")}</h1></div>
        <div class="stack">{note(Tone::No, t.s("proposal-refused-what"), fault.detail.clone().unwrap_or_default(), Some(back))}</div>
    };
    let status = http::StatusCode::from_u16(fault.status).unwrap_or(http::StatusCode::CONFLICT);
    shell::page_with_status(visit, status, Nav::Doubts, &t.s("proposal-refused"), main.into_any())
}

fn said(visit: &Visit, p: &Proposal) -> AnyView {
    let t = visit.t();
    let mono = |text: String| view! { <span class="mono wrap">{text}</span> }.into_any();
    let mut pairs = vec![
        (t.s("doubt-evidence"), view! { <span class="wrap">{p.evidence.clone()}</span> }.into_any()),
        (t.s("proposal-by"), p.proposed_by.name.clone().into_any()),
        (t.s("time"), visit.date_time(&p.proposed_at).into_any()),
    ];
    pairs.extend(p.reference.clone().map(|text| (t.s("doubt-reference"), mono(text))));
    pairs.extend(p.attachment_sha256.clone().map(|text| (t.s("doubt-digest"), mono(text))));
    if p.state == ProposalState::Proposed {
        pairs.push((t.s("proposal-expires"), visit.date_time(&p.expires_at).into_any()));
    }
    pairs.extend(p.decided_by.as_ref().map(|who| (t.s("proposal-decided-by"), who.name.clone().into_any())));
    pairs.extend(p.decided_at.as_deref().map(|at| (t.s("proposal-decided-at"), visit.date_time(at).into_any())));
    pairs.extend(
        p.note.clone().map(|text| (t.s("proposal-note"), view! { <span class="wrap">{text}</span> }.into_any())),
    );
    facts(pairs)
}

/// The proposal that waits. Its maker may take it back; anybody else who may decide confirms or rejects it.
pub(super) fn open_card(visit: &Visit, p: &Proposal, outcome: &str, d: &Doubt) -> AnyView {
    let t = visit.t();
    let button = |act: &'static str, class: &'static str, words: String| {
        let to = format!("/proposals/{}/{act}", p.id);
        view! { <button class=class formaction=to>{words}</button> }.into_any()
    };
    let acts = visit.may(Permission::DoubtDecide).then(|| {
        let (what, buttons) = if p.own {
            (t.s("proposal-own-what"), vec![button("withdraw", "btn end", t.s("proposal-withdraw"))])
        } else {
            let both = vec![
                button("reject", "btn bad end", t.s("proposal-reject")),
                button("confirm", "btn go", t.s("proposal-confirm")),
            ];
            (t.s("proposal-other-what"), both)
        };
        view! {
            <form class="stack" method="post" action=format!("/proposals/{}/{}", p.id, if p.own { "withdraw" } else { "reject" })>
                {hidden("doubt", d.id.clone())}{hidden("payment", d.payment.clone())}
                {area("note", "note", t.s("proposal-note"), "", Some(what), None)}
                <div class="row">{buttons}</div></form>
        }
        .into_any()
    });
    let title = t.f("proposal-open", [("outcome", outcome.to_owned().into())]);
    card("proposal", title, None, view! { <div class="body stack">{said(visit, p)}{acts}</div> })
}

/// Those that ended without being done.
pub(super) fn history(visit: &Visit, proposals: &[Proposal], outcome: impl Fn(&Proposal) -> String) -> Option<AnyView> {
    let t = visit.t();
    let ended = proposals.iter().filter(|p| p.state != ProposalState::Proposed);
    let items = ended
        .map(|p| {
            view! { <div class="stack tight"><p class="row">{state(t, p.state)}<b>{outcome(p)}</b></p>{said(visit, p)}</div> }.into_any()
        })
        .collect::<Vec<_>>();
    (!items.is_empty())
        .then(|| card("earlier", t.s("proposal-earlier"), None, view! { <div class="body stack">{items}</div> }))
}

fn state(t: Locale, state: ProposalState) -> AnyView {
    match state {
        ProposalState::Proposed => pill(Tone::Wait, t.s("proposal-state-proposed")),
        ProposalState::Confirmed => pill(Tone::Ok, t.s("proposal-state-confirmed")),
        ProposalState::Rejected => pill(Tone::No, t.s("proposal-state-rejected")),
        ProposalState::Withdrawn => pill(Tone::Back, t.s("proposal-state-withdrawn")),
        ProposalState::Expired => pill(Tone::Back, t.s("proposal-state-expired")),
    }
}
