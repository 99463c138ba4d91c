//! Charges, captures, voids and refunds.

use pos_param::{Param, answer as reading};
use vezne_kit::rows_read;
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, Effect, Outcome, Payments, Preauth, Step, TextForm, native};

use crate::bank::{
    self, CLIENT, GUID, ORDER, URL, answer, card, charged, ctx, outcome, resumed, sent, target, terms, word,
};

const SALE: &str = "TP_WMD_UCD";
const REVERSE: &str = "TP_Islem_Iptal_Iade_Kismi2";

fn hash(text: &str) -> String {
    let signed = Value::from(text).digest(DigestAlg::Sha1, TextForm::Base64);
    String::from_utf8_lossy(signed.revealed()).into_owned()
}

#[test]
fn a_sale_is_one_envelope() {
    let _host = bank::host();
    let step = Param::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
    let action = &send.request.headers[0];
    assert_eq!(
        (action.name.as_str(), native::reveal_part(&action.value)),
        ("soapaction", b"\"https://turkpos.com.tr/TP_WMD_UCD\"".to_vec())
    );
    let signature = hash(&format!("{CLIENT}{GUID}110,0110,01{ORDER}"));
    assert_eq!(
        sent(&step),
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<soap:Envelope xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
             <TP_WMD_UCD xmlns=\"https://turkpos.com.tr/\"><G><CLIENT_CODE>10738</CLIENT_CODE><CLIENT_USERNAME>Test</CLIENT_USERNAME>\
             <CLIENT_PASSWORD>p&amp;ş&lt;</CLIENT_PASSWORD></G><GUID>{GUID}</GUID><Islem_Guvenlik_Tip>NS</Islem_Guvenlik_Tip>\
             <Islem_ID>{ORDER}</Islem_ID><IPAdr>192.0.2.7</IPAdr><Siparis_ID>{ORDER}</Siparis_ID><Islem_Tutar>10,01</Islem_Tutar>\
             <Toplam_Tutar>10,01</Toplam_Tutar><Taksit>1</Taksit><KK_Sahibi>Şule Çağ</KK_Sahibi><KK_No>4546711234567894</KK_No>\
             <KK_SK_Ay>12</KK_SK_Ay><KK_SK_Yil>2030</KK_SK_Yil><KK_CVC>908</KK_CVC><KK_Sahibi_GSM></KK_Sahibi_GSM>\
             <Islem_Hash>{signature}</Islem_Hash></TP_WMD_UCD></soap:Body></soap:Envelope>\n"
        )
    );
    assert!(native::check_sinks(&step, &[], &["api"]).is_err(), "the card goes only where cards may go");
}

#[test]
fn an_approval_needs_a_receipt_and_no_gate() {
    let _host = bank::host();
    let step = Param::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&charged(SALE)))) else {
        panic!("approved")
    };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("T1"));
    assert_eq!(approval.bank.auth_code.as_deref(), Some("P77950"));
    assert!(approval.bank.extra.contains(&("receipt".into(), "3007296556".into())));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (None, Some(ORDER)));
    let text = String::from_utf8(charged(SALE)).expect("text");
    for (from, to, expected) in [
        (">3007296556<", ">0<", "unknown"),
        (">3007296556<", "><", "unknown"),
        (">NONSECURE<", "><", "unknown"),
        (">NONSECURE<", ">&lt;html&gt;&lt;/html&gt;<", "declined authenticate-again"),
        ("<Sonuc>1<", "<Sonuc>0<", "unknown"),
        ("<Sonuc>1<", "<Sonuc><", "unknown"),
        ("<Sonuc>1<", "<Sonuc>yes<", "unknown"),
        ("<Sonuc>1</Sonuc>", "<Sonuc>1</Sonuc><Sonuc>-1</Sonuc>", "unknown"),
        ("TP_WMD_UCDRes", "TP_WMD_PayRes", "unreadable"),
    ] {
        let body = text.replace(from, to);
        assert_eq!(word(&resumed(&step, 1_001, &answer(body.as_bytes()))), expected, "{from} {to}");
    }
    // Param gives an order number it has seen another one; whose charge this is, the host must not guess.
    let renumbered = text.replace(&format!("<Siparis_ID>{ORDER}"), "<Siparis_ID>6021");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(renumbered.as_bytes()))) else {
        panic!("approved")
    };
    assert_eq!(approval.stated.order_id.as_deref(), Some("6021"));
}

