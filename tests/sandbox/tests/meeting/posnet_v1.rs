//! Albaraka.

use pos_posnet_v1::PosnetV1;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{BankRef, Outcome, Payments, Preauth, ThreeDSecure};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::driver::{Desk, card, ctx, reference, target, terms, word};

const ORDER: &str = "01JD8ZK0Q3XYZ0123456";
const CARD: &str = "4355084355084358";

fn desk() -> Desk {
    let bank = Bank::new(Options::default()).expect("a bank");
    let gate = "/ALBSecurePaymentUI/SecureProcess/SecureVerification.aspx";
    Desk { bank, api: "/ALBMerchantService/MerchantJSONAPI.svc", gate }
}

fn session() -> Session {
    Session::new()
        .setting("merchant-id", "6702640212")
        .setting("terminal-id", "67C16990")
        .setting("posnet-id", "1010062861356072")
        .secret("enc-key", "10,10,10,10,10,10,10,10")
}

fn host() -> Running {
    session().start()
}

#[tokio::test]
async fn sale_inquiry_partial_refund_and_its_void() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = PosnetV1::sale(&ctx, &terms(125_000), &card(CARD).card());
    let bank = reference(&desk.end::<PosnetV1>(&ctx, Some(&terms(125_000)), sale).await);
    let ask = PosnetV1::inquire(&ctx, &target("sale", "none", 125_000, bank.clone()));
    let found = desk.end::<PosnetV1>(&ctx, None, ask).await;
    let Outcome::Approved(approval) = &found else { panic!("{found:?}") };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(125_000), Some(ORDER)));
    assert_eq!(approval.bank.transaction_id, bank.transaction_id);
    let back = PosnetV1::refund(&ctx, &terms(5_000), &target("sale", "none", 125_000, bank.clone()));
    let refund = desk.end::<PosnetV1>(&ctx, Some(&terms(5_000)), back).await;
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(120_000));
    let void = PosnetV1::cancel(&ctx, &target("sale", "none", 125_000, bank.clone()));
    assert_eq!(word(&desk.end::<PosnetV1>(&ctx, None, void).await), "declined state-conflict", "a refund stands");
    let undo = PosnetV1::cancel(&ctx, &target("refund", "none", 5_000, reference(&refund)));
    assert_eq!(word(&desk.end::<PosnetV1>(&ctx, None, undo).await), "approved");
    let void = PosnetV1::cancel(&ctx, &target("sale", "none", 125_000, bank));
    assert_eq!(word(&desk.end::<PosnetV1>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.net)), Some(("voided", 0)));
}

#[tokio::test]
async fn a_reservation_its_capture_and_the_void_of_both() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let hold = PosnetV1::authorize(&ctx, &terms(1_000), &card(CARD).card());
    let held = desk.end::<PosnetV1>(&ctx, Some(&terms(1_000)), hold).await;
    let take = PosnetV1::capture(&ctx, &terms(900), &target("authorize", "none", 1_000, reference(&held)));
    let taken = desk.end::<PosnetV1>(&ctx, Some(&terms(900)), take).await;
    let ask = PosnetV1::inquire(&ctx, &target("capture", "none", 900, reference(&taken)));
    assert_eq!(word(&desk.end::<PosnetV1>(&ctx, None, ask).await), "approved");
    let void = PosnetV1::cancel(&ctx, &target("authorize", "none", 1_000, reference(&taken)));
    assert_eq!(word(&desk.end::<PosnetV1>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.held, o.net)), Some(("voided", 0, 0)));
}

#[tokio::test]
async fn the_gate_with_our_form_and_with_the_banks() {
    for (model, number) in [("3d", Some(CARD)), ("3d-host", None), ("3d", Some("5406670000000108"))] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let card = number.map(|number| card(number).card());
        let start = PosnetV1::start(&ctx, model, &terms(1_250), card.as_ref());
        let paid = desk.pay::<PosnetV1>(&ctx, &terms(1_250), start).await.expect("an outcome");
        let bank = reference(&paid);
        assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)), "{model}");
        let lost = BankRef { transaction_id: None, ..bank.clone() };
        let ask = PosnetV1::inquire(&ctx, &target("three-d-secure", model, 1_250, lost));
        assert_eq!(word(&desk.end::<PosnetV1>(&ctx, None, ask).await), "approved");
        let back = PosnetV1::refund(&ctx, &terms(1_250), &target("three-d-secure", model, 1_250, bank));
        assert_eq!(word(&desk.end::<PosnetV1>(&ctx, Some(&terms(1_250)), back).await), "approved");
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
        let start = PosnetV1::start(&ctx, "3d", &terms(1_250), Some(&card(number).card()));
        let paid = desk.pay::<PosnetV1>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(word(&paid), expected, "{number}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
    let (desk, _host, ctx) = (desk(), session().setting("accepted-md-status", "1,2,3,4").start(), ctx(ORDER));
    let start = PosnetV1::start(&ctx, "3d", &terms(1_250), Some(&card("5406670000000033").card()));
    let paid = desk.pay::<PosnetV1>(&ctx, &terms(1_250), start).await.expect("an outcome");
    assert_eq!(word(&paid), "approved");
}

#[tokio::test]
async fn the_same_sale_twice_is_one_payment() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    for _ in 0..2 {
        let sale = PosnetV1::sale(&ctx, &terms(1_000), &card(CARD).card());
        assert_eq!(word(&desk.end::<PosnetV1>(&ctx, Some(&terms(1_000)), sale).await), "approved");
    }
    let other = PosnetV1::sale(&ctx, &terms(2_000), &card(CARD).card());
    let Outcome::Approved(found) = desk.end::<PosnetV1>(&ctx, Some(&terms(2_000)), other).await else {
        panic!("found")
    };
    assert_eq!(found.stated.minor, Some(1_000), "the bank's amount, which the host will not take for ours");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_000, 1)));
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    for kind in [FaultKind::Html, FaultKind::Garbage, FaultKind::Truncated] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Auth));
        let sale = PosnetV1::sale(&ctx, &terms(1_000), &card(CARD).card());
        assert!(desk.run::<PosnetV1>(&ctx, Some(&terms(1_000)), sale).await.is_err(), "{kind:?}");
    }
    for kind in [FaultKind::WrongAmount, FaultKind::WrongOrder, FaultKind::WrongCurrency, FaultKind::WrongHash] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(kind));
        let start = PosnetV1::start(&ctx, "3d", &terms(1_250), Some(&card(CARD).card()));
        let paid = desk.pay::<PosnetV1>(&ctx, &terms(1_250), start).await;
        assert!(matches!(paid, Err(vezne_plugin::Fault::NotAuthentic(_))), "{kind:?}: {paid:?}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0, "{kind:?}");
    }
}
