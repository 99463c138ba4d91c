//! `/msu/api/v2`: every call of a merchant's server, told apart by `ACTION`.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::form::{self, value};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::{Ordered, Visit};
use crate::{http, random};

use super::answer::{WIRE, decided, decimal, number, refused};
use super::operation::desk;
use super::query;
use super::rules::{self, Fields, Invalid};
use super::session::{Gate, Session};
use super::store::{Account, MODEL};

fn op(action: &str) -> Option<Op> {
    Some(match action {
        "SALE" => Op::Auth,
        "PREAUTH" => Op::PreAuth,
        "POSTAUTH" => Op::PostAuth,
        "VOID" => Op::Void,
        "REFUND" => Op::Credit,
        "SESSIONTOKEN" => Op::Open,
        "QUERYTRANSACTION" => Op::Status,
        _ => return None,
    })
}

fn say(body: &Value) -> Response<Body> {
    http::answer(WIRE.content_type, body.to_string())
}

/// Answers one call.
pub async fn handle(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let fields = form::parse(&body);
    let (store, account) = match rules::merchant(&bank, &fields) {
        Ok(both) => both,
        Err(why) => return say(&refused(&why)),
    };
    let Some(op) = op(value(&fields, "ACTION")) else {
        return say(&refused(&Invalid("ERR10140", "Transaction type not supported", "ACTION")));
    };
    let meant = rules::meant(&bank, desk(&bank, store), &fields);
    let order = meant.as_ref().map(|(order, _)| order.clone()).unwrap_or_default();
    let amount = rules::amount(value(&fields, "AMOUNT")).ok();
    let card = if matches!(op, Op::Auth | Op::PreAuth) { typed(store, &fields).map(Some) } else { Ok(None) };
    let face = card.as_ref().ok().and_then(Option::as_ref);
    note(&bank, store, &order, op, amount, face);
    let mut met = bank.meet(op, &order, amount);
    met.add_conduct(face);
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let done = meant.and_then(|meant| match op {
        Op::Auth | Op::PreAuth => sale(&bank, store, account, &fields, op, card),
        Op::Open => open(&bank, store, &fields),
        Op::Status => Ok(query::list(&bank, store, &meant.0, meant.1.as_deref())),
        _ => later(&bank, store, &fields, op, &meant),
    });
    let mut answer = done.unwrap_or_else(|why| refused(&why));
    falsify(&mut answer, &met);
    tracing::info!(
        ?op,
        order,
        code = answer["responseCode"].as_str(),
        error = answer["errorCode"].as_str(),
        "answered"
    );
    http::after(&met, WIRE, answer.to_string().into_bytes()).await
}

/// `12.2030`
fn typed(store: &Store, fields: &Fields) -> Result<IssuedCard, Invalid> {
    let expires = value(fields, "CARDEXPIRY").split_once('.').unwrap_or_default();
    rules::card(store, value(fields, "CARDPAN"), expires, value(fields, "CARDCVV"))
}

fn sale(
    bank: &Bank,
    store: &Store,
    account: &Account,
    fields: &Fields,
    op: Op,
    card: Result<Option<IssuedCard>, Invalid>,
) -> Result<Value, Invalid> {
    let ordered = rules::charged(fields, if op == Op::PreAuth { Kind::PreAuth } else { Kind::Auth })?;
    if !account.direct {
        return Err(Invalid("ERR10154", "Refused because of the 3-D rule", ""));
    }
    let card = card?.ok_or(Invalid("ERR10045", "Invalid card number", "CARDPAN"))?;
    Ok(decided(&desk(bank, store).charge(charge(&ordered, &card, "api", None))))
}

/// A charge of what was ordered.
pub fn charge<'a>(ordered: &'a Ordered, card: &'a IssuedCard, channel: &'a str, secure: Option<Secure>) -> Charge<'a> {
    Charge {
        kind: ordered.kind,
        order: &ordered.order,
        amount: ordered.amount,
        currency: &ordered.currency,
        installments: ordered.installments,
        card,
        channel,
        secure,
    }
}

