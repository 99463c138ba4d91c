//! What became of an operation.

use pos_tosla::Tosla;
use serde_json::{Value, json};
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{self, answer, ctx, line, nothing, outcome, resumed, said, sent, target, with_extra, word};

fn asked(target: &Target) -> Step {
    let step = Tosla::inquire(&ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::ReadOnly, "/inquiry"));
    step
}

fn told(target: &Target, body: &Value) -> String {
    word(&resumed(&asked(target), target.terms.amount.minor, &answer(body)))
}

fn with(mut line: Value, name: &str, value: i64) -> Value {
    line[name] = json!(value);
    line
}

#[test]
fn a_sale_is_found_or_not() {
    let _host = bank::host();
    let sale = target("sale", 1_001);
    assert_eq!(sent(&asked(&sale)).get("amount"), None);
    let yes = Some("00");
    for (body, expected) in [
        (line(1, 1, 1_001, yes), "approved"),
        (with(line(1, 3, 1_001, yes), "RefundedAmount", 1), "approved"),
        (with(line(1, 4, 1_001, yes), "RefundedAmount", 1_001), "approved"),
        (line(1, 0, 1_001, Some("51")), "declined insufficient-funds"),
        (line(1, 0, 1_001, Some("MD:0")), "declined authenticate-again"),
        (line(1, 0, 1_001, None), "declined not-approved"),
        (line(1, 0, 1_001, yes), "unknown"),
        (line(1, 1, 1_001, Some("51")), "unknown"),
        (line(1, 10, 1_001, None), "pending"),
        (line(1, 77, 1_001, yes), "unknown"),
        (nothing(), "not-processed"),
        (said(101, None), "not-processed"),
        (said(998, None), "unknown"),
        (said(999, None), "unknown"),
        (with(nothing(), "Amount", 5), "unknown"),
    ] {
        assert_eq!(told(&sale, &body), expected, "{body}");
    }
    let mut other = line(1, 1, 1_001, yes);
    other["OrderId"] = json!("OTHER");
    assert_eq!(told(&sale, &other), "unknown");
    let step = asked(&sale);
    assert_eq!(word(&resumed(&step, 1_001, &native::lost())), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(204, "", b""))), "unreadable");
}

#[test]
fn a_payer_who_never_came_back_is_waited_for_only_so_long() {
    let gate = native::at_gate(target("sale", 1_001), "3d-pay");
    let two_hours = 2 * 3_600_000;
    for (later, expected) in [(0, "pending"), (two_hours, "pending"), (two_hours + 1, "not-processed")] {
        let _host = bank::session().at(gate.sent_at_millis + later).start();
        assert_eq!(told(&gate, &line(1, 10, 1_001, None)), expected, "{later}");
    }
}

#[test]
fn a_voided_order_is_owed_and_paid_no_more() {
    let _host = bank::host();
    let step = asked(&target("sale", 1_001));
    let reply = answer(&line(1, 2, 1_001, Some("00")));
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &reply)) else { panic!("approved") };
    assert_eq!(approval.attributes, [("order-state".to_owned(), "voided".to_owned())]);
    assert_eq!(told(&target("void", 1_001), &line(1, 2, 1_001, Some("00"))), "approved");
    assert_eq!(told(&target("void", 1_001), &line(1, 1, 1_001, Some("00"))), "not-processed");
    assert_eq!(told(&target("void", 1_001), &line(1, 0, 1_001, Some("51"))), "unknown");
}

#[test]
fn an_unknown_capture_is_done_only_if_something_was_taken() {
    let _host = bank::host();
    let capture = target("capture", 900);
    let reserved = line(2, 1, 1_000, Some("00"));
    let taken = with(line(2, 5, 1_000, Some("00")), "PostAuthedAmount", 900);
    assert_eq!(told(&capture, &reserved), "not-processed");
    let Outcome::Approved(approval) = outcome(resumed(&asked(&capture), 900, &answer(&taken))) else {
        panic!("approved")
    };
    assert_eq!(approval.stated.minor, Some(900));
    assert_eq!(told(&capture, &line(2, 5, 1_000, Some("00"))), "unknown");
    assert_eq!(told(&capture, &line(2, 2, 1_000, Some("00"))), "not-processed");
    for (body, state) in [(reserved, Some(("order-state".to_owned(), "authorized".to_owned()))), (taken, None)] {
        let step = asked(&target("authorize", 1_000));
        let Outcome::Approved(approval) = outcome(resumed(&step, 1_000, &answer(&body))) else { panic!("approved") };
        assert_eq!((approval.stated.minor, approval.attributes.first()), (Some(1_000), state.as_ref()));
    }
}

#[test]
fn an_unknown_refund_shows_in_the_sum() {
    let _host = bank::host();
    let paid = |refunded| with(line(1, 3, 100, Some("00")), "RefundedAmount", refunded);
    let refund = with_extra(target("refund", 50), &[("refunded-before", "20")]);
    for (refunded, expected) in [(70, "approved"), (20, "not-processed"), (40, "unknown"), (10, "unknown")] {
        assert_eq!(told(&refund, &paid(refunded)), expected, "{refunded}");
    }
    let unknown_before = target("refund", 50);
    assert_eq!(told(&unknown_before, &with(line(1, 1, 100, Some("00")), "RefundedAmount", 0)), "not-processed");
    assert_eq!(told(&unknown_before, &paid(50)), "unknown");
    assert_eq!(told(&refund, &line(1, 2, 100, Some("00"))), "unknown");
}
