//! 3-D Secure by the MPI, there and back.

use pos_payflex::Payflex;
use vezne_plugin::{BrowserAction, Effect, Fault, Payments, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{
    self, CARD, CODE, ORDER, answer, approved, card, ctx, endpoint, outcome, resumed, sent, terms, word,
};

fn started() -> Step {
    Payflex::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("an enrolment")
}

pub fn veres(status: &str, id: &str, error: &str) -> Vec<u8> {
    let inner = bank::elements(&[
        ("Status", status),
        ("PaReq", "eJxVUt+PaReq"),
        ("ACSUrl", "https://acs.example/challenge?x=1"),
        ("TermUrl", "https://mpi.example/MPI_PARes.aspx"),
        ("MD", "MD3"),
    ]);
    let rest =
        bank::elements(&[("VerifyEnrollmentRequestId", id), ("MessageErrorCode", error), ("ErrorMessage", "..")]);
    format!("<?xml version=\"1.0\"?><IPaySecure><Message ID=\"1\"><VERes><Version>1.0.2</Version>{inner}</VERes></Message>{rest}</IPaySecure>")
        .into_bytes()
}

pub fn browsing() -> Step {
    resumed(&started(), 1_001, &answer(&veres("Y", ORDER, ""))).expect("a form")
}

const GOOD: [(&str, &str); 6] = [
    ("Status", "Y"),
    ("VerifyEnrollmentRequestId", ORDER),
    ("Cavv", "AAABCYaRIwAAAVQ1gpEjAAAAAAA="),
    ("Eci", "05"),
    ("PurchAmount", "1001"),
    ("PurchCurrency", "949"),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<(&str, &str)> = GOOD.to_vec();
    for (name, value) in changes {
        all.retain(|(there, _)| there != name);
        all.push((name, value));
    }
    all
}

fn came_back(step: &Step, fields: &[(&str, &str)], held: bool) -> Result<Step, Fault> {
    let card = card().card();
    bank::resumed_with(step, 1_001, &Reply::Callback(native::callback(fields)), Some(&card).filter(|_| held))
}

#[test]
fn the_card_is_enrolled_without_its_code() {
    let _host = bank::host();
    let step = started();
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, endpoint(&step)), (Effect::ReadOnly, "mpi"));
    let body = sent(&step);
    assert!(body.contains(&format!("Pan={CARD}&ExpiryDate=2912&BrandName=100&IsRecurring=false")), "{body}");
    assert!(body.contains("PurchaseAmount=10.01&VerifyEnrollmentRequestId=01JD8ZK0Q3&Currency=949"), "{body}");
    assert!(body.contains("MerchantPassword=3XTgER%269%C5%9F&MerchantType=0") && !body.contains(CODE), "{body}");
    let Step::Browse(browse) = browsing() else { panic!("a form") };
    assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::ReadOnly, ORDER));
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    assert_eq!((form.endpoint.as_str(), form.path.as_str()), ("acs", "https://acs.example/challenge?x=1"));
    let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["PaReq", "TermUrl", "MD"]);
}

#[test]
fn a_sub_dealer_and_a_repeated_payment_are_said() {
    let _host = bank::session().setting("merchant-type", "2").setting("sub-merchant-id", "77").start();
    let mut ctx = ctx();
    let repeated = [("interval", "2"), ("cycle", "M"), ("count", "3"), ("until", "20270101"), ("from", "20261201")];
    ctx.attributes.extend(repeated.map(|(name, value)| (format!("recurring-{name}"), value.to_owned())));
    let body = sent(&Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1), Some(&card().card())).expect("a step"));
    assert!(body.contains("MerchantType=2") && body.contains("SubMerchantId=77"), "{body}");
    assert!(body.contains(
        "IsRecurring=true&SubMerchantId=77&RecurringFrequency=2&RecurringFrequencyType=Month&RecurringInstallmentCount=3\
         &RecurringEndDate=20270101&TriggerDate=20261201"
    ));
    for model in ["3d-pay", "3d-host"] {
        let step = Payflex::start(&ctx, Purpose::Sale, model, &terms(1), Some(&card().card()));
        assert_eq!(word(&step), "unsupported", "{model}: only the MPI is told of repetitions");
    }
    assert_eq!(word(&Payflex::sale(&ctx, &terms(1), &card().card())), "unsupported");
    assert_eq!(word(&Payflex::start(&ctx, Purpose::Authorize, "3d", &terms(1), Some(&card().card()))), "unsupported");
    let mut half = bank::ctx();
    half.attributes.push(("recurring-count".into(), "3".into()));
    assert_eq!(word(&Payflex::sale(&half, &terms(1), &card().card())), "invalid", "half of a wish is not charged once");
    ctx.attributes.retain(|(name, _)| name != "recurring-until");
    assert_eq!(word(&Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1), Some(&card().card()))), "invalid");
    let _bad = bank::session().setting("merchant-type", "2").start();
    assert_eq!(word(&Payflex::start(&bank::ctx(), Purpose::Sale, "3d", &terms(1), Some(&card().card()))), "bad-config");
    let _odd = bank::session().setting("sub-merchant-id", "77").start();
    assert_eq!(word(&Payflex::sale(&bank::ctx(), &terms(1), &card().card())), "bad-config");
}

