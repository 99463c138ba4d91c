//! Sales, reservations, captures, voids and refunds.

use pos_msu::Msu;
use serde_json::{Value, json};
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{
    self, CARD, CODE, MERCHANT, NUMBER, ORDER, PASSWORD, USER, answer, card, ctx, done, field, listed, lost, nothing,
    outcome, refused, resumed, row, sent, target, terms, word,
};

#[test]
fn a_sale_is_one_form() {
    let _host = bank::host();
    let step = Msu::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::OnceOnlyWrite, ""));
    let shown: Vec<(String, String)> = sent(&step);
    let shown: Vec<(&str, &str)> = shown.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let ip = ctx().payer_ip.expect("has one");
    let mut expected = vec![
        ("ACTION", "SALE"),
        ("MERCHANT", MERCHANT),
        ("MERCHANTUSER", USER),
        ("MERCHANTPASSWORD", PASSWORD),
        ("MERCHANTPAYMENTID", ORDER),
        ("AMOUNT", "10.01"),
        ("CURRENCY", "TRY"),
        ("CUSTOMER", ORDER),
        ("CUSTOMERIP", ip.as_str()),
        ("CUSTOMERNAME", "Ayşe Yılmaz"),
        ("NAMEONCARD", "Ayşe Yılmaz"),
        ("CARDPAN", CARD),
        ("CARDEXPIRY", "12.2026"),
        ("CARDCVV", CODE),
        ("INSTALLMENTS", "1"),
    ];
    let email = ctx().payer_email;
    if let Some(email) = email.as_deref() {
        expected.insert(8, ("CUSTOMEREMAIL", email));
    }
    assert_eq!(shown, expected);
    assert!(native::check_sinks(&step, &[], &["api"]).is_err(), "the card goes only where cards may go");
    assert!(native::check_sinks(&step, &["api"], &[]).is_err(), "the password only where secrets may go");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&done()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some(NUMBER));
    let stated = (approval.stated.minor, approval.stated.currency.as_deref(), approval.stated.order_id.as_deref());
    assert_eq!(stated, (Some(1_001), Some("TRY"), Some(ORDER)));
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Msu::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (error, returned, expected) in [
        (Some("ERR20051"), Some("51"), "declined insufficient-funds"),
        (Some("ERR20054"), None, "declined expired-card"),
        (Some("ERR20082"), None, "declined wrong-cvv"),
        (Some("ERR20041"), None, "declined card-blocked"),
        (Some("err20051"), None, "declined insufficient-funds"),
        (Some("ERR10045"), None, "declined wrong-card-number"),
        (Some("ERR10010"), None, "declined config-error"),
        (Some("ERR20040"), None, "declined state-conflict"),
        (Some("ERR10048"), None, "unknown"),
        (Some("ERR10078"), None, "unknown"),
        (Some("ERR10141"), None, "unknown"),
        (Some("ERR30005"), None, "unknown"),
        (Some("ERR99999"), Some("51"), "unknown"),
        (None, Some("51"), "declined insufficient-funds"),
        (None, Some("92"), "unknown"),
        (None, Some("00"), "unknown"),
        (Some("ERR20051"), Some("00"), "unknown"),
        (None, None, "unknown"),
    ] {
        let reply = answer(&refused(error, returned));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{error:?} {returned:?}");
    }
    for (name, value, expected) in [
        ("responseCode", "98", "unknown"),
        ("errorCode", "ERR20051", "unknown"),
        ("pgTranReturnCode", "51", "unknown"),
        ("pgTranReturnCode", "0000", "approved"),
    ] {
        let mut odd = done();
        odd[name] = json!(value);
        assert_eq!(word(&resumed(&step, 1_001, &answer(&odd))), expected, "{name} {value}");
    }
}

