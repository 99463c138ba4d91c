//! The bank's own card form, for `3DHost`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::page::CardForm;
use crate::visit::shown_amount;
use crate::{form, http, page};

use super::gate::{hosted_page, return_page};
use super::hash::field;
use super::rules;
use super::session::Gate;

/// The form of a waiting visit.
fn waiting(bank: &Bank, id: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    let visit = &gate.sessions.get(id)?.visit;
    if visit.card.is_some() || visit.cancelled {
        return None;
    }
    let merchant = bank.store(&visit.store).map(|s| s.title.clone()).unwrap_or_default();
    let amount = shown_amount(visit.ordered.amount, &visit.ordered.currency);
    let action = hosted_page(id);
    let form = CardForm { lang: &visit.lang, merchant: &merchant, amount: &amount, action: &action, error };
    Some(page::card_form(&form))
}

/// The form.
pub async fn show(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    waiting(&bank, &id, None).map_or_else(gone, http::page)
}

/// The typed card, or cancel.
pub async fn submit(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    if waiting(&bank, &id, None).is_none() {
        return gone();
    }
    let fields = form::parse(&body);
    let pan: String = field(&fields, "pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let expires = format!("{:0>2}{:0>2}", field(&fields, "month").trim(), field(&fields, "year").trim());
    let card = match rules::card(&pan, &expires, field(&fields, "cv2"), false) {
        _ if field(&fields, "action") == "cancel" => None,
        Ok(card) => Some(card),
        Err((_, say)) => return waiting(&bank, &id, Some(say)).map_or_else(gone, http::page),
    };
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&id) else { return gone() };
    session.visit.cancelled = card.is_none();
    session.visit.card = card;
    let back = return_page(&id);
    let next = if session.visit.cancelled { back } else { session.visit.authenticate(&bank, &back) };
    Redirect::to(&next).into_response()
}

fn gone() -> Response<Body> {
    let mut response = http::page(page::message("tr", "Ödeme sayfası", "Bu ödeme sayfası artık geçerli değil."));
    *response.status_mut() = StatusCode::GONE;
    response
}
