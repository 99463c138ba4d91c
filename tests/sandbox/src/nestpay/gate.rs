//! `/fim/est3Dgate`: the payer's browser arrives with the merchant's signed form.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::fault::Op;
use crate::http::Wire;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Visit;
use crate::{form, http, page, random};

use super::callback::refuse;
use super::hash::{self, Fields, field};
use super::rules::{self, Refused};
use super::session::{Gate, Order, Session};
use super::store::{Account, HashRule};

/// Fields that must never be kept or sent back.
const CARD_FIELDS: [&str; 2] = ["pan", "cv2"];

/// The merchant's form.
pub async fn enter(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let all = form::parse(&body);
    let lang = field(&all, "lang").to_owned();
    let client = field(&all, "clientid");
    let Some((store, account)) = bank.find_store::<Account>(|s, _| s.id == client) else {
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
    if !is_signed(account, &all) {
        tracing::info!(store = store.id, order = field(&all, "oid"), "form hash is wrong");
        return refuse(account, &posted, Some("7"), "3D-1008", "Guvenlik Kodu hatali");
    }
    let amount = rules::amount(field(&all, "amount")).ok().flatten();
    note(&bank, &all, amount);
    let met = bank.meet(Op::Gate, field(&all, "oid"), amount);
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let order = match Order::read(&all, store) {
        Ok(order) => order,
        Err((code, say)) => return refuse(account, &posted, None, code, say),
    };
    let Ok(card) = posted_card(store, &all, &order) else {
        return refuse(
            account,
            &posted,
            None,
            "HPP-1001",
            "Girilen kart numarası doğru formatta değildir. Kart numarasını kontrol ederek tekrar işlem deneyiniz.",
        );
    };
    let id = random::id();
    let mut visit = Visit::new(store, order.ordered, &lang, card);
    // A model that brings no card asks for it on the bank's form first.
    let next = if visit.card.is_none() { hosted_page(&id) } else { visit.authenticate(&bank, &return_page(&id)) };
    bank.memory::<Gate>().sessions.insert(id, Session { posted, model: order.model, visit });
    http::after(&met, Wire::PAGE, Vec::new()).await;
    Redirect::to(&next).into_response()
}

fn is_web_address(url: &str) -> bool {
    url.len() <= 2048 && (url.starts_with("http://") || url.starts_with("https://"))
}

/// The hash rule is the store's, whatever the form says: a form cannot choose a weaker one.
fn is_signed(account: &Account, all: &Fields) -> bool {
    let sent = all.iter().find(|(k, _)| k.eq_ignore_ascii_case("hash")).map_or("", |(_, v)| v);
    let made = match account.hash_rule {
        HashRule::Ver3 if field(all, "hashAlgorithm") == "ver3" => hash::ver3(all, &account.store_key),
        HashRule::Ver3 => return false,
        HashRule::Ver1 => hash::ver1_form(all, &account.store_key),
    };
    same(&made, sent)
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
    bank.note(Seen {
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

/// The bank's card form for a visit.
pub fn hosted_page(id: &str) -> String {
    format!("/fim/hosted/{id}")
}

/// Where a visit's browser comes back to from the issuer.
pub fn return_page(id: &str) -> String {
    format!("/fim/3dreturn/{id}")
}

/// Did the hosted page get a usable card?
pub fn typed_card(store: &Store, fields: &Fields) -> Result<IssuedCard, Refused> {
    let pan: String = field(fields, "pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let expires = format!("{:0>2}/{:0>2}", field(fields, "month").trim(), field(fields, "year").trim());
    let card = rules::card(store, &pan, &expires, Some(field(fields, "cv2")).filter(|c| !c.is_empty()))?;
    if card.code == CodeCheck::Absent { Err(("CORE-2208", "CVV eksik.")) } else { Ok(card) }
}
