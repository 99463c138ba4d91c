//! Charges, captures, voids and refunds.

use pos_boa::Boa;
use vezne_kit::rows_read;
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{
    self, BANKS, CARD, CODE, Line, ORDER, PAID, answer, base64_sha1, card, charged, ctx, hashed_password, listed,
    outcome, path, refused, resumed, sent, service_refused, target, terms, word,
};

#[test]
fn a_sale_is_one_signed_message() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let step = Boa::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!((send.effect, path(&step).as_str()), (Effect::OnceOnlyWrite, "home/Non3DPayGate"));
        assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
        let body = sent(&step);
        let hash = base64_sha1(format!("496{ORDER}1001apitest{}", hashed_password()).as_bytes());
        assert!(body.starts_with("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n"), "{body}");
        assert!(body.contains(&format!("<HashData>{hash}</HashData>")), "{body}");
        assert!(body.contains(&format!("<CardNumber>{CARD}</CardNumber><CardExpireDateYear>29</CardExpireDateYear>")));
        assert!(body.contains("<CurrencyCode>0949</CurrencyCode>") && body.contains("<InstallmentCount>0</"), "{body}");
        let flag = if bank == "kuveyt" { "1" } else { "5" };
        assert!(body.contains(&format!("<TransactionSecurity>{flag}</TransactionSecurity>")), "{body}");
        assert_eq!(body.contains(&hashed_password()), bank != "kuveyt", "only one bank wants it");
        assert!(native::check_sinks(&step, &[], &["home"]).is_err(), "the card goes only where cards may go");
    }
}

#[test]
fn mail_order_has_its_own_address_where_the_bank_has_one() {
    for (bank, expected) in [("kuveyt", "home/Non3DPayGate"), ("vakif-katilim", "home/MailOrderSale")] {
        let host = bank::host(bank);
        let mut mail = terms(100);
        mail.entry = "mail-order".into();
        let mut without_code = card();
        without_code.security_code = None;
        let step = Boa::sale(&ctx(), &mail, &without_code.card()).expect("a step");
        assert_eq!(path(&step), expected);
        let body = sent(&step);
        assert!(body.contains("<TransactionSecurity>1</TransactionSecurity>"), "{body}");
        assert!(!body.contains("CardCVV2") && !body.contains(CODE), "{body}");
        drop(host);
        let _closed = bank::session(bank).setting("mail-order", "false").start();
        assert_eq!(word(&Boa::sale(&ctx(), &mail, &card().card())), "unsupported");
    }
}

#[test]
fn an_approval_carries_the_banks_numbers_and_words() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let step = Boa::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
        let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&charged()))) else {
            panic!("approved")
        };
        assert_eq!(approval.bank.transaction_id.as_deref(), Some("4480"));
        assert_eq!(approval.bank.auth_code.as_deref(), Some("896626"));
        assert_eq!(approval.bank.extra, [("rrn".into(), "904115005554".into()), ("stan".into(), "005554".into())]);
        assert_eq!(
            (approval.stated.minor, approval.stated.currency.as_deref(), approval.stated.order_id.as_deref()),
            (Some(1_001), Some("949"), Some(ORDER))
        );
    }
}

#[test]
fn refusals_follow_the_tables() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let step = Boa::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
        for (code, expected) in [
            ("51", "declined insufficient-funds"),
            ("05", "declined not-approved"),
            ("43", "declined card-blocked"),
            ("58", "declined config-error"),
            ("91", "declined issuer-unavailable"),
            ("HashDataError", "declined config-error"),
            ("ApiUserNotDefined", "declined config-error"),
            ("PosMerchantIPError", "declined config-error"),
            ("CardNotEnrolled", "declined authenticate-again"),
            ("MetaDataNotFound", "declined not-found"),
            ("68", "unknown"),
            ("94", "unknown"),
            ("DbLayerError", "unknown"),
            ("SomethingElse", "unknown"),
            ("0051", "unknown"),
            ("", "unknown"),
        ] {
            let reply = answer(&refused(code, "Limit yetersiz"));
            assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{bank} {code}");
        }
        // The step before a charge is answered with 00 as well.
        let verified = bank::contract(&[("ResponseCode", "00"), ("ResponseMessage", "Kart doğrulandı.")], &[]);
        assert_eq!(word(&resumed(&step, 1_001, &answer(&verified))), "unknown");
        let twice = bank::contract(&[("ResponseCode", "00"), ("ResponseCode", "51"), ("ProvisionNumber", "1")], &[]);
        assert_eq!(word(&resumed(&step, 1_001, &answer(&twice))), "unknown");
    }
}

