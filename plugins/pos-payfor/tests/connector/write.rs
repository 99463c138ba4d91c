//! Charges, captures, voids and refunds.

use pos_payfor::Payfor;
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{
    self, CARD, CODE, MERCHANT, ORDER, USER, answer, approved, card, ctx, outcome, resumed, sent, target, terms, word,
};

#[test]
fn a_sale_is_one_message_with_the_password_in_it() {
    let _host = bank::host();
    let step = Payfor::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
    assert_eq!(
        sent(&step),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PayforRequest><MerchantId>{MERCHANT}</MerchantId><UserCode>{USER}</UserCode>\
             <UserPass>UcBN0&lt;ş&amp;</UserPass><MbrId>5</MbrId><MOTO>0</MOTO><OrderId>{ORDER}</OrderId><SecureType>NonSecure</SecureType>\
             <TxnType>Auth</TxnType><PurchAmount>10.01</PurchAmount><Currency>949</Currency><InstallmentCount>0</InstallmentCount>\
             <Lang>TR</Lang><CardHolderName>Çağrı Şık &amp; Oğlu</CardHolderName><Pan>{CARD}</Pan><Expiry>1230</Expiry>\
             <Cvv2>{CODE}</Cvv2></PayforRequest>\n"
        )
    );
    assert!(native::check_sinks(&step, &[], &["api"]).is_err(), "the card goes only where cards may go");
    assert!(native::check_sinks(&step, &["api"], &[]).is_err(), "so does the password");
}

#[test]
fn an_approval_carries_the_banks_references_and_no_amount_of_ours() {
    let _host = bank::host();
    let step = Payfor::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("230422098249"));
    assert_eq!(approval.bank.auth_code.as_deref(), Some("S37397"));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (None, Some(ORDER)));
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Payfor::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, expected) in [
        ("51", "declined insufficient-funds"),
        ("05", "declined not-approved"),
        ("34", "declined wrong-cvv"),
        ("41", "declined card-blocked"),
        ("43", "declined card-blocked"),
        ("54", "declined expired-card"),
        ("M041", "declined wrong-card-number"),
        ("M030", "declined config-error"),
        ("M047", "declined config-error"),
        ("V013", "declined not-found"),
        ("V014", "declined state-conflict"),
        ("91", "declined issuer-unavailable"),
        ("V000", "unknown"),
        ("V033", "unknown"),
        ("V036", "unknown"),
        ("V029", "unknown"),
        ("V9199", "unknown"),
        ("101310", "unknown"),
        ("08", "unknown"),
        ("ZZ", "unknown"),
        ("", "unknown"),
    ] {
        let reply = answer(&bank::refused(code, "Hata: geçersiz & <b>"));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code}");
    }
}

#[test]
fn every_row_of_the_table_reads() {
    let rows = pos_payfor::answer::CODES.lines().filter_map(|line| line.trim().split('"').nth(1));
    let counted = rows.inspect(|code| assert!(pos_payfor::answer::meaning(code).is_some(), "{code}")).count();
    assert!(counted > 150, "{counted} rows");
    vezne_kit::rows_read(pos_payfor::three_d::MD_STATUS);
}

#[test]
fn words_that_disagree_are_no_answer() {
    let _host = bank::host();
    let step = Payfor::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (auth, code, message) in
        [("", "00", "Onaylandı"), ("S1", "51", "Limit"), ("", "51", "Onaylandı"), ("S1", "", "Onaylandı")]
    {
        let body =
            bank::response(&[("AuthCode", auth), ("ProcReturnCode", code), ("TransId", ORDER), ("ErrMsg", message)]);
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), "unknown", "{auth} {code} {message}");
    }
    let twice = bank::response(&[("AuthCode", "S1"), ("ProcReturnCode", "00"), ("ProcReturnCode", "51")]);
    assert_eq!(word(&resumed(&step, 1_001, &answer(&twice))), "unknown");
}

