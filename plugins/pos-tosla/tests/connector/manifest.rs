//! The manifest and the tables are data: they must say what the code does.

use pos_tosla::answer::{Answer, CODES, MD_STATUS};
use pos_tosla::{history, settings::Settings};
use serde_json::Value;
use vezne_kit::rows_read;
use vezne_plugin::json::Tree;
use vezne_plugin::native;

use crate::bank;

#[test]
fn every_row_of_the_tables_reads() {
    for table in [CODES, MD_STATUS] {
        rows_read(table);
    }
}

#[test]
fn the_transactions_of_an_order_are_asked_for_and_read() {
    let _host = bank::host();
    let request =
        history::request(&Settings::load().expect("settings"), "01JD8ZK0Q3", "20261122", 2, 5).expect("builds");
    assert_eq!(request.path, "/history");
    let message: Value = serde_json::from_slice(&native::reveal(&request.body)).expect("JSON");
    assert_eq!(
        (&message["transactionDate"], &message["page"], &message["pageSize"]),
        (&"20261122".into(), &2.into(), &5.into())
    );
    let answered = |body: &str| Answer::of(Tree::read(body.as_bytes()).expect("JSON")).expect("an answer");
    let rows = answered(r#"{"Code":0,"Transactions":[{"TransactionType":5,"RequestStatus":1,"Amount":50}]}"#);
    let rows = history::read(&rows).expect("rows");
    assert_eq!((rows.len(), rows[0].kind, rows[0].minor()), (1, "5", Some(50)));
    for bad in [r#"{"Code":999}"#, r#"{"Code":0}"#, r#"{"Code":0,"Transactions":[{}]}"#] {
        assert!(history::read(&answered(bad)).is_err(), "{bad}");
    }
}
