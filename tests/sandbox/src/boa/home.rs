//! The XML gates: `/Home/{operation}`.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response};

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::http;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::store::Store;
use crate::voucher::Unvouched;
use crate::xml;

use super::ask::{self, Ask, Refused};
use super::contract::{Contract, WIRE};
use super::gate::{self, Gate};
use super::line;
use super::operation::{self, Change};
use super::store::{Account, Brand};

/// Kuveyt Türk's gate.
pub async fn kuveyt(state: State<Bank>, path: Path<String>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    handle(state, path, Brand::Kuveyt, headers, body).await
}

/// Vakıf Katılım's gate.
pub async fn katilim(state: State<Bank>, path: Path<String>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    handle(state, path, Brand::Katilim, headers, body).await
}

/// What an address of the gate does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Enrol,
    Provision,
    Sale,
    MailOrder,
    Hold,
    Change(Change),
    Status,
    Report,
}

fn doing(brand: Brand, name: &str) -> Option<(Doing, Op)> {
    let both = match name {
        "ThreeDModelPayGate" => Some((Doing::Enrol, Op::Open)),
        "ThreeDModelProvisionGate" => Some((Doing::Provision, Op::Auth)),
        "Non3DPayGate" => Some((Doing::Sale, Op::Auth)),
        _ => None,
    };
    both.or_else(|| match name {
        _ if brand == Brand::Kuveyt => None,
        "MailOrderSale" => Some((Doing::MailOrder, Op::Auth)),
        "PreAuthorizaten" => Some((Doing::Hold, Op::PreAuth)),
        "PreAuthorizatenClose" => Some((Doing::Change(Change::Capture), Op::PostAuth)),
        "SaleReversal" => Some((Doing::Change(Change::Void), Op::Void)),
        "PreAuthorizationReversal" => Some((Doing::Change(Change::Release), Op::Void)),
        "DrawBack" | "PreAuthorizationDrawBack" => Some((Doing::Change(Change::Refund), Op::Credit)),
        "PartialDrawBack" => Some((Doing::Change(Change::PartialRefund), Op::Credit)),
        "SelectOrderByMerchantOrderId" => Some((Doing::Status, Op::Status)),
        "SelectOrder" => Some((Doing::Report, Op::Report)),
        _ => None,
    })
}

async fn handle(
    State(bank): State<Bank>,
    Path(name): Path<String>,
    brand: Brand,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let Some((doing, op)) = doing(brand, &name) else {
        return refuse("", ("InvalidRequestError", "İşlem bulunamadı."));
    };
    let flat = match xml::read(&body, brand.root()) {
        Ok(flat) => flat,
        Err(e) => {
            tracing::info!(reason = %e, "unreadable request");
            return refuse("", ("InvalidRequestError", "İstek okunamadı."));
        }
    };
    let ask = Ask::new(&flat, "");
    let order = ask.get("MerchantOrderId");
    let (store, account) = match ask::caller(&bank, brand, ask) {
        Ok(both) => both,
        Err(why) if doing == Doing::Enrol => return gate::refuse(brand, ask, why),
        Err(why) => return refuse(order, why),
    };
    if doing == Doing::Enrol {
        return gate::enrol(&bank, store, account, ask, &headers).await;
    }
    let payer = payer(&bank, store, brand, ask, doing);
    let card = payer.as_ref().ok().and_then(|p| p.as_ref().map(|(card, _)| card));
    note(&bank, ask, op, card, doing == Doing::Provision);
    let mut met = bank.meet(op, order, ask::amount(ask.get("Amount")));
    met.add_conduct(card);
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let done = payer.and_then(|payer| execute(&bank, (store, account), ask, doing, payer, &met));
    let document = done.unwrap_or_else(|(code, text)| Contract::refused(order, code, text).document(""));
    http::after(&met, WIRE, document.into_bytes()).await
}

fn refuse(order: &str, (code, text): Refused) -> Response<Body> {
    http::answer(WIRE.content_type, Contract::refused(order, code, text).document(""))
}

type Payer = Option<(IssuedCard, Option<Secure>)>;

/// The card of a charge: in the message, or the one that the 3-D gate vouched for.
fn payer(bank: &Bank, store: &Store, brand: Brand, ask: Ask<'_>, doing: Doing) -> Result<Payer, Refused> {
    let security = match (doing, brand) {
        (Doing::Sale, Brand::Kuveyt) | (Doing::MailOrder, _) => "1",
        (Doing::Sale | Doing::Hold, _) => "5",
        (Doing::Provision, _) => "3",
        _ => return Ok(None),
    };
    let closed = doing == Doing::MailOrder && !store.mail_order;
    if ask.get("TransactionSecurity") != security || closed {
        return Err(("InvalidTransactionSecurity", "İşlem türü geçersizdir."));
    }
    if doing == Doing::Provision {
        return provision(bank, ask).map(|(card, secure)| Some((card, Some(secure))));
    }
    // Kuveyt Türk's sale has no flag for mail order: the store is open to it or not.
    let by_mail = doing == Doing::MailOrder || (doing == Doing::Sale && brand == Brand::Kuveyt);
    ask::card(ask, store, by_mail).map(|card| Some((card, None)))
}

