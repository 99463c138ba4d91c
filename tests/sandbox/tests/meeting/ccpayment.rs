//! Sipay.

use pos_ccpayment::CcPayment;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::words::operation;
use vezne_plugin::{Outcome, Payments, Preauth, Purpose, ThreeDSecure};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::common::{self, FALSE, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, reference, stated, target, terms, word};

const MODELS: [&str; 2] = ["3d", "3d-pay"];

fn desk() -> Desk {
    Desk { bank: Bank::new(Options::default()).expect("a bank"), api: "/ccpayment", gate: "/ccpayment" }
}

fn host() -> Running {
    Session::new()
        .setting("app-id", "6d4a7e9374a76c15260fcc75e315b0b9")
        .setting("merchant-key", "$2y$10$HmRgYosneqcwHj.UH7upGuyCZqpQ1ITgSMj9Vvxn.t6f.Vdf2SQFO")
        .setting("mail-order", "true")
        .secret("app-secret", "b46a67571aa1e7ef5641dc3fa6f1712a")
        .start()
}

impl Meets for CcPayment {
    fn open(_model: &str) -> (Desk, Running) {
        (desk(), host())
    }
}

/// The merchant whose refunds wait for the platform's staff, and who sells with 3-D only.
fn web() -> Running {
    Session::new()
        .setting("app-id", "cc-web")
        .setting("merchant-key", "$2y$10$web/key")
        .secret("app-secret", "web|secret:ş")
        .start()
}

#[tokio::test]
async fn sale_inquiry_and_refunds_that_are_told_by_their_sum() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = CcPayment::sale(&ctx, &terms(125_050), &card(CARD).card());
    let sold = desk.end::<CcPayment>(&ctx, Some(&terms(125_050)), sale).await;
    assert_eq!(stated(&sold), Some(125_050));
    let bank = reference(&sold);
    let ask = CcPayment::inquire(&ctx, &target("sale", "none", 125_050, bank.clone()));
    let Outcome::Approved(found) = desk.end::<CcPayment>(&ctx, None, ask).await else { panic!("found") };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(125_050), Some(ORDER)));
    for (amount, before, left) in [(5_000, "0", 120_050), (120_050, "5000", 0)] {
        common::a_refund_is_told_by_its_sum::<CcPayment>(&desk, (125_050, &bank), amount, before).await;
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(left));
        if left > 0 {
            let soon = CcPayment::refund(&ctx, &terms(1), &target("sale", "none", 125_050, bank.clone()));
            let soon = desk.end::<CcPayment>(&ctx, Some(&terms(1)), soon).await;
            assert_eq!(word(&soon), "declined state-conflict", "two refunds within half a minute");
            desk.bank.clock().advance_ms(31_000);
        }
    }
    let more = CcPayment::refund(&ctx, &terms(1), &target("sale", "none", 125_050, bank));
    assert_eq!(word(&desk.end::<CcPayment>(&ctx, Some(&terms(1)), more).await), "not-processed");
}

#[tokio::test]
async fn a_void_gives_a_payment_back_and_drops_a_reservation() {
    let (desk, _host, first) = (desk(), host(), ctx("SALE1"));
    let sale = CcPayment::sale(&first, &terms(500), &card(CARD).card());
    let bank = reference(&desk.end::<CcPayment>(&first, Some(&terms(500)), sale).await);
    let void = CcPayment::void(&first, &target("sale", "none", 500, bank.clone()));
    assert_eq!(word(&desk.end::<CcPayment>(&first, None, void).await), "approved");
    let ask = CcPayment::inquire(&first, &target("void", "none", 500, bank.clone()));
    assert_eq!(word(&desk.end::<CcPayment>(&first, None, ask).await), "approved");
    let again = CcPayment::void(&first, &target("sale", "none", 500, bank));
    assert_eq!(word(&desk.end::<CcPayment>(&first, None, again).await), "not-processed");
    let second = ctx("HOLD1");
    let hold = CcPayment::authorize(&second, &terms(500), &card(CARD).card());
    let held = reference(&desk.end::<CcPayment>(&second, Some(&terms(500)), hold).await);
    let ask = || CcPayment::inquire(&second, &target("void", "none", 500, held.clone()));
    assert_eq!(word(&desk.end::<CcPayment>(&second, None, ask()).await), "not-processed");
    let void = CcPayment::void(&second, &target("authorize", "none", 500, held.clone()));
    assert_eq!(word(&desk.end::<CcPayment>(&second, None, void).await), "approved");
    assert_eq!(word(&desk.end::<CcPayment>(&second, None, ask()).await), "approved");
    assert_eq!(desk.bank.orders().iter().map(|o| o.net + o.held).sum::<i64>(), 0);
}

