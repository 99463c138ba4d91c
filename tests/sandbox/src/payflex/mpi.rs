//! The MPI: enrolment, the way to the card's bank, and what comes back. Nothing on that way is signed; the proof is
//! held against the MPI's record when the charge arrives.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Response, header};
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::card::CardFace;
use crate::fault::{FaultKind, Met, Op};
use crate::issuer::{IssuedCard, ThreeDs};
use crate::requests::Seen;
use crate::visit::{self, Authentication, Ordered, Outcome, Visit};
use crate::voucher::Voucher;
use crate::way_back::{self, WayBack, kept};
use crate::{form, http, random};

use super::answer::{Answer, WIRE};
use super::gate::{self, Enrolment, Gate};
use super::rules::{self, Fields, Fingerprint, Refused, Wrong};

/// Where the card's bank waits, as enrolments say (`ACSUrl`).
pub const ACS: &str = "/MPIAPI/acs";
/// Where the card's bank sends the payer afterwards (`TermUrl`).
pub const TERM: &str = "/MPIAPI/MPI_PARes.aspx";

/// Fields of an enrolment that are not kept.
const SECRET: [&str; 2] = ["Pan", "MerchantPassword"];

/// The enrolment service.
pub async fn enrol(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let posted = form::parse(&body);
    let get = |name: &str| form::value(&posted, name);
    let (number, amount, pan) = (get("VerifyEnrollmentRequestId"), rules::amount(get("PurchaseAmount")), get("Pan"));
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op: Op::Open,
        store: get("MerchantId").to_owned(),
        order: number.to_owned(),
        amount,
        card: (pan.len() >= 13 && pan.is_ascii()).then(|| CardFace::of(pan).starred()),
        code_sent: false,
        provision: false,
    });
    let met = bank.meet(Op::Open, number, amount);
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("127.0.0.1");
    let answer = match begin(&bank, &posted) {
        Ok((status, md, pa_req)) if status == "Y" => {
            let way = [
                ("PaReq", pa_req),
                ("ACSUrl", format!("http://{host}{ACS}")),
                ("TermUrl", format!("http://{host}{TERM}")),
            ];
            let veres = way
                .into_iter()
                .fold(Answer::default().with("Version", "2.1.0").with("Status", status), |all, (k, v)| all.with(k, v));
            said(&veres.with("MD", md), number, ("", ""))
        }
        // Which of the bank's codes the directory's own refusals carry is not published; 2053 was seen.
        Ok((status, ..)) => {
            let reason = match status {
                "E" => ("2053", "VeRes status is E Message : Directory server communication error"),
                _ => ("", "Kart 3D Secure programına dahil değil."),
            };
            said(&Answer::default().with("Version", "2.1.0").with("Status", status), number, reason)
        }
        Err(refused) => said(&Answer::default().with("Version", "").with("Status", "E"), number, refused),
    };
    http::after(&met, WIRE, answer).await
}

fn said(veres: &Answer, number: &str, (code, text): Refused) -> Vec<u8> {
    let rest = Answer::default()
        .with("VerifyEnrollmentRequestId", number)
        .with("MessageErrorCode", code)
        .with("ErrorMessage", text);
    let message = format!("<Message ID=\"{}\"><VERes>{}</VERes></Message>", random::id(), veres.elements());
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><IPaySecure>{message}{}</IPaySecure>", rest.elements())
        .into_bytes()
}

