//! `SearchRequest`: one transaction by its number, a payment by its order, or some days. Only reads.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::Response;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::clock::{DAY_MS, local};
use crate::desk::{Standing, State as Stands};
use crate::fault::{FaultKind, Met, Op};
use crate::http;
use crate::requests::Seen;
use crate::store::Store;
use crate::xml::Flat;

use super::answer::{self, Answer, WIRE};
use super::operation;
use super::rules::{self, Refused, decimal};

/// Lines of one page, and days of one question, at most.
const PAGE_MAX: usize = 50;
const DAYS_MAX: i64 = 124;

/// The service.
pub async fn handle(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let asked = match rules::document(&body, "SearchRequest") {
        Ok(asked) => Asked(asked),
        Err(refused) => return http::answer(WIRE.content_type, refusal(&bank, refused)),
    };
    let op = if asked.get("DateCriteria/StartDate").is_empty() { Op::Status } else { Op::Report };
    let order = asked.order(&bank);
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: asked.get("MerchantCriteria/HostMerchantId").to_owned(),
        order: order.clone(),
        amount: None,
        card: None,
        code_sent: false,
        provision: false,
    });
    let met = bank.meet(op, &order, None);
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let answer = found(&bank, &asked, &met).unwrap_or_else(|refused| refusal(&bank, refused));
    http::after(&met, WIRE, answer).await
}

struct Asked(Flat);

impl Asked {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The order that is asked about, for the log and for faults.
    fn order(&self, bank: &Bank) -> String {
        let order = self.get("TransactionCriteria/OrderId");
        let number = self.get("TransactionCriteria/TransactionId");
        let store = bank.store(self.get("MerchantCriteria/HostMerchantId"));
        let known = store.and_then(|store| operation::find(bank, store, |e| e.trans_id == number));
        match known {
            Some(entry) if order.is_empty() => entry.order,
            _ => order.to_owned(),
        }
    }
}

fn refusal(bank: &Bank, (code, text): Refused) -> Vec<u8> {
    document(&info(bank, "Error", code, text))
}

fn document(inside: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><SearchResponse>{inside}</SearchResponse>").into_bytes()
}

fn info(bank: &Bank, status: &str, code: &str, text: &str) -> String {
    let now = local(bank.clock().now_ms()).strftime("%Y-%m-%dT%H:%M:%S%.7f+03:00").to_string();
    let fields = Answer::default()
        .with("Status", status)
        .with("ResponseCode", code)
        .with("ResponseMessage", text)
        .with("ResponseDateTime", now)
        .with("IsIdempotent", "false");
    format!("<ResponseInfo>{}</ResponseInfo>", fields.elements())
}

fn found(bank: &Bank, asked: &Asked, met: &Met) -> Result<Vec<u8>, Refused> {
    let get = |name: &str| asked.get(name);
    let (store, _) =
        rules::caller(bank, get("MerchantCriteria/HostMerchantId"), get("MerchantCriteria/MerchantPassword"))
            .ok_or(("9065", "Üye isyeri bulunamadi"))?;
    let [number, order, auth_code] =
        ["TransactionId", "OrderId", "AuthCode"].map(|name| get(&format!("TransactionCriteria/{name}")).to_owned());
    let all = match () {
        // The number counts where both are said.
        () if !number.is_empty() => one(bank, store, |e| e.trans_id == number),
        () if !order.is_empty() => one(bank, store, |e| e.order == order && charges(e.kind)),
        () if !auth_code.is_empty() => one(bank, store, |e| e.auth_code == auth_code),
        () => days(bank, store, get("DateCriteria/StartDate"), get("DateCriteria/EndDate"))?,
    };
    if all.is_empty() {
        return Err(("9601", "Kayıt bulunamadı."));
    }
    let paging = |name: &str, usual: usize| match get(&format!("PagedRequestInfo/{name}")) {
        "" => Ok(usual),
        text => text.parse().ok().filter(|n| *n > 0).ok_or(("9025", "Hatalı istek.")),
    };
    let (index, size) = (paging("PageIndex", 1)?, paging("PageSize", 10)?);
    if size > PAGE_MAX {
        return Err(("9615", "Bir sayfada en fazla 50 kayıt listelenebilir."));
    }
    let page = all.iter().skip((index - 1) * size).take(size);
    let rows = page.fold(String::new(), |all, line| {
        let row = falsified(row(bank, store, line), met);
        all + "<TransactionSearchResultInfo>" + &row.elements() + "</TransactionSearchResultInfo>"
    });
    let head = info(bank, "Success", "0000", "Succeeded.");
    Ok(document(&format!(
        "{head}<PageIndex>{index}</PageIndex><PageSize>{size}</PageSize><TotalItemCount>{}</TotalItemCount>\
         <TransactionSearchResultInfo>{rows}</TransactionSearchResultInfo>",
        all.len()
    )))
}

