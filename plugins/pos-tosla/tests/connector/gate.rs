//! The 3-D gate, there and back.

use pos_tosla::Tosla;
use serde_json::json;
use vezne_plugin::value::{Value, secret};
use vezne_plugin::{
    BrowserAction, DigestAlg, Effect, Fault, Outcome, Payments, Purpose, Reply, Step, TextForm, ThreeDSecure, native,
};

use crate::bank::{
    self, CARD, CLIENT, CODE, ORDER, USER, answer, card, ctx, line, nothing, opened, outcome, resumed, said, sent,
    terms, word,
};

type Fields = Vec<(String, String)>;

const LIST: &str = "ClientId,ApiUser,OrderId,MdStatus,BankResponseCode,BankResponseMessage,RequestStatus";
const SESSION: &str = "P8A6DB3F7FDB74A3F903C44883401F17";

/// Signs the way Tosla does, in code of its own: password first, then the named values.
fn signed(list: &str, pairs: &[(&str, &str)]) -> Fields {
    let mut fields: Fields = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let value = |name: &str| match name {
        "ClientId" => CLIENT,
        "ApiUser" => USER,
        name => pairs.iter().find(|(there, _)| *there == name).map_or("", |(_, value)| value),
    };
    let text: String = list.split(',').map(value).collect();
    let hash = Value::from(secret("api-password").expect("is there")).text(&text);
    let hash = hash.digest(DigestAlg::Sha512, TextForm::Base64);
    fields.push(("HashParameters".into(), list.into()));
    fields.push(("Hash".into(), String::from_utf8_lossy(hash.revealed()).into_owned()));
    fields
}

fn back<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("ClientId", CLIENT),
        ("OrderId", ORDER),
        ("MdStatus", "1"),
        ("ThreeDSessionId", SESSION),
        ("BankResponseCode", "00"),
        ("BankResponseMessage", ""),
        ("RequestStatus", "1"),
    ];
    for (name, value) in changes {
        all.retain(|(there, _)| there != name);
        all.push((name, value));
    }
    all
}

/// A payer on the way to the gate.
fn at_gate(model: &str) -> Step {
    let card = card().card();
    let opening = Tosla::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"));
    resumed(&opening.expect("a session is asked for"), 1_001, &answer(&opened())).expect("a form")
}

fn came_back(step: &Step, fields: &Fields) -> Result<Step, Fault> {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = Reply::Callback(native::callback(&pairs));
    Tosla::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(step), &reply, None)
}

#[test]
fn a_session_is_opened_first() {
    let _host = bank::host();
    let step = Tosla::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::ReadOnly, "/threeDPayment"));
    let message = sent(&step);
    assert_eq!(message["callbackUrl"], "https://odeme.example/pos/t/p/callback");
    assert_eq!((&message["amount"], message.get("cardNo")), (&json!(1001), None));
    let step = Tosla::start(&ctx(), Purpose::Authorize, "3d-host", &terms(1_001), None).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.request.path, "/threeDPreAuth");
}

#[test]
fn the_payer_posts_the_card_into_the_session() {
    let _host = bank::host();
    let step = at_gate("3d-pay");
    let Step::Browse(browse) = &step else { panic!("a form") };
    assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::OnceOnlyWrite, ORDER));
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    assert_eq!((form.endpoint.as_str(), form.path.as_str()), ("gate", "/ProcessCardForm"));
    let clear = |part| String::from_utf8_lossy(&native::reveal_part(part)).into_owned();
    let all: Fields = form.fields.iter().map(|field| (field.name.clone(), clear(&field.value))).collect();
    let expected = [
        ("ThreeDSessionId", SESSION),
        ("CardHolderName", "Ayşe Yılmaz"),
        ("CardNo", CARD),
        ("ExpireDate", "12/26"),
        ("Cvv", CODE),
    ];
    assert_eq!(all, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    native::check_sinks(&step, &["gate"], &[]).expect("no sink is refused");
    assert!(native::check_sinks(&step, &[], &[]).is_err());
    assert!(!native::readable(&step).contains(CARD));
}

