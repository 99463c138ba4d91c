//! The 3-D page: the payer's browser arrives with the merchant's signed form and leaves with the bank's signed result.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::CardFace;
use crate::fault::{FaultKind, Met, Op};
use crate::http::Wire;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::posnet::money::{self, ORDER_CHARS, Refused, no, packet};
use crate::requests::Seen;
use crate::secret::same;
use crate::store::Store;
use crate::visit::{Authentication, Ordered, Outcome, Visit};
use crate::voucher::{Voucher, Vouchers};
use crate::way_back::{WayBack, kept};
use crate::{form, http, page, random};

use super::mac;
use super::request::CARD_LIST;
use super::store::Account;

type Fields = Vec<(String, String)>;

const PAGE_LIST: &str = "MerchantNo:TerminalNo:Amount";
const RESULT_LIST: &str = "ECI:CAVV:MdStatus:MdErrorMessage:MD:SecureTransactionId";

/// Everything the 3-D page remembers.
#[derive(Default)]
pub struct Gate {
    sessions: HashMap<String, Session>,
    /// By `SecureTransactionId`.
    pub(super) vouchers: Vouchers,
}

/// A payer on the page.
pub struct Session {
    visit: Visit,
    return_url: String,
}

/// The merchant's form.
pub async fn enter(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let posted = form::parse(&body);
    let field = |name: &str| form::value(&posted, name);
    let lang = field("Language").to_owned();
    let refuse = |say: &str| http::page(page::message(&lang, "Hata", say));
    let meant = |s: &Store, a: &Account| {
        s.id == field("MerchantNo") && a.terminal == field("TerminalNo") && a.posnet_id == field("PosnetID")
    };
    let Some((store, account)) = bank.find_store::<Account>(meant) else {
        return refuse("Üye işyeri bulunamadı (0148).");
    };
    let url = field("MerchantReturnURL").to_owned();
    if url.len() > 2_048 || !(url.starts_with("http://") || url.starts_with("https://")) {
        return refuse("MerchantReturnURL geçerli bir adres olmalı.");
    }
    if !is_signed(account, &posted) {
        return refuse("MAC doğrulanamadı (0600).");
    }
    let (ordered, card) = match read(store, &posted) {
        Ok(both) => both,
        Err(refused) => return refuse(&format!("{} ({}).", refused.text, refused.code)),
    };
    note(&bank, &posted, &ordered);
    let met = bank.meet(Op::Gate, &ordered.order, Some(ordered.amount));
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return response;
    }
    let id = random::id();
    let mut visit = Visit::new(store, ordered, &lang, card);
    let next = if visit.card.is_none() { card_address(&id) } else { visit.authenticate(&bank, &return_address(&id)) };
    bank.memory::<Gate>().sessions.insert(id, Session { visit, return_url: url });
    http::after(&met, Wire::PAGE, Vec::new()).await;
    Redirect::to(&next).into_response()
}

/// The list is the page's, whatever the form says; two of its names are others in the form.
fn is_signed(account: &Account, posted: &Fields) -> bool {
    let field = |name: &str| form::value(posted, name);
    let list = if field("UseOOS") == "1" { PAGE_LIST } else { CARD_LIST };
    let values: Vec<&str> = list
        .split(':')
        .map(|name| match name {
            "Cvc2" => field("Cvv"),
            "ExpireDate" => field("ExpiredDate"),
            name => field(name),
        })
        .collect();
    field("MacParams") == list && same(&mac::of(account, &values), field("Mac"))
}

fn read(store: &Store, posted: &Fields) -> Result<(Ordered, Option<IssuedCard>), Refused> {
    let field = |name: &str| form::value(posted, name);
    if !store.allows("3d") {
        return Err(no("0058"));
    }
    let kind = match field("TransactionType") {
        "Sale" => Kind::Auth,
        "Auth" => Kind::PreAuth,
        _ => return Err(packet("TRANSACTIONTYPE")),
    };
    let order = field("OrderId");
    match () {
        () if order.len() != ORDER_CHARS || !money::is_plain(order) => return Err(packet("ORDERID")),
        () if field("TxnState") != "INITIAL" => return Err(packet("TXNSTATE")),
        () if !matches!(field("OpenNewWindow"), "0" | "1") => return Err(packet("OPENNEWWINDOW")),
        () if !matches!(field("Language"), "tr" | "en") => return Err(packet("LANGUAGE")),
        () => {}
    }
    let currency = money::currency(field("CurrencyCode"))?;
    let count = field("InstallmentCount").parse().map_err(|_| packet("INSTALLMENTCOUNT"))?;
    let ordered = Ordered {
        kind,
        order: order.to_owned(),
        amount: money::amount(field("Amount"))?,
        currency: currency.to_owned(),
        installments: money::installments(count, currency)?,
    };
    if field("UseOOS") == "1" {
        return Ok((ordered, None));
    }
    Ok((ordered, Some(with_code(field("CardNo"), field("ExpiredDate"), field("Cvv"))?)))
}

fn with_code(pan: &str, expires: &str, code: &str) -> Result<IssuedCard, Refused> {
    let card = money::card(pan, expires, Some(code).filter(|code| !code.is_empty()))?;
    if card.code == CodeCheck::Absent { Err(packet("CVC")) } else { Ok(card) }
}

fn note(bank: &Bank, posted: &Fields, ordered: &Ordered) {
    let pan = form::value(posted, "CardNo");
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Gate,
        store: form::value(posted, "MerchantNo").to_owned(),
        order: ordered.order.clone(),
        amount: Some(ordered.amount),
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| CardFace::of(pan).starred()),
        code_sent: !form::value(posted, "Cvv").is_empty(),
        provision: false,
    });
}

fn card_address(id: &str) -> String {
    format!("/ALBSecurePaymentUI/card/{id}")
}

