//! Akbank.

use pos_akbank::Akbank;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Fault as Broken, Outcome, Payments, Preauth, Purpose, Step, ThreeDSecure, step};
use vezne_sandbox::{Bank, FaultKind, Options};

use crate::common::{self, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, target, terms, word};

fn desk() -> Desk {
    let bank = Bank::new(Options::default()).expect("a bank");
    Desk { bank, api: "/api/v1/payment/virtualpos", gate: "" }
}

/// The host's clock is the bank's: a message's time must not be far off.
fn session(desk: &Desk) -> Session {
    Session::new()
        .at(u64::try_from(desk.bank.clock().now_ms()).expect("after 1970"))
        .setting("merchant-safe-id", "2023090417500272654BD9A49CF07574")
        .setting("terminal-safe-id", "2023090417500284633D137A249DBBEB")
        .secret(
            "secret-key",
            "3230323330393034313735303032363031353172675f357637355f3273387373745f7233725f73323333383737335f323272383774767276327672323531355f",
        )
}

fn open() -> (Desk, Running) {
    let desk = desk();
    let host = session(&desk).start();
    (desk, host)
}

impl Meets for Akbank {
    fn open(_model: &str) -> (Desk, Running) {
        open()
    }
}

/// What the known reference of a step lets the host ask later.
fn known(step: &Result<Step, Broken>) -> vezne_plugin::BankRef {
    match step {
        Ok(Step::Send(send)) => send.known.clone(),
        other => panic!("expected a request, not {other:?}"),
    }
}

#[tokio::test]
async fn sale_inquiry_and_two_refunds_that_are_told_apart() {
    let (desk, _host) = open();
    let ctx = ctx(ORDER);
    let sale = Akbank::sale(&ctx, &terms(1_001), &card(CARD).card());
    let asked_with = known(&sale);
    let bank = reference(&desk.end::<Akbank>(&ctx, Some(&terms(1_001)), sale).await);
    let ask = Akbank::inquire(&ctx, &target("sale", "none", 1_001, asked_with));
    let Outcome::Approved(found) = desk.end::<Akbank>(&ctx, None, ask).await else { panic!("approved") };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
    assert_eq!(found.bank.transaction_id, bank.transaction_id);
    for (minor, left) in [(400, 601), (601, 0)] {
        let look = Akbank::refund(&ctx, &terms(minor), &target("sale", "none", 1_001, bank.clone()));
        let back = desk.end::<Akbank>(&ctx, Some(&terms(minor)), look).await;
        assert_eq!(word(&back), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(left));
    }
    let again = Akbank::refund(&ctx, &terms(1), &target("sale", "none", 1_001, bank));
    assert_eq!(word(&desk.end::<Akbank>(&ctx, Some(&terms(1)), again).await), "declined state-conflict");
}

#[tokio::test]
async fn a_void_shows_on_the_sale_and_a_capture_on_the_reservation() {
    let (desk, _host) = open();
    let voided = ctx(ORDER);
    let sale = Akbank::sale(&voided, &terms(500), &card(CARD).card());
    let bank = reference(&desk.end::<Akbank>(&voided, Some(&terms(500)), sale).await);
    let void = Akbank::void(&voided, &target("sale", "none", 500, bank.clone()));
    let asked_with = known(&void);
    assert_eq!(word(&desk.end::<Akbank>(&voided, None, void).await), "approved");
    let ask = Akbank::inquire(&voided, &target("void", "none", 500, asked_with));
    assert_eq!(word(&desk.end::<Akbank>(&voided, None, ask).await), "approved");
    let ask = Akbank::inquire(&voided, &target("sale", "none", 500, bank));
    let Outcome::Approved(found) = desk.end::<Akbank>(&voided, None, ask).await else { panic!("approved") };
    assert_eq!(found.attributes, [("order-state".to_owned(), "voided".to_owned())]);

    let held = ctx("01JD8ZK0Q3XYZ0123457");
    let hold = Akbank::authorize(&held, &terms(1_000), &card(CARD).card());
    let bank = reference(&desk.end::<Akbank>(&held, Some(&terms(1_000)), hold).await);
    let ask = || Akbank::inquire(&held, &target("capture", "none", 900, bank.clone()));
    assert_eq!(word(&desk.end::<Akbank>(&held, None, ask()).await), "not-processed");
    let take = Akbank::capture(&held, &terms(900), &target("authorize", "none", 1_000, bank.clone()));
    assert_eq!(word(&desk.end::<Akbank>(&held, Some(&terms(900)), take).await), "approved");
    let Outcome::Approved(found) = desk.end::<Akbank>(&held, None, ask()).await else { panic!("approved") };
    assert_eq!(found.stated.minor, Some(900));
}

