//! The 3-D gate, there and back.

use pos_akbank::Akbank;
use pos_akbank::gate::SIGNED;
use serde_json::json;
use vezne_plugin::value::{Value, secret};
use vezne_plugin::{
    BrowserAction, BrowserForm, DigestAlg, Effect, Fault, Outcome, Payments, Purpose, Reply, Step, TextForm,
    ThreeDSecure, native,
};

use crate::bank::{
    self, CARD, CODE, MERCHANT, ORDER, TERMINAL, answer, card, ctx, list, nothing, outcome, row, sent, sold, terms,
    word,
};

type Fields = Vec<(String, String)>;

fn hmac(text: &str) -> String {
    let key = secret("secret-key").expect("is there");
    let signature = Value::from(text).hmac(DigestAlg::Sha512, &key, TextForm::Base64).expect("signs");
    String::from_utf8_lossy(signature.revealed()).into_owned()
}

const AUTHENTICATED: &str = "txnCode+responseCode+responseMessage+txnDateTime+merchantSafeId+terminalSafeId+orderId+secureId+secureEcomInd+secureData+secureMd";
const CHARGED: &str = "txnCode+responseCode+responseMessage+hostResponseCode+hostMessage+txnDateTime+merchantSafeId+terminalSafeId+orderId+cardHolderName+authCode+rrn+batchNumber+stan";
const FAILED: &str = "responseCode+responseMessage+orderId";

/// Signs the way the bank does, in code of its own: the named values, nothing between them.
fn signed(list: &str, pairs: &[(&str, &str)]) -> Fields {
    let mut fields: Fields = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let value = |name: &str| pairs.iter().find(|(there, _)| *there == name).map_or("", |(_, value)| value);
    let text: String = list.split('+').map(value).collect();
    fields.push(("hashParams".into(), list.into()));
    fields.push(("hash".into(), hmac(&text)));
    fields
}

fn authenticated<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    with(
        &[
            ("txnCode", "3001"),
            ("responseCode", "VPS-0000"),
            ("responseMessage", "BAŞARILI"),
            ("txnDateTime", "2026-11-22T12:00:35.000"),
            ("merchantSafeId", MERCHANT),
            ("terminalSafeId", TERMINAL),
            ("orderId", ORDER),
            ("secureEcomInd", "02"),
            ("secureId", "VG8yV2tCRHpTSlpNN2VqcDJRS1k="),
            ("secureData", "kBM8+wZGAAAAAAAAAAAAAAAAAAAA"),
            ("secureMd", "08A86B192287"),
        ],
        changes,
    )
}

fn charged<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    with(
        &[
            ("txnCode", "1000"),
            ("responseCode", "VPS-0000"),
            ("responseMessage", "BAŞARILI"),
            ("hostResponseCode", "00"),
            ("hostMessage", "000 ONAY KODU XXXXXX"),
            ("txnDateTime", "2026-11-22T12:00:45.000"),
            ("merchantSafeId", MERCHANT),
            ("terminalSafeId", TERMINAL),
            ("cardHolderName", "TD**"),
            ("orderId", ORDER),
            ("authCode", "306456"),
            ("rrn", "411024360235"),
            ("batchNumber", "43"),
            ("stan", "86"),
        ],
        changes,
    )
}

fn with<'a>(pairs: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all: Vec<(&str, &str)> = pairs.to_vec();
    for (name, value) in changes {
        all.retain(|(there, _)| there != name);
        all.push((name, value));
    }
    all
}

fn started(model: &str) -> Step {
    let card = card().card();
    Akbank::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a form")
}

fn form_of(step: &Step) -> (&BrowserForm, Fields) {
    let Step::Browse(browse) = step else { panic!("a form") };
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    let text = |part| String::from_utf8_lossy(&native::reveal_part(part)).into_owned();
    (form, form.fields.iter().map(|field| (field.name.clone(), text(&field.value))).collect())
}

fn came_back(step: &Step, fields: &Fields) -> Result<Step, Fault> {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = Reply::Callback(native::callback(&pairs));
    Akbank::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(step), &reply, None)
}

