//! `/fim/est3Dgate`: the payer's browser arrives with the merchant's signed form.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::acs::Challenge;
use crate::bank::Bank;
use crate::fault::Op;
use crate::issuer::{CodeCheck, IssuedCard, ThreeDs};
use crate::requests::Seen;
use crate::store::{HashRule, Store};
use crate::{form, http, page, random};

use super::callback::refuse;
use super::hash::{self, Fields, field};
use super::rules::{self, Refused};
use super::session::{Order, Session};

/// Fields that must never be kept or sent back.
const CARD_FIELDS: [&str; 2] = ["pan", "cv2"];

/// The merchant's form.
pub async fn enter(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let all = form::parse(&body);
    let lang = field(&all, "lang").to_owned();
    let Some(store) = bank.store(field(&all, "clientid")) else {
        return http::page(page::message(&lang, "Hata", "Üye işyeri bulunamadı (3D-1004)."));
    };
    if !is_web_address(field(&all, "okUrl")) || !is_web_address(field(&all, "failUrl")) {
        return http::page(page::message(&lang, "Hata", "okUrl ve failUrl geçerli adresler olmalı (3D-1003)."));
    }
    let posted: Fields = all
        .iter()
        .filter(|(k, _)| {
            !CARD_FIELDS.contains(&k.as_str()) && !k.eq_ignore_ascii_case("hash") && !k.eq_ignore_ascii_case("encoding")
        })
        .cloned()
        .collect();
    if !is_signed(store, &all) {
        tracing::info!(store = store.client_id, order = field(&all, "oid"), "form hash is wrong");
        return refuse(store, &posted, Some("7"), "3D-1008", "Guvenlik Kodu hatali");
    }
    let amount = rules::amount(field(&all, "amount")).ok().flatten();
    note(&bank, &all, amount);
    let met = bank.meet(Op::Gate, field(&all, "oid"), amount);
    if let Some(response) = http::before(&met).await {
        return response;
    }
    let order = match Order::read(&all, store) {
        Ok(order) => order,
        Err((code, say)) => return refuse(store, &posted, None, code, say),
    };
    let Ok(card) = posted_card(store, &all, &order) else {
        return refuse(
            store,
            &posted,
            None,
            "HPP-1001",
            "Girilen kart numarası doğru formatta değildir. Kart numarasını kontrol ederek tekrar işlem deneyiniz.",
        );
    };
    let id = random::id();
    let hosted = card.is_none();
    let session = Session {
        store: store.client_id.clone(),
        posted,
        order,
        card,
        challenge: None,
        cancelled: false,
        outcome: None,
    };
    bank.lock_gate().sessions.insert(id.clone(), session);
    let next = if hosted { format!("/fim/hosted/{id}") } else { authenticate(&bank, &id) };
    http::after(&met, "text/html; charset=UTF-8", Vec::new()).await;
    Redirect::to(&next).into_response()
}

fn is_web_address(url: &str) -> bool {
    url.len() <= 2048 && (url.starts_with("http://") || url.starts_with("https://"))
}

/// The hash rule is the store's, whatever the form says: a form cannot choose a weaker one.
fn is_signed(store: &Store, all: &Fields) -> bool {
    let sent = all.iter().find(|(k, _)| k.eq_ignore_ascii_case("hash")).map_or("", |(_, v)| v);
    let made = match store.hash_rule {
        HashRule::Ver3 if field(all, "hashAlgorithm") == "ver3" => hash::ver3(all, &store.store_key),
        HashRule::Ver3 => return false,
        HashRule::Ver1 => hash::ver1_form(all, &store.store_key),
    };
    hash::same(&made, sent)
}

/// The card in the form; a hosted page asks for it itself.
fn posted_card(store: &Store, all: &Fields, order: &Order) -> Result<Option<IssuedCard>, Refused> {
    if order.model.is_hosted() {
        return Ok(None);
    }
    let expires =
        format!("{}/{}", field(all, "Ecom_Payment_Card_ExpDate_Month"), field(all, "Ecom_Payment_Card_ExpDate_Year"));
    let code = Some(field(all, "cv2")).filter(|c| !c.is_empty());
    rules::card(store, field(all, "pan"), &expires, code).map(Some)
}

fn note(bank: &Bank, all: &Fields, amount: Option<i64>) {
    let pan = field(all, "pan");
    bank.lock_requests().note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: field(all, "clientid").to_owned(),
        order: field(all, "oid").to_owned(),
        amount,
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| crate::card::CardFace::of(pan).starred()),
        code_sent: !field(all, "cv2").is_empty(),
        provision: false,
    });
}

/// Asks the issuer, by its page where it wants one. Returns where the browser goes next.
pub fn authenticate(bank: &Bank, id: &str) -> String {
    let back = format!("/fim/3dreturn/{id}");
    let mut gate = bank.lock_gate();
    let Some(session) = gate.sessions.get_mut(id) else {
        return back;
    };
    let Some(card) = &session.card else {
        return format!("/fim/hosted/{id}");
    };
    if matches!(card.three_ds, ThreeDs::Frictionless | ThreeDs::Half(_)) {
        return back;
    }
    let merchant = bank.store(&session.store).map(|s| s.title.clone()).unwrap_or_default();
    let lang = match field(&session.posted, "lang") {
        "" => "tr",
        l => l,
    }
    .to_owned();
    let amount = shown_amount(session.order.amount, &session.order.currency);
    let challenge = bank.lock_challenges().begin(Challenge::new(merchant, amount, card.face.spaced(), lang, back));
    session.challenge = Some(challenge.clone());
    format!("/acs/{challenge}")
}

/// `1.250,00 TL`
pub fn shown_amount(minor: i64, currency: &str) -> String {
    let whole = (minor / 100).to_string();
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    let unit = match currency {
        "949" => "TL",
        "840" => "USD",
        "978" => "EUR",
        "826" => "GBP",
        "643" => "RUB",
        _ => "",
    };
    format!("{grouped},{:02} {unit}", minor % 100)
}

/// Did the hosted page get a usable card?
pub fn typed_card(store: &Store, fields: &Fields) -> Result<IssuedCard, Refused> {
    let pan: String = field(fields, "pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let expires = format!("{:0>2}/{:0>2}", field(fields, "month").trim(), field(fields, "year").trim());
    let card = rules::card(store, &pan, &expires, Some(field(fields, "cv2")).filter(|c| !c.is_empty()))?;
    if card.code == CodeCheck::Absent { Err(("CORE-2208", "CVV eksik.")) } else { Ok(card) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_as_in_turkey() {
        assert_eq!(shown_amount(125_000, "949"), "1.250,00 TL");
        assert_eq!(shown_amount(101, "949"), "1,01 TL");
        assert_eq!(shown_amount(123_456_789, "978"), "1.234.567,89 EUR");
    }
}
