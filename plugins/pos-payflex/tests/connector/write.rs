//! Charges, captures, voids and refunds.

use pos_payflex::Payflex;
use vezne_kit::rows_read;
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{
    self, CODE, ORDER, answer, approved, card, ctx, endpoint, outcome, refused, resumed, sent, target, terms, word,
};

#[test]
fn a_sale_is_one_document_in_a_form() {
    let _host = bank::host();
    let step = Payflex::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, endpoint(&step)), (Effect::OnceOnlyWrite, "vpos"));
    assert_eq!(send.known.transaction_id.as_deref(), Some(ORDER));
    assert_eq!(
        sent(&step),
        "<VposRequest><MerchantId>000000000111111</MerchantId><Password>3XTgER&amp;9ş</Password><TerminalNo>VP000095</TerminalNo>\
         <TransactionType>Sale</TransactionType><TransactionId>01JD8ZK0Q3</TransactionId><OrderId>01JD8ZK0Q3</OrderId>\
         <CurrencyAmount>10.01</CurrencyAmount><CurrencyCode>949</CurrencyCode><ClientIp>192.0.2.7</ClientIp>\
         <TransactionDeviceSource>0</TransactionDeviceSource><Pan>4938410157705591</Pan><Expiry>202912</Expiry><Cvv>453</Cvv></VposRequest>"
    );
    assert!(native::check_sinks(&step, &[], &bank::TAKES_SECRETS).is_err(), "the card goes only where cards may go");
}

#[test]
fn an_approval_carries_the_banks_numbers_and_words() {
    let _host = bank::host();
    let step = Payflex::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(
        (approval.bank.transaction_id.as_deref(), approval.bank.auth_code.as_deref()),
        (Some("TX1"), Some("735879"))
    );
    assert_eq!(
        (approval.stated.minor, approval.stated.currency.as_deref(), approval.stated.order_id.as_deref()),
        (Some(1_001), Some("949"), Some(ORDER))
    );
    // The newer addresses answer JSON to whom they like.
    let json = br#"{"ResultCode":"0000","TransactionId":"TX1","CurrencyAmount":10.01,"CurrencyCode":"949","OrderId":"01JD8ZK0Q3","CampaignResult":null,"InstallmentTable":[]}"#;
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(200, "application/json", json))), "approved");
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Payflex::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, expected) in [
        ("0051", "declined insufficient-funds"),
        ("0005", "declined not-approved"),
        ("0312", "declined wrong-cvv"),
        ("0057", "declined card-closed-ecommerce"),
        ("0043", "declined card-blocked"),
        ("0501", "declined installment-not-allowed"),
        ("0570", "declined foreign-card"),
        ("9039", "declined config-error"),
        ("1105", "declined config-error"),
        ("1126", "declined authenticate-again"),
        ("6034", "declined config-error"),
        ("7777", "declined try-later"),
        ("1001", "unknown"),
        ("1006", "unknown"),
        ("0008", "unknown"),
        ("0966", "unknown"),
        ("9999", "unknown"),
        ("51", "unknown"),
        ("ZZZZ", "unknown"),
        ("", "unknown"),
    ] {
        let reply = answer(&refused(code, "RED-GEÇERSİZ KART"));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code}");
    }
    let twice = bank::document("VposResponse", &[("ResultCode", "0000"), ("ResultCode", "0051")]);
    assert_eq!(word(&resumed(&step, 1_001, &answer(&twice))), "unknown");
}

#[test]
fn instalments_reservations_and_mail_order() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    let body = sent(&Payflex::authorize(&ctx(), &six, &card().card()).expect("a step"));
    assert!(body.contains("<TransactionType>Auth</") && body.contains("<NumberOfInstallments>6</"), "{body}");
    let mut mail = terms(100);
    mail.entry = "telephone-order".into();
    let mut without_code = card();
    without_code.security_code = None;
    let body = sent(&Payflex::sale(&ctx(), &mail, &without_code.card()).expect("a step"));
    assert!(body.contains("<TransactionDeviceSource>1</") && !body.contains("Cvv") && !body.contains(CODE), "{body}");
    drop(host);
    let _closed = bank::session().setting("mail-order", "false").start();
    assert_eq!(word(&Payflex::sale(&ctx(), &mail, &card().card())), "unsupported");
    let mut long = ctx();
    long.order_id = "x".repeat(41);
    assert_eq!(word(&Payflex::sale(&long, &terms(1), &card().card())), "invalid");
    assert_eq!(word(&Payflex::sale(&ctx(), &terms(0), &card().card())), "invalid");
}

#[test]
fn every_change_names_the_original_and_has_a_number_of_its_own() {
    let _host = bank::host();
    let capture = Payflex::capture(&ctx(), &terms(900), &target("authorize", 1_001)).expect("a step");
    let void = Payflex::void(&ctx(), &target("sale", 1_001)).expect("a step");
    let refund = Payflex::refund(&ctx(), &terms(500), &target("sale", 1_001)).expect("a step");
    for (step, kind, amount) in [(&capture, "Capture", "9.00"), (&void, "Cancel", ""), (&refund, "Refund", "5.00")] {
        let Step::Send(send) = step else { panic!("a request") };
        assert_eq!(send.effect, Effect::OnceOnlyWrite);
        let body = sent(step);
        let own = send.known.transaction_id.clone().expect("a number of ours");
        assert!(
            body.contains(&format!("<TransactionType>{kind}</TransactionType><TransactionId>{own}</TransactionId>"))
        );
        assert!(own.len() == 32 && body.contains("<ReferenceTransactionId>TX1</ReferenceTransactionId>"), "{body}");
        assert_eq!(body.contains(&format!("<CurrencyAmount>{amount}</")), !amount.is_empty(), "{body}");
    }
    let Step::Send(send) = &void else { panic!("a request") };
    assert!(send.known.extra.contains(&("voids".into(), "TX1".into())));
    let Outcome::Approved(approval) = outcome(Payflex::resume(&ctx(), None, &send.state, &answer(&approved()), None))
    else {
        panic!("approved")
    };
    assert_eq!((approval.stated.minor, approval.stated.currency), (None, None), "a void begins without terms");
    assert_eq!(word(&resumed(&refund, 1_001, &answer(&approved()))), "approved");
    for (code, expected) in [
        ("1059", "declined state-conflict"),
        ("1083", "declined state-conflict"),
        ("2202", "declined state-conflict"),
        ("0540", "declined not-found"),
        ("1001", "unknown"),
    ] {
        assert_eq!(word(&resumed(&refund, 500, &answer(&refused(code, "x")))), expected, "{code}");
    }
    let mut lost = target("sale", 1);
    lost.bank.transaction_id = None;
    assert_eq!(word(&Payflex::void(&ctx(), &lost)), "invalid");
    assert_eq!(word(&Payflex::refund(&ctx(), &terms(1), &lost)), "invalid");
}

#[test]
fn every_row_of_the_tables_reads() {
    rows_read(pos_payflex::answer::CODES);
}
