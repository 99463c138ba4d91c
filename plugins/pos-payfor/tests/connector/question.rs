//! What became of it?

use pos_payfor::Payfor;
use vezne_plugin::{Effect, Outcome, Payments, Step, native};

use crate::bank::{
    self, ORDER, SENT_AT_MS, answer, ctx, history, no_record, order, outcome, resumed, sent, target, word,
};

fn asked(target: &vezne_plugin::Target) -> Step {
    let step = Payfor::inquire(&ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    step
}

#[test]
fn a_charge_is_what_the_order_says() {
    let _host = bank::host();
    for (operation, body, expected) in [
        ("sale", order("Auth", "10.01", "00", false), "approved"),
        ("sale", order("Auth", "10.01", "00", true), "approved"),
        ("sale", order("Auth", "10.01", "51", false), "declined insufficient-funds"),
        ("sale", order("Auth", "10.01", "V036", false), "unknown"),
        ("sale", order("Auth", "10.01", "V000", false), "unknown"),
        ("sale", order("Auth", "10.01", "ZZ", false), "unknown"),
        ("sale", order("Auth", "10.01", "", false), "unknown"),
        ("sale", order("Refund", "10.01", "00", false), "send"),
        ("sale", no_record(), "not-processed"),
        ("sale", bank::refused("V038", ""), "unknown"),
        ("authorize", order("PreAuth", "10.01", "00", false), "approved"),
        ("authorize", order("Auth", "10.01", "00", false), "send"),
        ("capture", order("PostAuth", "10.01", "00", false), "approved"),
        ("capture", order("PreAuth", "10.01", "00", false), "send"),
    ] {
        let step = asked(&target(operation, 1_001));
        assert!(sent(&step).contains("<SecureType>Inquiry</SecureType>"));
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), expected, "{operation}");
    }
    let step = asked(&target("sale", 1_001));
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&order("Auth", "10.01", "00", true))))
    else {
        panic!("approved once")
    };
    assert_eq!(approval.attributes, [("order-state".to_owned(), "voided".to_owned())]);
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("230423101605"));
}

#[test]
fn a_payment_nobody_finished_at_the_gate_is_over_after_an_hour() {
    for (minutes, expected) in [(10, "unknown"), (59, "unknown"), (61, "not-processed")] {
        let _host = bank::session().at(SENT_AT_MS + minutes * 60_000).start();
        for code in ["V000", "V033"] {
            let step = asked(&target("sale", 1_001));
            let word = word(&resumed(&step, 1_001, &answer(&order("Auth", "10.01", code, false))));
            assert_eq!(word, expected, "{code} after {minutes} minutes");
        }
    }
}

#[test]
fn where_the_order_does_not_say_the_transactions_do() {
    let _host = bank::host();
    let to_history = |operation| {
        let step = asked(&target(operation, 1_001));
        resumed(&step, 1_001, &answer(&order("Void", "10.01", "00", false))).expect("a step")
    };
    let row = |kind, standing, code, request| (kind, "10.01", "2026-11-22T12:00:03", standing, code, request);
    for (operation, rows, expected) in [
        ("sale", vec![row("Auth", "Y", "00", "G1"), row("Refund", "Y", "00", "G2")], "approved"),
        ("sale", vec![row("Auth", "V", "00", "G1"), row("Void", "Y", "00", "G2")], "approved"),
        ("sale", vec![row("Auth", "N", "51", "G1")], "declined insufficient-funds"),
        ("sale", vec![row("Auth", "N", "51", "G1"), row("Auth", "Y", "00", "G2")], "approved"),
        ("sale", vec![row("Refund", "Y", "00", "G1")], "unknown"),
        ("authorize", vec![row("PreAuth", "Y", "00", "G1"), row("PostAuth", "Y", "00", "G2")], "approved"),
        ("capture", vec![row("PreAuth", "Y", "00", "G1")], "not-processed"),
        ("capture", vec![row("PreAuth", "Y", "00", "G1"), row("PostAuth", "Y", "00", "G2")], "approved"),
    ] {
        let step = to_history(operation);
        assert!(sent(&step).contains("<SecureType>Report</SecureType>"));
        assert_eq!(word(&resumed(&step, 1_001, &answer(&history(&rows)))), expected, "{operation} {rows:?}");
    }
    let other = String::from_utf8(history(&[row("Auth", "Y", "00", "G1")])).expect("text").replace(ORDER, "01JOTHER");
    assert_eq!(word(&resumed(&to_history("sale"), 1_001, &answer(other.as_bytes()))), "unknown");
}

