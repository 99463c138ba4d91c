//! What became of an operation.

use pos_msu::Msu;
use serde_json::{Value, json};
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{
    self, ORDER, answer, ctx, field, listed, lost, nothing, outcome, refused, resumed, row, target, word,
};

fn asked(target: &Target) -> Step {
    let step = Msu::inquire(&ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, field(&step, "ACTION")), (Effect::ReadOnly, "QUERYTRANSACTION".to_owned()));
    step
}

fn told(target: &Target, body: &Value) -> String {
    word(&resumed(&asked(target), target.terms.amount.minor, &answer(body)))
}

#[test]
fn a_sale_is_found_or_not() {
    let _host = bank::host();
    let sale = target("sale", 1_001);
    assert_eq!(field(&asked(&sale), "MERCHANTPAYMENTID"), ORDER);
    let one = |kind: &str, status: &str| listed(&[row(kind, status, "10.01")]);
    let mut odd = row("SALE", "AP", "10.01");
    odd["pgTranReturnCode"] = json!("51");
    let mut yes = row("SALE", "FA", "10.01");
    yes["pgTranReturnCode"] = json!("00");
    let mut bare = row("SALE", "FA", "10.01");
    bare["pgTranReturnCode"] = json!("");
    for (body, expected) in [
        (one("SALE", "AP"), "approved"),
        (one("SALE", "VD"), "approved"),
        (one("PREAUTH", "AP"), "approved"),
        (one("PREAUTH", "PA"), "approved"),
        (one("SALE", "IP"), "pending"),
        (one("SALE", "MR"), "pending"),
        (one("SALE", "WFA"), "pending"),
        (one("SALE", "FA"), "declined insufficient-funds"),
        (listed(&[bare]), "declined not-approved"),
        (listed(&[yes]), "unknown"),
        (listed(&[odd]), "unknown"),
        (one("SALE", "ZZ"), "unknown"),
        (one("QUERYPOINTS", "AP"), "unknown"),
        (listed(&[row("SALE", "FA", "10.01"), row("SALE", "AP", "10.01")]), "approved"),
        (listed(&[row("SALE", "AP", "10.01"), row("SALE", "AP", "10.01")]), "unknown"),
        (listed(&[row("SALE", "AP", "10.01"), row("SALE", "ZZ", "10.01")]), "unknown"),
        (listed(&[]), "not-processed"),
        (nothing(), "not-processed"),
        (refused(Some("ERR10034"), None), "not-processed"),
        (refused(Some("ERR10020"), None), "unknown"),
        (json!({"responseCode": "00", "merchantPaymentId": ORDER}), "unknown"),
        (json!({"responseCode": "00", "transactionCount": 3, "transactionList": []}), "unknown"),
    ] {
        assert_eq!(told(&sale, &body), expected, "{body}");
    }
    let mut other = one("SALE", "AP");
    other["merchantPaymentId"] = json!("OTHER");
    assert_eq!(told(&sale, &other), "unknown");
    let mut other = one("SALE", "AP");
    other["transactionList"][0]["pgOrderId"] = json!("OTHER");
    assert_eq!(told(&sale, &other), "unknown");
    other["transactionList"][0]["pgOrderId"] = json!(format!("10000001-{ORDER}"));
    assert_eq!(told(&sale, &other), "approved", "some banks put the merchant's number in front");
    let step = asked(&sale);
    assert_eq!(word(&resumed(&step, 1_001, &lost())), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
}

#[test]
fn the_list_states_amount_currency_and_what_became_of_it() {
    let _host = bank::host();
    for (rows, state) in [
        (vec![row("SALE", "AP", "10.01")], None),
        (vec![row("SALE", "VD", "10.01")], Some("voided")),
        (vec![row("PREAUTH", "AP", "10.01")], Some("authorized")),
        (vec![row("PREAUTH", "PA", "10.01"), row("POSTAUTH", "AP", "9.00")], None),
        (vec![row("PREAUTH", "PA", "10.01"), row("POSTAUTH", "VD", "9.00")], Some("voided")),
    ] {
        let reply = answer(&listed(&rows));
        let step = asked(&target("authorize", 1_001));
        let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &reply)) else { panic!("{rows:?}") };
        let stated = (approval.stated.minor, approval.stated.currency.as_deref(), approval.stated.order_id.as_deref());
        assert_eq!(stated, (Some(1_001), Some("TRY"), Some(ORDER)));
        let state = state.map(|state: &str| ("order-state".to_owned(), state.to_owned()));
        assert_eq!(approval.attributes.first(), state.as_ref(), "{rows:?}");
    }
}

#[test]
fn captures_and_voids_are_transactions_of_their_own() {
    let _host = bank::host();
    let held = row("PREAUTH", "AP", "10.01");
    let taken = row("PREAUTH", "PA", "10.01");
    for (operation, rows, expected) in [
        ("capture", vec![taken.clone(), row("POSTAUTH", "AP", "9.00")], "approved"),
        ("capture", vec![taken.clone(), row("POSTAUTH", "VD", "9.00")], "approved"),
        ("capture", vec![held.clone()], "not-processed"),
        ("capture", vec![row("PREAUTH", "VD", "10.01")], "not-processed"),
        ("capture", vec![held.clone(), row("POSTAUTH", "FA", "9.00")], "declined insufficient-funds"),
        ("capture", vec![held.clone(), row("POSTAUTH", "IP", "9.00")], "pending"),
        ("capture", vec![taken.clone()], "unknown"),
        ("void", vec![row("SALE", "VD", "10.01")], "approved"),
        ("void", vec![row("SALE", "AP", "10.01")], "not-processed"),
        ("void", vec![row("PREAUTH", "VD", "10.01")], "approved"),
        ("void", vec![taken.clone(), row("POSTAUTH", "VD", "9.00")], "approved"),
        ("void", vec![taken.clone(), row("POSTAUTH", "AP", "9.00")], "not-processed"),
        ("void", vec![row("SALE", "FA", "10.01")], "unknown"),
        ("void", vec![taken], "unknown"),
    ] {
        assert_eq!(told(&target(operation, 900), &listed(&rows)), expected, "{operation} {rows:?}");
    }
}

#[test]
fn an_unknown_refund_shows_in_the_sum() {
    let _host = bank::host();
    let mut refund = target("refund", 50);
    refund.bank.extra.push(("refunded-before".into(), "20".into()));
    let sale = row("SALE", "AP", "10.00");
    let back = |amount: &str, status: &str| row("REFUND", status, amount);
    for (rows, expected) in [
        (vec![sale.clone(), back("0.20", "AP"), back("0.50", "AP")], "approved"),
        (vec![sale.clone(), back("0.20", "AP")], "not-processed"),
        (vec![sale.clone(), back("0.20", "AP"), back("0.50", "FA")], "not-processed"),
        (vec![sale.clone(), back("0.20", "AP"), back("0.50", "VD")], "not-processed"),
        (vec![sale.clone(), back("0.20", "AP"), back("0.50", "IP")], "unknown"),
        (vec![sale.clone(), back("0.20", "AP"), back("0.30", "AP")], "unknown"),
        (vec![sale.clone(), back("x", "AP")], "unknown"),
    ] {
        assert_eq!(told(&refund, &listed(&rows)), expected, "{rows:?}");
    }
    let rows = [sale, back("0.50", "AP")];
    assert_eq!(told(&target("refund", 50), &listed(&rows)), "unknown", "nobody noted what was before");
}
