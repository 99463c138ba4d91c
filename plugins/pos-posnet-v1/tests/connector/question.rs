//! What became of it?

use pos_posnet_v1::PosnetV1;
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{
    self, KEY, Listed, MERCHANT, ORDER, TERMINAL, answer, listed, listed_as, nothing, outcome, refused, resumed, sent,
    target, with_key, word,
};

fn asked(target: &Target) -> Step {
    let step = PosnetV1::inquire(&bank::ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    step
}

fn row<'a>(kind: &'a str, standing: &'a str, amount: &'a str, key: &'a str) -> Listed<'a> {
    (kind, standing, amount, "2026-11-2212:00:05.000", key)
}

#[test]
fn an_unknown_sale_is_asked_for_by_its_order() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    let mac = bank::mac(&format!("{MERCHANT}{TERMINAL}"));
    let body = sent(&step);
    assert!(body.starts_with("/TransactionInquiry "), "{body}");
    assert!(body.contains(&format!("\"OrderId\":\"0000000000000001JD8ZK0Q3\",\"MAC\":\"{mac}\"")), "{body}");
    for (rows, expected) in [
        (vec![row("Sale", "1", "10,01", KEY)], "approved"),
        (vec![row("Return", "1", "10,01", "R1"), row("Sale", "1", "10,01", KEY)], "approved"),
        (vec![row("Sale", "0", "10,01", KEY)], "unknown"),
        (vec![row("Sale", "", "10,01", KEY)], "unknown"),
        (vec![row("Sale", "1", "10.01", KEY)], "unknown"),
        (vec![row("Auth", "1", "10,01", KEY)], "unknown"),
        (vec![row("", "1", "10,01", KEY)], "unknown"),
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
    let voided = [row("Reverse", "1", "10,01", "X"), row("Sale", "1", "10,01", KEY)];
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
    for body in [refused("0148", ""), refused("0123", ""), refused("E999", ""), bank::approved()] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), "unknown");
    }
    let foreign = listed_as("0000000000000001JD8ZK0Q4", &[row("Sale", "1", "10,01", KEY)]);
    assert_eq!(word(&resumed(&step, 1_001, &answer(&foreign))), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::lost())), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
}

#[test]
fn orders_of_the_gate_reservations_and_captures() {
    let _host = bank::host();
    let gate = asked(&native::at_gate(target("authorize", 1_001), "3d"));
    assert!(sent(&gate).contains("\"OrderId\":\"TDS_000000000001JD8ZK0Q3\""));
    let reserved = listed_as("TDS_000000000001JD8ZK0Q3", &[row("Auth", "1", "10,01", KEY)]);
    let Outcome::Approved(approval) = outcome(resumed(&gate, 1_001, &answer(&reserved))) else { panic!("approved") };
    assert!(approval.attributes.contains(&("order-state".into(), "authorized".into())));
    let capture = asked(&target("capture", 900));
    let auth = row("Auth", "1", "10,00", "A1");
    let look = |rows: &[Listed<'_>]| word(&resumed(&capture, 900, &answer(&listed(rows))));
    assert_eq!(look(&[auth]), "not-processed");
    assert_eq!(look(&[auth, row("Capture", "1", "9,00", "C1")]), "approved");
    assert_eq!(look(&[auth, row("Capture", "1", "9,00", "C1"), row("Reverse", "1", "9,00", "X")]), "unknown");
    assert_eq!(look(&[auth, row("Capture", "0", "9,00", "C1")]), "unknown");
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
        (vec![of("R2", "1"), of("R1", "1"), sale], "approved"),
        (vec![of("R1", "1"), sale], "not-processed"),
        (vec![of("R3", "1"), of("R2", "1"), sale], "unknown"),
        (vec![of("R2", "0"), sale], "unknown"),
        (vec![row("Reverse", "1", "0,50", "X"), of("R2", "1"), sale], "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 50, &answer(&listed(&rows)))), expected, "{rows:?}");
    }
    let by_time = asked(&target("refund", 50));
    let at = |time| listed(&[("Return", "1", "0,50", time, "R2"), ("Sale", "1", "1,00", "", "S1")]);
    assert_eq!(word(&resumed(&by_time, 50, &answer(&at("2026-11-2212:00:05.000")))), "approved");
    assert_eq!(word(&resumed(&by_time, 50, &answer(&at("2026-11-2112:00:05.000")))), "not-processed");
}

#[test]
fn an_unknown_void_shows_as_a_reversal() {
    let _host = bank::host();
    let mut void = with_key(target("void", 100), "S1", "sale");
    void.bank.extra.push(("voids".into(), "sale".into()));
    let step = asked(&void);
    let look = |rows: &[Listed<'_>]| word(&resumed(&step, 100, &answer(&listed(rows))));
    let sale = row("Sale", "1", "1,00", "S1");
    assert_eq!(look(&[row("Reverse", "1", "1,00", "X"), sale]), "approved");
    assert_eq!(look(&[sale]), "not-processed");
    assert_eq!(look(&[row("Sale", "0", "1,00", "S1")]), "unknown");
    assert_eq!(look(&[row("Reverse", "1", "1,00", "X"), row("Return", "1", "0,50", "R1"), sale]), "not-processed");
}
