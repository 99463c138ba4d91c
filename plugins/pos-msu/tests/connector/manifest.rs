//! The manifest and the tables are data: they must say what the code does.

use std::collections::BTreeMap;

use pos_msu::Msu;
use pos_msu::answer::CODES;
use serde_json::Value;
use vezne_plugin::decline::Meaning;
use vezne_plugin::{Step, ThreeDSecure};

use crate::bank::{self, card, ctx, terms};

fn manifest() -> Value {
    serde_json::from_str(include_str!("../../manifest.json")).expect("the manifest is JSON")
}

#[test]
fn every_row_of_the_tables_reads() {
    let rows: BTreeMap<String, Meaning> = serde_json::from_str(CODES).expect("the table reads");
    assert!(rows.len() > 100);
}

#[test]
fn every_model_it_names_can_be_started() {
    let _host = bank::host();
    for model in manifest()["models"].as_array().expect("a list") {
        let step = Msu::start(&ctx(), model.as_str().expect("a name"), &terms(1), Some(&card().card()));
        assert!(matches!(step, Ok(Step::Send(_))), "{model}");
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
    assert_eq!(banks.len(), 4);
    for bank in banks {
        for endpoint in ["api", "gate"] {
            for place in ["live", "test"] {
                let url = bank["endpoints"][endpoint][place].as_str().expect("an address");
                assert!(url.starts_with("https://") && url.ends_with("/api/v2"), "{url}");
            }
        }
    }
}