#[test]
fn refusals_follow_the_tables() {
    let _host = bank::host();
    let step = Param::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, bank, extra, expected) in [
        ("-1", "51", "", "declined insufficient-funds"),
        ("-1", "54", "", "declined expired-card"),
        ("-1", "99", "x ISO8583-82 99858319", "declined wrong-cvv"),
        ("-1", "99", "x ISO8583-", "declined not-approved"),
        ("-1", "0", "", "declined not-approved"),
        ("-1", "-1", "", "declined not-approved"),
        ("-1", "68", "", "unknown"),
        ("-1", "94", "", "unknown"),
        ("-100", "-1", "", "declined config-error"),
        ("-101", "", "", "declined config-error"),
        ("-105", "", "", "declined wrong-cvv"),
        ("-118", "", "", "declined wrong-card-number"),
        ("-201", "", "", "declined installment-not-allowed"),
        ("-203", "", "", "declined bank-technical"),
        ("-205", "", "", "unknown"),
        ("-206", "", "", "unknown"),
        ("-207", "", "", "unknown"),
        ("-999", "51", "", "unknown"),
    ] {
        let reply = answer(&bank::refused(SALE, code, bank, extra));
        assert_eq!(word(&resumed(&step, 1_001, &reply)), expected, "{code} {bank} {extra}");
    }
}

#[test]
fn every_row_of_the_tables_reads() {
    assert!(rows_read(reading::CODES) > 45);
    rows_read(pos_param::three_d::MD_STATUS);
}

#[test]
fn instalments_reservations_and_foreign_currencies() {
    let _host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    let body = sent(&Param::sale(&ctx(), &six, &card().card()).expect("a step"));
    assert!(body.contains("<Taksit>6</Taksit>"), "{body}");
    let body = sent(&Param::authorize(&ctx(), &terms(100), &card().card()).expect("a step"));
    let signature = hash(&format!("{CLIENT}{GUID}1,001,00{ORDER}"));
    assert!(
        body.contains("<TP_Islem_Odeme_OnProv_WMD ") && body.contains(&format!(">{signature}</Islem_Hash>")),
        "{body}"
    );
    for (letters, numeric, number) in [("USD", 840, "1001"), ("EUR", 978, "1002"), ("GBP", 826, "1003")] {
        let mut foreign = terms(100);
        foreign.amount.currency = letters.into();
        foreign.amount.numeric = numeric;
        let step = Param::sale(&ctx(), &foreign, &card().card()).expect("a step");
        let body = sent(&step);
        let signature = hash(&format!("{CLIENT}{GUID}1,001,00{ORDER}{URL}{URL}"));
        assert!(body.contains(&format!("<Doviz_Kodu>{number}</Doviz_Kodu>")), "{body}");
        assert!(body.contains("<TP_Islem_Odeme_WD ") && body.contains(&format!(">{signature}</Islem_Hash>")), "{body}");
        let paid = bank::fields(&[("Islem_ID", "3007300589"), ("UCD_URL", "NONSECURE"), ("Sonuc", "1")]);
        assert_eq!(word(&resumed(&step, 100, &answer(&bank::soap("TP_Islem_Odeme_WD", &paid)))), "approved");
        assert_eq!(word(&Param::authorize(&ctx(), &foreign, &card().card())), "unsupported");
    }
    let mut yen = terms(100);
    yen.amount.currency = "JPY".into();
    assert_eq!(word(&Param::sale(&ctx(), &yen, &card().card())), "unsupported");
}

