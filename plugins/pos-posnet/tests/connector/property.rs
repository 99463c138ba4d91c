//! What must hold for every answer, callback, state and amount.

use pos_posnet::Posnet;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{
    self, CARD, CODE, KEY, XID, answer, approved, card, ctx, listed, resolved, target, terms, with_key, word,
};

/// Every step that waits for an answer, with the answer that takes it on and what that comes to.
fn waiting() -> Vec<(Step, Vec<u8>, &'static str)> {
    let sale = listed(&[("Sale", "1", "10,01", "2026-11-22 12:00:05.000", KEY)]);
    let look = Posnet::refund(&ctx(), &terms(1_001), &target("sale", 2_000)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&bank::nothing())).expect("a step");
    let gate = Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a step");
    let form = bank::resumed(&gate, 1_001, &answer(&bank::encrypted())).expect("a form");
    let back = native::callback(&[("MerchantPacket", "A"), ("BankPacket", "B"), ("Sign", "C"), ("Xid", XID)]);
    let resolving = bank::resumed(&form, 1_001, &Reply::Callback(back)).expect("a question");
    let good = resolved(XID, "1001", "TL", "1", "00");
    let charge = bank::resumed(&resolving, 1_001, &answer(&good)).expect("a charge");
    let before = Posnet::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let confirm = bank::resumed(&before, 1_001, &answer(&bank::approved_before())).expect("a question");
    vec![
        (Posnet::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved(), "approved"),
        (Posnet::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), approved(), "approved"),
        (Posnet::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"), approved(), "approved"),
        (Posnet::void(&ctx(), &with_key(target("sale", 1_001), KEY, "sale")).expect("a step"), approved(), "approved"),
        (refund, approved(), "approved"),
        (charge, approved(), "approved"),
        (confirm, sale.clone(), "approved"),
        (Posnet::inquire(&ctx(), &target("sale", 1_001)).expect("a step"), sale, "approved"),
        (gate, bank::encrypted(), "browse"),
        (resolving, good, "send"),
    ]
}

/// How many of them end in a verdict about money with the answer that is waited for.
const VERDICTS: usize = 8;
const ALL: usize = 10;

fn is_no_verdict(word: &str) -> bool {
    matches!(word, "unknown" | "unreadable" | "not-processed" | "not-authentic")
}