#[tokio::test]
async fn a_reservation_is_taken_in_part_and_once() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let hold = CcPayment::authorize(&ctx, &terms(1_000), &card(CARD).card());
    let held = reference(&desk.end::<CcPayment>(&ctx, Some(&terms(1_000)), hold).await);
    let ask = || CcPayment::inquire(&ctx, &target("capture", "none", 900, held.clone()));
    assert_eq!(word(&desk.end::<CcPayment>(&ctx, None, ask()).await), "not-processed");
    for expected in ["approved", "unknown"] {
        let take = CcPayment::capture(&ctx, &terms(900), &target("authorize", "none", 1_000, held.clone()));
        assert_eq!(word(&desk.end::<CcPayment>(&ctx, Some(&terms(900)), take).await), expected);
    }
    assert_eq!(stated(&desk.end::<CcPayment>(&ctx, None, ask()).await), Some(900));
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(900));
}

#[tokio::test]
async fn every_model_sells_and_reserves_once() {
    for model in MODELS {
        for (number, reserve) in [(CARD, false), (CARD, true), ("5406670000000108", false)] {
            let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
            let purpose = if reserve { Purpose::Authorize } else { Purpose::Sale };
            let start = CcPayment::start(&ctx, purpose, model, &terms(1_250), Some(&card(number).card()));
            let paid = desk.pay::<CcPayment>(&ctx, &terms(1_250), start).await.expect("an outcome");
            assert_eq!(stated(&paid), Some(1_250), "{model}");
            let order = desk.bank.order(ORDER).expect("booked");
            assert_eq!((order.net + order.held, order.held > 0, order.approvals), (1_250, reserve, 1), "{model}");
            let ask = CcPayment::inquire(&ctx, &target(operation::of_charge(reserve), model, 1_250, reference(&paid)));
            assert_eq!(word(&desk.end::<CcPayment>(&ctx, None, ask).await), "approved");
        }
    }
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    for model in MODELS {
        for (number, expected) in [
            ("5406670000000009", "declined"),
            ("5406670000000025", "declined"),
            ("5406670000000041", "declined"),
            ("5406670000000082", "declined"),
            ("5406670000000512", "declined insufficient-funds"),
        ] {
            let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
            let start = CcPayment::start(&ctx, Purpose::Sale, model, &terms(1_250), Some(&card(number).card()));
            let paid = desk.pay::<CcPayment>(&ctx, &terms(1_250), start).await.expect("an outcome");
            assert!(word(&paid).starts_with(expected), "{model} {number}: {}", word(&paid));
            assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
        }
    }
}

#[tokio::test]
async fn refusals_silences_and_unknown_orders_become_what_they_mean() {
    common::what_never_arrived_was_not_processed::<CcPayment>().await;
    common::refusals_become_what_they_mean::<CcPayment>(
        0,
        &[
            (1_051, "declined insufficient-funds", "declined insufficient-funds"),
            (1_041, "declined card-blocked", "declined card-blocked"),
            (1_082, "declined wrong-cvv", "declined wrong-cvv"),
            (1_092, "unknown", "pending"),
        ],
    )
    .await;
    common::a_used_order_number_is_no_verdict::<CcPayment>().await;
    common::a_mail_order_needs_no_code::<CcPayment>().await;
}

#[tokio::test]
async fn a_refund_left_to_the_staff_stays_pending_until_they_have_made_it() {
    let (desk, _host, ctx) = (desk(), web(), ctx(ORDER));
    let direct = CcPayment::sale(&ctx, &terms(1_250), &card(CARD).card());
    assert_eq!(word(&desk.end::<CcPayment>(&ctx, Some(&terms(1_250)), direct).await), "declined config-error");
    let start = CcPayment::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card(CARD).card()));
    let bank = reference(&desk.pay::<CcPayment>(&ctx, &terms(1_250), start).await.expect("an outcome"));
    let back = CcPayment::refund(&ctx, &terms(250), &target("sale", "3d", 1_250, bank));
    let Outcome::Pending(mut known) = desk.end::<CcPayment>(&ctx, Some(&terms(250)), back).await else {
        panic!("pending")
    };
    known.extra.push(("refunded-before".into(), "0".into()));
    let ask = || CcPayment::inquire(&ctx, &target("refund", "3d", 250, known.clone()));
    assert_eq!(word(&desk.end::<CcPayment>(&ctx, None, ask()).await), "pending");
    desk.bank.clock().advance_ms(3_700_000);
    assert_eq!(stated(&desk.end::<CcPayment>(&ctx, None, ask()).await), Some(250));
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(1_000));
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_asked_about::<CcPayment>().await;
    for model in MODELS {
        common::false_returns_are_not_authentic::<CcPayment>(model, &FALSE).await;
    }
    // The book says another amount than the return: the platform's word, which the host will not take for ours.
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    desk.bank.fault(Fault::once(FaultKind::WrongAmount).on(Op::Status));
    let start = CcPayment::start(&ctx, Purpose::Sale, "3d-pay", &terms(1_250), Some(&card(CARD).card()));
    assert_eq!(stated(&desk.pay::<CcPayment>(&ctx, &terms(1_250), start).await.expect("an outcome")), Some(1_350));
}