fn charges(kind: Kind) -> bool {
    matches!(kind, Kind::Auth | Kind::PreAuth)
}

/// The newest success, or else the newest failure.
fn one(bank: &Bank, store: &Store, meant: impl Fn(&Entry) -> bool) -> Vec<Standing> {
    let entry = operation::find(bank, store, |e| e.approved && meant(e));
    let Some(entry) = entry.or_else(|| operation::find(bank, store, meant)) else { return Vec::new() };
    operation::history(bank, store, &entry.order).into_iter().filter(|s| s.entry.seq == entry.seq).collect()
}

/// Everything from one day to another, both included.
fn days(bank: &Bank, store: &Store, from: &str, until: &str) -> Result<Vec<Standing>, Refused> {
    const CROOKED: Refused = ("9025", "Hatalı istek.");
    let zone = TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::UTC);
    let midnight = |text: &str| {
        let day = Date::strptime("%Y-%m-%d", text).ok()?;
        day.to_datetime(Time::midnight()).to_zoned(zone.clone()).ok().map(|at| at.timestamp().as_millisecond())
    };
    let (from, until) = (midnight(from).ok_or(CROOKED)?, midnight(until).ok_or(CROOKED)? + DAY_MS);
    if until <= from {
        return Err(CROOKED);
    }
    if until - from > DAYS_MAX * DAY_MS {
        return Err(("9057", "Sorgu aralığı en fazla 4 ay olabilir."));
    }
    Ok(operation::between(bank, store, from, until))
}

fn row(bank: &Bank, store: &Store, line: &Standing) -> Answer {
    let entry = &line.entry;
    let (code, text) = match line.state {
        Stands::Reversing => ("1074", "İşlem henüz tamamlanmadı."),
        Stands::Reversed => ("9074", "Teknik nedenle iptal edilmiş."),
        Stands::Declined => (entry.code.as_str(), "RED"),
        _ => ("0000", "İŞLEM BAŞARILI"),
    };
    let of_order = operation::history(bank, store, &entry.order);
    let live = |s: &&Standing| s.entry.approved && s.entry.kind == Kind::Credit && s.state != Stands::Voided;
    let back: i64 = of_order.iter().filter(live).map(|s| s.entry.amount).sum();
    let taken = matches!(entry.kind, Kind::Auth | Kind::PostAuth) && entry.approved;
    let flag = |yes: bool| if yes { "true" } else { "false" };
    // A change has an order number of the bank's own.
    let order = if charges(entry.kind) { &entry.order } else { &entry.trans_id };
    Answer::default()
        .with("MerchantId", &store.id)
        .with("TransactionType", operation::type_of(entry.kind))
        .with("TransactionId", &entry.trans_id)
        .with("OrderId", order)
        .with("ResultCode", code)
        .with("ResponseMessage", text)
        .with("HostResultCode", code.get(1..).unwrap_or_default())
        .with("AuthCode", &entry.auth_code)
        .with("HostDate", answer::short_date(entry.at_ms))
        .with("Rrn", &entry.host_ref)
        .with("CurrencyAmount", decimal(entry.amount))
        .with("AmountCode", &entry.currency)
        .with("CurrencyCode", "")
        .with("ThreeDSecureType", operation::security(entry))
        .with("GainedPoint", "0")
        .with("TotalPoint", "0")
        .with("SurchargeAmount", "0.00")
        .with("Extract", "")
        .with("IsReversed", flag(line.state == Stands::Reversed))
        .with("IsCanceled", flag(line.state == Stands::Voided))
        .with("IsRefunded", flag(taken && back >= entry.amount))
}

/// Makes a line say what is not so, as ordered.
fn falsified(row: Answer, met: &Met) -> Answer {
    let mut row = row;
    if met.has(FaultKind::WrongAmount) {
        let minor = rules::amount(row.get("CurrencyAmount")).unwrap_or(0) + 100;
        row = row.with("CurrencyAmount", decimal(minor));
    }
    if met.has(FaultKind::WrongOrder) {
        let order = format!("X{}", row.get("OrderId"));
        row = row.with("OrderId", order);
    }
    row
}
