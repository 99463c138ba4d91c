//! The VPOS service: `VposRequest` in the form field `prmstr`.

use std::net::IpAddr;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::card::CardFace;
use crate::desk::{Charge, Done};
use crate::fault::{FaultKind, Met, Op};
use crate::http;
use crate::issuer::IssuedCard;
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::Ordered;
use crate::voucher::Unvouched;
use crate::xml::Flat;

use super::answer::{Answer, WIRE};
use super::gate::{self, Gate};
use super::operation;
use super::rules::{self, Refused, Wrong, decimal};
use super::store::Account;

/// The service.
pub async fn handle(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let request = match rules::document(&body, "VposRequest") {
        Ok(request) => Request(request),
        Err(refused) => return http::answer(WIRE.content_type, Answer::refused(refused).xml("VposResponse")),
    };
    let op = request.op();
    let (order, amount) = (request.order(&bank), rules::amount(request.get("CurrencyAmount")));
    request.note(&bank, op, &order, amount);
    let mut met = bank.meet(op, &order, amount);
    let charges = matches!(op, Op::Auth | Op::PreAuth);
    met.add_conduct(request.card().ok().filter(|_| charges).as_ref());
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let answer = execute(&bank, &request).unwrap_or_else(Answer::refused);
    tracing::info!(op = ?op, order, code = answer.get("ResultCode"), "answered");
    http::after(&met, WIRE, falsified(answer, &met).xml("VposResponse")).await
}

/// A request, flat.
struct Request(Flat);

impl Request {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn op(&self) -> Op {
        match self.get("TransactionType") {
            "Auth" => Op::PreAuth,
            "Capture" => Op::PostAuth,
            "Cancel" => Op::Void,
            "Refund" => Op::Credit,
            _ => Op::Auth,
        }
    }

    /// Ours for a charge, the original's for a change.
    fn order(&self, bank: &Bank) -> String {
        let (own, reference) = (self.get("OrderId"), self.get("ReferenceTransactionId"));
        if !own.is_empty() || reference.is_empty() {
            return own.to_owned();
        }
        let store = bank.store(self.get("MerchantId"));
        let entry = store.and_then(|store| operation::find(bank, store, |e| e.trans_id == reference));
        entry.map_or_else(|| reference.to_owned(), |entry| entry.order)
    }

    /// `YYMM`; the service takes `YYYYMM`.
    fn expiry(&self) -> &str {
        self.get("Expiry").strip_prefix("20").unwrap_or_default()
    }

    fn card(&self) -> Result<IssuedCard, Wrong> {
        rules::card(self.get("Pan"), self.expiry(), self.get("Cvv"))
    }

    fn numbers(&self) -> (&str, &str) {
        (self.get("TransactionId"), self.get("ReferenceTransactionId"))
    }

    fn amount(&self) -> Result<i64, Refused> {
        rules::amount(self.get("CurrencyAmount")).ok_or(("1047", "İşlem tutarı geçersiz."))
    }

    fn currency(&self) -> Result<&str, Refused> {
        let currency = self.get("CurrencyCode");
        if rules::is_currency(currency) { Ok(currency) } else { Err(("1077", "Para birimi hatalı.")) }
    }

    fn note(&self, bank: &Bank, op: Op, order: &str, amount: Option<i64>) {
        let pan = self.get("Pan");
        bank.note(Seen {
            at_ms: bank.clock().now_ms(),
            op,
            store: self.get("MerchantId").to_owned(),
            order: order.to_owned(),
            amount,
            card: (pan.len() >= 13 && pan.is_ascii()).then(|| CardFace::of(pan).starred()),
            code_sent: !self.get("Cvv").is_empty(),
            provision: !self.get("MpiTransactionId").is_empty(),
        });
    }
}

fn execute(bank: &Bank, request: &Request) -> Result<Answer, Refused> {
    let (store, account) = rules::caller(bank, request.get("MerchantId"), request.get("Password"))
        .ok_or(("9039", "Üye işyeri bulunamadı."))?;
    let (transaction, reference) = request.numbers();
    if !transaction.is_empty() && !rules::is_number(transaction) {
        return Err(("1054", "İşlem numarası hatalı."));
    }
    // Voids and refunds name no terminal.
    let named = matches!(request.get("TransactionType"), "Sale" | "Auth" | "Capture");
    if named && request.get("TerminalNo") != account.terminal {
        return Err(("1125", "Terminal bulunamadı."));
    }
    let changed = |done: Done| operation::answered(&done, &account.terminal, Some(reference));
    let numbers = (transaction, reference);
    match request.get("TransactionType") {
        "Sale" => charge(bank, store, account, request, Kind::Auth),
        "Auth" => charge(bank, store, account, request, Kind::PreAuth),
        "Capture" => operation::capture(bank, store, numbers, request.amount()?, request.currency()?).map(changed),
        "Cancel" => operation::void(bank, store, numbers).map(changed),
        "Refund" => operation::refund(bank, store, numbers, request.amount()?).map(changed),
        _ => Err(("1082", "İşlem tipi geçersiz.")),
    }
}

