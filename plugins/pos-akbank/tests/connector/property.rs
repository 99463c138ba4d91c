//! What must hold for every answer, callback, state and amount.

use pos_akbank::Akbank;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, KEY, answer, approved, card, ctx, list, row, sold, target, terms, word};

/// Every step that waits for an answer of the API, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let rows = [row("1000", "N", 20.0, "2026-11-22T11:00:00.000"), row("1002", "N", 10.01, "2026-11-22T12:00:05.000")];
    let look = Akbank::refund(&ctx(), &terms(1_001), &target("sale", 2_000)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&list(&rows[..1]))).expect("a step");
    let ask = |operation| Akbank::inquire(&ctx(), &target(operation, 1_001)).expect("a step");
    let steps = vec![
        (Akbank::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved("1000")),
        (Akbank::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved("1004")),
        (Akbank::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"), approved("1005")),
        (Akbank::void(&ctx(), &target("sale", 1_001)).expect("a step"), approved("1003")),
        (refund, approved("1002")),
        (ask("sale"), sold(1_001)),
        (ask("refund"), list(&rows)),
    ];
    steps.into_iter().map(|(step, answer)| (step, answer.to_string().into_bytes())).collect()
}

fn reply(body: &[u8]) -> Reply {
    native::answer(200, "application/json", body)
}

fn is_no_verdict(word: &str) -> bool {
    matches!(word, "unknown" | "unreadable")
}

#[test]
fn pages_and_halves_of_answers_are_no_verdict() {
    let _host = bank::host();
    let spoiled = Spoiled {
        statuses: &[401],
        ..Spoiled::json("application/json;charset=UTF-8", b"{\"responseMessage\":\"", &[b"\"VPS-0000\""])
    };
    for (step, good) in waiting() {
        assert_eq!(word(&bank::resumed(&step, 1_001, &reply(&good))), "approved");
        spoiled.check(&good, good.len(), |reply| word(&bank::resumed(&step, 1_001, reply)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutilated_answers_neither_panic_nor_decline_a_charge(at in 0_usize..2_000, byte: u8, which in 0_usize..7) {
        let _host = bank::host();
        let (step, mut body) = waiting().swap_remove(which);
        let at = at % body.len();
        body[at] = byte;
        // A code that becomes another code is the bank's word, but the one beside it still says yes.
        let word = word(&bank::resumed(&step, 1_001, &reply(&body)));
        prop_assert!(!word.starts_with("declined") || which >= 5, "{word}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body: Vec<u8>, which in 0_usize..7) {
        let _host = bank::host();
        let (step, _) = waiting().swap_remove(which);
        let word = word(&bank::resumed(&step, 1_001, &reply(&body)));
        prop_assert!(is_no_verdict(&word), "{word}");
    }

    #[test]
    fn garbage_is_not_a_state(state: Vec<u8>) {
        let _host = bank::host();
        let resumed = Akbank::resume(&ctx(), Some(&terms(1)), &state, &answer(&approved("1000")), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_callback_without_the_banks_signature_is_refused(
        pairs in proptest::collection::vec(("[a-zA-Z]{0,12}", ".{0,20}"), 0..12),
        list in "(responseCode\\+responseMessage\\+orderId|[a-zA-Z+]{0,40})",
        hash in ".{0,90}",
    ) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([("hashParams", list.as_str()), ("hash", hash.as_str())]);
        let step = Akbank::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a form");
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Akbank::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&step), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_with_two_decimals_and_read_back(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let message = bank::sent(&Akbank::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("{}.{:02}", minor / 100, minor % 100);
        prop_assert_eq!(&message["transaction"]["amount"], expected.as_str());
        let ask = Akbank::inquire(&ctx(), &target("sale", minor)).expect("a step");
        let bank::Outcome::Approved(approval) = bank::outcome(bank::resumed(&ask, minor, &answer(&sold(minor)))) else {
            panic!("approved")
        };
        prop_assert_eq!(approval.stated.minor, Some(minor));
    }

    #[test]
    fn any_settings_make_one_well_formed_message(id in "\\PC{1,20}", sub in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}") {
        let _host = bank::session().setting("merchant-safe-id", &id).setting("sub-merchant-id", &sub).start();
        let message = bank::sent(&Akbank::sale(&ctx(), &terms(1), &card().card()).expect("a step"));
        prop_assert_eq!(&message["terminal"]["merchantSafeId"], id.as_str());
        prop_assert_eq!(&message["subMerchant"]["subMerchantId"], sub.as_str());
    }
}

/// All steps with which something begins.
fn beginnings() -> Vec<Step> {
    let start =
        |model: &str| Akbank::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card().card())).expect("a form");
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([
        start("3d"),
        start("3d-pay"),
        Akbank::start(&ctx(), Purpose::Sale, "3d-host", &terms(1_001), None).expect("a form"),
    ]);
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
fn nothing_readable_holds_the_card() {
    let host = bank::host();
    for step in beginnings() {
        let readable = native::readable(&step);
        let state = String::from_utf8_lossy(&bank::state_of(&step)).into_owned();
        for text in [readable, state] {
            assert!(!text.contains(CARD) && !text.contains(&CARD[6..12]) && !text.contains(KEY), "{text}");
            assert!(!text.contains(&format!("\"{CODE}\"")), "{text}");
        }
        native::check_sinks(&step, &["api", "gate"], &[]).expect("no sink is refused");
    }
    assert!(host.log().iter().all(|line| !line.contains(&CARD[6..12])));
}

#[test]
fn a_reply_that_was_not_waited_for_is_a_fault() {
    let _host = bank::host();
    let gate = Akbank::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&approved("1000")))), "invalid");
    let sale = Akbank::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("hash", "x")])))), "invalid");
}
