//! `/mpi/Default.aspx`: the API, and for a browser the gate.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;
use crate::voucher::Unvouched;
use crate::{form, http};

use super::answer::{self, Answer, Said, WIRE, own_number};
use super::gate::{self, Gate};
use super::operation;
use super::rules::{self, Fields, Refused, field};

/// A request of a merchant's server, or a payer's browser with a 3-D form.
pub async fn handle(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let fields = form::parse(&body);
    match field(&fields, "SecureType") {
        "3DModel" | "3DPay" => gate::enter(&bank, &fields).await,
        _ => answered(&bank, &fields).await,
    }
}

async fn answered(bank: &Bank, f: &Fields) -> Response<Body> {
    let (store, op) = match checked(bank, f) {
        Ok(both) => both,
        Err(refused) => return http::answer(WIRE.content_type, refusal(bank, f, refused).to_bytes()),
    };
    let amount = rules::amount(field(f, "PurchAmount")).ok();
    let payer = if matches!(op, Op::Auth | Op::PreAuth) { payer(bank, store, f).map(Some) } else { Ok(None) };
    let card = payer.as_ref().ok().and_then(|p| p.as_ref()).map(|(card, _)| card.clone());
    note(bank, f, op, amount, card.as_ref());
    let payer = match payer {
        Ok(payer) => payer,
        Err(refused) => return http::answer(WIRE.content_type, refusal(bank, f, refused).to_bytes()),
    };
    let order = rules::order(f, op).unwrap_or_default().to_owned();
    let mut met = bank.meet(op, &order, amount);
    met.add_conduct(card.as_ref());
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let mut answer = execute(bank, store, f, op, payer).unwrap_or_else(|refused| refusal(bank, f, refused));
    falsify(&mut answer, &met, op);
    tracing::info!(op = ?op, order, code = answer.get("ProcReturnCode"), "answered");
    http::after(&met, WIRE, answer.to_bytes()).await
}

fn checked<'a>(bank: &'a Bank, f: &Fields) -> Result<(&'a Store, Op), Refused> {
    let store = rules::caller(bank, f)?;
    if field(f, "SecureType") != "NonSecure" {
        return Err(("99", "E39", "Gecersiz Guvenlik Tipi"));
    }
    let op = rules::op(f)?;
    rules::order(f, op)?;
    Ok((store, op))
}

/// The card of a charge: in clear, or the one the gate vouched for.
fn payer(bank: &Bank, store: &Store, f: &Fields) -> Result<(IssuedCard, Option<Secure>), Refused> {
    let moto = rules::moto(store, f)?;
    let key = field(f, "MD");
    if key.is_empty() {
        return Ok((rules::card(f, moto)?, None));
    }
    let gate = bank.memory::<Gate>();
    let voucher = gate.vouchers.young(key, bank.clock().now_ms()).map_err(say)?;
    let repeated = voucher.store == store.id
        && same(&voucher.secure.eci, field(f, "Eci"))
        && same(&voucher.secure.cavv, field(f, "PayerAuthenticationCode"));
    if moto || !repeated || !field(f, "Pan").is_empty() {
        return Err(say(Unvouched::Mismatch));
    }
    Ok((voucher.card.clone(), Some(voucher.secure.clone())))
}

fn say(why: Unvouched) -> Refused {
    match why {
        Unvouched::Unknown => ("99", "E39", "3D islemi bulunamadi"),
        Unvouched::TooOld => ("99", "E39", "3D islemi zaman asimina ugradi"),
        Unvouched::Mismatch | Unvouched::OtherInstallments => ("99", "E39", "3D bilgileri uyusmuyor"),
        Unvouched::Spent => ("94", "", "3D islemi daha once kullanilmis"),
    }
}

fn execute(
    bank: &Bank,
    store: &Store,
    f: &Fields,
    op: Op,
    payer: Option<(IssuedCard, Option<Secure>)>,
) -> Result<Answer, Refused> {
    let order = rules::order(f, op)?;
    let total = || rules::amount(field(f, "PurchAmount"));
    Ok(match (op, payer) {
        (Op::Auth | Op::PreAuth, Some((card, secure))) => {
            let currency = rules::currency(field(f, "Currency"))?;
            let ordered = Ordered {
                kind: if op == Op::PreAuth { Kind::PreAuth } else { Kind::Auth },
                order: order.to_owned(),
                amount: total()?,
                currency: currency.to_owned(),
                installments: rules::installments(field(f, "InstallmentCount"), currency)?,
            };
            if secure.is_some() {
                bank.memory::<Gate>().vouchers.spend(field(f, "MD"), &store.id, &ordered).map_err(say)?;
            }
            let channel = match (&secure, field(f, "MOTO")) {
                (Some(_), _) => "3DModel",
                (None, "1") => "moto",
                _ => "api",
            };
            operation::charge(bank, store, charge(&ordered, &card, channel, secure))
        }
        (Op::PostAuth, _) => {
            rules::currency(field(f, "Currency"))?;
            operation::capture(bank, store, order, total()?)
        }
        (Op::Void, _) => operation::void(bank, store, order),
        (Op::Credit, _) => operation::refund(bank, store, order, total()?),
        _ => answer::status(&operation::status(bank, store, order)),
    })
}

/// What is ordered, as the desk wants it.
pub fn charge<'a>(o: &'a Ordered, card: &'a IssuedCard, channel: &'a str, secure: Option<Secure>) -> Charge<'a> {
    Charge {
        kind: o.kind,
        order: &o.order,
        amount: o.amount,
        currency: &o.currency,
        installments: o.installments,
        card,
        channel,
        secure,
    }
}

/// A refusal before the desk. What the merchant did not number gets a number of the bank's own.
fn refusal(bank: &Bank, f: &Fields, (code, error_code, text): Refused) -> Answer {
    if field(f, "TxnType") == "StatusHistory" {
        let order = own_number(bank.entries().len() as u64);
        return answer::status(&answer::Line {
            order,
            code,
            text,
            error_code: error_code.to_owned(),
            ..answer::Line::default()
        });
    }
    let own = own_number(bank.entries().len() as u64);
    let order = Some(field(f, "OrderId")).filter(|o| !o.is_empty()).unwrap_or(&own);
    let amount = rules::amount(field(f, "PurchAmount")).unwrap_or(0);
    answer::money(&Said { order, code, error_code, text, amount, entry: None })
}

fn note(bank: &Bank, f: &Fields, op: Op, amount: Option<i64>, card: Option<&IssuedCard>) {
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: field(f, "ShopCode").to_owned(),
        order: rules::order(f, op).unwrap_or_default().to_owned(),
        amount,
        card: card.map(|c| c.face.starred()),
        code_sent: !field(f, "Cvv2").is_empty() && card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision: !field(f, "MD").is_empty(),
    });
}

/// Makes an answer say what is not so, as ordered.
fn falsify(answer: &mut Answer, met: &Met, op: Op) {
    if met.has(FaultKind::WrongOrder) {
        let wrong = format!("X{}", answer.get("OrderId"));
        answer.set("OrderId", &wrong);
    }
    if met.has(FaultKind::WrongAmount) {
        let name = if op == Op::Status { "PurchAmount" } else { "Amount" };
        let digits: String = answer.get(name).chars().filter(char::is_ascii_digit).collect();
        answer.set(name, &answer::amount(digits.parse::<i64>().unwrap_or(0) + 100));
    }
}
