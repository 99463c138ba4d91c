//! What the gate tells the merchant, through the browser.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::desk::Done;
use crate::fault::{FaultKind, Met, Op};
use crate::http::{self, Wire};
use crate::store::Store;
use crate::visit::{self, Authentication, Outcome};
use crate::voucher::Voucher;

use super::api::charge;
use super::gate::{Gate, Model, Session, card_page, md};
use super::operation::{self, receipt};
use super::rules::hash;
use super::status::date;
use super::store::Account;

type Fields = Vec<(String, String)>;

/// The browser comes back from the issuer (or never had to go there).
pub async fn finish(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    let mut met = match arrive(&bank, &id) {
        Ok(met) => met,
        Err(page) => return *page,
    };
    if let Some(session) = bank.memory::<Gate>().sessions.get(&id) {
        session.visit.add_card_faults(&mut met, session.model != Model::ThreeD);
    }
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let Some(outcome) = settle(&bank, &id, met) else {
        return visit::unknown();
    };
    outcome.announce().await;
    http::after(&outcome.met, Wire::PAGE, outcome.page().into_bytes()).await
}

/// The faults of a visit that is to be decided now; or the page of one that is decided or still asks the payer.
fn arrive(bank: &Bank, id: &str) -> Result<Met, Box<Response<Body>>> {
    let gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get(id) else {
        return Err(Box::new(visit::unknown()));
    };
    if let Some(outcome) = &session.outcome {
        return Err(Box::new(http::page(outcome.page())));
    }
    if let Some(waiting) = session.visit.waits_at(bank, &card_page(id)) {
        return Err(Box::new(Redirect::to(&waiting).into_response()));
    }
    let ordered = &session.visit.ordered;
    Ok(bank.meet(Op::Callback, &ordered.order, Some(ordered.amount)))
}

/// Decides the session once; a second call finds the first one's outcome.
fn settle(bank: &Bank, id: &str, met: Met) -> Option<Outcome> {
    let mut gate = bank.memory::<Gate>();
    let session = gate.sessions.get_mut(id)?;
    if let Some(done) = &session.outcome {
        return Some(done.clone());
    }
    let (store, account) = bank.find_store::<Account>(|s, _| s.id == session.visit.store)?;
    if session.model == Model::ThreeD {
        let (outcome, voucher) = authenticated(bank, store, account, session, met)?;
        if let Some((md, voucher)) = voucher {
            gate.vouchers.keep(md, voucher);
        }
        return Some(outcome);
    }
    Some(charged(bank, store, account, session, met))
}

fn close(session: &mut Session, good: bool, fields: Fields, met: Met) -> Outcome {
    let url = if good { session.ok_url.clone() } else { session.fail_url.clone() };
    let outcome = Outcome { lang: "tr".to_owned(), url, fields, server_url: None, met };
    session.outcome = Some(outcome.clone());
    outcome
}

fn comma(minor: i64) -> String {
    format!("{},{:02}", minor / 100, minor % 100)
}

fn authenticated(
    bank: &Bank,
    store: &Store,
    account: &Account,
    session: &mut Session,
    met: Met,
) -> Option<(Outcome, Option<(String, Voucher)>)> {
    let card = session.visit.card.clone()?;
    let came = session.visit.authentication(bank);
    let (md, secure) = (md(&card), came.proof(&card));
    let ordered = session.visit.ordered.clone();
    let wrong = i64::from(met.has(FaultKind::WrongAmount)) * 100;
    let order = if met.has(FaultKind::WrongOrder) { format!("X{}", ordered.order) } else { ordered.order.clone() };
    let status = secure.md_status.clone();
    let key = if met.has(FaultKind::WrongHash) { "not the key" } else { account.guid.as_str() };
    let signature = hash(&format!("{}{md}{status}{order}{key}", session.guid));
    let result = format!("{}-status/{}", came.tx_status(), reason(came));
    let amount = comma(ordered.amount + wrong);
    let fields = [
        ("md", md.as_str()),
        ("mdStatus", &status),
        ("orderId", &order),
        ("transactionAmount", &amount),
        ("islemGUID", &session.guid),
        ("islemHash", &signature),
        ("bankResult", &result),
        ("dc", ""),
        ("dcURL", ""),
    ];
    let fields = fields.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    let at_ms = bank.clock().now_ms();
    let voucher = came.is_any().then(|| {
        let store = store.id.clone();
        (md, Voucher { store, ordered, card, secure, at_ms, spent: false })
    });
    Some((close(session, came.is_any(), fields, met), voucher))
}

