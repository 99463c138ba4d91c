//! Charges, captures, voids and refunds.

use pos_akbank::Akbank;
use serde_json::{Value as Json, json};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, Effect, Outcome, Payments, Preauth, Step, TextForm, native};

use crate::bank::{
    self, CODE, MERCHANT, ORDER, TERMINAL, answer, approved, card, ctx, list, outcome, resumed, row, sent, target,
    terms, with_extra, word,
};

#[test]
fn a_sale_is_one_message_signed_as_a_whole() {
    let _host = bank::host();
    let step = Akbank::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::OnceOnlyWrite, "/transaction/process"));
    assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
    let mut message = sent(&step);
    let random = message["randomNumber"].take();
    assert!(random.as_str().is_some_and(|random| random.len() == 128), "{random}");
    assert_eq!(
        message,
        json!({
            "version": "1.00", "txnCode": "1000", "requestDateTime": "2026-11-22T12:00:00.000", "randomNumber": null,
            "terminal": {"merchantSafeId": MERCHANT, "terminalSafeId": TERMINAL},
            "card": {"cardNumber": bank::CARD, "cvv2": CODE, "expireDate": "1140"},
            "transaction": {"amount": "10.01", "currencyCode": 949, "motoInd": 0, "installCount": 1},
            "customer": {"ipAddress": "192.0.2.7"}, "order": {"orderId": ORDER},
        })
    );
    let body = String::from_utf8(native::reveal(&send.request.body)).expect("UTF-8");
    let key = vezne_plugin::value::secret("secret-key").expect("is there");
    let signature = Value::from(body).hmac(DigestAlg::Sha512, &key, TextForm::Base64).expect("signs");
    let [header] = &send.request.headers[..] else { panic!("one header") };
    assert_eq!(
        (header.name.as_str(), native::reveal_part(&header.value)),
        ("auth-hash", signature.revealed().to_vec())
    );
    assert!(native::check_sinks(&step, &[], &[]).is_err(), "the card goes only where cards may go");
}

#[test]
fn the_time_is_the_banks_and_not_the_firms() {
    let _host = bank::session().at(1_798_750_799_000).start();
    let message = sent(&Akbank::sale(&ctx(), &terms(1), &card().card()).expect("a step"));
    assert_eq!(message["requestDateTime"], "2026-12-31T23:59:59.000");
}

#[test]
fn an_approval_carries_the_banks_references_and_no_amount_of_ours() {
    let _host = bank::host();
    let step = Akbank::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved("1000")))) else {
        panic!("approved")
    };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("206125059557"));
    assert_eq!(approval.bank.auth_code.as_deref(), Some("064724"));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (None, Some(ORDER)));
    assert!(approval.bank.extra.contains(&("batch".into(), "99".into())));
    let mut other = approved("1000");
    other["txnCode"] = json!("1002");
    assert_eq!(word(&resumed(&step, 1_001, &answer(&other))), "unknown", "an answer to something else");
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Akbank::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, host, expected) in [
        ("VPS-1005", Some("51"), "declined insufficient-funds"),
        ("VPS-1005", Some("05"), "declined not-approved"),
        ("VPS-1005", Some("14"), "declined wrong-card-number"),
        ("VPS-1005", Some("82"), "declined wrong-cvv"),
        ("VPS-1005", Some("83"), "declined installment-not-allowed"),
        ("VPS-1005", Some("41"), "declined card-blocked"),
        ("VPS-1005", Some("43"), "declined card-blocked"),
        ("VPS-1005", Some("57"), "declined card-closed-ecommerce"),
        ("VPS-1005", Some("91"), "declined issuer-unavailable"),
        ("VPS-1005", Some("68"), "unknown"),
        ("VPS-1005", Some("00"), "unknown"),
        ("VPS-1005", Some("ZZ"), "unknown"),
        ("VPS-1005", None, "unknown"),
        ("VPS-1013", None, "unknown"),
        ("VPS-1044", None, "declined installment-not-allowed"),
        ("VPS-1060", None, "declined config-error"),
        ("VPS-1061", None, "declined config-error"),
        ("VPS-1066", None, "declined other-card"),
        ("VPS-1073", None, "declined config-error"),
        ("VPS-9999", None, "unknown"),
        ("VPS-0000", Some("51"), "unknown"),
        ("", None, "unreadable"),
    ] {
        let reply = answer(&bank::refused("1000", code, host));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code} {host:?}");
    }
    let Outcome::Declined(decline) =
        outcome(resumed(&step, 1, &answer(&bank::refused("1000", "VPS-1005", Some("51")))))
    else {
        panic!("declined")
    };
    assert_eq!(decline.bank_code.as_deref(), Some("VPS-1005 51"));
    assert_eq!(decline.bank_message.as_deref(), Some("051 RED"));
}