#[test]
fn instalments_reservations_and_mail_order() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    assert_eq!(field(&Msu::sale(&ctx(), &six, &card().card()).expect("a step"), "INSTALLMENTS"), "6");
    assert_eq!(field(&Msu::authorize(&ctx(), &terms(1), &card().card()).expect("a step"), "ACTION"), "PREAUTH");
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    assert_eq!(word(&Msu::sale(&ctx(), &mail, &card().card())), "unsupported");
    assert_eq!(word(&Msu::authorize(&ctx(), &mail, &card().card())), "unsupported");
    drop(host);
    let _open = bank::session().setting("mail-order", "true").start();
    let mut bare = card();
    (bare.security_code, bare.holder) = (None, None);
    let step = Msu::sale(&ctx(), &mail, &bare.card()).expect("a step");
    assert!(sent(&step).iter().all(|(name, _)| name != "CARDCVV"));
    assert_eq!(field(&step, "NAMEONCARD"), "Kart Sahibi");
}

#[test]
fn captures_and_voids_name_the_transaction_where_it_is_known() {
    let _host = bank::host();
    let mut known = target("authorize", 1_001);
    known.bank.transaction_id = Some(NUMBER.into());
    let step = Msu::capture(&ctx(), &terms(990), &known).expect("a step");
    assert_eq!((field(&step, "ACTION"), field(&step, "AMOUNT")), ("POSTAUTH".to_owned(), "9.90".to_owned()));
    assert_eq!((field(&step, "PGTRANID"), field(&step, "MERCHANTPAYMENTID")), (NUMBER.to_owned(), String::new()));
    let step = Msu::capture(&ctx(), &terms(990), &target("authorize", 1_001)).expect("a step");
    assert_eq!(field(&step, "MERCHANTPAYMENTID"), ORDER);
    assert_eq!(word(&resumed(&step, 990, &answer(&refused(Some("ERR10035"), None)))), "declined state-conflict");
    let step = Msu::void(&ctx(), &known).expect("a step");
    assert_eq!((field(&step, "ACTION"), field(&step, "PGTRANID")), ("VOID".to_owned(), NUMBER.to_owned()));
    assert_eq!(word(&resumed(&step, 1_001, &answer(&refused(Some("ERR10033"), None)))), "declined state-conflict");
    assert_eq!(word(&Msu::void(&ctx(), &target("refund", 100))), "unsupported");
}

#[test]
fn a_refund_first_notes_what_was_refunded_before() {
    let _host = bank::host();
    let look = Msu::refund(&ctx(), &terms(50), &target("sale", 1_001)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!((send.effect, field(&look, "ACTION")), (Effect::ReadOnly, "QUERYTRANSACTION".to_owned()));
    let before = listed(&[row("SALE", "AP", "10.01"), row("REFUND", "AP", "0.20"), row("REFUND", "FA", "5.00")]);
    let write = resumed(&look, 50, &answer(&before)).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.extra, [("refunded-before".to_owned(), "20".to_owned())]);
    assert_eq!((field(&write, "ACTION"), field(&write, "AMOUNT")), ("REFUND".to_owned(), "0.50".to_owned()));
    assert_eq!(field(&write, "PGTRANID"), format!("{NUMBER}SALE"));
    assert_eq!(word(&resumed(&write, 50, &answer(&done()))), "approved");
    let of_capture = listed(&[row("PREAUTH", "PA", "10.01"), row("POSTAUTH", "AP", "9.00")]);
    let write = resumed(&look, 50, &answer(&of_capture)).expect("a step");
    assert_eq!(field(&write, "PGTRANID"), format!("{NUMBER}POSTAUTH"));
    let mut numberless = row("SALE", "AP", "10.01");
    numberless["pgTranId"] = Value::Null;
    for found in [
        nothing(),
        refused(Some("ERR10020"), None),
        listed(&[row("SALE", "VD", "10.01")]),
        listed(&[row("PREAUTH", "AP", "10.01")]),
        listed(&[row("SALE", "AP", "10.01"), row("REFUND", "IP", "1.00")]),
        listed(&[numberless]),
    ] {
        assert_eq!(word(&resumed(&look, 50, &answer(&found))), "not-processed", "{found}");
    }
    assert_eq!(word(&resumed(&look, 50, &lost())), "not-processed");
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Msu::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Msu::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&Msu::capture(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", "a|b", &"x".repeat(65)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Msu::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    drop(host);
    let bare = native::Session::new().start();
    assert_eq!(word(&Msu::sale(&ctx(), &terms(1), &card().card())), "bad-config");
    drop(bare);
    let _keyless = native::Session::new().setting("merchant", "1").setting("merchant-user", "u").start();
    assert_eq!(word(&Msu::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}
