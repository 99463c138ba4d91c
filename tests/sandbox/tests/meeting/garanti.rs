//! Garanti BBVA.

use pos_garanti::Garanti;
use vezne_plugin::history::Look;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{History, Payments, Reply, step};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::common::{self, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, target, terms, word};

fn desk() -> Desk {
    let bank = Bank::new(Options::default()).expect("a bank");
    Desk { bank, api: "/VPServlet", gate: "/servlet/gt3dengine" }
}

fn host() -> Running {
    Session::new()
        .setting("merchant-id", "7000679")
        .setting("terminal-id", "30691298")
        .secret("api-password", "123qweASD/")
        .secret("refund-password", "123qweASD/")
        .secret("hosted-password", "123qweASD/")
        .secret("store-key", "12345678")
        .start()
}

impl Meets for Garanti {
    fn open(_model: &str) -> (Desk, Running) {
        (desk(), host())
    }
}

#[tokio::test]
async fn a_sale_its_inquiry_and_its_void() {
    common::a_sale_its_inquiry_and_its_void::<Garanti>().await;
}

#[tokio::test]
async fn refunds_in_parts_after_the_day_and_no_more_than_was_paid() {
    common::refunds_in_parts_after_the_day_and_no_more_than_was_paid::<Garanti>().await;
}

#[tokio::test]
async fn a_reservation_and_its_capture() {
    common::a_reservation_and_its_capture::<Garanti>().await;
}

#[tokio::test]
async fn every_model_of_the_gate() {
    common::every_model_of_the_gate::<Garanti>().await;
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    let again = |number| (number, "declined authenticate-again");
    let cards = ["5406670000000009", "5406670000000025", "5406670000000041", "5406670000000058"].map(again);
    common::results_that_are_not_accepted_charge_nothing::<Garanti>("3d", &cards).await;
    for model in ["3d", "3d-pay"] {
        let poor = [("5406670000000512", "declined insufficient-funds")];
        common::results_that_are_not_accepted_charge_nothing::<Garanti>(model, &poor).await;
    }
}

#[tokio::test]
async fn points_are_used_and_come_back() {
    common::points_are_used_and_come_back::<Garanti>("declined not-approved").await;
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_no_verdict::<Garanti>().await;
    for model in ["3d", "3d-pay"] {
        let kinds = [FaultKind::WrongAmount, FaultKind::WrongOrder, FaultKind::WrongHash];
        common::false_returns_are_not_authentic::<Garanti>(model, &kinds).await;
    }
}

#[tokio::test]
async fn the_book_of_an_order_and_of_a_day() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = Garanti::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Garanti>(&ctx, Some(&terms(125_050)), sale).await);
    let sold = target("sale", "none", 125_050, bank);
    desk.bank.day_end();
    let back = Garanti::refund(&ctx, &terms(5_000), &sold);
    assert_eq!(word(&desk.end::<Garanti>(&ctx, Some(&terms(5_000)), back).await), "approved");
    let expected = ["refund done 5000", "sale done 125050"];
    assert_eq!(listed(&desk.order::<Garanti>(&ctx, &sold).await), expected);
    let today = desk.today::<Garanti>(&ctx).await;
    assert_eq!(listed(&today), expected);
    assert!(today.iter().all(|line| line.order_id.as_deref() == Some(ORDER) && line.at_millis.is_some()), "{today:?}");
}

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Garanti>((true, true)).await;
}

#[tokio::test]
async fn a_book_that_is_signed_wrongly_is_nobodys() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    common::sold::<Garanti>(&desk, &ctx, 1_000).await;
    for on in [Op::History, Op::Report] {
        desk.bank.fault(Fault::once(FaultKind::WrongHash).on(on));
    }
    let target = target("sale", "none", 1_000, step::order_ref(ORDER));
    for look in [Garanti::of_order(&ctx, &target), Garanti::of_day(&ctx, "2026-11-22", None)] {
        let Ok(Look::Send(send)) = look else { panic!("a question") };
        let answer = Reply::Response(desk.answered(&send).await);
        let read = Garanti::go_on(&ctx, &send.state, &answer);
        assert!(matches!(read, Err(vezne_plugin::Fault::NotAuthentic(_))), "{read:?}");
    }
}
