//! `/Gateway/Default.aspx` and `/Gateway/3DHost.aspx`: the payer's browser arrives with the merchant's signed form.

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
use crate::visit::{Ordered, Visit};
use crate::{form, http, page};

use super::callback;
use super::hash::{self, Fields, field};
use super::rules::{self, Refused};
use super::session::{self, Gate, Session};
use super::store::Account;

/// Fields that must never be kept or sent back.
const CARD_FIELDS: [&str; 4] = ["Pan", "Cvv2", "Expiry", "CardHolderName"];

/// A form with the card in it.
pub async fn enter(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    arrive(&bank, &body, false).await
}

/// A form without: the bank asks for the card.
pub async fn enter_hosted(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    arrive(&bank, &body, true).await
}

async fn arrive(bank: &Bank, body: &[u8], hosted: bool) -> Response<Body> {
    let all = form::parse(body);
    let posted: Fields = all.iter().filter(|(name, _)| !CARD_FIELDS.contains(&name.as_str())).cloned().collect();
    let merchant = field(&all, "MerchantID");
    let found = bank.find_store::<Account>(|s, a| s.id == merchant && a.mbr_id == field(&all, "MbrId"));
    let Some((store, account)) = found.filter(|_| has_addresses(&all)) else {
        return http::page(page::message("tr", "Hata", "Üye iş yeri ya da dönüş adresi bulunamadı (V008)."));
    };
    let amount = rules::amount(field(&all, "PurchAmount")).ok();
    note(bank, &all, amount);
    let met = bank.meet(Op::Gate, field(&all, "OrderId"), amount);
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let (ordered, card) = match checked(store, account, &all, hosted) {
        Ok(both) => both,
        Err((code, say)) => return callback::refuse(account, store, &posted, code, say),
    };
    let next = begin(bank, store, posted, ordered, card);
    http::after(&met, Wire::PAGE, Vec::new()).await;
    Redirect::to(&next).into_response()
}

/// Keeps the visit and says where the browser goes.
fn begin(bank: &Bank, store: &Store, posted: Fields, ordered: Ordered, card: Option<IssuedCard>) -> String {
    let mut gate = bank.memory::<Gate>();
    let id = gate.next_guid();
    let mut visit = Visit::new(store, ordered, &field(&posted, "Lang").to_lowercase(), card);
    let next = if visit.card.is_none() { hosted_page(&id) } else { visit.authenticate(bank, &return_page(&id)) };
    let secure_type = field(&posted, "SecureType").to_owned();
    gate.sessions.insert(id, Session { posted, secure_type, visit });
    next
}

fn has_addresses(all: &Fields) -> bool {
    let is_web = |url: &str| url.len() <= 200 && (url.starts_with("http://") || url.starts_with("https://"));
    is_web(field(all, "OkUrl")) && is_web(field(all, "FailUrl"))
}

type Checked = (Ordered, Option<IssuedCard>);

fn checked(store: &Store, account: &Account, all: &Fields, hosted: bool) -> Result<Checked, Refused> {
    let secure_type = field(all, "SecureType");
    match () {
        () if !same(&hash::form(all, &account.merchant_pass), field(all, "Hash")) => {
            return Err(("M030", "Hash uyuşmazlığı"));
        }
        () if field(all, "UserCode") != account.user_code => return Err(("V004", "Kullanıcı doğrulanamadı")),
        // The bank's support: MOTO must be there (0 or 1) in the form as well.
        () if field(all, "MOTO") != "0" => return Err(("M048", "MOTO değeri hatalı")),
        () if !store.allows(secure_type) || (secure_type == "3DHost") != hosted => {
            return Err(("M014", "SecureType tanımsız"));
        }
        () => {}
    }
    let ordered = session::ordered(all)?;
    if hosted {
        return Ok((ordered, None));
    }
    let card = rules::card(field(all, "Pan"), field(all, "Expiry"), field(all, "Cvv2"), false)?;
    Ok((ordered, Some(card)))
}

fn note(bank: &Bank, all: &Fields, amount: Option<i64>) {
    let pan = field(all, "Pan");
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: field(all, "MerchantID").to_owned(),
        order: field(all, "OrderId").to_owned(),
        amount,
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| crate::card::CardFace::of(pan).starred()),
        code_sent: !field(all, "Cvv2").is_empty(),
        provision: false,
    });
}

/// The bank's card form for a visit.
pub fn hosted_page(id: &str) -> String {
    format!("/Gateway/card/{id}")
}

/// Where a visit's browser comes back to from the issuer.
pub fn return_page(id: &str) -> String {
    format!("/Gateway/3dreturn/{id}")
}
