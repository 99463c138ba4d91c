//! What the bank answers, and a host to ask it. Signatures are made here in code of their own.

use pos_payfor::Payfor;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, word};
use vezne_plugin::{Context, Fault, Payments, Reply, Step, Target};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "4155650100416111";
pub const CODE: &str = "908";
pub const MERCHANT: &str = "085300000009704";
pub const USER: &str = "QNB_API_KULLANICI";
pub const PASSWORD: &str = "UcBN0<ş&";
pub const STORE_KEY: &str = "k12345678ş";

pub fn session() -> Session {
    Session::new()
        .setting("merchant-id", MERCHANT)
        .setting("user-code", USER)
        .secret("api-password", PASSWORD)
        .secret("store-key", STORE_KEY)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    native::context(ORDER)
}

pub fn card() -> TestCard {
    let mut card = TestCard::new(CARD, 12, 2030, Some(CODE));
    card.holder = Some("Çağrı Şık & Oğlu".into());
    card
}

pub const SENT_AT_MS: u64 = 1_795_338_000_000;

pub fn target(operation: &str, minor: i64) -> Target {
    Target { sent_at_millis: SENT_AT_MS, ..native::target(ORDER, operation, minor) }
}

fn elements(fields: &[(&str, &str)]) -> String {
    let element =
        |(name, text): &(&str, &str)| format!("<{name}>{}</{name}>", text.replace('&', "&amp;").replace('<', "&lt;"));
    fields.iter().map(element).collect::<Vec<_>>().concat()
}

pub fn response(fields: &[(&str, &str)]) -> Vec<u8> {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<PayforResponse>{}</PayforResponse>", elements(fields))
        .into_bytes()
}

pub fn approved() -> Vec<u8> {
    response(&[
        ("AuthCode", "S37397"),
        ("HostRefNum", "230422098249"),
        ("ProcReturnCode", "00"),
        ("TransId", ORDER),
        ("ErrMsg", "Onaylandı"),
    ])
}

pub fn refused(code: &str, message: &str) -> Vec<u8> {
    response(&[
        ("AuthCode", ""),
        ("HostRefNum", "2304"),
        ("ProcReturnCode", code),
        ("TransId", ORDER),
        ("ErrMsg", message),
    ])
}

/// An answer to `OrderInquiry`.
pub fn order(kind: &str, amount: &str, code: &str, voided: bool) -> Vec<u8> {
    let (result, voided) = (if code == "00" { "Success" } else { "Failed" }, if voided { "true" } else { "false" });
    response(&[
        ("RequestGuid", "1000000081265961"),
        ("InsertDatetime", "22.11.2026 12:00:03"),
        ("OrderId", ORDER),
        ("SecureType", "3DModel"),
        ("PurchAmount", amount),
        ("Exponent", "2"),
        ("Currency", "949"),
        ("TxnType", kind),
        ("ErrMsg", ""),
        ("TxnResult", result),
        ("AuthCode", "S90370"),
        ("ProcReturnCode", code),
        ("F37", "230423101605"),
        ("IsVoided", voided),
        ("IsRefunded", "false"),
    ])
}

pub fn no_record() -> Vec<u8> {
    response(&[
        ("RequestGuid", "0"),
        ("OrderId", ORDER),
        ("SecureType", "Inquiry"),
        ("PurchAmount", ""),
        ("TxnType", "OrderInquiry"),
        ("ErrMsg", "Seçili İşlem Bulunamadı!"),
        ("TxnResult", ""),
        ("ProcReturnCode", "V013"),
    ])
}

/// A `TxnHistoryReport`: rows of type, amount, time, standing (`Y`, `V`, `N`), code and number of the request.
pub fn history(rows: &[(&str, &str, &str, &str, &str, &str)]) -> Vec<u8> {
    let row = |(kind, amount, at, standing, code, request): &(&str, &str, &str, &str, &str, &str)| {
        let fields = elements(&[
            ("RequestGuid", request),
            ("InsertDatetime", at),
            ("OrderId", ORDER),
            ("SecureType", "NonSecure"),
            ("PurchAmount", amount),
            ("Exponent", "2"),
            ("Currency", "949"),
            ("TxnType", kind),
            ("TxnStatus", standing),
            ("TxnResult", if *code == "00" { "Success" } else { "Failed" }),
            ("AuthCode", "S1"),
            ("ProcReturnCode", code),
            ("F37", "4021"),
        ]);
        format!(
            "<PaymentRequestExtended><PaymentRequest xmlns=\"http://ocean.smartway.com/\">{fields}</PaymentRequest></PaymentRequestExtended>"
        )
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<TxnHistoryReport>{}</TxnHistoryReport>", rows.concat())
        .into_bytes()
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "text/xml; charset=utf-8", body)
}

pub fn sent(step: &Step) -> String {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &["api", "gate"], &["api"]).expect("no sink is refused");
            String::from_utf8_lossy(&native::reveal(&send.request.body)).into_owned()
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    native::next_call();
    Payfor::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}
