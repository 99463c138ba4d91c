//! Tosla.

use pos_tosla::Tosla;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Outcome, Payments, Preauth, Purpose, ThreeDSecure};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::common::{self, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, target, terms, word};

/// The host's clock is the bank's: a message's time must not be more than an hour off.
fn open() -> (Desk, Running) {
    let bank = Bank::new(Options::default()).expect("a bank");
    let now = u64::try_from(bank.clock().now_ms()).expect("after 1970");
    let host = Session::new()
        .at(now)
        .setting("client-id", "1000000494")
        .setting("api-user", "POS_ENT_Test_001")
        .secret("api-password", "POS_ENT_Test_001!*!*")
        .start();
    (Desk { bank, api: "/api/Payment", gate: "/api/Payment" }, host)
}

impl Meets for Tosla {
    fn open(_model: &str) -> (Desk, Running) {
        open()
    }
}

#[tokio::test]
async fn sale_inquiry_and_refunds_that_are_told_by_their_sum() {
    let (desk, _host) = open();
    let ctx = ctx(ORDER);
    let sale = Tosla::sale(&ctx, &terms(1_001), &card(CARD).card());
    let bank = reference(&desk.end::<Tosla>(&ctx, Some(&terms(1_001)), sale).await);
    let ask = Tosla::inquire(&ctx, &target("sale", "none", 1_001, bank.clone()));
    let Outcome::Approved(found) = desk.end::<Tosla>(&ctx, None, ask).await else { panic!("approved") };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
    for (minor, before) in [(400, "0"), (601, "400")] {
        common::a_refund_is_told_by_its_sum::<Tosla>(&desk, (1_001, &bank), minor, before).await;
    }
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
}

#[tokio::test]
async fn a_void_shows_in_the_line_of_the_order() {
    let (desk, _host) = open();
    let ctx = ctx(ORDER);
    let sale = Tosla::sale(&ctx, &terms(500), &card(CARD).card());
    let bank = reference(&desk.end::<Tosla>(&ctx, Some(&terms(500)), sale).await);
    let ask = || Tosla::inquire(&ctx, &target("void", "none", 500, bank.clone()));
    assert_eq!(word(&desk.end::<Tosla>(&ctx, None, ask()).await), "not-processed");
    let void = || Tosla::void(&ctx, &target("sale", "none", 500, bank.clone()));
    assert_eq!(word(&desk.end::<Tosla>(&ctx, None, void()).await), "approved");
    assert_eq!(word(&desk.end::<Tosla>(&ctx, None, ask()).await), "approved");
    assert_eq!(word(&desk.end::<Tosla>(&ctx, None, void()).await), "unknown", "the general error settles nothing");
}

#[tokio::test]
async fn the_book_of_a_day_has_pages() {
    let (desk, _host) = open();
    let ctx = ctx(ORDER);
    assert!(desk.today::<Tosla>(&ctx).await.is_empty(), "an empty day is no fault");
    let sale = Tosla::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Tosla>(&ctx, Some(&terms(125_050)), sale).await);
    let back = Tosla::refund(&ctx, &terms(5_000), &target("sale", "none", 125_050, bank.clone()));
    let back = reference(&desk.end::<Tosla>(&ctx, Some(&terms(5_000)), back).await);
    for number in 0..98 {
        let ctx = self::ctx(&format!("MORE{number}"));
        let sale = Tosla::sale(&ctx, &terms(100), &card(CARD).card());
        desk.end::<Tosla>(&ctx, Some(&terms(100)), sale).await;
        if number == 47 {
            assert_eq!(desk.today::<Tosla>(&ctx).await.len(), 50, "one page exactly");
        }
    }
    let today = desk.today::<Tosla>(&ctx).await;
    assert_eq!(today.len(), 100, "two of them");
    assert_eq!(listed(&today[..2]), ["refund done 5000", "sale done 125050"]);
    let numbers = [&bank, &back].map(|known| known.transaction_id.as_deref());
    assert_eq!([&today[0], &today[1]].map(|line| line.bank.transaction_id.as_deref()), numbers);
    assert!(today[..2].iter().all(|line| line.order_id.as_deref() == Some(ORDER)));
    let now = u64::try_from(desk.bank.clock().now_ms()).expect("after 1970");
    assert!(today.iter().all(|line| line.at_millis.is_some_and(|at| now.abs_diff(at) < 60_000)));
}

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Tosla>((false, true)).await;
}

#[tokio::test]
async fn the_gate_sells_and_reserves_with_our_form_and_with_theirs() {
    for model in ["3d-pay", "3d-host"] {
        for reserve in [false, true] {
            let (desk, _host) = open();
            let ctx = ctx(ORDER);
            let purpose = if reserve { Purpose::Authorize } else { Purpose::Sale };
            let card = card(CARD).card();
            let start = Tosla::start(&ctx, purpose, model, &terms(1_250), Some(&card).filter(|_| model != "3d-host"));
            let paid = desk.pay::<Tosla>(&ctx, &terms(1_250), start).await.expect("an outcome");
            let bank = reference(&paid);
            let order = desk.bank.order(ORDER).expect("booked");
            assert_eq!((order.net + order.held, order.held > 0, order.approvals), (1_250, reserve, 1), "{model}");
            if reserve {
                let take = Tosla::capture(&ctx, &terms(700), &target("authorize", model, 1_250, bank.clone()));
                assert_eq!(word(&desk.end::<Tosla>(&ctx, Some(&terms(700)), take).await), "approved");
                let ask = Tosla::inquire(&ctx, &target("capture", model, 700, bank));
                let Outcome::Approved(found) = desk.end::<Tosla>(&ctx, None, ask).await else { panic!("approved") };
                assert_eq!(found.stated.minor, Some(700));
            }
        }
    }
}

#[tokio::test]
async fn refusals_and_unknown_orders_become_what_they_mean() {
    common::what_never_arrived_was_not_processed::<Tosla>().await;
    common::refusals_become_what_they_mean::<Tosla>(
        0,
        &[
            (1_051, "declined insufficient-funds", "declined insufficient-funds"),
            (1_041, "declined card-blocked", "declined card-blocked"),
            (1_092, "unknown", "declined not-approved"),
        ],
    )
    .await;
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_asked_about::<Tosla>().await;
    let kinds = [FaultKind::WrongHash, FaultKind::WrongOrder];
    common::false_returns_are_not_authentic::<Tosla>("3d-pay", &kinds).await;
    // The book says another amount than the callback's charge: the bank's word, which the host will not take for ours.
    let (desk, _host) = open();
    desk.bank.fault(Fault::once(FaultKind::WrongAmount).on(Op::Status));
    let start = Tosla::start(&ctx(ORDER), Purpose::Sale, "3d-pay", &terms(1_250), Some(&card(CARD).card()));
    let Ok(Outcome::Approved(paid)) = desk.pay::<Tosla>(&ctx(ORDER), &terms(1_250), start).await else {
        panic!("approved")
    };
    assert_eq!(paid.stated.minor, Some(1_350));
}
