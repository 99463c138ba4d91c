//! The manifest and the tables are data: they must say what the code does.

use pos_ccpayment::answer::{CODES, MD_STATUS};
use serde_json::Value;
use vezne_kit::rows_read;

fn manifest() -> Value {
    serde_json::from_str(include_str!("../../manifest.json")).expect("the manifest is JSON")
}

#[test]
fn every_row_of_the_tables_reads() {
    for table in [CODES, MD_STATUS] {
        rows_read(table);
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
