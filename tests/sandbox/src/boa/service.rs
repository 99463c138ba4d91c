//! Kuveyt Türk's SOAP service: void, refund and the question about an order.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};

use crate::bank::Bank;
use crate::clock::local;
use crate::fault::{FaultKind, Met, Op};
use crate::http::{self, Wire};
use crate::store::Store;
use crate::xml::{self, escape};

use super::ask::{self, Ask, Refused};
use super::contract::{Contract, elements};
use super::home::note;
use super::line;
use super::operation::{self, Change, NOT_FOUND};
use super::store::Brand;

const WIRE: Wire = Wire::xml(
    "text/xml; charset=utf-8",
    b"<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><SaleReversalResponse>",
);

const ACTION: &str = "http://boa.net/BOA.Integration.VirtualPos/Service/IVirtualPosService/";

#[derive(Clone, Copy)]
enum Doing {
    Change(Change),
    Detail,
}

fn doing(name: &str) -> Option<(Doing, Op)> {
    match name {
        "SaleReversal" => Some((Doing::Change(Change::Void), Op::Void)),
        "DrawBack" => Some((Doing::Change(Change::Refund), Op::Credit)),
        "PartialDrawback" => Some((Doing::Change(Change::PartialRefund), Op::Credit)),
        "GetMerchantOrderDetail" => Some((Doing::Detail, Op::Status)),
        _ => None,
    }
}

fn fault(text: &str) -> Response<Body> {
    let body = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault><faultcode>s:Client</faultcode>\
         <faultstring>{}</faultstring></s:Fault></s:Body></s:Envelope>",
        escape(text)
    );
    let mut response = http::answer(WIRE.content_type, body);
    *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// One call. The action names the operation, and the body has to hold the same.
pub async fn handle(State(bank): State<Bank>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let action = headers.get("soapaction").and_then(|h| h.to_str().ok()).unwrap_or_default().trim_matches('"');
    let name = action.strip_prefix(ACTION).unwrap_or_default().to_owned();
    let Some((doing, op)) = doing(&name) else {
        return fault("The message cannot be processed at the receiver, due to a ContractFilter mismatch.");
    };
    let Ok(flat) = xml::read(&body, "Envelope") else {
        return fault("The message is not well formed.");
    };
    let (request_path, message_path) = (format!("Body/{name}/request/"), format!("Body/{name}/request/VPosMessage/"));
    let (request, message) = (Ask::new(&flat, &request_path), Ask::new(&flat, &message_path));
    let caller = ask::caller(&bank, Brand::Kuveyt, message);
    note(&bank, message, op, None, false);
    let order = message.get("MerchantOrderId");
    let met = bank.meet(op, order, ask::amount(message.get("Amount")));
    if let Some(response) = http::before(&met, WIRE).await {
        return response;
    }
    let done = caller.and_then(|(store, _)| match doing {
        Doing::Change(what) => change(&bank, store, request, message, what, &met),
        Doing::Detail => detail(&bank, store, request, &met),
    });
    let result = done.unwrap_or_else(|(code, text)| refused(code, text, op != Op::Status));
    let envelope = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
         <{name}Response xmlns=\"http://boa.net/BOA.Integration.VirtualPos/Service\">\
         <{name}Result xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\">{result}</{name}Result></{name}Response></s:Body></s:Envelope>"
    );
    http::after(&met, WIRE, envelope.into_bytes()).await
}

/// The reason is in the result; the value of a change says only that the data layer failed.
fn refused(code: &str, text: &str, is_change: bool) -> String {
    let code = if code.is_empty() { String::new() } else { format!("<ErrorCode>{code}</ErrorCode>") };
    let value = if is_change {
        "<ResponseCode>DbLayerError</ResponseCode><OrderId>0</OrderId>".to_owned()
    } else {
        String::new()
    };
    format!(
        "<Results><Result><ErrorMessage>{}</ErrorMessage>{code}<IsFriendly>true</IsFriendly>\
         <Severity>BusinessError</Severity></Result></Results><Success>false</Success><Value>{value}</Value>",
        escape(text)
    )
}

fn change(
    bank: &Bank,
    store: &Store,
    request: Ask<'_>,
    message: Ask<'_>,
    what: Change,
    met: &Met,
) -> Result<String, Refused> {
    let origin = operation::original(bank, store, message.get("MerchantOrderId"), request.get("OrderId"))?;
    let stan = origin.host_ref.get(6..).unwrap_or_default();
    let numbers = [("RRN", origin.host_ref.as_str()), ("Stan", stan), ("ProvisionNumber", &origin.auth_code)];
    if numbers.iter().any(|(name, kept)| request.get(name) != *kept) || request.get("MerchantId") != store.id {
        return Err(NOT_FOUND);
    }
    let contract = operation::change(bank, store, message, what, &origin)?;
    let order = if met.has(FaultKind::WrongOrder) { format!("X{}", contract.order) } else { contract.order.clone() };
    let contract = Contract { order, message: Vec::new(), ..contract };
    match contract.code.as_str() {
        "00" => {}
        // What the host refuses has its code in the value; what the service refuses, in the result.
        "21" | "28" => {
            let fields = elements(&contract.fields());
            return Ok(format!("<Results/><Success>false</Success><Value>{fields}</Value>"));
        }
        _ => return Ok(refused(&contract.code, &contract.text, true)),
    }
    let fields = elements(&contract.fields());
    let currency = format!("<CurrencyCode>0{}</CurrencyCode>", origin.currency);
    Ok(format!("<Results/><Success>true</Success><Value>{fields}{currency}</Value>"))
}

fn detail(bank: &Bank, store: &Store, request: Ask<'_>, met: &Met) -> Result<String, Refused> {
    let (from, until, number) = (request.get("StartDate"), request.get("EndDate"), request.get("OrderId"));
    if from.is_empty() || until.is_empty() {
        return Err(("InvalidRequestError", "Başlangıç ve bitiş tarihi boş olamaz."));
    }
    let order = request.get("MerchantOrderId");
    let within = |at_ms: i64| {
        let at = local(at_ms).strftime("%Y-%m-%dT%H:%M:%S").to_string();
        from <= at.as_str() && at.as_str() <= until
    };
    let asked = line::of_order(bank, store, order, met);
    let none = asked.is_empty();
    let meant =
        asked.into_iter().filter(|(e, _)| within(e.at_ms) && (matches!(number, "" | "0") || e.trans_id == number));
    let mut rows: String = meant.map(|(_, row)| row).collect();
    if none {
        rows = line::begun(bank, store, order).unwrap_or_default();
    }
    Ok(format!("<Results/><Success>true</Success><Value>{rows}</Value>"))
}
