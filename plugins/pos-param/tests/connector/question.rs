//! What became of an operation.

use pos_param::Param;
use vezne_plugin::{Effect, Outcome, Payments, Step, native};

use crate::bank::{self, ORDER, answer, ctx, line, line_with, no_line, outcome, resumed, sent, target, word};

fn asked(operation: &str, minor: i64, body: &[u8]) -> String {
    let step = Param::inquire(&ctx(), &target(operation, minor)).expect("a step");
    word(&resumed(&step, minor, &answer(body)))
}

#[test]
fn a_question_only_reads() {
    let _host = bank::host();
    for operation in ["sale", "authorize", "capture", "void", "refund"] {
        let step = Param::inquire(&ctx(), &target(operation, 100)).expect("a step");
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!(send.effect, Effect::ReadOnly);
        let body = sent(&step);
        assert!(body.contains("</GUID><Siparis_ID>01JD8ZK0Q3</Siparis_ID></TP_Islem_Sorgulama4>"), "{body}");
    }
}

#[test]
fn an_orders_line_answers_for_its_charge() {
    let _host = bank::host();
    for (operation, state, kind, expected) in [
        ("sale", "SUCCESS", "SALE", "approved"),
        ("sale", "PARTIAL_REFUND", "SALE", "approved"),
        ("sale", "REFUND", "SALE", "approved"),
        ("sale", "CANCEL", "SALE", "approved"),
        ("sale", "SUCCESS", "PRE_AUTH", "unknown"),
        ("sale", "FAIL", "SALE", "declined not-approved"),
        ("sale", "BANK_FAIL", "SALE", "declined not-approved"),
        ("sale", "WAITING", "SALE", "unknown"),
        ("sale", "SUCCESS", "", "unknown"),
        ("authorize", "SUCCESS", "PRE_AUTH", "approved"),
        ("authorize", "SUCCESS", "POST_AUTH", "approved"),
        ("capture", "SUCCESS", "POST_AUTH", "approved"),
        ("capture", "SUCCESS", "PRE_AUTH", "not-processed"),
        ("capture", "CANCEL", "PRE_AUTH", "unknown"),
        ("void", "CANCEL", "SALE", "approved"),
        ("void", "SUCCESS", "SALE", "not-processed"),
        ("void", "FAIL", "SALE", "unknown"),
    ] {
        assert_eq!(asked(operation, 100, &line(state, kind, "1.00", "0")), expected, "{operation} {state} {kind}");
    }
    // The card's bank does not say that the reservation still waits.
    for extra in ["", "<Extra><TRANS_STAT>C</TRANS_STAT></Extra>", "not a document", "<Extra>"] {
        assert_eq!(asked("capture", 100, &line_with("SUCCESS", "PRE_AUTH", "1.00", "0", extra)), "unknown", "{extra}");
    }
    let step = Param::inquire(&ctx(), &target("sale", 100)).expect("a step");
    let Outcome::Approved(found) = outcome(resumed(&step, 100, &answer(&line("SUCCESS", "SALE", "1234.50", "0"))))
    else {
        panic!("approved")
    };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(123_450), Some(ORDER)));
    let Outcome::Approved(found) = outcome(resumed(&step, 100, &answer(&line("CANCEL", "SALE", "1.00", "0")))) else {
        panic!("approved")
    };
    assert_eq!(found.attributes, [("order-state".to_owned(), "voided".to_owned())]);
    let text = String::from_utf8(line("SUCCESS", "SALE", "1.00", "0")).expect("text");
    let without_receipt = text.replace(">3007296662<", ">0<");
    assert_eq!(asked("sale", 100, without_receipt.as_bytes()), "unknown");
    let other = text.replace(&format!("<Siparis_ID>{ORDER}"), "<Siparis_ID>ANOTHER");
    assert_eq!(asked("sale", 100, other.as_bytes()), "unknown");
}

#[test]
fn a_refund_is_what_the_sum_of_refunds_grew_by() {
    let _host = bank::host();
    for (before, now, expected) in [
        (Some("0"), "0.50", "approved"),
        (Some("0"), "0", "not-processed"),
        (Some("25"), "0.75", "approved"),
        (Some("25"), "0.25", "not-processed"),
        (Some("25"), "0.50", "unknown"),
        (Some("0"), "1.00", "unknown"),
        (None, "0", "not-processed"),
        (None, "0.49", "not-processed"),
        (None, "0.50", "unknown"),
        (Some("x"), "0.50", "unknown"),
        (Some("0"), "", "unknown"),
    ] {
        let mut refund = target("refund", 50);
        refund.bank.extra.extend(before.map(|minor| ("refunded-before".to_owned(), minor.to_owned())));
        let step = Param::inquire(&ctx(), &refund).expect("a step");
        let reply = answer(&line("PARTIAL_REFUND", "SALE", "1.00", now));
        assert_eq!(word(&resumed(&step, 50, &reply)), expected, "{before:?} {now}");
    }
}

#[test]
fn a_payment_on_the_hosted_page_is_asked_for_by_our_own_number() {
    let _host = bank::host();
    let mut hosted = native::at_gate(target("sale", 100), "3d-host");
    hosted.bank.bank_order_id = None;
    hosted.bank.extra.push(("hosted-transaction".into(), ORDER.into()));
    let step = Param::inquire(&ctx(), &hosted).expect("a step");
    assert!(sent(&step).contains(
        "<Dekont_ID></Dekont_ID><Siparis_ID></Siparis_ID><Islem_ID>01JD8ZK0Q3</Islem_ID></TP_Islem_Sorgulama4>"
    ));
    let text = String::from_utf8(line("SUCCESS", "SALE", "1.00", "0")).expect("text");
    let theirs = text.replace(&format!("<Siparis_ID>{ORDER}"), "<Siparis_ID>6021847062");
    let Outcome::Approved(found) = outcome(resumed(&step, 100, &answer(theirs.as_bytes()))) else { panic!("approved") };
    assert_eq!(found.stated.order_id.as_deref(), Some(ORDER));
    assert_eq!(found.bank.bank_order_id.as_deref(), Some("6021847062"));
    // Once the order's own number is known, later acts and questions about them use it.
    hosted.bank.bank_order_id = Some("6021847062".into());
    assert!(sent(&Param::void(&ctx(), &hosted).expect("a step")).contains("<Siparis_ID>6021847062</Siparis_ID>"));
    hosted.operation = "void".into();
    let step = Param::inquire(&ctx(), &hosted).expect("a step");
    assert!(sent(&step).contains("<Siparis_ID>6021847062</Siparis_ID>"));
    // What is compared is our number all the same.
    let voided = theirs.replace(">SUCCESS<", ">CANCEL<");
    let Outcome::Approved(found) = outcome(resumed(&step, 100, &answer(voided.as_bytes()))) else { panic!("approved") };
    assert_eq!(found.stated.order_id.as_deref(), Some(ORDER));
}

#[test]
fn only_no_such_order_is_nothing() {
    let _host = bank::host();
    for operation in ["sale", "refund", "void", "capture"] {
        assert_eq!(asked(operation, 100, &no_line("-209")), "not-processed");
        for code in ["-1", "-100", "-101", "0", "1", "", "x"] {
            assert_eq!(asked(operation, 100, &no_line(code)), "unknown", "{code}");
        }
    }
    let step = Param::inquire(&ctx(), &target("sale", 100)).expect("a step");
    assert_eq!(word(&resumed(&step, 100, &native::lost())), "unknown");
}
