//! What came of a payment, for the payer. The address is a secret of its own, so it opens without signing in: the
//! bank's page sends the payer's browser back here.

use axum::{extract::Path, response::Response};
use http::StatusCode;
use leptos::prelude::*;
use vezne_api::{DeclineClass, Payment, PaymentState};

use crate::{
    api::{Fault, path, segment},
    format,
    part::{
        icon::{self, icon},
        state,
        surface::{Tone, facts},
    },
    shell::{self, WindowFrame},
    text::Locale,
    visit::Visit,
};

/// Seconds between two looks while the outcome is open.
const POLL_SECONDS: u32 = 3;

/// `GET /result/{token}`
pub async fn show(visit: Visit, Path(token): Path<String>) -> Result<Response, Fault> {
    let payment: Payment = visit.get(&format!("/v1/results/{}", segment(&token))).await?;
    // Without a session the firm's name comes from the payment, whose node is the collecting one.
    let signed_in = visit.sign_in_needed().await.is_ok();
    let firm = visit.me().map_or_else(|| payment.node.name.clone(), |me| me.firm.clone());
    let t = visit.t();
    let open = is_open(payment.state);
    let title = format!("{} · {firm}", heading(t, &payment));
    let frame = WindowFrame {
        title: &title,
        firm: &firm,
        skip_to: "result",
        slim: true,
        test: !payment.livemode,
        poll: open.then_some(POLL_SECONDS),
        signed_in,
    };
    Ok(shell::window_page(&visit, StatusCode::OK, &frame, window(&visit, &payment, signed_in)))
}

fn is_open(state: PaymentState) -> bool {
    matches!(state, PaymentState::Unknown | PaymentState::Processing | PaymentState::RequiresAction)
}

fn heading(t: Locale, payment: &Payment) -> String {
    match payment.state {
        PaymentState::Succeeded | PaymentState::Authorized => t.s("result-ok"),
        PaymentState::Unknown => t.s("result-unknown"),
        PaymentState::Processing => t.s("result-processing"),
        PaymentState::RequiresConfirmation => t.s("result-unconfirmed"),
        PaymentState::RequiresAction => t.s("result-action"),
        PaymentState::Expired => t.s("result-expired"),
        PaymentState::Canceled => t.s("result-canceled"),
        PaymentState::Declined | PaymentState::Failed => t.s("result-declined"),
    }
}

fn window(visit: &Visit, payment: &Payment, signed_in: bool) -> AnyView {
    let t = visit.t();
    let body = match payment.state {
        PaymentState::Succeeded | PaymentState::Authorized => success(t, payment, signed_in),
        PaymentState::Unknown | PaymentState::Processing => doubt(visit, payment),
        PaymentState::RequiresAction => waiting(visit, payment),
        PaymentState::RequiresConfirmation => {
            view! { <p>{t.s("result-unconfirmed-what")}</p>{payment_facts(t, payment)} }.into_any()
        }
        _ => declined(t, payment),
    };
    let state_name = serde_json::to_string(&payment.state).unwrap_or_default();
    view! {
        <section class="window stack" id="result" aria-labelledby="result-title" data-state=state_name.trim_matches('"').to_owned()>
            <div class="row">{state::payment(t, payment)}<span class="soft small end">{visit.date_time(&payment.created_at)}</span></div>
            <h1 class="sum" id="result-title">{heading(t, payment)}</h1>
            {body}
        </section>
    }
    .into_any()
}

fn payment_facts(t: Locale, payment: &Payment) -> AnyView {
    let plan = if payment.instalments > 1 {
        t.f("instalments", [("n", payment.instalments.into())])
    } else {
        t.s("single-payment")
    };
    let mut pairs = vec![(
        t.s("amount"),
        view! { <b>{format::money(payment.charged, &payment.currency)}</b>{format!(", {plan}")} }.into_any(),
    )];
    if let Some(card) = &payment.card {
        pairs.push((t.s("card"), format::card(&card.bin, &card.last4).into_any()));
    }
    if let Some(code) = &payment.auth_code {
        pairs.push((t.s("auth-code"), view! { <span class="mono">{code.clone()}</span> }.into_any()));
    }
    pairs.push((t.s("payment-no"), view! { <span class="mono">{payment.id.clone()}</span> }.into_any()));
    facts(pairs)
}

fn success(t: Locale, payment: &Payment, signed_in: bool) -> AnyView {
    let receipt = signed_in.then(|| {
        view! {
            <a class="btn go big" href=format!("/payments/{}/receipt", payment.id)>{icon(icon::RECEIPT)}{t.s("receipt-open")}</a>
            <div class="row"><a class="btn" href=format!("/payments/{}/receipt.pdf", payment.id)>{icon(icon::DOWNLOAD)}"PDF"</a>
                <a class="btn plain end" href="/">{t.s("back-to-portal")}</a></div>
        }
        .into_any()
    });
    view! { <p>{t.s("result-ok-what")}</p>{payment_facts(t, payment)}<div class="counter stack">{receipt}</div> }
        .into_any()
}

