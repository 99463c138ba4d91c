//! What must hold for every answer, callback, state and amount.

use pos_param::Param;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, CARD, CODE, answer, card, ctx, target, terms, word};

/// Every step that waits for an answer, with the answer that ends it well.
fn waiting() -> Vec<(Step, Vec<u8>)> {
    let look = Param::refund(&ctx(), &terms(1_001), &target("sale", 2_000)).expect("a step");
    let refund = bank::resumed(&look, 1_001, &answer(&bank::line("SUCCESS", "SALE", "20.00", "0"))).expect("a step");
    let mut unknown_refund = target("refund", 1_001);
    unknown_refund.bank.extra.push(("refunded-before".into(), "0".into()));
    vec![
        (Param::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), bank::charged("TP_WMD_UCD")),
        (
            Param::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"),
            bank::charged("TP_Islem_Odeme_OnProv_WMD"),
        ),
        (
            Param::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step"),
            bank::done("TP_Islem_Odeme_OnProv_Kapa"),
        ),
        (Param::void(&ctx(), &target("sale", 1_001)).expect("a step"), bank::done("TP_Islem_Iptal_Iade_Kismi2")),
        (refund, bank::done("TP_Islem_Iptal_Iade_Kismi2")),
        (Param::inquire(&ctx(), &target("sale", 1_001)).expect("a step"), bank::line("SUCCESS", "SALE", "10.01", "0")),
        (
            Param::inquire(&ctx(), &unknown_refund).expect("a step"),
            bank::line("PARTIAL_REFUND", "SALE", "20.00", "10.01"),
        ),
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
        empty: &[b"{\"ProcReturnCode\":\"00\",\"Response\":\"Approved\"}", b"<soap:Envelope/>", b"<soap:Envelope><soap:Body><soap:Fault><faultstring>Server was unable</faultstring></soap:Fault></soap:Body></soap:Envelope>", b"<Sonuc>1</Sonuc>"],
        head: b"<soap:Envelope>",
        behind: b"<soap:Envelope/>",
        statuses: &[400],
        no_verdicts: &["unknown"],
    };
    for (step, good) in waiting() {
        assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&good))), "approved");
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
        // One byte can turn a yes into another yes or into nothing; a code that becomes another code is Param's
        // word.
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(matches!(word.as_str(), "approved" | "unknown" | "unreadable" | "not-processed") || word.starts_with("declined "), "{word}");
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
        let resumed = Param::resume(&ctx(), Some(&terms(1)), &state, &answer(&bank::charged("TP_WMD_UCD")), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_callback_without_the_banks_signature_is_refused(pairs in proptest::collection::vec(("[a-zA-Z_]{0,12}", ".{0,20}"), 0..12), hash in ".{0,90}", at_gate: bool) {
        let _host = bank::host();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.push((if at_gate { "TURKPOS_RETVAL_Hash" } else { "islemHash" }, &hash));
        let step = crate::gate::at_gate(if at_gate { "3d-pay" } else { "3d" });
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Param::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&step), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_with_two_decimals(minor in 1_i64..=999_999_999) {
        let _host = bank::host();
        let body = bank::sent(&Param::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("<Toplam_Tutar>{},{:02}</Toplam_Tutar>", minor / 100, minor % 100);
        prop_assert!(body.contains(&expected), "{body}");
    }

    #[test]
    fn any_name_and_password_make_one_well_formed_message(name in "\\PC{1,20}", password in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}") {
        let _host = bank::session().setting("user-name", &name).secret("api-password", &password).start();
        let Step::Send(send) = Param::sale(&ctx(), &terms(1), &card().card()).expect("a step") else { panic!("a request") };
        let tree = vezne_plugin::xml::Tree::read(&native::reveal(&send.request.body), None).expect("well-formed");
        let account = tree.at("soap:Body/TP_WMD_UCD/G").expect("an account");
        prop_assert_eq!(account.get("CLIENT_USERNAME"), Some(name.trim()));
        prop_assert_eq!(account.get("CLIENT_PASSWORD"), Some(password.as_str()));
    }
}

/// All steps with which something begins.
fn beginnings() -> Vec<Step> {
    let start =
        |model: &str| Param::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card().card())).expect("a step");
    let mut steps: Vec<Step> = waiting().into_iter().map(|(step, _)| step).collect();
    steps.extend([start("3d"), start("3d-pay")]);
    steps.push(Param::start(&ctx(), Purpose::Sale, "3d-host", &terms(1_001), None).expect("a step"));
    steps.extend(["3d", "3d-pay", "3d-host"].map(crate::gate::at_gate));
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
        assert!(!readable.contains(bank::GUID) && !readable.contains("p&ş<") && !readable.contains("Çağ"));
        native::check_sinks(&step, &["api"], &["api", "hosted-api"]).expect("no sink is refused");
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
    let gate = crate::gate::at_gate("3d");
    assert_eq!(word(&bank::resumed(&gate, 1_001, &answer(&bank::completed()))), "invalid");
    let sale = Param::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(
        word(&bank::resumed(&sale, 1_001, &Reply::Callback(native::callback(&[("islemHash", "x")])))),
        "invalid"
    );
}
