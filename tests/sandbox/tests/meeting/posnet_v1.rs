//! Albaraka.

use pos_posnet_v1::PosnetV1;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Purpose, ThreeDSecure};
use vezne_sandbox::{Bank, Options};

use crate::common::{self, FALSE, Meets, NOT_ACCEPTED};
use crate::driver::{Desk, ORDER, card, ctx, terms, word};

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

impl Meets for PosnetV1 {
    fn open(_model: &str) -> (Desk, Running) {
        (desk(), host())
    }
}

#[tokio::test]
async fn sale_inquiry_partial_refund_and_its_void() {
    common::sale_inquiry_partial_refund_and_its_void::<PosnetV1>().await;
}

#[tokio::test]
async fn a_reservation_its_capture_and_the_void_of_both() {
    common::a_reservation_its_capture_and_the_void_of_both::<PosnetV1>().await;
}

#[tokio::test]
async fn the_gate_with_our_form_and_with_the_banks() {
    common::the_gate_with_our_form_and_with_the_banks::<PosnetV1>(true).await;
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    common::results_that_are_not_accepted_charge_nothing::<PosnetV1>("3d", &NOT_ACCEPTED).await;
    let (desk, _host, ctx) = (desk(), session().setting("accepted-md-status", "1,2,3,4").start(), ctx(ORDER));
    let start = PosnetV1::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card("5406670000000033").card()));
    let paid = desk.pay::<PosnetV1>(&ctx, &terms(1_250), start).await.expect("an outcome");
    assert_eq!(word(&paid), "approved");
}

#[tokio::test]
async fn the_same_sale_twice_is_one_payment() {
    common::the_same_sale_twice_is_one_payment::<PosnetV1>().await;
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_asked_about::<PosnetV1>().await;
    common::false_returns_are_not_authentic::<PosnetV1>("3d", &FALSE).await;
}
