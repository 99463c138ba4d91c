//! What the gate tells the merchant, through the browser.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::desk::Done;
use crate::fault::{FaultKind, Met, Op};
use crate::http::Wire;
use crate::visit::{self, Outcome};
use crate::{http, random};

use super::answer::{currency_code, decimal, error};
use super::api::charge;
use super::hash;
use super::operation::desk;
use super::session::{Gate, Session};
use super::store::{Account, MODEL};

/// The browser comes back from the issuer (or never had to go there).
pub async fn finish(State(bank): State<Bank>, Path(token): Path<String>) -> Response<Body> {
    let mut met = match arrive(&bank, &token) {
        Ok(met) => met,
        Err(page) => return *page,
    };
    if let Some(session) = bank.memory::<Gate>().sessions.get(&token) {
        session.visit.add_card_faults(&mut met, true);
    }
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let Some(outcome) = settle(&bank, &token, met) else {
        return visit::unknown();
    };
    outcome.announce().await;
    http::after(&outcome.met, Wire::PAGE, outcome.page().into_bytes()).await
}

/// The faults of a session that is to be decided now; or the page of one that is decided or still asks the payer.
fn arrive(bank: &Bank, token: &str) -> Result<Met, Box<Response<Body>>> {
    let gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get(token) else {
        return Err(Box::new(visit::unknown()));
    };
    if let Some(outcome) = &session.outcome {
        return Err(Box::new(http::page(outcome.page())));
    }
    if session.waits() {
        return Err(Box::new(visit::unknown()));
    }
    if session.failed.is_none()
        && let Some(waiting) = session.visit.waits_at(bank, "/")
    {
        return Err(Box::new(Redirect::to(&waiting).into_response()));
    }
    let ordered = &session.visit.ordered;
    Ok(bank.meet(Op::Callback, &ordered.order, Some(ordered.amount)))
}

/// What is said of the payment: the charge where it came to one, and else why not.
enum Told {
    Charged(Box<Done>),
    Not(&'static str),
}

/// Decides the session once; a second call finds the first one's outcome.
fn settle(bank: &Bank, token: &str, met: Met) -> Option<Outcome> {
    let mut gate = bank.memory::<Gate>();
    let session = gate.sessions.get_mut(token)?;
    if let Some(done) = &session.outcome {
        return Some(done.clone());
    }
    let (_, account) = bank.find_store::<Account>(|s, _| s.id == session.visit.store)?;
    let told = decide(bank, session)?;
    let fields = fields(session, account, token, &told, &met);
    let lang = session.visit.lang.clone();
    let outcome = Outcome { lang, url: session.return_url.clone(), fields, server_url: None, met };
    session.outcome = Some(outcome.clone());
    Some(outcome)
}

/// Charges if the payer was fully authenticated.
fn decide(bank: &Bank, session: &Session) -> Option<Told> {
    if let Some(code) = session.failed {
        return Some(Told::Not(code));
    }
    let store = bank.store(&session.visit.store)?;
    let authentication = session.visit.authentication(bank);
    let Some(card) = session.visit.card.as_ref().filter(|_| authentication.is_full()) else {
        return Some(Told::Not("ERR30002"));
    };
    let secure = authentication.proof(card);
    let done = desk(bank, store).charge(charge(&session.visit.ordered, card, MODEL, Some(secure)));
    Some(Told::Charged(Box::new(done)))
}

fn fields(session: &Session, account: &Account, token: &str, told: &Told, met: &Met) -> Vec<(String, String)> {
    let ordered = &session.visit.ordered;
    let mut order = ordered.order.clone();
    if met.has(FaultKind::WrongOrder) {
        order.insert(0, 'X');
    }
    let amount = decimal(ordered.amount + if met.has(FaultKind::WrongAmount) { 100 } else { 0 });
    let currency = if met.has(FaultKind::WrongCurrency) { "GBP" } else { currency_code(&ordered.currency) };
    let error = match told {
        Told::Charged(done) => error(done).map(|(code, text)| (code, text.to_owned())),
        Told::Not(code) => Some(((*code).to_owned(), "The payment could not be made".to_owned())),
    };
    let (code, say) = if error.is_none() { ("00", "Approved") } else { ("99", "Declined") };
    let secret = if met.has(FaultKind::WrongHash) { "not the secret" } else { &account.secret_key };
    let random = random::id();
    let hash = hash::signed(&[&order, &session.customer, token, code, &random], secret);
    let (error_code, error_text) = error.unwrap_or_default();
    let done = if let Told::Charged(done) = told { Some(done) } else { None };
    let numbered = |of: fn(&Done) -> &str| done.map_or(String::new(), |done| of(done).to_owned());
    let mut fields = vec![
        ("merchantPaymentId", order),
        ("apiMerchantId", session.visit.store.clone()),
        ("customerId", session.customer.clone()),
        ("sessionToken", token.to_owned()),
        ("responseCode", code.to_owned()),
        ("responseMsg", say.to_owned()),
        ("random", random),
        ("sdSha512", hash),
        ("amount", amount),
        ("currency", currency.to_owned()),
        ("installment", ordered.installments.to_string()),
        ("pgTranId", numbered(|done| &done.entry.trans_id)),
        ("pgTranRefId", numbered(|done| &done.entry.host_ref)),
        ("pgTranApprCode", numbered(|done| &done.entry.auth_code)),
        ("pgTranReturnCode", numbered(|done| done.refusal().map_or("", |refusal| refusal.code))),
    ];
    if code != "00" {
        fields.extend([("errorCode", error_code), ("errorMsg", error_text)]);
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
