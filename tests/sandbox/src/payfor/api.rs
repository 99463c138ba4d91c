//! `/Gateway/XMLGate.aspx`: the XML interface.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::Kind;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::Ordered;
use crate::xml::Flat;
use crate::{http, xml};

use super::book::{Answer, WIRE, desk};
use super::query;
use super::rules::{self, Refused, text};
use super::session::{self, Vouched};

/// Answers one request.
pub async fn handle(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let refuse = |order: &str, why| http::answer(WIRE.content_type, Answer::refused(order, why).to_bytes());
    let Ok(request) = xml::read(&body, "PayforRequest") else {
        return refuse("", ("M043", "İstek okunamadı"));
    };
    let order = order_of(&request).to_owned();
    let asked = rules::caller(&bank, &request).and_then(|store| Ok((store, rules::op(&request)?)));
    let (store, op) = match asked {
        Ok(both) => both,
        Err(why) => return refuse(&order, why),
    };
    let charged = charged(&bank, store, &request, op);
    let op = match &charged {
        // What a provision charges the bank knows by itself.
        Ok(Some(charged)) if charged.ordered.kind == Kind::PreAuth => Op::PreAuth,
        _ => op,
    };
    let amount = match &charged {
        Ok(Some(charged)) => Some(charged.ordered.amount),
        _ => rules::amount(text(&request, "PurchAmount")).ok(),
    };
    let card = charged.as_ref().ok().and_then(|c| c.as_ref().map(|c| c.card.clone()));
    note(&bank, &request, op, amount, card.as_ref());
    let mut met = bank.meet(op, &order, amount);
    met.add_conduct(card.as_ref());
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let done = charged.and_then(|charged| execute(&bank, store, &request, op, charged, &met));
    let body = done.unwrap_or_else(|why| Answer::refused(&order, why).to_bytes());
    http::after(&met, WIRE, body).await
}

fn order_of(r: &Flat) -> &str {
    if text(r, "OrgOrderId").is_empty() { text(r, "OrderId") } else { text(r, "OrgOrderId") }
}

/// What a sale, reservation or provision charges, and with which card.
struct Charged {
    ordered: Ordered,
    card: IssuedCard,
    vouched: Option<Vouched>,
    channel: &'static str,
}

fn charged(bank: &Bank, store: &Store, r: &Flat, op: Op) -> Result<Option<Charged>, Refused> {
    if !matches!(op, Op::Auth | Op::PreAuth) {
        return Ok(None);
    }
    if text(r, "SecureType") == "3DModelPayment" {
        let vouched = session::vouched(bank, store, r)?;
        let (ordered, card) = (vouched.ordered.clone(), vouched.card.clone());
        return Ok(Some(Charged { ordered, card, vouched: Some(vouched), channel: "3DModel" }));
    }
    let mail_order = rules::mail_order(store, text(r, "MOTO"))?;
    let currency = rules::currency(text(r, "Currency"))?;
    let ordered = Ordered {
        kind: if op == Op::PreAuth { Kind::PreAuth } else { Kind::Auth },
        order: rules::order(text(r, "OrderId"))?.to_owned(),
        amount: rules::amount(text(r, "PurchAmount"))?,
        currency: currency.to_owned(),
        installments: rules::installments(text(r, "InstallmentCount"), currency)?,
    };
    let card = rules::card(text(r, "Pan"), text(r, "Expiry"), text(r, "Cvv2"), mail_order)?;
    Ok(Some(Charged { ordered, card, vouched: None, channel: if mail_order { "moto" } else { "api" } }))
}

fn execute(
    bank: &Bank,
    store: &Store,
    r: &Flat,
    op: Op,
    charged: Option<Charged>,
    met: &Met,
) -> Result<Vec<u8>, Refused> {
    match (op, charged) {
        (Op::Status, _) => query::status(bank, store, r, met),
        (Op::History, _) => query::history(bank, store, r, met),
        (Op::Report, _) => query::day(bank, store, r, met),
        (_, Some(c)) => {
            if c.vouched.is_some() {
                session::spend(bank, store, r, &c.ordered)?;
            }
            let charge = Charge {
                kind: c.ordered.kind,
                order: &c.ordered.order,
                amount: c.ordered.amount,
                currency: &c.ordered.currency,
                installments: c.ordered.installments,
                card: &c.card,
                channel: c.channel,
                secure: c.vouched.map(|vouched| vouched.secure),
            };
            Ok(written(Answer::of(&desk(bank, store).charge(charge)), met))
        }
        (op, None) => on_order(bank, store, r, op).map(|answer| written(answer, met)),
    }
}

/// Capture, void and refund name the order.
fn on_order(bank: &Bank, store: &Store, r: &Flat, op: Op) -> Result<Answer, Refused> {
    let order = rules::order(text(r, "OrgOrderId"))?;
    let currency = rules::currency(text(r, "Currency"))?;
    let desk = desk(bank, store);
    let done = match op {
        Op::Void => desk.void(order, |entry| entry.kind != Kind::Credit),
        Op::PostAuth => {
            let total = rules::amount(text(r, "PurchAmount"))?;
            desk.capture(order, Some(total), |held| held.amount + held.amount * 15 / 100)
        }
        _ => desk.refund(order, Some(rules::amount(text(r, "PurchAmount"))?), Some(currency)),
    };
    Ok(Answer::of(&done))
}

fn written(mut answer: Answer, met: &Met) -> Vec<u8> {
    if met.has(FaultKind::WrongOrder) {
        answer.order = format!("X{}", answer.order);
    }
    tracing::info!(order = answer.order, code = answer.code, "answered");
    answer.to_bytes()
}

fn note(bank: &Bank, r: &Flat, op: Op, amount: Option<i64>, card: Option<&IssuedCard>) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: text(r, "MerchantId").to_owned(),
        order: order_of(r).to_owned(),
        amount,
        card: card.map(|c| c.face.starred()),
        code_sent: card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision: text(r, "SecureType") == "3DModelPayment",
    });
}
