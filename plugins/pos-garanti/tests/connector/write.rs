//! Charges, captures, voids and refunds.

use pos_garanti::Garanti;
use vezne_plugin::{DigestAlg, Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{
    self, CARD, CODE, ORDER, PASSWORD, REFUND_PASSWORD, TERMINAL, answer, approved, card, ctx, hex_of, outcome,
    resumed, security, sent, target, terms, word,
};

#[test]
fn a_sale_is_one_signed_message() {
    let _host = bank::host();
    let step = Garanti::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
    let hash = hex_of(DigestAlg::Sha512, &format!("{ORDER}{TERMINAL}{CARD}1001949{}", security(PASSWORD)));
    assert_eq!(
        sent(&step),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<GVPSRequest><Mode>TEST</Mode><Version>512</Version><Terminal>\
             <ProvUserID>PROVAUT</ProvUserID><UserID>PROVAUT</UserID><HashData>{hash}</HashData><ID>30691298</ID>\
             <MerchantID>7000679</MerchantID></Terminal><Customer><IPAddress>192.0.2.7</IPAddress></Customer><Card>\
             <Number>{CARD}</Number><ExpireDate>1230</ExpireDate><CVV2>{CODE}</CVV2></Card><Order><OrderID>{ORDER}</OrderID></Order>\
             <Transaction><Type>sales</Type><InstallmentCnt></InstallmentCnt><Amount>1001</Amount><CurrencyCode>949</CurrencyCode>\
             <CardholderPresentCode>0</CardholderPresentCode><MotoInd>N</MotoInd></Transaction></GVPSRequest>\n"
        )
    );
    assert!(native::check_sinks(&step, &[], &[]).is_err(), "the card goes only where cards may go");
    let mut live = ctx();
    live.test_mode = false;
    assert!(sent(&Garanti::sale(&live, &terms(1), &card().card()).expect("a step")).contains("<Mode>PROD</Mode>"));
}

#[test]
fn an_approval_carries_the_banks_references_and_no_amount_of_ours() {
    let _host = bank::host();
    let step = Garanti::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("230508300434"));
    assert_eq!(approval.bank.auth_code.as_deref(), Some("304919"));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (None, Some(ORDER)));
    assert!(approval.attributes.contains(&("batch".into(), "004951".into())));
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Garanti::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, reason, expected) in [
        ("51", "51", "declined insufficient-funds"),
        ("05", "", "declined not-approved"),
        ("14", "14", "declined wrong-card-number"),
        ("41", "41", "declined card-blocked"),
        ("43", "43", "declined card-blocked"),
        ("54", "54", "declined expired-card"),
        ("57", "57", "declined card-closed-ecommerce"),
        ("12", "12", "declined installment-not-allowed"),
        ("91", "91", "declined issuer-unavailable"),
        ("92", "0651", "declined config-error"),
        ("92", "0752", "declined config-error"),
        ("92", "0002", "declined config-error"),
        ("92", "", "unknown"),
        ("92", "9999", "unknown"),
        ("08", "", "unknown"),
        ("11", "", "unknown"),
        ("32", "", "unknown"),
        ("68", "68", "unknown"),
        ("05", "68", "unknown"),
        ("85", "", "unknown"),
        ("ZZ", "", "unknown"),
        ("", "", "unknown"),
    ] {
        let reply = answer(&bank::refused(code, reason, "Hata: geçersiz & <b>"));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code} {reason}");
    }
}

#[test]
fn every_row_of_the_table_reads_and_settles_what_it_says() {
    let rows = pos_garanti::answer::CODES.lines().filter_map(|line| line.trim().split('"').nth(1));
    let mut counted = 0;
    for code in rows {
        assert!(pos_garanti::answer::meaning(code).is_some(), "{code}");
        counted += 1;
    }
    assert!(counted > 70, "{counted} rows");
    vezne_kit::rows_read(pos_garanti::three_d::MD_STATUS);
}

#[test]
fn words_that_disagree_are_no_answer() {
    let _host = bank::host();
    let step = Garanti::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, reason, message) in [
        ("51", "51", "Approved"),
        ("00", "00", "Declined"),
        ("00", "0110", "Approved"),
        ("00", "", ""),
        ("", "", "Approved"),
        ("51", "51", ""),
        ("51", "51", "Onaylandı"),
    ] {
        let body = bank::signed(code, reason, message, "", "R9", "", PASSWORD);
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), "unknown", "{code} {reason} {message}");
    }
}

