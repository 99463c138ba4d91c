//! 3-D Secure: the enrolment, the payer's way to the issuer and back, and what the merchant is told.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, header};
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::book::Kind;
use crate::fault::{FaultKind, Met, Op};
use crate::http::Wire;
use crate::issuer::ThreeDs;
use crate::store::Store;
use crate::visit::{self, Authentication, Ordered, Outcome, Visit};
use crate::voucher::{Voucher, Vouchers};
use crate::way_back::{WayBack, kept};
use crate::{http, random};

use super::ask::{self, Ask, Refused};
use super::contract::{Contract, WIRE, page_to};
use super::home::note;
use super::store::{Account, Brand};

/// What the gate remembers.
#[derive(Default)]
pub struct Gate {
    sessions: HashMap<String, Session>,
    /// What may be charged, by MD.
    pub(super) vouchers: Vouchers,
    numbers: HashMap<String, String>,
}

impl Gate {
    /// The bank's order number behind an MD.
    pub(super) fn number(&self, md: &str) -> Option<String> {
        self.numbers.get(md).cloned()
    }

    /// A visit for this order, charged or not.
    pub(super) fn begun(&self, store: &str, order: &str) -> Option<(&Ordered, &str)> {
        let meant = |s: &&Session| s.visit.store == store && s.visit.ordered.order == order;
        self.sessions.values().find(meant).map(|s| (&s.visit.ordered, s.bank_order.as_str()))
    }
}

/// One visit.
pub struct Session {
    visit: Visit,
    bank_order: String,
    ok_url: String,
    fail_url: String,
    /// The request as the callback repeats it.
    repeated: Vec<(&'static str, String)>,
}

/// What the merchant gets, through the browser.
fn told(brand: Brand, contract: &Contract) -> Vec<(String, String)> {
    if brand == Brand::Kuveyt {
        // The whole document, encoded once more than the form it is in.
        let packed: String = form_urlencoded::byte_serialize(contract.document("").as_bytes()).collect();
        return vec![("AuthenticationResponse".to_owned(), packed)];
    }
    let fields = contract.fields();
    let value = |name: &str| fields.iter().find(|(k, _)| *k == name).map(|(_, v)| v.clone()).unwrap_or_default();
    [
        "ResponseCode",
        "ResponseMessage",
        "ProvisionNumber",
        "MerchantOrderId",
        "OrderId",
        "RRN",
        "Stan",
        "HashData",
        "MD",
    ]
    .map(|name| (name.to_owned(), value(name)))
    .to_vec()
}

/// A refused enrolment: a page that goes to the fail address, or the bare document where there is none.
pub fn refuse(brand: Brand, ask: Ask<'_>, (code, text): Refused) -> Response<Body> {
    let contract = Contract::refused(ask.get("MerchantOrderId"), code, text);
    if ask.get("FailUrl").is_empty() {
        return http::answer(WIRE.content_type, contract.document(""));
    }
    http::page(page_to(ask.get("FailUrl"), &told(brand, &contract)))
}

/// `ThreeDModelPayGate`: answered with a page whose form leads to the issuer.
pub async fn enrol(bank: &Bank, store: &Store, account: &Account, ask: Ask<'_>, headers: &HeaderMap) -> Response<Body> {
    let ordered = match checked(ask, account.brand, store) {
        Ok(ordered) => ordered,
        Err(why) => return refuse(account.brand, ask, why),
    };
    let card = ask::card(ask, store, false);
    note(bank, ask, Op::Open, card.as_ref().ok(), false);
    let met = bank.meet(Op::Open, &ordered.order, Some(ordered.amount));
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let card = match card {
        Ok(card) if card.three_ds == ThreeDs::Half(2) => {
            return refuse(account.brand, ask, ("CardNotEnrolled", "Kart 3D Secure'e kayıtlı değil."));
        }
        Ok(card) => card,
        Err(why) => return refuse(account.brand, ask, why),
    };
    let id = random::id();
    let number = u32::from_str_radix(id.get(..7).unwrap_or("0"), 16).unwrap_or(0);
    let session = Session {
        visit: Visit::new(store, ordered, "tr", Some(card)),
        bank_order: (300_000_000 + number).to_string(),
        ok_url: ask.get("OkUrl").to_owned(),
        fail_url: ask.get("FailUrl").to_owned(),
        repeated: ask.repeated(),
    };
    bank.memory::<Gate>().sessions.insert(id.clone(), session);
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("127.0.0.1");
    let fields = [("creq", random::base64(60)), ("threeDSSessionData", random::base64(12))];
    let page = page_to(&format!("http://{host}/boa/acs/{id}"), &fields.map(|(k, v)| (k.to_owned(), v)));
    http::after(&met, Wire::PAGE, page.into_bytes()).await
}

fn checked(ask: Ask<'_>, brand: Brand, store: &Store) -> Result<Ordered, Refused> {
    let is_web = |url: &str| url.starts_with("http://") || url.starts_with("https://");
    if ask.get("TransactionSecurity") != "3" || !store.allows("3d") {
        return Err(("InvalidTransactionSecurity", "İşlem türü geçersizdir."));
    }
    if !is_web(ask.get("OkUrl")) || !is_web(ask.get("FailUrl")) {
        return Err(("InvalidRequestError", "OkUrl ve FailUrl geçerli adresler olmalıdır."));
    }
    ask::ordered(ask, brand, Kind::Auth, None)
}

/// The browser arrives with the form of the enrolment's page.
pub async fn visit_issuer(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&id) else {
        return visit::unknown();
    };
    let back = format!("/boa/return/{id}");
    // A second arrival finds the same challenge.
    let waiting = session.visit.waits_at(&bank, &back);
    let next = waiting.unwrap_or_else(|| session.visit.authenticate(&bank, &back));
    Redirect::to(&next).into_response()
}

