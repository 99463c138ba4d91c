//! What became of it?

use pos_boa::Boa;
use vezne_plugin::{Effect, Outcome, Payments, Step, Target, native};

use crate::bank::{
    self, BANKS, Line, ORDER, PAID, answer, listed, no_record, outcome, path, resumed, sent, target, word,
};

fn asked(target: &Target) -> Step {
    let step = Boa::inquire(&bank::ctx(), target).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    step
}

#[test]
fn a_question_names_the_order() {
    let kuveyt = bank::host("kuveyt");
    let mut lost = target("sale", 1_001);
    lost.bank.transaction_id = None;
    let body = sent(&asked(&lost));
    assert!(body.contains(&format!("<ser:MerchantOrderId>{ORDER}</ser:MerchantOrderId><ser:OrderId>0</ser:OrderId>")));
    assert!(body.contains("<ser:StartDate>2026-11-21T12:00:00</ser:StartDate><ser:EndDate>2026-11-23T12:00:00</"));
    assert!(sent(&asked(&target("sale", 1))).contains("<ser:OrderId>114293600</ser:OrderId>"));
    drop(kuveyt);
    let _host = bank::host("vakif-katilim");
    let step = asked(&lost);
    assert_eq!(path(&step), "home/SelectOrderByMerchantOrderId");
    assert!(!sent(&step).contains("HashPassword"));
}

#[test]
fn an_unknown_charge_is_what_its_line_says() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let step = asked(&target("sale", 1_001));
        for (line, expected) in [
            (PAID, "approved"),
            (Line { last: "4", ..PAID }, "approved"),
            (Line { last: "5", ..PAID }, "approved"),
            (Line { last: "9", ..PAID }, "unknown"),
            (Line { code: "51", transaction: "2", ..PAID }, "declined insufficient-funds"),
            (Line { code: "XX", transaction: "2", ..PAID }, "declined not-approved"),
            (Line { code: "68", transaction: "2", ..PAID }, "unknown"),
            (Line { code: "", transaction: "0", ..PAID }, "not-processed"),
            (Line { code: "00", transaction: "0", ..PAID }, "unknown"),
            (Line { code: "00", transaction: "2", ..PAID }, "unknown"),
            (Line { order: "OTHER", ..PAID }, "unknown"),
            (Line { bank_order: "1", ..PAID }, "unknown"),
        ] {
            let reply = answer(&listed(bank, &[line]));
            assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{bank} {line:?}");
        }
        let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&listed(bank, &[PAID])))) else {
            panic!("approved")
        };
        assert_eq!((approval.stated.minor, approval.stated.currency.as_deref()), (Some(1_001), Some("949")));
        assert_eq!(approval.bank.auth_code.as_deref(), Some("050990"));
        let voided = answer(&listed(bank, &[Line { last: "6", ..PAID }]));
        let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &voided)) else { panic!("found") };
        assert!(approval.attributes.contains(&("order-state".into(), "voided".into())));
    }
}

#[test]
fn one_order_number_charged_twice_is_nobodys_answer() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let mut lost = target("sale", 1_001);
        lost.bank.transaction_id = None;
        let step = asked(&lost);
        let tried = Line { code: "51", transaction: "2", bank_order: "1", ..PAID };
        assert_eq!(word(&resumed(&step, 1_001, &answer(&listed(bank, &[tried, PAID])))), "approved");
        let twice = [Line { bank_order: "2", ..PAID }, PAID];
        assert_eq!(word(&resumed(&step, 1_001, &answer(&listed(bank, &twice)))), "unknown");
    }
}

#[test]
fn only_the_banks_own_words_mean_no_such_order() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let step = asked(&target("sale", 1_001));
        assert_eq!(word(&resumed(&step, 1_001, &answer(&no_record(bank)))), "not-processed");
        let refused = match bank {
            "kuveyt" => bank::service_refused("GetMerchantOrderDetail", "HashDataError", "uyuşmamaktadır"),
            _ => bank::refused("MerchantNotDefined", "x"),
        };
        assert_eq!(word(&resumed(&step, 1_001, &answer(&refused))), "unknown");
        assert_eq!(word(&resumed(&step, 1_001, &native::lost())), "unknown");
        assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html></html>"))), "unreadable");
        let fault = b"<s:Envelope xmlns:s=\"x\"><s:Body><s:Fault><faultcode>s:Client</faultcode></s:Fault></s:Body></s:Envelope>";
        assert_eq!(word(&resumed(&step, 1_001, &answer(fault))), "unreadable");
    }
}

#[test]
fn what_was_changed_is_looked_for_on_the_day_of_its_sale() {
    for bank in BANKS {
        let _host = bank::host(bank);
        for operation in ["void", "refund"] {
            let mut changed = target(operation, 1_001);
            let sold_at = changed.sent_at_millis - 40 * 86_400_000;
            changed.bank.extra.push(("sold-at".into(), sold_at.to_string()));
            let step = asked(&changed);
            let days = "<ser:StartDate>2026-10-12T12:00:00</ser:StartDate><ser:EndDate>2026-11-23T12:00:00</";
            assert!(bank != "kuveyt" || sent(&step).contains(days), "{}", sent(&step));
            assert_eq!(word(&resumed(&step, 1_001, &answer(&no_record(bank)))), "unknown", "{bank} {operation}");
        }
    }
}

#[test]
fn an_unknown_refund_is_what_was_given_back_since() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let ask = |before: Option<&str>| {
            let mut refund = target("refund", 50);
            refund.bank.extra.extend(before.map(|before| ("given-back-before".to_owned(), before.to_owned())));
            asked(&refund)
        };
        for (before, now, expected) in [
            (Some("0"), "0.50", "approved"),
            (Some("100"), "1.50", "approved"),
            (Some("100"), "1.00", "not-processed"),
            (Some("0"), "0.70", "unknown"),
            (Some("100"), "0.50", "unknown"),
            (None, "0.00", "not-processed"),
            (None, "0.50", "unknown"),
            (Some("0"), "x", "unknown"),
        ] {
            let reply = answer(&listed(bank, &[Line { given_back: now, last: "5", ..PAID }]));
            assert_eq!(word(&resumed(&ask(before), 50, &reply)), expected, "{before:?} {now}");
        }
    }
}

#[test]
fn an_unknown_void_or_capture_shows_on_the_order() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let step = asked(&target("void", 1_001));
        for (last, expected) in [("6", "approved"), ("1", "not-processed"), ("4", "unknown"), ("", "unknown")] {
            let reply = answer(&listed(bank, &[Line { last, ..PAID }]));
            assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{last}");
        }
    }
    let _host = bank::host("vakif-katilim");
    let step = asked(&target("capture", 1_001));
    for (closed, last, expected) in
        [("10.01", "2", "approved"), ("0.00", "2", "not-processed"), ("0.00", "1", "unknown"), ("", "2", "unknown")]
    {
        let reply = answer(&listed("vakif-katilim", &[Line { closed, last, kind: "2", ..PAID }]));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{closed} {last}");
    }
    let reserved = asked(&target("authorize", 1_001));
    let reply = answer(&listed("vakif-katilim", &[Line { last: "2", kind: "2", ..PAID }]));
    assert_eq!(word(&resumed(&reserved, 1_001, &reply)), "approved");
}
