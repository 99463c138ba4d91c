//! The bank's own card form, for `3DHost`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::{form, http};

use super::gate::{Gate, card_page, return_page};
use super::rules;

/// The form of a visit that waits for a card.
fn shown(bank: &Bank, id: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    gate.sessions.get(id)?.visit.card_form(bank, &card_page(id), error)
}

/// The form.
pub async fn show(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    shown(&bank, &id, None).map_or_else(http::gone, http::page)
}

/// The typed card, or cancel.
pub async fn submit(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    if shown(&bank, &id, None).is_none() {
        return http::gone();
    }
    let fields = form::parse(&body);
    let pan: String = form::value(&fields, "pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let part = |name: &str| form::value(&fields, name).trim().to_owned();
    let typed = [
        ("Pan".to_owned(), pan),
        ("Expiry".to_owned(), format!("{:0>2}{:0>2}", part("month"), part("year"))),
        ("Cvv2".to_owned(), part("cv2")),
    ];
    let cancelled = form::value(&fields, "action") == "cancel";
    let card = match rules::card(&typed.to_vec(), false) {
        Err((_, _, say)) if !cancelled => return shown(&bank, &id, Some(say)).map_or_else(http::gone, http::page),
        card => card.ok(),
    };
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&id) else {
        return http::gone();
    };
    let card = card.filter(|_| !cancelled);
    Redirect::to(&session.visit.card_typed(&bank, card, &return_page(&id))).into_response()
}