fn verdict(authentication: Authentication) -> (String, &'static str) {
    if authentication.is_full() {
        return ("00".to_owned(), "Kart doğrulandı.");
    }
    let code = format!("MPIAuthenticationStatus{}", authentication.tx_status());
    (code, "Kart doğrulanamadı.")
}

kept!(Session in Gate.sessions);

impl WayBack for Session {
    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get(id)?;
        let (store, account) = session.visit.merchant::<Account>(bank)?;
        let card = session.visit.card.clone()?;
        let authentication = session.visit.authentication(bank);
        let (code, text) = verdict(authentication);
        let md = if authentication.is_full() { random::base64(16) } else { String::new() };
        let ordered = session.visit.ordered.clone();
        let contract = Contract {
            code,
            text: text.to_owned(),
            order: ordered.order.clone(),
            bank_order: session.bank_order.clone(),
            md: md.clone(),
            message: if account.brand == Brand::Kuveyt { session.repeated.clone() } else { Vec::new() },
            ..Contract::default()
        };
        let contract = falsified(contract, &met).signed(account, met.has(FaultKind::WrongHash));
        let url = if authentication.is_full() { &session.ok_url } else { &session.fail_url };
        let outcome = Outcome {
            lang: session.visit.lang.clone(),
            url: url.clone(),
            fields: told(account.brand, &contract),
            server_url: None,
            met,
        };
        let number = session.bank_order.clone();
        tracing::info!(order = ordered.order, status = authentication.tx_status(), "3-D finished");
        if authentication.is_full() {
            let (secure, at_ms) = (authentication.proof(&card), bank.clock().now_ms());
            gate.vouchers
                .keep(md.clone(), Voucher { store: store.id.clone(), ordered, card, secure, at_ms, spent: false });
            gate.numbers.insert(md, number);
        }
        Some(outcome)
    }
}

fn falsified(mut contract: Contract, met: &Met) -> Contract {
    if met.has(FaultKind::WrongOrder) {
        contract.order = format!("X{}", contract.order);
    }
    for (name, value) in &mut contract.message {
        match *name {
            "Amount" if met.has(FaultKind::WrongAmount) => {
                *value = (value.parse::<i64>().unwrap_or(0) + 100).to_string();
            }
            "CurrencyCode" if met.has(FaultKind::WrongCurrency) => {
                let other = if value == "0840" { "0978" } else { "0840" };
                other.clone_into(value);
            }
            _ => {}
        }
    }
    contract
}
