//! Payten MSU.

use pos_msu::Msu;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Outcome, Payments, Preauth, Purpose, ThreeDSecure, step};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::common::{self, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, stated, target, terms, word};

const MODEL: &str = "3d-pay";

fn desk() -> Desk {
    Desk { bank: Bank::new(Options::default()).expect("a bank"), api: "/msu/api/v2", gate: "/msu/api/v2" }
}

fn host() -> Running {
    Session::new()
        .setting("merchant", "10000001")
        .setting("merchant-user", "api.demo@example.com")
        .setting("mail-order", "true")
        .secret("merchant-password", "Parola&12=ş")
        .secret("secret-key", "QOClasdJUuDDWasdasdasd")
        .start()
}

impl Meets for Msu {
    fn open(_model: &str) -> (Desk, Running) {
        (desk(), host())
    }
}

/// The merchant who sells with 3-D only.
fn web() -> Running {
    Session::new()
        .setting("merchant", "10000002")
        .setting("merchant-user", "api.web@example.com")
        .secret("merchant-password", "web|password")
        .secret("secret-key", "web|key")
        .start()
}

#[tokio::test]
async fn sale_inquiry_and_refunds_that_are_told_by_their_sum() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = Msu::sale(&ctx, &terms(125_050), &card(CARD).card());
    let sold = desk.end::<Msu>(&ctx, Some(&terms(125_050)), sale).await;
    assert_eq!(stated(&sold), Some(125_050));
    let bank = reference(&sold);
    let ask = Msu::inquire(&ctx, &target("sale", "none", 125_050, bank.clone()));
    let Outcome::Approved(found) = desk.end::<Msu>(&ctx, None, ask).await else { panic!("found") };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(125_050), Some(ORDER)));
    let early = Msu::refund(&ctx, &terms(1), &target("sale", "none", 125_050, bank.clone()));
    let early = desk.end::<Msu>(&ctx, Some(&terms(1)), early).await;
    assert_eq!(word(&early), "declined state-conflict", "before the day's end it is a void");
    desk.bank.day_end();
    for (amount, before, left) in [(5_000, "0", 120_050), (120_050, "5000", 0)] {
        common::a_refund_is_told_by_its_sum::<Msu>(&desk, (125_050, &bank), amount, before).await;
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(left));
    }
    let more = Msu::refund(&ctx, &terms(1), &target("sale", "none", 125_050, bank));
    assert_eq!(word(&desk.end::<Msu>(&ctx, Some(&terms(1)), more).await), "declined state-conflict");
}

#[tokio::test]
async fn voids_before_the_days_end() {
    let (desk, _host, first) = (desk(), host(), ctx("SALE1"));
    let sale = Msu::sale(&first, &terms(500), &card(CARD).card());
    let bank = reference(&desk.end::<Msu>(&first, Some(&terms(500)), sale).await);
    let ask = || Msu::inquire(&first, &target("void", "none", 500, bank.clone()));
    assert_eq!(word(&desk.end::<Msu>(&first, None, ask()).await), "not-processed");
    for expected in ["approved", "declined state-conflict"] {
        let void = Msu::void(&first, &target("sale", "none", 500, bank.clone()));
        assert_eq!(word(&desk.end::<Msu>(&first, None, void).await), expected);
        assert_eq!(word(&desk.end::<Msu>(&first, None, ask()).await), "approved");
    }
    let second = ctx("HOLD1");
    let hold = Msu::authorize(&second, &terms(500), &card(CARD).card());
    let held = reference(&desk.end::<Msu>(&second, Some(&terms(500)), hold).await);
    let void = Msu::void(&second, &target("authorize", "none", 500, held));
    assert_eq!(word(&desk.end::<Msu>(&second, None, void).await), "approved");
    assert_eq!(desk.bank.orders().iter().map(|o| o.net + o.held).sum::<i64>(), 0);
}