#[test]
fn the_form_carries_the_card_and_a_signature_over_it() {
    let _host = bank::host();
    let step = started("3d");
    let Step::Browse(browse) = &step else { panic!("a form") };
    assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::ReadOnly, ORDER));
    let (form, all) = form_of(&step);
    assert_eq!((form.endpoint.as_str(), form.path.as_str()), ("gate", "/securepay"));
    let get = |name: &str| all.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str());
    assert_eq!((get("creditCard"), get("cvv"), get("expiredDate")), (Some(CARD), Some(CODE), Some("1140")));
    assert_eq!((get("amount"), get("txnCode"), get("paymentModel")), (Some("10.01"), Some("3000"), Some("3D")));
    assert_eq!((get("lang"), get("currencyCode"), get("installCount")), (Some("TR"), Some("949"), Some("1")));
    let text: String = SIGNED.iter().map(|name| get(name).unwrap_or_default()).collect();
    assert_eq!(get("hash"), Some(hmac(&text).as_str()));
    native::check_sinks(&step, &["gate"], &[]).expect("no sink is refused");
    assert!(native::check_sinks(&step, &[], &[]).is_err());
    assert!(!native::readable(&step).contains(CARD));
}

#[test]
fn a_hosted_page_gets_no_card_and_charges_by_itself() {
    let _host = bank::session().setting("sub-merchant-id", "alt-42").start();
    let step = started("3d-host");
    let (form, all) = form_of(&step);
    assert_eq!(form.path, "/payhosting");
    assert!(all.contains(&("paymentModel".into(), "3D_PAY_HOSTING".into())));
    assert!(all.contains(&("subMerchantId".into(), "alt-42".into())));
    assert!(!all.iter().any(|(name, _)| matches!(name.as_str(), "creditCard" | "cvv" | "expiredDate")));
    let Step::Browse(browse) = &step else { panic!("a form") };
    assert_eq!(browse.effect, Effect::OnceOnlyWrite);
    native::check_sinks(&step, &[], &[]).expect("nothing of a card is in it");
    assert_eq!(word(&Akbank::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    assert_eq!(word(&Akbank::start(&ctx(), Purpose::Sale, "oos", &terms(1), Some(&card().card()))), "unsupported");
    assert_eq!(word(&Akbank::start(&ctx(), Purpose::Sale, "3d", &terms(0), Some(&card().card()))), "invalid");
    let mut mail = terms(1);
    mail.entry = "telephone-order".into();
    assert_eq!(word(&Akbank::start(&ctx(), Purpose::Sale, "3d", &mail, Some(&card().card()))), "invalid");
}

#[test]
fn what_the_gate_vouched_for_is_charged() {
    let _host = bank::host();
    let step = came_back(&started("3d"), &signed(AUTHENTICATED, &authenticated(&[]))).expect("a step");
    let message = sent(&step);
    assert_eq!(
        message["secureTransaction"],
        json!({
            "secureId": "VG8yV2tCRHpTSlpNN2VqcDJRS1k=", "secureEcomInd": "02",
            "secureData": "kBM8+wZGAAAAAAAAAAAAAAAAAAAA", "secureMd": "08A86B192287",
        })
    );
    assert_eq!(
        message["transaction"],
        json!({"amount": "10.01", "currencyCode": 949, "motoInd": 0, "installCount": 1})
    );
    assert_eq!((&message["txnCode"], message.get("card")), (&json!("1000"), None));
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&bank::approved("1000")))), "approved");
}

#[test]
fn the_signature_is_verified_before_anything_else() {
    let (step, good) = {
        let _host = bank::host();
        (started("3d"), signed(AUTHENTICATED, &authenticated(&[])))
    };
    for at in 0..good.len() {
        // At most eight comparisons in one call, so a host for each.
        let _host = bank::host();
        let mut changed = good.clone();
        changed[at].1.push('x');
        assert_eq!(word(&came_back(&step, &changed)), "not-authentic", "{} changed", good[at].0);
        let mut without = good.clone();
        without.remove(at);
        assert_eq!(word(&came_back(&step, &without)), "not-authentic", "without {}", good[at].0);
        let mut twice = good.clone();
        twice.push(good[at].clone());
        assert_eq!(word(&came_back(&step, &twice)), "not-authentic", "{} twice", good[at].0);
    }
    let _host = bank::host();
    assert_eq!(word(&came_back(&step, &Vec::new())), "not-authentic");
    assert_eq!(
        word(&came_back(&step, &vec![("hash".into(), "x".into()), ("hashParams".into(), String::new())])),
        "not-authentic"
    );
}

