//! What the banks answer, and a host to ask them.

use pos_boa::Boa;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, word};
use vezne_plugin::value::Value;
use vezne_plugin::{BankRef, Context, DigestAlg, Fault, Payments, Reply, Step, Target, TextForm};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "5188961939192544";
pub const CODE: &str = "588";
pub const PASSWORD: &str = "Api12ş&";
pub const BANKS: [&str; 2] = ["kuveyt", "vakif-katilim"];
pub const BACK: &str = "https://odeme.example/pos/t/p/callback";

pub fn session(bank: &str) -> Session {
    Session::new()
        .setting("gateway", bank)
        .setting("merchant-id", "496")
        .setting("customer-id", "400235")
        .setting("user-name", "apitest")
        .secret("api-password", PASSWORD)
}

pub fn host(bank: &str) -> Running {
    session(bank).start()
}

pub fn ctx() -> Context {
    Context { callback_url: BACK.into(), ..native::context(ORDER) }
}

pub fn card() -> TestCard {
    TestCard { holder: Some("Şule Öztürk".into()), ..TestCard::new(CARD, 6, 2029, Some(CODE)) }
}

pub fn target(operation: &str, minor: i64) -> Target {
    let bank = BankRef {
        bank_order_id: Some(ORDER.into()),
        transaction_id: Some("114293600".into()),
        auth_code: Some("241839".into()),
        extra: vec![("rrn".into(), "318923298433".into()), ("stan".into(), "298433".into())],
    };
    Target { bank, ..native::target(ORDER, operation, minor) }
}

pub fn base64_sha1(text: &[u8]) -> String {
    let value = Value::new().text(&String::from_utf8_lossy(text));
    String::from_utf8_lossy(value.digest(DigestAlg::Sha1, TextForm::Base64).revealed()).into_owned()
}

/// The hashed password, over ISO-8859-9 bytes, in code of its own (`Api12ş&` with `ş` as 0xFE).
pub fn hashed_password() -> String {
    "pEU5DtD7v7rh5dD73yUhSxC+rFA=".into()
}

/// What the banks sign when the payer comes back.
pub fn signature(order: &str, code: &str, bank_order: &str) -> String {
    base64_sha1(format!("{order}{code}{bank_order}{}", hashed_password()).as_bytes())
}

pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", text.replace('&', "&amp;").replace('<', "&lt;"))
}

pub fn elements(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, text)| element(name, text)).collect()
}

/// A `VPosTransactionResponseContract` around a repeated message.
pub fn contract(fields: &[(&str, &str)], message: &[(&str, &str)]) -> Vec<u8> {
    let message =
        if message.is_empty() { String::new() } else { format!("<VPosMessage>{}</VPosMessage>", elements(message)) };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><VPosTransactionResponseContract xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         {message}{}</VPosTransactionResponseContract>",
        elements(fields)
    )
    .into_bytes()
}

pub fn charged() -> Vec<u8> {
    contract(
        &[
            ("IsEnrolled", "true"),
            ("ProvisionNumber", "896626"),
            ("RRN", "904115005554"),
            ("Stan", "005554"),
            ("ResponseCode", "00"),
            ("ResponseMessage", "OTORİZASYON VERİLDİ"),
            ("OrderId", "4480"),
            ("TransactionTime", "2026-11-22T12:00:05.4281161"),
            ("MerchantOrderId", ORDER),
        ],
        &[("MerchantOrderId", ORDER), ("Amount", "1001"), ("CurrencyCode", "949"), ("BatchID", "1906")],
    )
}

pub fn refused(code: &str, message: &str) -> Vec<u8> {
    contract(&[("ResponseCode", code), ("ResponseMessage", message), ("OrderId", "0")], &[])
}

/// Kuveyt Türk's envelope around a result.
pub fn service(operation: &str, result: &str) -> Vec<u8> {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><{operation}Response><{operation}Result>{result}\
         </{operation}Result></{operation}Response></s:Body></s:Envelope>"
    )
    .into_bytes()
}