#[test]
fn a_message_against_the_schema_was_not_looked_at() {
    let _host = bank::host();
    let step = Akbank::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let bad = |status, body: &str| resumed(&step, 1_001, &native::answer(status, "application/json", body.as_bytes()));
    assert_eq!(word(&bad(400, r#"{"code":400,"message":"order.orderId must match"}"#)), "declined config-error");
    assert_eq!(word(&bad(400, &approved("1000").to_string())), "unreadable");
    assert_eq!(word(&bad(400, "{}")), "unreadable");
    assert_eq!(word(&bad(401, r#"{"code":401,"message":"x"}"#)), "unreadable");
    assert_eq!(word(&bad(200, r#"{"code":400,"message":"x"}"#)), "unreadable");
}

#[test]
fn instalments_reservations_and_mail_order() {
    let host = bank::session().setting("sub-merchant-id", "alt-42").start();
    let mut six = terms(60_000);
    six.installments = 6;
    let message = sent(&Akbank::authorize(&ctx(), &six, &card().card()).expect("a step"));
    assert_eq!((&message["txnCode"], &message["transaction"]["installCount"]), (&json!("1004"), &json!(6)));
    assert_eq!(message["subMerchant"], json!({"subMerchantId": "alt-42"}));
    let mut without_code = card();
    without_code.security_code = None;
    for (entry, flag) in [("mail-order", 1), ("telephone-order", 1), ("recurring", 1), ("ecommerce", 0)] {
        let mut terms = terms(100);
        terms.entry = entry.into();
        let message = sent(&Akbank::sale(&ctx(), &terms, &without_code.card()).expect("a step"));
        assert_eq!(message["transaction"]["motoInd"], json!(flag), "{entry}");
        assert_eq!(message["card"].get("cvv2"), None);
    }
    drop(host);
    let _closed = bank::session().setting("mail-order", "false").start();
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    assert_eq!(word(&Akbank::sale(&ctx(), &mail, &card().card())), "unsupported");
    assert_eq!(word(&Akbank::sale(&ctx(), &terms(100), &card().card())), "send");
}

#[test]
fn a_repeated_order_is_built_and_cancelled() {
    let _host = bank::host();
    let mut ctx = ctx();
    for (key, value) in [("recurring-interval", "2"), ("recurring-cycle", "M"), ("recurring-count", "3")] {
        ctx.attributes.push((key.into(), value.into()));
    }
    let step = Akbank::sale(&ctx, &terms(100), &card().card()).expect("a step");
    let message = sent(&step);
    assert_eq!(message["recurring"], json!({"frequencyInterval": 2, "frequencyCycle": "M", "numberOfPayments": 3}));
    assert_eq!((&message["order"], &message["transaction"]["motoInd"]), (&json!({"orderTrackId": ORDER}), &json!(1)));
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.known.extra, [("order-track-id".to_owned(), ORDER.to_owned())]);
    // The bank numbers the charge itself; ours is the track number.
    let mut done = approved("1000");
    done["order"] = json!({"orderId": "b9ebfdc5", "orderTrackId": ORDER});
    let Outcome::Approved(approval) = outcome(resumed(&step, 100, &answer(&done))) else { panic!("approved") };
    assert_eq!(approval.stated.order_id.as_deref(), Some(ORDER));
    ctx.attributes[1].1 = "Q".into();
    assert_eq!(word(&Akbank::sale(&ctx, &terms(100), &card().card())), "invalid");
    ctx.attributes[1].1 = "M".into();
    assert_eq!(word(&Akbank::authorize(&ctx, &terms(100), &card().card())), "invalid");

    let track = ("order-track-id", ORDER);
    let cancel = |extra: &[(&str, &str)]| {
        let target = with_extra(target("sale", 100), &[&[track], extra].concat());
        sent(&Akbank::void(&ctx, &target).expect("a step"))
    };
    let made = cancel(&[("recurring-number", "2")]);
    assert_eq!((&made["txnCode"], &made["recurring"]), (&json!("1003"), &json!({"recurringOrder": 2})));
    assert_eq!(cancel(&[])["recurring"], json!({"recurringOrder": 1}), "the one that was made with the order");
    let planned = cancel(&[("recurring-number", "2"), ("recurring-pending", "true")]);
    assert_eq!((&planned["txnCode"], &planned["recurring"]), (&json!("1013"), &json!({"recurringOrder": 2})));
    let all = cancel(&[("recurring-all", "true")]);
    assert_eq!((&all["txnCode"], all.get("recurring")), (&json!("1013"), None));
    assert_eq!(all["order"], json!({"orderTrackId": ORDER}));
    let wrong = with_extra(target("sale", 100), &[track, ("recurring-number", "x")]);
    assert_eq!(word(&Akbank::void(&ctx, &wrong)), "invalid");
}

#[test]
fn captures_and_voids_name_the_order() {
    let _host = bank::host();
    let step = Akbank::capture(&ctx(), &terms(99), &target("authorize", 100)).expect("a step");
    let message = sent(&step);
    assert_eq!((&message["txnCode"], &message["order"]), (&json!("1005"), &json!({"orderId": ORDER})));
    assert_eq!(message["transaction"], json!({"amount": "0.99", "currencyCode": 949}));
    assert_eq!(word(&resumed(&step, 99, &answer(&approved("1005")))), "approved");
    let step = Akbank::void(&ctx(), &target("sale", 100)).expect("a step");
    let message = sent(&step);
    assert_eq!((&message["txnCode"], message.get("transaction")), (&json!("1003"), None));
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.known.extra, [("voids".to_owned(), "sale".to_owned())]);
    assert_eq!(
        word(&resumed(&step, 100, &answer(&bank::refused("1003", "VPS-1008", None)))),
        "declined state-conflict"
    );
    assert_eq!(word(&resumed(&step, 100, &answer(&bank::refused("1003", "VPS-1007", None)))), "declined not-found");
    assert_eq!(word(&Akbank::void(&ctx(), &target("refund", 100))), "unsupported");
}

#[test]
fn a_refund_first_notes_the_refunds_that_are_there() {
    let _host = bank::host();
    let look = Akbank::refund(&ctx(), &terms(50), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!((send.effect, &sent(&look)["txnCode"]), (Effect::ReadOnly, &json!("1010")));
    let rows = [row("1000", "N", 1.0, "2026-11-22T10:00:00.000"), row("1002", "N", 0.5, "2026-11-22T11:00:00.000")];
    let write = resumed(&look, 50, &answer(&list(&rows))).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    let [(key, before)] = &send.known.extra[..] else { panic!("one reference") };
    assert_eq!((key.as_str(), before.is_empty()), ("refunds-before", false));
    let message = sent(&write);
    assert_eq!(message["transaction"], json!({"amount": "0.50", "currencyCode": 949}));
    assert_eq!((&message["txnCode"], &message["order"]), (&json!("1002"), &json!({"orderId": ORDER})));
    assert_eq!(word(&resumed(&write, 50, &answer(&approved("1002")))), "approved");

    // An order the bank does not know cannot be refunded; a list that does not help does not stop a refund.
    assert_eq!(word(&resumed(&look, 50, &answer(&bank::nothing()))), "not-processed");
    let odd = resumed(&look, 50, &answer(&bank::refused("1010", "VPS-2235", None))).expect("a step");
    let Step::Send(send) = &odd else { panic!("a request") };
    assert!(send.known.extra.is_empty());
    // No answer at all: nothing was sent, and nothing will be.
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
    // More refunds than one reference can name.
    let many: Vec<Json> = (0..60).map(|n| row("1002", "N", 0.01, &format!("2026-11-22T11:00:{n:02}.000"))).collect();
    let write = resumed(&look, 50, &answer(&list(&many))).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert!(send.known.extra.is_empty());
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Akbank::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Akbank::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&Akbank::capture(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", "a_b", &"x".repeat(37)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Akbank::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    drop(host);
    let bare = native::Session::new().start();
    assert_eq!(word(&Akbank::sale(&ctx(), &terms(1), &card().card())), "bad-config");
    drop(bare);
    let _keyless = native::Session::new().setting("merchant-safe-id", "m").setting("terminal-safe-id", "t").start();
    assert_eq!(word(&Akbank::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}
