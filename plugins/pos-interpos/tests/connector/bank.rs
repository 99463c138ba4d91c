//! What the bank answers, and a host to ask it.

use pos_interpos::Interpos;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, word};
use vezne_plugin::{Context, Fault, Payments, Reply, Step, Target};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "5200190009721495";
pub const CODE: &str = "462";
pub const SHOP: &str = "3123";
pub const PASS: &str = "gDg1N";
pub const URL: &str = "https://odeme.example/pos/t/p/callback";

pub fn session() -> Session {
    Session::new()
        .setting("shop-code", SHOP)
        .setting("user-code", "InterTestApi")
        .secret("api-password", "3&ş=")
        .secret("store-key", PASS)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    Context { callback_url: URL.into(), ..native::context(ORDER) }
}

pub fn card() -> TestCard {
    TestCard::new(CARD, 1, 2030, Some(CODE))
}

pub fn target(operation: &str, minor: i64) -> Target {
    native::target(ORDER, operation, minor)
}

/// Pairs as the bank writes them.
pub fn pairs(fields: &[(&str, &str)]) -> Vec<u8> {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(";;").into_bytes()
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "text/html; charset=utf-8", body)
}

/// An answer to a charge, capture, void or refund, with all its fields.
pub fn written(order: &str, code: &str, result: &str, error: &str, amount: &str) -> Vec<u8> {
    pairs(&[
        ("OrderId", order),
        ("ProcReturnCode", code),
        ("HostRefNum", "612345678901"),
        ("AuthCode", if code == "00" { "P48911" } else { "" }),
        ("TxnResult", result),
        ("ErrorMessage", if code == "00" { "" } else { "İşlem=onaylanmadı" }),
        ("CampanyId", ""),
        ("CampanyInstallCount", "0"),
        ("TRXDATE", "22.11.2026 11:58:43"),
        ("TransId", "T1"),
        ("ErrorCode", error),
        ("EarnedBonus", "0,25"),
        ("UsedBonus", "0,00"),
        ("SurchargeAmount", "0"),
        ("Amount", amount),
        ("CardHolderName", ""),
    ])
}

pub fn approved() -> Vec<u8> {
    written(ORDER, "00", "Success", "", "10,01")
}

/// The bank gives an operation without a number one of its own.
pub fn done() -> Vec<u8> {
    written("SYSOID121332551", "00", "Success", "", "0")
}

pub fn refused(code: &str, error: &str) -> Vec<u8> {
    written(ORDER, code, "Failed", error, "10,01")
}

/// An answer to `StatusHistory`.
pub fn line(kind: &str, status: &str, amount: &str, refunded: &str) -> Vec<u8> {
    pairs(&[
        ("OrderId", ORDER),
        ("ProcReturnCode", "00"),
        ("BatchNo", "7"),
        ("TransId", "T1"),
        ("TRXDATE", "22.11.2026 11:58:43"),
        ("TxnStat", "N"),
        ("PurchAmount", amount),
        ("VoidDate", if status == "V" { "22.11.2026 12:00:00" } else { "1.1.0001 00:00:00" }),
        ("TxnStatus", status),
        ("ChargeTypeCd", kind),
        ("ErrorCode", ""),
        ("ErrorMessage", ""),
        ("RefundedAmount", refunded),
        ("AuthCode", "P48911"),
    ])
}

pub fn no_line(code: &str) -> Vec<u8> {
    pairs(&[
        ("OrderId", "SYSOID121327781"),
        ("ProcReturnCode", code),
        ("BatchNo", ""),
        ("TransId", ""),
        ("TRXDATE", ""),
        ("TxnStat", ""),
        ("PurchAmount", "0"),
        ("VoidDate", "1.1.0001 00:00:00"),
        ("TxnStatus", ""),
        ("ChargeTypeCd", ""),
        ("ErrorCode", ""),
        ("ErrorMessage", "TR:Kayıt bulunamadı"),
        ("RefundedAmount", "0"),
        ("AuthCode", ""),
    ])
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
    Interpos::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}
