//! ORDERSTATUS and ORDERHISTORY.

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::clock::{host_date, long_date};
use crate::desk::{Standing, State};
use crate::store::Store;

use super::answer::{merchant_id, terminal_id};
use super::operation::desk;
use super::xml::Answer;

/// `S` for a sale, `C` for a credit.
fn charge_type(e: &Entry) -> &'static str {
    if e.kind == Kind::Credit { "C" } else { "S" }
}

/// A authorized, C captured, S settled, V voided, D declined, PN pending; and the code that goes with it.
fn told(s: &Standing) -> (&'static str, String) {
    let letters = match s.state {
        State::Declined | State::Reversed => "D",
        State::Reversing => "PN",
        State::Voided => "V",
        State::Held => "A",
        State::Settled => "S",
        State::Open => "C",
    };
    (letters, if s.state == State::Reversed { "99".to_owned() } else { s.entry.code.clone() })
}

fn is_captured(e: &Entry) -> bool {
    e.approved && e.kind != Kind::PreAuth
}

/// ORDERSTATUS=QUERY.
pub fn status(bank: &Bank, store: &Store, order: &str) -> Answer {
    let Some(standing) = desk(bank, store).standing(order) else {
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
    let e = &standing.entry;
    let at = long_date(e.at_ms);
    let amount = e.amount.to_string();
    let (captured, captured_at) =
        if is_captured(e) { (amount.clone(), at.clone()) } else { (String::new(), String::new()) };
    let (stat, code) = told(&standing);
    let kind = charge_type(e);
    let settled = if standing.settled { standing.batch.to_string() } else { String::new() };
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
        ("SETTLEID", settled),
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
    let asked = desk(bank, store).history(order);
    let lines: Vec<String> = asked.iter().rev().filter(|s| s.entry.kind != Kind::Void).map(history_line).collect();
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

fn history_line(standing: &Standing) -> String {
    let (stat, code) = told(standing);
    let e = &standing.entry;
    let at = long_date(e.at_ms);
    let captured = e.kind != Kind::PreAuth;
    let amount = e.amount.to_string();
    let gone = standing.voided_at_ms.map(long_date).unwrap_or_default();
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