#[test]
fn instalments_reservations_and_mail_order() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    let body = sent(&Payfor::authorize(&ctx(), &six, &card().card()).expect("a step"));
    assert!(
        body.contains("<TxnType>PreAuth</TxnType>") && body.contains("<InstallmentCount>6</InstallmentCount>"),
        "{body}"
    );
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    let mut bare = card();
    (bare.security_code, bare.holder) = (None, None);
    let body = sent(&Payfor::sale(&ctx(), &mail, &bare.card()).expect("a step"));
    assert!(body.contains("<MOTO>1</MOTO>") && body.contains("<SecureType>NonSecure</SecureType>"), "{body}");
    assert!(!body.contains("Cvv2") && body.contains("<CardHolderName></CardHolderName>"), "{body}");
    let mut english = ctx();
    english.locale = "en-GB".into();
    assert!(sent(&Payfor::sale(&english, &terms(1), &card().card()).expect("a step")).contains("<Lang>EN</Lang>"));
    drop(host);
    let _closed = bank::session().setting("mail-order", "false").setting("mbr-id", "12").start();
    assert_eq!(word(&Payfor::sale(&ctx(), &mail, &card().card())), "unsupported");
    assert!(sent(&Payfor::sale(&ctx(), &terms(1), &card().card()).expect("a step")).contains("<MbrId>12</MbrId>"));
}

#[test]
fn what_the_bank_lacks_is_refused_with_a_sentence() {
    let _host = bank::host();
    let mut repeated = ctx();
    repeated.attributes.push(("recurring-interval".into(), "1".into()));
    assert_eq!(word(&Payfor::sale(&repeated, &terms(1), &card().card())), "unsupported");
    assert_eq!(word(&Payfor::void(&ctx(), &target("refund", 1))), "unsupported");
}

#[test]
fn captures_and_voids_name_the_order() {
    let _host = bank::host();
    let capture = Payfor::capture(&ctx(), &terms(99), &target("authorize", 100)).expect("a step");
    let body = sent(&capture);
    assert!(
        body.contains(&format!(
            "<OrgOrderId>{ORDER}</OrgOrderId><SecureType>NonSecure</SecureType><TxnType>PostAuth</TxnType>\
             <PurchAmount>0.99</PurchAmount><Currency>949</Currency><Lang>TR</Lang>"
        )),
        "{body}"
    );
    assert_eq!(word(&resumed(&capture, 99, &answer(&bank::refused("V027", "%15")))), "declined state-conflict");
    let void = Payfor::void(&ctx(), &target("sale", 100)).expect("a step");
    assert!(sent(&void).contains("<TxnType>Void</TxnType><Currency>949</Currency>"));
    assert_eq!(word(&resumed(&void, 100, &answer(&approved()))), "approved");
    assert_eq!(word(&resumed(&void, 100, &answer(&bank::refused("V018", "")))), "declined state-conflict");
    assert_eq!(word(&resumed(&void, 100, &answer(&bank::refused("V036", "")))), "unknown");
}

#[test]
fn a_refund_first_notes_the_refunds_that_are_there() {
    let _host = bank::host();
    let look = Payfor::refund(&ctx(), &terms(50), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    assert!(sent(&look).contains("<TxnType>TxnHistory</TxnType>"));
    let before = bank::history(&[
        ("Auth", "1.00", "2026-11-21T12:00:00", "Y", "00", "G1"),
        ("Refund", "0.50", "2026-11-22T11:00:00", "Y", "00", "G2"),
    ]);
    let write = resumed(&look, 50, &answer(&before)).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.extra, [("refunds-before".to_owned(), "G2".to_owned())]);
    let body = sent(&write);
    assert!(
        body.contains("<TxnType>Refund</TxnType><PurchAmount>0.50</PurchAmount><Currency>949</Currency>"),
        "{body}"
    );
    assert_eq!(word(&resumed(&write, 50, &answer(&approved()))), "approved");
    assert_eq!(word(&resumed(&write, 50, &answer(&bank::refused("V014", "iptal edin")))), "declined state-conflict");

    // No right to read reports: the refund goes out all the same.
    let forbidden = resumed(&look, 50, &answer(&bank::refused("V038", "Yetkisiz"))).expect("a step");
    let Step::Send(send) = &forbidden else { panic!("a request") };
    assert!(send.known.extra.is_empty() && sent(&forbidden).contains("Refund"));
    assert_eq!(word(&resumed(&look, 50, &answer(&bank::refused("V013", "")))), "not-processed");
    // No answer at all: nothing was sent, and nothing will be.
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Payfor::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Payfor::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&Payfor::capture(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", &"x".repeat(37)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Payfor::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    drop(host);
    let _bare = native::Session::new().start();
    assert_eq!(word(&Payfor::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}
