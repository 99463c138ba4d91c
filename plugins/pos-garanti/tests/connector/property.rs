//! What must hold for every answer, callback, state and amount.

use pos_garanti::Garanti;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, answer, approved, card, ctx, target, terms, word};

/// Every step that waits for an answer of the XML interface, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let rows =
        bank::history(&[("sales", "2000", "20261122", "", "00", "S1"), ("refund", "1001", "20261122", "", "00", "R2")]);
    let look = Garanti::refund(&ctx(), &terms(1_001), &target("sale", 2_000, Some("S1"))).expect("a step");
    let before = bank::history(&[("sales", "2000", "20261122", "", "00", "S1")]);
    let refund = bank::resumed(&look, 1_001, &answer(&before)).expect("a step");
    let reserved = target("authorize", 1_001, Some("S1"));
    vec![
        (Garanti::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Garanti::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved()),
        (Garanti::capture(&ctx(), &terms(1_001), &reserved).expect("a step"), approved()),
        (Garanti::void(&ctx(), &target("sale", 1_001, Some("S1"))).expect("a step"), approved()),
        (refund, approved()),
        (
            Garanti::inquire(&ctx(), &target("sale", 1_001, None)).expect("a step"),
            bank::order("APPROVED", "0", "1001", "00"),
        ),
        (Garanti::inquire(&ctx(), &target("refund", 1_001, None)).expect("a step"), rows),
    ]
}

fn is_no_verdict(word: &str) -> bool {
    matches!(word, "unknown" | "unreadable" | "not-authentic")
}

#[test]
fn pages_and_halves_of_answers_are_no_verdict() {
    let _host = bank::host();
    let spoiled = Spoiled {
        content_type: "text/xml; charset=UTF-8",
        empty: &[b"{\"Code\":\"00\"}", b"<GVPSResponse/>"],
        head: b"<GVPSResponse>",
        behind: b"<GVPSResponse/>",
        statuses: &[400],
        no_verdicts: &["unknown", "not-authentic"],
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
        let resumed = Garanti::resume(&ctx(), Some(&terms(1)), &state, &answer(&approved()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_callback_without_the_banks_signature_is_refused(
        pairs in proptest::collection::vec(("[a-z]{0,12}", ".{0,20}"), 0..12), list in "[a-z:]{0,60}", hash in "[0-9A-F]{0,130}",
    ) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let genuine = "clientid:oid:authcode:procreturncode:response:mdstatus:";
        pairs.extend([("hash", hash.as_str()), ("hashparams", if list.len() % 2 == 0 { genuine } else { list.as_str() })]);
        pairs.extend([("clientid", bank::TERMINAL), ("oid", bank::ORDER), ("mdstatus", "1")]);
        let step = Garanti::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1_001), Some(&card().card())).expect("a form");
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Garanti::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&step), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_in_minor_units(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let body = bank::sent(&Garanti::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("<Amount>{minor}</Amount>");
        prop_assert!(body.contains(&expected), "{body}");
    }

    #[test]
    fn any_name_makes_one_well_formed_message(name in "\\PC{1,20}", ip in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}") {
        let _host = bank::session().setting("user-name", &name).start();
        let mut ctx = ctx();
        ctx.payer_ip = Some(ip.clone());
        let Step::Send(send) = Garanti::sale(&ctx, &terms(1), &card().card()).expect("a step") else { panic!("a request") };
        let tree = vezne_plugin::xml::Tree::read_declared(&native::reveal(&send.request.body), None).expect("well-formed");
        prop_assert_eq!(tree.get("Terminal/UserID"), Some(name.trim()));
        prop_assert_eq!(tree.get("Customer/IPAddress"), Some(ip.as_str()));
    }
}

/// All steps with which something begins.
fn beginnings() -> Vec<Step> {
    let start = |model: &str| {
        Garanti::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card().card())).expect("a form")
    };
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([start("3d"), start("3d-pay")]);
    steps.push(Garanti::start(&ctx(), Purpose::Sale, "3d-host", &terms(1_001), None).expect("a form"));
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
        native::check_sinks(&step, &["api", "gate"], &[]).expect("no sink is refused");
        let state = String::from_utf8_lossy(&bank::state_of(&step)).into_owned();
        assert!(!state.contains(&CARD[6..12]) && !state.contains(CODE), "{state}");
    }
    assert!(host.log().iter().all(|line| !line.contains(&CARD[6..12])));
}

#[test]
fn a_reply_that_was_not_waited_for_is_a_fault() {
    let _host = bank::host();
    let gate = Garanti::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&approved()))), "invalid");
    let sale = Garanti::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("hash", "x")])))), "invalid");
}
