//! `/ALBMerchantService/MerchantJSONAPI.svc/…`: the service.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::Secure;
use crate::clock::long_date;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met};
use crate::http::{self, Wire};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::posnet::money::{self, Refused, Told, letters, no, turkish};
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;
use crate::voucher::Unvouched;

use super::answer;
use super::gate::Gate;
use super::request::{Method, Request};
use super::store::Account;

/// How the family writes on the wire.
pub const WIRE: Wire =
    Wire { content_type: "application/json; charset=utf-8", opening: b"{\"ServiceResponseData\":{\"ResponseCode\":" };

/// Who asks for what.
struct Call<'a> {
    bank: &'a Bank,
    store: &'a Store,
    account: &'a Account,
    request: &'a Request,
}

/// What is known of an operation before it is done.
#[derive(Default)]
struct Subject {
    order: String,
    key: Option<String>,
    ordered: Option<Ordered>,
    card: Option<IssuedCard>,
    secure: Option<Secure>,
    refused: Option<Refused>,
}

/// Answers one request.
pub async fn handle(State(bank): State<Bank>, Path(method): Path<String>, body: Bytes) -> Response<Body> {
    let say = |refused: &Refused| http::answer(WIRE.content_type, answer::no(refused).to_string());
    let request = match Request::read(&method, &body) {
        Ok(request) => request,
        Err(refused) => return say(&refused),
    };
    let (store, account) = match request.caller(&bank) {
        Ok(both) => both,
        Err(refused) => return say(&refused),
    };
    let call = Call { bank: &bank, store, account, request: &request };
    let mut subject = Subject::default();
    if let Err(refused) = fill(&call, &mut subject) {
        subject.refused = Some(refused);
    }
    note(&call, &subject);
    let mut met = bank.meet(request.method.op(), &subject.order, request.amount().ok());
    if matches!(request.method, Method::Charge(_)) {
        met.add_conduct(subject.card.as_ref());
    }
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let answer = execute(&call, subject, &met).unwrap_or_else(|refused| answer::no(&refused));
    tracing::info!(method, code = answer["ServiceResponseData"]["ResponseCode"].as_str(), "answered");
    http::after(&met, WIRE, answer.to_string().into_bytes()).await
}

fn fill(call: &Call<'_>, subject: &mut Subject) -> Result<(), Refused> {
    let Call { bank, store, request, .. } = call;
    let Method::Charge(kind) = request.method else {
        (subject.order, subject.key) = request.original(bank, store)?;
        return Ok(());
    };
    let ordered = request.ordered(kind)?;
    subject.order.clone_from(&ordered.order);
    subject.ordered = Some(ordered);
    if !request.is_provision() {
        subject.card = Some(request.card(store)?);
        return Ok(());
    }
    let (card, secure) = vouched(call)?;
    (subject.card, subject.secure) = (Some(card), Some(secure));
    Ok(())
}

/// The card behind an authentication, if everything the page said is repeated exactly.
fn vouched(call: &Call<'_>) -> Result<(IssuedCard, Secure), Refused> {
    let request = call.request;
    if request.get("IsTDSecureMerchant") != "Y" || request.get("IsMailOrder") != "N" {
        return Err(money::packet("ISTDSECUREMERCHANT"));
    }
    let gate = call.bank.memory::<Gate>();
    let transaction = request.proof("SecureTransactionId");
    let young = gate.vouchers.young(&transaction, call.bank.clock().now_ms()).map_err(|_| no("0217"))?;
    let repeated = young.store == call.store.id
        && same(&young.secure.cavv, &request.proof("CavvData"))
        && same(&young.secure.eci, &request.proof("Eci"))
        && same(&young.secure.md_status, &request.proof("MdStatus"))
        && same(&format!("016{transaction}"), &request.proof("MD"));
    if repeated { Ok((young.card.clone(), young.secure.clone())) } else { Err(no("0217")) }
}

