//! What became of it?

use pos_nestpay::Nestpay;
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{self, ORDER, answer, history, no_record, order, outcome, resumed, sent, target, word};

fn asked(target: &Target) -> Step {
    let step = Nestpay::inquire(&bank::ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    step
}

#[test]
fn an_unknown_charge_is_asked_for_by_its_order() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    assert!(sent(&step).contains("<Extra><ORDERSTATUS>QUERY</ORDERSTATUS></Extra><OrderId>01JD8ZK0Q3</OrderId>"));
    for (standing, code, expected) in [
        ("A", "00", "approved"),
        ("C", "00", "approved"),
        ("S", "", "approved"),
        ("C", "51", "unknown"),
        ("D", "51", "declined insufficient-funds"),
        ("ERR", "99", "declined not-approved"),
        ("D", "92", "unknown"),
        ("D", "", "declined not-approved"),
        ("PN", "", "pending"),
        ("R", "", "unknown"),
        ("?", "", "unknown"),
    ] {
        let reply = answer(&order("S", standing, "1001", "", code));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{standing} {code}");
    }
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&order("S", "C", "1001", "1001", "00"))))
    else {
        panic!("approved")
    };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&order("S", "V", "1001", "1001", "00"))))
    else {
        panic!("found")
    };
    assert!(approval.attributes.contains(&("order-state".into(), "voided".into())));
}

#[test]
fn only_the_banks_own_words_mean_no_such_order() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    assert_eq!(word(&resumed(&step, 1_001, &answer(&no_record()))), "not-processed");
    for body in
        [bank::refused("05", "", "Declined"), bank::refused("99", "CORE-2201", "API kullanicisi"), bank::approved()]
    {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), "unknown");
    }
    assert_eq!(word(&resumed(&step, 1_001, &native::lost())), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
}

#[test]
fn a_charge_that_was_refunded_since_is_found_in_the_history() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    let history_step = resumed(&step, 1_001, &answer(&order("C", "C", "500", "500", "00"))).expect("a step");
    assert!(sent(&history_step).contains("<ORDERHISTORY>QUERY</ORDERHISTORY>"));
    let rows = history(&[
        ("C", "C", "500", "2026-11-22 12:00:00.000", "00", "R1"),
        ("S", "S", "1001", "2026-11-22 11:00:00.000", "00", "S1"),
    ]);
    let Outcome::Approved(approval) = outcome(resumed(&history_step, 1_001, &answer(&rows))) else {
        panic!("approved")
    };
    assert_eq!(approval.stated.minor, Some(1_001));
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("S1"));
}

#[test]
fn an_unknown_capture_is_done_only_if_the_bank_captured() {
    let _host = bank::host();
    let step = asked(&target("capture", 900));
    assert_eq!(word(&resumed(&step, 900, &answer(&order("S", "A", "1000", "", "00")))), "not-processed");
    let Outcome::Approved(approval) = outcome(resumed(&step, 900, &answer(&order("S", "C", "1000", "900", "00"))))
    else {
        panic!("approved")
    };
    assert_eq!(approval.stated.minor, Some(900));
    let reserved = asked(&target("authorize", 1_000));
    let Outcome::Approved(approval) = outcome(resumed(&reserved, 1_000, &answer(&order("S", "C", "900", "900", "00"))))
    else {
        panic!("approved")
    };
    assert_eq!(approval.stated.minor, None, "a captured reservation no longer says what was reserved");
}

#[test]
fn an_unknown_refund_is_the_one_that_was_not_there_before() {
    let _host = bank::host();
    let mut refund = target("refund", 50);
    refund.bank.extra.push(("refunds-before".into(), "R1".into()));
    let step = asked(&refund);
    let row = |id, standing, code| ("C", standing, "50", "2020-01-01 00:00:00.000", code, id);
    for (rows, expected) in [
        (vec![row("R2", "C", "00"), row("R1", "C", "00")], "approved"),
        (vec![row("R1", "C", "00")], "not-processed"),
        (vec![row("R2", "D", "51"), row("R1", "C", "00")], "declined insufficient-funds"),
        (vec![row("R3", "C", "00"), row("R2", "C", "00")], "unknown"),
        (vec![row("R3", "C", "00"), row("R2", "D", "99")], "approved"),
        (vec![row("R2", "PN", "")], "pending"),
        (vec![row("R2", "V", "00")], "declined canceled"),
        (vec![("C", "C", "51", "2026-11-22 12:00:00.000", "00", "R2")], "not-processed"),
    ] {
        assert_eq!(word(&resumed(&step, 50, &answer(&history(&rows)))), expected, "{rows:?}");
    }
}

#[test]
fn without_a_list_an_unknown_refund_is_the_one_that_is_new_enough() {
    let _host = bank::host();
    let step = asked(&target("refund", 50));
    let at = |time| vec![("C", "C", "50", time, "00", "R2")];
    assert_eq!(word(&resumed(&step, 50, &answer(&history(&at("2026-11-22 12:00:05.000"))))), "approved");
    assert_eq!(word(&resumed(&step, 50, &answer(&history(&at("2026-11-22 11:55:00.000"))))), "approved");
    assert_eq!(word(&resumed(&step, 50, &answer(&history(&at("2026-11-21 12:00:00.000"))))), "not-processed");
    assert_eq!(word(&resumed(&step, 50, &answer(&history(&at("somewhen"))))), "approved");
}

#[test]
fn an_unknown_void_shows_on_what_it_voided() {
    let _host = bank::host();
    let step = asked(&target("void", 100));
    let row = |standing| vec![("S", standing, "100", "2026-11-22 11:00:00.000", "00", "S1")];
    assert_eq!(word(&resumed(&step, 100, &answer(&history(&row("V"))))), "approved");
    assert_eq!(word(&resumed(&step, 100, &answer(&history(&row("C"))))), "not-processed");
    assert_eq!(word(&resumed(&step, 100, &answer(&history(&row("D"))))), "unknown");
    let mut of_refund = target("void", 50);
    of_refund.bank.transaction_id = Some("R2".into());
    of_refund.bank.extra.push(("voids".into(), "refund".into()));
    let step = asked(&of_refund);
    let rows = |standing| {
        vec![
            ("C", standing, "50", "x", "00", "R2"),
            ("C", "V", "50", "x", "00", "R1"),
            ("S", "C", "100", "x", "00", "S1"),
        ]
    };
    assert_eq!(word(&resumed(&step, 50, &answer(&history(&rows("V"))))), "approved");
    assert_eq!(word(&resumed(&step, 50, &answer(&history(&rows("C"))))), "not-processed");
}

#[test]
fn half_a_history_is_no_answer() {
    let _host = bank::host();
    let step = asked(&target("refund", 50));
    for extra in [
        vec![("TRX1", "C\tC\t50"), ("TRXCOUNT", "1")],
        vec![("TRX1", "C\tC\t50\t50\tx\tx\t\t1\tP\t00\tR1"), ("TRXCOUNT", "2")],
        vec![("TRX1", "C\tC\t50\t50\tx\tx\t\t1\tP\t00\tR1")],
    ] {
        let body = bank::response(&[("ProcReturnCode", "00"), ("Response", "Approved"), ("OrderId", ORDER)], &extra);
        assert_eq!(word(&resumed(&step, 50, &answer(&body))), "unknown", "{extra:?}");
    }
}
