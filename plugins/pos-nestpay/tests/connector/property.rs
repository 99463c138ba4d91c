//! What must hold for every answer, callback and amount of this family, beside the kit's promises.

use pos_nestpay::Nestpay;
use proptest::prelude::*;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, answer, approved, card, ctx, target, terms, word};

/// Every step that waits for an answer of the XML interface, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let rows = bank::history(&[
        ("C", "C", "1001", "2026-11-22 12:00:05.000", "00", "R2"),
        ("S", "C", "1001", "2026-11-22 11:00:00.000", "00", "S1"),
    ]);
    let look = Nestpay::refund(&ctx(), &terms(1_001), &target("sale", 2_000)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&bank::no_record())).expect("a step");
    vec![
        (Nestpay::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Nestpay::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Nestpay::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"), approved()),
        (Nestpay::void(&ctx(), &target("sale", 1_001)).expect("a step"), approved()),
        (refund, approved()),
        (
            Nestpay::inquire(&ctx(), &target("sale", 1_001)).expect("a step"),
            bank::order("S", "C", "1001", "1001", "00"),
        ),
        (Nestpay::inquire(&ctx(), &target("refund", 1_001)).expect("a step"), rows),
    ]
}

fn is_no_verdict(word: &str) -> bool {
    matches!(word, "unknown" | "unreadable")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutilated_answers_neither_panic_nor_decline_a_charge(at in 0_usize..2_000, byte: u8, which in 0_usize..7) {
        let _host = bank::host();
        let (step, mut body) = waiting().swap_remove(which);
        let at = at % body.len();
        body[at] = byte;
        // One byte can turn a yes into another yes or into nothing; a code that becomes another code is the
        // bank's word, but the word beside it still says yes.
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
    fn any_callback_without_the_banks_signature_is_refused(pairs in proptest::collection::vec(("[a-zA-Z_]{0,12}", ".{0,20}"), 0..12), hash in ".{0,90}") {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.push(("HASH", &hash));
        let step = Nestpay::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a form");
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Nestpay::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&step), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_with_two_decimals(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let body = bank::sent(&Nestpay::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("<Total>{}.{:02}</Total>", minor / 100, minor % 100);
        prop_assert!(body.contains(&expected), "{body}");
    }

    #[test]
    fn any_name_and_password_make_one_well_formed_message(name in "\\PC{1,20}", password in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}") {
        let _host = bank::session().setting("user-name", &name).secret("api-password", &password).start();
        let Step::Send(send) = Nestpay::sale(&ctx(), &terms(1), &card().card()).expect("a step") else { panic!("a request") };
        let tree = vezne_plugin::xml::Tree::read_declared(&native::reveal(&send.request.body), None).expect("well-formed");
        prop_assert_eq!(tree.get("Name"), Some(name.trim()));
        prop_assert_eq!(tree.get("Password"), Some(password.as_str()));
    }
}
