//! One payment: every step with its reason, the attempts side by side, and what may be done with it.

use axum::{extract::Path, response::Response};
use leptos::prelude::*;
use vezne_api::{Attempt, Event, Operation, OperationKind, Payment, PaymentAct, Permission};

use crate::{
    api::{Fault, segment},
    format,
    page::routing::why_card,
    part::{
        icon::{self, icon},
        state,
        surface::{Tone, card, crumb, facts, note},
        table::{cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// `GET /payments/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let id = segment(&id);
    let payment: Payment = visit.get(&format!("/v1/payments/{id}?expand=attempts,events,routing")).await?;
    let t = visit.t();
    let main = view! {
        {crumb("/payments", t.s("nav-payments"), super::payment::short_id(&payment.id))}
        {heading(&visit, &payment)}
        <div class="stack">
            {standing(&visit, &payment)}
            <div class="cols">
                <div class="stack">
                    {timeline(&visit, payment.events.as_deref().unwrap_or_default())}
                    {attempts_card(&visit, payment.attempts.as_deref().unwrap_or_default())}
                    {payment.routing.as_ref().map(|routing| why_card(&visit, routing, &payment.currency))}
                </div>
                <div class="stack">{facts_card(&visit, &payment)}{whose(t, &payment)}{closed(t, &payment)}</div>
            </div>
        </div>
    };
    let title = format!("{} {}", t.s("payment"), super::payment::short_id(&payment.id));
    Ok(shell::page(&visit, Nav::Payments, &title, main.into_any()))
}

fn heading(visit: &Visit, p: &Payment) -> AnyView {
    let t = visit.t();
    let plan =
        if p.instalments > 1 { t.f("instalments", [("n", p.instalments.into())]) } else { t.s("single-payment") };
    let pos = p.pos_account.as_ref().map_or_else(String::new, |a| format!(" · {}", a.name));
    let line = format!("{}{pos} · {plan}", visit.date_time(&p.created_at));
    let receipt = p.captured_at.is_some().then(|| {
        view! { <a class="btn" href=format!("/payments/{}/receipt", p.id)>{icon(icon::RECEIPT)}{t.s("receipt")}</a> }.into_any()
    });
    // Only who sees POS accounts may ask a bank; before a try there is no order to ask about.
    let book = (visit.may(Permission::PosAccountRead) && p.order_no.is_some()).then(|| {
        view! { <a class="btn" href=format!("/payments/{}/bank", p.id)>{icon(icon::BANK)}{t.s("bank-book")}</a> }
            .into_any()
    });
    let back = p.acts.iter().any(|a| matches!(a, PaymentAct::Void | PaymentAct::Refund)).then(|| {
        view! { <a class="btn" href=format!("/payments/{}/refund", p.id)>{icon(icon::BACK)}{t.s("refund-title")}</a> }.into_any()
    });
    let capture = p.acts.contains(&PaymentAct::Capture).then(|| {
        view! {
            <form method="post" action=format!("/payments/{}/capture", p.id)><button class="btn go">{icon(icon::CHECK)}{t.s("capture")}</button></form>
        }
        .into_any()
    });
    let cancel = p.acts.contains(&PaymentAct::Cancel).then(|| {
        view! {
            <form method="post" action=format!("/payments/{}/cancel", p.id)><button class="btn">{icon(icon::CROSS)}{t.s("unconfirmed-give-up")}</button></form>
        }
        .into_any()
    });
    view! {
        <div class="head"><div><p class="row"><span class="sum">{format::money(p.charged, &p.currency)}</span>{state::payment(t, p)}</p>
            <h1>{super::payment::payer_name(p)}</h1><p class="soft small">{line}</p></div>{book}{receipt}{capture}{cancel}{back}</div>
    }
    .into_any()
}

/// Why it stands where it stands, when that is not plain success.
fn standing(visit: &Visit, p: &Payment) -> Option<AnyView> {
    let t = visit.t();
    if let Some(doubt) = &p.in_doubt {
        let next = doubt
            .next_inquiry_at
            .as_deref()
            .map_or_else(String::new, |at| t.f("doubt-next", [("time", visit.time(at).into())]));
        let words = format!("{} {next}", t.f("doubt-asked", [("n", doubt.inquiries.into())]));
        let bold = if doubt.alarm { t.s("doubt-alarm") } else { t.s("doubt-title") };
        let more = visit
            .may(Permission::DoubtRead)
            .then(|| view! { <a class="btn" href="/doubts">{t.s("nav-doubts")}</a> }.into_any());
        return Some(note(Tone::Doubt, bold, words, more));
    }
    if let Some(until) = p.confirm_until.as_deref() {
        let words = t.f("unconfirmed-until", [("time", visit.date_time(until).into())]);
        return Some(note(Tone::Wait, t.s("unconfirmed-title"), words, None));
    }
    let decline = p.decline.as_ref()?;
    let bank =
        [decline.bank_code.clone(), decline.bank_message.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let bank = if bank.is_empty() { String::new() } else { t.f("bank-said", [("words", bank.into())]) };
    Some(note(Tone::No, decline.message.clone(), bank, None))
}

fn timeline(visit: &Visit, events: &[Event]) -> AnyView {
    let t = visit.t();
    let steps = events.iter().map(|e| step(visit, e)).collect::<Vec<_>>();
    let body = view! { <div class="body"><ol class="time">{steps}</ol></div> };
    card("steps", t.s("steps"), None, body)
}

/// Tone and icon of an event, from what it is about and what it came to.
fn look(event: &Event) -> (&'static str, &'static str) {
    match event.kind.split_once('.').unwrap_or_default() {
        (_, "unknown" | "silent" | "stray" | "news_refused" | "unexpected" | "contradicted") => ("doubt", icon::DOUBT),
        (_, "succeeded" | "captured" | "authorized" | "resolved") => ("ok", icon::CHECK),
        (_, "declined" | "failed" | "expired") => ("no", icon::CROSS),
        (_, "voided" | "refunded" | "canceled" | "asked") => ("back", icon::BACK),
        ("payment", "rerouted") => ("wait", icon::ROUTE),
        (_, "browsing" | "browsing_charge" | "provisioning") | ("gate" | "callback", _) => ("wait", icon::SHIELD),
        (_, "borne_out") => ("ok", icon::CHECK),
        ("doubt", _) => ("wait", icon::USERS),
        ("payment", "created" | "confirmed") => ("", icon::CARD),
        ("attempt", _) => ("", icon::ROUTE),
        ("bank", _) => ("", icon::BANK),
        _ => ("", icon::INFO),
    }
}

/// Who caused it, where that is somebody with a name: ids of people and keys are in the audit log.
fn actor(t: Locale, event: &Event) -> String {
    match event.actor.as_deref() {
        Some("payer") => t.s("actor-payer"),
        Some(name) if name != "bank" && !name.contains(['_', ':']) => name.to_owned(),
        _ => String::new(),
    }
}

fn step(visit: &Visit, e: &Event) -> AnyView {
    let t = visit.t();
    let (tone, path) = look(e);
    let words = event_words(t, e);
    let said = ["bank_code", "bank_message", "auth_code", "reason"]
        .iter()
        .filter_map(|k| e.detail.get(*k))
        .filter(|v| !v.is_empty())
        .cloned()
        .collect::<Vec<_>>();
    let said = [actor(t, e), said.join(" · ")].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(". ");
    let said = (!said.is_empty()).then(|| view! { <span>{said}</span> }.into_any());
    let raw = (!e.detail.is_empty()).then(|| {
        let lines = e.detail.iter().map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>().join("\n");
        view! { <details><summary>{t.s("raw-record")}</summary><pre>{format!("{}\n{lines}", e.kind)}</pre></details> }
            .into_any()
    });
    let more = (said.is_some() || raw.is_some()).then(|| view! { <div class="more">{said}{raw}</div> }.into_any());
    view! { <li><span class=format!("dot {tone}")>{icon(path)}</span><span>{words}</span><time>{visit.time_exact(&e.at)}</time>{more}</li> }.into_any()
}

/// The words of an event. Kinds the portal has no words for yet are shown as they are: better than nothing.
fn event_words(t: Locale, e: &Event) -> String {
    t.maybe(&format!("event-{}", e.kind.replace(['.', '_'], "-"))).unwrap_or_else(|| e.kind.clone())
}

fn attempts_card(visit: &Visit, attempts: &[Attempt]) -> Option<AnyView> {
    if attempts.is_empty() {
        return None;
    }
    let t = visit.t();
    let cols = vec![
        col(t.s("attempt")),
        col(t.s("pos")),
        col(t.s("outcome")),
        col(t.s("bank-order-no")),
        col(t.s("duration")).class("n"),
    ];
    let rows = attempts.iter().flat_map(|a| attempt_rows(visit, a)).collect();
    Some(card("attempts", t.s("attempts"), None, table(&t.s("attempts"), false, cols, rows)))
}

fn attempt_rows(visit: &Visit, a: &Attempt) -> Vec<Vec<crate::part::table::Cell>> {
    let t = visit.t();
    let model = a.three_d_model.clone().map(|m| view! { <small>{format!("3-D: {m}")}</small> }.into_any());
    let plugin = format!("{} {}", a.plugin.id, a.plugin.version);
    let mut rows = vec![vec![
        head(a.number.to_string()),
        cell(view! { {a.pos_account.name.clone()}<small>{plugin}</small> }),
        cell(state::attempt(t, a.state)).class("amt"),
        cell(view! { <span class="mono">{a.order_no.clone()}</span>{model} }).class("all"),
        cell(duration(&a.created_at, a.ended_at.as_deref())).class("n opt"),
    ]];
    rows.extend(a.operations.iter().map(|o| operation_row(t, o)));
    rows
}

fn operation_row(t: Locale, o: &Operation) -> Vec<crate::part::table::Cell> {
    let kind = match o.kind {
        OperationKind::Sale => t.s("operation-sale"),
        OperationKind::Authorization => t.s("operation-authorization"),
        OperationKind::Capture => t.s("operation-capture"),
        OperationKind::Void => t.s("operation-void"),
        OperationKind::Refund => t.s("operation-refund"),
        OperationKind::Inquiry => t.s("operation-inquiry"),
    };
    let said = [o.bank_code.clone(), o.bank_message.clone()]
        .into_iter()
        .flatten()
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    vec![
        head(view! { <span class="soft">{format!("› {kind}")}</span> }),
        cell(format::money(o.amount, &o.currency)).class("opt"),
        cell(state::operation(t, o.state)).class("amt"),
        cell(view! { <span class="soft small">{said}</span> }).class("all"),
        cell(duration(&o.started_at, o.ended_at.as_deref())).class("n opt"),
    ]
}

fn duration(from: &str, to: Option<&str>) -> String {
    let parsed = (from.parse::<jiff::Timestamp>(), to.and_then(|to| to.parse::<jiff::Timestamp>().ok()));
    let (Ok(from), Some(to)) = parsed else { return String::new() };
    let ms = to.as_millisecond() - from.as_millisecond();
    format!("{} ms", format::count(u64::try_from(ms).unwrap_or_default()))
}

fn mono(text: impl Into<String>) -> AnyView {
    view! { <span class="mono">{text.into()}</span> }.into_any()
}

fn facts_card(visit: &Visit, p: &Payment) -> AnyView {
    let t = visit.t();
    let mut pairs = vec![(t.s("payment-no"), mono(&p.id))];
    if let Some(c) = &p.card {
        pairs.push((t.s("card"), format::card(&c.bin, &c.last4).into_any()));
        let kind = [c.bank.clone(), c.programme.clone(), c.brand.as_deref().map(format::brand)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ");
        pairs.push((t.s("card-kind"), kind.into_any()));
    }
    pairs.extend(p.pos_account.as_ref().map(|a| (t.s("pos"), a.name.clone().into_any())));
    if p.charged != p.amount {
        pairs.push((t.s("settled"), format::money(p.amount, &p.currency).into_any()));
        pairs.push((t.s("plan-difference"), format::money(p.charged - p.amount, &p.currency).into_any()));
    }
    if let Some(points) = p.points_amount {
        pairs.push((t.s("paid-by-points"), format::money(points, &p.currency).into_any()));
    }
    if p.amount_refunded > 0 {
        pairs.push((t.s("sum-back"), format::money(-p.amount_refunded, &p.currency).into_any()));
    }
    pairs.extend(p.auth_code.as_ref().map(|c| (t.s("auth-code"), mono(c))));
    pairs.extend(p.order_no.as_ref().map(|c| (t.s("bank-order-no"), mono(c))));
    pairs.extend(p.reference.as_ref().map(|c| (t.s("reference"), mono(c))));
    pairs.extend(p.captured_at.as_deref().map(|at| (t.s("captured-at"), visit.date_time(at).into_any())));
    card("facts", t.s("facts"), None, view! { <div class="body">{facts(pairs)}</div> })
}

fn whose(t: Locale, p: &Payment) -> AnyView {
    let payer = p.payer.as_ref().filter(|payer| payer.id != p.node.id);
    let payer = payer.map(|payer| view! { <li>{payer.name.clone()}</li> }.into_any());
    let body = view! { <div class="body stack"><ol class="path">{payer}<li><b>{p.node.name.clone()}</b></li></ol><p class="small soft">{t.s("whose-money-what")}</p></div> };
    card("whose", t.s("whose-money"), None, body)
}

fn closed(t: Locale, p: &Payment) -> Option<AnyView> {
    if p.allocations.is_empty() {
        return None;
    }
    let rows = p
        .allocations
        .iter()
        .map(|a| {
            let name = a.document_no.clone().unwrap_or_else(|| super::payment::short_id(&a.receivable));
            let part = t.s(super::receivable::component_key(a.component));
            vec![head(view! { {name}<small>{part}</small> }), cell(format::money(a.amount, &p.currency)).class("n amt")]
        })
        .collect();
    Some(card(
        "closed",
        t.s("closed"),
        None,
        table(&t.s("closed"), true, vec![col(t.s("document")), col(t.s("closed-amount")).class("n")], rows),
    ))
}
