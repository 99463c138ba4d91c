//! Voids and refunds.

use pos_posnet_v1::PosnetV1;
use vezne_plugin::{Effect, Outcome, Payments, Step, native};

use crate::bank::{
    self, KEY, MERCHANT, TERMINAL, answer, approved, ctx, listed, nothing, outcome, refused, resumed, sent, target,
    terms, with_key, word,
};

#[test]
fn a_sale_is_voided_by_its_key_or_its_order() {
    let _host = bank::host();
    let by_key = PosnetV1::void(&ctx(), &with_key(target("sale", 100), KEY, "sale")).expect("a step");
    let body = sent(&by_key);
    let mac = bank::mac(&format!("{MERCHANT}{TERMINAL}{KEY}"));
    assert!(body.starts_with("/Reverse "), "{body}");
    assert!(
        body.contains(&format!(
            "\"ReferenceCode\":\"{KEY}\",\"OrderId\":null,\"TransactionType\":\"Sale\",\"MAC\":\"{mac}\""
        )),
        "{body}"
    );
    let by_order = PosnetV1::void(&ctx(), &target("sale", 100)).expect("a step");
    assert!(sent(&by_order).contains("\"ReferenceCode\":null,\"OrderId\":\"0000000000000001JD8ZK0Q3\""));
    let mut three_d = native::at_gate(target("sale", 100), "3d");
    three_d.bank.extra.push(("stands-as".into(), "sale".into()));
    let step = PosnetV1::void(&ctx(), &three_d).expect("a step");
    assert!(sent(&step).contains("\"OrderId\":\"TDS_000000000001JD8ZK0Q3\""));
    let refund = PosnetV1::void(&ctx(), &with_key(target("refund", 50), "R1", "return")).expect("a step");
    assert!(sent(&refund).contains("\"ReferenceCode\":\"R1\",\"OrderId\":null,\"TransactionType\":\"Return\""));
    for (code, expected) in [
        ("00", "approved"),
        ("0211", "declined state-conflict"),
        ("0218", "declined state-conflict"),
        ("0123", "declined not-found"),
        ("0220", "approved"),
        ("0370", "approved"),
        ("0302", "unknown"),
        ("0127", "unknown"),
    ] {
        assert_eq!(word(&resumed(&by_key, 100, &answer(&refused(code, "")))), expected, "{code}");
    }
}

#[test]
fn of_a_captured_reservation_the_capture_goes_first() {
    let _host = bank::host();
    let look = PosnetV1::void(&ctx(), &with_key(target("authorize", 100), "C1", "capt")).expect("a step");
    let Step::Send(send) = &look else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let book = listed(&[("Auth", "1", "1,00", "", "A1"), ("Capture", "1", "0,90", "", "C1")]);
    let capture = resumed(&look, 100, &answer(&book)).expect("a step");
    assert!(sent(&capture).contains("\"ReferenceCode\":\"C1\",\"OrderId\":null,\"TransactionType\":\"Capture\""));
    let rest = resumed(&capture, 100, &answer(&approved())).expect("a step");
    assert!(sent(&rest).contains("\"ReferenceCode\":\"A1\",\"OrderId\":null,\"TransactionType\":\"Auth\""));
    let Outcome::Approved(both) = outcome(resumed(&rest, 100, &answer(&approved()))) else { panic!("approved") };
    assert!(both.attributes.is_empty());
    for body in [refused("0122", ""), b"<html></html>".to_vec()] {
        let Outcome::Approved(held) = outcome(resumed(&rest, 100, &answer(&body))) else { panic!("approved") };
        assert_eq!(held.attributes[0].0, "reservation");
    }
    let only = resumed(&look, 100, &answer(&listed(&[("Auth", "1", "1,00", "", "A1")]))).expect("a step");
    assert!(sent(&only).contains("\"ReferenceCode\":\"A1\",\"OrderId\":null,\"TransactionType\":\"Auth\""));
    let gone = [("Reverse", "1", "1,00", "", "X"), ("Auth", "1", "1,00", "", "A1")];
    assert_eq!(word(&resumed(&look, 100, &answer(&listed(&gone)))), "approved");
    assert_eq!(word(&resumed(&look, 100, &answer(&listed(&[("Auth", "0", "1,00", "", "A1")])))), "not-processed");
    assert_eq!(word(&resumed(&look, 100, &answer(&nothing()))), "declined not-found");
    assert_eq!(word(&resumed(&look, 100, &answer(&refused("0148", "")))), "not-processed");
}

#[test]
fn a_refund_first_notes_the_refunds_that_are_there() {
    let _host = bank::host();
    let look = PosnetV1::refund(&ctx(), &terms(50), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let before = listed(&[("Return", "1", "0,50", "2026-11-2211:00:00.000", "R1"), ("Sale", "1", "1,00", "", "S1")]);
    let write = resumed(&look, 50, &answer(&before)).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.extra, [("refunds-before".to_owned(), "R1".to_owned())]);
    let body = sent(&write);
    assert!(body.starts_with("/Return "), "{body}");
    assert!(
        body.contains(
            "\"ReferenceCode\":\"S1\",\"OrderId\":null,\"TransactionType\":\"Sale\",\"Amount\":50,\"CurrencyCode\":\"TL\",\"MAC\""
        ),
        "{body}"
    );
    assert_eq!(word(&resumed(&write, 50, &answer(&approved()))), "approved");
    assert_eq!(word(&resumed(&write, 50, &answer(&refused("0411", "")))), "declined state-conflict");
    assert_eq!(word(&resumed(&write, 50, &answer(&refused("0302", "")))), "unknown");
    // No right to ask: the refund goes out all the same. No answer at all: nothing goes out.
    let forbidden = resumed(&look, 50, &answer(&refused("0148", ""))).expect("a step");
    assert!(sent(&forbidden).contains("\"OrderId\":\"0000000000000001JD8ZK0Q3\""));
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
    let captured = listed(&[("Auth", "1", "1,00", "", "A1"), ("Capture", "1", "1,00", "", "C1")]);
    let of_capture = resumed(&look, 50, &answer(&captured)).expect("a step");
    assert!(sent(&of_capture).contains("\"ReferenceCode\":\"C1\",\"OrderId\":null,\"TransactionType\":\"Capture\""));
}

#[test]
fn a_3d_payment_is_given_back_as_a_whole() {
    let host = bank::host();
    let whole = PosnetV1::refund(&ctx(), &terms(100), &native::at_gate(target("sale", 100), "3d")).expect("a step");
    let write = resumed(&whole, 100, &answer(&nothing())).expect("a step");
    let body = sent(&write);
    assert!(body.contains("\"OrderId\":\"TDS_000000000001JD8ZK0Q3\",\"TransactionType\":\"Sale\",\"MAC\""), "{body}");
    assert_eq!(word(&PosnetV1::refund(&ctx(), &terms(99), &native::at_gate(target("sale", 100), "3d"))), "unsupported");
    drop(host);
    let _confirmed = bank::session().setting("three-d-refund-amount", "true").start();
    let part = PosnetV1::refund(&ctx(), &terms(99), &native::at_gate(target("sale", 100), "3d")).expect("a step");
    let body = sent(&resumed(&part, 99, &answer(&nothing())).expect("a step"));
    assert!(body.contains("\"TransactionType\":\"Sale\",\"Amount\":99,\"CurrencyCode\":\"TL\""), "{body}");
}
