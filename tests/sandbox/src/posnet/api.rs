//! `/PosnetWebService/XML`: the service.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::Kind;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::Ordered;
use crate::{form, http};

use super::answer::{Answer, WIRE, transaction};
use super::code::Refused;
use super::inquiry;
use super::money::{self, Told};
use super::request::{Operation, Request, Sealing};
use super::store::Account;
use super::three_d;

/// Who asks for what.
pub struct Call<'a> {
    pub bank: &'a Bank,
    pub store: &'a Store,
    pub account: &'a Account,
    pub request: &'a Request,
}

/// What is known of an operation before it is done.
#[derive(Default)]
struct Subject {
    order: String,
    key: Option<String>,
    ordered: Option<Ordered>,
    card: Option<IssuedCard>,
    /// What points pay, or whether they may.
    points: i64,
    mixed: bool,
    refused: Option<Refused>,
}

/// Answers one request.
pub async fn handle(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let fields = form::parse(&body);
    let request = match Request::read(form::value(&fields, "xmldata")) {
        Ok(request) => request,
        Err(refused) => return http::answer(WIRE.content_type, Answer::no(&refused).to_bytes()),
    };
    let (store, account) = match request.caller(&bank) {
        Ok(both) => both,
        Err(refused) => return http::answer(WIRE.content_type, Answer::no(&refused).to_bytes()),
    };
    let call = Call { bank: &bank, store, account, request: &request };
    let subject = subject(&call);
    note(&call, &subject);
    let amount = subject.ordered.as_ref().map(|o| o.amount).or_else(|| money::amount(request.get("amount")).ok());
    let mut met = bank.meet(request.operation.op(), &subject.order, amount);
    if matches!(request.operation, Operation::Charge(_) | Operation::Mixed | Operation::ChargeAuthenticated) {
        met.add_conduct(subject.card.as_ref());
    }
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let answer = execute(&call, subject, &met).unwrap_or_else(|refused| Answer::no(&refused));
    tracing::info!(op = ?request.operation, approved = answer.is_yes(), code = answer.code(), "answered");
    http::after(&met, WIRE, answer.to_bytes()).await
}

/// What the operation is about. What is wrong with it is said when it is done, after the faults.
fn subject(call: &Call<'_>) -> Subject {
    let mut subject = Subject::default();
    if let Err(refused) = fill(call, &mut subject) {
        subject.refused = Some(refused);
    }
    subject
}

fn fill(call: &Call<'_>, subject: &mut Subject) -> Result<(), Refused> {
    let Call { bank, store, account, request } = call;
    if matches!(request.operation, Operation::Charge(_) | Operation::Mixed) {
        request.words_of_points()?;
    }
    match request.operation {
        Operation::Mixed => {
            let ordered = request.ordered(Kind::Auth, account)?;
            subject.order.clone_from(&ordered.order);
            subject.points = request.points(&ordered)?;
            subject.ordered = Some(ordered);
            subject.card = Some(request.card(Kind::Auth, store)?);
        }
        Operation::Points => subject.card = Some(request.points_card()?),
        Operation::Charge(kind) => {
            let ordered = request.ordered(kind, account)?;
            subject.order.clone_from(&ordered.order);
            subject.ordered = Some(ordered);
            subject.card = Some(request.card(kind, store)?);
        }
        Operation::Capture | Operation::Void | Operation::Refund => {
            (subject.order, subject.key) = request.original(bank, store, account)?;
        }
        Operation::Agreement => {
            let found = request.addressed(bank, store, account)?;
            subject.order = found.unwrap_or_else(|| request.get("orderID").get(4..).unwrap_or_default().to_owned());
        }
        Operation::Reconciliation => {}
        Operation::Encrypt => {
            let sealing = request.encrypted(store, account)?;
            subject.order.clone_from(&sealing.ordered.order);
            subject.ordered = Some(sealing.ordered);
            subject.card = sealing.card;
            subject.mixed = sealing.mixed;
        }
        Operation::Resolve | Operation::ChargeAuthenticated => {
            let (ordered, card) = three_d::behind(call)?;
            subject.order.clone_from(&ordered.order);
            subject.ordered = Some(ordered);
            subject.card = card;
        }
    }
    Ok(())
}

