//! Charges, reservations and captures.

use pos_posnet_v1::PosnetV1;
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{
    self, CARD, CODE, KEY, MERCHANT, ORDER, PADDED, TERMINAL, answer, approved, card, ctx, listed, nothing, outcome,
    refused, resumed, sent, target, terms, with_key, word,
};

#[test]
fn a_sale_is_signed_over_the_card_and_the_amount() {
    let _host = bank::host();
    let step = PosnetV1::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let mac = bank::mac(&format!("{MERCHANT}{TERMINAL}{CARD}{CODE}29021001"));
    assert_eq!(
        sent(&step),
        format!(
            "/Sale {{\"ApiType\":\"JSON\",\"ApiVersion\":\"V100\",\"MACParams\":\"MerchantNo:TerminalNo:CardNo:Cvc2:ExpireDate:Amount\",\
             \"MerchantNo\":\"{MERCHANT}\",\"TerminalNo\":\"{TERMINAL}\",\"CipheredData\":null,\"DealerData\":null,\"IsEncrypted\":null,\
             \"PaymentFacilitatorData\":null,\"AdditionalInfoData\":null,\"CardInformationData\":{{\"CardNo\":\"{CARD}\",\"ExpireDate\":\"2902\",\
             \"Cvc2\":\"{CODE}\",\"CardHolderName\":\"Ayşe \\\"Gül\\\" Yılmaz\"}},\"IsMailOrder\":\"N\",\"IsRecurring\":null,\
             \"IsTDSecureMerchant\":null,\"PaymentInstrumentType\":\"CARD\",\"ThreeDSecureData\":null,\"Amount\":1001,\"CurrencyCode\":\"TL\",\
             \"OrderId\":\"{PADDED}\",\"InstallmentCount\":\"0\",\"InstallmentType\":\"N\",\"KOICode\":null,\"MerchantMessageData\":null,\
             \"PointAmount\":null,\"MAC\":\"{mac}\"}}"
        )
    );
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
    assert_eq!(send.request.content_type.as_deref(), Some("application/json; charset=utf-8"));
    assert!(native::check_sinks(&step, &[], &[]).is_err(), "the card goes only where cards may go");
}

#[test]
fn an_approval_carries_the_banks_key_and_no_amount_of_ours() {
    let _host = bank::host();
    let step = PosnetV1::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some(KEY));
    assert_eq!(approval.bank.auth_code.as_deref(), Some("449324"));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (None, None), "the bank states neither");
    assert_eq!(approval.bank.extra, [("stands-as".to_owned(), "sale".to_owned())]);
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = PosnetV1::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, text, expected) in [
        ("0051", "", "declined insufficient-funds"),
        ("0005", "", "declined not-approved"),
        ("0014", "", "declined wrong-card-number"),
        ("0041", "", "declined card-blocked"),
        ("0148", "INVALID MID TID IP. Hatalı IP:92.38.180.61", "declined config-error"),
        ("0015", "PROVİZYON BULUNAMADI", "declined not-found"),
        ("0091", "", "unknown"),
        ("0302", "", "unknown"),
        ("0400", "", "unknown"),
        ("E999", "", "unknown"),
        ("", "", "unknown"),
        ("1", "", "unknown"),
        ("7777", "", "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&refused(code, text)))), expected, "{code} {text}");
    }
}

#[test]
fn words_that_are_not_clear_are_no_answer() {
    let _host = bank::host();
    let step = PosnetV1::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (body, expected) in [
        ("{\"ServiceResponseData\":{\"ResponseCode\":\"00\"}}", "unknown"),
        ("{\"ServiceResponseData\":{\"ResponseCode\":null},\"ReferenceCode\":\"1\"}", "unknown"),
        (
            "{\"ServiceResponseData\":{\"ResponseCode\":\"00\",\"ResponseCode\":\"0051\"},\"ReferenceCode\":\"1\"}",
            "unknown",
        ),
        ("{\"ServiceResponseData\":null,\"ReferenceCode\":\"1\"}", "unreadable"),
        ("{\"ReferenceCode\":\"1\"}", "unreadable"),
        ("[]", "unreadable"),
        ("null", "unreadable"),
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(body.as_bytes()))), expected, "{body}");
    }
}

