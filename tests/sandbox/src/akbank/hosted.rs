//! The bank's own card form, for `3D_PAY_HOSTING`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::issuer::CodeCheck;
use crate::{form, http};

use super::gate::{card_page, return_page};
use super::rules::{self, Refused};
use super::session::Gate;

/// The form of a waiting visit.
fn waiting(bank: &Bank, id: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    gate.sessions.get(id)?.visit.card_form(bank, &card_page(id), error)
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
    if form::value(&fields, "action") == "cancel" {
        if let Some(session) = bank.memory::<Gate>().sessions.get_mut(&id) {
            session.visit.cancelled = true;
        }
        return Redirect::to(&return_page(&id)).into_response();
    }
    let pan: String = form::value(&fields, "pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let expires = format!("{:0>2}{:0>2}", form::value(&fields, "month").trim(), form::value(&fields, "year").trim());
    let code = Some(form::value(&fields, "cv2")).filter(|c| !c.is_empty());
    let say = match rules::card(&pan, &expires, code) {
        Ok(card) if card.code != CodeCheck::Absent => {
            let mut gate = bank.memory::<Gate>();
            let Some(session) = gate.sessions.get_mut(&id) else { return http::gone() };
            session.visit.card = Some(card);
            return Redirect::to(&session.visit.authenticate(&bank, &return_page(&id))).into_response();
        }
        Ok(_) => "CVV eksik.".to_owned(),
        Err(Refused::Schema(say)) => say,
        Err(Refused::Code(_, say) | Refused::Host(_, say)) => say.to_owned(),
        Err(Refused::Signature) => String::new(),
    };
    waiting(&bank, &id, Some(&say)).map_or_else(http::gone, http::page)
}