#[test]
fn whoever_writes_the_list_cannot_leave_out_or_move_what_counts() {
    let _host = bank::host();
    let step = started("3d");
    for list in [
        "orderId",
        "responseMessage+responseCode+orderId",
        "responseCode+txnCode+responseMessage+txnDateTime+merchantSafeId+terminalSafeId+orderId",
        "txnCode+responseCode+responseMessage+txnDateTime+orderId",
        "txnCode+responseCode+responseMessage+txnDateTime+merchantSafeId+terminalSafeId",
        "txnCode+responseCode+responseMessage+txnDateTime+merchantSafeId+terminalSafeId+orderId+orderId",
        "",
    ] {
        assert_eq!(word(&came_back(&step, &signed(list, &authenticated(&[])))), "not-authentic", "{list}");
    }
    // The short list of failures says nothing of the store, so it cannot carry a yes.
    assert_eq!(word(&came_back(&step, &signed(FAILED, &authenticated(&[])))), "not-authentic");
    // What the list does not name was written by nobody.
    let short = "txnCode+responseCode+responseMessage+txnDateTime+merchantSafeId+terminalSafeId+orderId";
    assert_eq!(word(&came_back(&step, &signed(short, &authenticated(&[])))), "declined authenticate-again");
    // A genuine failure, its text cut in another place so that a yes seems to stand at the front.
    let failure = [("responseCode", "VPS-1279"), ("responseMessage", "VPS-0000"), ("orderId", ORDER)];
    let mut forged = signed(FAILED, &failure);
    forged[0].1 = String::new();
    forged[1].1 = "VPS-1279VPS-0000".into();
    assert_eq!(word(&came_back(&step, &forged)), "not-authentic");
}

#[test]
fn a_genuine_callback_must_still_be_ours() {
    let _host = bank::host();
    for (name, value) in
        [("orderId", "OTHER"), ("merchantSafeId", "1"), ("terminalSafeId", ""), ("txnDateTime", "x"), ("txnCode", "30")]
    {
        let fields = signed(AUTHENTICATED, &authenticated(&[(name, value)]));
        assert_eq!(word(&came_back(&started("3d"), &fields)), "not-authentic", "{name}={value}");
    }
    let other = [("responseCode", "VPS-1279"), ("responseMessage", "x"), ("orderId", "OTHER")];
    assert_eq!(word(&came_back(&started("3d"), &signed(FAILED, &other))), "not-authentic");
}

#[test]
fn only_an_accepted_authentication_is_charged() {
    for (accepted, indicator, expected) in [
        ("full", "05", "send"),
        ("full", "02", "send"),
        ("full", "06", "declined authenticate-again"),
        ("full", "01", "declined authenticate-again"),
        ("full", "07", "declined authenticate-again"),
        ("full", "00", "declined authenticate-again"),
        ("full", "", "declined authenticate-again"),
        ("full-or-attempt", "06", "send"),
        ("full-or-attempt", "01", "send"),
        ("full-or-attempt", "07", "declined authenticate-again"),
    ] {
        let _host = bank::session().setting("accepted-authentication", accepted).start();
        let fields = signed(AUTHENTICATED, &authenticated(&[("secureEcomInd", indicator)]));
        assert_eq!(word(&came_back(&started("3d"), &fields)), expected, "{accepted}: {indicator}");
    }
    let _host = bank::host();
    let mut unsigned = signed(AUTHENTICATED, &authenticated(&[]));
    unsigned.push(("mdStatus".into(), "0".into()));
    assert_eq!(word(&came_back(&started("3d"), &unsigned)), "declined authenticate-again", "it can only forbid");
    let without = signed(AUTHENTICATED, &authenticated(&[("secureId", "")]));
    assert_eq!(word(&came_back(&started("3d"), &without)), "declined authenticate-again");
    for code in ["VPS-1279", "VPS-9999", "VPS-1013"] {
        let failure = [("responseCode", code), ("responseMessage", "BKM 3DS Server"), ("orderId", ORDER)];
        let word = word(&came_back(&started("3d"), &signed(FAILED, &failure)));
        assert_eq!(word, "declined authenticate-again", "{code}");
    }
    let charged = signed(AUTHENTICATED, &authenticated(&[("txnCode", "1000")]));
    assert_eq!(word(&came_back(&started("3d"), &charged)), "unknown", "it was not asked to charge");
}

