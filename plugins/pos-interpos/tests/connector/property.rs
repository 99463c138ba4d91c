//! What must hold for every answer, callback, state and amount.

use pos_interpos::Interpos;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, answer, approved, card, ctx, target, terms, word};

/// Every step that waits for an answer of the API, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let look = Interpos::refund(&ctx(), &terms(1_001), &target("sale", 2_000)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&bank::no_line("05"))).expect("a step");
    let mut unknown_refund = target("refund", 1_001);
    unknown_refund.bank.extra.push(("refunded-before".into(), "0".into()));
    vec![
        (Interpos::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Interpos::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Interpos::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"), bank::done()),
        (Interpos::void(&ctx(), &target("sale", 1_001)).expect("a step"), bank::done()),
        (refund, bank::done()),
        (Interpos::inquire(&ctx(), &target("sale", 1_001)).expect("a step"), bank::line("S", "C", "10,01", "0")),
        (Interpos::inquire(&ctx(), &unknown_refund).expect("a step"), bank::line("S", "S", "10,01", "10,01")),
    ]
}

fn is_no_verdict(word: &str) -> bool {
    matches!(word, "unknown" | "unreadable")
}

#[test]
fn pages_and_halves_of_answers_are_no_verdict() {
    let _host = bank::host();
    let spoiled = Spoiled {
        content_type: "text/html; charset=utf-8",
        empty: &[
            b"{\"ProcReturnCode\":\"00\",\"Response\":\"Approved\"}",
            b"ProcReturnCode=00",
            b"ProcReturnCode=00&TxnResult=Success&CardHolderName=&AuthCode=",
            b";;;;",
        ],
        head: b"ProcReturnCode=00;;TxnResult=Success;;X=",
        behind: b";;<html>",
        statuses: &[400],
        no_verdicts: &["unknown"],
    };
    for (step, good) in waiting() {
        assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&good))), "approved");
        // Once the last field's name is there, everything that decides has been read.
        let last = [&b";;CardHolderName="[..], b";;AuthCode="];
        let whole = last.iter().filter_map(|name| good.windows(name.len()).position(|at| at == *name)).max();
        spoiled.check(&good, whole.expect("the last field") + 3, |reply| word(&bank::resumed(&step, 1_001, reply)));
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
        // One byte can turn a yes into another yes or into nothing; a code that becomes another code is the
        // bank's word, but the word beside it still says yes. Only a status letter stands alone.
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
        let resumed = Interpos::resume(&ctx(), Some(&terms(1)), &state, &answer(&approved()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_callback_without_the_banks_signature_is_refused(pairs in proptest::collection::vec(("[a-zA-Z_]{0,12}", ".{0,20}"), 0..12), hash in ".{0,90}") {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.push(("HASH", &hash));
        let step = Interpos::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a form");
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Interpos::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&step), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_with_two_decimals(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let body = bank::sent(&Interpos::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("&PurchAmount={}.{:02}&", minor / 100, minor % 100);
        prop_assert!(body.contains(&expected), "{body}");
    }

    #[test]
    fn any_name_and_password_stay_one_field(name in "\\PC{1,20}", password in "[a-zşğıİçöü&=;<>\"'%+\\\\|]{1,20}") {
        let _host = bank::session().setting("user-code", &name).secret("api-password", &password).start();
        let body = bank::sent(&Interpos::sale(&ctx(), &terms(1), &card().card()).expect("a step"));
        prop_assert!(body.is_ascii());
        let names: Vec<&str> = body.split('&').filter_map(|field| field.split('=').next()).collect();
        prop_assert_eq!(&names[..4], ["UserCode", "UserPass", "ShopCode", "TxnType"]);
    }

    #[test]
    fn any_pairs_are_split_without_a_panic(text in "([A-Za-z]{0,6}=?[ -~]{0,8};{0,4}){0,12}") {
        if let Ok(pairs) = pos_interpos::answer::decode(&text) {
            prop_assert!(pairs.iter().all(|(name, _)| !name.is_empty() && !name.contains([';', '='])));
        }
    }
}

/// All steps with which something begins.
fn beginnings() -> Vec<Step> {
    let start = |model: &str| {
        Interpos::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card().card())).expect("a form")
    };
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([
        start("3d"),
        start("3d-pay"),
        Interpos::start(&ctx(), Purpose::Sale, "3d-host", &terms(1_001), None).expect("a form"),
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
    let states: Vec<Vec<u8>> = beginnings().iter().map(bank::state_of).collect();
    for step in beginnings() {
        let readable = native::readable(&step);
        assert!(!readable.contains(CARD) && !readable.contains(&CARD[6..12]) && !readable.contains(CODE), "{readable}");
        assert!(!readable.contains(bank::PASS) && !readable.contains("3&ş="));
        native::check_sinks(&step, &["api", "gate"], &["api"]).expect("no sink is refused");
    }
    for state in states {
        let text = String::from_utf8_lossy(&state).into_owned();
        assert!(!text.contains(&CARD[6..12]) && !text.contains(CODE), "{text}");
    }
    assert!(host.log().iter().all(|line| !line.contains(&CARD[6..12])));
}

#[test]
fn a_reply_that_was_not_waited_for_is_a_fault() {
    let _host = bank::host();
    let gate = Interpos::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&approved()))), "invalid");
    let sale = Interpos::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("HASH", "x")])))), "invalid");
}