#[test]
fn a_hosted_page_is_an_address() {
    let _host = bank::host();
    let step = at_gate("3d-host");
    let Step::Browse(browse) = &step else { panic!("a redirect") };
    let BrowserAction::Redirect(page) = &browse.action else { panic!("redirected") };
    assert_eq!((page.path.as_str(), page.fields.len()), (format!("/threeDSecure/{SESSION}").as_str(), 0));
    assert_eq!(browse.effect, Effect::OnceOnlyWrite);
    native::check_sinks(&step, &[], &[]).expect("nothing of a card is in it");
}

#[test]
fn without_a_session_nobody_is_sent_anywhere() {
    let _host = bank::host();
    let opening = Tosla::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a step");
    for (body, expected) in [
        (said(998, None), "not-processed"),
        (said(998, Some("58")), "declined config-error"),
        (said(999, None), "not-processed"),
        (said(0, None), "not-processed"),
        (json!({"Code": 0, "ThreeDSessionId": "../x"}), "unreadable"),
        (json!({"Code": 0, "ThreeDSessionId": "x".repeat(129)}), "unreadable"),
        (json!({"Code": 7, "ThreeDSessionId": SESSION}), "not-processed"),
        (json!({"ThreeDSessionId": SESSION}), "unreadable"),
    ] {
        assert_eq!(word(&resumed(&opening, 1_001, &answer(&body))), expected, "{body}");
    }
    let state = bank::state_of(&opening);
    let gone = Tosla::resume(&ctx(), Some(&terms(1_001)), &state, &answer(&opened()), None);
    assert_eq!(word(&gone), "not-processed", "the card is no longer held");
    for (model, entry, expected) in
        [("3d", "ecommerce", "unsupported"), ("oos", "ecommerce", "unsupported"), ("3d-pay", "mail-order", "invalid")]
    {
        let mut terms = terms(1);
        terms.entry = entry.into();
        assert_eq!(
            word(&Tosla::start(&ctx(), Purpose::Sale, model, &terms, Some(&card().card()))),
            expected,
            "{model} {entry}"
        );
    }
    assert_eq!(word(&Tosla::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1), None)), "invalid");
    assert_eq!(word(&Tosla::start(&ctx(), Purpose::Sale, "3d-pay", &terms(0), Some(&card().card()))), "invalid");
}

#[test]
fn a_yes_is_looked_for_in_the_book() {
    let _host = bank::host();
    for model in ["3d-pay", "3d-host"] {
        let step = came_back(&at_gate(model), &signed(LIST, &back(&[]))).expect("a step");
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!((send.effect, send.request.path.as_str()), (Effect::ReadOnly, "/inquiry"));
        let paid = line(1, 1, 1_001, Some("00"));
        let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&paid))) else { panic!("approved") };
        assert_eq!((approval.stated.minor, approval.stated.currency.as_deref()), (Some(1_001), Some("949")));
        assert_eq!(approval.stated.order_id.as_deref(), Some(ORDER));
        // Another amount is Tosla's word, and the host compares it.
        let other = answer(&line(1, 1, 100, Some("00")));
        let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &other)) else { panic!("approved") };
        assert_eq!(approval.stated.minor, Some(100));
        assert_eq!(word(&resumed(&step, 1_001, &answer(&nothing()))), "unknown", "it claims to have charged");
        assert_eq!(word(&resumed(&step, 1_001, &answer(&line(1, 10, 1_001, None)))), "pending");
        assert_eq!(
            word(&resumed(&step, 1_001, &answer(&line(1, 0, 1_001, Some("51"))))),
            "declined insufficient-funds"
        );
    }
}

