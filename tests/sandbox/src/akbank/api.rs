//! `/transaction/process`: every operation of the API.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::http;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::random;
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;
use crate::voucher::Unvouched;

use super::answer::{WIRE, decided, head, refused};
use super::operation::desk;
use super::plan::Plan;
use super::query;
use super::rules::{self, Refused, number, schema, text};
use super::session::Gate;
use super::sign::sign;
use super::store::Account;

/// The merchant's signature over the very bytes of the body.
pub fn is_signed(headers: &HeaderMap, body: &[u8], account: &Account) -> bool {
    let sent = headers.get("auth-hash").and_then(|v| v.to_str().ok()).unwrap_or_default();
    same(&sign(body, &account.secret_key), sent)
}

/// Answers one request.
pub async fn handle(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let now = bank.clock().now_ms();
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return refused(None, "", "", &Refused::Schema("not JSON".to_owned()), now);
    };
    let order = order_of(&message).0.to_owned();
    let code = text(&message, "/txnCode").to_owned();
    let (store, account) = match rules::caller(&bank, &message) {
        Ok(both) => both,
        Err(why) => return refused(None, &code, &order, &why, now),
    };
    let op = match checked(&bank, account, &headers, &body, &message) {
        Ok(op) => op,
        Err(why) => return refused(Some(store), &code, &order, &why, now),
    };
    let amount = rules::amount(text(&message, "/transaction/amount")).ok();
    let payer = match payer(&bank, store, &message, op) {
        Ok(payer) => payer,
        Err(why) => {
            note(&bank, store, &message, op, amount, None);
            return refused(Some(store), &code, &order, &why, now);
        }
    };
    let card = payer.as_ref().map(|p| &p.0);
    note(&bank, store, &message, op, amount, card);
    let mut met = bank.meet(op, &order, amount);
    met.add_conduct(card);
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let mut answer = match execute(&bank, store, account, &message, op, payer) {
        Ok(answer) => answer,
        Err(why) => return refused(Some(store), &code, &order, &why, now),
    };
    falsify(&mut answer, &met);
    tracing::info!(op = ?op, order, code = answer["responseCode"].as_str(), host = answer["hostResponseCode"].as_str(), "answered");
    http::after(&met, WIRE, answer.to_string().into_bytes()).await
}

fn checked(bank: &Bank, account: &Account, headers: &HeaderMap, body: &[u8], message: &Value) -> Result<Op, Refused> {
    if !is_signed(headers, body, account) {
        return Err(Refused::Signature);
    }
    let op = rules::op(message)?;
    rules::envelope(bank, account, message)?;
    rules::order(order_of(message).0)?;
    Ok(op)
}

/// The order's number, and whether it is a repeated one's.
fn order_of(message: &Value) -> (&str, bool) {
    match text(message, "/order/orderTrackId") {
        "" => (text(message, "/order/orderId"), false),
        track => (track, true),
    }
}

/// The card of a charge: in clear, or the one that the gate vouched for.
fn payer(bank: &Bank, store: &Store, m: &Value, op: Op) -> Result<Option<(IssuedCard, Option<Secure>)>, Refused> {
    if !matches!(op, Op::Auth | Op::PreAuth) {
        return Ok(None);
    }
    let by_mail = match number(m, "/transaction/motoInd") {
        Some(0) => false,
        Some(1) if store.mail_order || m.get("recurring").is_some() => true,
        Some(1) => return Err(Refused::Code("VPS-1060", "Üye işyerinin bu işlem için yetkisi yoktur")),
        _ => return schema("motoInd must be 0 or 1"),
    };
    if m.get("secureTransaction").is_some() {
        if by_mail || m.get("card").is_some() {
            return schema("secureTransaction excludes card and motoInd");
        }
        let (card, secure) = vouched(bank, store, m)?;
        return Ok(Some((card, Some(secure))));
    }
    let code = Some(text(m, "/card/cvv2")).filter(|c| !c.is_empty());
    let card = rules::card(text(m, "/card/cardNumber"), text(m, "/card/expireDate"), code)?;
    if card.code == CodeCheck::Absent && !by_mail {
        return schema("card.cvv2 is required");
    }
    Ok(Some((card, None)))
}