/// The directory's word, and for a `Y` the names of the way: `MD` and `PaReq`.
fn begin(bank: &Bank, posted: &Fields) -> Result<(&'static str, String, String), Refused> {
    let get = |name: &str| form::value(posted, name);
    let (store, account) = rules::caller(bank, get("MerchantId"), get("MerchantPassword"))
        .ok_or(("2005", "Merchant cannot be found for this bank"))?;
    if !store.allows("3d") {
        return Err(("1110", "Üye işyerinin 3D işlem yetkisi yok."));
    }
    if !account.dealer.allows(get("MerchantType"), get("SubMerchantId")) {
        return Err(("6034", "Üye işyeri türü ile alt bayi bilgisi uyumsuz."));
    }
    let number = get("VerifyEnrollmentRequestId");
    if !rules::is_number(number) {
        return Err(("2022", "VerifyEnrollmentRequestId boş ya da hatalı."));
    }
    let ordered = Ordered {
        kind: Kind::Auth,
        order: number.to_owned(),
        amount: rules::amount(get("PurchaseAmount")).ok_or(("9058", "Tutar hatalı."))?,
        currency: Some(get("Currency"))
            .filter(|c| rules::is_currency(c))
            .ok_or(("9059", "Para birimi hatalı."))?
            .to_owned(),
        installments: rules::instalments(get("InstallmentCount")).ok_or(("1060", "Taksit sayısı hatalı."))?,
    };
    if !rules::is_address(get("SuccessUrl")) || !rules::is_address(get("FailureUrl")) {
        return Err(("9025", "Dönüş adresi hatalı."));
    }
    let card = rules::card(get("Pan"), get("ExpiryDate"), "").map_err(|wrong| match wrong {
        Wrong::Number => ("9060", "Kart numarası hatalı."),
        Wrong::Expiry | Wrong::Code => ("9063", "Son kullanma tarihi hatalı."),
    })?;
    if !get("BrandName").is_empty() && get("BrandName") != rules::brand(&card) {
        return Err(("9062", "Kart markası hatalı."));
    }
    recurring(posted)?;
    let mut gate = bank.memory::<Gate>();
    if gate.knows(&store.id, number) {
        return Err(("2023", "VerifyEnrollmentRequestId daha önce kullanılmış."));
    }
    let (md, pa_req) = (random::id(), random::base64(60));
    let status = directory(&card);
    let kept = posted.iter().filter(|(name, _)| !SECRET.contains(&name.as_str())).cloned().collect();
    let expiry = get("ExpiryDate").to_owned();
    let enrolment = Enrolment {
        card: Fingerprint::of(get("Pan"), &expiry),
        visit: Visit::new(store, ordered, "tr", Some(card)),
        number: number.to_owned(),
        pa_req: pa_req.clone(),
        expiry,
        posted: kept,
    };
    gate.enrolments.insert(md.clone(), enrolment);
    Ok((status, md, pa_req))
}

/// What the directory says of the card.
fn directory(card: &IssuedCard) -> &'static str {
    match card.three_ds {
        ThreeDs::Half(2) => "N",
        ThreeDs::Half(3) => "U",
        ThreeDs::Fail(8) => "E",
        _ => "Y",
    }
}

/// A repeated payment says how often, how many and until when.
fn recurring(posted: &Fields) -> Result<(), Refused> {
    let get = |name: &str| form::value(posted, name);
    let between = |text: &str, range: std::ops::RangeInclusive<u16>| text.parse().is_ok_and(|n| range.contains(&n));
    let is_day = |text: &str| jiff::civil::Date::strptime("%Y%m%d", text).is_ok();
    match get("IsRecurring") {
        "true" if !between(get("RecurringInstallmentCount"), 2..=120) => Err(("1091", "Tekrar sayısı hatalı.")),
        "true" if !between(get("RecurringFrequency"), 1..=99) => Err(("1092", "Tekrar aralığı hatalı.")),
        "true" if !matches!(get("RecurringFrequencyType"), "Day" | "Month" | "Year") => {
            Err(("1102", "Tekrar aralığı tipi hatalı."))
        }
        "true" if !is_day(get("RecurringEndDate")) => Err(("1092", "Tekrar bitiş tarihi hatalı.")),
        "true" if !get("TriggerDate").is_empty() && !is_day(get("TriggerDate")) => {
            Err(("1092", "Tekrar başlangıç tarihi hatalı."))
        }
        "" | "false" | "true" => Ok(()),
        _ => Err(("9025", "Hatalı istek.")),
    }
}

/// The payer arrives at the card's bank with what the enrolment said.
pub async fn to_issuer(State(bank): State<Bank>, body: Bytes) -> Response<Body> {
    let posted = form::parse(&body);
    let get = |name: &str| form::value(&posted, name);
    let mut gate = bank.memory::<Gate>();
    let md = get("MD").to_owned();
    let known = gate
        .enrolments
        .get_mut(&md)
        .filter(|e| e.pa_req == get("PaReq") && get("TermUrl").ends_with(TERM) && e.visit.outcome.is_none());
    let Some(enrolment) = known else { return visit::unknown() };
    Redirect::to(&enrolment.visit.authenticate(&bank, &format!("{TERM}?MD={md}"))).into_response()
}