#[test]
fn pages_and_halves_of_answers_are_no_verdict() {
    let _host = bank::host();
    let spoiled = Spoiled {
        content_type: "text/xml; charset=ISO-8859-9",
        empty: &[b"{\"approved\":1,\"hostlogkey\":\"1\"}", b"<posnetResponse/>"],
        head: b"<posnetResponse>",
        behind: b"<posnetResponse/>",
        statuses: &[400],
        no_verdicts: &["unknown", "not-processed", "not-authentic"],
    };
    for (step, good, expected) in waiting() {
        assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&good))), expected);
        spoiled.check(&good, good.len(), |reply| word(&bank::resumed(&step, 1_001, reply)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutilated_answers_neither_panic_nor_decline_a_charge(at in 0_usize..2_000, byte: u8, which in 0_usize..ALL) {
        let _host = bank::host();
        let (step, mut body, _) = waiting().swap_remove(which);
        let at = at % body.len();
        body[at] = byte;
        // One byte can turn a yes into another yes or into nothing, and an inquiry's row into another row.
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(!word.starts_with("declined") || which == VERDICTS - 1, "{word}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body: Vec<u8>, which in 0_usize..ALL) {
        let _host = bank::host();
        let (step, _, _) = waiting().swap_remove(which);
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(is_no_verdict(&word), "{word}");
    }

    #[test]
    fn garbage_is_not_a_state(state: Vec<u8>) {
        let _host = bank::host();
        let resumed = Posnet::resume(&ctx(), Some(&terms(1)), &state, &answer(&approved()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn no_callback_decides(pairs in proptest::collection::vec(("[a-zA-Z_]{0,14}", ".{0,20}"), 0..12)) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([("mdStatus", "1"), ("approved", "1"), ("BankPacket", "B")]);
        let gate = Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a step");
        let form = bank::resumed(&gate, 1_001, &answer(&bank::encrypted())).expect("a form");
        let resumed = bank::resumed(&form, 1_001, &Reply::Callback(native::callback(&pairs)));
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn an_answer_of_the_gate_without_the_banks_signature_is_refused(mac in "[A-Za-z0-9+/]{43}=", status in "[0-9]{0,2}") {
        let _host = bank::host();
        let (step, good, _) = waiting().swap_remove(ALL - 1);
        let good = String::from_utf8_lossy(&good).into_owned();
        let signed = good.split("<mac>").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned();
        let body = good.replace(&signed, &mac).replace("<mdStatus>1<", &format!("<mdStatus>{status}<"));
        prop_assert_eq!(word(&bank::resumed(&step, 1_001, &answer(body.as_bytes()))), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_in_minor_units(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let body = bank::sent(&Posnet::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("<amount>{minor}</amount>");
        prop_assert!(body.contains(&expected), "{body}");
        let book = listed(&[("Sale", "1", &format!("{},{:02}", minor / 100, minor % 100), "", KEY)]);
        let ask = Posnet::inquire(&ctx(), &target("sale", minor)).expect("a step");
        let vezne_plugin::Outcome::Approved(found) = bank::outcome(bank::resumed(&ask, minor, &answer(&book))) else { panic!("approved") };
        prop_assert_eq!(found.stated.minor, Some(minor));
    }

    #[test]
    fn any_holder_and_key_make_one_well_formed_message(holder in "\\PC{1,20}", key in "[a-zA-Z0-9,]{1,30}") {
        let _host = bank::session().secret("enc-key", &key).start();
        let mut card = card();
        card.holder = Some(holder.clone());
        let step = Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(1), Some(&card.card())).expect("a step");
        let body = bank::sent(&step).replacen("ISO-8859-9", "UTF-8", 1);
        let tree = vezne_plugin::xml::Tree::read(body.as_bytes(), None).expect("well-formed");
        prop_assert_eq!(tree.get("oosRequestData/cardHolderName"), Some(holder.trim()));
    }
}

/// All steps with which something begins or goes on.
fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _, _)| step).collect();
    let gate = Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a step");
    steps.push(bank::resumed(&gate, 1_001, &answer(&bank::encrypted())).expect("a form"));
    steps.push(Posnet::start(&ctx(), Purpose::Sale, "3d-host", &terms(1_001), None).expect("a step"));
    steps.push(Posnet::void(&ctx(), &target("authorize", 1_001)).expect("a step"));
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
        assert!(!readable.contains(CARD) && !readable.contains(&CARD[6..12]) && !readable.contains(CODE), "{readable}");
        assert!(!readable.contains(bank::ENC_KEY));
        native::check_sinks(&step, &["api"], &[]).expect("no sink is refused");
        let text = String::from_utf8_lossy(&bank::state_of(&step)).into_owned();
        assert!(!text.contains(&CARD[6..12]) && !text.contains(CODE), "{text}");
    }
    assert!(host.log().iter().all(|line| !line.contains(&CARD[6..12])));
}

#[test]
fn a_reply_that_was_not_waited_for_is_a_fault() {
    let _host = bank::host();
    let gate = Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a step");
    let form = bank::resumed(&gate, 1_001, &answer(&bank::encrypted())).expect("a form");
    assert_eq!(word(&bank::resumed(&form, 1_001, &answer(&approved()))), "invalid");
    let sale = Posnet::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("Xid", XID)])))), "invalid");
    let failed = Reply::Failed(vezne_plugin::TransportFailure {
        phase: vezne_plugin::TransportPhase::Sending,
        timed_out: false,
        detail: "broke".into(),
    });
    assert_eq!(word(&bank::resumed(&sale, 1_001, &failed)), "invalid", "the host ends a failed write itself");
}