fn reason(came: Authentication) -> &'static str {
    match came {
        Authentication::Challenged => "Challenge authentication via ACS",
        Authentication::Frictionless => "Frictionless",
        Authentication::Half(_) => "Attempt",
        Authentication::Cancelled => "Challenge cancelled by cardholder",
        Authentication::WrongCode | Authentication::Refused(_) => "Challenge failed",
    }
}

/// The gate charges fully authenticated payers and tells what came of it.
fn charged(bank: &Bank, store: &Store, account: &Account, session: &mut Session, met: Met) -> Outcome {
    let ordered = session.visit.ordered.clone();
    let came = session.visit.authentication(bank);
    let card = session.visit.card.clone().filter(|_| came.is_full());
    let done = card.map(|card| {
        let secure = came.proof(&card);
        operation::charge(bank, store, charge(&ordered, &card, session.model.name(), Some(secure)))
    });
    let paid = done.as_ref().is_some_and(Done::approved);
    let number = done.as_ref().filter(|_| paid).map_or_else(|| "0".to_owned(), |done| receipt(done.entry.seq));
    let (text, bank_code) = match done.as_ref().map(|done| done.refusal()) {
        Some(Some(refusal)) => (refusal.text.to_owned(), refusal.code.to_owned()),
        Some(None) => ("Odeme Islemi Basarili".to_owned(), "0".to_owned()),
        None => (format!("3D Dogrulamasi Basarisiz. [{}]", reason(came)), "-1".to_owned()),
    };
    let wrong = i64::from(met.has(FaultKind::WrongAmount)) * 100;
    let amount = comma(ordered.amount + wrong);
    let mark = if met.has(FaultKind::WrongOrder) { "X" } else { "" };
    let (order, transaction) = (format!("{mark}{}", ordered.order), format!("{mark}{}", session.transaction));
    let currency = match (met.has(FaultKind::WrongCurrency), ordered.currency.as_str()) {
        (true, "978") | (false, "840") => "USD",
        (true, _) | (false, "978") => "EUR",
        (false, "826") => "GBP",
        (false, _) => "TL",
    };
    let key = if met.has(FaultKind::WrongHash) { "not the key" } else { account.guid.as_str() };
    let signature = hash(&format!("{}{key}{number}{amount}{order}{transaction}", store.id));
    let fields = [
        ("Islem_ID", transaction.as_str()),
        ("Sonuc", if paid { "1" } else { "-1" }),
        ("Sonuc_Str", &text),
        ("GUID", &account.guid),
        ("Islem_Tarih", &date(bank.clock().now_ms())),
        ("Dekont_ID", &number),
        ("Tahsilat_Tutari", &amount),
        ("Odeme_Tutari", &amount),
        ("Siparis_ID", &order),
        ("Ext_Data", "||||"),
        ("Banka_Sonuc_Kod", &bank_code),
        ("PB", currency),
        ("KK_No", &session.visit.card.as_ref().map(|card| card.face.starred()).unwrap_or_default()),
        ("Taksit", "0"),
        ("Hash", &signature),
        ("Islem_GUID", &session.guid),
    ];
    let fields = fields.map(|(k, v)| (format!("TURKPOS_RETVAL_{k}"), v.to_owned())).to_vec();
    close(session, paid, fields, met)
}
