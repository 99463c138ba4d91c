//! The SOAP services.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::desk::Charge;
use crate::fault::{FaultKind, Met, Op};
use crate::http;
use crate::issuer::IssuedCard;
use crate::page::escape;
use crate::requests::Seen;
use crate::store::Store;
use crate::visit::{Ordered, Visit};

use super::gate::{Gate, Model};
use super::rules::{self, Refused};
use super::soap::{self, Answer, Call, WIRE};
use super::{operation, status};

const PAYMENTS: &str = "https://turkpos.com.tr/";
const HOSTED: &str = "https://turkodeme.com.tr/";

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

/// The payment service.
pub async fn handle(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let call = match read(&headers, &body, PAYMENTS) {
        Ok(call) => call,
        Err(response) => return *response,
    };
    let op = op(&bank, &call);
    let (order, amount) = (call.get("Siparis_ID").to_owned(), amount_of(&call));
    note(&bank, &call, op, amount);
    let mut met = bank.meet(op, &order, amount);
    let card = if matches!(op, Op::Auth | Op::PreAuth) { card_of(&bank, &call) } else { None };
    met.add_conduct(card.as_ref());
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("127.0.0.1");
    let inside =
        execute(&bank, &call, &met, host).unwrap_or_else(|(code, text)| Answer::refused(code, text).elements());
    tracing::info!(op = ?op, operation = call.operation, order, "answered");
    http::after(&met, WIRE, soap::envelope(&call.operation, PAYMENTS, &inside)).await
}

/// The hosted page's service.
pub async fn handle_hosted(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let call = match read(&headers, &body, HOSTED) {
        Ok(call) => call,
        Err(response) => return *response,
    };
    note(&bank, &call, Op::Open, None);
    let met = bank.meet(Op::Open, call.get("Islem_ID"), None);
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    // In place of a ticket an error comes as a sentence.
    let inside = ticket(&bank, &call).unwrap_or_else(|(_, text)| text.to_owned());
    http::after(&met, WIRE, soap::envelope(&call.operation, HOSTED, &escape(&inside))).await
}

/// A request that the service can tell an operation of, by its header and its body.
fn read(headers: &HeaderMap, body: &[u8], namespace: &str) -> Result<Call, Box<Response<Body>>> {
    let fault = |text: &str| {
        let mut response = http::answer(WIRE.content_type, soap::fault(text));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Box::new(response)
    };
    let call = Call::read(body).ok_or_else(|| fault("Server was unable to read request."))?;
    let action = headers.get("soapaction").and_then(|h| h.to_str().ok()).unwrap_or_default();
    if action.trim_matches('"') == format!("{namespace}{}", call.operation) {
        Ok(call)
    } else {
        Err(fault(&format!("Server did not recognize the value of HTTP Header SOAPAction: {action}.")))
    }
}

fn op(bank: &Bank, call: &Call) -> Op {
    let gate = call.get("Islem_Guvenlik_Tip") == "3D";
    match call.operation.as_str() {
        "TP_WMD_UCD" | "TP_Islem_Odeme_WD" | "TP_Islem_Odeme_OnProv_WMD" | "Pos_Odeme" if gate => Op::Open,
        "TP_Islem_Odeme_OnProv_WMD" => Op::PreAuth,
        "TP_WMD_Pay" => {
            let reserve = bank.memory::<Gate>().vouchers.get(call.get("UCD_MD")).map(|v| v.ordered.kind);
            if reserve == Some(Kind::PreAuth) { Op::PreAuth } else { Op::Auth }
        }
        "TP_Islem_Odeme_OnProv_Kapa" => Op::PostAuth,
        "TP_Islem_Iptal_Iade_Kismi2" if call.get("Durum") == "IADE" => Op::Credit,
        "TP_Islem_Iptal_OnProv" | "TP_Islem_Iptal_Iade_Kismi2" => Op::Void,
        "TP_Islem_Sorgulama4" => Op::Status,
        "TP_Islem_Izleme" => Op::Report,
        _ => Op::Auth,
    }
}

fn amount_of(call: &Call) -> Option<i64> {
    let names = ["Toplam_Tutar", "Prov_Tutar"];
    let comma = names.iter().find_map(|name| rules::amount(call.get(name)).ok());
    comma.or_else(|| rules::point_amount(call.get("Tutar")).ok())
}

/// The card whose conduct decides about silences: in clear, or the one the gate vouched for.
fn card_of(bank: &Bank, call: &Call) -> Option<IssuedCard> {
    let (store, _) = rules::caller(bank, call).ok()?;
    if call.operation == "TP_WMD_Pay" {
        return bank.memory::<Gate>().vouchers.get(call.get("UCD_MD")).map(|v| v.card.clone());
    }
    rules::card(store, call).ok()
}