fn execute(call: &Call<'_>, subject: Subject, met: &Met) -> Result<Answer, Refused> {
    if let Some(refused) = subject.refused {
        return Err(refused);
    }
    let Call { bank, store, request, .. } = call;
    let told = match (request.operation, subject.ordered, subject.card) {
        (Operation::Charge(_), Some(ordered), Some(card)) => {
            let channel = if request.get("mailorderflag") == "Y" { "moto" } else { "api" };
            money::charge(bank, store, &request.sub_dealer(), charge_of(&ordered, &card, channel), 0)
        }
        (Operation::Mixed, Some(ordered), Some(card)) => {
            money::charge(bank, store, &request.sub_dealer(), charge_of(&ordered, &card, "api"), subject.points)
        }
        (Operation::Points, _, Some(card)) => return inquiry::points(call, &card),
        (Operation::Encrypt, Some(ordered), card) => {
            return Ok(three_d::encrypt(call, Sealing { ordered, card, mixed: subject.mixed }));
        }
        (Operation::Resolve, ..) => return three_d::resolve(call, met),
        (Operation::ChargeAuthenticated, ..) => return three_d::charge(call),
        (Operation::Capture, ..) => {
            let currency = money::currency(request.get("currencyCode"))?;
            let count = request.installments(currency)?;
            money::capture(bank, store, &subject.order, money::amount(request.get("amount"))?, currency, count)
        }
        (Operation::Void, ..) => money::void(bank, store, &subject.order, request.undo()?, subject.key.as_deref()),
        (Operation::Refund, ..) => {
            let currency = money::currency(request.get("currencyCode"))?;
            let amount = money::amount(request.get("amount"))?;
            let shared = request.in_proportion()?;
            money::refund(bank, store, &subject.order, Some(amount), Some(currency), shared)
        }
        (Operation::Agreement, ..) => {
            return inquiry::agreement(call, met.has(FaultKind::WrongAmount), met.has(FaultKind::WrongOrder));
        }
        (Operation::Reconciliation, ..) => return inquiry::reconciliation(call),
        (Operation::Charge(_) | Operation::Mixed | Operation::Points | Operation::Encrypt, ..) => {
            return Err(money::packet("ISLEM"));
        }
    };
    answered(&told, request.wants_time())
}

/// The answer to a money operation.
pub fn answered(told: &Told, wants_time: bool) -> Result<Answer, Refused> {
    match told {
        Told::Yes(entry) => Ok(Answer::yes(transaction(entry, wants_time))),
        Told::Before(entry) => Ok(Answer::before(transaction(entry, wants_time))),
        Told::No(refused) => Err(refused.clone()),
    }
}

/// A charge of what was ordered.
pub fn charge_of<'a>(ordered: &'a Ordered, card: &'a IssuedCard, channel: &'a str) -> Charge<'a> {
    Charge {
        kind: ordered.kind,
        order: &ordered.order,
        amount: ordered.amount,
        currency: &ordered.currency,
        installments: ordered.installments,
        card,
        channel,
        secure: None,
    }
}

fn note(call: &Call<'_>, subject: &Subject) {
    let kind = subject.ordered.as_ref().map(|o| o.kind);
    let op = match (call.request.operation, kind) {
        (Operation::ChargeAuthenticated, Some(Kind::PreAuth)) => crate::fault::Op::PreAuth,
        (operation, _) => operation.op(),
    };
    let posted = matches!(call.request.operation, Operation::Charge(_) | Operation::Mixed | Operation::Encrypt);
    let card = subject.card.as_ref();
    call.bank.note(Seen {
        at_ms: call.bank.clock().now_ms(),
        op,
        store: call.store.id.clone(),
        order: subject.order.clone(),
        amount: subject.ordered.as_ref().map(|o| o.amount),
        card: card.map(|c| c.face.starred()),
        code_sent: posted && card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision: call.request.operation == Operation::ChargeAuthenticated,
    });
}