#[test]
fn a_card_that_cannot_be_verified_is_a_refusal() {
    let _host = bank::host();
    for (status, code, expected) in [
        ("N", "", "declined authenticate-again"),
        ("U", "", "declined authenticate-again"),
        ("E", "1105", "declined config-error"),
        ("E", "2005", "declined config-error"),
        ("E", "31337", "declined authenticate-again"),
        ("", "5001", "declined config-error"),
    ] {
        let step = resumed(&started(), 1_001, &answer(&veres(status, ORDER, code)));
        assert_eq!(word(&step), expected, "{status} {code}");
    }
    assert_eq!(word(&resumed(&started(), 1_001, &answer(&veres("Y", "OTHER", "")))), "unreadable");
    let rejected = b"<html><head><title>Request Rejected</title></head><body></body></html>";
    assert_eq!(word(&resumed(&started(), 1_001, &answer(rejected))), "unreadable");
    let script = String::from_utf8(veres("Y", ORDER, "")).expect("text").replace("https://acs.example", "javascript:");
    assert_eq!(word(&resumed(&started(), 1_001, &answer(script.as_bytes()))), "unreadable");
}

#[test]
fn what_was_verified_is_charged_with_the_card_once_more() {
    let _host = bank::host();
    let step = came_back(&browsing(), &GOOD, true).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, endpoint(&step)), (Effect::OnceOnlyWrite, "vpos"));
    assert_eq!(send.known.transaction_id.as_deref(), Some(ORDER));
    let body = sent(&step);
    assert!(body.contains(
        "<ECI>05</ECI><CAVV>AAABCYaRIwAAAVQ1gpEjAAAAAAA=</CAVV><MpiTransactionId>01JD8ZK0Q3</MpiTransactionId>"
    ));
    assert!(body.contains("<CardHoldersName>Şule Öztürk</CardHoldersName><Cvv>453</Cvv>"), "{body}");
    assert!(body.contains(&format!("<Pan>{CARD}</Pan><Expiry>202912</Expiry>")), "{body}");
    assert_eq!(word(&resumed(&step, 1_001, &answer(&approved()))), "approved");
    // The hold is gone: nothing is charged, and the payer is asked once more.
    assert_eq!(word(&came_back(&browsing(), &GOOD, false)), "not-processed");
}

#[test]
fn a_callback_must_be_ours_and_verified() {
    let _host = bank::host();
    for (changes, expected) in [
        (vec![("VerifyEnrollmentRequestId", "OTHER")], "not-authentic"),
        (vec![("PurchAmount", "1000")], "not-authentic"),
        (vec![("PurchAmount", "x")], "not-authentic"),
        (vec![("PurchCurrency", "840")], "not-authentic"),
        (vec![("PurchAmount", "10.01")], "send"),
        (vec![("PurchAmount", ""), ("PurchCurrency", "")], "send"),
        (vec![("Status", "A")], "declined authenticate-again"),
        (vec![("Status", "N")], "declined authenticate-again"),
        (vec![("Status", "E"), ("ErrorCode", "1105")], "declined config-error"),
        (vec![("Status", "")], "declined authenticate-again"),
        (vec![("Cavv", "")], "declined authenticate-again"),
    ] {
        assert_eq!(word(&came_back(&browsing(), &with(&changes), true)), expected, "{changes:?}");
    }
    let mut twice = GOOD.to_vec();
    twice.push(("Status", "N"));
    assert!(matches!(outcome(came_back(&browsing(), &twice, true)), vezne_plugin::Outcome::Declined(_)));
    let _half = bank::session().setting("accepted-status", "Y,A").start();
    assert_eq!(word(&came_back(&browsing(), &with(&[("Status", "A")]), true)), "send");
}

#[test]
fn a_reservation_can_begin_at_the_gate() {
    let _host = bank::host();
    let step = Payflex::start(&ctx(), Purpose::Authorize, "3d", &terms(1_001), Some(&card().card())).expect("a step");
    let step = resumed(&step, 1_001, &answer(&veres("Y", ORDER, ""))).expect("a form");
    assert!(sent(&came_back(&step, &GOOD, true).expect("a step")).contains("<TransactionType>Auth</"));
}

#[test]
fn a_callback_is_matched_by_its_enrolment_or_its_token() {
    let named = |pairs: &[(&str, &str)]| Payflex::correlate(&native::callback(pairs)).ok();
    assert_eq!(named(&GOOD).as_deref(), Some(ORDER));
    assert_eq!(
        named(&[("PaymentToken", "b35a56bf37334872a945afc0016d5887")]).as_deref(),
        Some("b35a56bf37334872a945afc0016d5887")
    );
    let long = "x".repeat(65);
    for bad in [
        vec![],
        vec![("PaymentToken", "a b")],
        vec![("PaymentToken", long.as_str())],
        vec![("VerifyEnrollmentRequestId", "")],
    ] {
        assert_eq!(named(&bad), None);
    }
}
