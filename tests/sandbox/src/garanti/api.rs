//! `/VPServlet`: the XML interface.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::desk::{Charge, Why};
use crate::fault::{FaultKind, Met, Op};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::Ordered;
use crate::xml::Flat;
use crate::{http, xml};

use super::answer::{Answer, WIRE};
use super::operation::{desk, words};
use super::rules::{self, Caller, MANDATORY, Refused, text};
use super::session;

/// Answers one request.
pub async fn handle(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let now = bank.clock().now_ms();
    let request = match xml::read(&body, "GVPSRequest") {
        Ok(request) => request,
        Err(e) => {
            tracing::info!(reason = %e, "unreadable request");
            return http::answer(WIRE.content_type, Answer::refused("", now, MANDATORY).to_bytes(""));
        }
    };
    let order = text(&request, "Order/OrderID").to_owned();
    let caller = match rules::caller(&bank, &request) {
        Ok(caller) => caller,
        // Nobody the bank knows asks: there is nobody's password to sign with.
        Err(why) => return http::answer(WIRE.content_type, Answer::refused(&order, now, why).to_bytes("")),
    };
    let amount = rules::amount(text(&request, "Transaction/Amount")).ok();
    let payer = payer(&bank, &caller, &request);
    note(&bank, &request, caller.op, amount, payer.as_ref().ok().and_then(|p| p.as_ref().map(|(card, _)| card)));
    let mut met = bank.meet(caller.op, &order, amount);
    if let Ok(Some((card, _))) = &payer {
        met.add_conduct(Some(card));
    }
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let done = payer.and_then(|payer| execute(&bank, &caller, &request, payer, &met));
    let mut answer = done.unwrap_or_else(|why| Answer::refused(&order, bank.clock().now_ms(), why));
    if met.has(FaultKind::WrongOrder) {
        answer.order = format!("X{}", answer.order);
    }
    tracing::info!(op = ?caller.op, order, code = answer.code, reason = answer.reason, "answered");
    let security = if met.has(FaultKind::WrongHash) { "not the key" } else { &caller.security };
    http::after(&met, WIRE, answer.to_bytes(security)).await
}

type Payer = Option<(IssuedCard, Option<Secure>)>;

/// The card of a charge: in clear, or the one that the gate vouched for.
fn payer(bank: &Bank, caller: &Caller<'_>, r: &Flat) -> Result<Payer, Refused> {
    if !matches!(caller.op, Op::Auth | Op::PreAuth) {
        return Ok(None);
    }
    let mail_order = rules::mail_order(caller.store, text(r, "Transaction/MotoInd"))?;
    match text(r, "Transaction/CardholderPresentCode") {
        "0" => {
            let (pan, expires) = (text(r, "Card/Number"), text(r, "Card/ExpireDate"));
            Ok(Some((rules::card(pan, expires, text(r, "Card/CVV2"), mail_order)?, None)))
        }
        "13" if !mail_order && text(r, "Card/Number").is_empty() => {
            let (card, secure) = session::vouched(bank, caller.store, r)?;
            Ok(Some((card, Some(secure))))
        }
        _ => Err(MANDATORY),
    }
}

fn execute(bank: &Bank, caller: &Caller<'_>, r: &Flat, payer: Payer, met: &Met) -> Result<Answer, Refused> {
    let store = caller.store;
    match (caller.op, payer) {
        (Op::Status, _) => super::query::status(bank, store, r, met),
        (Op::History, _) => super::query::history(bank, store, r, met),
        (Op::Report, _) => super::query::list(bank, store, r),
        (Op::Points, _) => super::query::points(bank, store, r),
        (Op::Auth | Op::PreAuth, Some((card, secure))) => charge(bank, caller, r, &card, secure),
        (op, _) => on_original(bank, store, r, op),
    }
}

fn charge(
    bank: &Bank,
    caller: &Caller<'_>,
    r: &Flat,
    card: &IssuedCard,
    secure: Option<Secure>,
) -> Result<Answer, Refused> {
    let order = rules::order(text(r, "Order/OrderID"))?;
    let amount = rules::amount(text(r, "Transaction/Amount"))?;
    let currency = rules::currency(text(r, "Transaction/CurrencyCode"))?;
    let installments = rules::installments(text(r, "Transaction/InstallmentCnt"), currency)?;
    let kind = rules::charge_kind(caller.op);
    let bonus = rules::bonus(r, caller.op, amount, currency)?;
    if secure.is_some() {
        let asked = Ordered { kind, order: order.to_owned(), amount, currency: currency.to_owned(), installments };
        session::spend(bank, caller.store, r, &asked)?;
    }
    let channel = match (&secure, text(r, "Transaction/MotoInd")) {
        (Some(_), _) => "3D",
        (None, "Y") => "moto",
        _ => "api",
    };
    let charge = Charge { kind, order, amount, currency, installments, card, channel, secure };
    Ok(Answer::of(&desk(bank, caller.store).charge_with_points(charge, bonus)))
}

/// Capture, void and refund name the bank's number of what they are about.
fn on_original(bank: &Bank, store: &Store, r: &Flat, op: Op) -> Result<Answer, Refused> {
    let order = rules::order(text(r, "Order/OrderID"))?;
    let number = text(r, "Transaction/OriginalRetrefNum");
    let desk = desk(bank, store);
    let known = desk.find(|e| e.approved && e.order == order && e.host_ref == number);
    let original = known.ok_or(words(Why::NothingToVoid))?;
    let total = rules::amount(text(r, "Transaction/Amount"))?;
    let currency = rules::currency(text(r, "Transaction/CurrencyCode"))?;
    let done = match (op, original.kind) {
        (Op::Void, _) => desk.void(order, |e| e.host_ref == number),
        // The margin is the merchant's at the bank; outside it the amount is invalid.
        (Op::PostAuth, Kind::PreAuth) => desk.capture(order, Some(total), |held| held.amount + held.amount * 15 / 100),
        // No source tells what becomes of Bonus that paid a part; here it comes back in proportion.
        (Op::Credit, Kind::Auth | Kind::PostAuth) => desk.refund_in_proportion(order, Some(total), Some(currency)),
        _ => return Err(words(Why::NotSettled)),
    };
    Ok(Answer::of(&done))
}

fn note(bank: &Bank, r: &Flat, op: Op, amount: Option<i64>, card: Option<&IssuedCard>) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: text(r, "Terminal/ID").to_owned(),
        order: text(r, "Order/OrderID").to_owned(),
        amount,
        card: card.map(|c| c.face.starred()),
        code_sent: card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision: text(r, "Transaction/CardholderPresentCode") == "13",
    });
}
