//! The bank's own card form, for `3d_host` and `3d_pay_hosting`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::{form, http};

use super::gate::{hosted_page, return_page, typed_card};
use super::session::Gate;

/// The form of a waiting visit.
fn waiting(bank: &Bank, id: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    gate.sessions.get(id)?.visit.card_form(bank, &hosted_page(id), error)
}

/// The form.
pub async fn show(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    waiting(&bank, &id, None).map_or_else(http::gone, http::page)
}

/// The typed card, or cancel.
pub async fn submit(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    if waiting(&bank, &id, None).is_none() {
        return http::gone();
    }
    let fields = form::parse(&body);
    let store = bank.memory::<Gate>().sessions.get(&id).and_then(|session| bank.store(&session.visit.store));
    let Some(store) = store else { return http::gone() };
    let card = match typed_card(store, &fields) {
        _ if form::value(&fields, "action") == "cancel" => None,
        Ok(card) => Some(card),
        Err((_, say)) => return waiting(&bank, &id, Some(say)).map_or_else(http::gone, http::page),
    };
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&id) else { return http::gone() };
    Redirect::to(&session.visit.card_typed(&bank, card, &return_page(&id))).into_response()
}
