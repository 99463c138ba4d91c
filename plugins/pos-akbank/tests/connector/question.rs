//! What became of an operation.

use pos_akbank::Akbank;
use serde_json::{Value, json};
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{
    self, ORDER, answer, ctx, list, nothing, outcome, resumed, row, sent, sold, target, with_extra, word,
};

fn asked(target: &Target) -> Step {
    let step = Akbank::inquire(&ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    step
}

fn told(target: &Target, rows: &[Value]) -> String {
    word(&resumed(&asked(target), target.terms.amount.minor, &answer(&list(rows))))
}

const NOON: &str = "2026-11-22T12:00:05.000";

fn changed(mut row: Value, changes: &[(&str, &str)]) -> Value {
    for (name, value) in changes {
        row[*name] = json!(value);
    }
    row
}

#[test]
fn a_sale_is_found_or_not() {
    let _host = bank::host();
    let sale = target("sale", 1_001);
    let step = asked(&sale);
    assert_eq!((&sent(&step)["txnCode"], &sent(&step)["order"]), (&json!("1010"), &json!({"orderId": ORDER})));
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&sold(1_001)))) else { panic!("approved") };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("410724359540"));
    assert_eq!(word(&resumed(&step, 1_001, &answer(&nothing()))), "not-processed");
    let row = |changes| changed(row("1000", "N", 10.01, NOON), changes);
    for (rows, expected) in [
        (vec![row(&[("txnStatus", "S")])], "unknown"),
        (vec![row(&[("txnStatus", "R")])], "declined canceled"),
        (vec![row(&[("txnStatus", "X")])], "unknown"),
        (vec![row(&[("responseCode", "VPS-1005"), ("hostResponseCode", "51")])], "declined insufficient-funds"),
        (vec![row(&[("responseCode", "VPS-1005"), ("hostResponseCode", "99")])], "declined config-error"),
        (vec![row(&[("responseCode", "VPS-9999")])], "declined not-approved"),
        (vec![row(&[("hostResponseCode", "51")])], "unknown"),
        (vec![row(&[("orgOrderId", "OTHER"), ("orderId", "OTHER")])], "unknown"),
        (vec![row(&[("txnCode", "1002")])], "not-processed"),
        (vec![], "unknown"),
    ] {
        assert_eq!(told(&sale, &rows), expected, "{rows:?}");
    }
    let refused = row(&[("responseCode", "VPS-1005"), ("hostResponseCode", "51")]);
    assert_eq!(told(&sale, &[refused, row(&[])]), "approved");
    assert_eq!(word(&resumed(&step, 1_001, &native::lost())), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
    assert_eq!(word(&resumed(&step, 1_001, &answer(&bank::refused("1010", "VPS-1073", None)))), "unknown");
}

#[test]
fn a_voided_sale_is_owed_and_paid_no_more() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    let rows = [row("1000", "V", 10.01, NOON)];
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&list(&rows)))) else { panic!("approved") };
    assert_eq!(approval.attributes, [("order-state".to_owned(), "voided".to_owned())]);
}

#[test]
fn an_unknown_capture_is_done_only_if_the_bank_captured() {
    let _host = bank::host();
    let capture = target("capture", 900);
    let reserved = |state: &str| changed(row("1004", "N", 10.0, NOON), &[("preAuthStatus", state)]);
    let taken = |status: &str| row("1005", status, 9.0, "2026-11-22T12:00:06.000");
    assert_eq!(told(&capture, &[reserved("O")]), "not-processed");
    assert_eq!(told(&capture, &[reserved("C"), taken("N")]), "approved");
    assert_eq!(told(&capture, &[reserved("C")]), "unknown");
    let refused = changed(taken("N"), &[("responseCode", "VPS-1005"), ("hostResponseCode", "51")]);
    assert_eq!(told(&capture, &[reserved("O"), refused]), "declined insufficient-funds");
    let reservation = target("authorize", 1_000);
    for (rows, state) in [
        (vec![reserved("O")], Some(("order-state".to_owned(), "authorized".to_owned()))),
        (vec![reserved("C"), taken("N")], None),
    ] {
        let Outcome::Approved(approval) = outcome(resumed(&asked(&reservation), 1_000, &answer(&list(&rows)))) else {
            panic!("approved")
        };
        assert_eq!((approval.stated.minor, approval.attributes.first()), (Some(1_000), state.as_ref()));
    }
}

/// The refunds that were there, as the connector itself notes them.
fn noted(rows: &[Value]) -> Target {
    let look = Akbank::refund(&ctx(), &bank::terms(50), &target("sale", 100)).expect("a step");
    let write = resumed(&look, 50, &answer(&list(rows))).expect("a step");
    let Step::Send(send) = write else { panic!("a request") };
    let mut refund = target("refund", 50);
    refund.bank = send.known;
    refund
}