#[test]
fn currencies_and_instalments_are_written_as_the_bank_wants_them() {
    let _host = bank::host("vakif-katilim");
    for (letters, numeric, exponent, minor, code, amount) in
        [("USD", 840, 2, 1_001, "0840", "1001"), ("RUB", 643, 2, 1_001, "0810", "1001")]
    {
        let mut terms = terms(minor);
        terms.amount.currency = letters.into();
        terms.amount.numeric = numeric;
        terms.amount.exponent = exponent;
        terms.installments = 6;
        let body = sent(&Boa::sale(&ctx(), &terms, &card().card()).expect("a step"));
        assert!(body.contains(&format!("<FECCurrencyCode>{code}</FECCurrencyCode>")), "{body}");
        assert!(body.contains(&format!("<Amount>{amount}</Amount>")), "{body}");
        assert!(body.contains("<InstallmentCount>6</InstallmentCount>"), "{body}");
    }
    let mut three = terms(1);
    three.amount.exponent = 3;
    assert_eq!(word(&Boa::sale(&ctx(), &three, &card().card())), "invalid");
    assert_eq!(word(&Boa::sale(&ctx(), &terms(0), &card().card())), "invalid");
    let mut odd = ctx();
    odd.order_id = "a b".into();
    assert_eq!(word(&Boa::sale(&odd, &terms(1), &card().card())), "invalid");
}

#[test]
fn only_one_bank_reserves() {
    let kuveyt = bank::host("kuveyt");
    assert_eq!(word(&Boa::authorize(&ctx(), &terms(100), &card().card())), "unsupported");
    assert_eq!(word(&Boa::capture(&ctx(), &terms(100), &target("authorize", 100))), "unsupported");
    drop(kuveyt);
    let _host = bank::host("vakif-katilim");
    let step = Boa::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(path(&step), "home/PreAuthorizaten");
    assert_eq!(word(&resumed(&step, 1_001, &answer(&charged()))), "approved");
    let step = Boa::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step");
    assert_eq!(path(&step), "home/PreAuthorizatenClose");
    let body = sent(&step);
    assert!(body.contains("<OrderId>114293600</OrderId>") && !body.contains("Amount"), "{body}");
    assert_eq!(word(&resumed(&step, 1_001, &answer(&bank::changed("vakif-katilim", "")))), "approved");
    assert_eq!(word(&Boa::capture(&ctx(), &terms(1_000), &target("authorize", 1_001))), "unsupported");
}

#[test]
fn a_void_says_what_it_voids() {
    for (bank, operation, expected) in [
        ("kuveyt", "sale", "service/Basic"),
        ("vakif-katilim", "sale", "home/SaleReversal"),
        ("vakif-katilim", "authorize", "home/PreAuthorizationReversal"),
    ] {
        let _host = bank::host(bank);
        let step = Boa::void(&ctx(), &target(operation, 1_001)).expect("a step");
        assert_eq!(path(&step), expected);
        let body = sent(&step);
        assert_eq!(body.contains("Amount>1001</"), operation != "authorize", "{body}");
        let Outcome::Approved(approval) = outcome(Boa::resume(
            &ctx(),
            None,
            &bank::state_of(&step),
            &answer(&bank::changed(bank, "SaleReversal")),
            None,
        )) else {
            panic!("approved")
        };
        // A void begins without terms: an amount in its answer would be one nobody asked for.
        assert_eq!((approval.stated.minor, approval.stated.currency), (None, None));
        assert_eq!(word(&Boa::void(&ctx(), &target("refund", 1))), "unsupported");
        let mut unknown = target("sale", 1);
        unknown.bank.transaction_id = None;
        assert_eq!(word(&Boa::void(&ctx(), &unknown)), "invalid");
    }
    let _host = bank::host("kuveyt");
    let step = Boa::void(&ctx(), &target("sale", 1_001)).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert!(matches!(&send.request.headers[0].value, vezne_plugin::Part::Text(action)
        if action == "http://boa.net/BOA.Integration.VirtualPos/Service/IVirtualPosService/SaleReversal"));
    let body = sent(&step);
    assert!(body.contains("<ser:RRN>318923298433</ser:RRN><ser:Stan>298433</ser:Stan><ser:ProvisionNumber>241839</"));
    for (code, message, expected) in [
        ("21", "İşlem daha önce iptal edilmiştir.", "declined state-conflict"),
        ("InvalidRequestError", "İptal işlemi satışla aynı gün yapılmalıdır.", "declined state-conflict"),
        ("ServiceUnavailable", "IsoProxyFactoryServiceResponseWasNull", "unknown"),
        ("", "İptal işlemi satışla aynı gün yapılmalıdır. Geçmiş", "declined state-conflict"),
        ("", "Beklenmeyen hata", "unknown"),
    ] {
        let reply = answer(&service_refused("SaleReversal", code, message));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code} {message}");
    }
}