/// The card behind `secureId`, if everything the gate said is repeated exactly.
fn vouched(bank: &Bank, store: &Store, m: &Value) -> Result<(IssuedCard, Secure), Refused> {
    let of = |name: &str| text(m, &format!("/secureTransaction/{name}"));
    let gate = bank.memory::<Gate>();
    let v = gate.vouchers.young(of("secureId"), bank.clock().now_ms()).map_err(unvouched)?;
    let repeated = v.store == store.id
        && same(&v.secure.eci, of("secureEcomInd"))
        && same(&v.secure.cavv, of("secureData"))
        && same(&v.secure.xid, of("secureMd"));
    if repeated { Ok((v.card.clone(), v.secure.clone())) } else { Err(unvouched(Unvouched::Mismatch)) }
}

/// The bank's code for this is not public.
fn unvouched(_: Unvouched) -> Refused {
    Refused::Code("VPS-1279", "BKM 3DS Server Doğrulama Başarısız")
}

fn execute(
    bank: &Bank,
    store: &Store,
    account: &Account,
    m: &Value,
    op: Op,
    payer: Option<(IssuedCard, Option<Secure>)>,
) -> Result<Value, Refused> {
    let (order, repeated) = order_of(m);
    let code = text(m, "/txnCode");
    let plain = json!({ "orderId": order });
    let desk = desk(bank, store);
    let total = || rules::amount(text(m, "/transaction/amount"));
    let currency = || rules::currency(number(m, "/transaction/currencyCode").unwrap_or(0));
    Ok(match (op, payer) {
        (Op::Auth | Op::PreAuth, Some((card, secure))) => charge(bank, store, account, m, op, &card, secure)?,
        (Op::PostAuth, _) if !repeated => {
            currency()?;
            decided(store, code, &desk.capture(order, Some(total()?), |held| held.amount), &plain)
        }
        (Op::Void, _) if repeated => undo_planned(bank, store, m, order)?,
        (Op::Void, _) if code == "1003" => decided(store, code, &desk.void(order, |_| true), &plain),
        (Op::Credit, _) => {
            // Without a transaction everything is given back.
            let wanted = if m.get("transaction").is_some() { Some((total()?, currency()?)) } else { None };
            let (total, currency) = wanted.map_or((None, None), |(t, c)| (Some(t), Some(c)));
            let named = if repeated { json!({ "orderId": order, "orderTrackId": order }) } else { plain };
            decided(store, code, &desk.refund(order, total, currency.as_deref()), &named)
        }
        (Op::Status, _) => query::history(bank, store, order, repeated),
        _ => return schema("order does not fit txnCode"),
    })
}