#[test]
fn a_number_that_was_used_is_looked_up() {
    let _host = bank::host();
    for (step, kind) in [
        (PosnetV1::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), "Sale"),
        (PosnetV1::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), "Auth"),
    ] {
        let used = refused("0127", "ORDERID DAHA ONCE KULLANILMIS");
        let confirm = resumed(&step, 1_001, &answer(&used)).expect("a step");
        let Step::Send(send) = &confirm else { panic!("a question") };
        assert_eq!(send.effect, Effect::ReadOnly);
        assert!(sent(&confirm).starts_with("/TransactionInquiry "));
        let book = |amount: &str, standing: &str| listed(&[(kind, standing, amount, "2026-11-2211:58:43.000", KEY)]);
        let Outcome::Approved(approval) = outcome(resumed(&confirm, 1_001, &answer(&book("10,01", "1")))) else {
            panic!("approved")
        };
        assert_eq!((approval.stated.minor, approval.stated.currency.as_deref()), (Some(1_001), Some("TRY")));
        assert_eq!(approval.bank.transaction_id.as_deref(), Some(KEY));
        for body in [book("10,01", "0"), book("", "1"), book("10.01", "1"), nothing(), refused("0148", "")] {
            assert_eq!(word(&resumed(&confirm, 1_001, &answer(&body))), "unknown");
        }
    }
}

#[test]
fn instalments_mail_order_and_campaigns() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    let body = sent(&PosnetV1::authorize(&ctx(), &six, &card().card()).expect("a step"));
    assert!(
        body.starts_with("/Auth ") && body.contains("\"InstallmentCount\":\"6\",\"InstallmentType\":\"Y\""),
        "{body}"
    );
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    let mut without_code = card();
    without_code.security_code = None;
    without_code.holder = None;
    let mut campaign = ctx();
    campaign.attributes.push(("koi-code".into(), "3".into()));
    let body = sent(&PosnetV1::sale(&campaign, &mail, &without_code.card()).expect("a step"));
    assert!(body.contains("\"Cvc2\":null,\"CardHolderName\":null},\"IsMailOrder\":\"Y\""), "{body}");
    assert!(
        body.contains("\"KOICode\":\"3\"") && body.contains(&bank::mac(&format!("{MERCHANT}{TERMINAL}{CARD}2902100")))
    );
    campaign.attributes[0].1 = "7".into();
    assert_eq!(word(&PosnetV1::sale(&campaign, &mail, &card().card())), "invalid");
    assert_eq!(
        word(&PosnetV1::authorize(&ctx(), &mail, &card().card())),
        "send",
        "reservations may be mail order here"
    );
    let mut dealer = ctx();
    dealer.attributes.push(("sub-dealer-identity".into(), "1234567890".into()));
    assert_eq!(word(&PosnetV1::sale(&dealer, &terms(100), &card().card())), "unsupported");
    drop(host);
    let _closed = bank::session().setting("mail-order", "false").start();
    assert_eq!(word(&PosnetV1::sale(&ctx(), &mail, &card().card())), "unsupported");
}

#[test]
fn a_reservation_is_captured_by_its_key() {
    let _host = bank::host();
    let step = PosnetV1::capture(&ctx(), &terms(99), &with_key(target("authorize", 100), KEY, "auth")).expect("a step");
    let body = sent(&step);
    let mac = bank::mac(&format!("{MERCHANT}{TERMINAL}"));
    assert!(body.starts_with("/Capture "), "{body}");
    assert!(
        body.contains(&format!(
            "\"Amount\":99,\"CurrencyCode\":\"TL\",\"ReferenceCode\":\"{KEY}\",\"InstallmentCount\":\"0\",\"InstallmentType\":\"N\",\"MAC\":\"{mac}\""
        )),
        "{body}"
    );
    let Outcome::Approved(approval) = outcome(resumed(&step, 99, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.extra, [("stands-as".to_owned(), "capt".to_owned())]);
    assert_eq!(word(&resumed(&step, 99, &answer(&refused("0206", "")))), "declined config-error");
    assert_eq!(word(&resumed(&step, 99, &answer(&refused("0127", "")))), "unknown");
    assert_eq!(word(&PosnetV1::capture(&ctx(), &terms(99), &target("authorize", 100))), "invalid");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&PosnetV1::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&PosnetV1::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&PosnetV1::capture(&ctx(), &terms(minor), &target("authorize", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", "A23456789012345678901"] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&PosnetV1::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    let mut azn = terms(1);
    azn.amount.currency = "AZN".into();
    assert_eq!(word(&PosnetV1::sale(&ctx(), &azn, &card().card())), "unsupported");
    drop(host);
    let _bare = native::Session::new().start();
    assert_eq!(word(&PosnetV1::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}