#[tokio::test]
async fn the_gate_in_three_models_sells_and_reserves() {
    for model in ["3d", "3d-pay", "3d-host"] {
        for reserve in [false, true] {
            let (desk, _host) = open();
            let ctx = ctx(ORDER);
            let purpose = if reserve { Purpose::Authorize } else { Purpose::Sale };
            let card = card(CARD).card();
            let start = Akbank::start(&ctx, purpose, model, &terms(1_250), Some(&card).filter(|_| model != "3d-host"));
            let paid = desk.pay::<Akbank>(&ctx, &terms(1_250), start).await.expect("an outcome");
            assert_eq!(word(&paid), "approved", "{model}");
            let order = desk.bank.order(ORDER).expect("booked");
            assert_eq!((order.net + order.held, order.held > 0, order.approvals), (1_250, reserve, 1), "{model}");
        }
    }
}

#[tokio::test]
async fn refusals_silence_and_unknown_orders_become_what_they_mean() {
    common::what_never_arrived_was_not_processed::<Akbank>().await;
    common::refusals_become_what_they_mean::<Akbank>(
        61_000,
        &[
            (1_051, "declined insufficient-funds", "declined insufficient-funds"),
            (1_054, "declined expired-card", "declined expired-card"),
            (1_041, "declined card-blocked", "declined card-blocked"),
            (1_092, "unknown", "declined canceled"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_repeated_order_is_placed_and_cancelled() {
    let (desk, _host) = open();
    let mut ctx = ctx(ORDER);
    for (key, value) in [("recurring-interval", "1"), ("recurring-cycle", "M"), ("recurring-count", "3")] {
        ctx.attributes.push((key.into(), value.into()));
    }
    let sale = Akbank::sale(&ctx, &terms(300), &card(CARD).card());
    let asked_with = known(&sale);
    let bank = reference(&desk.end::<Akbank>(&ctx, Some(&terms(300)), sale).await);
    let ask = Akbank::inquire(&ctx, &target("sale", "none", 300, asked_with));
    assert_eq!(word(&desk.end::<Akbank>(&ctx, None, ask).await), "approved");
    let mut all = bank.clone();
    all.extra.push(("recurring-all".into(), "true".into()));
    for reference in [all, bank] {
        let cancel = Akbank::void(&ctx, &target("sale", "none", 300, reference));
        let asked_with = known(&cancel);
        assert_eq!(word(&desk.end::<Akbank>(&ctx, None, cancel).await), "approved");
        let ask = Akbank::inquire(&ctx, &target("void", "none", 300, asked_with));
        assert_eq!(word(&desk.end::<Akbank>(&ctx, None, ask).await), "approved");
    }
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_asked_about::<Akbank>().await;
    // The return states no amount.
    common::false_returns_are_not_authentic::<Akbank>("3d", &[FaultKind::WrongHash, FaultKind::WrongOrder]).await;
    common::false_returns_are_not_authentic::<Akbank>("3d-pay", &[FaultKind::WrongHash]).await;
    let again = |number| (number, "declined authenticate-again");
    let cards = ["5406670000000009", "5406670000000041"].map(again);
    common::results_that_are_not_accepted_charge_nothing::<Akbank>("3d", &cards).await;
}

#[tokio::test]
async fn the_book_of_an_order_and_of_a_day() {
    let (desk, _host) = open();
    let ctx = ctx(ORDER);
    assert!(desk.order::<Akbank>(&ctx, &target("sale", "none", 1, step::order_ref(ORDER))).await.is_empty());
    let sale = Akbank::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Akbank>(&ctx, Some(&terms(125_050)), sale).await);
    let sold = target("sale", "none", 125_050, bank);
    let back = Akbank::refund(&ctx, &terms(5_000), &sold);
    assert_eq!(word(&desk.end::<Akbank>(&ctx, Some(&terms(5_000)), back).await), "approved");
    let expected = ["refund done 5000", "sale done 125050"];
    let order = desk.order::<Akbank>(&ctx, &sold).await;
    assert_eq!(listed(&order), expected);
    assert!(
        order.iter().all(|line| line.order_id.as_deref() == Some(ORDER) && line.currency.as_deref() == Some("949"))
    );
    let today = desk.today::<Akbank>(&ctx).await;
    assert_eq!(listed(&today), expected);
    let now = u64::try_from(desk.bank.clock().now_ms()).expect("after 1970");
    assert!(today.iter().all(|line| line.at_millis.is_some_and(|at| now.abs_diff(at) < 60_000)), "{today:?}");
}

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Akbank>((true, true)).await;
}
