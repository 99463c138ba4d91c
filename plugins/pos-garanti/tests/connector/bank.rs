//! What the bank answers, and a host to ask it. Signatures are made here in code of their own.

use pos_garanti::Garanti;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, word};
use vezne_plugin::value::Value;
use vezne_plugin::{BankRef, Context, DigestAlg, Fault, Payments, Reply, Step, Target, TextForm};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "5549608789641500";
pub const CODE: &str = "712";
pub const TERMINAL: &str = "30691298";
pub const STORE_KEY: &str = "12345678ş";
pub const PASSWORD: &str = "123qweASD/";
pub const REFUND_PASSWORD: &str = "456rtyFGH&";

pub fn session() -> Session {
    Session::new()
        .setting("merchant-id", "7000679")
        .setting("terminal-id", TERMINAL)
        .secret("api-password", PASSWORD)
        .secret("refund-password", REFUND_PASSWORD)
        .secret("hosted-password", "789uioJKL")
        .secret("store-key", STORE_KEY)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    native::context(ORDER)
}

pub fn card() -> TestCard {
    TestCard::new(CARD, 12, 2030, Some(CODE))
}

/// `number` is the bank's own of the operation, where it was heard.
pub fn target(operation: &str, minor: i64, number: Option<&str>) -> Target {
    let bank = BankRef {
        bank_order_id: Some(ORDER.into()),
        transaction_id: number.map(str::to_owned),
        auth_code: None,
        extra: Vec::new(),
    };
    Target { bank, ..native::target(ORDER, operation, minor) }
}

pub fn hex_of(alg: DigestAlg, text: &str) -> String {
    String::from_utf8_lossy(Value::from(text).digest(alg, TextForm::HexUpper).revealed()).into_owned()
}

/// The security data of a password.
pub fn security(password: &str) -> String {
    hex_of(DigestAlg::Sha1, &format!("{password}030691298"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A signed `GVPSResponse`; `inside` is what stands in the order beside its number.
pub fn signed(
    code: &str,
    reason: &str,
    message: &str,
    error: &str,
    number: &str,
    inside: &str,
    password: &str,
) -> Vec<u8> {
    let auth = if code == "00" && !number.is_empty() { "304919" } else { "" };
    let at = "20261122 12:00:03";
    let hash = hex_of(DigestAlg::Sha512, &format!("{code}{number}{auth}{at}{ORDER}{}", security(password)));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><GVPSResponse><Mode></Mode><Terminal><ProvUserID>PROVAUT</ProvUserID></Terminal>\
         <Order><OrderID>{ORDER}</OrderID><GroupID></GroupID>{inside}</Order><Transaction><Response><Source>HOST</Source>\
         <Code>{code}</Code><ReasonCode>{reason}</ReasonCode><Message>{message}</Message><ErrorMsg>{}</ErrorMsg>\
         <SysErrMsg></SysErrMsg></Response><RetrefNum>{number}</RetrefNum><AuthCode>{auth}</AuthCode><BatchNum>004951</BatchNum>\
         <SequenceNum>000015</SequenceNum><ProvDate>{at}</ProvDate><CardType>BONUS</CardType><HashData>{hash}</HashData>\
         </Transaction></GVPSResponse>",
        escaped(error)
    )
    .into_bytes()
}

pub fn approved() -> Vec<u8> {
    signed("00", "00", "Approved", "", "230508300434", "", PASSWORD)
}

pub fn refused(code: &str, reason: &str, error: &str) -> Vec<u8> {
    signed(code, reason, "Declined", error, "", "", PASSWORD)
}

pub fn no_record() -> Vec<u8> {
    let nothing = "<OrderInqResult><Status></Status></OrderInqResult>";
    signed("92", "0110", "Declined", "İşlem bulunamadı", "", nothing, PASSWORD)
}

/// An answer to `orderinq`.
pub fn order(word: &str, reserved: &str, charged: &str, code: &str) -> Vec<u8> {
    let line = format!(
        "<OrderInqResult><ChargeType>S</ChargeType><PreAuthAmount>{reserved}</PreAuthAmount><AuthAmount>{charged}</AuthAmount>\
         <Status>{word}</Status><Code>{code}</Code><RetrefNum>R1</RetrefNum><AuthCode>304919</AuthCode></OrderInqResult>"
    );
    signed("00", "", "Approved", "", "", &line, PASSWORD)
}

/// An answer to `orderhistoryinq`: rows of type, amount, day, day of the void, code and number.
pub fn history(rows: &[(&str, &str, &str, &str, &str, &str)]) -> Vec<u8> {
    let lines: Vec<String> = rows
        .iter()
        .map(|(kind, amount, on, voided, code, number)| {
            let (reserved, charged) = if *kind == "preauth" { (*amount, "0") } else { ("0", *amount) };
            format!(
                "<OrderTxn><Type>{kind}</Type><Status>{code}</Status><PreAuthAmount>{reserved}</PreAuthAmount>\
                 <AuthAmount>{charged}</AuthAmount><PreAuthDate></PreAuthDate><AuthDate>{on}</AuthDate><VoidDate>{voided}</VoidDate>\
                 <RetrefNum>{number}</RetrefNum><AuthCode>304919</AuthCode><ReturnCode>{code}</ReturnCode>\
                 <CurrencyCode>0</CurrencyCode></OrderTxn>"
            )
        })
        .collect();
    let inside = format!("<OrderHistInqResult><OrderTxnList>{}</OrderTxnList></OrderHistInqResult>", lines.concat());
    signed("00", "", "Approved", "", "", &inside, PASSWORD)
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "text/xml; charset=UTF-8", body)
}

pub fn sent(step: &Step) -> String {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &["api", "gate"], &[]).expect("no sink is refused");
            String::from_utf8_lossy(&native::reveal(&send.request.body)).into_owned()
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    native::next_call();
    Garanti::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}