#[test]
fn mail_order_goes_without_the_gate() {
    let host = bank::host();
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    let without = native::TestCard::new(bank::CARD, 12, 2030, None);
    let body = sent(&Param::sale(&ctx(), &mail, &without.card()).expect("a step"));
    assert!(body.contains("<Islem_Guvenlik_Tip>NS</Islem_Guvenlik_Tip>"), "{body}");
    assert!(body.contains("<KK_Sahibi></KK_Sahibi>") && body.contains("<KK_CVC></KK_CVC>"), "{body}");
    drop(host);
    let _closed = bank::session().setting("mail-order", "false").start();
    assert_eq!(word(&Param::sale(&ctx(), &mail, &card().card())), "unsupported");
}

#[test]
fn captures_and_voids_differ_for_reservations() {
    let _host = bank::host();
    let capture = Param::capture(&ctx(), &terms(99), &target("authorize", 100)).expect("a step");
    assert!(
        sent(&capture).contains("<Prov_ID></Prov_ID><Prov_Tutar>0,99</Prov_Tutar><Siparis_ID>01JD8ZK0Q3</Siparis_ID>")
    );
    assert_eq!(word(&resumed(&capture, 99, &answer(&bank::done("TP_Islem_Odeme_OnProv_Kapa")))), "approved");
    let sale = Param::void(&ctx(), &target("sale", 1_000)).expect("a step");
    assert!(sent(&sale).contains("<Durum>IPTAL</Durum><Siparis_ID>01JD8ZK0Q3</Siparis_ID><Tutar>10.00</Tutar>"));
    for (code, expected) in
        [("-210", "state-conflict"), ("-211", "state-conflict"), ("-213", "state-conflict"), ("-218", "state-conflict")]
    {
        let reply = answer(&bank::refused(REVERSE, code, "", ""));
        assert_eq!(word(&resumed(&sale, 1_000, &reply)), format!("declined {expected}"));
    }
    let reserved = Param::void(&ctx(), &target("authorize", 100)).expect("a step");
    assert!(sent(&reserved).contains("<TP_Islem_Iptal_OnProv "));
    let at_gate = native::at_gate(target("sale", 100), "3d");
    assert!(sent(&Param::void(&ctx(), &at_gate).expect("a step")).contains("<Durum>IPTAL</Durum>"));
    let at_gate = native::at_gate(target("authorize", 100), "3d");
    assert!(sent(&Param::void(&ctx(), &at_gate).expect("a step")).contains("<TP_Islem_Iptal_OnProv "));
    assert_eq!(word(&Param::void(&ctx(), &target("refund", 100))), "unsupported");
}

#[test]
fn a_refund_first_notes_what_was_given_back() {
    let _host = bank::host();
    let look = Param::refund(&ctx(), &terms(50), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let write = resumed(&look, 50, &answer(&bank::line("PARTIAL_REFUND", "SALE", "1.00", "0.25"))).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.extra, [("refunded-before".to_owned(), "25".to_owned())]);
    assert!(sent(&write).contains("<Durum>IADE</Durum><Siparis_ID>01JD8ZK0Q3</Siparis_ID><Tutar>0.50</Tutar>"));
    assert_eq!(word(&resumed(&write, 50, &answer(&bank::done(REVERSE)))), "approved");
    assert_eq!(word(&resumed(&write, 50, &answer(&bank::refused(REVERSE, "-214", "", "")))), "declined state-conflict");
    // No right to ask: the refund goes out all the same.
    let forbidden = resumed(&look, 50, &answer(&bank::no_line("-101"))).expect("a step");
    let Step::Send(send) = &forbidden else { panic!("a request") };
    assert!(send.known.extra.is_empty() && sent(&forbidden).contains("<Durum>IADE</Durum>"));
    // No answer at all: nothing was sent, and nothing will be.
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Param::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Param::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&Param::capture(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", &"x".repeat(37)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Param::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    let mut repeated = ctx();
    repeated.attributes.push(("recurring-count".into(), "3".into()));
    assert_eq!(word(&Param::sale(&repeated, &terms(1), &card().card())), "unsupported");
    drop(host);
    let _bare = native::Session::new().start();
    assert_eq!(word(&Param::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}