#[test]
fn a_no_is_its_own_word_only_if_all_words_agree() {
    for (md_status, code, status, expected) in [
        ("0", "MD:0", "0", "declined authenticate-again"),
        ("", "", "0", "declined authenticate-again"),
        ("8", "MD:8", "0", "declined wrong-card-number"),
        ("1", "51", "0", "declined insufficient-funds"),
        ("1", "68", "0", "send"),
        ("1", "ZZ", "0", "send"),
        ("1", "00", "0", "send"),
        ("0", "00", "0", "send"),
        ("0", "00", "1", "send"),
        ("4", "00", "1", "send"),
        ("1", "51", "1", "send"),
        ("1", "00", "10", "send"),
    ] {
        // At most eight comparisons in one call, so a host for each.
        let _host = bank::host();
        let changes = [("MdStatus", md_status), ("BankResponseCode", code), ("RequestStatus", status)];
        let word = word(&came_back(&at_gate("3d-pay"), &signed(LIST, &back(&changes))));
        assert_eq!(word, expected, "{md_status} {code} {status}");
    }
}

#[test]
fn the_hash_is_verified_before_anything_else() {
    let (step, good) = {
        let _host = bank::host();
        (at_gate("3d-pay"), signed(LIST, &back(&[])))
    };
    for at in 0..good.len() {
        // At most eight comparisons in one call, so a host for each.
        let _host = bank::host();
        if good[at].0 == "ThreeDSessionId" {
            continue;
        }
        let mut changed = good.clone();
        changed[at].1.push('x');
        assert_eq!(word(&came_back(&step, &changed)), "not-authentic", "{} changed", good[at].0);
        let mut twice = good.clone();
        twice.push(good[at].clone());
        let expected =
            if matches!(good[at].0.as_str(), "ClientId" | "BankResponseMessage") { "send" } else { "not-authentic" };
        assert_eq!(word(&came_back(&step, &twice)), expected, "{} twice", good[at].0);
    }
    let _host = bank::host();
    assert_eq!(word(&came_back(&step, &Vec::new())), "not-authentic");
    for list in [
        "",
        "OrderId",
        "ClientId,ApiUser,OrderId,MdStatus",
        "ApiUser,ClientId,OrderId,MdStatus,BankResponseCode,BankResponseMessage,RequestStatus",
        "ClientId,ApiUser,OrderId,MdStatus,BankResponseCode,BankResponseMessage,RequestStatus,OrderId",
    ] {
        assert_eq!(word(&came_back(&step, &signed(list, &back(&[])))), "not-authentic", "{list}");
    }
    // Tosla may cover more; and a genuine failure whose borders were moved so that a yes seems to stand there.
    let more = format!("{LIST},ThreeDSessionId");
    assert_eq!(word(&came_back(&step, &signed(&more, &back(&[])))), "send");
    let mut moved = signed(LIST, &back(&[("MdStatus", "0"), ("BankResponseCode", "MD:0"), ("RequestStatus", "0")]));
    for (name, value) in &mut moved {
        match name.as_str() {
            "MdStatus" => *value = "0MD:0".into(),
            "BankResponseCode" => value.clear(),
            _ => {}
        }
    }
    assert_eq!(word(&came_back(&step, &moved)), "not-authentic");
}

#[test]
fn a_genuine_callback_must_still_be_ours() {
    let _host = bank::host();
    let step = at_gate("3d-pay");
    assert_eq!(word(&came_back(&step, &signed(LIST, &back(&[("OrderId", "OTHER")])))), "not-authentic");
    let mut other = signed(LIST, &back(&[]));
    other[0].1 = "1000000001".into();
    assert_eq!(word(&came_back(&step, &other)), "not-authentic");
}

#[test]
fn a_callback_is_matched_by_its_order() {
    let of = |pairs: &[(&str, &str)]| Tosla::correlate(&native::callback(pairs)).ok();
    assert_eq!(of(&[("OrderId", ORDER)]).as_deref(), Some(ORDER));
    for bad in [&[][..], &[("OrderId", "")], &[("OrderId", "a"), ("orderid", "b")], &[("OrderId", "a b")]] {
        assert_eq!(of(bad), None);
    }
}
