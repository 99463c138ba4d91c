//! What must hold for every answer, callback, state and amount.

use pos_ccpayment::CcPayment;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{
    self, CARD, CODE, SECRET, TOKEN, answer, card, ctx, done, line, paid, target, terms, token, with_token, word,
};

/// Every step that waits for an answer of the API, with the answer that ends it well. The first two charge.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let undo = |step, line: &serde_json::Value| {
        let look = with_token(step, 1_001);
        with_token(bank::resumed(&look, 1_001, &answer(line)), 1_001)
    };
    let ask = |operation| with_token(CcPayment::inquire(&ctx(), &target(operation, 1_001)), 1_001);
    let sold = line("Completed", "10.01", "0");
    let steps = vec![
        (with_token(CcPayment::sale(&ctx(), &terms(1_001), &card().card()), 1_001), paid()),
        (with_token(CcPayment::authorize(&ctx(), &terms(1_001), &card().card()), 1_001), paid()),
        (with_token(CcPayment::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)), 1_001), done()),
        (undo(CcPayment::void(&ctx(), &target("sale", 1_001)), &sold), done()),
        (undo(CcPayment::refund(&ctx(), &terms(1_001), &target("sale", 1_001)), &sold), done()),
        (ask("sale"), sold),
        (ask("void"), line("Refund", "10.01", "10.01")),
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
    let spoiled = Spoiled::json("application/json", b"{\"message\":\"", &[]);
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
        // A code that becomes another code is the platform's word, but the payment's own status still says yes.
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
        let resumed = CcPayment::resume(&ctx(), Some(&terms(1)), &state, &answer(&paid()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_return_without_the_platforms_hash_is_refused(
        pairs in proptest::collection::vec(("[a-zA-Z_]{0,12}", ".{0,20}"), 0..12),
        hash in "([0-9a-f]{16}:[0-9a-f]{4}:[A-Za-z0-9+_=]{0,120}|.{0,90})",
        status in "[01]",
    ) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let ours = [("hash_key", hash.as_str()), ("payment_status", &status), ("order_id", "1"), ("invoice_id", bank::ORDER)];
        pairs.extend(ours);
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = CcPayment::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&at_gate("3d")), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_with_two_decimals_and_read_back(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let sale = with_token(CcPayment::sale(&ctx(), &terms(minor), &card().card()), minor);
        let written = format!("{}.{:02}", minor / 100, minor % 100);
        prop_assert_eq!(&bank::sent(&sale)["total"], &serde_json::json!(written));
        let ask = with_token(CcPayment::inquire(&ctx(), &target("sale", minor)), minor);
        for amount in [format!("\"{written}\""), written.clone()] {
            let paid = line("Completed", "@", "0").to_string().replace("\"@\"", &amount);
            let reply = native::answer(200, "application/json", paid.as_bytes());
            let bank::Outcome::Approved(approval) = bank::outcome(bank::resumed(&ask, minor, &reply)) else {
                panic!("approved")
            };
            prop_assert_eq!(approval.stated.minor, Some(minor));
        }
    }

    #[test]
    fn any_settings_and_names_make_one_well_formed_message(key in "\\PC{1,20}", name in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}") {
        let _host = bank::session().setting("merchant-key", &key).start();
        let mut holder = card();
        holder.holder = Some(name.clone());
        let step = CcPayment::sale(&ctx(), &terms(1), &holder.card()).expect("a step");
        let state = bank::state_of(&step);
        let step = CcPayment::resume(&ctx(), Some(&terms(1)), &state, &answer(&token()), Some(&holder.card()));
        let message = bank::sent(&step.expect("a step"));
        prop_assert_eq!(&message["merchant_key"], key.as_str());
        prop_assert_eq!(&message["cc_holder_name"], name.as_str());
    }
}

/// A payer on the way to the gate.
fn at_gate(model: &str) -> Step {
    CcPayment::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card().card())).expect("a form")
}

/// All steps with which something begins.
fn beginnings() -> Vec<Step> {
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([
        CcPayment::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"),
        at_gate("3d"),
        at_gate("3d-pay"),
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
                !text.contains(CARD) && !text.contains(&CARD[6..12]) && !text.contains(SECRET) && !text.contains(TOKEN),
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
    let gate = at_gate("3d-pay");
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&paid()))), "invalid");
    let sale = CcPayment::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("hash_key", "x")])))), "invalid");
}
