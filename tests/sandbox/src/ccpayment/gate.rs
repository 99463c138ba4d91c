//! `/ccpayment/api/paySmart3D`: the payer's browser comes with the card.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};
use serde_json::{Map, Value};

use crate::bank::Bank;
use crate::card::CardFace;
use crate::fault::Op;
use crate::http::Wire;
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::{Ordered, Visit};
use crate::{form, http, page, random};

use super::operation::desk;
use super::rules::{self, Invalid, text};
use super::session::{Gate, Session};
use super::store::{Account, BY_APP, BY_MERCHANT};

/// Where a payer's browser comes back to from the issuer.
pub fn return_page(id: &str) -> String {
    format!("/ccpayment/return/{id}")
}

/// A form as the message it would be by API.
fn message(body: &[u8]) -> Value {
    let mut members = Map::new();
    for (name, value) in form::parse(body) {
        members.entry(name).or_insert(Value::String(value));
    }
    Value::Object(members)
}

fn is_address(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// The form that carries the card.
pub async fn card_posted(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let m = message(&body);
    let key = text(&m, "merchant_key");
    let (return_url, cancel_url) = (text(&m, "return_url"), text(&m, "cancel_url"));
    let found = bank.find_store::<Account>(|_, a| a.merchant_key == key);
    // Whoever is not known, or does not say where to go, stays here.
    let (Some((store, account)), true, true) = (found, is_address(&return_url), is_address(&cancel_url)) else {
        let say = if is_address(&cancel_url) { "Invalid merchant key" } else { "Cancel URL is empty (404)" };
        return http::page(page::message("tr", "3-D Secure", say));
    };
    let order = text(&m, "invoice_id");
    let amount = rules::amount(&text(&m, "total")).ok();
    note(&bank, store, &m, amount);
    let met = bank.meet(Op::Gate, &order, amount);
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let id = random::id();
    let mut session = begun(&bank, store, account, &m);
    if session.failed.is_none() {
        let next = session.visit.authenticate(&bank, &return_page(&id));
        bank.memory::<Gate>().visits.insert(id, session);
        return Redirect::to(&next).into_response();
    }
    bank.memory::<Gate>().visits.insert(id.clone(), session);
    Redirect::to(&return_page(&id)).into_response()
}

/// A session; with a code where the form is refused, which the payer carries back.
fn begun(bank: &Bank, store: &Store, account: &Account, m: &Value) -> Session {
    let by_merchant = text(m, "payment_completed_by") == "merchant";
    let checked = checked(bank, store, account, m, by_merchant);
    let lang = if text(m, "app_lang") == "en" { "en" } else { "tr" };
    let (visit, failed) = match checked {
        Ok((ordered, card)) => (Visit::new(store, ordered, lang, Some(card)), None),
        Err(Invalid(code, _)) => {
            let order = text(m, "invoice_id");
            let amount = rules::amount(&text(m, "total")).unwrap_or(0);
            let kind = crate::book::Kind::Auth;
            let ordered = Ordered { kind, order, amount, currency: "949".to_owned(), installments: 1 };
            (Visit::new(store, ordered, lang, None), Some(code))
        }
    };
    let now = bank.clock().now_ms();
    Session {
        visit,
        number: bank.memory::<Gate>().number(now),
        return_url: text(m, "return_url"),
        cancel_url: text(m, "cancel_url"),
        by_merchant,
        by_get: text(m, "response_method") != "POST",
        began_ms: now,
        failed,
    }
}

fn checked(
    bank: &Bank,
    store: &Store,
    account: &Account,
    m: &Value,
    by_merchant: bool,
) -> Result<(Ordered, crate::issuer::IssuedCard), Invalid> {
    let ordered = rules::ordered(account, m)?;
    if !store.allows(if by_merchant { BY_MERCHANT } else { BY_APP }) {
        return Err(Invalid(34, "The payment integration method is not allowed"));
    }
    let card = rules::card(store, m)?;
    let used = bank.memory::<Gate>().of_order(&store.id, &ordered.order).is_some();
    if used || desk(bank, store).order(&ordered.order).is_some() {
        return Err(Invalid(3, "Invoice id already processed"));
    }
    Ok((ordered, card))
}

fn note(bank: &Bank, store: &Store, m: &Value, amount: Option<i64>) {
    let pan = text(m, "cc_no");
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: store.id.clone(),
        order: text(m, "invoice_id"),
        amount,
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| CardFace::of(&pan).starred()),
        code_sent: !text(m, "cvv").is_empty(),
        provision: false,
    });
}
