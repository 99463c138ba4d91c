//! `/3DSWebService/YKBPaymentService`: the payer's browser arrives with the sealed order and leaves with sealed packets.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::fault::{Met, Op};
use crate::http::Wire;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::secret::same;
use crate::visit::{self, Outcome, Visit};
use crate::voucher::Voucher;
use crate::way_back::{WayBack, kept};
use crate::{form, http, page, random};

use super::code::Refused;
use super::money;
use super::store::Account;
use super::three_d::{Gate, Returned, Session};

type Fields = Vec<(String, String)>;

/// The merchant's form.
pub async fn enter(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let posted = form::parse(&body);
    let field = |name: &str| form::value(&posted, name);
    let lang = field("lang").to_owned();
    let refuse = |say: &str| http::page(page::message(&lang, "Hata", say));
    let by_numbers = bank.find_store::<Account>(|s, a| s.id == field("mid") && a.posnet_id == field("posnetID"));
    let Some((store, _)) = by_numbers else {
        return refuse("Üye işyeri bulunamadı (0148).");
    };
    let url = field("merchantReturnURL").to_owned();
    if url.len() > 2_048 || !(url.starts_with("http://") || url.starts_with("https://")) {
        return refuse("merchantReturnURL geçerli bir adres olmalı.");
    }
    if !posted.iter().any(|(name, _)| name == "url") {
        return refuse("url alanı eksik.");
    }
    let taken = {
        let gate = bank.memory::<Gate>();
        gate.sealed
            .get(field("posnetData"))
            .filter(|s| s.store == store.id && same(&s.data2, field("posnetData2")) && same(&s.sign, field("digest")))
            .map(|s| (s.ordered.clone(), s.card.clone(), s.mixed))
    };
    let Some((ordered, card, mixed)) = taken else {
        return refuse("İşlem verisi doğrulanamadı (E216).");
    };
    note(&bank, &store.id, &ordered.order, ordered.amount);
    let met = bank.meet(Op::Gate, &ordered.order, Some(ordered.amount));
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let id = random::id();
    let mut visit = Visit::new(store, ordered, &lang, card);
    let next = if visit.card.is_none() { card_address(&id) } else { visit.authenticate(&bank, &return_address(&id)) };
    bank.memory::<Gate>().sessions.insert(id, Session { visit, return_url: url, mixed });
    http::after(&met, Wire::PAGE, Vec::new()).await;
    Redirect::to(&next).into_response()
}

fn note(bank: &Bank, store: &str, order: &str, amount: i64) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: store.to_owned(),
        order: order.to_owned(),
        amount: Some(amount),
        card: None,
        code_sent: false,
        provision: false,
    });
}

fn card_address(id: &str) -> String {
    format!("/3DSWebService/card/{id}")
}

fn return_address(id: &str) -> String {
    format!("/3DSWebService/return/{id}")
}

/// The bank's own card form, with an error; nothing where the payer is past it.
fn card_form(bank: &Bank, id: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    gate.sessions.get(id)?.visit.card_form(bank, &card_address(id), error)
}

/// The bank's card form.
pub async fn card_page(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    card_form(&bank, &id, None).map_or_else(http::gone, http::page)
}

/// The typed card, or cancel.
pub async fn card_typed(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    if card_form(&bank, &id, None).is_none() {
        return http::gone();
    }
    let fields = form::parse(&body);
    let card = match typed_card(&fields) {
        _ if form::value(&fields, "action") == "cancel" => None,
        Ok(card) => Some(card),
        Err(refused) => return card_form(&bank, &id, Some(&refused.text)).map_or_else(http::gone, http::page),
    };
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&id) else {
        return http::gone();
    };
    Redirect::to(&session.visit.card_typed(&bank, card, &return_address(&id))).into_response()
}

/// A card from the bank's own form.
pub fn typed_card(fields: &Fields) -> Result<IssuedCard, Refused> {
    let value = |name: &str| form::value(fields, name).trim();
    let pan: String = value("pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let expires = format!("{:0>2}{:0>2}", value("year"), value("month"));
    let card = money::card(&pan, &expires, Some(value("cv2")).filter(|code| !code.is_empty()))?;
    if card.code == CodeCheck::Absent { Err(money::packet("CVC")) } else { Ok(card) }
}

kept!(Session in Gate.sessions);

impl WayBack for Session {
    fn card_form(id: &str) -> String {
        card_address(id)
    }

    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get(id)?;
        let ordered = session.visit.ordered.clone();
        let card = session.visit.card.clone();
        let authentication = match card {
            Some(_) => session.visit.authentication(bank),
            None => visit::Authentication::Cancelled,
        };
        let (bank_packet, merchant_packet, sign) =
            (random::hex_upper(60), random::hex_upper(90), random::hex_upper(16));
        let mixed = session.mixed;
        let kind = match ordered.kind {
            crate::book::Kind::PreAuth => "Auth",
            _ if mixed => "SaleWP",
            _ => "Sale",
        };
        let fields: Fields = [
            ("MerchantPacket", merchant_packet.as_str()),
            ("BankPacket", &bank_packet),
            ("Sign", &sign),
            ("CCPrefix", card.as_ref().map_or("", |c| &c.face.bin)),
            ("TranType", kind),
            ("Amount", &ordered.amount.to_string()),
            ("Xid", &ordered.order),
            ("MerchantId", &session.visit.store),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let outcome = Outcome {
            lang: session.visit.lang.clone(),
            url: session.return_url.clone(),
            fields,
            server_url: None,
            met: met.clone(),
        };
        let store = session.visit.store.clone();
        if let Some(card) = card.clone().filter(|_| authentication.is_any()) {
            let secure = authentication.proof(&card);
            let at_ms = bank.clock().now_ms();
            let voucher = Voucher { store: store.clone(), ordered: ordered.clone(), card, secure, at_ms, spent: false };
            gate.vouchers.keep(bank_packet.clone(), voucher);
        }
        let returned = Returned { store, ordered, card, authentication, merchant_packet, sign, mixed, met };
        gate.returned.insert(bank_packet, returned);
        Some(outcome)
    }
}
