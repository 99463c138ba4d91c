//! Giving money back, as a page: says which operation it will be before it is sent, and sends it once.

use axum::{
    body::Body,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;
use leptos::prelude::*;
use vezne_api::{CaptureCreate, Payment, PaymentAct, PaymentCancel, Refund, RefundCreate, RefundMode, RefundState};

use crate::{
    api::{Fault, segment},
    format,
    part::{
        field::{choice, field, hidden},
        surface::{Tone, card, crumb, facts, note},
    },
    shell::{self, Nav},
    visit::{Sent, Visit, nonce},
};

/// The code of a fault that is the bank's own no.
const REFUSED: &str = "refused";

const REASONS: [&str; 4] = ["wrong", "double", "returned", "other"];

/// `GET /payments/{id}/refund`
pub async fn form(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let payment: Payment = visit.get(&format!("/v1/payments/{}", segment(&id))).await?;
    Ok(render(&visit, &payment, &Sent::nothing(), None))
}

/// `POST /payments/{id}/refund`
pub async fn send(visit: Visit, Path(id): Path<String>, body: Body) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let sent = Sent::read(body).await?;
    let id = segment(&id);
    let amount = format::parse_amount(sent.get("amount"));
    if amount.is_none() {
        let payment: Payment = visit.get(&format!("/v1/payments/{id}")).await?;
        let fault = Fault {
            status: 422,
            errors: vec![field_error("/amount", visit.t().s("error-amount"))],
            ..Fault::default()
        };
        return Ok(render(&visit, &payment, &sent, Some(&fault)));
    }
    let words =
        sent.some("reason").filter(|r| REASONS.contains(&r.as_str())).map(|r| visit.t().s(&format!("reason-{r}")));
    let asked = RefundCreate { amount, mode: RefundMode::Auto, reason: words };
    let answer: Result<Refund, Fault> =
        visit.post(&format!("/v1/payments/{id}/refunds"), Some(sent.get("key")), &asked).await;
    match answer {
        Ok(refund) if refund.state == RefundState::Failed => {
            let payment: Payment = visit.get(&format!("/v1/payments/{id}")).await?;
            let fault = refused_by_bank(&visit, &payment, &refund);
            Ok(render(&visit, &payment, &sent, Some(&fault)))
        }
        Ok(_) => Ok(Redirect::to(&format!("/payments/{id}")).into_response()),
        Err(fault) if fault.is_about_input() => {
            let payment: Payment = visit.get(&format!("/v1/payments/{id}")).await?;
            Ok(render(&visit, &payment, &sent, Some(&fault)))
        }
        Err(fault) => Err(fault),
    }
}

/// What the bank's no means: before its day end most banks take back all of a payment or nothing.
fn refused_by_bank(visit: &Visit, p: &Payment, refund: &Refund) -> Fault {
    let part_too_early = p.acts.contains(&PaymentAct::Void) && refund.amount < p.amount_refundable;
    let detail = if part_too_early {
        let until = p.void_until.as_deref().map_or_else(|| visit.t().s("refund-day-end"), |at| visit.date_time(at));
        visit.t().f("refund-part-too-early", [("until", until.into())])
    } else {
        refund.decline.as_ref().map(|decline| decline.message.clone()).unwrap_or_default()
    };
    Fault { status: 422, code: REFUSED.to_owned(), detail: Some(detail), ..Fault::default() }
}

/// `POST /payments/{id}/capture`: takes all of what is held.
pub async fn capture(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let id = segment(&id);
    // One capture per payment: the key follows from the payment, so a second press is the same request.
    let key = format!("portal-capture-{id}");
    let _: Payment = visit.post(&format!("/v1/payments/{id}/capture"), Some(&key), &CaptureCreate::default()).await?;
    Ok(Redirect::to(&format!("/payments/{id}")).into_response())
}

/// `POST /payments/{id}/cancel`: gives up what was never confirmed.
pub async fn cancel(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let id = segment(&id);
    let key = format!("portal-cancel-{id}");
    let _: PaymentCancel = visit.post(&format!("/v1/payments/{id}/cancel"), Some(&key), &serde_json::json!({})).await?;
    Ok(Redirect::to(&format!("/payments/{id}")).into_response())
}

