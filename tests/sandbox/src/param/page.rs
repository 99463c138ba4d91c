//! The pages between the merchant and the card's bank.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::collections::HashMap;

use crate::bank::Bank;
use crate::visit::{self};
use crate::{form, http};

use super::gate::{Gate, card_page, return_page};
use super::rules;

/// `UCD_URL`: the payer of a gate that charges.
pub async fn gate(State(bank): State<Bank>, Query(query): Query<HashMap<String, String>>) -> Response<Body> {
    onward(&bank, query.get("SID").map_or("", String::as_str))
}

/// What the form of `UCD_HTML` posts to.
pub async fn challenge(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    onward(&bank, form::value(&form::parse(&body), "creq"))
}

/// The hosted page, with the ticket that `TO_Pre_Encrypting_OOS` gave.
pub async fn hosted(State(bank): State<Bank>, Query(query): Query<HashMap<String, String>>) -> Response<Body> {
    let id = query.get("s").and_then(|s| STANDARD.decode(s).ok()).and_then(|id| String::from_utf8(id).ok());
    onward(&bank, id.as_deref().unwrap_or_default())
}

/// To the card form, the issuer's page, or straight back.
fn onward(bank: &Bank, id: &str) -> Response<Body> {
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(id) else {
        return visit::unknown();
    };
    let next = match session.visit.card {
        None => card_page(id),
        Some(_) if session.visit.outcome.is_some() => return_page(id),
        Some(_) => session.visit.authenticate(bank, &return_page(id)),
    };
    Redirect::to(&next).into_response()
}

fn shown(bank: &Bank, id: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    gate.sessions.get(id)?.visit.card_form(bank, &card_page(id), error)
}

/// The card form.
pub async fn card(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    shown(&bank, &id, None).map_or_else(http::gone, http::page)
}

/// The typed card, or cancel.
pub async fn typed(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    let fields = form::parse(&body);
    let store = bank.memory::<Gate>().sessions.get(&id).map(|s| s.visit.store.clone());
    let (Some(store), Some(_)) = (store.and_then(|store| bank.store(&store)), shown(&bank, &id, None)) else {
        return http::gone();
    };
    let pan: String = form::value(&fields, "pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let part = |name: &str| format!("{:0>2}", form::value(&fields, name).trim());
    let year = format!("20{}", part("year"));
    let cancelled = form::value(&fields, "action") == "cancel";
    let card = match rules::checked_card(store, &pan, &part("month"), &year, form::value(&fields, "cv2").trim()) {
        Err((_, say)) if !cancelled => return shown(&bank, &id, Some(say)).map_or_else(http::gone, http::page),
        card => card.ok(),
    };
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&id) else {
        return http::gone();
    };
    let card = card.filter(|_| !cancelled);
    Redirect::to(&session.visit.card_typed(&bank, card, &return_page(&id))).into_response()
}
