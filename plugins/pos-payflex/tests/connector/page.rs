//! The bank's own page.

use pos_payflex::Payflex;
use vezne_plugin::value::Value;
use vezne_plugin::{
    BrowserAction, DigestAlg, Effect, Fault, Outcome, Purpose, Reply, Step, TextForm, ThreeDSecure, native,
};

use crate::bank::{
    self, CARD, CODE, ORDER, PASSWORD, answer, card, ctx, endpoint, outcome, resumed, sent, terms, word,
};

const TOKEN: &str = "b35a56bf37334872a945afc0016d5887";

fn started(model: &str) -> Step {
    let card = card().card();
    Payflex::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a registration")
}

fn registered(fields: &[(&str, &str)]) -> Vec<u8> {
    bank::document("RegisterTransactionResponse", fields)
}

pub fn browsing(model: &str) -> Step {
    let body = registered(&[("CommonPaymentUrl", "https://cp.example/SecurePayment"), ("PaymentToken", TOKEN)]);
    resumed(&started(model), 1_001, &answer(&body)).expect("a visit")
}

fn came_back(fields: &[(&str, &str)]) -> Result<Step, Fault> {
    let mut callback = native::callback(&[]);
    callback.query = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    resumed(&browsing("3d-pay"), 1_001, &Reply::Callback(callback))
}

pub fn told(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut fields = vec![
        ("Rc", "0000"),
        ("AuthCode", "735879"),
        ("Rrn", "306822971283"),
        ("Message", "İŞLEM BAŞARILI"),
        ("TransactionId", "3ee068d5b5a747ada65dafc0016d5887"),
        ("PaymentToken", TOKEN),
        ("AmountCode", "949"),
        ("Amount", "10,01"),
        ("OrderID", ORDER),
        ("HostDate", "20261122120005"),
        ("ErrorCode", ""),
    ];
    for (name, value) in changes {
        fields.retain(|(there, _)| there != name);
        fields.push((name, value));
    }
    bank::document("VposTransactionResponse", &fields)
}

#[test]
fn a_visit_is_announced_with_a_signature() {
    let _host = bank::host();
    let step = started("3d-pay");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, endpoint(&step)), (Effect::ReadOnly, "register"));
    let body = sent(&step);
    assert!(body.contains(&format!("BrandNumber=100&CVV={CODE}&PAN={CARD}&ExpireMonth=12&ExpireYear=29")), "{body}");
    assert!(body.contains("IsSecure=true&AllowNotEnrolledCard=false") && body.contains("RequestLanguage=tr-TR"));
    let signed = Value::from(format!("00000000011111194910.01{PASSWORD}VBank3DPay2014"));
    let hash = String::from_utf8_lossy(signed.digest(DigestAlg::Sha1, TextForm::Base64).revealed()).into_owned();
    assert!(body.ends_with(&format!("HashedData={}", vezne_plugin::body::url_form(&hash))), "{body}");
    let hosted = sent(&started("3d-host"));
    assert!(!hosted.contains("PAN") && !hosted.contains(CARD), "{hosted}");
    assert_eq!(word(&Payflex::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1), None)), "invalid");
    assert_eq!(word(&Payflex::start(&ctx(), Purpose::Sale, "oos", &terms(1), Some(&card().card()))), "unsupported");
}

#[test]
fn the_payer_is_led_to_the_granted_page_with_the_token() {
    let _host = bank::host();
    for model in ["3d-pay", "3d-host"] {
        let Step::Browse(browse) = browsing(model) else { panic!("a visit") };
        assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::OnceOnlyWrite, TOKEN));
        let BrowserAction::Redirect(form) = &browse.action else { panic!("a redirect") };
        assert_eq!((form.endpoint.as_str(), form.path.as_str(), form.fields[0].name.as_str()), ("page", "", "Ptkn"));
        assert!(browse.known.extra.contains(&("payment-token".into(), TOKEN.into())));
    }
    for (fields, expected) in [
        (vec![("ErrorCode", "5001"), ("ResponseMessage", "x")], "declined config-error"),
        (vec![("ErrorCode", "31337")], "not-processed"),
        (vec![("PaymentToken", TOKEN), ("ErrorCode", "5001")], "declined config-error"),
        (vec![("PaymentToken", "a b")], "not-processed"),
        (vec![], "not-processed"),
    ] {
        assert_eq!(word(&resumed(&started("3d-host"), 1_001, &answer(&registered(&fields)))), expected, "{fields:?}");
    }
}

#[test]
fn whatever_comes_back_the_bank_is_asked() {
    let _host = bank::host();
    for rc in ["0000", "0057", "", "x"] {
        let step = came_back(&[("Rc", rc), ("PaymentToken", TOKEN), ("TransactionId", "3ee0")]).expect("a question");
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!((send.effect, endpoint(&step)), (Effect::ReadOnly, "transaction"));
        assert!(sent(&step).ends_with(&format!("TransactionId=3ee0&PaymentToken={TOKEN}")));
    }
    assert_eq!(word(&came_back(&[("Rc", "0000"), ("PaymentToken", "other")])), "not-authentic");
    assert_eq!(word(&came_back(&[])), "not-authentic");
}

#[test]
fn the_banks_own_answer_about_the_visit_decides() {
    let _host = bank::host();
    let ask = came_back(&[("Rc", "0000"), ("PaymentToken", TOKEN)]).expect("a question");
    for (changes, expected) in [
        (vec![], "approved"),
        (vec![("Rc", "0057"), ("ErrorCode", "0057")], "declined card-closed-ecommerce"),
        (vec![("Rc", "2053")], "declined authenticate-again"),
        (vec![("Rc", "0051")], "declined insufficient-funds"),
        (vec![("Rc", "1001")], "unknown"),
        (vec![("Rc", "ZZ")], "unknown"),
        (vec![("Rc", "")], "unknown"),
        (vec![("Rc", ""), ("ErrorCode", "0051")], "unknown"),
        (vec![("ErrorCode", "0051")], "unknown"),
        (vec![("Amount", "")], "unknown"),
        (vec![("OrderID", "")], "unknown"),
        (vec![("PaymentToken", "other")], "unknown"),
    ] {
        assert_eq!(word(&resumed(&ask, 1_001, &answer(&told(&changes)))), expected, "{changes:?}");
    }
    let Outcome::Approved(approval) = outcome(resumed(&ask, 1_001, &answer(&told(&[])))) else { panic!("approved") };
    assert_eq!(
        (approval.stated.minor, approval.stated.currency.as_deref(), approval.stated.order_id.as_deref()),
        (Some(1_001), Some("949"), Some(ORDER))
    );
    assert_eq!(approval.bank.transaction_id.as_deref(), Some("3ee068d5b5a747ada65dafc0016d5887"));
}