fn field_error(pointer: &str, detail: String) -> vezne_api::FieldError {
    vezne_api::FieldError { pointer: pointer.to_owned(), code: "invalid".to_owned(), detail }
}

fn render(visit: &Visit, p: &Payment, sent: &Sent, fault: Option<&Fault>) -> Response {
    let t = visit.t();
    let possible = p.acts.iter().any(|a| matches!(a, PaymentAct::Void | PaymentAct::Refund)) && p.amount_refundable > 0;
    let body = if possible {
        form_view(visit, p, sent, fault)
    } else {
        note(Tone::Wait, t.s("refund-impossible"), t.s("refund-impossible-what"), None)
    };
    let main = view! {
        {crumb("/payments", t.s("nav-payments"), super::payment::short_id(&p.id))}
        <div class="head"><h1>{t.s("refund-title")}</h1></div>
        <div class="stack slim-form">{card("paid", super::payment::payer_name(p), None, view! { <div class="body">{paid(visit, p)}</div> })}{body}</div>
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    shell::page_with_status(visit, status, Nav::Payments, &t.s("refund-title"), main.into_any())
}

fn paid(visit: &Visit, p: &Payment) -> AnyView {
    let t = visit.t();
    facts(vec![
        (t.s("amount"), format::money(p.charged, &p.currency).into_any()),
        (t.s("date"), visit.date_time(&p.created_at).into_any()),
        (t.s("sum-back"), format::money(-p.amount_refunded, &p.currency).into_any()),
        (t.s("refundable"), view! { <b>{format::money(p.amount_refundable, &p.currency)}</b> }.into_any()),
    ])
}

/// Whether the bank's day of this payment is over; where nobody knows when it ends, it is taken for over.
fn day_ended(visit: &Visit, p: &Payment) -> bool {
    let until = p.void_until.as_deref().and_then(|at| at.parse().ok());
    until.is_none_or(|until: jiff::Timestamp| visit.now() >= until)
}

fn form_view(visit: &Visit, p: &Payment, sent: &Sent, fault: Option<&Fault>) -> AnyView {
    let t = visit.t();
    let void = p.acts.contains(&PaymentAct::Void);
    let which = if void {
        let until = p.void_until.as_deref().map_or_else(|| t.s("refund-day-end"), |at| visit.date_time(at));
        note(Tone::Wait, t.s("refund-will-void"), t.f("refund-will-void-what", [("until", until.into())]), None)
    } else {
        let why = if day_ended(visit, p) { t.s("refund-will-refund-what") } else { t.s("refund-will-refund-part") };
        note(Tone::Wait, t.s("refund-will-refund"), why, None)
    };
    let refused = fault
        .filter(|f| f.errors.is_empty())
        .map(|f| note(Tone::No, t.s("refund-refused"), f.detail.clone().unwrap_or_default(), None));
    let amount = sent.some("amount").unwrap_or_else(|| format::amount_input(p.amount_refundable));
    let hint = t.f("refund-hint", [("amount", format::money(p.amount_refundable, &p.currency).into())]);
    let amount = field("amount", t.s("amount"))
        .mode("decimal")
        .unit("₺")
        .value(amount)
        .hint(hint)
        .error(fault.and_then(|f| f.at("/amount")))
        .required();
    let reasons = REASONS.iter().map(|r| ((*r).to_owned(), t.s(&format!("reason-{r}")))).collect();
    let reason = choice("reason", t.s("reason"), reasons, sent.get("reason"), fault.and_then(|f| f.at("/reason")));
    // A refund that the bank refused is over: the next one is another.
    let over = fault.is_some_and(|f| f.code == REFUSED);
    let key = sent.some("key").filter(|_| !over).unwrap_or_else(nonce);
    view! {
        <section class="card"><form class="body stack" method="post" action=format!("/payments/{}/refund", p.id)>
            {which}{refused}{amount.view()}{reason}{hidden("key", key)}
            <div class="row"><a class="btn plain end" href=format!("/payments/{}", p.id)>{t.s("cancel")}</a><button class="btn go">{t.s("refund-send")}</button></div>
        </form></section>
    }
    .into_any()
}
