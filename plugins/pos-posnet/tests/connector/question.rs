//! What became of it?

use pos_posnet::Posnet;
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{
    self, KEY, Listed, ORDER, answer, listed, listed_as, nothing, outcome, refused, resumed, sent, target, with_key,
    word,
};

fn asked(target: &Target) -> Step {
    let step = Posnet::inquire(&bank::ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    step
}

fn row<'a>(state: &'a str, standing: &'a str, amount: &'a str, key: &'a str) -> Listed<'a> {
    (state, standing, amount, "2026-11-22 12:00:05.000", key)
}

#[test]
fn an_unknown_sale_is_asked_for_by_its_order() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    assert!(sent(&step).contains("<agreement><orderID>0000000000000001JD8ZK0Q3</orderID></agreement>"));
    for (rows, expected) in [
        (vec![row("Sale", "1", "10,01", KEY)], "approved"),
        (vec![row("VFT_Sale", "1", "10,01", KEY)], "approved"),
        (vec![row("Sale", "0", "10,01", KEY)], "declined not-approved"),
        (vec![row("Sale", "?", "10,01", KEY)], "unknown"),
        (vec![row("Sale", "", "10,01", KEY)], "unknown"),
        (vec![row("Sale", "0", "10,01", "1"), row("Sale", "1", "10,01", KEY)], "approved"),
        (vec![row("Sale", "1", "10,01", "1"), row("Sale", "1", "10,01", KEY)], "unknown"),
        (vec![row("Sale", "1", "10,01", KEY), row("Return", "1", "5,00", "R1")], "approved"),
        (vec![row("Bonus_Usage", "1", "10,01", KEY)], "unknown"),
        (vec![row("Authorization", "1", "10,01", KEY)], "unknown"),
        (vec![row("Sale", "1", "10.01", KEY)], "unknown"),
        (vec![], "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&listed(&rows)))), expected, "{rows:?}");
    }
    let Outcome::Approved(approval) =
        outcome(resumed(&step, 1_001, &answer(&listed(&[row("Sale", "1", "10,01", KEY)]))))
    else {
        panic!("approved")
    };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
    assert_eq!(approval.stated.currency.as_deref(), Some("TRY"));
    let voided = [row("Sale_Reverse", "1", "10,01", "2"), row("Sale", "0", "10,01", KEY)];
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&listed(&voided)))) else {
        panic!("found")
    };
    assert!(approval.attributes.contains(&("order-state".into(), "voided".into())));
}

#[test]
fn only_the_banks_own_words_mean_no_such_order() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    assert_eq!(word(&resumed(&step, 1_001, &answer(&nothing()))), "not-processed");
    for body in
        [refused("0148", ""), refused("0123", ""), refused("E999", ""), bank::approved(), bank::approved_before()]
    {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), "unknown");
    }
    let foreign = listed_as("0000000000000001JD8ZK0Q4", &[row("Sale", "1", "10,01", KEY)]);
    assert_eq!(word(&resumed(&step, 1_001, &answer(&foreign))), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::lost())), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
}

#[test]
fn an_order_of_the_gate_is_asked_for_with_its_prefix() {
    let _host = bank::host();
    let step = asked(&native::at_gate(target("sale", 1_001), "3d"));
    assert!(sent(&step).contains("<orderID>TDS_000000000001JD8ZK0Q3</orderID>"));
    let of_gate = |rows: &[Listed<'_>]| listed_as("TDS_000000000001JD8ZK0Q3", rows);
    assert_eq!(word(&resumed(&step, 1_001, &answer(&of_gate(&[row("Sale", "1", "10,01", KEY)])))), "approved");
    let reserved = of_gate(&[row("Authorization", "1", "10,01", KEY)]);
    let step = asked(&native::at_gate(target("authorize", 1_001), "3d"));
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&reserved))) else { panic!("approved") };
    assert!(approval.attributes.contains(&("order-state".into(), "authorized".into())));
    assert_eq!(approval.bank.extra, [("stands-as".to_owned(), "auth".to_owned())]);
    assert_eq!(approval.stated.order_id.as_deref(), Some(ORDER));
}