#[test]
fn an_unknown_refund_is_the_one_that_was_not_there_before() {
    let _host = bank::host();
    let mut refund = target("refund", 50);
    refund.bank.extra.push(("refunds-before".into(), "G1".into()));
    let step = asked(&refund);
    let sale = ("Auth", "1.00", "2020-01-01T00:00:00", "Y", "00", "S1");
    let row = |request, standing, code| ("Refund", "0.50", "2020-01-01T00:00:00", standing, code, request);
    for (rows, expected) in [
        (vec![sale, row("G1", "Y", "00"), row("G2", "Y", "00")], "approved"),
        (vec![sale, row("G1", "Y", "00")], "not-processed"),
        (vec![row("G1", "Y", "00")], "unknown"),
        (vec![sale, row("G2", "N", "V014")], "declined state-conflict"),
        (vec![sale, row("G2", "Y", "00"), row("G3", "Y", "00")], "unknown"),
        (vec![sale, row("G2", "Y", "00"), row("G3", "N", "V014")], "approved"),
        (vec![sale, row("G2", "V", "00")], "declined canceled"),
        (vec![sale, ("Refund", "0.51", "2026-11-22T12:00:00", "Y", "00", "G2")], "not-processed"),
    ] {
        assert_eq!(word(&resumed(&step, 50, &answer(&history(&rows)))), expected, "{rows:?}");
    }
    let blind = asked(&target("refund", 50));
    let at = |time| vec![sale, ("Refund", "0.50", time, "Y", "00", "G2")];
    assert_eq!(word(&resumed(&blind, 50, &answer(&history(&at("2026-11-22T12:00:05"))))), "approved");
    assert_eq!(word(&resumed(&blind, 50, &answer(&history(&at("2026-11-21T12:00:00"))))), "not-processed");
    assert_eq!(word(&resumed(&blind, 50, &answer(&history(&at("somewhen"))))), "approved");
}

#[test]
fn an_unknown_void_shows_on_what_it_voided() {
    let _host = bank::host();
    let step = asked(&target("void", 100));
    let sale = |standing| ("Auth", "1.00", "2026-11-22T12:00:00", standing, "00", "G1");
    let void = |code| ("Void", "1.00", "2026-11-22T12:01:00", "Y", code, "G2");
    for (rows, expected) in [
        (vec![sale("V"), void("00")], "approved"),
        (vec![sale("Y")], "not-processed"),
        (vec![sale("Y"), void("V018")], "not-processed"),
        (vec![sale("Y"), void("00")], "unknown"),
        (vec![void("00")], "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 100, &answer(&history(&rows)))), expected, "{rows:?}");
    }
}

#[test]
fn half_a_history_and_no_answer_are_no_verdict() {
    let _host = bank::host();
    let step = asked(&target("refund", 50));
    for body in ["<TxnHistoryReport/>", "<TxnHistoryReport><PaymentRequestExtended/></TxnHistoryReport>", "<Other/>"] {
        assert_eq!(word(&resumed(&step, 50, &answer(body.as_bytes()))), "unknown", "{body}");
    }
    assert_eq!(word(&resumed(&step, 50, &native::lost())), "unknown");
    assert_eq!(word(&resumed(&step, 50, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
}