fn note(bank: &Bank, call: &Call, op: Op, amount: Option<i64>) {
    let pan = call.get("KK_No");
    let card = (pan.len() >= 13 && pan.is_ascii()).then(|| crate::card::CardFace::of(pan).starred());
    let order = Some(call.get("Siparis_ID")).filter(|order| !order.is_empty()).unwrap_or(call.get("Islem_ID"));
    bank.note(Seen {
        at_ms: bank.clock().now_ms(),
        op,
        store: Some(call.get("G/CLIENT_CODE")).filter(|c| !c.is_empty()).unwrap_or(call.get("Terminal_ID")).to_owned(),
        order: order.to_owned(),
        amount,
        card,
        code_sent: !call.get("KK_CVC").is_empty(),
        provision: call.operation == "TP_WMD_Pay",
    });
}

fn execute(bank: &Bank, call: &Call, met: &Met, host: &str) -> Result<String, Refused> {
    let (store, account) = rules::caller(bank, call)?;
    let order = call.get("Siparis_ID");
    Ok(match call.operation.as_str() {
        "TP_WMD_UCD" | "TP_Islem_Odeme_WD" | "TP_Islem_Odeme_OnProv_WMD" | "Pos_Odeme" => {
            rules::is_signed(account, store, call)?;
            begin(bank, store, call, host, met)?.elements()
        }
        "TP_WMD_Pay" => falsified(complete(bank, store, call)?, met).elements(),
        "TP_Islem_Odeme_OnProv_Kapa" => {
            falsified(operation::capture(bank, store, order, rules::amount(call.get("Prov_Tutar"))?), met).elements()
        }
        "TP_Islem_Iptal_OnProv" => operation::void_reservation(bank, store, order).elements(),
        "TP_Islem_Iptal_Iade_Kismi2" => {
            let total = rules::point_amount(call.get("Tutar"))?;
            match call.get("Durum") {
                "IPTAL" => operation::void(bank, store, order, total).elements(),
                "IADE" => operation::refund(bank, store, order, total).elements(),
                _ => return Err((-219, "Durum IPTAL ya da IADE olmalı.")),
            }
        }
        "TP_Islem_Sorgulama4" => asked(bank, store, call, met)?,
        "TP_Islem_Izleme" => status::history(bank, store, call.get("Tarih_Bas"), call.get("Tarih_Bit")),
        _ => return Err((-207, "Sistem hatası.")),
    })
}

/// A charge, or the way to the gate.
fn begin(bank: &Bank, store: &Store, call: &Call, host: &str, met: &Met) -> Result<Answer, Refused> {
    let mut ordered = rules::ordered(call)?;
    let card = rules::card(store, call)?;
    // A number that was used before gets another one, which the answer tells.
    if operation::desk(bank, store).order(&ordered.order).is_some_and(|o| o.state != "declined") {
        ordered.order = operation::other_number(bank);
    }
    let transaction = call.get("Islem_ID");
    bank.memory::<Gate>().orders.insert(transaction.to_owned(), ordered.order.clone());
    match (call.get("Islem_Guvenlik_Tip"), call.operation.as_str()) {
        ("NS", "TP_WMD_UCD" | "TP_Islem_Odeme_WD" | "TP_Islem_Odeme_OnProv_WMD") => {
            let done = operation::charge(bank, store, charge(&ordered, &card, "api", None));
            Ok(falsified(operation::charged(&done, &call.operation), met))
        }
        ("3D", operation) => {
            let urls = rules::addresses(call)?;
            let model = if matches!(operation, "Pos_Odeme" | "TP_Islem_Odeme_WD") { Model::Pay } else { Model::ThreeD };
            if !store.allows(model.name()) {
                return Err((-204, "Sanal POS tipi hatalı."));
            }
            let order = ordered.order.clone();
            let visit = Visit::new(store, ordered, "tr", Some(card));
            let mut gate = bank.memory::<Gate>();
            let id = gate.begin(model, visit, transaction, urls);
            let guid = gate.sessions.get(&id).map(|s| s.guid.clone()).unwrap_or_default();
            Ok(way(model, &id, &guid, &order, host))
        }
        _ => Err((-204, "İşlem güvenlik tipi hatalı.")),
    }
}

fn way(model: Model, id: &str, guid: &str, order: &str, host: &str) -> Answer {
    let answer = Answer::of(&[
        ("Islem_ID", "6021846789"),
        ("Sonuc", "1"),
        ("Sonuc_Str", "İşlem Başarılı"),
        ("Banka_Sonuc_Kod", "0"),
    ]);
    if model == Model::Pay {
        let address = format!("http://{host}/3D_Secure/AkilliKart_3DPay_PFO.aspx?rURL=TURKPOS_3D_TRAN&SID={id}");
        return answer.with("UCD_URL", &address);
    }
    let page = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"/></head><body onload=\"document.forms[0].submit()\">\
         <form id=\"frm3d\" action=\"http://{host}/3D_Secure/challenge\" method=\"post\">\
         <input type=\"hidden\" name=\"creq\" value=\"{id}\"/><input type=\"submit\" value=\"Devam\"/></form></body></html>"
    );
    answer.with("UCD_HTML", &page).with("Islem_GUID", guid).with("UCD_MD", "").with("Siparis_ID", order)
}

