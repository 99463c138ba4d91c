//! Charges, captures, voids and refunds.

use pos_interpos::{Interpos, answer as reading};
use vezne_kit::rows_read;
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{self, ORDER, answer, approved, card, ctx, outcome, resumed, sent, target, terms, word};

#[test]
fn a_sale_is_one_form() {
    let _host = bank::host();
    let step = Interpos::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
    assert_eq!(
        sent(&step),
        "UserCode=InterTestApi&UserPass=3%26%C5%9F%3D&ShopCode=3123&TxnType=Auth&SecureType=NonSecure&OrderId=01JD8ZK0Q3\
         &PurchAmount=10.01&Currency=949&InstallmentCount=&MOTO=0&Lang=tr&CardType=1&Pan=5200190009721495&Expiry=0130&Cvv2=462"
    );
    assert!(native::check_sinks(&step, &[], &["api"]).is_err(), "the card goes only where cards may go");
}

#[test]
fn an_approval_states_the_banks_order_and_amount() {
    let _host = bank::host();
    let step = Interpos::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("T1"));
    assert_eq!(approval.bank.auth_code.as_deref(), Some("P48911"));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
    assert!(approval.attributes.contains(&("bonus-earned".into(), "0,25".into())));
    assert!(!approval.attributes.iter().any(|(name, _)| name == "surcharge"));
    // A thousand and more is grouped; what cannot be read is not taken for absent.
    let Outcome::Approved(approval) =
        outcome(resumed(&step, 1_001, &answer(&bank::written(ORDER, "00", "Success", "", "1.056,2"))))
    else {
        panic!("approved")
    };
    assert_eq!(approval.stated.minor, Some(105_620));
    let odd = bank::written(ORDER, "00", "Success", "", "1O,01");
    assert_eq!(word(&resumed(&step, 1_001, &answer(&odd))), "unknown");
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Interpos::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, error, expected) in [
        ("51", "", "declined insufficient-funds"),
        ("05", "", "declined not-approved"),
        ("82", "", "declined wrong-cvv"),
        ("41", "", "declined card-blocked"),
        ("57", "", "declined card-closed-ecommerce"),
        ("81", "B810002", "declined config-error"),
        ("81", "", "declined config-error"),
        ("", "E31", "declined config-error"),
        ("E39", "", "declined config-error"),
        ("", "E117", "declined config-error"),
        ("51", "E31", "declined insufficient-funds"),
        ("51", "X1", "declined insufficient-funds"),
        ("94", "", "unknown"),
        ("68", "", "unknown"),
        ("99", "", "unknown"),
        ("99", "E31", "unknown"),
        ("ZZ", "", "unknown"),
        ("", "X1", "unknown"),
        ("", "E", "unknown"),
        ("051", "", "unknown"),
        ("", "", "unknown"),
    ] {
        let reply = answer(&bank::refused(code, error));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code} {error}");
    }
}

#[test]
fn every_row_of_the_tables_reads() {
    assert!(rows_read(reading::CODES) >= 6);
    rows_read(pos_interpos::three_d::MD_STATUS);
}

#[test]
fn a_value_may_hold_the_sign_that_ends_a_name() {
    let decoded = reading::decode("MD=a=b==;;Eci=02;;;Key=;;").expect("decodes");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(decoded, [pair("MD", "a=b=="), pair("Eci", "02"), pair("Key", "")]);
    let _host = bank::host();
    let step = Interpos::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Declined(decline) = outcome(resumed(&step, 1_001, &answer(&bank::refused("51", "")))) else {
        panic!("declined")
    };
    assert_eq!(decline.bank_message.as_deref(), Some("İşlem=onaylanmadı"));
}

#[test]
fn a_code_and_a_word_that_disagree_are_no_answer() {
    let _host = bank::host();
    let step = Interpos::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, result) in [("51", "Success"), ("00", "Failed"), ("00", ""), ("51", ""), ("", "Success"), ("", "")] {
        let body = bank::written(ORDER, code, result, "", "10,01");
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), "unknown", "{code} {result}");
    }
    let mut twice = b"ProcReturnCode=51;;".to_vec();
    twice.extend(approved());
    assert_eq!(word(&resumed(&step, 1_001, &answer(&twice))), "unknown");
}

