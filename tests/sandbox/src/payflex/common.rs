//! The common payment's services: `RegisterTransaction` announces a visit to the bank's page, `VposTransaction` says
//! what became of it. JSON for who does not ask for XML.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::CardFace;
use crate::desk::State as Stands;
use crate::fault::{FaultKind, Met, Op};
use crate::http::{self, Wire};
use crate::issuer::{CodeCheck, IssuedCard};
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::{Ordered, Visit};
use crate::{form, random};

use super::answer::{Answer, WIRE};
use super::gate::{Gate, Session};
use super::operation;
use super::rules::{self, Fields, Refused, Wrong};

/// Named in the bank's document as part of every signature.
const SALT: &str = "VBank3DPay2014";

/// The signature of a visit.
pub fn hash(merchant: &str, currency: &str, amount: &str, password: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{merchant}{currency}{amount}{password}{SALT}")))
}

/// How the caller wants its answer, and its name as XML.
fn wire(headers: &HeaderMap) -> Wire {
    let accept = headers.get(header::ACCEPT).and_then(|h| h.to_str().ok()).unwrap_or_default();
    if accept.contains("xml") { WIRE } else { Wire::JSON }
}

fn written(answer: &Answer, wire: Wire, root: &str) -> Vec<u8> {
    if wire.content_type == Wire::JSON.content_type { answer.json() } else { answer.xml(root) }
}

fn failed((code, text): Refused) -> Answer {
    Answer::default().with("ErrorCode", code).with("ResponseMessage", text)
}

/// Announces a visit.
pub async fn register(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let (posted, wire) = (form::parse(&body), wire(&headers));
    let get = |name: &str| form::value(&posted, name);
    let (order, amount, pan) = (get("OrderID"), rules::amount(get("Amount")), get("PAN"));
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Open,
        store: get("HostMerchantId").to_owned(),
        order: order.to_owned(),
        amount,
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| CardFace::of(pan).starred()),
        code_sent: !get("CVV").is_empty(),
        provision: false,
    });
    let met = bank.meet(Op::Open, order, amount);
    if let Some(response) = http::before(&met, wire).await {
        return response;
    }
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("127.0.0.1");
    let answer = match begin(&bank, &posted) {
        Ok(token) => Answer::default()
            .with("CommonPaymentUrl", format!("http://{host}/CommonPayment/SecurePayment"))
            .with("PaymentToken", token)
            .with("ErrorCode", "")
            .with("ResponseMessage", ""),
        Err(refused) => failed(refused),
    };
    http::after(&met, wire, written(&answer, wire, "RegisterTransactionResponse")).await
}

fn begin(bank: &Bank, posted: &Fields) -> Result<String, Refused> {
    let get = |name: &str| form::value(posted, name);
    let (store, account) = rules::caller(bank, get("HostMerchantId"), get("MerchantPassword"))
        .ok_or(("5001", "Üye işyeri şifresi hatalı."))?;
    let made = hash(&store.id, get("AmountCode"), get("Amount"), &account.password);
    match () {
        () if !same(&made, get("HashedData")) => return Err(("5001", "HashedData hatalı.")),
        () if get("HostTerminalId") != account.terminal => return Err(("9081", "Terminal bulunamadı.")),
        () if !rules::is_address(get("SuccessUrl")) || !rules::is_address(get("FailUrl")) => {
            return Err(("9025", "Dönüş adresi hatalı."));
        }
        () if get("IsSecure") != "true" && !account.plain => {
            return Err(("1111", "Üye işyerinin 3D olmayan işlem yetkisi yok."));
        }
        () if get("Extract").chars().count() > 40 => return Err(("1106", "Extract en fazla 40 karakter olmalı.")),
        () => {}
    }
    let ordered = ordered(posted)?;
    let card = card(posted)?;
    let model = if card.is_some() { "3d_pay" } else { "3d_host" };
    if !store.allows(model) {
        return Err(("2200", "Üye işyerinin ortak ödeme yetkisi yok."));
    }
    let paid = |s: &crate::desk::Standing| s.entry.approved && s.state != Stands::Declined;
    if operation::history(bank, store, &ordered.order).iter().any(paid) {
        return Err(("1061", "Bu sipariş numarası ile daha önce başarılı işlem yapılmış."));
    }
    let token = random::id();
    let session = session(store, posted, ordered, card);
    bank.memory::<Gate>().visits.insert(token.clone(), session);
    Ok(token)
}

fn session(store: &Store, posted: &Fields, ordered: Ordered, card: Option<IssuedCard>) -> Session {
    const SECRET: [&str; 5] = ["PAN", "CVV", "MerchantPassword", "HashedData", "CardHoldersName"];
    let lang = if form::value(posted, "RequestLanguage").starts_with("en") { "en" } else { "tr" };
    Session {
        visit: Visit::new(store, ordered, lang, card),
        transaction: random::id(),
        posted: posted.iter().filter(|(name, _)| !SECRET.contains(&name.as_str())).cloned().collect(),
        told: None,
    }
}

