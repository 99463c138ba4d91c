//! Yapı Kredi.

use pos_posnet::Posnet;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{BankRef, Outcome, Payments, Preauth, ThreeDSecure};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::driver::{Desk, card, ctx, reference, target, terms, word};

const ORDER: &str = "01JD8ZK0Q3XYZ0123456";
const CARD: &str = "4355084355084358";

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

#[tokio::test]
async fn sale_inquiry_partial_refund_and_its_void() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale =
        desk.end::<Posnet>(&ctx, Some(&terms(125_000)), Posnet::sale(&ctx, &terms(125_000), &card(CARD).card())).await;
    let bank = reference(&sale);
    let found =
        desk.end::<Posnet>(&ctx, None, Posnet::inquire(&ctx, &target("sale", "none", 125_000, bank.clone()))).await;
    let Outcome::Approved(approval) = &found else { panic!("{found:?}") };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(125_000), Some(ORDER)));
    assert_eq!(approval.bank.transaction_id, bank.transaction_id);
    let back = Posnet::refund(&ctx, &terms(5_000), &target("sale", "none", 125_000, bank.clone()));
    let refund = desk.end::<Posnet>(&ctx, Some(&terms(5_000)), back).await;
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(120_000));
    let void = Posnet::cancel(&ctx, &target("sale", "none", 125_000, bank.clone()));
    assert_eq!(word(&desk.end::<Posnet>(&ctx, None, void).await), "declined state-conflict", "a refund stands");
    let undo = Posnet::cancel(&ctx, &target("refund", "none", 5_000, reference(&refund)));
    assert_eq!(word(&desk.end::<Posnet>(&ctx, None, undo).await), "approved");
    let void = Posnet::cancel(&ctx, &target("sale", "none", 125_000, bank));
    assert_eq!(word(&desk.end::<Posnet>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.net)), Some(("voided", 0)));
}

#[tokio::test]
async fn a_reservation_its_capture_and_the_void_of_both() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let held =
        desk.end::<Posnet>(&ctx, Some(&terms(1_000)), Posnet::authorize(&ctx, &terms(1_000), &card(CARD).card())).await;
    let take = Posnet::capture(&ctx, &terms(900), &target("authorize", "none", 1_000, reference(&held)));
    let taken = desk.end::<Posnet>(&ctx, Some(&terms(900)), take).await;
    let ask = Posnet::inquire(&ctx, &target("capture", "none", 900, reference(&taken)));
    assert_eq!(word(&desk.end::<Posnet>(&ctx, None, ask).await), "approved");
    let void = Posnet::cancel(&ctx, &target("authorize", "none", 1_000, reference(&taken)));
    assert_eq!(word(&desk.end::<Posnet>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.held, o.net)), Some(("voided", 0, 0)));
}

#[tokio::test]
async fn the_gate_with_our_form_and_with_the_banks() {
    for (model, number) in [("3d", Some(CARD)), ("3d-host", None), ("3d", Some("5406670000000108"))] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let card = number.map(|number| card(number).card());
        let start = Posnet::start(&ctx, model, &terms(1_250), card.as_ref());
        let paid = desk.pay::<Posnet>(&ctx, &terms(1_250), start).await.expect("an outcome");
        let bank = reference(&paid);
        assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)), "{model}");
        let ask = Posnet::inquire(
            &ctx,
            &target("three-d-secure", model, 1_250, BankRef { transaction_id: None, ..bank.clone() }),
        );
        assert_eq!(word(&desk.end::<Posnet>(&ctx, None, ask).await), "approved");
        let void = Posnet::cancel(&ctx, &target("three-d-secure", model, 1_250, bank));
        assert_eq!(word(&desk.end::<Posnet>(&ctx, None, void).await), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
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
        let start = Posnet::start(&ctx, "3d", &terms(1_250), Some(&card(number).card()));
        let paid = desk.pay::<Posnet>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(word(&paid), expected, "{number}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
    let (desk, _host, ctx) = (desk(), session().setting("accepted-md-status", "1,4").start(), ctx(ORDER));
    let start = Posnet::start(&ctx, "3d", &terms(1_250), Some(&card("5406670000000041").card()));
    let paid = desk.pay::<Posnet>(&ctx, &terms(1_250), start).await.expect("an outcome");
    assert_eq!(word(&paid), "approved");
}

#[tokio::test]
async fn refusals_become_what_they_mean() {
    for (minor, expected) in [
        (1_051, "declined insufficient-funds"),
        (1_054, "declined expired-card"),
        (1_041, "declined card-blocked"),
        (1_092, "unknown"),
        (1_091, "unknown"),
    ] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let sale = Posnet::sale(&ctx, &terms(minor), &card(CARD).card());
        assert_eq!(word(&desk.end::<Posnet>(&ctx, Some(&terms(minor)), sale).await), expected, "{minor}");
        let ask = |minor| {
            Posnet::inquire(
                &ctx,
                &target(
                    "sale",
                    "none",
                    minor,
                    BankRef {
                        bank_order_id: Some(ORDER.into()),
                        transaction_id: None,
                        auth_code: None,
                        extra: Vec::new(),
                    },
                ),
            )
        };
        desk.bank.clock().advance_ms(61_000);
        assert_eq!(word(&desk.end::<Posnet>(&ctx, None, ask(minor)).await), "declined not-approved", "{minor}");
    }
}

#[tokio::test]
async fn the_same_sale_twice_is_one_payment() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    for _ in 0..2 {
        let sale = Posnet::sale(&ctx, &terms(1_000), &card(CARD).card());
        let outcome = desk.end::<Posnet>(&ctx, Some(&terms(1_000)), sale).await;
        assert_eq!(word(&outcome), "approved");
    }
    let other = Posnet::sale(&ctx, &terms(2_000), &card(CARD).card());
    let Outcome::Approved(repeated) = desk.end::<Posnet>(&ctx, Some(&terms(2_000)), other).await else {
        panic!("repeated")
    };
    assert_eq!(repeated.stated.minor, Some(1_000), "the bank's amount, which the host will not take for ours");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_000, 1)));
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    for kind in [FaultKind::Html, FaultKind::Garbage, FaultKind::Truncated] {
        for op in [Op::Auth, Op::Credit, Op::Void] {
            let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
            desk.bank.fault(Fault::once(kind).on(op));
            let sale = Posnet::sale(&ctx, &terms(1_000), &card(CARD).card());
            if op == Op::Auth {
                assert!(desk.run::<Posnet>(&ctx, Some(&terms(1_000)), sale).await.is_err(), "{kind:?}");
                continue;
            }
            let bank = reference(&desk.end::<Posnet>(&ctx, Some(&terms(1_000)), sale).await);
            let target = target("sale", "none", 1_000, bank);
            let act = if op == Op::Void {
                Posnet::cancel(&ctx, &target)
            } else {
                Posnet::refund(&ctx, &terms(1_000), &target)
            };
            assert!(desk.run::<Posnet>(&ctx, Some(&terms(1_000)), act).await.is_err(), "{kind:?} {op:?}");
        }
    }
    for kind in [FaultKind::WrongAmount, FaultKind::WrongOrder, FaultKind::WrongCurrency, FaultKind::WrongHash] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(kind));
        let start = Posnet::start(&ctx, "3d", &terms(1_250), Some(&card(CARD).card()));
        let paid = desk.pay::<Posnet>(&ctx, &terms(1_250), start).await;
        assert!(matches!(paid, Err(vezne_plugin::Fault::NotAuthentic(_))), "{kind:?}: {paid:?}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0, "{kind:?}");
    }
}
