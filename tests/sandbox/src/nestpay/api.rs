//! `/fim/api`: the XML interface.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::Secure;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::http;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::Ordered;

use super::answer::refused;
use super::operation;
use super::plan::{self, Plan};
use super::rules::{self, Refused, text};
use super::xml::{self, Answer, Request, WIRE};
use super::{query, vouch};

/// Answers one request.
pub async fn handle(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let request = match xml::read(&xml::unwrap_data(&body)) {
        Ok(request) => request,
        Err(e) => {
            tracing::info!(reason = %e, "unreadable request");
            return http::answer(
                WIRE.content_type,
                refused("", "", bank.clock().now_ms(), "CORE-1001", "XML okunamadi.").to_bytes(),
            );
        }
    };
    let order = text(&request, "OrderId").to_owned();
    let (store, op) = match checked(&bank, &request) {
        Ok(both) => both,
        Err((code, say)) => {
            return http::answer(WIRE.content_type, refused(&order, "", bank.clock().now_ms(), code, say).to_bytes());
        }
    };
    let amount = rules::amount(text(&request, "Total")).ok().flatten();
    let (card, secure) = match payer(&bank, store, &request, op) {
        Ok(card) => card.map_or((None, None), |(c, s)| (Some(c), s)),
        Err((code, say)) => {
            note(&bank, &request, op, amount, None);
            return http::answer(WIRE.content_type, refused(&order, "", bank.clock().now_ms(), code, say).to_bytes());
        }
    };
    note(&bank, &request, op, amount, card.as_ref());
    let mut met = bank.meet(op, &order, amount);
    met.add_conduct(card.as_ref());
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let mut answer = match execute(&bank, store, &request, op, card.as_ref(), secure) {
        Ok(answer) => answer,
        Err((code, say)) => refused(&order, "", bank.clock().now_ms(), code, say),
    };
    falsify(&mut answer, &met);
    tracing::info!(op = ?op, order, approved = answer.approved, code = answer.get("ProcReturnCode"), error = answer.extra("ERRORCODE"), "answered");
    http::after(&met, WIRE, answer.to_bytes()).await
}

fn checked<'a>(bank: &'a Bank, request: &Request) -> Result<(&'a Store, Op), Refused> {
    let store = rules::caller(bank, request)?;
    let op = rules::op(request)?;
    rules::lengths(request, op)?;
    Ok((store, op))
}

/// The card of a sale: in clear, or the one that the gate vouched for.
fn payer(bank: &Bank, store: &Store, r: &Request, op: Op) -> Result<Option<(IssuedCard, Option<Secure>)>, Refused> {
    if !matches!(op, Op::Auth | Op::PreAuth) {
        return Ok(None);
    }
    if !text(r, "PayerTxnId").is_empty() {
        let (card, secure) = vouch::find(bank, store, r)?;
        return Ok(Some((card, Some(secure))));
    }
    let code = Some(text(r, "Cvv2Val")).filter(|c| !c.is_empty());
    Ok(Some((rules::card(store, text(r, "Number"), text(r, "Expires"), code)?, None)))
}

fn execute(
    bank: &Bank,
    store: &Store,
    r: &Request,
    op: Op,
    card: Option<&IssuedCard>,
    secure: Option<Secure>,
) -> Result<Answer, Refused> {
    let order = text(r, "OrderId");
    Ok(match (op, card) {
        (Op::Auth | Op::PreAuth, Some(card)) => {
            let amount = rules::sale_amount(text(r, "Total"))?;
            let currency = rules::currency(text(r, "Currency"))?;
            let installments = rules::installments(text(r, "Taksit"), currency)?;
            let kind = rules::charge_kind(op);
            let plan = Plan::read(r, kind)?;
            if secure.is_some() {
                let currency = currency.to_owned();
                let asked = Ordered { kind, order: order.to_owned(), amount, currency, installments };
                vouch::spend(bank, store, r, &asked)?;
            }
            let generated = format!("ORDER-{}", bank.clock().now_ms());
            let order = if order.is_empty() { &generated } else { order };
            let channel = if secure.is_some() { "3d" } else { "api" };
            let charge = Charge { kind, order, amount, currency, installments, card, channel, secure };
            let mut answer = operation::charge(bank, store, charge);
            if let Some(plan) = plan {
                plan.keep(bank, store, order, &mut answer);
            }
            answer
        }
        (Op::PostAuth, _) => {
            let pre = rules::amount(text(r, "Extra/PREAMT"))?;
            operation::post_auth(bank, store, order, rules::amount(text(r, "Total"))?, pre)
        }
        (Op::Void, _) if !text(r, "Extra/RECORDID").is_empty() => plan::cancel(bank, store, r)?,
        (Op::Void, _) => operation::void(bank, store, order, text(r, "TransId")),
        (Op::Credit, _) => operation::credit(bank, store, order, rules::amount(text(r, "Total"))?, text(r, "Currency")),
        (Op::Status, _) => query::status(bank, store, order),
        (Op::History, _) => query::history(bank, store, order),
        _ => return Err(("CORE-2015", "Kart numarasi eksik.")),
    })
}

fn note(bank: &Bank, r: &Request, op: Op, amount: Option<i64>, card: Option<&IssuedCard>) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: text(r, "ClientId").to_owned(),
        order: text(r, "OrderId").to_owned(),
        amount,
        card: card.map(|c| c.face.starred()),
        code_sent: card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision: !text(r, "PayerTxnId").is_empty(),
    });
}

/// Makes an answer say what is not so, as ordered.
fn falsify(answer: &mut Answer, met: &Met) {
    if met.has(FaultKind::WrongOrder) {
        let wrong = format!("X{}", answer.get("OrderId"));
        answer.set("OrderId", wrong.clone());
        answer.set("GroupId", wrong.clone());
        replace_extra(answer, "ORD_ID", &wrong);
    }
    if met.has(FaultKind::WrongAmount) {
        let wrong = answer.extra("ORIG_TRANS_AMT").parse::<i64>().unwrap_or(0) + 100;
        let captured = answer.extra("CAPTURE_AMT").is_empty();
        replace_extra(answer, "ORIG_TRANS_AMT", &wrong.to_string());
        if !captured {
            replace_extra(answer, "CAPTURE_AMT", &wrong.to_string());
        }
    }
}

/// Changes a field below `Extra`, in the joined line of ORDERSTATUS too.
fn replace_extra(answer: &mut Answer, name: &str, value: &str) {
    let old = format!("{name}:{}\t", answer.extra(name));
    for (key, text) in &mut answer.extra {
        if key == name {
            value.clone_into(text);
        } else if key == "ORDERSTATUS" {
            *text = text.replace(&old, &format!("{name}:{value}\t"));
        }
    }
}
