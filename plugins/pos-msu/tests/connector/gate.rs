//! The 3-D gate, there and back.

use pos_msu::Msu;
use serde_json::json;
use vezne_plugin::value::{Value, secret};
use vezne_plugin::{
    BrowserAction, DigestAlg, Effect, Fault, Outcome, Purpose, Reply, Step, TextForm, ThreeDSecure, native,
};

use crate::bank::{
    self, CARD, CODE, ORDER, answer, card, ctx, field, listed, lost, nothing, outcome, refused, resumed, row, terms,
    word,
};

type Fields = Vec<(String, String)>;

const SESSION: &str = "TQ2VDKCA5YBTFNF46FKX6EPE5AC3GQ4W";

fn opened() -> serde_json::Value {
    json!({"sessionToken": SESSION, "responseCode": "00", "responseMsg": "Approved"})
}

/// Signs the way the platform does, in code of its own.
fn signed(changes: &[(&str, &str)], form: TextForm) -> Fields {
    let mut all: Fields = [
        ("merchantPaymentId", ORDER),
        ("customerId", ORDER),
        ("sessionToken", SESSION),
        ("responseCode", "00"),
        ("random", "ahBy5v3iT1"),
        ("amount", "10.01"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for (name, value) in changes {
        all.retain(|(there, _)| there != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    let value = |name: &str| all.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value).to_owned();
    let names = ["merchantPaymentId", "customerId", "sessionToken", "responseCode", "random"];
    let text = names.map(value).join("|") + "|";
    let hash = Value::from(&text).sealed(secret("secret-key").expect("is there")).digest(DigestAlg::Sha512, form);
    all.push(("sdSha512".into(), String::from_utf8_lossy(hash.revealed()).into_owned()));
    all
}

/// A payer on the way to the gate.
fn at_gate() -> Step {
    let opening = Msu::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card()))
        .expect("a session is asked for");
    resumed(&opening, 1_001, &answer(&opened())).expect("a form")
}

fn came_back(step: &Step, fields: &Fields) -> Result<Step, Fault> {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    native::next_call();
    resumed(step, 1_001, &Reply::Callback(native::callback(&pairs)))
}

#[test]
fn a_session_is_opened_first() {
    let _host = bank::host();
    let step = Msu::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let shown =
        ["ACTION", "SESSIONTYPE", "AMOUNT", "CURRENCY", "MERCHANTPAYMENTID", "CUSTOMER"].map(|n| field(&step, n));
    assert_eq!(shown, ["SESSIONTOKEN", "PAYMENTSESSION", "10.01", "TRY", ORDER, ORDER]);
    assert_eq!(field(&step, "RETURNURL"), ctx().callback_url);
    let items: serde_json::Value = serde_json::from_str(&field(&step, "ORDERITEMS")).expect("JSON in a field");
    assert_eq!((&items[0]["amount"], &items[0]["quantity"]), (&json!(10.01), &json!(1)));
    assert_eq!(field(&step, "CARDPAN"), "", "the card is not in it");
}

#[test]
fn the_payer_posts_the_card_into_the_session() {
    let _host = bank::host();
    let step = at_gate();
    let Step::Browse(browse) = &step else { panic!("a form") };
    assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::OnceOnlyWrite, ORDER));
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    assert_eq!((form.endpoint.as_str(), form.path.clone()), ("gate", format!("/post/sale3d/{SESSION}")));
    let clear = |part| String::from_utf8_lossy(&native::reveal_part(part)).into_owned();
    let all: Fields = form.fields.iter().map(|field| (field.name.clone(), clear(&field.value))).collect();
    let expected = [
        ("cardOwner", "Ayşe Yılmaz"),
        ("pan", CARD),
        ("expiryMonth", "12"),
        ("expiryYear", "2026"),
        ("cvv", CODE),
        ("installmentCount", "1"),
    ];
    assert_eq!(all, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    native::check_sinks(&step, &["gate"], &[]).expect("no secret goes to the browser");
    assert!(native::check_sinks(&step, &[], &[]).is_err());
    assert!(!native::readable(&step).contains(CARD));
}

