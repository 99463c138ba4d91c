//! `/ccpayment/api/{action}` and `/ccpayment/payment/complete`: every call of a merchant's server.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::Kind;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;
use crate::voucher::Unvouched;
use crate::{http, random};

use super::answer::{self, WIRE, refused};
use super::operation::desk;
use super::rules::{self, Invalid, text};
use super::session::{Gate, Queued};
use super::status;
use super::store::{Account, BY_MERCHANT};

/// Between two refunds of one order.
const REFUND_PAUSE_MS: i64 = 30_000;
/// How long the staff take.
const STAFF_MS: i64 = 3_600_000;

fn say(body: &Value) -> Response<Body> {
    http::answer(WIRE.content_type, body.to_string())
}

fn unauthorized(invalid: &Invalid) -> Response<Body> {
    let mut response = say(&refused(invalid.0, invalid.1));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

/// Answers one call below `/api`.
pub async fn handle(
    State(bank): State<Bank>,
    Path(action): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return say(&refused(1, "Invalid request"));
    };
    match action.as_str() {
        "token" => say(&token(&bank, &message)),
        "paySmart2D" | "confirmPayment" | "refund" | "checkstatus" | "commissions" => {
            call(&bank, &action, &headers, &message).await
        }
        _ => {
            let mut response = http::answer(WIRE.content_type, Body::empty());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}

/// Takes or drops what a payer authenticated.
pub async fn complete(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    match serde_json::from_slice::<Value>(&body) {
        Ok(message) => call(&bank, "complete", &headers, &message).await,
        Err(_) => say(&refused(1, "Invalid request")),
    }
}

fn token(bank: &Bank, m: &Value) -> Value {
    let (id, secret) = (text(m, "app_id"), text(m, "app_secret"));
    let found = bank.find_store::<Account>(|_, a| a.app_id == id && same(&a.app_secret, &secret));
    let Some((store, account)) = found else { return refused(30, "Invalid credentials") };
    let token = format!("eyJ0eXAiOiJKV1Qi.{}.{}", random::id(), random::id());
    let until = bank.clock().now_ms() + rules::TOKEN_MS;
    bank.memory::<Gate>().tokens.insert(token.clone(), (store.id.clone(), until));
    json!({
        "status_code": 100, "status_description": "Successfully Generated token",
        "data": { "token": token, "is_3d": if account.direct { 1 } else { 2 }, "expires_at": until.to_string() },
    })
}

fn op(action: &str, m: &Value) -> Op {
    match action {
        "paySmart2D" if text(m, "transaction_type") == "PreAuth" => Op::PreAuth,
        "paySmart2D" | "complete" => Op::Auth,
        "confirmPayment" if text(m, "status") == "2" => Op::Void,
        "confirmPayment" => Op::PostAuth,
        "refund" => Op::Credit,
        "checkstatus" => Op::Status,
        _ => Op::Report,
    }
}

async fn call(bank: &Bank, action: &str, headers: &HeaderMap, m: &Value) -> Response<Body> {
    let (store, account) = match rules::bearer(bank, headers) {
        Ok(both) => both,
        Err(invalid) => return unauthorized(&invalid),
    };
    let (op, order) = (op(action, m), text(m, "invoice_id"));
    let money = ["total", "amount"].into_iter().find_map(|name| rules::amount(&text(m, name)).ok());
    let card = if action == "paySmart2D" { rules::card(store, m).map(Some) } else { Ok(None) };
    let face = card.as_ref().ok().and_then(Option::as_ref);
    note(bank, store, &order, op, money, face, action == "complete");
    let mut met = bank.meet(op, &order, money);
    met.add_conduct(face);
    if action == "complete" {
        met.add_conduct(bank.memory::<Gate>().vouchers.get(&text(m, "order_id")).map(|voucher| &voucher.card));
    }
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let done = match action {
        "paySmart2D" => sale(bank, store, account, m, card),
        "complete" => completed(bank, store, account, m),
        "confirmPayment" => confirm(bank, store, account, m),
        "refund" => refund(bank, store, account, m),
        "checkstatus" => inquiry(bank, store, account, m),
        _ => Ok(commissions(m)),
    };
    let mut answer = done.unwrap_or_else(|Invalid(code, say)| refused(code, say));
    falsify(&mut answer, &met);
    tracing::info!(?op, order, code = answer["status_code"].as_u64(), "answered");
    http::after(&met, WIRE, answer.to_string().into_bytes()).await
}

fn sale(
    bank: &Bank,
    store: &Store,
    account: &Account,
    m: &Value,
    card: Result<Option<IssuedCard>, Invalid>,
) -> Result<Value, Invalid> {
    let ordered = rules::ordered(account, m)?;
    if !account.direct {
        return Err(Invalid(34, "The payment integration method is not allowed"));
    }
    let Some(card) = card? else { return Err(Invalid(108, "Invalid card number")) };
    if bank.memory::<Gate>().of_order(&store.id, &ordered.order).is_some() {
        return Err(Invalid(3, "Invoice id already processing"));
    }
    let done = desk(bank, store).charge(charge(&ordered, &card, "api", None));
    Ok(answer::charged(&done, &done.entry.trans_id))
}

/// A charge of what was ordered.
pub fn charge<'a>(
    ordered: &'a Ordered,
    card: &'a IssuedCard,
    channel: &'a str,
    secure: Option<crate::book::Secure>,
) -> Charge<'a> {
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

fn completed(bank: &Bank, store: &Store, account: &Account, m: &Value) -> Result<Value, Invalid> {
    rules::merchant(account, m)?;
    let (order, number, status) = (text(m, "invoice_id"), text(m, "order_id"), text(m, "status"));
    rules::hash(account, m, &[&account.merchant_key, &order, &number, &status])?;
    let now = bank.clock().now_ms();
    let voucher = {
        let mut gate = bank.memory::<Gate>();
        let unvouched = |why: Unvouched| match why {
            Unvouched::Spent => Invalid(3, "Already processed"),
            Unvouched::TooOld => Invalid(105, "Transaction not approved"),
            _ => Invalid(31, "Transaction not found"),
        };
        let voucher = gate.vouchers.young(&number, now).map_err(unvouched)?.clone();
        let asked = Ordered { order: order.clone(), ..voucher.ordered.clone() };
        gate.vouchers.spend(&number, &store.id, &asked).map_err(unvouched)?;
        voucher
    };
    match status.as_str() {
        "complete" => {
            let charge = charge(&voucher.ordered, &voucher.card, BY_MERCHANT, Some(voucher.secure.clone()));
            let done = desk(bank, store).charge(charge);
            Ok(answer::charged(&done, &number))
        }
        "cancel" => Ok(refused(100, "Payment cancelled")),
        _ => Err(Invalid(1, "Invalid status")),
    }
}

fn confirm(bank: &Bank, store: &Store, account: &Account, m: &Value) -> Result<Value, Invalid> {
    rules::merchant(account, m)?;
    let (order, status) = (text(m, "invoice_id"), text(m, "status"));
    rules::hash(account, m, &[&account.merchant_key, &order, &status])?;
    let desk = desk(bank, store);
    match status.as_str() {
        "1" => {
            let total = text(m, "total");
            let total = if total.is_empty() { None } else { Some(rules::amount(&total)?) };
            Ok(answer::done(&desk.capture(&order, total, |held| held.amount), "Payment process successful"))
        }
        "2" => Ok(answer::done(&desk.void(&order, |e| e.kind == Kind::PreAuth), "Payment cancelled")),
        _ => Err(Invalid(1, "Invalid status")),
    }
}

fn refund(bank: &Bank, store: &Store, account: &Account, m: &Value) -> Result<Value, Invalid> {
    if text(m, "app_id") != account.app_id || !same(&text(m, "app_secret"), &account.app_secret) {
        return Err(Invalid(30, "Invalid credentials"));
    }
    rules::merchant(account, m)?;
    // A number instead of a text fails validation at one of the brands.
    let written = m.get("amount").and_then(Value::as_str).ok_or(Invalid(1, "The amount must be a string."))?;
    let (order, amount) = (text(m, "invoice_id"), rules::amount(written)?);
    rules::hash(account, m, &[written, &order, &account.merchant_key])?;
    let (now, key) = (bank.clock().now_ms(), (store.id.clone(), order.clone()));
    let mut gate = bank.memory::<Gate>();
    let reference = text(m, "refund_transaction_id");
    if !reference.is_empty() && !gate.references.insert((store.id.clone(), reference)) {
        return Err(Invalid(104, "Refund transaction id must be unique"));
    }
    if gate.refunded_ms.get(&key).is_some_and(|last| now - last < REFUND_PAUSE_MS) {
        return Err(Invalid(49, "Refund Failed: wait 30 seconds"));
    }
    if account.staff_refunds {
        gate.refunded_ms.insert(key, now);
        gate.queue.push(Queued { store: store.id.clone(), order: order.clone(), amount, due_ms: now + STAFF_MS });
        return Ok(json!({
            "status_code": 101, "status_description": "Refund request has been created", "invoice_id": order,
        }));
    }
    drop(gate);
    let done = desk(bank, store).refund(&order, Some(amount), None);
    if done.approved() {
        bank.memory::<Gate>().refunded_ms.insert(key, now);
    }
    Ok(answer::done(&done, "Refund completed successfully"))
}

fn inquiry(bank: &Bank, store: &Store, account: &Account, m: &Value) -> Result<Value, Invalid> {
    rules::merchant(account, m)?;
    let order = text(m, "invoice_id");
    // The older pages ask without a hash; where there is one it must be right.
    if !text(m, "hash_key").is_empty() {
        rules::hash(account, m, &[&order, &account.merchant_key])?;
    }
    Ok(status::line(bank, store, &order, text(m, "include_pending_status") == "true"))
}

/// What instalments cost, by programme.
fn commissions(m: &Value) -> Value {
    if text(m, "currency_code") != "TRY" {
        return refused(38, "Commission not set for this currency");
    }
    let row = |programme: &str, merchant: &str, count: u8| {
        json!({
            "title": format!("{count} Taksit"), "card_program": programme, "merchant_commission_percentage": merchant,
            "merchant_commission_fixed": "0", "user_commission_percentage": "0", "user_commission_fixed": "0",
            "currency_code": "TRY", "installment": count,
        })
    };
    json!({
        "status_code": 100, "status_description": "ok",
        "data": {
            "1": [row("WORLD", "1.95", 1), row("BONUS", "1.99", 1)],
            "3": [row("WORLD", "5.40", 3), row("BONUS", "5.60", 3)],
        },
    })
}

fn note(
    bank: &Bank,
    store: &Store,
    order: &str,
    op: Op,
    amount: Option<i64>,
    card: Option<&IssuedCard>,
    provision: bool,
) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: store.id.clone(),
        order: order.to_owned(),
        amount,
        card: card.map(|c| c.face.starred()),
        code_sent: card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision,
    });
}

/// Makes an answer say what is not so, as ordered.
fn falsify(answer: &mut Value, met: &Met) {
    if met.has(FaultKind::WrongOrder) {
        for path in ["/invoice_id", "/data/invoice_id"] {
            if let Some(order) = answer.pointer_mut(path) {
                *order = json!(format!("X{}", order.as_str().unwrap_or_default()));
            }
        }
    }
    if met.has(FaultKind::WrongAmount)
        && let Some(amount) = answer.pointer_mut("/transaction_amount")
    {
        let minor = rules::amount(&amount.to_string()).unwrap_or(0);
        *amount = answer::number(minor + 100);
    }
}
