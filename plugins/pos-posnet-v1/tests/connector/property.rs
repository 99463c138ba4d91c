//! What must hold for every answer, callback, state and amount.

use pos_posnet_v1::PosnetV1;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, KEY, PADDED, answer, approved, card, ctx, listed, target, terms, with_key, word};

/// Every step that waits for an answer, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let sale = listed(&[("Sale", "1", "10,01", "2026-11-2212:00:05.000", KEY)]);
    let look = PosnetV1::refund(&ctx(), &terms(1_001), &target("sale", 2_000)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&bank::nothing())).expect("a step");
    let gate = PosnetV1::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    let charge = bank::resumed(&gate, 1_001, &bank::callback(&bank::back(&[]))).expect("a charge");
    let before = PosnetV1::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let confirm = bank::resumed(&before, 1_001, &answer(&bank::refused("0127", ""))).expect("a question");
    let reserved = with_key(target("authorize", 1_001), KEY, "auth");
    vec![
        (PosnetV1::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (PosnetV1::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (PosnetV1::capture(&ctx(), &terms(1_001), &reserved).expect("a step"), approved()),
        (PosnetV1::void(&ctx(), &with_key(target("sale", 1_001), KEY, "sale")).expect("a step"), approved()),
        (refund, approved()),
        (charge, approved()),
        (confirm, sale.clone()),
        (PosnetV1::inquire(&ctx(), &target("sale", 1_001)).expect("a step"), sale),
    ]
}

const ALL: usize = 8;

fn is_no_verdict(word: &str) -> bool {
    matches!(word, "unknown" | "unreadable")
}

#[test]
fn pages_and_halves_of_answers_are_no_verdict() {
    let _host = bank::host();
    let empty: &[&[u8]] = &[b"<posnetResponse><approved>1</approved></posnetResponse>"];
    let spoiled = Spoiled::json("application/json; charset=utf-8", b"{\"ServiceResponseData\":\"", empty);
    for (step, good) in waiting() {
        assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&good))), "approved");
        spoiled.check(&good, good.len(), |reply| word(&bank::resumed(&step, 1_001, reply)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutilated_answers_neither_panic_nor_decline_a_charge(at in 0_usize..2_000, byte: u8, which in 0_usize..ALL) {
        let _host = bank::host();
        let (step, mut body) = waiting().swap_remove(which);
        let at = at % body.len();
        body[at] = byte;
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(!word.starts_with("declined"), "{word}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body: Vec<u8>, which in 0_usize..ALL) {
        let _host = bank::host();
        let (step, _) = waiting().swap_remove(which);
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(is_no_verdict(&word), "{word}");
    }

    #[test]
    fn garbage_is_not_a_state(state: Vec<u8>) {
        let _host = bank::host();
        let resumed = PosnetV1::resume(&ctx(), Some(&terms(1)), &state, &answer(&approved()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_callback_without_the_banks_signature_is_refused(pairs in proptest::collection::vec(("[a-zA-Z_]{0,12}", ".{0,20}"), 0..12), mac in ".{0,60}") {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([("MdStatus", "1"), ("OrderId", PADDED), ("Amount", "1001"), ("Mac", &mac)]);
        pairs.push(("MacParams", "ECI:CAVV:MdStatus:MdErrorMessage:MD:SecureTransactionId"));
        let gate = PosnetV1::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a form");
        let resumed = bank::resumed(&gate, 1_001, &Reply::Callback(native::callback(&pairs)));
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_in_minor_units(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let body = bank::sent(&PosnetV1::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("\"Amount\":{minor},");
        prop_assert!(body.contains(&expected), "{body}");
        let book = listed(&[("Sale", "1", &format!("{},{:02}", minor / 100, minor % 100), "", KEY)]);
        let ask = PosnetV1::inquire(&ctx(), &target("sale", minor)).expect("a step");
        let vezne_plugin::Outcome::Approved(found) = bank::outcome(bank::resumed(&ask, minor, &answer(&book))) else { panic!("approved") };
        prop_assert_eq!(found.stated.minor, Some(minor));
    }

    #[test]
    fn any_holder_and_key_make_one_well_formed_message(holder in "\\PC{1,20}", key in "\\PC{1,30}") {
        let _host = bank::session().secret("enc-key", &key).start();
        let mut card = card();
        card.holder = Some(holder.clone());
        let Step::Send(send) = PosnetV1::sale(&ctx(), &terms(1), &card.card()).expect("a step") else { panic!("a request") };
        let tree = vezne_plugin::json::Tree::read(&native::reveal(&send.request.body)).expect("well-formed");
        prop_assert_eq!(tree.text("CardInformationData/CardHolderName"), Some(holder.as_str()));
    }
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.push(PosnetV1::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a form"));
    steps.push(PosnetV1::start(&ctx(), Purpose::Sale, "3d-host", &terms(1_001), None).expect("a form"));
    steps.push(PosnetV1::void(&ctx(), &target("authorize", 1_001)).expect("a step"));
    steps
}

#[test]
fn the_same_input_gives_the_same_step() {
    let transcripts = || {
        let _host = bank::host();
        steps().iter().map(native::transcript).collect::<Vec<_>>()
    };
    assert_eq!(transcripts(), transcripts());
}

#[test]
fn nothing_readable_holds_the_card() {
    let host = bank::host();
    for step in steps() {
        let readable = native::readable(&step);
        assert!(!readable.contains(CARD) && !readable.contains(&CARD[6..12]), "{readable}");
        assert!(!readable.contains(&format!("\"{CODE}")) && !readable.contains(bank::ENC_KEY), "{readable}");
        native::check_sinks(&step, &["api", "gate"], &[]).expect("no sink is refused");
        let text = String::from_utf8_lossy(&bank::state_of(&step)).into_owned();
        assert!(!text.contains(&CARD[6..12]) && !text.contains(CODE), "{text}");
    }
    assert!(host.log().iter().all(|line| !line.contains(&CARD[6..12])));
}

#[test]
fn a_reply_that_was_not_waited_for_is_a_fault() {
    let _host = bank::host();
    let gate = PosnetV1::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&approved()))), "invalid");
    let sale = PosnetV1::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(word(&bank::resumed(&sale, 1_001, &bank::callback(&bank::back(&[])))), "invalid");
}
