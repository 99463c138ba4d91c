//! The bank's own page: asks for the card where it has none, has the payer verified, charges, and sends the payer
//! back by GET.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::desk::{Done, Verdict};
use crate::fault::{FaultKind, Met};
use crate::issuer::CodeCheck;
use crate::visit::{self, Authentication, Outcome};
use crate::way_back::{self, WayBack, kept};
use crate::{form, http};

use super::answer::{Answer, host_date, issuer_code};
use super::gate::{Gate, Session};
use super::rules::{self, Fields, Wrong};
use super::{api, common, operation};

fn card_page(token: &str) -> String {
    format!("/CommonPayment/card/{token}")
}

fn return_page(token: &str) -> String {
    format!("/CommonPayment/return/{token}")
}

/// The payer arrives with the token.
pub async fn arrive(State(bank): State<Bank>, Query(query): Query<HashMap<String, String>>) -> Response<Body> {
    let token = query.get("Ptkn").map_or("", String::as_str);
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.visits.get_mut(token) else { return visit::unknown() };
    let next = match session.visit.card {
        None => card_page(token),
        Some(_) if session.visit.outcome.is_some() => return_page(token),
        Some(_) => session.visit.authenticate(&bank, &return_page(token)),
    };
    Redirect::to(&next).into_response()
}

fn shown(bank: &Bank, token: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    gate.visits.get(token)?.visit.card_form(bank, &card_page(token), error)
}

/// The card form.
pub async fn show(State(bank): State<Bank>, Path(token): Path<String>) -> Response<Body> {
    shown(&bank, &token, None).map_or_else(http::gone, http::page)
}

