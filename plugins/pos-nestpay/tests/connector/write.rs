//! Charges, captures, voids and refunds.

use pos_nestpay::Nestpay;
use vezne_kit::rows_read;
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Purpose, Step, ThreeDSecure, native};

use crate::bank::{self, CODE, ORDER, answer, approved, card, ctx, outcome, resumed, sent, target, terms, word};

#[test]
fn a_sale_is_one_message_in_the_banks_charset() {
    let _host = bank::host();
    let step = Nestpay::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
    assert_eq!(send.request.content_type.as_deref(), Some("text/xml; charset=ISO-8859-9"));
    let body = native::reveal(&send.request.body);
    let text: String = body.iter().map(|byte| char::from(*byte)).collect();
    assert_eq!(
        text,
        "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n<CC5Request><Name>ISBANKAPI</Name><Password>ISBANK07\u{fe}&amp;</Password>\
         <ClientId>700655000200</ClientId><Type>Auth</Type><IPAddress>192.0.2.7</IPAddress><OrderId>01JD8ZK0Q3</OrderId><Total>10.01</Total>\
         <Currency>949</Currency><Taksit></Taksit><Number>4355084355084358</Number><Expires>12/30</Expires><Cvv2Val>908</Cvv2Val>\
         <Mode>P</Mode></CC5Request>\n"
    );
    native::check_sinks(&step, &["api"], &["api"]).expect("no sink is refused");
    assert!(native::check_sinks(&step, &[], &["api"]).is_err(), "the card goes only where cards may go");
}

#[test]
fn an_approval_carries_the_banks_references_and_no_amount_of_ours() {
    let _host = bank::host();
    let step = Nestpay::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("22302V8rE11732"));
    assert_eq!(approval.bank.auth_code.as_deref(), Some("P48911"));
    assert_eq!(approval.stated.minor, None, "NestPay answers no amount to a sale");
    assert_eq!(approval.stated.order_id.as_deref(), Some(ORDER));
    assert!(approval.attributes.contains(&("card-issuer".into(), "ZİRAAT BANKASI".into())));
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Nestpay::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, inner, expected) in [
        ("51", "ISO8583-51", "declined insufficient-funds"),
        ("05", "", "declined not-approved"),
        ("82", "ISO8583-82", "declined wrong-cvv"),
        ("99", "CORE-2012", "declined wrong-card-number"),
        ("99", "CORE-2603", "declined installment-not-allowed"),
        ("99", "CORE-2201", "declined config-error"),
        ("GK", "", "declined foreign-card"),
        ("41", "", "declined card-blocked"),
        ("43", "", "declined card-blocked"),
        ("91", "", "declined issuer-unavailable"),
        ("92", "", "unknown"),
        ("02", "", "unknown"),
        ("08", "", "unknown"),
        ("11", "", "unknown"),
        ("99", "", "unknown"),
        ("99", "CORE-1002", "unknown"),
        ("99", "CORE-1004", "unknown"),
        ("99", "CORE-1005", "unknown"),
        ("99", "CORE-2507", "unknown"),
        ("99", "BM-9102", "unknown"),
        ("05", "BM-9102", "unknown"),
        ("99", "CORE-9999", "unknown"),
        ("ZZ", "", "unknown"),
    ] {
        let reply = answer(&bank::refused(code, inner, "Hata: geçersiz"));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code} {inner}");
    }
}

#[test]
fn a_code_and_a_word_that_disagree_are_no_answer() {
    let _host = bank::host();
    let step = Nestpay::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (response, code) in [("Approved", "51"), ("Declined", "00"), ("", "00"), ("", "51"), ("Approved", ""), ("", "")]
    {
        let body = bank::response(&[("OrderId", ORDER), ("Response", response), ("ProcReturnCode", code)], &[]);
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), "unknown", "{response} {code}");
    }
    let twice = bank::response(&[("Response", "Approved"), ("ProcReturnCode", "00"), ("ProcReturnCode", "51")], &[]);
    assert_eq!(word(&resumed(&step, 1_001, &answer(&twice))), "unknown");
}

#[test]
fn instalments_reservations_and_mail_order() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    let step = Nestpay::authorize(&ctx(), &six, &card().card()).expect("a step");
    let body = sent(&step);
    assert!(body.contains("<Type>PreAuth</Type>") && body.contains("<Taksit>6</Taksit>"), "{body}");
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    let mut without_code = card();
    without_code.security_code = None;
    let body = sent(&Nestpay::sale(&ctx(), &mail, &without_code.card()).expect("a step"));
    assert!(body.contains("<Type>Auth</Type>") && !body.contains("Cvv2Val") && !body.contains(CODE));
    drop(host);
    let _closed = bank::session().setting("mail-order", "false").start();
    assert_eq!(word(&Nestpay::sale(&ctx(), &mail, &card().card())), "unsupported");
}

