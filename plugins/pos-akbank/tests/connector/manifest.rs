//! The manifest and the tables are data: they must say what the code does.

use std::collections::BTreeMap;

use pos_akbank::Akbank;
use pos_akbank::answer::{CODES, HOST_CODES};
use pos_akbank::report;
use serde_json::Value;
use vezne_plugin::decline::Meaning;
use vezne_plugin::{Step, ThreeDSecure, native};

use crate::bank::{self, card, ctx, terms};

fn manifest() -> Value {
    serde_json::from_str(include_str!("../../manifest.json")).expect("the manifest is JSON")
}

#[test]
fn every_row_of_the_tables_reads() {
    for table in [CODES, HOST_CODES] {
        let rows: BTreeMap<String, Meaning> = serde_json::from_str(table).expect("the table reads");
        assert!(!rows.is_empty());
    }
}

#[test]
fn every_model_it_names_can_be_started() {
    let _host = bank::host();
    for model in manifest()["models"].as_array().expect("a list") {
        let step = Akbank::start(&ctx(), model.as_str().expect("a name"), &terms(1), Some(&card().card()));
        assert!(matches!(step, Ok(Step::Browse(_))), "{model}");
    }
}

#[test]
fn every_setting_has_help_in_three_languages() {
    for (name, property) in manifest()["config"]["properties"].as_object().expect("settings") {
        for part in ["title", "x-help"] {
            for language in ["tr", "en", "az"] {
                assert!(
                    property[part][language].as_str().is_some_and(|text| !text.is_empty()),
                    "{name} {part} {language}"
                );
            }
        }
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