fn declined(t: Locale, payment: &Payment) -> AnyView {
    let reason = payment.decline.as_ref().map_or_else(|| t.s("result-no-reason"), |d| d.message.clone());
    let next = match payment.decline.as_ref().map(|d| d.class) {
        Some(DeclineClass::Never) => t.s("decline-next-never"),
        Some(DeclineClass::Later) => t.s("decline-next-later"),
        Some(DeclineClass::ChangeData) => t.s("decline-next-change-data"),
        Some(DeclineClass::StepUp) => t.s("decline-next-step-up"),
        Some(DeclineClass::Cascade) => t.s("decline-next-cascade"),
        Some(DeclineClass::Unknown) | None => t.s("decline-next"),
    };
    view! {
        <p><b>{reason}</b></p><p>{next}</p><p>{t.s("decline-kept")}</p>{payment_facts(t, payment)}
        <div class="counter stack"><a class="btn go big" href=again(payment)>{t.s("result-try-again")}</a></div>
    }
    .into_any()
}

/// The pay page with the amount and the receivables as they were.
fn again(payment: &Payment) -> String {
    let amount = format::amount_input(payment.amount);
    let debtor = payment.payer.as_ref().map_or("", |p| p.id.as_str());
    let mut query = vec![("sent", "1"), ("amount", amount.as_str()), ("debtor", debtor)];
    if debtor.is_empty() {
        query.push(("open", "1"));
    }
    query.extend(payment.receivables.iter().map(|share| ("receivable", share.receivable.as_str())));
    path("/pay", &query)
}

/// 3-D is not finished: back to the bank's page, or wait for what the bank says.
fn waiting(visit: &Visit, payment: &Payment) -> AnyView {
    let t = visit.t();
    let go_on = payment
        .next_action
        .as_ref()
        .map(|a| view! { <a class="btn go big" href=a.redirect_url.clone()>{t.s("result-action-go")}</a> }.into_any());
    view! {
        <p>{t.s("result-action-what")}</p>{payment_facts(t, payment)}
        <div class="counter stack">{go_on}<a class="btn big" href=visit.here_with(&[])>{t.s("refresh-state")}</a></div>
    }
    .into_any()
}

/// “Do not pay again”: what happened, what we do, what is safe. No pay button stands near it.
fn doubt(visit: &Visit, payment: &Payment) -> AnyView {
    let t = visit.t();
    let what =
        if payment.state == PaymentState::Unknown { t.s("result-unknown-what") } else { t.s("result-processing-what") };
    view! {
        <p>{what}</p>{payment_facts(t, payment)}
        <div class="counter"><h2 id="steps">{t.s("result-steps")}</h2></div>
        <ol class="time" aria-live="polite" aria-labelledby="steps">{steps(visit, payment)}</ol>
        <a class="btn big" href=visit.here_with(&[])>{t.s("refresh-state")}</a>
        <div class="stack small">
            <p><b>{t.s("result-if-taken")}</b>" "{t.s("result-if-taken-what")}</p>
            <p><b>{t.s("result-if-not")}</b>" "{t.s("result-if-not-what")}</p>
            <p><b>{t.s("result-may-close")}</b>" "{t.s("result-may-close-what")}</p>
        </div>
    }
    .into_any()
}

fn steps(visit: &Visit, payment: &Payment) -> Vec<AnyView> {
    let t = visit.t();
    let mut steps = vec![step(Some(Tone::Ok), icon::CHECK, t.s("step-sent"), visit.time(&payment.created_at))];
    let Some(doubt) = &payment.in_doubt else {
        steps.push(step(None, icon::CLOCK, t.s("step-waiting"), String::new()));
        return steps;
    };
    let why = t.maybe(&format!("doubt-{}", doubt.reason.replace('_', "-"))).unwrap_or_else(|| t.s("doubt-no-answer"));
    steps.push(step(Some(Tone::Doubt), icon::DOUBT, why, visit.time(&doubt.since)));
    if doubt.inquiries > 0 {
        steps.push(step(
            Some(Tone::Doubt),
            icon::SEARCH,
            t.f("step-asked", [("n", doubt.inquiries.into())]),
            String::new(),
        ));
    }
    let next = doubt.next_inquiry_at.as_deref().map_or_else(String::new, |at| visit.time(at));
    let (path, words) = if doubt.alarm { (icon::USERS, t.s("step-person")) } else { (icon::CLOCK, t.s("step-next")) };
    steps.push(step(None, path, words, next));
    steps
}

fn step(tone: Option<Tone>, path: &'static str, words: String, time: String) -> AnyView {
    let class = format!("dot {}", tone.map_or("", Tone::class));
    view! { <li><span class=class>{icon(path)}</span><span>{words}</span><time>{time}</time></li> }.into_any()
}