/// A change that worked, as the bank of the running host answers it.
pub fn changed(bank: &str, operation: &str) -> Vec<u8> {
    let fields = [
        ("ProvisionNumber", "050569"),
        ("RRN", "411220539231"),
        ("Stan", "539231"),
        ("ResponseCode", "00"),
        ("OrderId", "114293600"),
        ("MerchantOrderId", ORDER),
        ("CurrencyCode", "0949"),
    ];
    match bank {
        "kuveyt" => {
            let value = elements(&fields);
            service(operation, &format!("<Results/><Success>true</Success><Value>{value}</Value>"))
        }
        _ => contract(&fields[..6], &[("Amount", "0")]),
    }
}

/// A refusal of Kuveyt Türk's service.
pub fn service_refused(operation: &str, error_code: &str, message: &str) -> Vec<u8> {
    let code = if error_code.is_empty() { String::new() } else { element("ErrorCode", error_code) };
    let result = format!(
        "<Results><Result>{}{code}<Severity>BusinessError</Severity></Result></Results><Success>false</Success>\
         <Value><ResponseCode>DbLayerError</ResponseCode><OrderId>0</OrderId></Value>",
        element("ErrorMessage", message)
    );
    service(operation, &result)
}

/// The line of an order: kind, last standing, transaction, code, first amount, given back, closed.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub kind: &'a str,
    pub last: &'a str,
    pub transaction: &'a str,
    pub code: &'a str,
    pub given_back: &'a str,
    pub closed: &'a str,
    pub bank_order: &'a str,
    pub order: &'a str,
}

pub const PAID: Line<'static> = Line {
    kind: "1",
    last: "1",
    transaction: "1",
    code: "00",
    given_back: "0.00",
    closed: "0.00",
    bank_order: "114293600",
    order: ORDER,
};

/// An answer to a question.
pub fn listed(bank: &str, lines: &[Line<'_>]) -> Vec<u8> {
    let one = |line: &Line<'_>| {
        let fields = elements(&[
            ("OrderId", line.bank_order),
            ("MerchantOrderId", line.order),
            ("OrderStatus", line.kind),
            ("LastOrderStatus", line.last),
            ("TransactionStatus", line.transaction),
            ("FirstAmount", "10.01"),
            ("DrawbackAmount", line.given_back),
            ("ClosedAmount", line.closed),
            ("FEC", "0949"),
            ("ResponseCode", line.code),
            ("ProvNumber", "050990"),
            ("RRN", "411516539768"),
            ("Stan", "539768"),
        ]);
        format!("<OrderContract>{fields}</OrderContract>")
    };
    let lines: String = lines.iter().map(one).collect();
    if bank == "kuveyt" {
        let result = format!("<Results/><Success>true</Success><Value>{lines}</Value>");
        return service("GetMerchantOrderDetail", &result);
    }
    let text = String::from_utf8(contract(&[("ResponseCode", "00")], &[])).expect("text");
    text.replace("<ResponseCode>", &format!("<VPosOrderData>{lines}</VPosOrderData><ResponseCode>")).into_bytes()
}

/// The bank knows no such order.
pub fn no_record(bank: &str) -> Vec<u8> {
    match bank {
        "kuveyt" => listed(bank, &[]),
        _ => refused("NonResult", "Kriterlere uygun sonuc bulunamadi."),
    }
}

/// A page that posts itself.
pub fn page(action: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let input = |(name, value): &(&str, &str)| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", value.replace('"', "&quot;"))
    };
    let inputs = fields.iter().map(input).collect::<Vec<_>>().concat();
    format!(
        "<!DOCTYPE html><html><body onload=\"OnLoadEvent();\"><form name=\"downloadForm\" action=\"{action}\" method=\"POST\">{inputs}\
         <input type=\"submit\" name=\"submit\" value=\"Submit\"></form></body></html>"
    )
    .into_bytes()
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "text/xml; charset=utf-8", body)
}

pub fn html(body: &[u8]) -> Reply {
    native::answer(200, "text/html; charset=utf-8", body)
}

pub fn sent(step: &Step) -> String {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &["home"], &["home"]).expect("no sink is refused");
            String::from_utf8_lossy(&native::reveal(&send.request.body)).into_owned()
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn path(step: &Step) -> String {
    match step {
        Step::Send(send) => format!("{}{}", send.request.endpoint, send.request.path),
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    Boa::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}
