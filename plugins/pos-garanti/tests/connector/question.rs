//! What became of it?

use pos_garanti::Garanti;
use vezne_plugin::{Effect, Outcome, Payments, Step, native};

use crate::bank::{self, ORDER, answer, ctx, history, order, outcome, resumed, sent, target, word};

fn asked(target: &vezne_plugin::Target) -> Step {
    let step = Garanti::inquire(&ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    step
}

#[test]
fn a_charge_is_what_the_orders_line_says() {
    let _host = bank::host();
    for (operation, body, expected) in [
        ("sale", order("APPROVED", "0", "1001", "00"), "approved"),
        ("sale", order("APPROVED", "0", "1001", ""), "approved"),
        ("sale", order("APPROVED", "0", "1001", "51"), "declined insufficient-funds"),
        ("sale", order("APPROVED", "0", "1001", "ZZ"), "unknown"),
        ("sale", order("APPROVED", "0", "500", "00"), "send"),
        ("sale", order("WAITINGPOSTAUTH", "1001", "0", "00"), "unknown"),
        ("sale", order("VOIDED", "0", "1001", "00"), "send"),
        ("sale", bank::no_record(), "not-processed"),
        ("sale", bank::refused("92", "0108", "kayıt bulunmamaktadır"), "not-processed"),
        ("sale", bank::refused("92", "0651", ""), "unknown"),
        ("sale", bank::refused("96", "96", ""), "unknown"),
        ("authorize", order("WAITINGPOSTAUTH", "1001", "0", "00"), "approved"),
        ("authorize", order("APPROVED", "1001", "900", "00"), "send"),
        ("capture", order("WAITINGPOSTAUTH", "1001", "0", "00"), "not-processed"),
        ("capture", order("APPROVED", "1001", "1001", "00"), "send"),
    ] {
        let step = asked(&target(operation, 1_001, None));
        assert!(sent(&step).contains("<Type>orderinq</Type>"));
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), expected, "{operation}");
    }
}

#[test]
fn where_the_line_does_not_say_the_transactions_do() {
    let _host = bank::host();
    let to_history = |operation| {
        let step = asked(&target(operation, 1_001, None));
        resumed(&step, 1_001, &answer(&order("SOMETHING", "0", "1", "00"))).expect("a step")
    };
    let sale = |voided| ("sales", "1001", "20261122", voided, "00", "S1");
    for (operation, rows, expected) in [
        ("sale", vec![sale(""), ("refund", "500", "20261122", "", "00", "R1")], "approved"),
        ("sale", vec![sale("20261122"), ("void", "1001", "20261122", "", "00", "V1")], "approved"),
        ("sale", vec![sale(""), ("void", "1001", "20261122", "", "00", "V1")], "unknown"),
        ("sale", vec![("sales", "1001", "20261122", "", "51", "S1")], "declined insufficient-funds"),
        ("sale", vec![("refund", "1001", "20261122", "", "00", "R1")], "unknown"),
        ("authorize", vec![("preauth", "1001", "20261122", "", "00", "S1")], "approved"),
        ("capture", vec![("preauth", "1001", "20261122", "", "00", "S1")], "not-processed"),
        ("capture", vec![("postauth", "1001", "20261122", "", "00", "S2")], "approved"),
    ] {
        let step = to_history(operation);
        assert!(sent(&step).contains("<Type>orderhistoryinq</Type>"));
        assert_eq!(word(&resumed(&step, 1_001, &answer(&history(&rows)))), expected, "{operation} {rows:?}");
    }
    let Outcome::Approved(approval) =
        outcome(resumed(&to_history("sale"), 1_001, &answer(&history(&[sale("20261122")]))))
    else {
        panic!("approved once")
    };
    assert_eq!(approval.attributes, [("order-state".to_owned(), "voided".to_owned())]);
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
}

#[test]
fn an_unknown_refund_is_the_one_that_was_not_there_before() {
    let _host = bank::host();
    let mut refund = target("refund", 50, None);
    refund.bank.extra.push(("refunds-before".into(), "R1".into()));
    let step = asked(&refund);
    let row = |number, voided, code| ("refund", "50", "20200101", voided, code, number);
    for (rows, expected) in [
        (vec![row("R1", "", "00"), row("R2", "", "00")], "approved"),
        (vec![row("R1", "", "00")], "not-processed"),
        (vec![row("R1", "", "00"), row("R2", "", "51")], "declined insufficient-funds"),
        (vec![row("R2", "", "00"), row("R3", "", "00")], "unknown"),
        (vec![row("R2", "", "00"), row("R3", "", "51")], "approved"),
        (vec![row("R2", "20261122", "00")], "declined canceled"),
        (vec![("refund", "51", "20261122", "", "00", "R2")], "not-processed"),
    ] {
        assert_eq!(word(&resumed(&step, 50, &answer(&history(&rows)))), expected, "{rows:?}");
    }
    let blind = asked(&target("refund", 50, None));
    let on = |day| vec![("refund", "50", day, "", "00", "R2")];
    assert_eq!(word(&resumed(&blind, 50, &answer(&history(&on("20261122"))))), "approved");
    assert_eq!(word(&resumed(&blind, 50, &answer(&history(&on("20261121"))))), "not-processed");
}

#[test]
fn an_unknown_void_shows_on_what_it_voided() {
    let _host = bank::host();
    let mut void = target("void", 100, None);
    void.bank.extra.extend([("original".into(), "S1".into()), ("voids".into(), "sale".into())]);
    let step = asked(&void);
    let sale = |voided, number| ("sales", "100", "20261122", voided, "00", number);
    for (rows, expected) in [
        (vec![sale("20261122", "S1")], "approved"),
        (vec![sale("", "S1")], "not-processed"),
        (vec![sale("", "S1"), ("void", "100", "20261122", "", "00", "V1")], "unknown"),
        (vec![sale("20261122", "S2")], "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 100, &answer(&history(&rows)))), expected, "{rows:?}");
    }
}

#[test]
fn half_a_history_and_no_answer_are_no_verdict() {
    let _host = bank::host();
    let step = asked(&target("refund", 50, None));
    for inside in
        ["", "<OrderHistInqResult></OrderHistInqResult>", "<OrderHistInqResult><OrderTxnList/></OrderHistInqResult>"]
    {
        let body = bank::signed("00", "", "Approved", "", "", inside, bank::PASSWORD);
        assert_eq!(word(&resumed(&step, 50, &answer(&body))), "unknown", "{inside}");
    }
    assert_eq!(word(&resumed(&step, 50, &native::lost())), "unknown");
    assert_eq!(word(&resumed(&step, 50, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
}
