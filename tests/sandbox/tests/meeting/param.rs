//! Param.

use pos_param::Param;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{BankRef, Outcome, Payments, Preauth, ThreeDSecure};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::driver::{Desk, card, ctx, listed, reference, target, terms, word};

const ORDER: &str = "01JD8ZK0Q3XYZ0123456";
const CARD: &str = "4355084355084358";

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

fn unknown_yet() -> BankRef {
    BankRef { bank_order_id: Some(ORDER.into()), transaction_id: None, auth_code: None, extra: Vec::new() }
}

#[tokio::test]
async fn sale_inquiry_day_end_and_refunds_in_parts() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = Param::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Param>(&ctx, Some(&terms(125_050)), sale).await);
    let ask = Param::inquire(&ctx, &target("sale", "none", 125_050, unknown_yet()));
    let Outcome::Approved(found) = desk.end::<Param>(&ctx, Some(&terms(125_050)), ask).await else { panic!("found") };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(125_050), Some(ORDER)));
    let sold = target("sale", "none", 125_050, bank);
    let early = Param::refund(&ctx, &terms(5_000), &sold);
    assert_eq!(word(&desk.end::<Param>(&ctx, Some(&terms(5_000)), early).await), "declined state-conflict");
    desk.bank.day_end();
    let late = Param::cancel(&ctx, &sold);
    assert_eq!(word(&desk.end::<Param>(&ctx, None, late).await), "declined state-conflict");
    for left in [120_050, 115_050] {
        let back = Param::refund(&ctx, &terms(5_000), &sold);
        assert_eq!(word(&desk.end::<Param>(&ctx, Some(&terms(5_000)), back).await), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(left));
    }
    for (before, expected) in [("5000", "approved"), ("10000", "not-processed"), ("0", "unknown")] {
        let mut refund = target("refund", "none", 5_000, unknown_yet());
        refund.bank.extra.push(("refunded-before".into(), before.into()));
        let ask = Param::inquire(&ctx, &refund);
        assert_eq!(word(&desk.end::<Param>(&ctx, Some(&terms(5_000)), ask).await), expected, "{before}");
    }
    let more = Param::refund(&ctx, &terms(200_000), &sold);
    assert_eq!(word(&desk.end::<Param>(&ctx, Some(&terms(200_000)), more).await), "declined state-conflict");
}

