//! The 3-D gate, there and back.

use pos_ccpayment::CcPayment;
use serde_json::json;
use vezne_plugin::{
    BrowserAction, Callback, Effect, Fault, Method, Outcome, Purpose, Reply, Step, ThreeDSecure, native,
};

use crate::bank::{
    self, CARD, CODE, MERCHANT, NUMBER, ORDER, SECRET, answer, card, ctx, encrypted, line, nothing, outcome, paid,
    path, refused, resumed, sent, terms, token, with_token, word,
};

type Fields = Vec<(String, String)>;

const IV: &str = "661ebbf2acc9d8bc";

/// A return whose hash is over these values.
fn back(plain: &str, changes: &[(&str, &str)]) -> Fields {
    let status = &plain[..1];
    let mut all: Fields = [
        ("sipay_status", status),
        ("payment_status", status),
        ("order_no", NUMBER),
        ("order_id", NUMBER),
        ("invoice_id", ORDER),
        ("status_description", "Hata"),
        ("md_status", "1"),
        ("amount", "10.01"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    all.push(("hash_key".into(), encrypted(plain, SECRET, IV, "cb27")));
    for (name, value) in changes {
        all.retain(|(there, _)| there != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    all
}

fn plain(status: &str) -> String {
    format!("{status}|10.01|{ORDER}|{NUMBER}|TRY")
}

/// A payer on the way to the gate.
fn at_gate(model: &str) -> Step {
    CcPayment::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card().card())).expect("a form")
}

fn came_back(step: &Step, fields: &Fields) -> Result<Step, Fault> {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    native::next_call();
    resumed(step, 1_001, &Reply::Callback(native::callback(&pairs)))
}

#[test]
fn the_payer_posts_the_card_to_the_gate() {
    let _host = bank::host();
    for (model, by, effect) in [("3d", "merchant", Effect::ReadOnly), ("3d-pay", "app", Effect::OnceOnlyWrite)] {
        let step = at_gate(model);
        let Step::Browse(browse) = &step else { panic!("a form") };
        assert_eq!((browse.effect, browse.correlation.as_str()), (effect, ORDER));
        let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
        assert_eq!((form.endpoint.as_str(), form.path.as_str()), ("gate", "/api/paySmart3D"));
        let clear = |name: &str| {
            let field = form.fields.iter().find(|field| field.name == name).expect("is there");
            String::from_utf8_lossy(&native::reveal_part(&field.value)).into_owned()
        };
        let shown = ["cc_no", "cvv", "total", "merchant_key", "payment_completed_by", "return_url", "transaction_type"];
        let url = ctx().callback_url;
        assert_eq!(shown.map(clear), [CARD, CODE, "10.01", MERCHANT, by, &url, "Auth"]);
        let items: serde_json::Value = serde_json::from_str(&clear("items")).expect("JSON in a field");
        assert_eq!(items[0]["price"], "10.01");
        native::check_sinks(&step, &["gate"], &[]).expect("no secret goes to the browser");
        assert!(native::check_sinks(&step, &[], &[]).is_err());
        assert!(!native::readable(&step).contains(CARD));
    }
    let step = CcPayment::start(&ctx(), Purpose::Authorize, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert!(native::transcript(&step).contains("transaction_type=PreAuth"));
}

#[test]
fn nobody_is_sent_there_in_vain() {
    let _host = bank::host();
    for (model, entry, expected) in [
        ("3d-host", "ecommerce", "unsupported"),
        ("oos", "ecommerce", "unsupported"),
        ("3d", "mail-order", "invalid"),
        ("3d-pay", "telephone-order", "invalid"),
    ] {
        let mut terms = terms(1);
        terms.entry = entry.into();
        assert_eq!(
            word(&CcPayment::start(&ctx(), Purpose::Sale, model, &terms, Some(&card().card()))),
            expected,
            "{model} {entry}"
        );
    }
    assert_eq!(word(&CcPayment::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    assert_eq!(word(&CcPayment::start(&ctx(), Purpose::Sale, "3d", &terms(0), Some(&card().card()))), "invalid");
}

#[test]
fn an_authentication_is_completed_by_us() {
    let _host = bank::host();
    let complete = with_token(came_back(&at_gate("3d"), &back(&plain("1"), &[])), 1_001);
    let Step::Send(send) = &complete else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::OnceOnlyWrite, "/payment/complete"));
    assert_eq!(send.known.transaction_id.as_deref(), Some(NUMBER));
    let message = sent(&complete);
    let hash = message["hash_key"].as_str().expect("text");
    let parts: Vec<&str> = hash.split(':').collect();
    assert_eq!(hash, encrypted(&format!("{MERCHANT}|{ORDER}|{NUMBER}|complete"), SECRET, parts[0], parts[1]));
    assert_eq!((&message["status"], &message["order_id"]), (&json!("complete"), &json!(NUMBER)));
    let Outcome::Approved(approval) = outcome(resumed(&complete, 1_001, &answer(&paid()))) else { panic!("approved") };
    assert_eq!(approval.stated.minor, Some(1_001));
    let declined = resumed(&complete, 1_001, &answer(&refused(41, Some("51"))));
    assert_eq!(word(&declined), "declined insufficient-funds");
}

#[test]
fn a_completion_that_states_no_amount_is_looked_up() {
    let _host = bank::host();
    let complete = with_token(came_back(&at_gate("3d"), &back(&plain("1"), &[])), 1_001);
    let mut silent = paid();
    silent["data"].as_object_mut().expect("an object").remove("amount");
    let look = with_token(resumed(&complete, 1_001, &answer(&silent)), 1_001);
    assert_eq!(path(&look), "/api/checkstatus");
    for (found, minor) in [(line("Completed", "10.01", "0"), 1_001), (line("Completed", "1.01", "0"), 101)] {
        let Outcome::Approved(approval) = outcome(resumed(&look, 1_001, &answer(&found))) else { panic!("approved") };
        assert_eq!(approval.stated.minor, Some(minor), "the host compares it");
    }
    assert_eq!(word(&resumed(&look, 1_001, &answer(&nothing()))), "unknown");
}

#[test]
fn only_full_authentication_is_completed() {
    let _host = bank::host();
    for (status, md_status, expected) in [
        ("1", "1", "send"),
        ("1", "4", "declined authenticate-again"),
        ("1", "2", "declined authenticate-again"),
        ("1", "", "declined authenticate-again"),
        ("0", "0", "declined authenticate-again"),
        ("0", "1", "declined authenticate-again"),
        ("0", "8", "declined wrong-card-number"),
    ] {
        let fields = back(&plain(status), &[("md_status", md_status)]);
        assert_eq!(word(&came_back(&at_gate("3d"), &fields)), expected, "{status} {md_status}");
    }
}

#[test]
fn where_the_gate_charges_the_book_decides() {
    let _host = bank::host();
    for (claim, found, expected) in [
        ("1", line("Completed", "10.01", "0"), "approved"),
        ("1", line("Pre-Authorization", "10.01", "0"), "approved"),
        ("1", line("Pending", "10.01", "0"), "pending"),
        ("1", nothing(), "unknown"),
        ("1", line("Failed", "10.01", "0"), "declined not-approved"),
        // A "no" is not signed either.
        ("0", line("Completed", "10.01", "0"), "approved"),
        ("0", nothing(), "declined authenticate-again"),
        ("0", line("Failed", "10.01", "0"), "declined not-approved"),
        ("0", line("What", "10.01", "0"), "unknown"),
    ] {
        let look = with_token(came_back(&at_gate("3d-pay"), &back(&plain(claim), &[])), 1_001);
        assert_eq!(path(&look), "/api/checkstatus");
        assert_eq!(word(&resumed(&look, 1_001, &answer(&found))), expected, "{claim} {found}");
        assert_eq!(word(&resumed(&look, 1_001, &bank::lost())), "unknown");
    }
}

#[test]
fn the_hash_is_verified_before_anything_else() {
    let _host = bank::host();
    let step = at_gate("3d");
    let good = back(&plain("1"), &[]);
    assert_eq!(word(&came_back(&step, &good)), "send");
    for name in ["sipay_status", "payment_status", "order_id", "invoice_id", "hash_key"] {
        let changed: Fields = good
            .iter()
            .map(|(there, value)| {
                let value = if there == name { format!("{value}x") } else { value.clone() };
                (there.clone(), value)
            })
            .collect();
        assert_eq!(word(&came_back(&step, &changed)), "not-authentic", "{name} changed");
        let mut twice = good.clone();
        let again = good.iter().find(|(there, _)| there == name).expect("is there").1.clone();
        twice.push((name.to_owned(), format!("{again}2")));
        assert_eq!(word(&came_back(&step, &twice)), "not-authentic", "{name} twice");
    }
    for other in [
        format!("1|10.02|{ORDER}|{NUMBER}|TRY"),
        format!("1|10.01|OTHER|{NUMBER}|TRY"),
        format!("1|10.01|{ORDER}|1|TRY"),
        format!("1|10.01|{ORDER}|{NUMBER}|USD"),
        format!("0|10.01|{ORDER}|{NUMBER}|TRY"),
    ] {
        let mut fields = back(&other, &[("payment_status", "1"), ("sipay_status", "1")]);
        assert_eq!(word(&came_back(&step, &fields)), "not-authentic", "{other}");
        fields.clear();
        assert_eq!(word(&came_back(&step, &fields)), "not-authentic");
    }
    let elsewhere = encrypted(&plain("1"), "another secret", IV, "cb27");
    assert_eq!(word(&came_back(&step, &back(&plain("1"), &[("hash_key", &elsewhere)]))), "not-authentic");
}

#[test]
fn amounts_are_taken_as_php_may_write_them() {
    let _host = bank::host();
    for (minor, written) in
        [(1_010, "10.10"), (1_010, "10.1"), (1_010, "10.1000"), (1_000, "10"), (1_000, "10.00"), (100_000, "1000")]
    {
        let step = CcPayment::start(&ctx(), Purpose::Sale, "3d", &terms(minor), Some(&card().card())).expect("a form");
        let fields = back(&format!("1|{written}|{ORDER}|{NUMBER}|TRY"), &[]);
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        native::next_call();
        assert_eq!(word(&resumed(&step, minor, &Reply::Callback(native::callback(&pairs)))), "send", "{written}");
    }
}

/// Why a return decides nothing: whoever has a genuine "no" turns one bit of its vector and has a genuine "yes".
#[test]
fn the_hash_is_no_signature_and_so_nothing_rests_on_it() {
    let _host = bank::host();
    let genuine = encrypted(&plain("0"), SECRET, "161ebbf2acc9d8bc", "cb27");
    let turned = genuine.replacen("161e", "061e", 1);
    let forged = back(&plain("1"), &[("hash_key", &turned)]);
    // It is taken for the platform's, and then the platform itself is asked, or refuses to complete.
    let look = with_token(came_back(&at_gate("3d-pay"), &forged), 1_001);
    assert_eq!(word(&resumed(&look, 1_001, &answer(&line("Failed", "10.01", "0")))), "declined not-approved");
    let complete = with_token(came_back(&at_gate("3d"), &forged), 1_001);
    assert_eq!(word(&resumed(&complete, 1_001, &answer(&refused(105, None)))), "declined not-approved");
}

#[test]
fn a_return_by_get_is_read_and_finds_its_attempt() {
    let _host = bank::host();
    let query = back(&plain("1"), &[]);
    let callback = Callback {
        method: Method::Get,
        query: query.clone(),
        form: Vec::new(),
        headers: Vec::new(),
        body: Vec::new(),
        source_ip: "127.0.0.1".into(),
    };
    assert_eq!(CcPayment::correlate(&callback).expect("an order"), ORDER);
    assert_eq!(word(&resumed(&at_gate("3d"), 1_001, &Reply::Callback(callback))), "send");
    assert!(CcPayment::correlate(&native::callback(&[("invoice_id", "../x")])).is_err());
    assert!(CcPayment::correlate(&native::callback(&[])).is_err());
    assert_eq!(word(&resumed(&at_gate("3d"), 1_001, &answer(&token()))), "invalid");
}