#[test]
fn a_yes_of_a_bank_that_charges_is_looked_for_in_its_book() {
    let _host = bank::host();
    for model in ["3d-pay", "3d-host"] {
        let step = came_back(&started(model), &signed(CHARGED, &charged(&[]))).expect("a step");
        assert_eq!(sent(&step)["txnCode"], "1010");
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!(send.effect, Effect::ReadOnly);
        let Outcome::Approved(approval) = outcome(bank::resumed(&step, 1_001, &answer(&sold(1_001)))) else {
            panic!("approved")
        };
        assert_eq!((approval.stated.minor, approval.stated.currency.as_deref()), (Some(1_001), Some("949")));
        assert_eq!(approval.stated.order_id.as_deref(), Some(ORDER));
        // Another amount is the bank's word, and the host compares it.
        let Outcome::Approved(approval) = outcome(bank::resumed(&step, 1_001, &answer(&sold(100)))) else {
            panic!("approved")
        };
        assert_eq!(approval.stated.minor, Some(100));
        assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&nothing()))), "unknown", "it claims to have charged");
        assert_eq!(word(&bank::resumed(&step, 1_001, &native::answer(502, "text/html", b"<html>"))), "unreadable");
    }
}

#[test]
fn refusals_of_a_bank_that_charges_follow_the_table() {
    let _host = bank::host();
    for (code, host, expected) in [
        ("VPS-1005", "51", "declined insufficient-funds"),
        ("VPS-1005", "83", "declined installment-not-allowed"),
        ("VPS-1005", "68", "send"),
        ("VPS-1005", "", "send"),
        ("VPS-1013", "", "send"),
        ("VPS-9999", "", "send"),
        ("VPS-0000", "51", "send"),
    ] {
        let fields = signed(CHARGED, &charged(&[("responseCode", code), ("hostResponseCode", host)]));
        assert_eq!(word(&came_back(&started("3d-pay"), &fields)), expected, "{code} {host}");
    }
    let failure = [("responseCode", "VPS-1279"), ("responseMessage", "BKM 3DS Server"), ("orderId", ORDER)];
    assert_eq!(word(&came_back(&started("3d-pay"), &signed(FAILED, &failure))), "declined authenticate-again");
}

#[test]
fn a_reservation_can_begin_at_the_gate() {
    let _host = bank::host();
    let step = Akbank::start(&ctx(), Purpose::Authorize, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert!(form_of(&step).1.contains(&("txnCode".into(), "3004".into())));
    let provision = came_back(&step, &signed(AUTHENTICATED, &authenticated(&[]))).expect("a step");
    assert_eq!(sent(&provision)["txnCode"], "1004");
    let pay = Akbank::start(&ctx(), Purpose::Authorize, "3d-pay", &terms(1_001), Some(&card().card())).expect("a form");
    let ask = came_back(&pay, &signed(CHARGED, &charged(&[("txnCode", "1004")]))).expect("a step");
    let mut reserved = row("1004", "N", 10.01, "2026-11-22T12:00:45.000");
    reserved["preAuthStatus"] = json!("O");
    let Outcome::Approved(approval) = outcome(bank::resumed(&ask, 1_001, &answer(&list(&[reserved])))) else {
        panic!("approved")
    };
    assert_eq!(approval.attributes, [("order-state".to_owned(), "authorized".to_owned())]);
}

#[test]
fn a_callback_is_matched_by_its_order() {
    let of = |pairs: &[(&str, &str)]| Akbank::correlate(&native::callback(pairs)).ok();
    assert_eq!(of(&[("orderId", ORDER)]).as_deref(), Some(ORDER));
    for bad in [&[][..], &[("orderId", "")], &[("orderId", "a"), ("OrderId", "b")], &[("orderId", "a b")]] {
        assert_eq!(of(bad), None);
    }
    assert_eq!(of(&[("orderId", &"x".repeat(37))]), None);
}
