//! Sales, captures, voids and refunds.

use pos_tosla::Tosla;
use serde_json::json;
use vezne_plugin::value::{Value, secret};
use vezne_plugin::{DigestAlg, Effect, Outcome, Payments, Preauth, Step, TextForm, native};

use crate::bank::{
    self, CARD, CLIENT, CODE, ORDER, USER, answer, approved, card, ctx, line, nothing, outcome, resumed, said, sent,
    target, terms, word,
};

/// Signs the way Tosla's page says, in code of its own.
fn hash(random: &str, time: &str) -> String {
    let signed = Value::from(secret("api-password").expect("is there")).text(&[CLIENT, USER, random, time].concat());
    String::from_utf8_lossy(signed.digest(DigestAlg::Sha512, TextForm::Base64).revealed()).into_owned()
}

#[test]
fn a_sale_is_one_message_with_a_hash_that_is_used_once() {
    let _host = bank::host();
    let step = Tosla::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::OnceOnlyWrite, "/Payment"));
    let mut message = sent(&step);
    let (random, signature) = (message["rnd"].take(), message["hash"].take());
    let random = random.as_str().expect("text").to_owned();
    assert_eq!((random.len(), signature), (24, json!(hash(&random, "20261122120000"))));
    assert_eq!(
        message,
        json!({
            "clientId": CLIENT, "apiUser": USER, "orderId": ORDER, "amount": 1001, "currency": 949, "installmentCount": 0,
            "cardHolderName": "Ayşe Yılmaz", "cardNo": CARD, "expireDate": "1226", "cvv": CODE, "rnd": null,
            "timeSpan": "20261122120000", "hash": null,
        })
    );
    native::check_sinks(&step, &["api"], &[]).expect("no bare secret is in it");
    assert!(native::check_sinks(&step, &[], &[]).is_err(), "the card goes only where cards may go");
    let again = sent(&Tosla::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"));
    assert_ne!(again["hash"], json!(hash(&random, "20261122120000")), "another call, another hash");
}

#[test]
fn an_approval_carries_the_references_and_no_amount_of_ours() {
    let _host = bank::host();
    let step = Tosla::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("2000000000032562"));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (None, Some(ORDER)));
    // Names change their case now and then.
    let lower = approved().to_string().replace("\"Code\"", "\"code\"");
    assert_eq!(word(&resumed(&step, 1, &native::answer(200, "application/json", lower.as_bytes()))), "approved");
    let twice = approved().to_string().replace("\"Message\"", "\"code\"");
    assert_eq!(word(&resumed(&step, 1, &native::answer(200, "application/json", twice.as_bytes()))), "unreadable");
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Tosla::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, bank_code, expected) in [
        (0, Some("51"), "declined insufficient-funds"),
        (0, Some("05"), "declined not-approved"),
        (0, Some("14"), "declined wrong-card-number"),
        (0, Some("82"), "declined wrong-cvv"),
        (0, Some("41"), "declined card-blocked"),
        (0, Some("91"), "declined issuer-unavailable"),
        (0, Some("MD:0"), "declined authenticate-again"),
        (0, Some("68"), "unknown"),
        (0, Some("ZZ"), "unknown"),
        (0, None, "unknown"),
        (101, None, "declined not-found"),
        (998, None, "declined config-error"),
        (998, Some("51"), "declined insufficient-funds"),
        (999, None, "unknown"),
        (999, Some("51"), "unknown"),
        (999, Some("00"), "unknown"),
        (123, None, "unknown"),
        (123, Some("51"), "declined insufficient-funds"),
    ] {
        let reply = answer(&said(code, bank_code));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code} {bank_code:?}");
    }
}

#[test]
fn instalments_and_mail_order() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    assert_eq!(sent(&Tosla::sale(&ctx(), &six, &card().card()).expect("a step"))["installmentCount"], 6);
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    assert_eq!(word(&Tosla::sale(&ctx(), &mail, &card().card())), "unsupported");
    assert_eq!(word(&Tosla::authorize(&ctx(), &terms(100), &card().card())), "unsupported");
    drop(host);
    let _open = bank::session().setting("mail-order", "true").start();
    let mut bare = card();
    (bare.security_code, bare.holder) = (None, None);
    let message = sent(&Tosla::sale(&ctx(), &mail, &bare.card()).expect("a step"));
    assert_eq!((message.get("cvv"), &message["cardHolderName"]), (None, &json!("")));
}

#[test]
fn captures_and_voids_name_the_order() {
    let _host = bank::host();
    let step = Tosla::capture(&ctx(), &terms(99), &target("authorize", 100)).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.request.path.as_str(), &sent(&step)["amount"]), ("/postAuth", &json!(99)));
    assert_eq!(word(&resumed(&step, 99, &answer(&approved()))), "approved");
    let step = Tosla::void(&ctx(), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.request.path.as_str(), sent(&step).get("amount")), ("/void", None));
    assert_eq!(word(&resumed(&step, 100, &answer(&said(101, None)))), "declined not-found");
    assert_eq!(word(&Tosla::void(&ctx(), &target("refund", 100))), "unsupported");
}

#[test]
fn a_refund_first_notes_what_was_refunded_before() {
    let _host = bank::host();
    let look = Tosla::refund(&ctx(), &terms(50), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::ReadOnly, "/inquiry"));
    let mut before = line(1, 3, 100, Some("00"));
    before["RefundedAmount"] = json!(20);
    let write = resumed(&look, 50, &answer(&before)).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::OnceOnlyWrite, "/refund"));
    assert_eq!(send.known.extra, [("refunded-before".to_owned(), "20".to_owned())]);
    assert_eq!(sent(&write)["amount"], 50);
    assert_eq!(word(&resumed(&write, 50, &answer(&approved()))), "approved");
    assert_eq!(word(&resumed(&look, 50, &answer(&nothing()))), "not-processed");
    let odd = resumed(&look, 50, &answer(&said(999, None))).expect("a step");
    let Step::Send(send) = &odd else { panic!("a request") };
    assert!(send.known.extra.is_empty());
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Tosla::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Tosla::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&Tosla::capture(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", "a_b", &"x".repeat(37)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Tosla::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    drop(host);
    let bare = native::Session::new().start();
    assert_eq!(word(&Tosla::sale(&ctx(), &terms(1), &card().card())), "bad-config");
    drop(bare);
    let _keyless = native::Session::new().setting("client-id", "1").setting("api-user", "u").start();
    assert_eq!(word(&Tosla::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}
