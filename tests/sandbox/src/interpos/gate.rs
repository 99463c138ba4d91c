//! The payer's browser arrives with the merchant's signed form.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::CardFace;
use crate::fault::Op;
use crate::http::Wire;
use crate::issuer::IssuedCard;
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::{Ordered, Visit};
use crate::voucher::Vouchers;
use crate::{form, http, page, random};

use super::callback;
use super::rules::{self, Fields, Refused, field};
use super::store::Account;

/// Everything the gate remembers.
#[derive(Default)]
pub struct Gate {
    pub(super) sessions: HashMap<String, Session>,
    pub(super) vouchers: Vouchers,
}

/// One visit, with what the family keeps of it.
pub struct Session {
    /// Everything posted, without card number, code and hash.
    pub(super) posted: Fields,
    /// `3DModel`, `3DPay` or `3DHost`.
    pub(super) model: String,
    pub(super) visit: Visit,
}

const CARD_FIELDS: [&str; 4] = ["Pan", "Cvv2", "Expiry", "Hash"];

/// What a form signs.
const SIGNED: [&str; 8] =
    ["ShopCode", "OrderId", "PurchAmount", "OkUrl", "FailUrl", "TxnType", "InstallmentCount", "Rnd"];

/// SHA-1 in base64 of the values one after another, then the merchant's pass.
pub fn hash<'a>(values: impl IntoIterator<Item = &'a str>, pass: &str) -> String {
    let mut sha = Sha1::new();
    for value in values {
        sha.update(value.as_bytes());
    }
    sha.update(pass.as_bytes());
    STANDARD.encode(sha.finalize())
}

/// `/mpi/3DHost.aspx`: the bank shows the card form.
pub async fn enter_hosted(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let fields = form::parse(&body);
    if field(&fields, "SecureType") != "3DHost" {
        return http::page(page::message("tr", "Hata", "Gecersiz Guvenlik Tipi (E39)."));
    }
    enter(&bank, &fields).await
}

/// The merchant's form.
pub async fn enter(bank: &Bank, all: &Fields) -> Response<Body> {
    let lang = field(all, "Lang").to_owned();
    let Some((store, account)) = bank.find_store::<Account>(|s, _| s.id == field(all, "ShopCode")) else {
        return http::page(page::message(&lang, "Hata", "Terminal Aktif Degil (B810002)."));
    };
    let is_address = |url: &str| url.len() <= 2048 && (url.starts_with("http://") || url.starts_with("https://"));
    if !is_address(field(all, "OkUrl")) || !is_address(field(all, "FailUrl")) {
        return http::page(page::message(&lang, "Hata", "OkUrl ve FailUrl geçerli adresler olmalı."));
    }
    let posted: Fields = all.iter().filter(|(k, _)| !CARD_FIELDS.contains(&k.as_str())).cloned().collect();
    if !same(&hash(SIGNED.map(|name| field(all, name)), &account.merchant_pass), field(all, "Hash")) {
        tracing::info!(store = store.id, order = field(all, "OrderId"), "form hash is wrong");
        return callback::refuse(account, &posted, "7", ("", "", "Guvenlik Kodu hatali"));
    }
    let amount = rules::amount(field(all, "PurchAmount")).ok();
    note(bank, all, amount);
    let met = bank.meet(Op::Gate, field(all, "OrderId"), amount);
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let ordered = match ordered(store, all) {
        Ok(ordered) => ordered,
        Err(refused) => return callback::refuse(account, &posted, "0", refused),
    };
    let model = field(all, "SecureType").to_owned();
    let card = match card(all, &model) {
        Ok(card) => card,
        Err(refused) => return callback::refuse(account, &posted, "0", refused),
    };
    let id = random::id();
    let mut visit = Visit::new(store, ordered, &lang, card);
    let next = if visit.card.is_none() { card_page(&id) } else { visit.authenticate(bank, &return_page(&id)) };
    bank.memory::<Gate>().sessions.insert(id, Session { posted, model, visit });
    http::after(&met, Wire::PAGE, Vec::new()).await;
    Redirect::to(&next).into_response()
}

fn ordered(store: &Store, f: &Fields) -> Result<Ordered, Refused> {
    if !store.allows(field(f, "SecureType")) {
        return Err(("99", "E39", "Gecersiz Guvenlik Tipi"));
    }
    let kind = match field(f, "TxnType") {
        "Auth" => Kind::Auth,
        "PreAuth" => Kind::PreAuth,
        _ => return Err(("99", "E31", "Gecersiz Islem Tipi")),
    };
    if field(f, "Rnd").is_empty() || !matches!(field(f, "Lang"), "" | "tr" | "en" | "TR" | "EN") {
        return Err(("99", "E31", "Rnd ya da Lang gecersiz"));
    }
    let currency = rules::currency(field(f, "Currency"))?.to_owned();
    Ok(Ordered {
        kind,
        order: rules::order(f, Op::Auth)?.to_owned(),
        amount: rules::amount(field(f, "PurchAmount"))?,
        installments: rules::installments(field(f, "InstallmentCount"), &currency)?,
        currency,
    })
}

/// The card in the form; a hosted page asks for it itself.
fn card(f: &Fields, model: &str) -> Result<Option<IssuedCard>, Refused> {
    if model == "3DHost" { Ok(None) } else { rules::card(f, false).map(Some) }
}

fn note(bank: &Bank, f: &Fields, amount: Option<i64>) {
    let pan = field(f, "Pan");
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: field(f, "ShopCode").to_owned(),
        order: field(f, "OrderId").to_owned(),
        amount,
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| CardFace::of(pan).starred()),
        code_sent: !field(f, "Cvv2").is_empty(),
        provision: false,
    });
}

/// The bank's card form for a visit.
pub fn card_page(id: &str) -> String {
    format!("/mpi/card/{id}")
}

/// Where a visit's browser comes back to from the issuer.
pub fn return_page(id: &str) -> String {
    format!("/mpi/3dreturn/{id}")
}