#[tokio::test]
async fn a_reservation_is_taken_in_part_and_once() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let hold = Msu::authorize(&ctx, &terms(1_000), &card(CARD).card());
    let held = reference(&desk.end::<Msu>(&ctx, Some(&terms(1_000)), hold).await);
    let ask = || Msu::inquire(&ctx, &target("capture", "none", 900, held.clone()));
    assert_eq!(word(&desk.end::<Msu>(&ctx, None, ask()).await), "not-processed");
    let take = || Msu::capture(&ctx, &terms(900), &target("authorize", "none", 1_000, held.clone()));
    let taken = desk.end::<Msu>(&ctx, Some(&terms(900)), take()).await;
    assert_eq!(stated(&taken), Some(900));
    assert_eq!(word(&desk.end::<Msu>(&ctx, Some(&terms(900)), take()).await), "declined state-conflict");
    assert_eq!(stated(&desk.end::<Msu>(&ctx, None, ask()).await), Some(900));
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(900));
    desk.bank.day_end();
    let back = Msu::refund(&ctx, &terms(900), &target("capture", "none", 900, reference(&taken)));
    assert_eq!(word(&desk.end::<Msu>(&ctx, Some(&terms(900)), back).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
}

#[tokio::test]
async fn the_gate_sells_once() {
    let merchants: [fn() -> Running; 2] = [host, web];
    for merchant in merchants {
        let (desk, _host, ctx) = (desk(), merchant(), ctx(ORDER));
        let start = Msu::start(&ctx, Purpose::Sale, MODEL, &terms(1_250), Some(&card(CARD).card()));
        let paid = desk.pay::<Msu>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(stated(&paid), Some(1_250));
        assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)));
        let ask = Msu::inquire(&ctx, &target("sale", MODEL, 1_250, reference(&paid)));
        assert_eq!(word(&desk.end::<Msu>(&ctx, None, ask).await), "approved");
        let again = Msu::start(&ctx, Purpose::Sale, MODEL, &terms(1_250), Some(&card(CARD).card()));
        let again = desk.end::<Msu>(&ctx, Some(&terms(1_250)), again).await;
        assert_ne!(word(&again), "approved", "the number was paid");
    }
}

#[tokio::test]
async fn refusals_silences_and_unknown_orders_become_what_they_mean() {
    common::what_never_arrived_was_not_processed::<Msu>().await;
    common::refusals_become_what_they_mean::<Msu>(
        0,
        &[
            (1_051, "declined insufficient-funds", "declined insufficient-funds"),
            (1_041, "declined card-blocked", "declined card-blocked"),
            (1_082, "declined wrong-cvv", "declined wrong-cvv"),
            (1_092, "unknown", "pending"),
        ],
    )
    .await;
    common::a_used_order_number_is_no_verdict::<Msu>().await;
    common::a_mail_order_needs_no_code::<Msu>().await;
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_asked_about::<Msu>().await;
    let kinds = [FaultKind::WrongOrder, FaultKind::WrongHash];
    common::false_returns_are_not_authentic::<Msu>(MODEL, &kinds).await;
    // A return's amount is not signed and not read; the list's is the platform's word.
    for (on, expected) in [(Op::Callback, 1_250), (Op::Status, 1_350)] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(FaultKind::WrongAmount).on(on));
        let start = Msu::start(&ctx, Purpose::Sale, MODEL, &terms(1_250), Some(&card(CARD).card()));
        assert_eq!(stated(&desk.pay::<Msu>(&ctx, &terms(1_250), start).await.expect("an outcome")), Some(expected));
    }
}

#[tokio::test]
async fn the_book_of_an_order() {
    let ((desk, _host), ctx) = (Msu::open("none"), ctx(ORDER));
    assert!(desk.order::<Msu>(&ctx, &target("sale", "none", 1, step::order_ref(ORDER))).await.is_empty());
    let was = target("authorize", "none", 1_000, reference(&common::held::<Msu>(&desk, &ctx, 1_000).await));
    assert_eq!(listed(&desk.order::<Msu>(&ctx, &was).await), ["authorize done 1000"]);
    let taken = Msu::capture(&ctx, &terms(900), &was);
    assert_eq!(word(&desk.end::<Msu>(&ctx, Some(&terms(900)), taken).await), "approved");
    desk.bank.day_end();
    let back = Msu::refund(&ctx, &terms(400), &was);
    assert_eq!(word(&desk.end::<Msu>(&ctx, Some(&terms(400)), back).await), "approved");
    let lines = listed(&desk.order::<Msu>(&ctx, &was).await);
    assert_eq!(lines, ["authorize done 1000", "capture done 900", "refund done 400"]);
}

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Msu>((true, false)).await;
}