#[test]
fn reservations_and_captures() {
    let _host = bank::host();
    let reserved = asked(&target("authorize", 1_000));
    let captured = asked(&target("capture", 900));
    let auth = row("Authorization", "1", "10,00", "A1");
    let capture = row("Capture", "1", "9,00", "C1");
    let look = |step: &Step, minor, rows: &[Listed<'_>]| word(&resumed(step, minor, &answer(&listed(rows))));
    assert_eq!(look(&reserved, 1_000, &[auth]), "approved");
    assert_eq!(look(&captured, 900, &[auth]), "not-processed");
    assert_eq!(look(&captured, 900, &[auth, capture]), "approved");
    assert_eq!(look(&captured, 900, &[auth, row("Capture", "0", "9,00", "C1")]), "declined not-approved");
    assert_eq!(look(&captured, 900, &[auth, row("Capture", "?", "9,00", "C1")]), "unknown");
    assert_eq!(look(&captured, 900, &[row("Sale", "1", "9,00", "S1")]), "unknown");
    assert_eq!(look(&captured, 900, &[auth, capture, row("Capture_Reverse", "1", "9,00", "X")]), "unknown");
    assert_eq!(look(&reserved, 1_000, &[row("Authorization", "0", "10,00", "A1")]), "declined not-approved");
    let Outcome::Approved(approval) = outcome(resumed(&reserved, 1_000, &answer(&listed(&[auth, capture])))) else {
        panic!("approved")
    };
    assert_eq!(approval.stated.minor, Some(1_000), "what was reserved, not what was taken");
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("C1"));
    let gone = [row("Authorization_Reverse", "1", "10,00", "X"), row("Authorization", "0", "10,00", "A1")];
    let Outcome::Approved(approval) = outcome(resumed(&reserved, 1_000, &answer(&listed(&gone)))) else {
        panic!("found")
    };
    assert!(approval.attributes.contains(&("order-state".into(), "voided".into())));
}

#[test]
fn an_unknown_refund_is_the_one_that_was_not_there_before() {
    let _host = bank::host();
    let mut refund = target("refund", 50);
    refund.bank.extra.push(("refunds-before".into(), "R1".into()));
    let step = asked(&refund);
    let of = |key, standing| row("Return", standing, "0,50", key);
    let sale = row("Sale", "1", "1,00", "S1");
    for (rows, expected) in [
        (vec![sale, of("R2", "1"), of("R1", "1")], "approved"),
        (vec![sale, of("R1", "1")], "not-processed"),
        (vec![sale, of("R2", "0"), of("R1", "1")], "declined canceled"),
        (vec![sale, of("R3", "1"), of("R2", "1")], "unknown"),
        (vec![sale, of("R3", "1"), of("R2", "0")], "approved"),
        (vec![sale, of("R2", "?")], "unknown"),
        (vec![sale, row("Return", "1", "0,51", "R2")], "not-processed"),
        (vec![sale, of("R2", "1"), row("Return_Reverse", "1", "0,50", "X")], "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 50, &answer(&listed(&rows)))), expected, "{rows:?}");
    }
}

#[test]
fn without_a_list_an_unknown_refund_is_the_one_that_is_new_enough() {
    let _host = bank::host();
    let step = asked(&target("refund", 50));
    let at = |time| listed(&[("Sale", "1", "1,00", "", "S1"), ("Return", "1", "0,50", time, "R2")]);
    assert_eq!(word(&resumed(&step, 50, &answer(&at("2026-11-22 12:00:05.000")))), "approved");
    assert_eq!(word(&resumed(&step, 50, &answer(&at("2026-11-22 11:55:00.000")))), "approved");
    assert_eq!(word(&resumed(&step, 50, &answer(&at("2026-11-21 12:00:00.000")))), "not-processed");
    assert_eq!(word(&resumed(&step, 50, &answer(&at("somewhen")))), "approved");
}

#[test]
fn an_unknown_void_shows_as_a_reversal() {
    let _host = bank::host();
    let mut void = with_key(target("void", 100), "S1", "sale");
    void.bank.extra.push(("voids".into(), "sale".into()));
    let step = asked(&void);
    let look = |rows: &[Listed<'_>]| word(&resumed(&step, 100, &answer(&listed(rows))));
    assert_eq!(look(&[row("Sale_Reverse", "1", "1,00", "X"), row("Sale", "0", "1,00", "S1")]), "approved");
    assert_eq!(look(&[row("Sale", "0", "1,00", "S1")]), "approved");
    assert_eq!(look(&[row("Sale", "1", "1,00", "S1")]), "not-processed");
    assert_eq!(look(&[row("Sale_Reverse", "0", "1,00", "X"), row("Sale", "1", "1,00", "S1")]), "not-processed");
    assert_eq!(look(&[row("Sale", "?", "1,00", "S1")]), "unknown");
    let mut of_refund = with_key(target("void", 50), "R2", "return");
    of_refund.bank.extra.push(("voids".into(), "return".into()));
    let step = asked(&of_refund);
    let rows = |standing| {
        listed(&[
            row("Return", standing, "0,50", "R2"),
            row("Return", "0", "0,50", "R1"),
            row("Sale", "1", "1,00", "S1"),
        ])
    };
    assert_eq!(word(&resumed(&step, 50, &answer(&rows("0")))), "approved");
    assert_eq!(word(&resumed(&step, 50, &answer(&rows("1")))), "not-processed");
    assert_eq!(word(&resumed(&step, 50, &answer(&rows("?")))), "unknown");
}
