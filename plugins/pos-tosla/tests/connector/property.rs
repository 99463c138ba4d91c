//! What must hold for every answer, callback, state and amount.

use pos_tosla::Tosla;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, PASSWORD, answer, approved, card, ctx, line, opened, target, terms, word};

/// Every step that waits for an answer of the API, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let look = Tosla::refund(&ctx(), &terms(1_001), &target("sale", 2_000)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&line(1, 1, 2_000, Some("00")))).expect("a step");
    let ask = |operation| Tosla::inquire(&ctx(), &target(operation, 1_001)).expect("a step");
    let steps = vec![
        (Tosla::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Tosla::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"), approved()),
        (Tosla::void(&ctx(), &target("sale", 1_001)).expect("a step"), approved()),
        (refund, approved()),
        (ask("sale"), line(1, 1, 1_001, Some("00"))),
        (ask("void"), line(1, 2, 1_001, Some("00"))),
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
    let spoiled = Spoiled::json("application/json; charset=utf-8", b"{\"Message\":\"", &[]);
    for (step, good) in waiting() {
        assert_eq!(word(&bank::resumed(&step, 1_001, &reply(&good))), "approved");
        spoiled.check(&good, good.len(), |reply| word(&bank::resumed(&step, 1_001, reply)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutilated_answers_neither_panic_nor_decline_a_charge(at in 0_usize..2_000, byte: u8, which in 0_usize..6) {
        let _host = bank::host();
        let (step, mut body) = waiting().swap_remove(which);
        let at = at % body.len();
        // The card's bank has no second word beside its code: another code there is another answer.
        let bank_code = br#""BankResponseCode":"00""#;
        let code_at = body.windows(bank_code.len()).position(|part| part == bank_code).map(|start| start + bank_code.len());
        prop_assume!(code_at.is_none_or(|end| !(end - 3..end - 1).contains(&at)));
        body[at] = byte;
        let word = word(&bank::resumed(&step, 1_001, &reply(&body)));
        prop_assert!(!word.starts_with("declined") || which >= 4, "{word}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body: Vec<u8>, which in 0_usize..6) {
        let _host = bank::host();
        let (step, _) = waiting().swap_remove(which);
        let word = word(&bank::resumed(&step, 1_001, &reply(&body)));
        prop_assert!(is_no_verdict(&word), "{word}");
    }

    #[test]
    fn garbage_is_not_a_state(state: Vec<u8>) {
        let _host = bank::host();
        let resumed = Tosla::resume(&ctx(), Some(&terms(1)), &state, &answer(&approved()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_callback_without_the_banks_signature_is_refused(
        pairs in proptest::collection::vec(("[a-zA-Z]{0,12}", ".{0,20}"), 0..12),
        list in "(ClientId,ApiUser,OrderId,MdStatus,BankResponseCode,BankResponseMessage,RequestStatus|[a-zA-Z,]{0,40})",
        hash in ".{0,90}",
    ) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([("HashParameters", list.as_str()), ("Hash", hash.as_str())]);
        let step = at_gate("3d-pay");
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Tosla::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&step), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_in_minor_units_and_read_back(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let message = bank::sent(&Tosla::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        prop_assert_eq!(&message["amount"], minor);
        let ask = Tosla::inquire(&ctx(), &target("sale", minor)).expect("a step");
        let paid = answer(&line(1, 1, minor, Some("00")));
        let bank::Outcome::Approved(approval) = bank::outcome(bank::resumed(&ask, minor, &paid)) else {
            panic!("approved")
        };
        prop_assert_eq!(approval.stated.minor, Some(minor));
    }

    #[test]
    fn any_settings_and_names_make_one_well_formed_message(user in "\\PC{1,20}", name in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}") {
        let _host = bank::session().setting("api-user", &user).start();
        let mut holder = card();
        holder.holder = Some(name.clone());
        let message = bank::sent(&Tosla::sale(&ctx(), &terms(1), &holder.card()).expect("a step"));
        prop_assert_eq!(&message["apiUser"], user.as_str());
        prop_assert_eq!(&message["cardHolderName"], name.as_str());
    }
}

/// A payer on the way to the gate.
fn at_gate(model: &str) -> Step {
    let card = card().card();
    let opening = Tosla::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"));
    bank::resumed(&opening.expect("a session is asked for"), 1_001, &answer(&opened())).expect("a form")
}

/// All steps with which something begins.
fn beginnings() -> Vec<Step> {
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([
        Tosla::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a step"),
        at_gate("3d-pay"),
        at_gate("3d-host"),
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
            assert!(!text.contains(CARD) && !text.contains(&CARD[6..12]) && !text.contains(PASSWORD), "{text}");
            assert!(!text.contains(&format!("\"{CODE}\"")), "{text}");
        }
        native::check_sinks(&step, &["api", "gate"], &[]).expect("no sink is refused");
    }
    assert!(host.log().iter().all(|line| !line.contains(&CARD[6..12])));
}

#[test]
fn a_reply_that_was_not_waited_for_is_a_fault() {
    let _host = bank::host();
    let gate = at_gate("3d-pay");
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&approved()))), "invalid");
    let sale = Tosla::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("Hash", "x")])))), "invalid");
}
