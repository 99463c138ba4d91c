//! What the bank answers, and a host to ask it.

use pos_payflex::Payflex;
use vezne_plugin::body::url_decoded;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, word};
use vezne_plugin::{BankRef, Card, Context, Fault, Payments, Reply, Step, Target};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "4938410157705591";
pub const CODE: &str = "453";
pub const PASSWORD: &str = "3XTgER&9ş";
pub const BACK: &str = "https://odeme.example/pos/t/p/callback";
pub const TAKES_CARD: [&str; 3] = ["vpos", "mpi", "register"];
pub const TAKES_SECRETS: [&str; 5] = ["vpos", "mpi", "search", "register", "transaction"];

pub fn session() -> Session {
    Session::new()
        .setting("merchant-id", "000000000111111")
        .setting("terminal-id", "VP000095")
        .secret("api-password", PASSWORD)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    Context { callback_url: BACK.into(), ..native::context(ORDER) }
}

pub fn card() -> TestCard {
    TestCard { holder: Some("Şule Öztürk".into()), ..TestCard::new(CARD, 12, 2029, Some(CODE)) }
}

pub fn target(operation: &str, minor: i64) -> Target {
    let bank = BankRef {
        bank_order_id: Some(ORDER.into()),
        transaction_id: Some("TX1".into()),
        auth_code: Some("735879".into()),
        extra: Vec::new(),
    };
    Target { bank, ..native::target(ORDER, operation, minor) }
}

pub fn elements(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    fields.iter().map(|(name, text)| format!("<{name}>{}</{name}>", escaped(text))).collect::<Vec<_>>().concat()
}

pub fn document(root: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><{root}>{}</{root}>", elements(fields)).into_bytes()
}

pub fn approved() -> Vec<u8> {
    document(
        "VposResponse",
        &[
            ("MerchantId", "000000000111111"),
            ("TransactionType", "Sale"),
            ("TransactionId", "TX1"),
            ("ResultCode", "0000"),
            ("ResultDetail", "İŞLEM BAŞARILI"),
            ("AuthCode", "735879"),
            ("HostDate", "20261122120005"),
            ("Rrn", "306822971283"),
            ("CurrencyAmount", "10.01"),
            ("CurrencyCode", "949"),
            ("OrderId", ORDER),
            ("BatchNo", "300"),
        ],
    )
}

pub fn refused(code: &str, message: &str) -> Vec<u8> {
    document("VposResponse", &[("ResultCode", code), ("ResultDetail", message), ("InstallmentTable", "")])
}

/// An answer to a search: type, number, code, voided.
pub fn listed(rows: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let row = |(kind, number, code, voided): &(&str, &str, &str, &str)| {
        let fields = elements(&[
            ("TransactionType", kind),
            ("TransactionId", number),
            ("OrderId", ORDER),
            ("ResultCode", code),
            ("ResponseMessage", "..."),
            ("AuthCode", "11234"),
            ("Rrn", "201101240006"),
            ("CurrencyAmount", "10.01"),
            ("AmountCode", "949"),
            ("CurrencyCode", ""),
            ("IsReversed", "false"),
            ("IsCanceled", voided),
            ("IsRefunded", "false"),
        ]);
        format!("<TransactionSearchResultInfo>{fields}</TransactionSearchResultInfo>")
    };
    let rows_text: String = rows.iter().map(row).collect();
    format!(
        "<SearchResponse><ResponseInfo><Status>Success</Status><ResponseCode>0000</ResponseCode></ResponseInfo>\
         <TotalItemCount>{}</TotalItemCount><TransactionSearchResultInfo>{rows_text}</TransactionSearchResultInfo></SearchResponse>",
        rows.len()
    )
    .into_bytes()
}

pub fn search_refused(code: &str) -> Vec<u8> {
    let info = elements(&[("Status", "Error"), ("ResponseCode", code), ("ResponseMessage", "...")]);
    format!("<SearchResponse><ResponseInfo>{info}</ResponseInfo></SearchResponse>").into_bytes()
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "text/xml; charset=utf-8", body)
}

/// What the bank reads: the document inside `prmstr`, or the form as it is.
pub fn sent(step: &Step) -> String {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &TAKES_CARD, &TAKES_SECRETS).expect("no sink is refused");
            let body = String::from_utf8_lossy(&native::reveal(&send.request.body)).into_owned();
            body.strip_prefix("prmstr=").and_then(url_decoded).unwrap_or(body)
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn endpoint(step: &Step) -> &str {
    match step {
        Step::Send(send) => &send.request.endpoint,
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn resumed_with(step: &Step, minor: i64, reply: &Reply, card: Option<&Card>) -> Result<Step, Fault> {
    Payflex::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, card)
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    resumed_with(step, minor, reply, None)
}