#[test]
fn an_answer_with_a_wrong_signature_does_not_count() {
    let host = bank::host();
    let step = Garanti::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let forged = String::from_utf8(approved()).expect("text").replace("230508300434", "230508300435");
    assert_eq!(word(&resumed(&step, 1_001, &answer(forged.as_bytes()))), "not-authentic");
    let other = bank::signed("00", "00", "Approved", "", "R1", "", "other");
    assert_eq!(word(&resumed(&step, 1_001, &answer(&other))), "not-authentic");
    // Our password is wrong: the bank signs with the right one.
    let about_us = bank::signed("92", "0651", "Declined", "", "", "", "other");
    assert_eq!(word(&resumed(&step, 1_001, &answer(&about_us))), "declined config-error");
    let unsigned = String::from_utf8(approved()).expect("text");
    let (head, tail) = unsigned.split_once("<HashData>").expect("signed");
    let unsigned = format!("{head}{}", tail.split_once("</HashData>").expect("signed").1);
    assert_eq!(word(&resumed(&step, 1_001, &answer(unsigned.as_bytes()))), "approved");
    drop(host);
    let _lenient = bank::session().setting("check-answers", "false").start();
    assert_eq!(word(&resumed(&step, 1_001, &answer(&other))), "approved");
}

/// The bank's own answers, from the public vectors: its test password is public.
#[test]
fn the_banks_real_answers_are_signed_as_we_think() {
    let _host = bank::session().start();
    for (values, hash) in [
        (
            ["00", "335709663080", "103550", "20231223 19:24:30", "202312238064"],
            "1724AAE56E9EF08EAF70633AB5F56F55E538A18201A3A98E03D1DDFC4E2A3185FF6421261F96B3F3B052F0090D5CC15F3254051304F0589BD2061F2622B320A0",
        ),
        (
            ["00", "230508300434", "304919", "20221101 13:14:19", "20221101D723"],
            "1AAF91AE8000A94BF0B3FF42222E75E5837C98B9",
        ),
        (["92", "", "", "20221101 14:02:40", "20221101295D"], "520A24F019779AEA141ECA8C2F2B3654C65286FE"),
    ] {
        let settings = pos_garanti::settings::Settings::load().expect("settings");
        let user = pos_garanti::settings::User::Provision;
        let ours = pos_garanti::hash::answer(&settings, user, values, hash).expect("signs");
        assert!(vezne_plugin::value::equals(&ours, hash), "{values:?}");
    }
}

#[test]
fn instalments_reservations_and_mail_order() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    let body = sent(&Garanti::authorize(&ctx(), &six, &card().card()).expect("a step"));
    assert!(body.contains("<Type>preauth</Type><InstallmentCnt>6</InstallmentCnt>"), "{body}");
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    let mut without_code = card();
    without_code.security_code = None;
    let body = sent(&Garanti::sale(&ctx(), &mail, &without_code.card()).expect("a step"));
    assert!(body.contains("<CardholderPresentCode>0</CardholderPresentCode><MotoInd>Y</MotoInd>"), "{body}");
    assert!(!body.contains("CVV2") && !body.contains("Secure3D"), "{body}");
    drop(host);
    let _closed = bank::session().setting("mail-order", "false").start();
    assert_eq!(word(&Garanti::sale(&ctx(), &mail, &card().card())), "unsupported");
}

#[test]
fn a_repeated_order_is_built() {
    let _host = bank::host();
    let mut ctx = ctx();
    for (key, value) in [("recurring-interval", "2"), ("recurring-cycle", "M"), ("recurring-count", "3")] {
        ctx.attributes.push((key.into(), value.into()));
    }
    let body = sent(&Garanti::sale(&ctx, &terms(100), &card().card()).expect("a step"));
    assert!(
        body.contains(
            "<Recurring><TotalPaymentNum>3</TotalPaymentNum><FrequencyType>M</FrequencyType>\
             <FrequencyInterval>2</FrequencyInterval><Type>R</Type><StartDate></StartDate></Recurring>"
        ),
        "{body}"
    );
    ctx.attributes[1].1 = "Y".into();
    assert_eq!(word(&Garanti::sale(&ctx, &terms(100), &card().card())), "unsupported");
    let mut first = target("sale", 100, Some("R1"));
    first.bank.extra.push(("recurring-number".into(), "2".into()));
    assert_eq!(word(&Garanti::void(&ctx, &first)), "unsupported");
}

#[test]
fn a_capture_names_the_reservation() {
    let _host = bank::host();
    let step = Garanti::capture(&ctx(), &terms(99), &target("authorize", 100, Some("R1"))).expect("a step");
    let body = sent(&step);
    assert!(
        body.contains(
            "<Type>postauth</Type><Amount>99</Amount><CurrencyCode>949</CurrencyCode><OriginalRetrefNum>R1</OriginalRetrefNum>"
        ) && body.contains("<ProvUserID>PROVAUT</ProvUserID>"),
        "{body}"
    );
    assert_eq!(
        word(&resumed(&step, 99, &answer(&bank::refused("13", "13", "Geçersiz tutar")))),
        "declined config-error"
    );
    // The number was never heard: the bank is asked for it.
    let look = Garanti::capture(&ctx(), &terms(99), &target("authorize", 100, None)).expect("a step");
    assert!(sent(&look).contains("orderhistoryinq"));
    let rows = bank::history(&[("preauth", "100", "20261122", "", "00", "R7")]);
    let step = resumed(&look, 99, &answer(&rows)).expect("a step");
    assert!(sent(&step).contains("<OriginalRetrefNum>R7</OriginalRetrefNum>"));
}

