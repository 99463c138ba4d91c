//! Param.

use pos_param::Param;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Outcome, Payments, Purpose, ThreeDSecure};
use vezne_sandbox::{Bank, FaultKind, Options};

use crate::common::{self, Meets, NOT_ACCEPTED};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, target, terms, word};

/// What a callback after authentication can say falsely; it names no currency.
const FALSE: [FaultKind; 3] = [FaultKind::WrongAmount, FaultKind::WrongOrder, FaultKind::WrongHash];

fn desk() -> Desk {
    let bank = Bank::new(Options::default()).expect("a bank");
    Desk { bank, api: "/turkpos.ws/service_turkpos_prod.asmx", gate: "" }
}

fn host() -> Running {
    Session::new()
        .setting("client-code", "10738")
        .setting("user-name", "Test")
        .secret("api-password", "Test")
        .secret("guid", "0c13d406-873b-403b-9c09-a5766840d98c")
        .start()
}

impl Meets for Param {
    fn open(model: &str) -> (Desk, Running) {
        let mut desk = desk();
        if model == "3d-host" {
            desk.gate = "/default.aspx";
        }
        (desk, host())
    }
}

#[tokio::test]
async fn sale_inquiry_day_end_and_refunds_in_parts() {
    common::sale_inquiry_day_end_and_refunds_in_parts::<Param>().await;
}

#[tokio::test]
async fn a_reservation_its_capture_and_its_void() {
    common::a_reservation_its_capture_and_its_void::<Param>().await;
}

#[tokio::test]
async fn every_model_charges_once() {
    common::every_model_charges_once::<Param>().await;
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    common::results_that_are_not_accepted_charge_nothing::<Param>("3d", &NOT_ACCEPTED).await;
}

#[tokio::test]
async fn refusals_and_silences_become_what_they_mean() {
    common::refusals_become_what_they_mean::<Param>(
        0,
        &[
            (1_051, "declined insufficient-funds", "declined not-approved"),
            (1_054, "declined expired-card", "declined not-approved"),
            (1_041, "declined card-blocked", "declined not-approved"),
            (1_082, "declined wrong-cvv", "declined not-approved"),
        ],
    )
    .await;
    common::what_never_arrived_was_not_processed::<Param>().await;
}

#[tokio::test]
async fn a_used_order_number_is_charged_under_another_and_says_so() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    for same in [true, false] {
        let sale = Param::sale(&ctx, &terms(1_000), &card(CARD).card());
        let Outcome::Approved(paid) = desk.end::<Param>(&ctx, Some(&terms(1_000)), sale).await else {
            panic!("approved")
        };
        // The host takes a yes for another order number for nobody's answer, and rings the bell.
        assert_eq!(paid.stated.order_id.as_deref() == Some(ORDER), same);
    }
}

#[tokio::test]
async fn a_gate_that_charges_is_asked_about_in_the_book() {
    for (number, expected) in [("5406670000000009", "unknown"), ("5406670000000512", "declined not-approved")] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let start = Param::start(&ctx, Purpose::Sale, "3d-pay", &terms(1_250), Some(&card(number).card()));
        let paid = desk.pay::<Param>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(word(&paid), expected, "{number}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_asked_about::<Param>().await;
    common::an_unreadable_void_is_asked_about::<Param>().await;
    common::false_returns_are_not_authentic::<Param>("3d", &FALSE).await;
}

#[tokio::test]
async fn the_book_of_a_day() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    assert!(desk.today::<Param>(&ctx).await.is_empty(), "an empty day is no fault");
    let sale = Param::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Param>(&ctx, Some(&terms(125_050)), sale).await);
    let sold = target("sale", "none", 125_050, bank);
    desk.bank.day_end();
    let back = Param::refund(&ctx, &terms(5_000), &sold);
    assert_eq!(word(&desk.end::<Param>(&ctx, Some(&terms(5_000)), back).await), "approved");
    let today = desk.today::<Param>(&ctx).await;
    assert_eq!(listed(&today), ["refund done 5000", "sale done 125050"]);
    assert!(
        today.iter().all(|line| line.order_id.as_deref() == Some(ORDER) && line.currency.as_deref() == Some("TRY"))
    );
}

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Param>((false, true)).await;
}