/// The payer is back from the card's bank, and is sent on to the merchant.
pub async fn came_back(State(bank): State<Bank>, Query(query): Query<HashMap<String, String>>) -> Response<Body> {
    let md = query.get("MD").map_or("", String::as_str);
    way_back::answer::<Enrolment>(&bank, md).await
}

kept!(Enrolment in Gate.enrolments);

impl WayBack for Enrolment {
    fn settle(bank: &Bank, gate: &mut Gate, md: &str, met: Met) -> Option<Outcome> {
        let enrolment = gate.enrolments.get(md)?;
        let card = enrolment.visit.card.clone()?;
        let came = enrolment.visit.authentication(bank);
        let status = match came {
            Authentication::Refused(6) => "E",
            Authentication::Refused(5) => "U",
            came => came.tx_status(),
        };
        let secure = came.proof(&card);
        let fields = falsified(fields(enrolment, &card, status, &secure), &met);
        let url = if came.is_any() { "SuccessUrl" } else { "FailureUrl" };
        let url = form::value(&enrolment.posted, url).to_owned();
        let outcome = Outcome { lang: "tr".to_owned(), url, fields, server_url: None, met };
        if came.is_any() {
            let (store, ordered) = (enrolment.visit.store.clone(), enrolment.visit.ordered.clone());
            let key = gate::key(&store, &enrolment.number);
            let (print, at_ms) = (enrolment.card.clone(), bank.clock().now_ms());
            gate.cards.insert(key.clone(), print);
            gate.vouchers.keep(key, Voucher { store, ordered, card, secure, at_ms, spent: false });
        }
        Some(outcome)
    }
}

fn fields(e: &Enrolment, card: &IssuedCard, status: &str, secure: &Secure) -> Fields {
    let get = |name: &str| form::value(&e.posted, name);
    let ordered = &e.visit.ordered;
    let (code, text) = if status == "E" { ("2053", "3D Secure hatası") } else { ("", "") };
    let amount = ordered.amount.to_string();
    let pan = format!("{}******{}", card.face.bin, card.face.last4);
    let fields = [
        ("MerchantId", get("MerchantId")),
        // The bank writes the whole number here; the sandbox keeps none.
        ("Pan", &pan),
        ("Expiry", &e.expiry),
        // In minor units, though it was sent with a point.
        ("PurchAmount", &amount),
        ("PurchCurrency", &ordered.currency),
        ("VerifyEnrollmentRequestId", &e.number),
        ("Xid", &secure.xid),
        ("SessionInfo", get("SessionInfo")),
        ("Status", status),
        ("Cavv", &secure.cavv),
        ("Eci", &secure.eci),
        ("ExpSign", ""),
        ("InstallmentCount", get("InstallmentCount")),
        ("SubMerchantNo", get("SubMerchantId")),
        ("SubMerchantName", ""),
        ("SubMerchantNumber", ""),
        ("ErrorCode", code),
        ("ErrorMessage", text),
    ];
    fields.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec()
}

/// What comes back says what is not so, as ordered. There is no signature to spoil: a proof the MPI never gave is.
fn falsified(mut fields: Fields, met: &Met) -> Fields {
    for (name, value) in &mut fields {
        match name.as_str() {
            "PurchAmount" if met.has(FaultKind::WrongAmount) => {
                *value = (value.parse::<i64>().unwrap_or(0) + 100).to_string();
            }
            "PurchCurrency" if met.has(FaultKind::WrongCurrency) => {
                if value == "840" { "978" } else { "840" }.clone_into(value);
            }
            "VerifyEnrollmentRequestId" if met.has(FaultKind::WrongOrder) => value.insert(0, 'X'),
            "Cavv" if met.has(FaultKind::WrongHash) => *value = random::base64(20),
            _ => {}
        }
    }
    fields
}