fn execute(call: &Call<'_>, subject: Subject, met: &Met) -> Result<Value, Refused> {
    if let Some(refused) = subject.refused {
        return Err(refused);
    }
    let Call { bank, store, account, request } = call;
    let order = subject.order.as_str();
    let told: Told = match request.method {
        Method::Charge(_) => {
            let (Some(ordered), Some(card)) = (&subject.ordered, &subject.card) else {
                return Err(money::packet("CARDNO"));
            };
            charge(call, ordered, card, subject.secure)?
        }
        Method::Capture => {
            let currency = request.currency()?;
            money::capture(bank, store, order, request.amount()?, currency, request.installments(currency)?)
        }
        Method::Void => money::void(bank, store, order, request.transaction()?, subject.key.as_deref()),
        Method::Refund => {
            request.transaction()?;
            let (amount, currency) = if request.names_amount() {
                (Some(request.amount()?), Some(request.currency()?))
            } else {
                (None, None)
            };
            let went_through_page = money::listed(bank, store, order)?.iter().any(|line| line.three_d);
            // At most stores a 3-D payment is given back as a whole, whatever is sent.
            let amount = amount.filter(|_| !went_through_page || account.partial_three_d_refund);
            money::refund(bank, store, order, amount, currency, false)
        }
        Method::Inquiry => return inquiry(call, order, met),
    };
    Ok(answer::told(&told))
}

/// A charge with the card, or once with what the page vouched for.
fn charge(call: &Call<'_>, ordered: &Ordered, card: &IssuedCard, secure: Option<Secure>) -> Result<Told, Refused> {
    if secure.is_some() {
        let transaction = call.request.proof("SecureTransactionId");
        let spent = call.bank.memory::<Gate>().vouchers.spend(&transaction, &call.store.id, ordered);
        match spent {
            // Spent: the order number has been used as well, and says so.
            Ok(()) | Err(Unvouched::Spent) => {}
            Err(Unvouched::OtherInstallments) => return Err(no("0012")),
            Err(_) => return Err(no("0217")),
        }
    }
    let channel = match (&secure, call.request.get("IsMailOrder").as_str()) {
        (Some(_), _) => "3d",
        (None, "Y") => "moto",
        _ => "api",
    };
    let asked = Charge {
        kind: ordered.kind,
        order: &ordered.order,
        amount: ordered.amount,
        currency: &ordered.currency,
        installments: ordered.installments,
        card,
        channel,
        secure,
    };
    Ok(money::charge(call.bank, call.store, "", asked, 0))
}

/// Everything of one order, newest first. What the issuer refused is not listed.
fn inquiry(call: &Call<'_>, order: &str, met: &Met) -> Result<Value, Refused> {
    let mut lines = money::listed(call.bank, call.store, order)?;
    lines.retain(|line| line.entry.approved);
    if lines.is_empty() {
        return Err(no("E219"));
    }
    lines.reverse();
    let row = |line: &money::Listed| {
        let entry = &line.entry;
        let kind = match line.state.as_str() {
            "Authorization" => "Auth",
            state if state.ends_with("_Reverse") => "Reverse",
            state => state,
        };
        let card = entry.card.as_ref().map(|c| format!("{}******{}", c.bin, c.last4)).unwrap_or_default();
        let mut address = money::address(entry, line.three_d);
        if met.has(FaultKind::WrongOrder) {
            address.replace_range(address.len() - 1.., "!");
        }
        json!({
            "Amount": turkish(entry.amount + if met.has(FaultKind::WrongAmount) { 100 } else { 0 }),
            "AuthCode": entry.auth_code,
            "CardNo": card,
            "CurrencyCode": letters(&entry.currency),
            "HostLogKey": entry.trans_id,
            "OrderId": address,
            "TransactionDate": long_date(entry.at_ms).replace(' ', ""),
            "TransactionStatus": if line.effective { "1" } else { "0" },
            "TransactionType": kind,
        })
    };
    let mut answer = answer::yes("0000", "Başarılı");
    answer["TransactionData"] = lines.iter().map(row).collect();
    Ok(answer)
}

fn note(call: &Call<'_>, subject: &Subject) {
    let card = subject.card.as_ref();
    let provision = call.request.is_provision();
    call.bank.note(Seen {
        at_ms: call.bank.clock().now_ms(),
        op: call.request.method.op(),
        store: call.store.id.clone(),
        order: subject.order.clone(),
        amount: call.request.amount().ok(),
        card: card.map(|c| c.face.starred()),
        code_sent: !provision && card.is_some_and(|c| c.code != CodeCheck::Absent),
        provision,
    });
}
