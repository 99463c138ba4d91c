//! The payer's browser in a session: with the card (`ProcessCardForm`), or to type it on Tosla's page.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::card::CardFace;
use crate::fault::Op;
use crate::http::Wire;
use crate::issuer::IssuedCard;
use crate::page::CardForm;
use crate::requests::Seen;
use crate::visit::shown_amount;
use crate::{form, http, page};

use super::rules;
use super::session::Gate;
use super::sign::field;

/// Tosla's page for a session, and where its form posts.
pub fn card_page(id: &str) -> String {
    format!("/api/Payment/threeDSecure/{id}")
}

/// Where a session's browser comes back to from the issuer.
pub fn return_page(id: &str) -> String {
    format!("/api/Payment/return/{id}")
}

/// Does the session still wait for a card?
fn waits(bank: &Bank, id: &str) -> bool {
    let gate = bank.memory::<Gate>();
    gate.sessions.get(id).is_some_and(|s| s.visit.card.is_none() && !s.visit.cancelled && s.failed.is_none())
}

/// The card, or the network's code; noted without its number.
fn read(bank: &Bank, id: &str, pan: &str, expires: &str, code: &str) -> Option<Result<IssuedCard, &'static str>> {
    let gate = bank.memory::<Gate>();
    let visit = &gate.sessions.get(id)?.visit;
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: visit.store.clone(),
        order: visit.ordered.order.clone(),
        amount: Some(visit.ordered.amount),
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| CardFace::of(pan).starred()),
        code_sent: !code.is_empty(),
        provision: false,
    });
    Some(rules::card(pan, expires, code))
}

/// The form that carries the card.
pub async fn card_posted(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let all = form::parse(&body);
    let id = field(&all, "ThreeDSessionId").to_owned();
    if !waits(&bank, &id) {
        return http::gone();
    }
    let expires = field(&all, "ExpireDate");
    // Here the date has a slash, unlike in the API.
    let expires =
        if expires.len() == 5 && expires.as_bytes()[2] == b'/' { expires.replace('/', "") } else { String::new() };
    let Some(card) = read(&bank, &id, field(&all, "CardNo"), &expires, field(&all, "Cvv")) else {
        return http::gone();
    };
    let met = {
        let gate = bank.memory::<Gate>();
        let ordered = gate.sessions.get(&id).map(|s| s.visit.ordered.clone());
        ordered.map(|o| bank.meet(Op::Gate, &o.order, Some(o.amount))).unwrap_or_default()
    };
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    go_on(&bank, &id, card)
}

/// Keeps the card, or that it cannot be one, and sends the browser on.
fn go_on(bank: &Bank, id: &str, card: Result<IssuedCard, &'static str>) -> Response<Body> {
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(id) else { return http::gone() };
    let next = match card {
        Ok(card) => {
            session.visit.card = Some(card);
            session.visit.authenticate(bank, &return_page(id))
        }
        Err(code) => {
            session.failed = Some(code.to_owned());
            return_page(id)
        }
    };
    Redirect::to(&next).into_response()
}

fn shown(bank: &Bank, id: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    let visit = &gate.sessions.get(id)?.visit;
    let merchant = bank.store(&visit.store).map(|s| s.title.clone()).unwrap_or_default();
    let amount = shown_amount(visit.ordered.amount, &visit.ordered.currency);
    let action = card_page(id);
    let form = CardForm { lang: &visit.lang, merchant: &merchant, amount: &amount, action: &action, error };
    Some(page::card_form(&form))
}

/// Tosla's own card form.
pub async fn show(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    if !waits(&bank, &id) {
        return http::gone();
    }
    shown(&bank, &id, None).map_or_else(http::gone, http::page)
}

/// The typed card, or cancel.
pub async fn card_typed(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    if !waits(&bank, &id) {
        return http::gone();
    }
    let all = form::parse(&body);
    if form::value(&all, "action") == "cancel" {
        if let Some(session) = bank.memory::<Gate>().sessions.get_mut(&id) {
            session.visit.cancelled = true;
        }
        return Redirect::to(&return_page(&id)).into_response();
    }
    let pan: String = form::value(&all, "pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let expires = format!("{:0>2}{:0>2}", form::value(&all, "month").trim(), form::value(&all, "year").trim());
    let code = form::value(&all, "cv2").trim();
    match read(&bank, &id, &pan, &expires, code) {
        Some(Ok(card)) if !code.is_empty() => go_on(&bank, &id, Ok(card)),
        Some(_) => shown(&bank, &id, Some("Kart bilgilerini kontrol edin.")).map_or_else(http::gone, http::page),
        None => http::gone(),
    }
}