fn ordered(posted: &Fields) -> Result<Ordered, Refused> {
    let get = |name: &str| form::value(posted, name);
    let kind = match get("TransactionType") {
        "Sale" => Kind::Auth,
        "Auth" => Kind::PreAuth,
        _ => return Err(("1082", "İşlem tipi geçersiz.")),
    };
    let order = Some(get("OrderID")).filter(|o| rules::is_number(o)).ok_or(("9068", "Sipariş numarası hatalı."))?;
    Ok(Ordered {
        kind,
        order: order.to_owned(),
        amount: rules::amount(get("Amount")).ok_or(("9058", "Tutar hatalı."))?,
        currency: Some(get("AmountCode"))
            .filter(|c| rules::is_currency(c))
            .ok_or(("9059", "Para birimi hatalı."))?
            .to_owned(),
        installments: rules::instalments(get("InstallmentCount")).ok_or(("1060", "Taksit sayısı hatalı."))?,
    })
}

/// The card, if the merchant sent one: number, expiry, code and brand together.
fn card(posted: &Fields) -> Result<Option<IssuedCard>, Refused> {
    let get = |name: &str| form::value(posted, name);
    if get("PAN").is_empty() {
        return Ok(None);
    }
    let expiry = format!("{}{}", get("ExpireYear"), get("ExpireMonth"));
    let card = rules::card(get("PAN"), &expiry, get("CVV")).map_err(|wrong| match wrong {
        Wrong::Number => ("9060", "Kart numarası hatalı."),
        Wrong::Expiry => ("9063", "Son kullanma tarihi hatalı."),
        Wrong::Code => ("9061", "CVV2 hatalı."),
    })?;
    if card.code == CodeCheck::Absent {
        return Err(("9061", "CVV2 hatalı."));
    }
    if get("BrandNumber") != rules::brand(&card) {
        return Err(("9062", "Kart markası hatalı."));
    }
    Ok(Some(card))
}

/// Says what became of a visit.
pub async fn tell(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let (posted, wire) = (form::parse(&body), wire(&headers));
    let get = |name: &str| form::value(&posted, name);
    let token = get("PaymentToken");
    let ordered = bank.memory::<Gate>().visits.get(token).map(|s| s.visit.ordered.clone());
    let (order, amount) = ordered.map_or_else(|| (token.to_owned(), None), |o| (o.order, Some(o.amount)));
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Resolve,
        store: get("HostMerchantId").to_owned(),
        order: order.clone(),
        amount,
        card: None,
        code_sent: false,
        provision: false,
    });
    let met = bank.meet(Op::Resolve, &order, amount);
    if let Some(response) = http::before(&met, wire).await {
        return response;
    }
    let answer = told(&bank, &posted, &met).unwrap_or_else(failed);
    http::after(&met, wire, written(&answer, wire, "VposTransactionResponse")).await
}

fn told(bank: &Bank, posted: &Fields, met: &Met) -> Result<Answer, Refused> {
    let get = |name: &str| form::value(posted, name);
    let (store, _) =
        rules::caller(bank, get("HostMerchantId"), get("Password")).ok_or(("5001", "Üye işyeri şifresi hatalı."))?;
    let gate = bank.memory::<Gate>();
    let session = gate
        .visits
        .get(get("PaymentToken"))
        .filter(|s| s.visit.store == store.id)
        .filter(|s| get("TransactionId").is_empty() || get("TransactionId") == s.transaction)
        .ok_or(("9601", "Kayıt bulunamadı."))?;
    let answer = session.told.clone().ok_or(("1074", "İşlem henüz tamamlanmadı."))?;
    // What was ordered for the way back is met here, where it counts.
    let ordered = |kind| met.has(kind) || session.visit.outcome.as_ref().is_some_and(|o| o.met.has(kind));
    Ok(falsified(answer, ordered))
}

fn falsified(answer: Answer, has: impl Fn(FaultKind) -> bool) -> Answer {
    let mut answer = answer;
    if answer.get("Amount").is_empty() {
        return answer;
    }
    if has(FaultKind::WrongAmount) {
        let digits: String = answer.get("Amount").chars().filter(char::is_ascii_digit).collect();
        answer = answer.with("Amount", comma(digits.parse::<i64>().unwrap_or(0) + 100));
    }
    if has(FaultKind::WrongOrder) {
        let order = format!("X{}", answer.get("OrderID"));
        answer = answer.with("OrderID", order);
    }
    if has(FaultKind::WrongCurrency) {
        let other = if answer.get("AmountCode") == "840" { "978" } else { "840" };
        answer = answer.with("AmountCode", other);
    }
    answer
}

/// `1,01`: sent with a point, answered with a comma.
pub fn comma(minor: i64) -> String {
    format!("{},{:02}", minor / 100, minor % 100)
}
