//! `/msu/api/v2/post/sale3d/{session}`: the payer's browser comes with the card.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::card::CardFace;
use crate::fault::Op;
use crate::form::{self, value};
use crate::http;
use crate::http::Wire;
use crate::issuer::IssuedCard;
use crate::requests::Seen;
use crate::visit::Ordered;

use super::rules::{self, Fields, Invalid};
use super::session::{Gate, SESSION_MS, Session};

/// Where a payer's browser comes back to from the issuer.
pub fn return_page(token: &str) -> String {
    format!("/msu/return/{token}")
}

/// The form that carries the card, once per session.
pub async fn card_posted(State(bank): State<Bank>, Path(token): Path<String>, body: Bytes) -> Response<Body> {
    let fields = form::parse(&body);
    let waiting = bank.memory::<Gate>().sessions.get(&token).filter(|s| s.waits()).map(|s| s.visit.ordered.clone());
    let Some(ordered) = waiting else { return http::gone() };
    let met = bank.meet(Op::Gate, &ordered.order, Some(ordered.amount));
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&token).filter(|s| s.waits()) else { return http::gone() };
    note(&bank, session, &fields);
    let back = return_page(&token);
    let next = match read(&bank, session, &fields) {
        Ok((card, installments)) => {
            session.visit.card = Some(card);
            session.visit.ordered = Ordered { installments, ..ordered };
            session.visit.authenticate(&bank, &back)
        }
        Err(Invalid(code, ..)) => {
            session.failed = Some(code);
            back
        }
    };
    Redirect::to(&next).into_response()
}

fn read(bank: &Bank, session: &Session, fields: &Fields) -> Result<(IssuedCard, u8), Invalid> {
    if bank.clock().now_ms() - session.opened_ms > SESSION_MS {
        return Err(Invalid("ERR10097", "The session has ended", ""));
    }
    let Some(store) = bank.store(&session.visit.store) else {
        return Err(Invalid("ERR10096", "The session is invalid", ""));
    };
    if value(fields, "cardOwner").is_empty() {
        return Err(Invalid("ERR10010", "A mandatory parameter is missing", "cardOwner"));
    }
    let expires = (value(fields, "expiryMonth"), value(fields, "expiryYear"));
    let card = rules::card(store, value(fields, "pan"), expires, value(fields, "cvv"))?;
    let count = value(fields, "installmentCount");
    let count = if count.is_empty() { "1" } else { count };
    Ok((card, rules::installments(count, &session.visit.ordered.currency)?))
}

fn note(bank: &Bank, session: &Session, fields: &Fields) {
    let pan = value(fields, "pan");
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: session.visit.store.clone(),
        order: session.visit.ordered.order.clone(),
        amount: Some(session.visit.ordered.amount),
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| CardFace::of(pan).starred()),
        code_sent: !value(fields, "cvv").is_empty(),
        provision: false,
    });
}
