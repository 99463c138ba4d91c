//! Yapı Kredi.

use pos_posnet::Posnet;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Payments, Purpose, ThreeDSecure};
use vezne_sandbox::{Bank, Fault, Op, Options};

use crate::common::{self, FALSE, Meets, NOT_ACCEPTED, UNREADABLE};
use crate::driver::{CARD, Desk, ORDER, card, ctx, reference, target, terms, word};

fn desk() -> Desk {
    let bank = Bank::new(Options::default()).expect("a bank");
    Desk { bank, api: "/PosnetWebService/XML", gate: "/3DSWebService/YKBPaymentService" }
}

fn session() -> Session {
    Session::new()
        .setting("merchant-id", "6706598320")
        .setting("terminal-id", "67005551")
        .setting("posnet-id", "27426")
        .setting("charge-mac", "true")
        .secret("enc-key", "10,10,10,10,10,10,10,10")
}

fn host() -> Running {
    session().start()
}

impl Meets for Posnet {
    fn open(_model: &str) -> (Desk, Running) {
        (desk(), host())
    }
}

#[tokio::test]
async fn sale_inquiry_partial_refund_and_its_void() {
    common::sale_inquiry_partial_refund_and_its_void::<Posnet>().await;
}

#[tokio::test]
async fn a_reservation_its_capture_and_the_void_of_both() {
    common::a_reservation_its_capture_and_the_void_of_both::<Posnet>().await;
}

#[tokio::test]
async fn the_gate_with_our_form_and_with_the_banks() {
    common::the_gate_with_our_form_and_with_the_banks::<Posnet>(false).await;
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    common::results_that_are_not_accepted_charge_nothing::<Posnet>("3d", &NOT_ACCEPTED).await;
    let (desk, _host, ctx) = (desk(), session().setting("accepted-md-status", "1,4").start(), ctx(ORDER));
    let start = Posnet::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card("5406670000000041").card()));
    let paid = desk.pay::<Posnet>(&ctx, &terms(1_250), start).await.expect("an outcome");
    assert_eq!(word(&paid), "approved");
}

#[tokio::test]
async fn refusals_become_what_they_mean() {
    common::refusals_become_what_they_mean::<Posnet>(
        61_000,
        &[
            (1_051, "declined insufficient-funds", "declined not-approved"),
            (1_054, "declined expired-card", "declined not-approved"),
            (1_041, "declined card-blocked", "declined not-approved"),
            (1_092, "unknown", "declined not-approved"),
            (1_091, "unknown", "declined not-approved"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_same_sale_twice_is_one_payment() {
    common::the_same_sale_twice_is_one_payment::<Posnet>().await;
}

#[tokio::test]
async fn points_are_used_and_come_back() {
    common::points_are_used_and_come_back::<Posnet>("declined insufficient-funds").await;
    let (desk, _host) = (desk(), host());
    let (plain, mixed) = (ctx(ORDER), common::wishing(ORDER, 400));
    let start = Posnet::start(&mixed, Purpose::Sale, "3d", &terms(1_250), Some(&card(CARD).card()));
    let paid = desk.pay::<Posnet>(&mixed, &terms(1_250), start).await.expect("an outcome");
    assert_eq!(word(&paid), "approved", "after the gate");
    assert_eq!(desk.points::<Posnet>(&plain, CARD).await, Some(4_600));
    let ask = Posnet::inquire(&mixed, &target("sale", "3d", 1_250, reference(&paid)));
    assert_eq!(word(&desk.end::<Posnet>(&mixed, Some(&terms(1_250)), ask).await), "approved");
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_asked_about::<Posnet>().await;
    for kind in UNREADABLE {
        for op in [Op::Credit, Op::Void] {
            let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
            desk.bank.fault(Fault::once(kind).on(op));
            let was = target("sale", "none", 1_000, reference(&common::sold::<Posnet>(&desk, &ctx, 1_000).await));
            let act = if op == Op::Void { Posnet::void(&ctx, &was) } else { Posnet::refund(&ctx, &terms(1_000), &was) };
            assert!(desk.run::<Posnet>(&ctx, Some(&terms(1_000)), act).await.is_err(), "{kind:?} {op:?}");
        }
    }
    common::false_returns_are_not_authentic::<Posnet>("3d", &FALSE).await;
}