#[test]
fn an_unknown_refund_is_the_one_that_was_not_there_before() {
    let _host = bank::host();
    let at = |second: u8, status: &str| row("1002", status, 0.5, &format!("2020-01-01T00:00:{second:02}.000"));
    let sale = row("1000", "N", 1.0, NOON);
    let refund = noted(&[sale.clone(), at(1, "N")]);
    let refused = changed(at(2, "N"), &[("responseCode", "VPS-1005"), ("hostResponseCode", "05")]);
    for (rows, expected) in [
        (vec![at(2, "N"), at(1, "N")], "approved"),
        (vec![at(1, "N"), sale.clone()], "not-processed"),
        (vec![refused.clone(), at(1, "N")], "declined not-approved"),
        (vec![at(3, "N"), at(2, "N")], "unknown"),
        (vec![at(3, "N"), refused], "approved"),
        (vec![at(2, "V")], "declined canceled"),
        (vec![at(2, "S")], "unknown"),
        (vec![row("1002", "N", 0.51, NOON)], "not-processed"),
    ] {
        assert_eq!(told(&refund, &rows), expected, "{rows:?}");
    }
}

#[test]
fn without_a_list_an_unknown_refund_is_the_one_that_is_new_enough() {
    let _host = bank::host();
    let refund = target("refund", 50);
    let at = |time: &str| vec![row("1002", "N", 0.5, time)];
    assert_eq!(told(&refund, &at(NOON)), "approved");
    assert_eq!(told(&refund, &at("2026-11-22T11:55:00.000")), "approved");
    assert_eq!(told(&refund, &at("2026-11-21T12:00:00.000")), "not-processed");
    assert_eq!(told(&refund, &at("somewhen")), "approved");
}

#[test]
fn an_unknown_void_shows_on_what_it_voided() {
    let _host = bank::host();
    let void = with_extra(target("void", 100), &[("voids", "sale")]);
    assert_eq!(told(&void, &[row("1000", "V", 1.0, NOON)]), "approved");
    assert_eq!(told(&void, &[row("1000", "N", 1.0, NOON)]), "not-processed");
    assert_eq!(told(&void, &[row("1000", "S", 1.0, NOON)]), "unknown");
    let of_capture = with_extra(target("void", 100), &[("voids", "capture")]);
    assert_eq!(told(&of_capture, &[row("1004", "N", 1.0, NOON), row("1005", "V", 1.0, NOON)]), "approved");
    assert_eq!(told(&of_capture, &[row("1004", "V", 1.0, NOON), row("1005", "N", 1.0, NOON)]), "not-processed");
    // Nothing says what was voided: half of an order is no answer.
    assert_eq!(told(&target("void", 100), &[row("1004", "N", 1.0, NOON), row("1005", "V", 1.0, NOON)]), "unknown");
}

fn planned(number: i64, status: &str) -> Value {
    let mut row = json!({
        "txnCode": "1000", "requestType": "R", "requestStatus": status, "amount": 1, "currencyCode": 949,
        "orderTrackId": ORDER, "recurringOrder": number, "installCount": 1, "maskedCardNumber": "435509******5232",
    });
    if matches!(status, "S" | "V") {
        row["responseCode"] = json!("VPS-0000");
        row["txnDateTime"] = json!(NOON);
        row["orderId"] = json!("b9ebfdc5");
    }
    row
}

#[test]
fn charges_of_a_repeated_order_are_told_apart() {
    let _host = bank::host();
    let track = ("order-track-id", ORDER);
    let first = with_extra(target("sale", 100), &[track]);
    assert_eq!(sent(&asked(&first))["order"], json!({"orderTrackId": ORDER}));
    let second = with_extra(target("sale", 100), &[track, ("recurring-number", "2")]);
    let rows = [planned(1, "S"), planned(2, "W"), planned(3, "C")];
    assert_eq!(told(&first, &rows), "approved");
    assert_eq!(told(&second, &rows), "pending");
    let third = with_extra(target("sale", 100), &[track, ("recurring-number", "3")]);
    assert_eq!(told(&third, &rows), "declined canceled");
    let cancel =
        |extra: &[(&str, &str)]| with_extra(target("void", 100), &[&[track, ("voids", "plan")], extra].concat());
    assert_eq!(told(&cancel(&[]), &rows), "not-processed", "one is still planned");
    assert_eq!(told(&cancel(&[]), &[planned(1, "S"), planned(2, "C"), planned(3, "C")]), "approved");
    assert_eq!(told(&cancel(&[("recurring-number", "3")]), &rows), "approved");
    assert_eq!(told(&cancel(&[("recurring-number", "2")]), &rows), "not-processed");
    let void = with_extra(target("void", 100), &[track, ("voids", "sale")]);
    assert_eq!(told(&void, &[planned(1, "V"), planned(2, "W")]), "approved");
    assert_eq!(told(&void, &rows), "not-processed");
}
