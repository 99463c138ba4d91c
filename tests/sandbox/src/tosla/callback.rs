//! What the gate tells the merchant, through the browser.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::http::Wire;
use crate::store::Store;
use crate::visit::{self, Outcome};
use crate::{http, issuer::IssuedCard};

use super::answer::bank_code;
use super::gate::card_page;
use super::operation::{code, desk};
use super::session::{Gate, Session};
use super::sign::{self, Fields};
use super::store::{Account, MODEL};

/// The browser comes back from the issuer (or never had to go there).
pub async fn finish(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    let mut met = match arrive(&bank, &id) {
        Ok(met) => met,
        Err(page) => return *page,
    };
    if let Some(session) = bank.memory::<Gate>().sessions.get(&id) {
        session.visit.add_card_faults(&mut met, true);
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

/// The faults of a session that is to be decided now; or the page of one that is decided or still asks the payer.
fn arrive(bank: &Bank, id: &str) -> Result<Met, Box<Response<Body>>> {
    let gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get(id) else {
        return Err(Box::new(visit::unknown()));
    };
    if let Some(outcome) = &session.outcome {
        return Err(Box::new(http::page(outcome.page())));
    }
    if session.failed.is_none()
        && let Some(waiting) = session.visit.waits_at(bank, &card_page(id))
    {
        return Err(Box::new(Redirect::to(&waiting).into_response()));
    }
    let ordered = &session.visit.ordered;
    Ok(bank.meet(Op::Callback, &ordered.order, Some(ordered.amount)))
}

/// `MdStatus`, the bank's code and text, `RequestStatus`.
struct Told {
    md_status: String,
    bank_code: String,
    say: String,
    done: bool,
}

/// Decides the session once; a second call finds the first one's outcome.
fn settle(bank: &Bank, id: &str, met: Met) -> Option<Outcome> {
    let mut gate = bank.memory::<Gate>();
    let session = gate.sessions.get_mut(id)?;
    if let Some(done) = &session.outcome {
        return Some(done.clone());
    }
    let (store, account) = bank.find_store::<Account>(|s, _| s.id == session.visit.store)?;
    let told = decide(bank, store, session);
    if !told.done && told.bank_code.starts_with("MD:") {
        session.failed = Some(told.bank_code.clone());
    }
    let status = if told.done { "1" } else { "0" };
    let mut order = session.visit.ordered.order.clone();
    if met.has(FaultKind::WrongOrder) {
        order.insert(0, 'X');
    }
    let mut fields: Fields = [
        ("ClientId", store.id.as_str()),
        ("OrderId", &order),
        ("MdStatus", &told.md_status),
        ("ThreeDSessionId", id),
        ("BankResponseCode", &told.bank_code),
        ("BankResponseMessage", &told.say),
        ("RequestStatus", status),
        ("HashParameters", sign::CALLBACK),
    ]
    .map(|(k, v)| (k.to_owned(), v.to_owned()))
    .to_vec();
    let pass = if met.has(FaultKind::WrongHash) { "not the password" } else { account.api_pass.as_str() };
    let hash = sign::callback(&fields, account, pass);
    fields.push(("Hash".to_owned(), hash));
    let outcome =
        Outcome { lang: session.visit.lang.clone(), url: session.callback_url.clone(), fields, server_url: None, met };
    session.outcome = Some(outcome.clone());
    Some(outcome)
}

/// Charges where the payer was fully authenticated.
fn decide(bank: &Bank, store: &Store, session: &Session) -> Told {
    if let Some(code) = &session.failed {
        let say = "Kart bilgisi hatali".to_owned();
        return Told { md_status: String::new(), bank_code: code.clone(), say, done: false };
    }
    let authentication = session.visit.authentication(bank);
    let md_status = if session.visit.card.is_some() { authentication.md_status() } else { 0 };
    let card = session.visit.card.as_ref().filter(|_| authentication.is_full());
    let Some(card) = card else {
        let bank_code = format!("MD:{md_status}");
        return Told { md_status: md_status.to_string(), bank_code, say: String::new(), done: false };
    };
    let done = charge(bank, store, session, card);
    let (bank_code, say) = match (bank_code(&done), done.why()) {
        (Some(bank), _) => (bank.to_owned(), done.refusal().map_or("", |r| r.text)),
        (None, Some(why)) => (code(why).0.to_string(), code(why).1),
        (None, None) => (String::new(), ""),
    };
    Told { md_status: md_status.to_string(), bank_code, say: say.to_owned(), done: done.approved() }
}

fn charge(bank: &Bank, store: &Store, session: &Session, card: &IssuedCard) -> crate::desk::Done {
    let o = &session.visit.ordered;
    let secure = session.visit.authentication(bank).proof(card);
    desk(bank, store).charge(Charge {
        kind: o.kind,
        order: &o.order,
        amount: o.amount,
        currency: &o.currency,
        installments: o.installments,
        card,
        channel: MODEL,
        secure: Some(secure),
    })
}
