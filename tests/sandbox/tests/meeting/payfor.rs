//! QNB and Ziraat Katılım, by PayFor.

use pos_payfor::Payfor;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Payments, Purpose, ThreeDSecure};
use vezne_sandbox::{Bank, FaultKind, Options};

use crate::common::{self, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, target, terms, word};

fn desk(model: &str) -> Desk {
    let bank = Bank::new(Options::default()).expect("a bank");
    let gate = if model == "3d-host" { "/Gateway/3DHost.aspx" } else { "/Gateway/Default.aspx" };
    Desk { bank, api: "/Gateway/XMLGate.aspx", gate }
}

fn host() -> Running {
    Session::new()
        .setting("merchant-id", "085300000009704")
        .setting("user-code", "QNB_API_KULLANICI_3DPAY")
        .secret("api-password", "UcBN0")
        .secret("store-key", "12345678")
        .start()
}

impl Meets for Payfor {
    fn open(model: &str) -> (Desk, Running) {
        (desk(model), host())
    }
}

fn katilim() -> Running {
    Session::new()
        .setting("merchant-id", "085300000001212")
        .setting("user-code", "ZIRAATKATILIM_API")
        .setting("mbr-id", "12")
        .setting("callback-hash", "ignored")
        .secret("api-password", "Zk&<ş1")
        .secret("store-key", "katılım")
        .start()
}

#[tokio::test]
async fn a_sale_its_inquiry_and_its_void() {
    common::a_sale_its_inquiry_and_its_void::<Payfor>().await;
}

#[tokio::test]
async fn refunds_in_parts_after_the_day_and_no_more_than_was_paid() {
    common::refunds_in_parts_after_the_day_and_no_more_than_was_paid::<Payfor>().await;
}

#[tokio::test]
async fn a_reservation_and_its_capture() {
    common::a_reservation_and_its_capture::<Payfor>().await;
}

#[tokio::test]
async fn every_model_of_the_gate() {
    common::every_model_of_the_gate::<Payfor>().await;
}

#[tokio::test]
async fn ziraat_katilim_is_believed_by_its_own_word_only() {
    for model in ["3d", "3d-pay", "3d-host"] {
        let (desk, _host, ctx) = (desk(model), katilim(), ctx(ORDER));
        let card = (model != "3d-host").then(|| card(CARD).card());
        let start = Payfor::start(&ctx, Purpose::Sale, model, &terms(1_250), card.as_ref());
        let paid = desk.pay::<Payfor>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(word(&paid), "approved", "{model}");
        assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)), "{model}");
    }
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    let again = |number| (number, "declined authenticate-again");
    let cards = ["5406670000000009", "5406670000000025", "5406670000000041", "5406670000000058"].map(again);
    common::results_that_are_not_accepted_charge_nothing::<Payfor>("3d", &cards).await;
    for model in ["3d", "3d-pay"] {
        let poor = [("5406670000000512", "declined insufficient-funds")];
        common::results_that_are_not_accepted_charge_nothing::<Payfor>(model, &poor).await;
    }
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    common::an_unreadable_charge_is_no_verdict::<Payfor>().await;
    for model in ["3d", "3d-pay"] {
        let kinds = [FaultKind::WrongAmount, FaultKind::WrongOrder, FaultKind::WrongHash];
        common::false_returns_are_not_authentic::<Payfor>(model, &kinds).await;
    }
}

#[tokio::test]
async fn the_book_of_an_order_and_of_a_day() {
    let (desk, _host, ctx) = (desk("none"), host(), ctx(ORDER));
    assert!(desk.today::<Payfor>(&ctx).await.is_empty(), "an empty day is no fault");
    let sale = Payfor::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Payfor>(&ctx, Some(&terms(125_050)), sale).await);
    let sold = target("sale", "none", 125_050, bank);
    desk.bank.day_end();
    let back = Payfor::refund(&ctx, &terms(5_000), &sold);
    assert_eq!(word(&desk.end::<Payfor>(&ctx, Some(&terms(5_000)), back).await), "approved");
    let expected = ["refund done 5000", "sale done 125050"];
    assert_eq!(listed(&desk.order::<Payfor>(&ctx, &sold).await), expected);
    assert_eq!(listed(&desk.today::<Payfor>(&ctx).await), expected);
}

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Payfor>((true, true)).await;
}