/// Opens a session. The same data again find the same one; what an order number once stood for it stands for.
fn open(bank: &Bank, store: &Store, fields: &Fields) -> Result<Value, Invalid> {
    let ordered = rules::opened(fields)?;
    if !store.allows(MODEL) {
        return Err(Invalid("ERR10140", "Transaction type not supported", "ACTION"));
    }
    let paid = desk(bank, store).order(&ordered.order).is_some_and(|view| view.approvals > 0);
    if paid {
        return Err(Invalid("ERR10048", "This order number has been paid", "MERCHANTPAYMENTID"));
    }
    let opened = |token: &str| json!({ "responseCode": "00", "responseMsg": "Approved", "sessionToken": token });
    let now = bank.clock().now_ms();
    let mut gate = bank.memory::<Gate>();
    if let Some((token, session)) = gate.of_order(&store.id, &ordered.order) {
        let there = &session.visit.ordered;
        let same = (there.amount, &there.currency) == (ordered.amount, &ordered.currency);
        return match () {
            () if !session.waits() => {
                Err(Invalid("ERR10117", "The order number was used in an ended session", "MERCHANTPAYMENTID"))
            }
            () if same => Ok(opened(token)),
            () => Err(Invalid("ERR10118", "Session data mismatch for the order number", "MERCHANTPAYMENTID")),
        };
    }
    let token = random::hex_upper(16);
    let session = Session {
        visit: Visit::new(store, ordered, "tr", None),
        customer: value(fields, "CUSTOMER").to_owned(),
        return_url: value(fields, "RETURNURL").to_owned(),
        opened_ms: now,
        failed: None,
    };
    gate.sessions.insert(token.clone(), session);
    Ok(opened(&token))
}

/// Capture, void and refund.
fn later(
    bank: &Bank,
    store: &Store,
    fields: &Fields,
    op: Op,
    (order, number): &(String, Option<String>),
) -> Result<Value, Invalid> {
    let desk = desk(bank, store);
    let this = |trans_id: &str| number.as_deref().is_none_or(|number| number == trans_id);
    let named = number.as_deref().and_then(|number| desk.find(|e| e.trans_id == number));
    let is = |kinds: &[Kind]| named.as_ref().is_none_or(|e| kinds.contains(&e.kind));
    let total = || rules::amount(value(fields, "AMOUNT"));
    Ok(match op {
        Op::PostAuth if !is(&[Kind::PreAuth]) => {
            return Err(Invalid("ERR10035", "There is no pre-authorization for this transaction", "PGTRANID"));
        }
        Op::PostAuth => decided(&desk.capture(order, Some(total()?), |held| held.amount)),
        Op::Credit if !is(&[Kind::Auth, Kind::PostAuth]) => {
            return Err(Invalid("ERR10031", "The transaction cannot be refunded", "PGTRANID"));
        }
        Op::Credit => {
            let currency = rules::currency(fields)?;
            decided(&desk.refund(order, Some(total()?), Some(currency)))
        }
        _ => {
            // The documents know no void of a refund.
            let done = desk.void(order, |e| e.kind != Kind::Credit && this(&e.trans_id));
            let undone = done.entry.undoes.and_then(|seq| desk.find(|e| e.seq == seq));
            if undone.is_some_and(|e| e.kind == Kind::PostAuth) {
                // The reservation goes with its capture.
                desk.void(order, |e| e.kind == Kind::PreAuth);
            }
            decided(&done)
        }
    })
}

fn note(bank: &Bank, store: &Store, order: &str, op: Op, amount: Option<i64>, card: Option<&IssuedCard>) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: store.id.clone(),
        order: order.to_owned(),
        amount,
        card: card.map(|c| c.face.starred()),
        code_sent: card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision: false,
    });
}

/// Makes an answer say what is not so, as ordered.
fn falsify(answer: &mut Value, met: &Met) {
    if met.has(FaultKind::WrongOrder)
        && let Some(order) = answer["merchantPaymentId"].as_str()
    {
        answer["merchantPaymentId"] = json!(format!("X{order}"));
    }
    if met.has(FaultKind::WrongAmount) {
        let more = |text: &str| rules::amount(text).map_or(0, |minor| minor + 100);
        if let Some(rows) = answer.get_mut("transactionList").and_then(Value::as_array_mut) {
            for row in rows {
                row["amount"] = json!(decimal(more(row["amount"].as_str().unwrap_or_default())));
            }
        } else if answer["amount"].is_number() {
            answer["amount"] = number(more(&answer["amount"].to_string()));
        }
    }
}