fn return_address(id: &str) -> String {
    format!("/ALBSecurePaymentUI/return/{id}")
}

/// The bank's own card form, with an error; nothing where the payer is past it.
fn card_form(bank: &Bank, id: &str, error: Option<&str>) -> Option<String> {
    let gate = bank.memory::<Gate>();
    gate.sessions.get(id)?.visit.card_form(bank, &card_address(id), error)
}

/// The bank's card form.
pub async fn card_page(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    card_form(&bank, &id, None).map_or_else(http::gone, http::page)
}

/// The typed card, or cancel.
pub async fn card_typed(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    if card_form(&bank, &id, None).is_none() {
        return http::gone();
    }
    let fields = form::parse(&body);
    let value = |name: &str| form::value(&fields, name).trim();
    let pan: String = value("pan").chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let typed = with_code(&pan, &format!("{:0>2}{:0>2}", value("year"), value("month")), value("cv2"));
    let card = match typed {
        _ if value("action") == "cancel" => None,
        Ok(card) => Some(card),
        Err(refused) => return card_form(&bank, &id, Some(&refused.text)).map_or_else(http::gone, http::page),
    };
    let mut gate = bank.memory::<Gate>();
    let Some(session) = gate.sessions.get_mut(&id) else {
        return http::gone();
    };
    Redirect::to(&session.visit.card_typed(&bank, card, &return_address(&id))).into_response()
}

kept!(Session in Gate.sessions);

impl WayBack for Session {
    fn card_form(id: &str) -> String {
        card_address(id)
    }

    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get(id)?;
        let (store, account) = session.visit.merchant::<Account>(bank)?;
        let ordered = session.visit.ordered.clone();
        let card = session.visit.card.clone();
        let authentication = match card {
            Some(_) => session.visit.authentication(bank),
            None => Authentication::Cancelled,
        };
        let transaction = transaction_number(bank.clock().now_ms());
        let secure = card.as_ref().map(|card| authentication.proof(card));
        let (eci, cavv) = secure.as_ref().map_or(("", ""), |s| (s.eci.as_str(), s.cavv.as_str()));
        let mut fields = result_fields(&ordered, &store.id, card.as_ref(), authentication, eci, cavv, &transaction);
        falsify(&mut fields, &met);
        let values: Vec<&str> = RESULT_LIST.split(':').map(|name| form::value(&fields, name)).collect();
        let made = if met.has(FaultKind::WrongHash) { mac::of(account, &["wrong"]) } else { mac::of(account, &values) };
        fields.push(("Mac".into(), made));
        fields.push(("MacParams".into(), RESULT_LIST.into()));
        let outcome = Outcome {
            lang: session.visit.lang.clone(),
            url: session.return_url.clone(),
            fields,
            server_url: None,
            met,
        };
        if let (Some(card), Some(secure), true) = (card, secure, authentication.is_any()) {
            let at_ms = bank.clock().now_ms();
            let voucher = Voucher { store: store.id.clone(), ordered, card, secure, at_ms, spent: false };
            gate.vouchers.keep(transaction, voucher);
        }
        Some(outcome)
    }
}

/// Sixteen digits.
fn transaction_number(now_ms: i64) -> String {
    format!("1010{:09}{:03}", now_ms.rem_euclid(1_000_000_000), u32::from(random::byte()) * 3)
}

fn result_fields(
    ordered: &Ordered,
    store: &str,
    card: Option<&IssuedCard>,
    authentication: Authentication,
    eci: &str,
    cavv: &str,
    transaction: &str,
) -> Fields {
    let message = match authentication {
        Authentication::Challenged => "Y-status/Challenge authentication via ACS: https://acs.invalid/creq",
        Authentication::Frictionless => "Authenticated",
        Authentication::Cancelled => "Challenge cancelled by cardholder",
        Authentication::Half(4) => "A-status/Attempt",
        Authentication::Half(_) => "Not enrolled",
        Authentication::WrongCode | Authentication::Refused(_) => "Not authenticated",
    };
    let count = if ordered.installments > 1 { ordered.installments } else { 0 };
    [
        ("CCPrefix", card.map_or("", |c| c.face.bin.as_str())),
        ("TranType", if ordered.kind == Kind::PreAuth { "Auth" } else { "Sale" }),
        ("Amount", &ordered.amount.to_string()),
        ("OrderId", &ordered.order),
        ("MerchantId", store),
        ("CAVV", cavv),
        ("CAVVAlgorithm", if cavv.is_empty() { "" } else { "3" }),
        ("ECI", if eci.is_empty() { "07" } else { eci }),
        ("MD", &format!("016{transaction}")),
        ("MdErrorMessage", message),
        ("MdStatus", &authentication.md_status().to_string()),
        ("SecureTransactionId", transaction),
        ("CurrencyCode", &ordered.currency),
        ("InstalmentCode", &count.to_string()),
        ("VtfCode", ""),
        ("PointAmount", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Order, amount and currency are not signed; a fault may still change them.
fn falsify(fields: &mut Fields, met: &Met) {
    let mut set = |name: &str, value: &dyn Fn(&str) -> String| {
        if let Some((_, old)) = fields.iter_mut().find(|(k, _)| k == name) {
            *old = value(old);
        }
    };
    if met.has(FaultKind::WrongAmount) {
        set("Amount", &|old| (old.parse::<i64>().unwrap_or_default() + 100).to_string());
    }
    if met.has(FaultKind::WrongOrder) {
        set("OrderId", &|old| format!("X{}", old.get(1..).unwrap_or_default()));
    }
    if met.has(FaultKind::WrongCurrency) {
        set("CurrencyCode", &|old| if old == "840" { "978" } else { "840" }.to_owned());
    }
}
