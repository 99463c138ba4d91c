//! `/api/Payment/{action}`: every call of a merchant's server.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::Kind;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::{Ordered, Visit};
use crate::{http, random};

use super::answer::{WIRE, bad_card, decided, invalid};
use super::operation::desk;
use super::query;
use super::rules::{self, Invalid, text};
use super::session::{Gate, Session};
use super::store::MODEL;

fn op(action: &str) -> Option<Op> {
    Some(match action {
        "Payment" => Op::Auth,
        "threeDPayment" | "threeDPreAuth" => Op::Open,
        "postAuth" => Op::PostAuth,
        "void" => Op::Void,
        "refund" => Op::Credit,
        "inquiry" => Op::Status,
        "history" => Op::History,
        _ => return None,
    })
}

fn say(body: &Value) -> Response<Body> {
    http::answer(WIRE.content_type, body.to_string())
}

/// Answers one call.
pub async fn handle(State(bank): State<Bank>, Path(action): Path<String>, body: Bytes) -> Response<Body> {
    let Some(op) = op(&action) else {
        let mut response = http::answer(WIRE.content_type, Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return say(&invalid("Geçersiz istek"));
    };
    let asked = rules::caller(&bank, &message).and_then(|(store, _)| {
        // Only a list may be of no order.
        let order = if op == Op::History { rules::order_of_list(&message)? } else { Some(rules::order(&message)?) };
        Ok((store, order.unwrap_or_default()))
    });
    let (store, order) = match asked {
        Ok(both) => both,
        Err(Invalid(why)) => return say(&invalid(why)),
    };
    let amount = rules::amount(&message).ok();
    let card = match payer(store, &message, op) {
        Ok(card) => card,
        Err(refused) => {
            note(&bank, store, &message, op, amount, None);
            return say(&refused);
        }
    };
    note(&bank, store, &message, op, amount, card.as_ref());
    let mut met = bank.meet(op, order, amount);
    met.add_conduct(card.as_ref());
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    // A bank that is silent to a question is silent to its repetition, too; only one that is heard knows it again.
    let reserve = action == "threeDPreAuth";
    let told =
        rules::first_time(&bank, &message).and_then(|()| execute(&bank, store, &message, op, reserve, card.as_ref()));
    let mut answer = match told {
        Ok(answer) => answer,
        Err(Invalid(why)) => invalid(why),
    };
    falsify(&mut answer, &met);
    tracing::info!(op = ?op, order, code = answer["Code"].as_i64(), bank = answer["BankResponseCode"].as_str(), "answered");
    http::after(&met, WIRE, answer.to_string().into_bytes()).await
}

/// The card of a sale without 3-D.
fn payer(store: &Store, m: &Value, op: Op) -> Result<Option<IssuedCard>, Value> {
    if op != Op::Auth {
        return Ok(None);
    }
    // Tosla has no mark for mail order: the account is open to payments without 3-D, or it is not.
    if !store.mail_order {
        return Err(invalid("3D'siz işlem yetkisi yok"));
    }
    if m.get("cardHolderName").and_then(Value::as_str).is_none() {
        return Err(invalid("cardHolderName hatalı"));
    }
    let card = rules::card(text(m, "cardNo"), text(m, "expireDate"), text(m, "cvv"));
    card.map(Some).map_err(|code| bad_card(text(m, "orderId"), code))
}

fn execute(
    bank: &Bank,
    store: &Store,
    m: &Value,
    op: Op,
    reserve: bool,
    card: Option<&IssuedCard>,
) -> Result<Value, Invalid> {
    if op == Op::History {
        let (order, from_ms, page) = (rules::order_of_list(m)?, rules::day(m)?, rules::page(m)?);
        return Ok(query::history(bank, store, order, from_ms, page));
    }
    let order = rules::order(m)?;
    let desk = desk(bank, store);
    Ok(match (op, card) {
        (Op::Auth, Some(card)) => {
            let currency = rules::currency(m)?;
            let charge = Charge {
                kind: Kind::Auth,
                order,
                amount: rules::amount(m)?,
                installments: rules::installments(m, &currency)?,
                currency: &currency,
                card,
                channel: "api",
                secure: None,
            };
            decided(&desk.charge(charge))
        }
        (Op::Open, _) => open(bank, store, m, if reserve { Kind::PreAuth } else { Kind::Auth })?,
        (Op::PostAuth, _) => decided(&desk.capture(order, Some(rules::amount(m)?), |held| held.amount)),
        (Op::Void, _) => decided(&desk.void(order, |_| true)),
        (Op::Credit, _) => decided(&desk.refund(order, Some(rules::amount(m)?), None)),
        (Op::Status, _) => query::inquiry(bank, store, order),
        _ => return Err(Invalid("Geçersiz istek")),
    })
}

/// Opens a 3-D session.
fn open(bank: &Bank, store: &Store, m: &Value, kind: Kind) -> Result<Value, Invalid> {
    let callback_url = text(m, "callbackUrl").to_owned();
    if !callback_url.starts_with("http://") && !callback_url.starts_with("https://") {
        return Err(Invalid("callbackUrl hatalı"));
    }
    if !store.allows(MODEL) {
        return Err(Invalid("3D işlem yetkisi yok"));
    }
    let currency = rules::currency(m)?;
    let ordered = Ordered {
        kind,
        order: rules::order(m)?.to_owned(),
        amount: rules::amount(m)?,
        installments: rules::installments(m, &currency)?,
        currency,
    };
    let mut gate = bank.memory::<Gate>();
    if gate.of_order(&store.id, &ordered.order).is_some() || desk(bank, store).order(&ordered.order).is_some() {
        return Err(Invalid("OrderId daha önce kullanılmış"));
    }
    let id = format!("P{}", random::hex_upper(32));
    let visit = Visit::new(store, ordered, "tr", None);
    let opened_ms = bank.clock().now_ms();
    gate.sessions.insert(id.clone(), Session { callback_url, visit, failed: None, opened_ms });
    Ok(json!({ "ThreeDSessionId": id, "TransactionId": format!("{opened_ms}"), "Code": 0, "Message": "Başarılı" }))
}

fn note(bank: &Bank, store: &Store, m: &Value, op: Op, amount: Option<i64>, card: Option<&IssuedCard>) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: store.id.clone(),
        order: text(m, "orderId").to_owned(),
        amount,
        card: card.map(|c| c.face.starred()),
        code_sent: card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision: false,
    });
}

/// Makes an answer say what is not so, as ordered.
fn falsify(answer: &mut Value, met: &Met) {
    if met.has(FaultKind::WrongOrder)
        && let Some(order) = answer["OrderId"].as_str()
    {
        answer["OrderId"] = json!(format!("X{order}"));
    }
    if met.has(FaultKind::WrongAmount)
        && let Some(amount) = answer["Amount"].as_i64()
    {
        answer["Amount"] = json!(amount + 100);
    }
}
