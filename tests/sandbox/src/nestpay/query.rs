//! ORDERSTATUS and ORDERHISTORY.

use crate::bank::Bank;
use crate::book::{Book, Entry, Kind};
use crate::clock::{host_date, long_date};
use crate::store::Store;

use super::answer::{merchant_id, terminal_id};
use super::xml::Answer;

/// `S` for a sale, `C` for a credit.
fn charge_type(e: &Entry) -> &'static str {
    if e.kind == Kind::Credit { "C" } else { "S" }
}

/// A authorized, C captured, S settled, V voided, D declined.
fn trans_stat(book: &Book, e: &Entry) -> &'static str {
    match e {
        _ if !e.approved => "D",
        _ if book.is_undone(e) => "V",
        Entry { kind: Kind::PreAuth, .. } => "A",
        _ if book.is_settled(e) => "S",
        _ => "C",
    }
}

fn is_captured(e: &Entry) -> bool {
    e.approved && e.kind != Kind::PreAuth
}

/// How long the reversal of a timed-out charge takes.
const REVERSAL_MS: i64 = 60_000;

/// State and code of an entry. After a timeout (92) nobody knows until the reversal is through: then it was refused.
fn told(book: &Book, e: &Entry, now: i64) -> (&'static str, String) {
    match e.code.as_str() {
        "92" if now - e.at_ms < REVERSAL_MS => ("PN", e.code.clone()),
        "92" => ("D", "99".to_owned()),
        _ => (trans_stat(book, e), e.code.clone()),
    }
}

/// The entry that stands for the order: the last one that moved money, or the last refusal.
fn standing<'a>(entries: &[&'a Entry]) -> Option<&'a Entry> {
    let financial = || entries.iter().rev().copied().filter(|e| !matches!(e.kind, Kind::Void | Kind::DayEnd));
    financial().find(|e| e.approved).or_else(|| financial().next())
}

/// ORDERSTATUS=QUERY.
pub fn status(bank: &Bank, store: &Store, order: &str) -> Answer {
    let book = bank.lock_book();
    let entries = book.of_order(&store.client_id, order);
    let Some(e) = standing(&entries) else {
        return no_record(
            order,
            &[
                "AUTH_CODE",
                "AUTH_DTTM",
                "CAPTURE_AMT",
                "CAPTURE_DTTM",
                "CAVV_3D",
                "CHARGE_TYPE_CD",
                "ECI_3D",
                "HOSTDATE",
                "HOST_REF_NUM",
                "MDSTATUS",
                "ORD_ID",
                "ORIG_TRANS_AMT",
                "PAN",
                "PROC_RET_CD",
                "SETTLEID",
                "TRANS_ID",
                "TRANS_STAT",
                "XID_3D",
            ],
            "ORD_ID:\tCHARGE_TYPE_CD:\tORIG_TRANS_AMT:\tCAPTURE_AMT:\tTRANS_STAT:\tAUTH_DTTM:\tCAPTURE_DTTM:\tAUTH_CODE:\tTRANS_ID:",
        );
    };
    let at = long_date(e.at_ms);
    let amount = e.amount.to_string();
    let (captured, captured_at) =
        if is_captured(e) { (amount.clone(), at.clone()) } else { (String::new(), String::new()) };
    let (stat, code) = told(&book, e, bank.clock().now_ms());
    let kind = charge_type(e);
    let secure =
        |pick: fn(&crate::book::Secure) -> &String| e.secure.as_ref().map(|s| pick(s).clone()).unwrap_or_default();
    let joined = format!(
        "ORD_ID:{order}\tCHARGE_TYPE_CD:{kind}\tORIG_TRANS_AMT:{amount}\tCAPTURE_AMT:{captured}\tTRANS_STAT:{stat}\tAUTH_DTTM:{at}\t\
         CAPTURE_DTTM:{captured_at}\tAUTH_CODE:{}\tTRANS_ID:{}",
        e.auth_code, e.trans_id
    );
    let extra = [
        ("AUTH_CODE", e.auth_code.clone()),
        ("AUTH_DTTM", at),
        ("CAPTURE_AMT", captured),
        ("CAPTURE_DTTM", captured_at),
        ("CAVV_3D", secure(|s| &s.cavv)),
        ("CHARGE_TYPE_CD", kind.to_owned()),
        ("ECI_3D", secure(|s| &s.eci)),
        ("HOSTDATE", host_date(e.at_ms)),
        ("HOST_REF_NUM", e.host_ref.clone()),
        ("MDSTATUS", secure(|s| &s.md_status)),
        ("NUMCODE", "0".to_owned()),
        ("ORDERSTATUS", joined),
        ("ORD_ID", order.to_owned()),
        ("ORIG_TRANS_AMT", amount),
        ("PAN", e.card.as_ref().map(crate::card::CardFace::spaced).unwrap_or_default()),
        ("PROC_RET_CD", code),
        ("SETTLEID", if book.is_settled(e) { book.batch(&store.client_id).to_string() } else { String::new() }),
        ("TRANS_ID", e.trans_id.clone()),
        ("TRANS_STAT", stat.to_owned()),
        ("XID_3D", secure(|s| &s.xid)),
    ];
    Answer {
        approved: true,
        fields: vec![
            ("ErrMsg", format!("Record(s) found for {order}")),
            ("ProcReturnCode", "00".to_owned()),
            ("Response", "Approved".to_owned()),
            ("OrderId", order.to_owned()),
            ("TransId", e.trans_id.clone()),
        ],
        extra: extra.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
    }
}

