//! The bank's own card form, for `3d_host` and `3d_pay_hosting`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::page::CardForm;
use crate::visit::shown_amount;
use crate::{form, http, page};

use super::gate::{hosted_page, return_page, typed_card};
use super::session::Gate;

/// What the form shows of a waiting session.
struct Shown {
    merchant: String,
    amount: String,
    lang: String,
}

impl Shown {
    fn form(&self, id: &str, error: Option<&str>) -> String {
        let Self { merchant, amount, lang } = self;
        page::card_form(&CardForm { lang, merchant, amount, action: &hosted_page(id), error })
    }
}

fn waiting(bank: &Bank, id: &str) -> Option<Shown> {
    let gate = bank.memory::<Gate>();
    let visit = &gate.sessions.get(id)?.visit;
    (visit.card.is_none() && !visit.cancelled).then(|| Shown {
        merchant: bank.store(&visit.store).map(|s| s.title.clone()).unwrap_or_default(),
        amount: shown_amount(visit.ordered.amount, &visit.ordered.currency),
        lang: visit.lang.clone(),
    })
}

/// The form.
pub async fn show(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    match waiting(&bank, &id) {
        Some(shown) => http::page(shown.form(&id, None)),
        None => gone(),
    }
}

/// The typed card, or cancel.
pub async fn submit(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    let Some(shown) = waiting(&bank, &id) else {
        return gone();
    };
    let fields = form::parse(&body);
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&id) else {
        return gone();
    };
    if form::value(&fields, "action") == "cancel" {
        session.visit.cancelled = true;
        return Redirect::to(&return_page(&id)).into_response();
    }
    let Some(store) = bank.store(&session.visit.store) else {
        return gone();
    };
    match typed_card(store, &fields) {
        Ok(card) => {
            session.visit.card = Some(card);
            Redirect::to(&session.visit.authenticate(&bank, &return_page(&id))).into_response()
        }
        Err((_, say)) => http::page(shown.form(&id, Some(say))),
    }
}

fn gone() -> Response<Body> {
    let mut response = http::page(page::message("tr", "Ödeme sayfası", "Bu ödeme sayfası artık geçerli değil."));
    *response.status_mut() = StatusCode::GONE;
    response
}