/// The typed card, or cancel.
pub async fn typed(State(bank): State<Bank>, Path(token): Path<String>, body: Bytes) -> Response<Body> {
    if shown(&bank, &token, None).is_none() {
        return http::gone();
    }
    let fields = form::parse(&body);
    let pan: String = form::value(&fields, "pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let part = |name: &str| form::value(&fields, name).trim().to_owned();
    let expiry = format!("{:0>2}{:0>2}", part("year"), part("month"));
    let cancelled = form::value(&fields, "action") == "cancel";
    let card = rules::card(&pan, &expiry, &part("cv2"));
    let card = card.and_then(|c| if c.code == CodeCheck::Absent { Err(Wrong::Code) } else { Ok(c) });
    let card = match card {
        Err(wrong) if !cancelled => {
            let say = match wrong {
                Wrong::Number => "Kart numarası hatalı.",
                Wrong::Expiry => "Son kullanma tarihi hatalı.",
                Wrong::Code => "CVV hatalı.",
            };
            return shown(&bank, &token, Some(say)).map_or_else(http::gone, http::page);
        }
        card => card.ok().filter(|_| !cancelled),
    };
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.visits.get_mut(&token) else { return http::gone() };
    Redirect::to(&session.visit.card_typed(&bank, card, &return_page(&token))).into_response()
}

/// The payer is back from the card's bank: the bank charges, and sends them on.
pub async fn finish(State(bank): State<Bank>, Path(token): Path<String>) -> Response<Body> {
    match way_back::decided::<Session>(&bank, &token).await {
        Ok(outcome) => outcome.send_by_get().await,
        Err(page) => *page,
    }
}

/// The way back to the merchant, or the window that never gets there.
fn onward(outcome: &Outcome) -> Response<Body> {
    if outcome.met.has(FaultKind::ClosedWindow) { http::page(outcome.page()) } else { outcome.lead() }
}

kept!(Session in Gate.visits);

impl WayBack for Session {
    fn gate_charges(&self) -> bool {
        true
    }

    fn card_form(id: &str) -> String {
        card_page(id)
    }

    fn again(outcome: &Outcome) -> Response<Body> {
        onward(outcome)
    }

    fn settle(bank: &Bank, gate: &mut Gate, token: &str, met: Met) -> Option<Outcome> {
        let session = gate.visits.get_mut(token)?;
        let store = bank.store(&session.visit.store)?;
        let came = session.visit.authentication(bank);
        let half = form::value(&session.posted, "AllowNotEnrolledCard") == "true";
        let may = came.is_full() || (half && came.is_any());
        let card = session.visit.card.clone().filter(|_| may);
        let done = card.and_then(|card| {
            let (ordered, secure) = (session.visit.ordered.clone(), came.proof(&card));
            let channel = if form::value(&session.posted, "BrandNumber").is_empty() { "3d_host" } else { "3d_pay" };
            operation::charge(bank, store, &session.transaction, "", api::of(&ordered, &card, channel, Some(secure)))
                .ok()
        });
        let told = match &done {
            Some(done) => of_charge(session, token, done),
            None => not_charged(session, token, came),
        };
        let good = done.as_ref().is_some_and(Done::approved);
        let url = form::value(&session.posted, if good { "SuccessUrl" } else { "FailUrl" }).to_owned();
        let fields = brought(&told);
        session.told = Some(told);
        Some(Outcome { lang: session.visit.lang.clone(), url, fields, server_url: None, met })
    }
}

/// The part of it that the browser carries, unsigned.
fn brought(told: &Answer) -> Fields {
    const NAMES: [&str; 7] = ["Rc", "AuthCode", "Rrn", "Message", "TransactionId", "PaymentToken", "MaskedPan"];
    let filled = NAMES.iter().filter(|name| !told.get(name).is_empty());
    filled.map(|name| ((*name).to_owned(), told.get(name).to_owned())).collect()
}

fn masked(session: &Session) -> String {
    session.visit.card.as_ref().map_or_else(String::new, |c| format!("{}01****{}", c.face.bin, c.face.last4))
}

/// The payer was not verified, or left: nothing was charged.
fn not_charged(session: &Session, token: &str, came: Authentication) -> Answer {
    let (code, text) = match came {
        Authentication::Half(2 | 3) => ("2053", "VeRes status is N Message : Card is not enrolled"),
        _ if session.visit.card.is_none() => ("2053", "Islem kart hamili tarafindan iptal edildi"),
        _ => ("0400", "3D Secure sifre dogrulamasi yapilamadi"),
    };
    Answer::default()
        .with("Rc", code)
        .with("Message", text)
        .with("PaymentToken", token)
        .with("TransactionId", &session.transaction)
        .with("MaskedPan", masked(session))
}

fn of_charge(session: &Session, token: &str, done: &Done) -> Answer {
    let entry = &done.entry;
    let answer = Answer::default();
    let numbers = |answer: Answer| {
        answer
            .with("TransactionId", &session.transaction)
            .with("PaymentToken", token)
            .with("MaskedPan", masked(session))
    };
    match &done.verdict {
        Verdict::Declined(refusal) => {
            let code = issuer_code(refusal);
            let answer = answer.with("Rc", &code).with("AuthCode", "000000").with("ErrorCode", &code);
            numbers(answer.with("Message", format!("RED-{}", refusal.text)))
        }
        Verdict::Refused(_) => {
            numbers(answer.with("Rc", &entry.code).with("ErrorCode", &entry.code).with("Message", "RED"))
        }
        Verdict::Approved => {
            let get = |name: &str| form::value(&session.posted, name).to_owned();
            numbers(
                answer
                    .with("Rc", "0000")
                    .with("AuthCode", &entry.auth_code)
                    .with("Rrn", &entry.host_ref)
                    .with("Message", "İŞLEM BAŞARILI"),
            )
            .with("HostMerchantId", &entry.store)
            .with("HostTerminalId", get("HostTerminalId"))
            .with("AmountCode", &entry.currency)
            .with("Amount", common::comma(entry.amount))
            .with("TransactionType", get("TransactionType"))
            .with("OrderID", &entry.order)
            .with("InstallmentCount", get("InstallmentCount"))
            .with("IsSecure", "True")
            .with("AllowNotEnrolledCard", "False")
            .with("SuccessUrl", get("SuccessUrl"))
            .with("FailUrl", get("FailUrl"))
            .with("RequestLanguage", get("RequestLanguage"))
            .with("BrandNumber", get("BrandNumber"))
            .with("HostDate", host_date(entry.at_ms))
            .with("HostRc", "")
            .with("ErrorCode", "")
            .with("ResponseMessage", "")
        }
    }
}
