//! The manifest and the tables are data: they must say what the code does.

use pos_akbank::answer::{CODES, HOST_CODES};
use pos_akbank::report;
use serde_json::Value;
use vezne_kit::rows_read;
use vezne_plugin::native;

use crate::bank;

#[test]
fn every_row_of_the_tables_reads() {
    for table in [CODES, HOST_CODES] {
        rows_read(table);
    }
}

#[test]
fn a_report_is_asked_for_and_its_answer_unpacked() {
    let _host = bank::host();
    let settings = pos_akbank::settings::Settings::load().expect("settings");
    let range = pos_akbank::message::Range::Times("2026-11-22T00:00:00.000", "2026-11-22T23:59:59.000");
    let request = report::request(&settings, &range).expect("builds");
    assert_eq!(request.path, "/portal/report/transaction");
    let message: Value = serde_json::from_slice(&native::reveal(&request.body)).expect("JSON");
    assert_eq!(message["report"]["startDateTime"], "2026-11-22T00:00:00.000");
    assert_eq!(message.get("txnCode"), None);
    // {"txnDetailList":[]}, gzipped
    let packed = "H4sIAAAAAAAAA6tWKqnIc0ktSczM8cksLlGyio6tBQBBUh1HFAAAAA==";
    let answered = |body: String| match native::answer(200, "application/json", body.as_bytes()) {
        vezne_plugin::Reply::Response(response) => report::read(&response),
        _ => unreachable!(),
    };
    let empty = answered(format!(r#"{{"responseCode":"VPS-0000","data":"{packed}"}}"#)).expect("unpacks");
    assert!(matches!(report::rows(&empty), pos_akbank::history::History::Rows(rows) if rows.is_empty()));
    let failed = answered(r#"{"responseCode":"VPS-2229","responseMessage":"Gün aralığı"}"#.into()).expect("reads");
    assert!(matches!(report::rows(&failed), pos_akbank::history::History::Unclear(_)));
    assert!(answered(r#"{"responseCode":"VPS-0000","data":"H4sI"}"#.into()).is_err());
}
