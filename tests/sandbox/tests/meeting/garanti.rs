//! Garanti BBVA.

use pos_garanti::Garanti;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{BankRef, Outcome, Payments, Preauth, ThreeDSecure};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::driver::{Desk, card, ctx, listed, reference, target, terms, word};

const ORDER: &str = "01JD8ZK0Q3XYZ0123456";
const CARD: &str = "4355084355084358";

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

#[tokio::test]
async fn a_sale_its_inquiry_and_its_void() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = Garanti::sale(&ctx, &terms(125_000), &card(CARD).card());
    let bank = reference(&desk.end::<Garanti>(&ctx, Some(&terms(125_000)), sale).await);
    let lost = BankRef { transaction_id: None, auth_code: None, ..bank.clone() };
    let ask = Garanti::inquire(&ctx, &target("sale", "none", 125_000, lost));
    let found = desk.end::<Garanti>(&ctx, None, ask).await;
    let Outcome::Approved(approval) = &found else { panic!("{found:?}") };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(125_000), Some(ORDER)));
    let void = Garanti::cancel(&ctx, &target("sale", "none", 125_000, bank.clone()));
    assert_eq!(word(&desk.end::<Garanti>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.net)), Some(("voided", 0)));
    let ask = Garanti::inquire(&ctx, &target("void", "none", 125_000, bank));
    assert_eq!(word(&desk.end::<Garanti>(&ctx, None, ask).await), "approved");
}

#[tokio::test]
async fn refunds_in_parts_after_the_day_and_no_more_than_was_paid() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = Garanti::sale(&ctx, &terms(1_000), &card(CARD).card());
    let bank = reference(&desk.end::<Garanti>(&ctx, Some(&terms(1_000)), sale).await);
    desk.bank.day_end();
    for (part, left) in [(400, 600), (600, 0)] {
        let back = Garanti::refund(&ctx, &terms(part), &target("sale", "none", 1_000, bank.clone()));
        assert_eq!(word(&desk.end::<Garanti>(&ctx, Some(&terms(part)), back).await), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(left));
    }
    let more = Garanti::refund(&ctx, &terms(1), &target("sale", "none", 1_000, bank));
    let more = word(&desk.end::<Garanti>(&ctx, Some(&terms(1)), more).await);
    assert!(more.starts_with("declined"), "{more}");
}

#[tokio::test]
async fn a_reservation_and_its_capture() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let hold = Garanti::authorize(&ctx, &terms(1_000), &card(CARD).card());
    let held = desk.end::<Garanti>(&ctx, Some(&terms(1_000)), hold).await;
    let take = Garanti::capture(&ctx, &terms(900), &target("authorize", "none", 1_000, reference(&held)));
    let taken = desk.end::<Garanti>(&ctx, Some(&terms(900)), take).await;
    let ask = Garanti::inquire(&ctx, &target("capture", "none", 900, reference(&taken)));
    assert_eq!(word(&desk.end::<Garanti>(&ctx, None, ask).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.net)), Some(("captured", 900)));
}

#[tokio::test]
async fn every_model_of_the_gate() {
    for (model, number) in
        [("3d", Some(CARD)), ("3d-pay", Some(CARD)), ("3d-host", None), ("3d", Some("5406670000000108"))]
    {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let card = number.map(|number| card(number).card());
        let start = Garanti::start(&ctx, model, &terms(1_250), card.as_ref());
        let paid = desk.pay::<Garanti>(&ctx, &terms(1_250), start).await.expect("an outcome");
        let bank = reference(&paid);
        assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)), "{model}");
        desk.bank.day_end();
        let back = Garanti::refund(&ctx, &terms(1_250), &target("three-d-secure", model, 1_250, bank));
        assert_eq!(word(&desk.end::<Garanti>(&ctx, Some(&terms(1_250)), back).await), "approved", "{model}");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
    }
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    for number in ["5406670000000009", "5406670000000025", "5406670000000041", "5406670000000058"] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let start = Garanti::start(&ctx, "3d", &terms(1_250), Some(&card(number).card()));
        let paid = desk.pay::<Garanti>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(word(&paid), "declined authenticate-again", "{number}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
    for model in ["3d", "3d-pay"] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let start = Garanti::start(&ctx, model, &terms(1_250), Some(&card("5406670000000512").card()));
        let paid = desk.pay::<Garanti>(&ctx, &terms(1_250), start).await.expect("an outcome");
        assert_eq!(word(&paid), "declined insufficient-funds", "{model}");
    }
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    for kind in [FaultKind::Html, FaultKind::Garbage, FaultKind::Truncated] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Auth));
        let sale = Garanti::sale(&ctx, &terms(1_000), &card(CARD).card());
        let met = desk.run::<Garanti>(&ctx, Some(&terms(1_000)), sale).await;
        let decided = matches!(met, Ok(vezne_plugin::Step::Done(Outcome::Approved(_) | Outcome::Declined(_))));
        assert!(!decided, "{kind:?}");
    }
    for kind in [FaultKind::WrongAmount, FaultKind::WrongOrder, FaultKind::WrongHash] {
        for model in ["3d", "3d-pay"] {
            let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
            desk.bank.fault(Fault::once(kind));
            let start = Garanti::start(&ctx, model, &terms(1_250), Some(&card(CARD).card()));
            let paid = desk.pay::<Garanti>(&ctx, &terms(1_250), start).await;
            assert!(matches!(paid, Err(vezne_plugin::Fault::NotAuthentic(_))), "{model} {kind:?}: {paid:?}");
        }
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