#[test]
fn without_a_session_nobody_is_sent_anywhere() {
    let _host = bank::host();
    let opening = Msu::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a step");
    for (body, expected) in [
        (refused(Some("ERR10010"), None), "declined config-error"),
        (refused(Some("ERR10117"), None), "not-processed"),
        (refused(Some("ERR10019"), None), "not-processed"),
        (refused(None, None), "not-processed"),
        (json!({"responseCode": "00"}), "not-processed"),
        (json!({"responseCode": "00", "sessionToken": "../x"}), "unreadable"),
        (json!({"responseCode": "00", "sessionToken": "x".repeat(129)}), "unreadable"),
        (json!({"responseCode": "99", "sessionToken": SESSION}), "not-processed"),
        (json!({"sessionToken": SESSION}), "unreadable"),
    ] {
        assert_eq!(word(&resumed(&opening, 1_001, &answer(&body))), expected, "{body}");
    }
    assert_eq!(word(&resumed(&opening, 1_001, &lost())), "not-processed");
    for (model, entry, expected) in [
        ("3d", "ecommerce", "unsupported"),
        ("3d-host", "ecommerce", "unsupported"),
        ("3d-pay", "mail-order", "invalid"),
    ] {
        let mut terms = terms(1);
        terms.entry = entry.into();
        assert_eq!(
            word(&Msu::start(&ctx(), Purpose::Sale, model, &terms, Some(&card().card()))),
            expected,
            "{model} {entry}"
        );
    }
    assert_eq!(word(&Msu::start(&ctx(), Purpose::Authorize, "3d-pay", &terms(1), Some(&card().card()))), "unsupported");
    assert_eq!(word(&Msu::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1), None)), "invalid");
    assert_eq!(word(&Msu::start(&ctx(), Purpose::Sale, "3d-pay", &terms(0), Some(&card().card()))), "invalid");
}

#[test]
fn what_a_return_claims_is_looked_for_in_the_list() {
    let _host = bank::host();
    for (claim, found, expected) in [
        ("00", listed(&[row("SALE", "AP", "10.01")]), "approved"),
        ("00", listed(&[row("SALE", "FA", "10.01"), row("SALE", "AP", "10.01")]), "approved"),
        ("00", listed(&[row("SALE", "IP", "10.01")]), "pending"),
        ("00", nothing(), "unknown"),
        ("00", listed(&[row("SALE", "FA", "10.01")]), "declined insufficient-funds"),
        ("99", listed(&[row("SALE", "AP", "10.01")]), "approved"),
        ("99", listed(&[row("SALE", "FA", "10.01")]), "declined insufficient-funds"),
        ("99", nothing(), "declined authenticate-again"),
    ] {
        let look = came_back(&at_gate(), &signed(&[("responseCode", claim)], TextForm::HexLower)).expect("a step");
        assert_eq!(field(&look, "ACTION"), "QUERYTRANSACTION");
        assert_eq!(word(&resumed(&look, 1_001, &answer(&found))), expected, "{claim} {found}");
        assert_eq!(word(&resumed(&look, 1_001, &lost())), "unknown");
    }
    // Another amount is the platform's word, and the host compares it.
    let look = came_back(&at_gate(), &signed(&[], TextForm::HexUpper)).expect("a step");
    let reply = answer(&listed(&[row("SALE", "AP", "1.00")]));
    let Outcome::Approved(approval) = outcome(resumed(&look, 1_001, &reply)) else { panic!("approved") };
    assert_eq!((approval.stated.minor, approval.stated.currency.as_deref()), (Some(100), Some("TRY")));
}

#[test]
fn the_signature_is_verified_before_anything_else() {
    let _host = bank::host();
    let step = at_gate();
    for form in [TextForm::HexLower, TextForm::HexUpper, TextForm::Base64] {
        assert_eq!(word(&came_back(&step, &signed(&[], form))), "send");
    }
    let good = signed(&[], TextForm::HexLower);
    for (at, (name, value)) in good.iter().enumerate() {
        let mut changed = good.clone();
        changed[at].1.push('x');
        let expected = if name == "amount" { "send" } else { "not-authentic" };
        assert_eq!(word(&came_back(&step, &changed)), expected, "{name} changed");
        let mut twice = good.clone();
        twice.push((name.clone(), value.clone()));
        assert_eq!(word(&came_back(&step, &twice)), expected, "{name} twice");
    }
    for changes in
        [("merchantPaymentId", "OTHER"), ("customerId", "OTHER"), ("sessionToken", "OTHER"), ("random", "a|b")]
    {
        let genuine = signed(&[changes], TextForm::HexLower);
        assert_eq!(word(&came_back(&step, &genuine)), "not-authentic", "{changes:?}: genuine, and not ours");
    }
    assert_eq!(word(&came_back(&step, &Vec::new())), "not-authentic");
}

#[test]
fn a_return_finds_its_attempt() {
    let _host = bank::host();
    let fields = signed(&[], TextForm::HexLower);
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(Msu::correlate(&native::callback(&pairs)).expect("an order"), ORDER);
    assert!(Msu::correlate(&native::callback(&[("merchantPaymentId", "../x")])).is_err());
    assert!(Msu::correlate(&native::callback(&[])).is_err());
}