#[test]
fn a_refund_asks_first_and_knows_whole_from_part() {
    for (bank, minor, before, expected) in [
        ("kuveyt", 1_001, "0.00", "<ser:DrawBack>"),
        ("kuveyt", 500, "0.00", "<ser:PartialDrawback>"),
        ("kuveyt", 1_001, "1.00", "<ser:PartialDrawback>"),
        ("vakif-katilim", 1_001, "0.00", "home/DrawBack"),
        ("vakif-katilim", 500, "0.00", "home/PartialDrawBack"),
    ] {
        let _host = bank::host(bank);
        let ask = Boa::refund(&ctx(), &terms(minor), &target("sale", 1_001)).expect("a step");
        let Step::Send(send) = &ask else { panic!("a question") };
        assert_eq!(send.effect, Effect::ReadOnly);
        let reply = answer(&listed(bank, &[Line { given_back: before, ..PAID }]));
        let step = resumed(&ask, minor, &reply).expect("a step");
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!(send.effect, Effect::OnceOnlyWrite);
        let whole = format!("{} {}", path(&step), sent(&step));
        assert!(whole.contains(expected), "{whole}");
        assert_eq!(whole.contains(&format!("Amount>{minor}</")), bank == "kuveyt" || minor == 500, "{whole}");
        let known = before.replace('.', "").parse::<i64>().expect("a number").to_string();
        assert!(send.known.extra.contains(&("given-back-before".into(), known)), "{:?}", send.known);
        let operation = if whole.contains("PartialDrawback") { "PartialDrawback" } else { "DrawBack" };
        assert_eq!(word(&resumed(&step, minor, &answer(&bank::changed(bank, operation)))), "approved");
        // Without an answer to the question nothing is sent; a question that is refused changes nothing.
        assert_eq!(word(&resumed(&ask, minor, &bank::html(b"<html></html>"))), "not-processed");
        let unclear = answer(&if bank == "kuveyt" {
            service_refused("GetMerchantOrderDetail", "HashDataError", "x")
        } else {
            refused("MerchantNotDefined", "x")
        });
        assert_eq!(word(&resumed(&ask, minor, &unclear)), "send");
    }
    let _host = bank::host("vakif-katilim");
    assert_eq!(word(&Boa::refund(&ctx(), &terms(500), &target("authorize", 1_001))), "unsupported");
    let ask = Boa::refund(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step");
    let step = resumed(&ask, 1_001, &answer(&listed("vakif-katilim", &[PAID]))).expect("a step");
    assert_eq!(path(&step), "home/PreAuthorizationDrawBack");
}

#[test]
fn a_partial_refund_on_the_day_of_the_sale_is_refused_for_good() {
    let _host = bank::host("kuveyt");
    let ask = Boa::refund(&ctx(), &terms(500), &target("sale", 1_001)).expect("a step");
    let step = resumed(&ask, 500, &answer(&listed("kuveyt", &[PAID]))).expect("a step");
    let message = "Kısmi iade işlemi, satışla aynı gün içerisindeyse tutarın tamamı için yapılamaz.";
    let reply = answer(&service_refused("PartialDrawback", "", message));
    assert_eq!(word(&resumed(&step, 500, &reply)), "declined state-conflict");
}

#[test]
fn every_row_of_the_tables_reads() {
    rows_read(pos_boa::answer::KUVEYT);
    rows_read(pos_boa::answer::KATILIM);
}