fn charge(bank: &Bank, store: &Store, account: &Account, request: &Request, kind: Kind) -> Result<Answer, Refused> {
    let order = request.get("OrderId");
    if !order.is_empty() && !rules::is_number(order) {
        return Err(("1078", "Sipariş numarası geçersiz."));
    }
    let ordered = Ordered {
        kind,
        order: if order.is_empty() { crate::random::id() } else { order.to_owned() },
        amount: request.amount()?,
        currency: request.currency()?.to_owned(),
        installments: rules::instalments(request.get("NumberOfInstallments"))
            .ok_or(("1060", "Taksit sayısı hatalı."))?,
    };
    if request.get("ClientIp").parse::<IpAddr>().is_err() {
        return Err(("1096", "ClientIp gönderilmedi ya da geçersiz."));
    }
    let card = request.card().map_err(|wrong| match wrong {
        Wrong::Number => ("1051", "Kart numarası hatalı."),
        Wrong::Expiry => ("1052", "Son kullanma tarihi hatalı."),
        Wrong::Code => ("1050", "CVV hatalı."),
    })?;
    let secure = allowed(bank, store, account, request, &ordered)?;
    let channel = match (&secure, request.get("TransactionDeviceSource")) {
        (Some(_), _) => "3d",
        (None, "1") => "moto",
        _ => "api",
    };
    // Only the enrolment names a sub-dealer.
    let sub_dealer = bank.memory::<Gate>().sub_dealer(&store.id, request.get("MpiTransactionId"));
    let asked = of(&ordered, &card, channel, secure);
    let done = operation::charge(bank, store, request.get("TransactionId"), &sub_dealer, asked)?;
    Ok(operation::answered(&done, &account.terminal, None))
}

/// What is ordered, as the desk wants it.
pub fn of<'a>(o: &'a Ordered, card: &'a IssuedCard, channel: &'a str, secure: Option<Secure>) -> Charge<'a> {
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

/// May the store charge in this way? The proof, where the MPI vouched for the payer.
fn allowed(
    bank: &Bank,
    store: &Store,
    account: &Account,
    request: &Request,
    ordered: &Ordered,
) -> Result<Option<Secure>, Refused> {
    let verified = ["MpiTransactionId", "ECI", "CAVV"].iter().any(|name| !request.get(name).is_empty());
    match (request.get("TransactionDeviceSource"), verified) {
        ("1", true) => Err(("1118", "3D işlemler mail order olarak gönderilemez.")),
        ("1", false) if !store.mail_order => Err(("2200", "Üye işyerinin mail order yetkisi yok.")),
        ("0", _) if request.get("Cvv").is_empty() => Err(("1120", "Güvenlik kodu geçersiz.")),
        ("0", true) => vouched(bank, store, request, ordered).map(Some),
        ("0", false) if !account.plain => Err(("1111", "Üye işyerinin 3D olmayan işlem yetkisi yok.")),
        ("0" | "1", false) => Ok(None),
        _ => Err(("1121", "TransactionDeviceSource alanı zorunludur.")),
    }
}

/// Holds the charge against the MPI's own record, and uses that up.
fn vouched(bank: &Bank, store: &Store, request: &Request, ordered: &Ordered) -> Result<Secure, Refused> {
    const DIFFERS: Refused = ("1126", "Gönderilen bilgiler MPI adımındakilerle uyuşmuyor.");
    let number = request.get("MpiTransactionId");
    match () {
        () if number.is_empty() => return Err(("1114", "MpiTransactionId boş olamaz.")),
        () if request.get("ECI").is_empty() || request.get("CAVV").is_empty() => {
            return Err(("0581", "ECI ya da CAVV bilgisi eksik."));
        }
        () if !store.allows("3d") => return Err(("1110", "Üye işyerinin 3D işlem yetkisi yok.")),
        () => {}
    }
    let mut memory = bank.memory::<Gate>();
    let memory = &mut *memory;
    let key = gate::key(&store.id, number);
    let now = bank.clock().now_ms();
    let secure = memory
        .vouchers
        .young(&key, now)
        .map(|v| v.secure.clone())
        .map_err(|_| ("1115", "MpiTransactionId bulunamadı."))?;
    if secure.eci != request.get("ECI") {
        return Err(("1116", "ECI bilgisi MPI'daki ile aynı değil."));
    }
    if secure.cavv != request.get("CAVV") {
        return Err(("1117", "CAVV bilgisi MPI'daki ile aynı değil."));
    }
    let same_card = memory.cards.get(&key).is_some_and(|card| card.is(request.get("Pan"), request.expiry()));
    if !same_card {
        return Err(DIFFERS);
    }
    // The enrolment knows its own number, not the order's; and not whether a reservation is wanted.
    let enrolled = Ordered { order: number.to_owned(), ..ordered.clone() };
    memory.vouchers.spend(&key, &store.id, &enrolled).map_err(|why| match why {
        Unvouched::Spent => ("1128", "MpiTransactionId daha önce kullanılmış."),
        Unvouched::Unknown | Unvouched::TooOld => ("1115", "MpiTransactionId bulunamadı."),
        Unvouched::Mismatch | Unvouched::OtherInstallments => DIFFERS,
    })?;
    Ok(secure)
}

/// Makes an answer say what is not so, as ordered.
fn falsified(answer: Answer, met: &Met) -> Answer {
    let mut answer = answer;
    if met.has(FaultKind::WrongOrder) && !answer.get("OrderId").is_empty() {
        let wrong = format!("X{}", answer.get("OrderId"));
        answer = answer.with("OrderId", wrong);
    }
    if met.has(FaultKind::WrongAmount)
        && let Some(minor) = rules::amount(answer.get("CurrencyAmount"))
    {
        answer = answer.with("CurrencyAmount", decimal(minor + 100));
    }
    answer
}