#[tokio::test]
async fn a_reservation_its_capture_and_its_void() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let hold = Param::authorize(&ctx, &terms(1_000), &card(CARD).card());
    let held = target("authorize", "none", 1_000, reference(&desk.end::<Param>(&ctx, Some(&terms(1_000)), hold).await));
    let asked = |operation: &str, minor: i64| Param::inquire(&ctx, &target(operation, "none", minor, unknown_yet()));
    assert_eq!(word(&desk.end::<Param>(&ctx, None, asked("authorize", 1_000)).await), "approved");
    assert_eq!(word(&desk.end::<Param>(&ctx, None, asked("capture", 900)).await), "not-processed");
    let take = Param::capture(&ctx, &terms(900), &held);
    let taken = reference(&desk.end::<Param>(&ctx, Some(&terms(900)), take).await);
    assert_eq!(word(&desk.end::<Param>(&ctx, None, asked("capture", 900)).await), "approved");
    assert_eq!(word(&desk.end::<Param>(&ctx, None, asked("void", 900)).await), "not-processed");
    let void = Param::cancel(&ctx, &target("capture", "none", 900, taken));
    assert_eq!(word(&desk.end::<Param>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
}

#[tokio::test]
async fn every_model_charges_once() {
    for (model, number) in
        [("3d", Some(CARD)), ("3d", Some("5406670000000108")), ("3d-pay", Some(CARD)), ("3d-host", None)]
    {
        let (mut desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        if model == "3d-host" {
            desk.gate = "/default.aspx";
        }
        let card = number.map(|number| card(number).card());
        let start = Param::start(&ctx, model, &terms(1_250), card.as_ref());
        let paid = desk.pay::<Param>(&ctx, &terms(1_250), start).await.expect("an outcome");
        let bank = reference(&paid);
        assert_eq!(
            desk.bank.orders().iter().map(|o| (o.net, o.approvals)).collect::<Vec<_>>(),
            [(1_250, 1)],
            "{model}"
        );
        let ask = Param::inquire(&ctx, &target("three-d-secure", model, 1_250, bank.clone()));
        assert_eq!(word(&desk.end::<Param>(&ctx, Some(&terms(1_250)), ask).await), "approved");
        let void = Param::cancel(&ctx, &target("three-d-secure", model, 1_250, bank));
        assert_eq!(word(&desk.end::<Param>(&ctx, None, void).await), "approved");
        assert_eq!(desk.bank.orders()[0].net, 0);
    }
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    for (number, expected) in [
        ("5406670000000009", "declined authenticate-again"),
        ("5406670000000025", "declined authenticate-again"),
        ("5406670000000041", "declined authenticate-again"),
        ("5406670000000082", "declined wrong-card-number"),
        ("5406670000000512", "declined insufficient-funds"),
    ] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let start = Param::start(&ctx, "3d", &terms(1_250), Some(&card(number).card()));
        let paid = desk.pay::<Param>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(word(&paid), expected, "{number}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
}

#[tokio::test]
async fn refusals_and_silences_become_what_they_mean() {
    for (minor, expected) in [
        (1_051, "declined insufficient-funds"),
        (1_054, "declined expired-card"),
        (1_041, "declined card-blocked"),
        (1_082, "declined wrong-cvv"),
    ] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let sale = Param::sale(&ctx, &terms(minor), &card(CARD).card());
        assert_eq!(word(&desk.end::<Param>(&ctx, Some(&terms(minor)), sale).await), expected, "{minor}");
        let ask = Param::inquire(&ctx, &target("sale", "none", minor, unknown_yet()));
        assert!(word(&desk.end::<Param>(&ctx, None, ask).await).starts_with("declined "), "{minor}");
    }
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let ask = Param::inquire(&ctx, &target("sale", "none", 1_000, unknown_yet()));
    assert_eq!(word(&desk.end::<Param>(&ctx, None, ask).await), "not-processed");
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
        let start = Param::start(&ctx, "3d-pay", &terms(1_250), Some(&card(number).card()));
        let paid = desk.pay::<Param>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(word(&paid), expected, "{number}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    for kind in [FaultKind::Html, FaultKind::Garbage, FaultKind::Truncated] {
        for op in [Op::Auth, Op::Void] {
            let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
            desk.bank.fault(Fault::once(kind).on(op));
            let sale = Param::sale(&ctx, &terms(1_000), &card(CARD).card());
            if op == Op::Auth {
                assert!(desk.run::<Param>(&ctx, Some(&terms(1_000)), sale).await.is_err(), "{kind:?}");
                let ask = Param::inquire(&ctx, &target("sale", "none", 1_000, unknown_yet()));
                assert_eq!(word(&desk.end::<Param>(&ctx, None, ask).await), "approved", "it was booked");
                continue;
            }
            let bank = reference(&desk.end::<Param>(&ctx, Some(&terms(1_000)), sale).await);
            let void = Param::cancel(&ctx, &target("sale", "none", 1_000, bank));
            assert!(desk.run::<Param>(&ctx, None, void).await.is_err(), "{kind:?}");
            let ask = Param::inquire(&ctx, &target("void", "none", 1_000, unknown_yet()));
            assert_eq!(word(&desk.end::<Param>(&ctx, None, ask).await), "approved", "it was booked");
        }
    }
    for kind in FALSE {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Callback));
        let start = Param::start(&ctx, "3d", &terms(1_250), Some(&card(CARD).card()));
        let paid = desk.pay::<Param>(&ctx, &terms(1_250), start).await;
        assert!(matches!(paid, Err(vezne_plugin::Fault::NotAuthentic(_))), "{kind:?}: {paid:?}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0, "{kind:?}");
    }
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
