//! Denizbank.

use pos_interpos::Interpos;
use vezne_plugin::Payments;
use vezne_plugin::native::{Running, Session};
use vezne_sandbox::{Bank, Options};

use crate::common::{self, FALSE, Meets, NOT_ACCEPTED};
use crate::driver::{CARD, Desk, card, ctx, terms, word};

fn desk() -> Desk {
    let bank = Bank::new(Options::default()).expect("a bank");
    Desk { bank, api: "/mpi/Default.aspx", gate: "/mpi/Default.aspx" }
}

fn host() -> Running {
    Session::new()
        .setting("shop-code", "3123")
        .setting("user-code", "InterTestApi")
        .secret("api-password", "3")
        .secret("store-key", "gDg1N")
        .start()
}

impl Meets for Interpos {
    fn open(model: &str) -> (Desk, Running) {
        let mut desk = desk();
        if model == "3d-host" {
            desk.gate = "/mpi/3DHost.aspx";
        }
        (desk, host())
    }
}

#[tokio::test]
async fn sale_inquiry_day_end_and_refunds_in_parts() {
    common::sale_inquiry_day_end_and_refunds_in_parts::<Interpos>().await;
}

#[tokio::test]
async fn a_reservation_its_capture_and_its_void() {
    common::a_reservation_its_capture_and_its_void::<Interpos>().await;
}

#[tokio::test]
async fn every_model_charges_once() {
    common::every_model_charges_once::<Interpos>().await;
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    common::results_that_are_not_accepted_charge_nothing::<Interpos>("3d", &NOT_ACCEPTED).await;
}

#[tokio::test]
async fn refusals_and_silences_become_what_they_mean() {
    common::refusals_become_what_they_mean::<Interpos>(
        0,
        &[
            (1_051, "declined insufficient-funds", "declined insufficient-funds"),
            (1_054, "declined expired-card", "declined expired-card"),
            (1_041, "declined card-blocked", "declined card-blocked"),
            (1_082, "declined wrong-cvv", "declined wrong-cvv"),
        ],
    )
    .await;
    common::what_never_arrived_was_not_processed::<Interpos>().await;
}

#[tokio::test]
async fn a_used_order_number_is_no_verdict() {
    common::a_used_order_number_is_no_verdict::<Interpos>().await;
    common::a_mail_order_needs_no_code::<Interpos>().await;
    let (desk, _host, other) = (desk(), host(), ctx("M1"));
    let (mut mail, mut without_code) = (terms(1_000), card(CARD));
    mail.entry = "mail-order".into();
    without_code.security_code = None;
    let sale = Interpos::sale(&ctx("M2"), &terms(1_000), &without_code.card());
    assert_eq!(word(&desk.end::<Interpos>(&other, Some(&mail), sale).await), "declined wrong-cvv");
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_asked_about::<Interpos>().await;
    common::an_unreadable_void_is_asked_about::<Interpos>().await;
    common::false_returns_are_not_authentic::<Interpos>("3d", &FALSE).await;
}
