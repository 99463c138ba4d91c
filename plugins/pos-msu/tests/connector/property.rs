//! What must hold for every answer, callback, state and amount.

use pos_msu::Msu;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, KEY, PASSWORD, answer, card, ctx, done, listed, row, target, terms, word};

/// Every step that waits for an answer of the API, with the answer that ends it well. The first two charge.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let sold = listed(&[row("SALE", "AP", "10.01")]);
    let look = Msu::refund(&ctx(), &terms(1_001), &target("sale", 1_001)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&sold)).expect("a step");
    let ask = |operation| Msu::inquire(&ctx(), &target(operation, 1_001)).expect("a step");
    let steps = vec![
        (Msu::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), done()),
        (Msu::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), done()),
        (Msu::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"), done()),
        (Msu::void(&ctx(), &target("sale", 1_001)).expect("a step"), done()),
        (refund, done()),
        (ask("sale"), sold),
        (ask("void"), listed(&[row("SALE", "VD", "10.01")])),
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
    let spoiled = Spoiled::json("application/json", b"{\"responseMsg\":\"", &[]);
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
        // A code that becomes another code is no word without an error beside it.
        let word = word(&bank::resumed(&step, 1_001, &reply(&body)));
        prop_assert!(!word.starts_with("declined") || which >= 2, "{word}");
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
        let resumed = Msu::resume(&ctx(), Some(&terms(1)), &state, &answer(&done()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_return_without_the_platforms_signature_is_refused(
        pairs in proptest::collection::vec(("[a-zA-Z]{0,12}", ".{0,20}"), 0..12),
        hash in "([0-9a-f]{128}|.{0,90})",
        code in "(00|99)",
    ) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([("sdSha512", hash.as_str()), ("responseCode", &code), ("merchantPaymentId", bank::ORDER)]);
        pairs.extend([("customerId", bank::ORDER), ("sessionToken", "TQ2VDKCA5YBT"), ("random", "r")]);
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Msu::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&at_gate()), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_with_two_decimals_and_read_back(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let written = format!("{}.{:02}", minor / 100, minor % 100);
        let sale = Msu::sale(&ctx(), &terms(minor), &card().card()).expect("a step");
        prop_assert_eq!(bank::field(&sale, "AMOUNT"), written.as_str());
        let ask = Msu::inquire(&ctx(), &target("sale", minor)).expect("a step");
        for amount in [format!("\"{written}\""), written.clone()] {
            let paid = listed(&[row("SALE", "AP", "@")]).to_string().replace("\"@\"", &amount);
            let reply = native::answer(200, "application/json", paid.as_bytes());
            let bank::Outcome::Approved(approval) = bank::outcome(bank::resumed(&ask, minor, &reply)) else {
                panic!("approved")
            };
            prop_assert_eq!(approval.stated.minor, Some(minor));
        }
    }

    #[test]
    fn any_settings_and_names_make_one_well_formed_form(user in "\\PC{1,20}", name in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}") {
        let _host = bank::session().setting("merchant-user", &user).start();
        let mut holder = card();
        holder.holder = Some(name.clone());
        let step = Msu::sale(&ctx(), &terms(1), &holder.card()).expect("a step");
        prop_assert_eq!(bank::field(&step, "MERCHANTUSER"), user);
        prop_assert_eq!(bank::field(&step, "NAMEONCARD"), name);
    }
}

/// A payer on the way to the gate.
fn at_gate() -> Step {
    let opening = Msu::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card()))
        .expect("a session is asked for");
    let opened = serde_json::json!({"responseCode": "00", "sessionToken": "TQ2VDKCA5YBT"});
    bank::resumed(&opening, 1_001, &answer(&opened)).expect("a form")
}

/// All steps with which something begins.
fn beginnings() -> Vec<Step> {
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([
        Msu::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a step"),
        at_gate(),
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
            assert!(
                !text.contains(CARD) && !text.contains(&CARD[6..12]) && !text.contains(PASSWORD) && !text.contains(KEY),
                "{text}"
            );
            assert!(!text.contains(&format!("\"{CODE}\"")), "{text}");
        }
        native::check_sinks(&step, &["api", "gate"], &["api"]).expect("no sink is refused");
    }
    assert!(host.log().iter().all(|line| !line.contains(&CARD[6..12])));
}

#[test]
fn a_reply_that_was_not_waited_for_is_a_fault() {
    let _host = bank::host();
    let gate = at_gate();
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&done()))), "invalid");
    let sale = Msu::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("sdSha512", "x")])))), "invalid");
}
