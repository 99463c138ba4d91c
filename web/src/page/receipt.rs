//! The receipt of a payment, as a page to print and as a PDF.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use vezne_api::{Payment, PaymentState};

use crate::{
    api::{Fault, segment},
    format,
    page::payment::{payer_name, short_id},
    part::{
        icon::{self, icon},
        state,
        surface::{crumb, facts},
    },
    pdf,
    shell::{self, Nav},
    visit::Visit,
    words,
};

/// `GET /payments/{id}/receipt`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let payment = captured(&visit, &id).await?;
    let t = visit.t();
    let receipt = receipt(&visit, &payment);
    let pairs = receipt.facts.into_iter().map(|(name, value)| (name, value.into_any())).collect();
    let closed = receipt.closed.map(|(heading, rows)| {
        let rows = rows.into_iter().map(|(name, value)| (name, value.into_any())).collect();
        view! { <h2>{heading}</h2>{facts(rows)} }.into_any()
    });
    let notes =
        receipt.notes.into_iter().map(|n| view! { <p class="small soft">{n}</p> }.into_any()).collect::<Vec<_>>();
    let main = view! {
        {crumb("/payments", t.s("nav-payments"), short_id(&payment.id))}
        <div class="head"><h1>{receipt.title}</h1>
            <a class="btn" href=format!("/payments/{}", payment.id)>{t.s("payment")}</a>
            <a class="btn go" href=format!("/payments/{}/receipt.pdf", payment.id)>{icon(icon::DOWNLOAD)}"PDF"</a></div>
        <section class="window stack paper" aria-labelledby="firm">
            <div><h2 id="firm">{receipt.firm}</h2><p class="sum">{receipt.amount}</p>{state::payment(t, &payment)}</div>
            {facts(pairs)}{closed}<div class="counter stack tight">{notes}</div>
        </section>
    };
    Ok(shell::page(&visit, Nav::Payments, &t.s("receipt"), main.into_any()))
}

/// `GET /payments/{id}/receipt.pdf`
pub async fn file(visit: Visit, Path(id): Path<String>) -> Result<Response, Fault> {
    let payment = captured(&visit, &id).await?;
    let bytes = pdf::file(&receipt(&visit, &payment)).ok_or_else(|| Fault::of(StatusCode::INTERNAL_SERVER_ERROR))?;
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    if let Ok(name) = HeaderValue::from_str(&format!("inline; filename=\"vezne-{}.pdf\"", short_id(&payment.id))) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// A receipt is for money that was taken: anything else has none.
async fn captured(visit: &Visit, id: &str) -> Result<Payment, Fault> {
    visit.sign_in_needed().await?;
    let payment: Payment = visit.get(&format!("/v1/payments/{}", segment(id))).await?;
    let taken = payment.captured_at.is_some() || payment.state == PaymentState::Succeeded;
    if taken { Ok(payment) } else { Err(Fault::of(StatusCode::NOT_FOUND)) }
}

fn receipt(visit: &Visit, p: &Payment) -> pdf::Receipt {
    let t = visit.t();
    let mut facts = vec![
        (t.s("date"), visit.date_time(p.captured_at.as_deref().unwrap_or(&p.created_at))),
        (t.s("pay-payer"), payer_name(p)),
    ];
    facts.extend(words::lira(p.charged, t).filter(|_| p.currency == "TRY").map(|w| (t.s("amount-in-words"), w)));
    if p.charged != p.amount {
        facts.push((t.s("settled"), format::money(p.amount, &p.currency)));
        facts.push((t.s("plan-difference"), format::money(p.charged - p.amount, &p.currency)));
    }
    let plan =
        if p.instalments > 1 { t.f("instalments", [("n", p.instalments.into())]) } else { t.s("single-payment") };
    facts.push((t.s("plan-count"), plan));
    facts.extend(p.card.as_ref().map(|c| (t.s("card"), format::card(&c.bin, &c.last4))));
    facts.extend(p.pos_account.as_ref().map(|a| (t.s("pos"), a.name.clone())));
    facts.extend(p.auth_code.as_ref().map(|c| (t.s("auth-code"), c.clone())));
    if p.amount_refunded > 0 {
        facts.push((t.s("sum-back"), format::money(-p.amount_refunded, &p.currency)));
    }
    facts.push((t.s("payment-no"), p.id.clone()));
    let rows: Vec<(String, String)> = p
        .allocations
        .iter()
        .map(|a| {
            (a.document_no.clone().unwrap_or_else(|| short_id(&a.receivable)), format::money(a.amount, &p.currency))
        })
        .collect();
    pdf::Receipt {
        language: t.code(),
        title: t.s("receipt-title"),
        firm: visit.me().map_or_else(|| p.node.name.clone(), |me| me.firm.clone()),
        band: (!p.livemode).then(|| t.s("band-test")),
        amount: format::money(p.charged, &p.currency),
        state: t.s(state::of_payment(p).1),
        facts,
        closed: (!rows.is_empty()).then(|| (t.s("closed"), rows)),
        notes: vec![
            t.s("receipt-note"),
            t.f("receipt-made", [("time", format::date_time(visit.now(), &visit.zone()).into())]),
        ],
    }
}