#[test]
fn a_repeated_order_is_built_and_cancelled() {
    let _host = bank::host();
    let mut ctx = ctx();
    for (key, value) in [("recurring-interval", "2"), ("recurring-cycle", "M"), ("recurring-count", "3")] {
        ctx.attributes.push((key.into(), value.into()));
    }
    let body = sent(&Nestpay::sale(&ctx, &terms(100), &card().card()).expect("a step"));
    assert!(
        body.contains("<PbOrder><OrderType>0</OrderType><OrderFrequencyInterval>2</OrderFrequencyInterval>"),
        "{body}"
    );
    assert_eq!(word(&Nestpay::authorize(&ctx, &terms(100), &card().card())), "unsupported");
    for (model, expected) in [("3d", "browse"), ("3d-pay", "unsupported"), ("3d-host", "unsupported")] {
        let card = card().card();
        let step = Nestpay::start(&ctx, Purpose::Sale, model, &terms(100), Some(&card).filter(|_| model != "3d-host"));
        assert_eq!(word(&step), expected, "{model}");
    }
    let mut half = bank::ctx();
    half.attributes.push(("recurring-count".into(), "3".into()));
    assert_eq!(word(&Nestpay::sale(&half, &terms(100), &card().card())), "invalid");
    let mut first = target("sale", 100);
    first.bank.extra.push(("recurring-number".into(), "2".into()));
    let step = Nestpay::void(&ctx, &first).expect("a step");
    assert!(sent(&step).contains("<RECORDID>01JD8ZK0Q3-2</RECORDID>"));
    let done = bank::response(
        &[("RECURRINGOPERATION", "CANCEL"), ("RECORDTYPE", "ORDER"), ("RECORDID", ORDER), ("RESULT", "Successfull")],
        &[],
    );
    assert_eq!(word(&resumed(&step, 100, &answer(&done))), "approved");
}

#[test]
fn more_than_reserved_is_said_when_captured() {
    let _host = bank::host();
    let less = sent(&Nestpay::capture(&ctx(), &terms(99), &target("authorize", 100)).expect("a step"));
    assert!(
        less.contains("<Type>PostAuth</Type>") && less.contains("<Total>0.99</Total>") && !less.contains("PREAMT"),
        "{less}"
    );
    let more = sent(&Nestpay::capture(&ctx(), &terms(110), &target("authorize", 100)).expect("a step"));
    assert!(more.contains("<Total>1.10</Total><Extra><PREAMT>1.00</PREAMT></Extra>"), "{more}");
}

#[test]
fn a_void_names_the_refund_it_voids() {
    let _host = bank::host();
    let sale = Nestpay::void(&ctx(), &target("sale", 100)).expect("a step");
    assert!(sent(&sale).contains("<OrderId>01JD8ZK0Q3</OrderId><Type>Void</Type>"));
    let mut refund = target("refund", 100);
    refund.bank.transaction_id = Some("T9".into());
    let step = Nestpay::void(&ctx(), &refund).expect("a step");
    assert!(sent(&step).contains("<OrderId>01JD8ZK0Q3</OrderId><TransId>T9</TransId>"));
    let nothing = bank::refused("99", "CORE-2008", "İptal edilmeye uygun satış işlemi bulunamadı.");
    assert_eq!(word(&resumed(&sale, 100, &answer(&nothing))), "declined state-conflict");
    assert_eq!(word(&resumed(&sale, 100, &answer(&bank::refused("98", "", "")))), "declined state-conflict");
}

#[test]
fn a_refund_first_notes_the_refunds_that_are_there() {
    let _host = bank::host();
    let look = Nestpay::refund(&ctx(), &terms(50), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let before = bank::history(&[
        ("C", "C", "50", "2026-11-22 11:00:00.000", "00", "R1"),
        ("S", "C", "100", "2026-11-22 10:00:00.000", "00", "S1"),
    ]);
    let write = resumed(&look, 50, &answer(&before)).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.extra, [("refunds-before".to_owned(), "R1".to_owned())]);
    let body = sent(&write);
    assert!(body.contains("<Currency>949</Currency><Type>Credit</Type><Total>0.50</Total>"), "{body}");
    assert_eq!(word(&resumed(&write, 50, &answer(&approved()))), "approved");
    let early = bank::refused("99", "CORE-2508", "Iade yapilamaz, siparis gunsonuna girmemis");
    assert_eq!(word(&resumed(&write, 50, &answer(&early))), "declined state-conflict");

    // No right to read the history: the refund goes out all the same.
    let forbidden = resumed(&look, 50, &answer(&bank::refused("99", "CORE-2202", "Yetkisiz"))).expect("a step");
    let Step::Send(send) = &forbidden else { panic!("a request") };
    assert!(send.known.extra.is_empty() && sent(&forbidden).contains("Credit"));
    // No answer at all: nothing was sent, and nothing will be.
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Nestpay::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Nestpay::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&Nestpay::capture(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", &"x".repeat(65)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Nestpay::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    drop(host);
    let _bare = native::Session::new().start();
    assert_eq!(word(&Nestpay::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}

#[test]
fn every_row_of_the_tables_reads() {
    rows_read(pos_nestpay::answer::CODES);
    rows_read(pos_nestpay::three_d::MD_STATUS);
}