#[test]
fn instalments_reservations_languages_and_currencies() {
    let _host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    six.amount.currency = "EUR".into();
    six.amount.numeric = 978;
    let mut english = ctx();
    english.locale = "en-GB".into();
    let body = sent(&Interpos::authorize(&english, &six, &card().card()).expect("a step"));
    for part in ["TxnType=PreAuth&", "&InstallmentCount=6&", "&Currency=978&", "&PurchAmount=600.00&", "&Lang=en&"] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let other = native::TestCard::new("8171999927660000", 1, 2030, None);
    let body = sent(&Interpos::sale(&ctx(), &terms(1), &other.card()).expect("a step"));
    assert!(!body.contains("CardType") && !body.contains("Cvv2"), "{body}");
    for (number, kind) in [("4090700101174272", "0"), ("375624000000108", "2"), ("9792030000000000", "3")] {
        let card = native::TestCard::new(number, 1, 2030, Some("000"));
        let body = sent(&Interpos::sale(&ctx(), &terms(1), &card.card()).expect("a step"));
        assert!(body.contains(&format!("&CardType={kind}&")), "{body}");
    }
}

#[test]
fn mail_order_carries_the_banks_flag() {
    let host = bank::host();
    for entry in ["mail-order", "telephone-order"] {
        let mut mail = terms(100);
        mail.entry = entry.into();
        let mut without_code = card();
        without_code.security_code = None;
        let body = sent(&Interpos::sale(&ctx(), &mail, &without_code.card()).expect("a step"));
        assert!(body.contains("&MOTO=1&") && !body.contains("Cvv2"), "{body}");
        assert!(sent(&Interpos::authorize(&ctx(), &mail, &card().card()).expect("a step")).contains("&MOTO=1&"));
        let mut reserved = target("authorize", 100);
        reserved.terms.entry = entry.into();
        assert!(sent(&Interpos::capture(&ctx(), &terms(100), &reserved).expect("a step")).ends_with("&MOTO=1"));
        let look = Interpos::refund(&ctx(), &terms(100), &reserved).expect("a step");
        let write = resumed(&look, 100, &answer(&bank::line("S", "S", "1,00", "0"))).expect("a step");
        assert!(sent(&write).ends_with("&MOTO=1"));
    }
    drop(host);
    let _closed = bank::session().setting("mail-order", "false").start();
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    assert_eq!(word(&Interpos::sale(&ctx(), &mail, &card().card())), "unsupported");
}

#[test]
fn a_capture_and_a_void_name_the_order_they_are_about() {
    let _host = bank::host();
    let capture = Interpos::capture(&ctx(), &terms(99), &target("authorize", 100)).expect("a step");
    assert!(sent(&capture).ends_with(
        "&TxnType=PostAuth&SecureType=NonSecure&orgOrderId=01JD8ZK0Q3&PurchAmount=0.99&Currency=949&MOTO=0"
    ));
    let void = Interpos::void(&ctx(), &target("sale", 100)).expect("a step");
    assert!(sent(&void).ends_with("&orgOrderId=01JD8ZK0Q3&TxnType=Void&SecureType=NonSecure&Lang=tr"));
    for step in [capture, void] {
        let Outcome::Approved(approval) = outcome(resumed(&step, 99, &answer(&bank::done()))) else {
            panic!("approved")
        };
        assert_eq!(approval.stated.order_id, None, "the bank's own number is not our order");
        assert_eq!(approval.bank.bank_order_id.as_deref(), Some(ORDER));
        assert!(approval.bank.extra.contains(&("bank-operation".into(), "SYSOID121332551".into())));
        assert_eq!(word(&resumed(&step, 99, &answer(&bank::refused("81", "B810002")))), "declined config-error");
    }
    assert_eq!(word(&Interpos::void(&ctx(), &target("refund", 100))), "unsupported");
}

#[test]
fn a_refund_first_notes_what_was_given_back() {
    let _host = bank::host();
    let look = Interpos::refund(&ctx(), &terms(50), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let write = resumed(&look, 50, &answer(&bank::line("S", "S", "1,00", "0,25"))).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.extra, [("refunded-before".to_owned(), "25".to_owned())]);
    assert!(
        sent(&write)
            .ends_with("&orgOrderId=01JD8ZK0Q3&PurchAmount=0.50&TxnType=Refund&SecureType=NonSecure&Lang=tr&MOTO=0")
    );
    assert_eq!(word(&resumed(&write, 50, &answer(&bank::done()))), "approved");
    // No right to ask: the refund goes out all the same.
    let forbidden = resumed(&look, 50, &answer(&bank::no_line("81"))).expect("a step");
    let Step::Send(send) = &forbidden else { panic!("a request") };
    assert!(send.known.extra.is_empty() && sent(&forbidden).contains("TxnType=Refund"));
    // No answer at all: nothing was sent, and nothing will be.
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Interpos::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Interpos::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&Interpos::capture(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", "a;;b", &"x".repeat(65)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Interpos::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    let mut repeated = ctx();
    repeated.attributes.push(("recurring-count".into(), "3".into()));
    assert_eq!(word(&Interpos::sale(&repeated, &terms(1), &card().card())), "unsupported");
    drop(host);
    let _bare = native::Session::new().start();
    assert_eq!(word(&Interpos::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}
