//! What became of an operation.

use pos_ccpayment::CcPayment;
use serde_json::{Value, json};
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{
    self, MERCHANT, ORDER, answer, ctx, line, lost, nothing, outcome, resumed, sent, target, with_extra, with_token,
    word,
};

fn asked(target: &Target) -> Step {
    let step = with_token(CcPayment::inquire(&ctx(), target), target.terms.amount.minor);
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::ReadOnly, "/api/checkstatus"));
    step
}

fn told(target: &Target, body: &Value) -> String {
    word(&resumed(&asked(target), target.terms.amount.minor, &answer(body)))
}

fn coded(mut line: Value, code: i64) -> Value {
    line["status_code"] = json!(code);
    line
}

#[test]
fn a_sale_is_found_or_not() {
    let _host = bank::host();
    let sale = target("sale", 1_001);
    let message = sent(&asked(&sale));
    assert_eq!(
        (&message["merchant_key"], &message["invoice_id"], &message["include_pending_status"]),
        (&json!(MERCHANT), &json!(ORDER), &json!("true"))
    );
    let mut failed = coded(line("Failed", "10.01", "0"), 41);
    failed["original_bank_error_code"] = json!("51");
    let mut unpaid = line("Completed", "10.01", "0");
    unpaid["payment_status"] = json!(0);
    for (body, expected) in [
        (line("Completed", "10.01", "0"), "approved"),
        (line("Partial Refund", "10.01", "1.00"), "approved"),
        (line("Refunded", "10.01", "10.01"), "approved"),
        (line("Pre-Authorization", "10.01", "0"), "approved"),
        (line("Cancelled", "10.01", "0"), "approved"),
        (line("Pending", "10.01", "0"), "pending"),
        (coded(line("", "10.01", "0"), 69), "pending"),
        (failed, "declined insufficient-funds"),
        (line("Failed", "10.01", "0"), "declined not-approved"),
        (unpaid, "unknown"),
        (line("Whatever", "10.01", "0"), "unknown"),
        (coded(line("Completed", "10.01", "0"), 41), "unknown"),
        (coded(line("Completed", "10.01", "0"), 69), "unknown"),
        (coded(line("Completed", "10.01", "0"), 14), "unknown"),
        (nothing(), "not-processed"),
        (coded(nothing(), 31), "not-processed"),
        (json!({"status_code": 99}), "unknown"),
    ] {
        assert_eq!(told(&sale, &body), expected, "{body}");
    }
    let mut other = line("Completed", "10.01", "0");
    other["invoice_id"] = json!("OTHER");
    assert_eq!(told(&sale, &other), "unknown");
    other.as_object_mut().expect("an object").remove("invoice_id");
    assert_eq!(told(&sale, &other), "unknown");
    let step = asked(&sale);
    assert_eq!(word(&resumed(&step, 1_001, &lost())), "unknown");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
}

#[test]
fn the_line_states_order_and_amount_and_what_a_reservation_is() {
    let _host = bank::host();
    for (status, written, minor, state) in [
        ("Completed", json!("20.00"), 2_000, None),
        ("Completed", json!(20), 2_000, None),
        ("completed", json!(20.5), 2_050, None),
        ("Pre-Authorization", json!("1.01"), 101, Some("authorized")),
        ("PRE_AUTH CANCELLED", json!("1.01"), 101, Some("voided")),
    ] {
        let mut body = line(status, "0", "0");
        body["transaction_amount"] = written;
        let step = asked(&target("authorize", 1_001));
        let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&body))) else { panic!("{status}") };
        assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(minor), Some(ORDER)));
        assert_eq!(approval.stated.currency, None, "the line has no currency");
        let state = state.map(|state: &str| ("order-state".to_owned(), state.to_owned()));
        assert_eq!(approval.attributes.first(), state.as_ref(), "{status}");
    }
}

#[test]
fn a_capture_shows_in_the_state_of_the_reservation() {
    let _host = bank::host();
    let capture = target("capture", 900);
    for (body, expected) in [
        (line("Completed", "9.00", "0"), "approved"),
        (line("Pre-Auth Approved", "9.00", "0"), "approved"),
        (line("Pre-Authorization", "10.01", "0"), "not-processed"),
        (line("Pre-Auth Cancelled", "10.01", "0"), "not-processed"),
        (line("Pre-Authorization Pending", "10.01", "0"), "unknown"),
        (line("Failed", "10.01", "0"), "unknown"),
    ] {
        assert_eq!(told(&capture, &body), expected, "{body}");
    }
}

#[test]
fn a_void_shows_too_and_a_payment_that_stands_proves_nothing() {
    let _host = bank::host();
    let void = target("void", 1_001);
    let queued = with_extra(target("void", 1_001), &[("refund-queued", "true")]);
    for (asked, body, expected) in [
        (&void, line("Refund", "10.01", "10.01"), "approved"),
        (&void, line("Cancelled", "10.01", "0"), "approved"),
        (&void, line("Pre-Authorization", "10.01", "0"), "not-processed"),
        (&void, line("Completed", "10.01", "0"), "unknown"),
        (&queued, line("Completed", "10.01", "0"), "pending"),
        (&queued, line("Refund", "10.01", "10.01"), "approved"),
        (&void, line("Partial Refund", "10.01", "1.00"), "unknown"),
    ] {
        assert_eq!(told(asked, &body), expected, "{body}");
    }
}

#[test]
fn an_unknown_refund_shows_in_the_sum() {
    let _host = bank::host();
    let paid = |refunded: &str| line("Partial Refund", "10.00", refunded);
    let refund = with_extra(target("refund", 50), &[("refunded-before", "20")]);
    let queued = with_extra(target("refund", 50), &[("refunded-before", "20"), ("refund-queued", "true")]);
    for (asked, refunded, expected) in [
        (&refund, "0.70", "approved"),
        (&refund, "0.20", "unknown"),
        (&refund, "0.40", "unknown"),
        (&refund, "0.10", "unknown"),
        (&refund, "x", "unknown"),
        (&queued, "0.20", "pending"),
        (&queued, "0.70", "approved"),
    ] {
        assert_eq!(told(asked, &paid(refunded)), expected, "{refunded}");
    }
    assert_eq!(told(&target("refund", 50), &paid("0.50")), "unknown", "nobody noted what was before");
    assert_eq!(told(&refund, &line("Cancelled", "10.00", "0.70")), "unknown");
}
