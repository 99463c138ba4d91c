//! The manifest and the tables are data: they must say what the code does.

use std::collections::BTreeMap;

use pos_ccpayment::CcPayment;
use pos_ccpayment::answer::{Answer, CODES, MD_STATUS};
use pos_ccpayment::commission;
use serde_json::Value;
use vezne_plugin::decline::Meaning;
use vezne_plugin::{Reply, Step, ThreeDSecure, native};

use crate::bank::{self, card, ctx, terms};

fn manifest() -> Value {
    serde_json::from_str(include_str!("../../manifest.json")).expect("the manifest is JSON")
}

#[test]
fn every_row_of_the_tables_reads() {
    for table in [CODES, MD_STATUS] {
        let rows: BTreeMap<String, Meaning> = serde_json::from_str(table).expect("the table reads");
        assert!(!rows.is_empty());
    }
}

#[test]
fn every_model_it_names_can_be_started() {
    let _host = bank::host();
    for model in manifest()["models"].as_array().expect("a list") {
        let step = CcPayment::start(&ctx(), model.as_str().expect("a name"), &terms(1), Some(&card().card()));
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
fn every_bank_has_a_live_and_a_test_address_for_both_endpoints() {
    let manifest = manifest();
    let banks = manifest["banks"].as_array().expect("a list");
    assert_eq!(banks.len(), 7);
    for bank in banks {
        for endpoint in ["api", "gate"] {
            for place in ["live", "test"] {
                let url = bank["endpoints"][endpoint][place].as_str().expect("an address");
                assert!(url.starts_with("https://") && url.ends_with("/ccpayment"), "{url}");
            }
        }
    }
}

#[test]
fn commissions_are_asked_for_and_read() {
    let _host = bank::host();
    let request = commission::request("a.b.c", "TRY").expect("builds");
    assert_eq!(request.path, "/api/commissions");
    assert_eq!(native::reveal(&request.body), br#"{"currency_code":"TRY"}"#);
    let answered = |body: &str| {
        let Reply::Response(response) = native::answer(200, "application/json", body.as_bytes()) else { panic!("one") };
        Answer::read(&response).expect("an answer")
    };
    let all = answered(
        r#"{"status_code":100,"data":{"1":[{"card_program":"WORLD","merchant_commission_percentage":"2.5","user_commission_percentage":0}],
            "3":[{"card_program":"BONUS","merchant_commission_percentage":4.75,"user_commission_percentage":"0"}]}}"#,
    );
    let all = commission::read(&all).expect("commissions");
    let shown: Vec<_> = all.iter().map(|c| (c.instalments, c.programme, c.merchant_percentage)).collect();
    assert_eq!(shown, [(1, "WORLD", "2.5"), (3, "BONUS", "4.75")]);
    for bad in [
        r#"{"status_code":37}"#,
        r#"{"status_code":100,"data":{"x":[]}}"#,
        r#"{"status_code":100,"data":{"1":{}}}"#,
        r#"{"status_code":100,"data":{"1":[{}]}}"#,
    ] {
        assert!(commission::read(&answered(bad)).is_err(), "{bad}");
    }
}