fn charge(
    bank: &Bank,
    store: &Store,
    account: &Account,
    m: &Value,
    op: Op,
    card: &IssuedCard,
    secure: Option<Secure>,
) -> Result<Value, Refused> {
    let (order, repeated) = order_of(m);
    let currency = rules::currency(number(m, "/transaction/currencyCode").unwrap_or(0))?;
    let installments = rules::installments(number(m, "/transaction/installCount").unwrap_or(0), &currency)?;
    let amount = rules::amount(text(m, "/transaction/amount"))?;
    let first = format!("{}-{}", random::id(), "R1");
    let plan = Plan::read(m, &first, bank.clock().now_ms())?;
    if plan.is_some() != repeated {
        return Err(Refused::Code("VPS-1055", "Tekrarlayan işlem bilgileri hatalı"));
    }
    if plan.is_some() && !account.planned {
        return Err(Refused::Code("VPS-1061", "Bu üye işyerinin planlı ve tekrarlayan işlem yetkisi yoktur"));
    }
    let kind = if op == Op::Auth { Kind::Auth } else { Kind::PreAuth };
    if secure.is_some() {
        let asked = Ordered { kind, order: order.to_owned(), amount, currency: currency.clone(), installments };
        let id = text(m, "/secureTransaction/secureId");
        bank.memory::<Gate>().vouchers.spend(id, &store.id, &asked).map_err(unvouched)?;
    }
    let channel = match (&secure, number(m, "/transaction/motoInd")) {
        (Some(_), _) => "3D",
        (None, Some(1)) => "moto",
        _ => "api",
    };
    let charge = Charge { kind, order, amount, currency: &currency, installments, card, channel, secure };
    let done = desk(bank, store).for_sub_dealer(text(m, "/subMerchant/subMerchantId")).charge(charge);
    let named = match plan {
        Some(plan) => {
            if done.approved() {
                bank.memory::<Gate>().plans.insert((store.id.clone(), order.to_owned()), plan);
            }
            json!({ "orderId": first, "orderTrackId": order })
        }
        None => json!({ "orderId": order }),
    };
    Ok(decided(store, text(m, "/txnCode"), &done, &named))
}

/// A charge of a repeated order that was made is voided (`1003`), those that wait are cancelled (`1013`).
fn undo_planned(bank: &Bank, store: &Store, m: &Value, track: &str) -> Result<Value, Refused> {
    let named = Plan::named(m)?;
    let code = text(m, "/txnCode");
    let now = bank.clock().now_ms();
    let answer = |response: (&str, &str)| {
        let mut body = head(store, code, response, now);
        body["order"] = json!({ "orderTrackId": track });
        body
    };
    let missing = format!("Planlı İşlem bulunamadı. Talimat Takip Numarası : {track}");
    let key = (store.id.clone(), track.to_owned());
    if code == "1003" {
        let plan = bank.memory::<Gate>().plans.get(&key).cloned();
        let Some(plan) = plan.filter(|_| named == Some(1)) else {
            return Ok(answer(("VPS-1059", &missing)));
        };
        let order = json!({ "orderId": plan.first_order, "orderTrackId": track });
        return Ok(decided(store, code, &desk(bank, store).void(track, |_| true), &order));
    }
    let cancelled = bank.memory::<Gate>().plans.get_mut(&key).is_some_and(|plan| plan.cancel(named));
    Ok(answer(if cancelled { ("VPS-0000", "BAŞARILI") } else { ("VPS-1059", &missing) }))
}

fn note(bank: &Bank, store: &Store, m: &Value, op: Op, amount: Option<i64>, card: Option<&IssuedCard>) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: store.id.clone(),
        order: order_of(m).0.to_owned(),
        amount,
        card: card.map(|c| c.face.starred()),
        code_sent: !text(m, "/card/cvv2").is_empty(),
        provision: m.get("secureTransaction").is_some(),
    });
}

/// Makes an answer say what is not so, as ordered.
fn falsify(answer: &mut Value, met: &Met) {
    if met.has(FaultKind::WrongOrder) {
        wrong_order(answer);
    }
    let rows = answer.get_mut("txnDetailList").and_then(Value::as_array_mut);
    for row in rows.into_iter().flatten() {
        if met.has(FaultKind::WrongAmount)
            && let Some(amount) = row["amount"].as_f64()
        {
            row["amount"] = json!(amount + 1.0);
        }
        if met.has(FaultKind::WrongOrder) {
            row["orgOrderId"] = json!("X");
            row["orderId"] = json!("X");
            row["orderTrackId"] = json!("X");
        }
    }
}

fn wrong_order(answer: &mut Value) {
    for name in ["/order/orderId", "/order/orderTrackId"] {
        if let Some(order) = answer.pointer_mut(name) {
            *order = json!(format!("X{}", order.as_str().unwrap_or_default()));
        }
    }
}