/// Charges what the gate authenticated: what Param wrote down then, not what is said now.
fn complete(bank: &Bank, store: &Store, call: &Call) -> Result<Answer, Refused> {
    const NONE: Refused = (-209, "İşlem bulunamadı.");
    let (md, order) = (call.get("UCD_MD"), call.get("Siparis_ID"));
    let voucher = {
        let mut gate = bank.memory::<Gate>();
        let known = gate.sessions.values().any(|s| s.guid == call.get("Islem_GUID") && s.visit.ordered.order == order);
        let voucher = gate.vouchers.young(md, bank.clock().now_ms()).map_err(|_| NONE)?.clone();
        if !known || voucher.ordered.order != order {
            return Err(NONE);
        }
        gate.vouchers.spend(md, &store.id, &voucher.ordered).map_err(|_| (-207, "İşlem daha önce tamamlanmış."))?;
        voucher
    };
    let secure = Some(voucher.secure.clone());
    let done = operation::charge(bank, store, charge(&voucher.ordered, &voucher.card, "3d", secure));
    Ok(operation::completed(&done))
}

fn asked(bank: &Bank, store: &Store, call: &Call, met: &Met) -> Result<String, Refused> {
    let (order, transaction) = {
        let gate = bank.memory::<Gate>();
        let given = call.get("Siparis_ID").to_owned();
        let of_order = gate.orders.iter().find(|(_, order)| **order == given).map(|(id, _)| id.clone());
        match gate.orders.get(call.get("Islem_ID")) {
            Some(order) if given.is_empty() => (order.clone(), call.get("Islem_ID").to_owned()),
            _ => (given, of_order.unwrap_or_default()),
        }
    };
    let line = status::order(bank, store, &order, &transaction).ok_or((-209, "İşlem bulunamadı."))?;
    let line = falsified(line, met);
    let result = Answer::of(&[("Sonuc", "1"), ("Sonuc_Str", "Başarılı")]);
    Ok(format!("<DT_Bilgi>{}</DT_Bilgi>{}", line.elements(), result.elements()))
}

/// Opens the hosted page: the order gets a number of Param's own.
fn ticket(bank: &Bank, call: &Call) -> Result<String, Refused> {
    let [code, user, password] = ["CLIENT_CODE", "CLIENT_USERNAME", "CLIENT_PASSWORD"].map(|name| call.header(name));
    let (store, _) = rules::known(bank, code, user, password).map_err(|_| (-101, "SOAP Güvenlik Hatası.127.0.0.1"))?;
    let fixed = |name: &str| call.get(name).strip_prefix("r|").ok_or((-112, "Alan r| ile başlamalı."));
    let (transaction, back) = (call.get("Islem_ID"), fixed("Return_URL")?);
    if call.get("Terminal_ID") != store.id || transaction.is_empty() || !back.starts_with("http") {
        return Err((-116, "Terminal, işlem numarası ya da dönüş adresi hatalı."));
    }
    let currency = match call.get("Doviz_Kodu") {
        "" | "1000" => "949",
        "1001" => "840",
        "1002" => "978",
        "1003" => "826",
        _ => return Err((-204, "Döviz kodu hatalı.")),
    };
    let ordered = Ordered {
        kind: Kind::Auth,
        order: format!("{}{}", operation::other_number(bank), bank.memory::<Gate>().sessions.len()),
        amount: rules::amount(fixed("Borclu_Tutar")?)?,
        currency: currency.to_owned(),
        installments: call
            .get("Taksit")
            .parse()
            .ok()
            .filter(|n| (1..=12).contains(n))
            .ok_or((-110, "Taksit hatalı."))?,
    };
    bank.rename(transaction, &ordered.order);
    let mut gate = bank.memory::<Gate>();
    gate.orders.insert(transaction.to_owned(), ordered.order.clone());
    let visit = Visit::new(store, ordered, "tr", None);
    let id = gate.begin(Model::Hosted, visit, transaction, (back.to_owned(), back.to_owned()));
    Ok(STANDARD.encode(id))
}

/// Makes an answer say what is not so, as ordered.
fn falsified(answer: Answer, met: &Met) -> Answer {
    let mut answer = answer;
    if met.has(FaultKind::WrongOrder) {
        let wrong = format!("X{}", answer.get("Siparis_ID"));
        answer = answer.with("Siparis_ID", &wrong);
    }
    if met.has(FaultKind::WrongAmount) && !answer.get("Toplam_Tutar").is_empty() {
        let minor = rules::point_amount(answer.get("Toplam_Tutar")).unwrap_or(0) + 100;
        answer = answer.with("Toplam_Tutar", &format!("{}.{:02}", minor / 100, minor % 100));
    }
    answer
}
