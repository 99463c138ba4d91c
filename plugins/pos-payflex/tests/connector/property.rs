//! What must hold for every answer, callback, state and amount.

use pos_payflex::Payflex;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, PASSWORD, answer, approved, card, ctx, listed, target, terms, word};
use crate::{gate, page};

/// Every step that waits for an answer about money, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let callback = native::callback(&[("PaymentToken", "b35a56bf37334872a945afc0016d5887")]);
    let visit = bank::resumed(&page::browsing("3d-host"), 1_001, &Reply::Callback(callback)).expect("a step");
    vec![
        (Payflex::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Payflex::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Payflex::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"), approved()),
        (Payflex::void(&ctx(), &target("sale", 1_001)).expect("a step"), approved()),
        (Payflex::refund(&ctx(), &terms(1_001), &target("sale", 1_001)).expect("a step"), approved()),
        (
            Payflex::inquire(&ctx(), &target("sale", 1_001)).expect("a step"),
            listed(&[("Sale", "TX1", "0000", "false")]),
        ),
        (visit, page::told(&[])),
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
        empty: &[
            b"<html><head><title>Request Rejected</title></head><body>x<br></body></html>",
            b"<html><body>ResultCode 0000</body></html>",
            b"{",
            b"{\"ResultDetail\":\"x\"}",
            b"[]",
            b"<VposResponse/>",
        ],
        head: b"<VposResponse>",
        behind: b"",
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
    fn mutilated_answers_neither_panic_nor_decline_a_charge(at in 0_usize..2_000, byte: u8, which in 0_usize..5) {
        let _host = bank::host();
        let (step, mut body) = waiting().swap_remove(which);
        let at = at % body.len();
        body[at] = byte;
        let from = body.windows(12).position(|window| window == b"<ResultCode>").map(|at| at + 12);
        // One byte inside the code makes it another code, which is the bank's word.
        let in_code = from.is_some_and(|from| (from..from + 4).contains(&at));
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(!word.starts_with("declined") || in_code, "{word}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body: Vec<u8>, which in 0_usize..7) {
        let _host = bank::host();
        let (step, _) = waiting().swap_remove(which);
        let result = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(is_no_verdict(&result), "{result}");
        let enrolment = Payflex::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a step");
        let enrolled = word(&bank::resumed(&enrolment, 1_001, &answer(&body)));
        prop_assert!(is_no_verdict(&enrolled), "{enrolled}");
    }

    #[test]
    fn garbage_is_not_a_state(state: Vec<u8>) {
        let _host = bank::host();
        let resumed = Payflex::resume(&ctx(), Some(&terms(1)), &state, &answer(&approved()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn no_callback_approves_anything_by_itself(pairs in proptest::collection::vec(("[a-zA-Z]{0,12}", ".{0,20}"), 0..8), status in "[YAN]", page in any::<bool>()) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([("Status", status.as_str()), ("Rc", "0000"), ("ResultCode", "0000")]);
        let step = if page { page::browsing("3d-pay") } else { gate::browsing() };
        let resumed = bank::resumed(&step, 1_001, &Reply::Callback(native::callback(&pairs)));
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_with_two_decimals(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let body = bank::sent(&Payflex::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("<CurrencyAmount>{}.{:02}</CurrencyAmount>", minor / 100, minor % 100);
        prop_assert!(body.contains(&expected), "{}", body);
    }

    #[test]
    fn any_name_and_password_make_one_well_formed_message(terminal in "\\PC{1,8}", password in "[a-zşğıİçöü&<>\"'\\\\|+% ]{1,20}") {
        let _host = bank::session().setting("terminal-id", &terminal).secret("api-password", &password).start();
        let body = bank::sent(&Payflex::sale(&ctx(), &terms(1), &card().card()).expect("a step"));
        let tree = vezne_plugin::xml::Tree::read(body.as_bytes(), None).expect("well-formed");
        prop_assert_eq!(tree.get("TerminalNo"), Some(terminal.trim()));
        prop_assert_eq!(tree.get("Password"), Some(password.trim()));
    }
}

/// All steps with which something begins, and those on the way.
fn beginnings() -> Vec<Step> {
    let start = |model: &str| {
        Payflex::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card().card())).expect("a step")
    };
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([start("3d"), start("3d-pay"), start("3d-host"), gate::browsing(), page::browsing("3d-pay")]);
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
fn nothing_readable_holds_the_card_or_the_password() {
    let host = bank::host();
    for step in beginnings() {
        let readable = native::readable(&step);
        let state = String::from_utf8_lossy(&bank::state_of(&step)).into_owned();
        for secret in [CARD, &CARD[6..12], CODE, PASSWORD, "Şule"] {
            assert!(!readable.contains(secret) && !state.contains(secret), "{secret} in {readable}");
        }
        native::check_sinks(&step, &bank::TAKES_CARD, &bank::TAKES_SECRETS).expect("no sink is refused");
    }
    assert!(host.log().is_empty());
}
