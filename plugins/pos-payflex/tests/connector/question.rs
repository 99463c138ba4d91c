//! What became of it?

use pos_payflex::Payflex;
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{self, ORDER, answer, endpoint, listed, outcome, resumed, search_refused, sent, target, word};

fn asked(target: &Target) -> Step {
    let step = Payflex::inquire(&bank::ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, endpoint(&step)), (Effect::ReadOnly, "search"));
    step
}

#[test]
fn a_transaction_is_asked_for_by_its_number() {
    let _host = bank::host();
    let body = sent(&asked(&target("sale", 1_001)));
    assert!(body.contains(
        "<TransactionCriteria><TransactionId>TX1</TransactionId><OrderId>01JD8ZK0Q3</OrderId><AuthCode></AuthCode>"
    ));
    let mut hosted = native::at_gate(target("sale", 1_001), "3d-host");
    hosted.bank.transaction_id = None;
    assert!(sent(&asked(&hosted)).contains("<TransactionId></TransactionId>"));
}

#[test]
fn an_unknown_charge_is_what_its_line_says() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    for (rows, expected) in [
        (vec![("Sale", "TX1", "0000", "false")], "approved"),
        (vec![("Sale", "TX1", "0051", "false")], "declined insufficient-funds"),
        (vec![("Sale", "TX1", "1001", "false")], "unknown"),
        (vec![("Sale", "TX1", "", "false")], "unknown"),
        (vec![("Sale", "OTHER", "0000", "false")], "unknown"),
        (vec![("Refund", "TX1", "0000", "false")], "unknown"),
        (vec![("Sale", "TX1", "0000", "false"), ("Sale", "TX1", "0000", "false")], "unknown"),
        (vec![], "not-processed"),
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&listed(&rows)))), expected, "{rows:?}");
    }
    let Outcome::Approved(approval) =
        outcome(resumed(&step, 1_001, &answer(&listed(&[("Sale", "TX1", "0000", "false")]))))
    else {
        panic!("approved")
    };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
    let voided = answer(&listed(&[("Sale", "TX1", "0000", "true")]));
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &voided)) else { panic!("found") };
    assert!(approval.attributes.contains(&("order-state".into(), "voided".into())));
}

#[test]
fn a_visit_to_the_page_is_found_by_its_order() {
    let _host = bank::host();
    let mut hosted = native::at_gate(target("sale", 1_001), "3d-host");
    hosted.bank.transaction_id = None;
    let step = asked(&hosted);
    assert_eq!(word(&resumed(&step, 1_001, &answer(&listed(&[("Sale", "9", "0000", "false")])))), "approved");
    let tries = [("Sale", "8", "0051", "false"), ("Sale", "9", "0000", "false")];
    assert_eq!(word(&resumed(&step, 1_001, &answer(&listed(&tries)))), "approved");
    let failed = [("Sale", "8", "0051", "false"), ("Sale", "9", "0005", "false")];
    assert_eq!(word(&resumed(&step, 1_001, &answer(&listed(&failed)))), "unknown");
}

#[test]
fn only_the_banks_own_words_mean_no_such_transaction() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    assert_eq!(word(&resumed(&step, 1_001, &answer(&search_refused("9601")))), "not-processed");
    for code in ["9065", "9057", "1001", "0051", "ZZ", ""] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&search_refused(code)))), "unknown", "{code}");
    }
    assert_eq!(word(&resumed(&step, 1_001, &native::lost())), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
}

#[test]
fn an_unknown_change_is_asked_for_by_its_own_number() {
    let _host = bank::host();
    let refund = asked(&target("refund", 1_001));
    for (rows, expected) in [
        (vec![("Refund", "TX1", "0000", "false")], "approved"),
        (vec![("Refund", "TX1", "1059", "false")], "declined state-conflict"),
        (vec![("Sale", "TX1", "0000", "false")], "unknown"),
        (vec![("Refund", "TX1", "0000", "true")], "not-processed"),
    ] {
        assert_eq!(word(&resumed(&refund, 1_001, &answer(&listed(&rows)))), expected, "{rows:?}");
    }
    let capture = asked(&target("capture", 1_001));
    assert_eq!(word(&resumed(&capture, 1_001, &answer(&listed(&[("Capture", "TX1", "0000", "false")])))), "approved");
    let mut void = target("void", 1_001);
    void.bank.transaction_id = Some("VOID1".into());
    void.bank.extra.push(("voids".into(), "TX1".into()));
    let step = asked(&void);
    assert!(sent(&step).contains("<TransactionId>TX1</TransactionId>"));
    for (voided, expected) in [("true", "approved"), ("false", "not-processed"), ("", "unknown")] {
        let reply = answer(&listed(&[("Sale", "TX1", "0000", voided)]));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{voided}");
    }
}