/// ORDERHISTORY=QUERY: newest first.
pub fn history(bank: &Bank, store: &Store, order: &str) -> Answer {
    let now = bank.clock().now_ms();
    let book = bank.lock_book();
    let entries = book.of_order(&store.client_id, order);
    let lines: Vec<String> =
        entries.iter().rev().filter(|e| e.kind != Kind::Void).map(|e| history_line(&book, e, now)).collect();
    if lines.is_empty() {
        return no_record(order, &["TRXCOUNT"], "");
    }
    let mut extra = vec![
        ("TERMINALID".to_owned(), terminal_id(store)),
        ("MERCHANTID".to_owned(), merchant_id(store)),
        ("NUMCODE".to_owned(), "0".to_owned()),
    ];
    let count = lines.len();
    extra.extend(lines.into_iter().enumerate().map(|(i, line)| (format!("TRX{}", i + 1), line)));
    extra.push(("TRXCOUNT".to_owned(), count.to_string()));
    Answer {
        approved: true,
        fields: vec![
            ("ErrMsg", String::new()),
            ("ProcReturnCode", "00".to_owned()),
            ("Response", "Approved".to_owned()),
            ("OrderId", order.to_owned()),
        ],
        extra,
    }
}

fn history_line(book: &Book, e: &Entry, now: i64) -> String {
    let (stat, code) = told(book, e, now);
    let at = long_date(e.at_ms);
    let captured = e.kind != Kind::PreAuth;
    let amount = e.amount.to_string();
    let gone = book.undone_by(e).map(|v| long_date(v.at_ms)).unwrap_or_default();
    // The host never saw what the gateway refused, so there is no reference of its own.
    let host_ref = if e.code == "99" { "" } else { &e.host_ref };
    [
        charge_type(e),
        stat,
        &amount,
        if captured { &amount } else { "" },
        &at,
        if captured { &at } else { "" },
        &gone,
        host_ref,
        &e.auth_code,
        &code,
        &e.trans_id,
    ]
    .join("\t")
}

fn no_record(order: &str, empty: &[&str], joined: &str) -> Answer {
    let mut extra = vec![("NUMCODE".to_owned(), "0".to_owned())];
    for name in empty {
        let value = if *name == "TRXCOUNT" { "0" } else { "" };
        extra.push(((*name).to_owned(), value.to_owned()));
    }
    if !joined.is_empty() {
        extra.push(("ORDERSTATUS".to_owned(), joined.to_owned()));
    }
    Answer {
        approved: false,
        fields: vec![
            ("ErrMsg", format!("No record found for {order}")),
            ("ProcReturnCode", "05".to_owned()),
            ("Response", "Declined".to_owned()),
            ("OrderId", order.to_owned()),
        ],
        extra,
    }
}
