//! The bank's own card form, for `3d_host` and `3d_pay_hosting`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::{form, http, page};

use super::gate::{authenticate, shown_amount, typed_card};
use super::hash::field;

/// What the form shows of a waiting session.
struct Shown {
    merchant: String,
    amount: String,
    lang: String,
}

fn waiting(bank: &Bank, id: &str) -> Option<Shown> {
    let gate = bank.lock_gate();
    let session = gate.sessions.get(id).filter(|s| s.card.is_none() && !s.cancelled)?;
    Some(Shown {
        merchant: bank.store(&session.store).map(|s| s.title.clone()).unwrap_or_default(),
        amount: shown_amount(session.order.amount, &session.order.currency),
        lang: match field(&session.posted, "lang") {
            "" => "tr",
            l => l,
        }
        .to_owned(),
    })
}

/// The form.
pub async fn show(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    match waiting(&bank, &id) {
        Some(shown) => http::page(card_form(&shown, &id, None)),
        None => gone(),
    }
}

/// The typed card, or cancel.
pub async fn submit(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    let Some(shown) = waiting(&bank, &id) else {
        return gone();
    };
    let fields = form::parse(&body);
    let mut gate = bank.lock_gate();
    let Some(session) = gate.sessions.get_mut(&id) else {
        return gone();
    };
    if form::value(&fields, "action") == "cancel" {
        session.cancelled = true;
        drop(gate);
        return Redirect::to(&format!("/fim/3dreturn/{id}")).into_response();
    }
    let Some(store) = bank.store(&session.store) else {
        return gone();
    };
    match typed_card(store, &fields) {
        Ok(card) => {
            session.card = Some(card);
            drop(gate);
            Redirect::to(&authenticate(&bank, &id)).into_response()
        }
        Err((_, say)) => http::page(card_form(&shown, &id, Some(say))),
    }
}

fn gone() -> Response<Body> {
    let mut response = http::page(page::message("tr", "Ödeme sayfası", "Bu ödeme sayfası artık geçerli değil."));
    *response.status_mut() = StatusCode::GONE;
    response
}

fn card_form(shown: &Shown, id: &str, error: Option<&str>) -> String {
    let l = shown.lang.as_str();
    let (title, merchant, amount) =
        page::pick(l, ("Güvenli ödeme", "Üye işyeri", "Tutar"), ("Secure payment", "Merchant", "Amount"));
    let (number, month, year, code) =
        page::pick(l, ("Kart numarası", "Ay", "Yıl", "CVV"), ("Card number", "Month", "Year", "CVV"));
    let (pay, cancel) = page::pick(l, ("Öde", "Vazgeç"), ("Pay", "Cancel"));
    let error = error.map(|e| format!("<p class=\"error\" role=\"alert\">{}</p>", page::escape(e))).unwrap_or_default();
    let body = format!(
        "<h1>{title}</h1><dl><dt>{merchant}</dt><dd>{}</dd><dt>{amount}</dt><dd>{}</dd></dl>{error}\
         <form method=\"post\" action=\"/fim/hosted/{id}\" autocomplete=\"off\">\
         <label for=\"pan\">{number}</label><input id=\"pan\" name=\"pan\" inputmode=\"numeric\" autocomplete=\"cc-number\" maxlength=\"23\">\
         <div class=\"row\"><div><label for=\"month\">{month}</label><input id=\"month\" name=\"month\" inputmode=\"numeric\" autocomplete=\"cc-exp-month\" maxlength=\"2\"></div>\
         <div><label for=\"year\">{year}</label><input id=\"year\" name=\"year\" inputmode=\"numeric\" autocomplete=\"cc-exp-year\" maxlength=\"2\"></div>\
         <div><label for=\"cv2\">{code}</label><input id=\"cv2\" name=\"cv2\" inputmode=\"numeric\" autocomplete=\"cc-csc\" maxlength=\"4\"></div></div>\
         <button type=\"submit\" name=\"action\" value=\"pay\">{pay}</button>\
         <button type=\"submit\" name=\"action\" value=\"cancel\" class=\"quiet\">{cancel}</button></form>",
        page::escape(&shown.merchant),
        page::escape(&shown.amount),
    );
    page::layout(l, title, &body)
}
