//! What a bank answers, and a host to ask it.

use pos_nestpay::Nestpay;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, word};
use vezne_plugin::{Context, Fault, Payments, Reply, Step, Target};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "4355084355084358";
pub const CODE: &str = "908";
pub const CLIENT: &str = "700655000200";

pub fn session() -> Session {
    Session::new()
        .setting("client-id", CLIENT)
        .setting("user-name", "ISBANKAPI")
        .secret("api-password", "ISBANK07ş&")
        .secret("store-key", "TRPS|02\\00")
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

pub fn target(operation: &str, minor: i64) -> Target {
    native::target(ORDER, operation, minor)
}

/// A `CC5Response` in ISO-8859-9, as banks send it.
pub fn response(fields: &[(&str, &str)], extra: &[(&str, &str)]) -> Vec<u8> {
    let element =
        |(name, text): &(&str, &str)| format!("<{name}>{}</{name}>", text.replace('&', "&amp;").replace('<', "&lt;"));
    let fields: String = fields.iter().map(element).collect();
    let extra: String = extra.iter().map(element).collect();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><CC5Response>{fields}<Extra>{extra}</Extra></CC5Response>"
    );
    vezne_plugin::charset::Charset::Iso8859x9.encode(&text).expect("Turkish")
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "text/xml; charset=ISO-8859-9", body)
}

pub fn approved() -> Vec<u8> {
    response(
        &[
            ("OrderId", ORDER),
            ("GroupId", ORDER),
            ("Response", "Approved"),
            ("AuthCode", "P48911"),
            ("HostRefNum", "230200671758"),
            ("ProcReturnCode", "00"),
            ("TransId", "22302V8rE11732"),
            ("ErrMsg", ""),
        ],
        &[("SETTLEID", "2286"), ("TRXDATE", "20261122 11:58:43"), ("ERRORCODE", ""), ("CARDISSUER", "ZİRAAT BANKASI")],
    )
}

pub fn refused(proc_return_code: &str, error_code: &str, message: &str) -> Vec<u8> {
    response(
        &[
            ("OrderId", ORDER),
            ("Response", "Declined"),
            ("ProcReturnCode", proc_return_code),
            ("TransId", "2"),
            ("ErrMsg", message),
        ],
        &[("ERRORCODE", error_code)],
    )
}

/// An answer to `ORDERSTATUS`.
pub fn order(charge_type: &str, standing: &str, original: &str, captured: &str, code: &str) -> Vec<u8> {
    response(
        &[
            ("ErrMsg", "Record(s) found for it"),
            ("ProcReturnCode", "00"),
            ("Response", "Approved"),
            ("OrderId", ORDER),
            ("TransId", "T1"),
        ],
        &[
            ("AUTH_CODE", "P1"),
            ("CAPTURE_AMT", captured),
            ("CHARGE_TYPE_CD", charge_type),
            ("HOST_REF_NUM", "H1"),
            ("ORD_ID", ORDER),
            ("ORIG_TRANS_AMT", original),
            ("PROC_RET_CD", code),
            ("TRANS_ID", "T1"),
            ("TRANS_STAT", standing),
        ],
    )
}

pub fn no_record() -> Vec<u8> {
    response(
        &[
            ("ErrMsg", "No record found for 01JD8ZK0Q3"),
            ("ProcReturnCode", "05"),
            ("Response", "Declined"),
            ("OrderId", ORDER),
        ],
        &[("NUMCODE", "0"), ("TRXCOUNT", "0"), ("TRANS_STAT", ""), ("ORD_ID", "")],
    )
}

/// An answer to `ORDERHISTORY`: rows of type, standing, amount, time, code and number.
pub fn history(rows: &[(&str, &str, &str, &str, &str, &str)]) -> Vec<u8> {
    let lines: Vec<(String, String)> = rows
        .iter()
        .enumerate()
        .map(|(index, (kind, standing, amount, at, code, id))| {
            let captured = if *standing == "A" { "" } else { amount };
            (
                format!("TRX{}", index + 1),
                format!("{kind}\t{standing}\t{amount}\t{captured}\t{at}\t{at}\t\t4001\tP1\t{code}\t{id}"),
            )
        })
        .collect();
    let count = rows.len().to_string();
    let extra: Vec<(&str, &str)> =
        lines.iter().map(|(name, line)| (name.as_str(), line.as_str())).chain([("TRXCOUNT", count.as_str())]).collect();
    response(&[("ErrMsg", ""), ("ProcReturnCode", "00"), ("Response", "Approved"), ("OrderId", ORDER)], &extra)
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
    Nestpay::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}
