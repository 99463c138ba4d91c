//! What must hold for every answer, callback, state and amount.

use pos_boa::Boa;
use proptest::prelude::*;
use vezne_kit::Spoiled;
use vezne_plugin::{Payments, Preauth, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{self, BANKS, CARD, CODE, PAID, PASSWORD, answer, card, charged, ctx, listed, target, terms, word};

/// Every step that waits for an answer, with the answer that ends it well.
fn waiting(bank: &str) -> Vec<(Step, Vec<u8>)> {
    let ask = Boa::refund(&ctx(), &terms(1_001), &target("sale", 1_001)).expect("a step");
    let refund = bank::resumed(&ask, 1_001, &answer(&listed(bank, &[PAID]))).expect("a step");
    let mut steps = vec![
        (Boa::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), charged()),
        (Boa::void(&ctx(), &target("sale", 1_001)).expect("a step"), bank::changed(bank, "SaleReversal")),
        (refund, bank::changed(bank, "DrawBack")),
        (Boa::inquire(&ctx(), &target("sale", 1_001)).expect("a step"), listed(bank, &[PAID])),
    ];
    if bank == "vakif-katilim" {
        let capture = Boa::capture(&ctx(), &terms(1_001), &target("authorize", 1_001)).expect("a step");
        steps.push((Boa::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), charged()));
        steps.push((capture, bank::changed(bank, "")));
    }
    steps
}

fn enrolment() -> Step {
    Boa::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("a step")
}

fn is_no_verdict(word: &str) -> bool {
    matches!(word, "unknown" | "unreadable")
}

#[test]
fn pages_and_halves_of_answers_are_no_verdict() {
    let spoiled = Spoiled {
        content_type: "text/xml; charset=utf-8",
        empty: &[
            b"{\"ResponseCode\":\"00\"}",
            b"<VPosTransactionResponseContract/>",
            b"<s:Envelope><s:Body/></s:Envelope>",
        ],
        head: b"<VPosTransactionResponseContract>",
        behind: b"",
        statuses: &[400],
        no_verdicts: &["unknown"],
    };
    for bank in BANKS {
        let _host = bank::host(bank);
        for (step, good) in waiting(bank) {
            assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&good))), "approved");
            spoiled.check(&good, good.len(), |reply| word(&bank::resumed(&step, 1_001, reply)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutilated_answers_neither_panic_nor_decline_a_charge(at in 0_usize..2_000, byte: u8, which in 0_usize..4, bank in 0_usize..2) {
        let bank = BANKS[bank];
        let _host = bank::host(bank);
        let (step, mut body) = waiting(bank).swap_remove(which);
        let at = at % body.len();
        body[at] = byte;
        let code_from = body.windows(14).position(|window| window == b"<ResponseCode>").map(|at| at + 14);
        // One byte inside the code makes it another code, which is the bank's word.
        let in_code = code_from.is_some_and(|from| (from..from + 2).contains(&at));
        let word = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(!word.starts_with("declined") || in_code, "{word}");
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(body: Vec<u8>, which in 0_usize..4, bank in 0_usize..2) {
        let _host = bank::host(BANKS[bank]);
        let (step, _) = waiting(BANKS[bank]).swap_remove(which);
        let result = word(&bank::resumed(&step, 1_001, &answer(&body)));
        prop_assert!(is_no_verdict(&result), "{result}");
        let enrolled = word(&bank::resumed(&enrolment(), 1_001, &answer(&body)));
        prop_assert!(is_no_verdict(&enrolled), "{enrolled}");
    }

    #[test]
    fn any_page_is_read_without_a_panic(page in "[<>/a-zA-Z \"'=&;#!-]{0,200}") {
        let _host = bank::host(BANKS[0]);
        let body = format!("<html><form action=\"https://acs.example\">{page}</form></html>");
        let word = word(&bank::resumed(&enrolment(), 1_001, &bank::html(body.as_bytes())));
        prop_assert!(matches!(word.as_str(), "browse" | "unreadable"), "{word}");
    }

    #[test]
    fn garbage_is_not_a_state(state: Vec<u8>) {
        let _host = bank::host(BANKS[0]);
        let resumed = Boa::resume(&ctx(), Some(&terms(1)), &state, &answer(&charged()), None);
        prop_assert_eq!(word(&resumed), "invalid");
    }

    #[test]
    fn any_callback_without_the_banks_signature_is_refused(
        code in "[a-zA-Z0-9]{0,12}", order in "[A-Z0-9]{0,12}", number in "[0-9]{0,9}", hash in ".{0,40}", bank in 0_usize..2,
    ) {
        let _host = bank::host(BANKS[bank]);
        let page = bank::page("https://acs.example", &[("PaReq", "x")]);
        let step = bank::resumed(&enrolment(), 1_001, &bank::html(&page)).expect("a form");
        let pairs = [("ResponseCode", code.as_str()), ("MerchantOrderId", &order), ("OrderId", &number), ("HashData", &hash), ("MD", "m")];
        let reply = Reply::Callback(native::callback(&pairs));
        let resumed = Boa::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(&step), &reply, None);
        prop_assert_eq!(word(&resumed), "not-authentic");
    }

    #[test]
    fn every_amount_is_written_in_hundredths(minor in 1_i64..=999_999_999, bank in 0_usize..2) {
        let _host = bank::host(BANKS[bank]);
        let body = bank::sent(&Boa::sale(&ctx(), &terms(minor), &card().card()).expect("a step"));
        let expected = format!("<Amount>{minor}</Amount>");
        prop_assert!(body.contains(&expected), "{}", body);
    }

    #[test]
    fn any_name_makes_one_well_formed_message(name in "\\PC{1,20}", password in "[a-zşğıİçöü&<>\"'\\\\|]{1,20}", bank in 0_usize..2) {
        let _host = bank::session(BANKS[bank]).setting("user-name", &name).secret("api-password", &password).start();
        let Step::Send(send) = Boa::sale(&ctx(), &terms(1), &card().card()).expect("a step") else { panic!("a request") };
        let tree = vezne_plugin::xml::Tree::read_declared(&native::reveal(&send.request.body), Some("text/xml; charset=ISO-8859-9"));
        prop_assert!(tree.is_ok(), "{:?}", tree);
    }
}

/// All steps with which something begins.
fn beginnings(bank: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = waiting(bank).into_iter().map(|(step, _)| step).collect();
    let page = bank::page("https://acs.example/a", &[("PaReq", "x")]);
    steps.push(bank::resumed(&enrolment(), 1_001, &bank::html(&page)).expect("a form"));
    steps.push(enrolment());
    steps
}

#[test]
fn the_same_input_gives_the_same_step() {
    for bank in BANKS {
        let transcripts = || {
            let _host = bank::host(bank);
            beginnings(bank).iter().map(native::transcript).collect::<Vec<_>>()
        };
        assert_eq!(transcripts(), transcripts());
    }
}

#[test]
fn nothing_readable_holds_the_card_or_the_password() {
    for bank in BANKS {
        let host = bank::host(bank);
        for step in beginnings(bank) {
            let readable = native::readable(&step);
            let state = String::from_utf8_lossy(&bank::state_of(&step)).into_owned();
            for secret in [CARD, &CARD[6..12], CODE, PASSWORD, &bank::hashed_password(), "Şule"] {
                assert!(!readable.contains(secret) && !state.contains(secret), "{secret} in {readable}");
            }
            native::check_sinks(&step, &["home"], &["home"]).expect("no sink is refused");
        }
        assert!(host.log().is_empty());
    }
}
