//! `/securepay` and `/payhosting`: the payer's browser arrives with the merchant's signed form.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::book::Kind;
use crate::fault::Op;
use crate::http::Wire;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::{Ordered, Visit};
use crate::{form, http, page, random};

use super::callback::refuse;
use super::rules::{self, Refused, schema};
use super::session::{Gate, Model, Session};
use super::sign::{self, Fields, field};
use super::store::Account;

/// Fields that must never be kept or sent back.
const CARD_FIELDS: [&str; 4] = ["creditCard", "expiredDate", "cvv", "hash"];

/// The merchant's form with the card in it.
pub async fn enter(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    arrive(&bank, &body, false).await
}

/// The merchant's form where the bank asks for the card.
pub async fn enter_hosted(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    arrive(&bank, &body, true).await
}

fn error(say: &str) -> Response<Body> {
    http::page(page::message("tr", "Hata", say))
}

async fn arrive(bank: &Bank, body: &[u8], hosted: bool) -> Response<Body> {
    let all = form::parse(body);
    let (merchant, terminal) = (field(&all, "merchantSafeId"), field(&all, "terminalSafeId"));
    let Some((store, account)) = bank.find_store::<Account>(|s, a| s.id == merchant && a.terminal_safe_id == terminal)
    else {
        return error("Üye işyeri bulunamadı.");
    };
    let is_web = |url: &str| url.len() <= 2_048 && (url.starts_with("http://") || url.starts_with("https://"));
    if !is_web(field(&all, "okUrl")) || !is_web(field(&all, "failUrl")) {
        return error("okUrl ve failUrl geçerli adresler olmalı.");
    }
    // What the bank really does with a wrong hash is not public: it does not go on, and it does not return.
    if !same(&sign::form(&all, &account.secret_key), field(&all, "hash")) {
        tracing::info!(store = store.id, order = field(&all, "orderId"), "form hash is wrong");
        return error("Güvenlik doğrulaması başarısız (hash).");
    }
    let amount = rules::amount(field(&all, "amount")).ok();
    note(bank, store, &all, amount);
    let met = bank.meet(Op::Gate, field(&all, "orderId"), amount);
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let posted: Fields = all.iter().filter(|(k, _)| !CARD_FIELDS.contains(&k.as_str())).cloned().collect();
    let read = order(bank, store, account, &all, hosted).and_then(|(model, ordered)| {
        let card = if hosted { None } else { Some(posted_card(&all)?) };
        Ok((model, ordered, card))
    });
    let (model, ordered, card) = match read {
        Ok(read) => read,
        Err(Refused::Code(code, say)) => return refuse(account, &posted, code, say),
        Err(Refused::Host(_, say)) => return refuse(account, &posted, "VPS-1005", say),
        Err(Refused::Schema(say)) => return error(&say),
        Err(Refused::Signature) => return error("Güvenlik doğrulaması başarısız (hash)."),
    };
    let id = random::id();
    let lang = field(&all, "lang").to_ascii_lowercase();
    let mut visit = Visit::new(store, ordered, &lang, card);
    let next = if hosted { card_page(&id) } else { visit.authenticate(bank, &return_page(&id)) };
    bank.memory::<Gate>().sessions.insert(id, Session { posted, model, visit });
    http::after(&met, Wire::PAGE, Vec::new()).await;
    Redirect::to(&next).into_response()
}

/// Reads the posted fields of a form whose hash was right.
fn order(bank: &Bank, store: &Store, account: &Account, f: &Fields, hosted: bool) -> Result<(Model, Ordered), Refused> {
    let model = Model::parse(field(f, "paymentModel")).filter(|m| store.allows(m.name()));
    let Some(model) = model.filter(|m| (*m == Model::PayHosting) == hosted) else {
        return schema("paymentModel is not allowed here");
    };
    let kind = match field(f, "txnCode") {
        "3000" => Kind::Auth,
        "3004" => Kind::PreAuth,
        _ => return schema("txnCode must be 3000 or 3004"),
    };
    if !matches!(field(f, "lang"), "TR" | "EN") {
        return schema("lang must be TR or EN");
    }
    rules::random(field(f, "randomNumber"))?;
    rules::time(bank, field(f, "requestDateTime"))?;
    rules::sub_merchant(account, field(f, "subMerchantId"))?;
    let currency = rules::currency(field(f, "currencyCode").parse().unwrap_or(0))?;
    let ordered = Ordered {
        kind,
        order: rules::order(field(f, "orderId"))?.to_owned(),
        amount: rules::amount(field(f, "amount"))?,
        installments: rules::installments(field(f, "installCount").parse().unwrap_or(0), &currency)?,
        currency,
    };
    Ok((model, ordered))
}

fn posted_card(f: &Fields) -> Result<IssuedCard, Refused> {
    let code = Some(field(f, "cvv")).filter(|c| !c.is_empty());
    let card = rules::card(field(f, "creditCard"), field(f, "expiredDate"), code)?;
    if card.code == CodeCheck::Absent { schema("cvv is required") } else { Ok(card) }
}

fn note(bank: &Bank, store: &Store, f: &Fields, amount: Option<i64>) {
    let pan = field(f, "creditCard");
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: store.id.clone(),
        order: field(f, "orderId").to_owned(),
        amount,
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| crate::card::CardFace::of(pan).starred()),
        code_sent: !field(f, "cvv").is_empty(),
        provision: false,
    });
}

/// The bank's card form for a visit.
pub fn card_page(id: &str) -> String {
    format!("/securepay/card/{id}")
}

/// Where a visit's browser comes back to from the issuer.
pub fn return_page(id: &str) -> String {
    format!("/securepay/return/{id}")
}