fn unvouched(why: Unvouched) -> Refused {
    match why {
        Unvouched::Unknown | Unvouched::TooOld | Unvouched::Spent => ("MetaDataNotFound", "Ödeme detayı bulunamadı."),
        Unvouched::Mismatch | Unvouched::OtherInstallments => {
            ("InvalidRequestError", "İşlem bilgileri doğrulanan işlemle uyuşmamaktadır.")
        }
    }
}

fn provision(bank: &Bank, ask: Ask<'_>) -> Result<(IssuedCard, Secure), Refused> {
    if ask.md().is_empty() {
        return Err(("EmptyMDException", "MD alanı boş olamaz."));
    }
    if !ask.get("CardNumber").is_empty() {
        return Err(("InvalidRequestError", "Kart bilgisi gönderilemez."));
    }
    let gate = bank.memory::<Gate>();
    let voucher = gate.vouchers.young(ask.md(), bank.clock().now_ms()).map_err(unvouched)?;
    Ok((voucher.card.clone(), voucher.secure.clone()))
}

fn execute(
    bank: &Bank,
    (store, account): (&Store, &Account),
    ask: Ask<'_>,
    doing: Doing,
    payer: Payer,
    met: &Met,
) -> Result<String, Refused> {
    let order = ask.get("MerchantOrderId");
    let contract = match (doing, payer) {
        (Doing::Status, _) => return status(bank, store, order, met),
        (Doing::Report, _) => return report(bank, store, ask, met),
        (Doing::Change(what), _) => {
            let origin = operation::original(bank, store, order, ask.get("OrderId"))?;
            operation::change(bank, store, ask, what, &origin)?
        }
        (_, Some((card, secure))) => charge(bank, store, account.brand, ask, doing, &card, secure)?,
        _ => return Err(("InvalidRequestError", "İstek geçersizdir.")),
    };
    let order = if met.has(FaultKind::WrongOrder) { format!("X{}", contract.order) } else { contract.order.clone() };
    tracing::info!(order, code = contract.code, "answered");
    Ok(Contract { order, ..contract }.signed(account, met.has(FaultKind::WrongHash)).document(""))
}

fn charge(
    bank: &Bank,
    store: &Store,
    brand: Brand,
    ask: Ask<'_>,
    doing: Doing,
    card: &IssuedCard,
    secure: Option<Secure>,
) -> Result<Contract, Refused> {
    let kind = if doing == Doing::Hold { Kind::PreAuth } else { Kind::Auth };
    let (mut currency, mut bank_order) = (None, None);
    if doing == Doing::Provision {
        let gate = bank.memory::<Gate>();
        bank_order = gate.number(ask.md());
        // Vakıf Katılım's provision does not state one.
        let known = gate.vouchers.get(ask.md()).map(|v| v.ordered.currency.clone());
        currency = known.filter(|_| ask.get("CurrencyCode").is_empty() || brand == Brand::Katilim);
    }
    let ordered = ask::ordered(ask, brand, kind, currency.as_deref())?;
    if doing == Doing::Provision {
        bank.memory::<Gate>().vouchers.spend(ask.md(), &store.id, &ordered).map_err(unvouched)?;
    }
    let charge = Charge {
        kind,
        order: &ordered.order,
        amount: ordered.amount,
        currency: &ordered.currency,
        installments: ordered.installments,
        card,
        channel: match (&secure, doing) {
            (Some(_), _) => "3d",
            (None, Doing::MailOrder) => "moto",
            _ => "api",
        },
        secure,
    };
    Ok(operation::charge(bank, store, ask, charge, bank_order))
}

fn listed(rows: &str) -> String {
    let yes = Contract { code: "00".to_owned(), ..Contract::default() };
    yes.document(&format!("<VPosOrderData>{rows}</VPosOrderData>"))
}

const NO_RESULT: Refused = ("NonResult", "Kriterlere uygun sonuç bulunamadı.");

fn status(bank: &Bank, store: &Store, order: &str, met: &Met) -> Result<String, Refused> {
    let rows: String = line::of_order(bank, store, order, met).into_iter().map(|(_, row)| row).collect();
    let begun = || line::begun(bank, store, order).ok_or(NO_RESULT);
    Ok(listed(&if rows.is_empty() { begun()? } else { rows }))
}

/// `SelectOrder`: everything of some days, from one place in the list to another.
fn report(bank: &Bank, store: &Store, ask: Ask<'_>, met: &Met) -> Result<String, Refused> {
    let (from, until) = (ask.get("StartDate"), ask.get("EndDate"));
    let (skip, end) = (ask.get("LowerLimit").parse().unwrap_or(0), ask.get("UpperLimit").parse().unwrap_or(100_usize));
    if ![from, until].into_iter().all(|day| day.len() >= 10 && day.is_ascii()) {
        return Err(("InvalidRequestError", "Tarih bilgisi geçersizdir."));
    }
    let rows = line::of_days(bank, store, (&from[..10], &until[..10]), ask.get("ProvNumber"), met);
    let rows: String = rows.into_iter().skip(skip).take(end.saturating_sub(skip)).collect();
    if rows.is_empty() { Err(NO_RESULT) } else { Ok(listed(&rows)) }
}

/// Writes a request into the log.
pub fn note(bank: &Bank, ask: Ask<'_>, op: Op, card: Option<&IssuedCard>, provision: bool) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: ask.get("MerchantId").to_owned(),
        order: ask.get("MerchantOrderId").to_owned(),
        amount: ask::amount(ask.get("Amount")),
        card: card.map(|c| c.face.starred()),
        code_sent: card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision,
    });
}
