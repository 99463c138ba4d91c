//! Payten MSU.

use pos_msu::Msu;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Fault as Broken, Outcome, Payments, Preauth, ThreeDSecure, step};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::driver::{Desk, card, ctx, reference, target, terms, word};

const ORDER: &str = "01JD8ZK0Q3XYZ0123456";
const CARD: &str = "4355084355084358";
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

/// The merchant who sells with 3-D only.
fn web() -> Running {
    Session::new()
        .setting("merchant", "10000002")
        .setting("merchant-user", "api.web@example.com")
        .secret("merchant-password", "web|password")
        .secret("secret-key", "web|key")
        .start()
}

fn minor(outcome: &Outcome) -> Option<i64> {
    if let Outcome::Approved(approval) = outcome { approval.stated.minor } else { None }
}

#[tokio::test]
async fn sale_inquiry_and_refunds_that_are_told_by_their_sum() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = Msu::sale(&ctx, &terms(125_050), &card(CARD).card());
    let sold = desk.end::<Msu>(&ctx, Some(&terms(125_050)), sale).await;
    assert_eq!(minor(&sold), Some(125_050));
    let bank = reference(&sold);
    let ask = Msu::inquire(&ctx, &target("sale", "none", 125_050, bank.clone()));
    let Outcome::Approved(found) = desk.end::<Msu>(&ctx, None, ask).await else { panic!("found") };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(125_050), Some(ORDER)));
    let early = Msu::refund(&ctx, &terms(1), &target("sale", "none", 125_050, bank.clone()));
    let early = desk.end::<Msu>(&ctx, Some(&terms(1)), early).await;
    assert_eq!(word(&early), "declined state-conflict", "before the day's end it is a void");
    desk.bank.day_end();
    for (amount, before, left) in [(5_000, "0", 120_050), (120_050, "5000", 0)] {
        let back = Msu::refund(&ctx, &terms(amount), &target("sale", "none", 125_050, bank.clone()));
        assert_eq!(word(&desk.end::<Msu>(&ctx, Some(&terms(amount)), back).await), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(left));
        let mut noted = step::order_ref(ORDER);
        noted.extra.push(("refunded-before".into(), before.into()));
        let ask = Msu::inquire(&ctx, &target("refund", "none", amount, noted));
        assert_eq!(minor(&desk.end::<Msu>(&ctx, None, ask).await), Some(amount));
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
        let void = Msu::cancel(&first, &target("sale", "none", 500, bank.clone()));
        assert_eq!(word(&desk.end::<Msu>(&first, None, void).await), expected);
        assert_eq!(word(&desk.end::<Msu>(&first, None, ask()).await), "approved");
    }
    let second = ctx("HOLD1");
    let hold = Msu::authorize(&second, &terms(500), &card(CARD).card());
    let held = reference(&desk.end::<Msu>(&second, Some(&terms(500)), hold).await);
    let void = Msu::cancel(&second, &target("authorize", "none", 500, held));
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
    assert_eq!(minor(&taken), Some(900));
    assert_eq!(word(&desk.end::<Msu>(&ctx, Some(&terms(900)), take()).await), "declined state-conflict");
    assert_eq!(minor(&desk.end::<Msu>(&ctx, None, ask()).await), Some(900));
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
        let start = Msu::start(&ctx, MODEL, &terms(1_250), Some(&card(CARD).card()));
        let paid = desk.pay::<Msu>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(minor(&paid), Some(1_250));
        assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)));
        let ask = Msu::inquire(&ctx, &target("three-d-secure", MODEL, 1_250, reference(&paid)));
        assert_eq!(word(&desk.end::<Msu>(&ctx, None, ask).await), "approved");
        let again = Msu::start(&ctx, MODEL, &terms(1_250), Some(&card(CARD).card()));
        let again = desk.end::<Msu>(&ctx, Some(&terms(1_250)), again).await;
        assert_ne!(word(&again), "approved", "the number was paid");
    }
}

#[tokio::test]
async fn refusals_silences_and_unknown_orders_become_what_they_mean() {
    let (desk, _host) = (desk(), host());
    let ask = |order: &str, minor| Msu::inquire(&ctx(order), &target("sale", "none", minor, step::order_ref(order)));
    assert_eq!(word(&desk.end::<Msu>(&ctx("NONE"), None, ask("NONE", 1)).await), "not-processed");
    for (minor, expected, later) in [
        (1_051, "declined insufficient-funds", "declined insufficient-funds"),
        (1_041, "declined card-blocked", "declined card-blocked"),
        (1_082, "declined wrong-cvv", "declined wrong-cvv"),
        (1_092, "unknown", "pending"),
    ] {
        let order = format!("ORDER{minor}");
        let ctx = ctx(&order);
        let sale = Msu::sale(&ctx, &terms(minor), &card(CARD).card());
        assert_eq!(word(&desk.end::<Msu>(&ctx, Some(&terms(minor)), sale).await), expected, "{minor}");
        assert_eq!(word(&desk.end::<Msu>(&ctx, None, ask(&order, minor)).await), later, "{minor}");
    }
    for expected in ["approved", "unknown"] {
        let sale = Msu::sale(&ctx(ORDER), &terms(1_000), &card(CARD).card());
        assert_eq!(word(&desk.end::<Msu>(&ctx(ORDER), Some(&terms(1_000)), sale).await), expected);
    }
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_000, 1)), "a used number is no verdict");
    let mut mail = terms(1_000);
    mail.entry = "mail-order".into();
    let mut without_code = card(CARD);
    without_code.security_code = None;
    let sale = Msu::sale(&ctx("M1"), &mail, &without_code.card());
    assert_eq!(word(&desk.end::<Msu>(&ctx("M1"), Some(&mail), sale).await), "approved");
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    for kind in [FaultKind::Html, FaultKind::Garbage, FaultKind::Truncated] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Auth));
        let sale = Msu::sale(&ctx, &terms(1_000), &card(CARD).card());
        assert!(desk.run::<Msu>(&ctx, Some(&terms(1_000)), sale).await.is_err(), "{kind:?}");
        let ask = Msu::inquire(&ctx, &target("sale", "none", 1_000, step::order_ref(ORDER)));
        assert_eq!(word(&desk.end::<Msu>(&ctx, None, ask).await), "approved", "it was booked");
    }
    for kind in [FaultKind::WrongOrder, FaultKind::WrongHash] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Callback));
        let start = Msu::start(&ctx, MODEL, &terms(1_250), Some(&card(CARD).card()));
        let paid = desk.pay::<Msu>(&ctx, &terms(1_250), start).await;
        assert!(matches!(paid, Err(Broken::NotAuthentic(_))), "{kind:?}: {paid:?}");
    }
    // A return's amount is not signed and not read; the list's is the platform's word.
    for (on, expected) in [(Op::Callback, 1_250), (Op::Status, 1_350)] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(FaultKind::WrongAmount).on(on));
        let start = Msu::start(&ctx, MODEL, &terms(1_250), Some(&card(CARD).card()));
        assert_eq!(minor(&desk.pay::<Msu>(&ctx, &terms(1_250), start).await.expect("an outcome")), Some(expected));
    }
}
