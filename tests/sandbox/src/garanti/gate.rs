//! `/servlet/gt3dengine`: the payer's browser arrives with the merchant's signed form.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::fault::Op;
use crate::http::Wire;
use crate::issuer::IssuedCard;
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Visit;
use crate::{form, http, page, random};

use super::callback;
use super::hash::{self, Fields, field};
use super::rules::{self, Refused};
use super::session::{self, Gate, Session};
use super::store::Account;

/// Fields that must never be kept or sent back.
const CARD_FIELDS: [&str; 4] = ["cardnumber", "cardcvv2", "cardexpiredatemonth", "cardexpiredateyear"];

/// The merchant's form.
pub async fn enter(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let all = form::parse(&body);
    let posted: Fields = all.iter().filter(|(name, _)| !CARD_FIELDS.contains(&name.as_str())).cloned().collect();
    let terminal = field(&all, "terminalid");
    let merchant = field(&all, "terminalmerchantid");
    let found = bank.find_store::<Account>(|s, a| s.id == terminal && a.merchant_id == merchant);
    let (Some((store, account)), true) = (found, has_addresses(&all)) else {
        return http::page(page::message(
            field(&all, "lang"),
            "Hata",
            "Terminal ya da dönüş adresi bulunamadı (0752).",
        ));
    };
    if !is_signed(store, account, &all) {
        tracing::info!(store = store.id, order = field(&all, "orderid"), "form hash is wrong");
        return callback::refuse(&posted, "7", "Guvenlik Kodu hatali");
    }
    let amount = rules::amount(field(&all, "txnamount")).ok();
    note(&bank, &all, amount);
    let met = bank.meet(Op::Gate, field(&all, "orderid"), amount);
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let level = field(&all, "secure3dsecuritylevel").to_owned();
    if !store.allows(&level) || field(&all, "mode") != "TEST" {
        return callback::refuse(&posted, "7", "Sistem Hatasi");
    }
    let read = session::ordered(&posted).and_then(|ordered| Ok((ordered, posted_card(&all, &level)?)));
    let Ok((ordered, card)) = read else {
        return callback::refuse(&posted, "7", "Sistem Hatasi");
    };
    let id = random::id();
    let mut visit = Visit::new(store, ordered, field(&all, "lang"), card);
    let next = if visit.card.is_none() { hosted_page(&id) } else { visit.authenticate(&bank, &return_page(&id)) };
    bank.memory::<Gate>().sessions.insert(id, Session { posted, level, visit });
    http::after(&met, Wire::PAGE, Vec::new()).await;
    Redirect::to(&next).into_response()
}

fn has_addresses(all: &Fields) -> bool {
    let is_web = |url: &str| url.len() <= 2048 && (url.starts_with("http://") || url.starts_with("https://"));
    is_web(field(all, "successurl")) && is_web(field(all, "errorurl"))
}

/// The bank's own page has a user of its own; every other form is `PROVAUT`'s.
fn is_signed(store: &Store, account: &Account, all: &Fields) -> bool {
    let meant = if field(all, "secure3dsecuritylevel") == "3D_OOS_PAY" { "PROVOOS" } else { "PROVAUT" };
    let user = field(all, "terminalprovuserid");
    let Some(password) = account.password(user).filter(|_| user == meant) else { return false };
    let security = hash::security(password, &store.id);
    let made = hash::form(all, &account.store_key, &security);
    field(all, "apiversion") == "512" && same(&made, field(all, "secure3dhash"))
}

fn posted_card(all: &Fields, level: &str) -> Result<Option<IssuedCard>, Refused> {
    if level == "3D_OOS_PAY" {
        return Ok(None);
    }
    let expires = format!("{}{}", field(all, "cardexpiredatemonth"), field(all, "cardexpiredateyear"));
    rules::card(field(all, "cardnumber"), &expires, field(all, "cardcvv2"), false).map(Some)
}

fn note(bank: &Bank, all: &Fields, amount: Option<i64>) {
    let pan = field(all, "cardnumber");
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: field(all, "terminalid").to_owned(),
        order: field(all, "orderid").to_owned(),
        amount,
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| crate::card::CardFace::of(pan).starred()),
        code_sent: !field(all, "cardcvv2").is_empty(),
        provision: false,
    });
}

/// The bank's card form for a visit.
pub fn hosted_page(id: &str) -> String {
    format!("/servlet/oos/{id}")
}

/// Where a visit's browser comes back to from the issuer.
pub fn return_page(id: &str) -> String {
    format!("/servlet/3dreturn/{id}")
}
