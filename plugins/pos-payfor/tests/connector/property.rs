//! What must hold for every answer, callback, state and amount.

use pos_payfor::Payfor;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, answer, approved, card, ctx, target, terms, word};

/// Every step that waits for an answer of the XML interface, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let sale = ("Auth", "20.00", "2026-11-22T11:00:00", "Y", "00", "G1");
    let rows = bank::history(&[sale, ("Refund", "10.01", "2026-11-22T12:00:05", "Y", "00", "G2")]);
    let look = Payfor::refund(&ctx(), &terms(1_001), &target("sale", 2_000)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&bank::history(&[sale]))).expect("a step");
    vec![
        (Payfor::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Payfor::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Payfor::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"), approved()),
        (Payfor::void(&ctx(), &target("sale", 1_001)).expect("a step"), approved()),
        (refund, approved()),
        (Payfor::inquire(&ctx(), &target("sale", 1_001)).expect("a step"), bank::order("Auth", "10.01", "00", false)),
        (Payfor::inquire(&ctx(), &target("refund", 1_001)).expect("a step"), rows),
    ]
}

fn is_no_verdict(word: &str) -> bool {
    matches!(word, "unknown" | "unreadable")
}

#[test]
fn pages_and_halves_of_answers_are_no_verdict() {
    let _host = bank::host();
    let spoiled = Spoiled {
        content_type: "text/xml; charset=utf-8",
        empty: &[b"{\"ProcReturnCode\":\"00\"}", b"<PayforResponse/>"],
        head: b"<PayforResponse>",
        behind: b"<PayforResponse/>",
        statuses: &[400],
        no_verdicts: &["unknown"],
    };
    for (step, good) in waiting() {
        assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&good))), "approved");
        spoiled.check(&good, good.len(), |reply| word(&bank::resumed(&step, 1_001, reply)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutilated_answers_neither_panic_nor_decline_a_charge(at in 0_usize..2_000, byte: u8, which in 0_usize..7) {
        let _host = bank::host();
        let (step, mut body) = waiting().swap_remove(which);
        let at = at % body.len();
        body[at] = byte;
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(!word.starts_with("declined") || which >= 5, "{word}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body: Vec<u8>, which in 0_usize..7) {
        let _host = bank::host();
        let (step, _) = waiting().swap_remove(which);
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(is_no_verdict(&word), "{word}");
    }

    #[test]
    fn garbage_is_not_a_state(state: Vec<u8>) {
        let _host = bank::host();
        let resumed = Payfor::resume(&ctx(), Some(&terms(1)), &state, &answer(&approved()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_callback_without_the_banks_signature_is_refused(
        pairs in proptest::collection::vec(("[a-zA-Z]{0,12}", ".{0,20}"), 0..12), hash in "[0-9A-Za-z+/=]{0,40}",
    ) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([("ResponseHash", hash.as_str()), ("OrderId", bank::ORDER), ("3DStatus", "1")]);
        let step = Payfor::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a form");
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Payfor::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&step), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_with_two_decimals(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let body = bank::sent(&Payfor::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("<PurchAmount>{}.{:02}</PurchAmount>", minor / 100, minor % 100);
        prop_assert!(body.contains(&expected), "{body}");
    }

    #[test]
    fn any_name_and_password_make_one_well_formed_message(name in "\\PC{1,20}", password in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}") {
        let _host = bank::session().setting("user-code", &name).secret("api-password", &password).start();
        let Step::Send(send) = Payfor::sale(&ctx(), &terms(1), &card().card()).expect("a step") else { panic!("a request") };
        let tree = vezne_plugin::xml::Tree::read(&native::reveal(&send.request.body), None).expect("well-formed");
        prop_assert_eq!(tree.get("UserCode"), Some(name.trim()));
        prop_assert_eq!(tree.get("UserPass"), Some(password.as_str()));
    }
}

/// All steps with which something begins.
fn beginnings() -> Vec<Step> {
    let start =
        |model: &str| Payfor::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card().card())).expect("a form");
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([start("3d"), start("3d-pay")]);
    steps.push(Payfor::start(&ctx(), Purpose::Sale, "3d-host", &terms(1_001), None).expect("a form"));
    steps
}

#[test]
fn the_same_input_gives_the_same_step() {
    let transcripts = || {
        let _host = bank::host();
        beginnings().iter().map(native::transcript).collect::<Vec<_>>()
    };
    assert_eq!(transcripts(), transcripts());
}

#[test]
fn nothing_readable_holds_the_card_or_a_password() {
    let host = bank::host();
    for step in beginnings() {
        let readable = native::readable(&step);
        assert!(!readable.contains(CARD) && !readable.contains(&CARD[6..12]), "{readable}");
        assert!(!readable.contains(bank::PASSWORD) && !readable.contains(bank::STORE_KEY));
        native::check_sinks(&step, &["api", "gate"], &["api"]).expect("no sink is refused");
        let state = String::from_utf8_lossy(&bank::state_of(&step)).into_owned();
        assert!(!state.contains(&CARD[6..12]) && !state.contains(CODE), "{state}");
    }
    assert!(host.log().iter().all(|line| !line.contains(&CARD[6..12])));
}

#[test]
fn a_reply_that_was_not_waited_for_is_a_fault() {
    let _host = bank::host();
    let gate = Payfor::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&approved()))), "invalid");
    let sale = Payfor::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(
        word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("ResponseHash", "x")])))),
        "invalid"
    );
}
