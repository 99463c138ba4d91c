//! What became of an operation.

use pos_interpos::Interpos;
use vezne_plugin::{Effect, Outcome, Payments, Step, native};

use crate::bank::{self, ORDER, answer, ctx, line, no_line, outcome, resumed, sent, target, word};

fn asked(operation: &str, minor: i64, body: &[u8]) -> String {
    let step = Interpos::inquire(&ctx(), &target(operation, minor)).expect("a step");
    word(&resumed(&step, minor, &answer(body)))
}

#[test]
fn a_question_only_reads() {
    let _host = bank::host();
    for operation in ["sale", "authorize", "capture", "void", "refund"] {
        let step = Interpos::inquire(&ctx(), &target(operation, 100)).expect("a step");
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!(send.effect, Effect::ReadOnly);
        assert!(sent(&step).ends_with("&orgOrderId=01JD8ZK0Q3&TxnType=StatusHistory&SecureType=NonSecure&Lang=tr"));
    }
}

#[test]
fn an_orders_letter_answers_for_its_charge() {
    let _host = bank::host();
    for (operation, kind, status, expected) in [
        ("sale", "S", "C", "approved"),
        ("sale", "S", "S", "approved"),
        ("sale", "-", "C", "approved"),
        ("sale", "S", "A", "unknown"),
        ("sale", "S", "D", "declined not-approved"),
        ("sale", "S", "V", "approved"),
        ("sale", "S", "X", "unknown"),
        ("sale", "S", "", "unknown"),
        ("sale", "C", "C", "unknown"),
        ("sale", "", "C", "unknown"),
        ("authorize", "S", "A", "approved"),
        ("authorize", "S", "K", "approved"),
        ("capture", "S", "A", "not-processed"),
        ("capture", "S", "K", "approved"),
        ("capture", "S", "S", "approved"),
        ("capture", "S", "V", "unknown"),
        ("void", "S", "V", "approved"),
        ("void", "S", "C", "not-processed"),
        ("void", "S", "D", "unknown"),
    ] {
        assert_eq!(asked(operation, 100, &line(kind, status, "1,00", "0")), expected, "{operation} {kind} {status}");
    }
    let step = Interpos::inquire(&ctx(), &target("sale", 100)).expect("a step");
    let Outcome::Approved(found) = outcome(resumed(&step, 100, &answer(&line("S", "C", "1.234,50", "0")))) else {
        panic!("approved")
    };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(123_450), Some(ORDER)));
    let Outcome::Approved(found) = outcome(resumed(&step, 100, &answer(&line("S", "V", "1,00", "0")))) else {
        panic!("approved")
    };
    assert_eq!(found.attributes, [("order-state".to_owned(), "voided".to_owned())]);
    let suspicious = String::from_utf8(line("S", "C", "1,00", "0")).expect("text").replace("TxnStat=N", "TxnStat=S");
    assert_eq!(asked("sale", 100, suspicious.as_bytes()), "unknown");
    let reversed = suspicious.replace("TxnStat=S", "TxnStat=R");
    assert_eq!(asked("void", 100, reversed.as_bytes()), "approved");
    let other = suspicious.replace("TxnStat=S", "TxnStat=N").replace(ORDER, "ANOTHER");
    assert_eq!(asked("sale", 100, other.as_bytes()), "unknown");
}

#[test]
fn a_refund_is_what_the_sum_of_refunds_grew_by() {
    let _host = bank::host();
    for (before, now, expected) in [
        (Some("0"), "0,50", "approved"),
        (Some("0"), "0", "not-processed"),
        (Some("25"), "0,75", "approved"),
        (Some("25"), "0,25", "not-processed"),
        (Some("25"), "0,50", "unknown"),
        (Some("0"), "1,00", "unknown"),
        (None, "0", "not-processed"),
        (None, "0,49", "not-processed"),
        (None, "0,50", "unknown"),
        (Some("x"), "0,50", "unknown"),
        (Some("0"), "", "unknown"),
    ] {
        let mut refund = target("refund", 50);
        refund.bank.extra.extend(before.map(|minor| ("refunded-before".to_owned(), minor.to_owned())));
        let step = Interpos::inquire(&ctx(), &refund).expect("a step");
        let reply = answer(&line("S", "S", "1,00", now));
        assert_eq!(word(&resumed(&step, 50, &reply)), expected, "{before:?} {now}");
    }
}

#[test]
fn only_no_such_order_is_nothing() {
    let _host = bank::host();
    for operation in ["sale", "refund", "void", "capture"] {
        assert_eq!(asked(operation, 100, &no_line("05")), "not-processed");
        for code in ["81", "99", "12", "", "E31"] {
            assert_eq!(asked(operation, 100, &no_line(code)), "unknown", "{code}");
        }
    }
    let with_a_line = String::from_utf8(line("S", "C", "1,00", "0")).expect("text");
    let refused = with_a_line.replace("ProcReturnCode=00", "ProcReturnCode=05");
    assert_eq!(asked("sale", 100, refused.as_bytes()), "unknown");
    let step = Interpos::inquire(&ctx(), &target("sale", 100)).expect("a step");
    assert_eq!(word(&resumed(&step, 100, &native::lost())), "unknown");
}