#[test]
fn a_void_comes_from_the_refund_user_and_names_what_it_voids() {
    let _host = bank::host();
    let step = Garanti::void(&ctx(), &target("sale", 1_234, Some("R1"))).expect("a step");
    let body = sent(&step);
    let hash = hex_of(DigestAlg::Sha512, &format!("{ORDER}{TERMINAL}100949{}", security(REFUND_PASSWORD)));
    assert!(body.contains("<ProvUserID>PROVRFN</ProvUserID>") && body.contains(&hash), "{body}");
    assert!(body.contains("<Type>void</Type><InstallmentCnt></InstallmentCnt><Amount>100</Amount>"), "{body}");
    let Step::Send(send) = &step else { panic!("a request") };
    assert!(send.known.extra.contains(&("voids".into(), "sale".into())));
    for password in [PASSWORD, REFUND_PASSWORD] {
        let body = bank::signed("00", "00", "Approved", "", "R2", "", password);
        assert_eq!(word(&resumed(&step, 1_234, &answer(&body))), "approved");
    }
    assert_eq!(
        word(&resumed(&step, 1_234, &answer(&bank::refused("92", "0208", "geçerli değil")))),
        "declined state-conflict"
    );
    assert_eq!(word(&resumed(&step, 1_234, &answer(&bank::refused("94", "94", "")))), "declined state-conflict");

    let look = Garanti::void(&ctx(), &target("capture", 1_234, None)).expect("a step");
    let rows = bank::history(&[
        ("preauth", "1234", "20261122", "", "00", "R1"),
        ("postauth", "1234", "20261122", "", "00", "R2"),
    ]);
    let step = resumed(&look, 1_234, &answer(&rows)).expect("a step");
    assert!(sent(&step).contains("<OriginalRetrefNum>R2</OriginalRetrefNum>"));
    assert_eq!(word(&resumed(&look, 1_234, &answer(&bank::no_record()))), "not-processed");
    assert_eq!(word(&resumed(&look, 1_234, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn a_refund_first_notes_the_refunds_that_are_there() {
    let _host = bank::host();
    let look = Garanti::refund(&ctx(), &terms(50), &target("sale", 100, Some("S1"))).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let before =
        bank::history(&[("sales", "100", "20261121", "", "00", "S1"), ("refund", "50", "20261122", "", "00", "R1")]);
    let write = resumed(&look, 50, &answer(&before)).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert!(send.known.extra.contains(&("refunds-before".into(), "R1".into())));
    let body = sent(&write);
    assert!(
        body.contains("<Type>refund</Type><InstallmentCnt></InstallmentCnt><Amount>50</Amount>")
            && body.contains("<OriginalRetrefNum>S1</OriginalRetrefNum>"),
        "{body}"
    );
    assert_eq!(word(&resumed(&write, 50, &answer(&approved()))), "approved");

    // No right to read the history: the refund goes out all the same, if it is known of what.
    let forbidden = answer(&bank::refused("92", "0651", "Yetkisiz"));
    assert!(sent(&resumed(&look, 50, &forbidden).expect("a step")).contains("<Type>refund</Type>"));
    let blind = Garanti::refund(&ctx(), &terms(50), &target("sale", 100, None)).expect("a step");
    assert_eq!(word(&resumed(&blind, 50, &forbidden)), "not-processed");
    // No answer at all: nothing was sent, and nothing will be.
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Garanti::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Garanti::refund(&ctx(), &terms(minor), &target("sale", 1, None))), "invalid");
        assert_eq!(word(&Garanti::capture(&ctx(), &terms(minor), &target("sale", 1, None))), "invalid");
    }
    for order in ["", "a b", "şiş", &"x".repeat(37)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Garanti::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    drop(host);
    let bare = native::Session::new().start();
    assert_eq!(word(&Garanti::sale(&ctx(), &terms(1), &card().card())), "bad-config");
    drop(bare);
    let settings = native::Session::new().setting("merchant-id", "1").setting("terminal-id", "2");
    let _without_refund_user = settings.secret("api-password", "x").start();
    assert_eq!(word(&Garanti::void(&ctx(), &target("sale", 1, Some("R1")))), "bad-config");
}
