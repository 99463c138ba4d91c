//! Vakıfbank (PayFlex): VPOS, MPI and the bank's own page.

use pos_payflex::Payflex;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{
    BankRef, Context, Fault as Broken, Outcome, Payments, Preauth, Purpose, Step, ThreeDSecure, native, step,
};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::common::{self, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, target, terms, word};

fn desk() -> Desk {
    let bank = Bank::new(Options::default()).expect("a bank");
    Desk { bank, api: "/VposService/v3/Vposreq.aspx", gate: "/CommonPayment/SecurePayment" }
}

fn session() -> Session {
    Session::new()
        .setting("merchant-id", "000000000111111")
        .setting("terminal-id", "VP000095")
        .secret("api-password", "3XTgER89as")
}

fn host() -> Running {
    session().start()
}

impl Meets for Payflex {
    fn open(_model: &str) -> (Desk, Running) {
        (desk(), host())
    }
}

/// What was noted before a charge left.
fn unknown_yet() -> BankRef {
    BankRef { transaction_id: Some(ORDER.into()), ..step::order_ref(ORDER) }
}

#[tokio::test]
async fn sale_inquiry_refunds_in_parts_and_day_end() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = Payflex::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Payflex>(&ctx, Some(&terms(125_050)), sale).await);
    let ask = Payflex::inquire(&ctx, &target("sale", "none", 125_050, unknown_yet()));
    let Outcome::Approved(found) = desk.end::<Payflex>(&ctx, Some(&terms(125_050)), ask).await else { panic!("found") };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(125_050), Some(ORDER)));
    assert_eq!(found.bank.auth_code, bank.auth_code);
    let sold = target("sale", "none", 125_050, bank);
    for (minor, net) in [(5_000, 120_050), (20_050, 100_000)] {
        let back = Payflex::refund(&ctx, &terms(minor), &sold).expect("a step");
        let Step::Send(send) = &back else { panic!("a request") };
        let known = send.known.clone();
        assert_eq!(word(&desk.end::<Payflex>(&ctx, Some(&terms(minor)), Ok(back)).await), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(net));
        let ask = Payflex::inquire(&ctx, &target("refund", "none", minor, known));
        let Outcome::Approved(found) = desk.end::<Payflex>(&ctx, None, ask).await else { panic!("found") };
        assert_eq!(found.stated.minor, Some(minor));
    }
    desk.bank.day_end();
    let late = Payflex::void(&ctx, &sold);
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, late).await), "declined state-conflict");
    let more = Payflex::refund(&ctx, &terms(100_001), &sold);
    assert_eq!(word(&desk.end::<Payflex>(&ctx, Some(&terms(100_001)), more).await), "declined state-conflict");
}

#[tokio::test]
async fn a_void_shows_on_what_it_voids() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let sale = Payflex::sale(&ctx, &terms(1_000), &card(CARD).card());
    let sold = target("sale", "none", 1_000, reference(&desk.end::<Payflex>(&ctx, Some(&terms(1_000)), sale).await));
    let void = Payflex::void(&ctx, &sold).expect("a step");
    let Step::Send(send) = &void else { panic!("a request") };
    let known = target("void", "none", 1_000, send.known.clone());
    let asked = || Payflex::inquire(&ctx, &known);
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, asked()).await), "not-processed");
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, Ok(void)).await), "approved");
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, asked()).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| o.state), Some("voided"));
}

#[tokio::test]
async fn a_reservation_its_capture_and_its_void() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let hold = Payflex::authorize(&ctx, &terms(1_000), &card(CARD).card());
    let bank = reference(&desk.end::<Payflex>(&ctx, Some(&terms(1_000)), hold).await);
    let ask = Payflex::inquire(&ctx, &target("authorize", "none", 1_000, unknown_yet()));
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, ask).await), "approved");
    let take = Payflex::capture(&ctx, &terms(900), &target("authorize", "none", 1_000, bank)).expect("a step");
    let Step::Send(send) = &take else { panic!("a request") };
    let known = target("capture", "none", 900, send.known.clone());
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, Payflex::inquire(&ctx, &known)).await), "not-processed");
    let taken = reference(&desk.end::<Payflex>(&ctx, Some(&terms(900)), Ok(take)).await);
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, Payflex::inquire(&ctx, &known)).await), "approved");
    let void = Payflex::void(&ctx, &target("capture", "none", 900, taken));
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
}

#[tokio::test]
async fn every_model_charges_once() {
    for (model, number) in
        [("3d", Some(CARD)), ("3d", Some("5406670000000108")), ("3d-pay", Some(CARD)), ("3d-host", None)]
    {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let card = number.map(|number| card(number).card());
        let start = Payflex::start(&ctx, Purpose::Sale, model, &terms(1_250), card.as_ref());
        let paid = desk.pay_holding::<Payflex>(&ctx, &terms(1_250), start, card.as_ref()).await.expect("an outcome");
        let bank = reference(&paid);
        let orders: Vec<_> = desk.bank.orders().iter().map(|o| (o.net, o.approvals)).collect();
        assert_eq!(orders, [(1_250, 1)], "{model}");
        let asked = target("sale", model, 1_250, step::order_ref(ORDER));
        let ask = Payflex::inquire(&ctx, &asked);
        assert_eq!(word(&desk.end::<Payflex>(&ctx, Some(&terms(1_250)), ask).await), "approved", "{model}");
        let void = Payflex::void(&ctx, &target("sale", model, 1_250, bank));
        assert_eq!(word(&desk.end::<Payflex>(&ctx, None, void).await), "approved", "{model}");
        assert_eq!(desk.bank.orders()[0].net, 0);
    }
}

#[tokio::test]
async fn instalments_and_reservations_go_through_the_gate() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let (mut six, card) = (terms(60_000), card(CARD).card());
    six.installments = 6;
    let start = Payflex::start(&ctx, Purpose::Authorize, "3d", &six, Some(&card));
    let held = desk.pay_holding::<Payflex>(&ctx, &six, start, Some(&card)).await.expect("an outcome");
    assert_eq!(word(&held), "approved", "{held:?}");
    let order = desk.bank.order(ORDER).expect("an order");
    assert_eq!((order.state, order.entries[0].installments), ("held", 6));
}

#[tokio::test]
async fn a_repeated_payment_is_told_to_the_mpi() {
    let (desk, _host, mut ctx) = (desk(), host(), ctx(ORDER));
    let repeated = [("interval", "1"), ("cycle", "M"), ("count", "3"), ("until", "20270101")];
    ctx.attributes.extend(repeated.map(|(name, value)| (format!("recurring-{name}"), value.to_owned())));
    let card = card(CARD).card();
    let start = Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card));
    let paid = desk.pay_holding::<Payflex>(&ctx, &terms(1_250), start, Some(&card)).await.expect("an outcome");
    assert_eq!(word(&paid), "approved", "{paid:?}");
    // The bank looks at what it is told.
    let (_, count) = ctx.attributes.iter_mut().find(|(name, _)| name == "recurring-count").expect("a count");
    *count = "1".into();
    ctx.order_id = "SECOND".into();
    let start = Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card));
    let step = desk.run::<Payflex>(&ctx, Some(&terms(1_250)), start).await.expect("a step");
    let refused = desk.pay_or_done::<Payflex>(&ctx, &terms(1_250), step, Some(&card)).await.expect("an outcome");
    assert_eq!(word(&refused), "declined config-error");
}

#[tokio::test]
async fn a_main_dealer_sells_for_its_sub_dealers() {
    for (sub, expected) in [("77", "approved"), ("79", "declined config-error")] {
        let (desk, ctx) = (desk(), ctx(ORDER));
        let _host = Session::new()
            .setting("merchant-id", "000000000222222")
            .setting("terminal-id", "VP000096")
            .setting("merchant-type", "1")
            .setting("sub-merchant-id", sub)
            .secret("api-password", "3XT&gE<9ş")
            .start();
        let card = card(CARD).card();
        let start = Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card));
        let step = desk.run::<Payflex>(&ctx, Some(&terms(1_250)), start).await.expect("a step");
        let paid = desk.pay_or_done::<Payflex>(&ctx, &terms(1_250), step, Some(&card)).await.expect("an outcome");
        assert_eq!(word(&paid), expected, "{paid:?}");
    }
}

#[tokio::test]
async fn a_card_that_is_held_no_longer_charges_nothing() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let start = Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card(CARD).card()));
    let gone = desk.pay_holding::<Payflex>(&ctx, &terms(1_250), start, None).await.expect("an outcome");
    assert_eq!(word(&gone), "not-processed");
    assert!(desk.bank.entries().is_empty());
    // Another card than the one that was verified: the bank compares.
    let (ctx, other) = (Context { order_id: "SECOND".into(), ..ctx }, card("4546711234567894").card());
    let start = Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card(CARD).card()));
    let swapped = desk.pay_holding::<Payflex>(&ctx, &terms(1_250), start, Some(&other)).await.expect("an outcome");
    assert_eq!(word(&swapped), "declined authenticate-again");
    assert_eq!(desk.bank.order("SECOND").map_or(0, |o| o.net), 0);
}

#[tokio::test]
async fn results_that_are_not_accepted_charge_nothing() {
    for (model, number, expected) in [
        ("3d", "5406670000000009", "declined authenticate-again"),
        ("3d", "5406670000000025", "declined authenticate-again"),
        ("3d", "5406670000000033", "declined authenticate-again"),
        ("3d", "5406670000000041", "declined authenticate-again"),
        ("3d", "5406670000000066", "declined authenticate-again"),
        ("3d", "5406670000000082", "declined authenticate-again"),
        ("3d", "5406670000000512", "declined insufficient-funds"),
        ("3d-pay", "5406670000000009", "declined authenticate-again"),
        ("3d-pay", "5406670000000025", "declined authenticate-again"),
        ("3d-pay", "5406670000000512", "declined insufficient-funds"),
    ] {
        let (desk, _host, ctx, card) = (desk(), host(), ctx(ORDER), card(number).card());
        let start = Payflex::start(&ctx, Purpose::Sale, model, &terms(1_250), Some(&card));
        let step = desk.run::<Payflex>(&ctx, Some(&terms(1_250)), start).await.expect("a step");
        let paid = desk.pay_or_done::<Payflex>(&ctx, &terms(1_250), step, Some(&card)).await.expect("an outcome");
        assert_eq!(word(&paid), expected, "{model} {number}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
}

#[tokio::test]
async fn refusals_and_silences_become_what_they_mean() {
    for (minor, expected, later) in [
        (1_051, "declined insufficient-funds", "declined insufficient-funds"),
        (1_054, "declined expired-card", "declined expired-card"),
        (1_041, "declined card-blocked", "declined card-blocked"),
        (1_082, "declined wrong-cvv", "declined wrong-cvv"),
        (1_092, "unknown", "declined bank-technical"),
    ] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        let sale = Payflex::sale(&ctx, &terms(minor), &card(CARD).card());
        assert_eq!(word(&desk.end::<Payflex>(&ctx, Some(&terms(minor)), sale).await), expected, "{minor}");
        let asked = || Payflex::inquire(&ctx, &target("sale", "none", minor, unknown_yet()));
        if expected == "unknown" {
            assert_eq!(word(&desk.end::<Payflex>(&ctx, None, asked()).await), "unknown", "not finished yet");
            desk.bank.clock().advance_ms(120_000);
        }
        assert_eq!(word(&desk.end::<Payflex>(&ctx, None, asked()).await), later, "{minor}");
    }
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let ask = Payflex::inquire(&ctx, &target("sale", "none", 1_000, unknown_yet()));
    assert_eq!(word(&desk.end::<Payflex>(&ctx, None, ask).await), "not-processed");
}

#[tokio::test]
async fn an_order_is_charged_once() {
    common::a_used_order_number_is_no_verdict::<Payflex>().await;
}

#[tokio::test]
async fn a_clerks_order_goes_by_mail() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    let (mut mail, mut plastic) = (terms(1_000), card(CARD));
    mail.entry = "mail-order".into();
    plastic.security_code = None;
    let sale = Payflex::sale(&ctx, &mail, &plastic.card());
    assert_eq!(word(&desk.end::<Payflex>(&ctx, Some(&mail), sale).await), "approved");
    assert!(desk.bank.requests().iter().all(|seen| !seen.code_sent));
}

#[tokio::test]
async fn a_charge_without_the_payers_address_never_leaves() {
    let (desk, _host, ctx) = (desk(), host(), Context { payer_ip: None, ..ctx(ORDER) });
    let sale = Payflex::sale(&ctx, &terms(1_000), &card(CARD).card());
    assert!(matches!(sale, Err(Broken::InvalidRequest(_))), "{sale:?}");
    let start = Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1_000), Some(&card(CARD).card()));
    assert!(matches!(start, Err(Broken::InvalidRequest(_))), "{start:?}");
    assert!(desk.bank.requests().is_empty());
}

#[tokio::test]
async fn faults_end_in_no_verdict() {
    for kind in [FaultKind::Html, FaultKind::Garbage, FaultKind::Truncated] {
        let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Auth));
        let sale = Payflex::sale(&ctx, &terms(1_000), &card(CARD).card());
        assert!(desk.run::<Payflex>(&ctx, Some(&terms(1_000)), sale).await.is_err(), "{kind:?}");
        let ask = Payflex::inquire(&ctx, &target("sale", "none", 1_000, unknown_yet()));
        assert_eq!(word(&desk.end::<Payflex>(&ctx, None, ask).await), "approved", "it was booked");
        for op in [Op::Open, Op::Resolve] {
            let (desk, model) = (self::desk(), "3d-pay");
            desk.bank.fault(Fault::once(kind).on(op));
            let card = card(CARD).card();
            let start = Payflex::start(&ctx, Purpose::Sale, model, &terms(1_250), Some(&card));
            let paid = desk.pay_holding::<Payflex>(&ctx, &terms(1_250), start, Some(&card)).await;
            assert!(paid.is_err(), "{kind:?} {op:?}: {paid:?}");
        }
    }
    for (kind, expected) in [
        (FaultKind::WrongAmount, "not-authentic"),
        (FaultKind::WrongCurrency, "not-authentic"),
        (FaultKind::WrongOrder, "not-authentic"),
        (FaultKind::WrongHash, "declined authenticate-again"),
    ] {
        let (desk, _host, ctx, card) = (desk(), host(), ctx(ORDER), card(CARD).card());
        desk.bank.fault(Fault::once(kind).on(Op::Callback));
        let start = Payflex::start(&ctx, Purpose::Sale, "3d", &terms(1_250), Some(&card));
        let paid = desk.pay_holding::<Payflex>(&ctx, &terms(1_250), start, Some(&card)).await;
        assert_eq!(native::word(&paid.map(Step::Done)), expected, "{kind:?}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn the_banks_page_states_what_it_charged() {
    for kind in [FaultKind::WrongAmount, FaultKind::WrongCurrency, FaultKind::WrongOrder] {
        let (desk, _host, ctx, card) = (desk(), host(), ctx(ORDER), card(CARD).card());
        desk.bank.fault(Fault::once(kind).on(Op::Callback));
        let start = Payflex::start(&ctx, Purpose::Sale, "3d-pay", &terms(1_250), Some(&card));
        let paid = desk.pay::<Payflex>(&ctx, &terms(1_250), start).await.expect("an outcome");
        let Outcome::Approved(paid) = paid else { panic!("{kind:?}: {paid:?}") };
        // The host compares this with its own record, and takes a lie for nobody's answer.
        let stated = (paid.stated.minor, paid.stated.currency.as_deref(), paid.stated.order_id.as_deref());
        assert_ne!(stated, (Some(1_250), Some("949"), Some(ORDER)), "{kind:?}");
    }
}

#[tokio::test]
async fn the_book_of_a_day_has_pages() {
    let (desk, _host, ctx) = (desk(), host(), ctx(ORDER));
    assert!(desk.today::<Payflex>(&ctx).await.is_empty(), "an empty day is no fault");
    let sale = Payflex::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Payflex>(&ctx, Some(&terms(125_050)), sale).await);
    let sold = target("sale", "none", 125_050, bank);
    let back = Payflex::refund(&ctx, &terms(5_000), &sold);
    assert_eq!(word(&desk.end::<Payflex>(&ctx, Some(&terms(5_000)), back).await), "approved");
    for number in 0..60 {
        let ctx = self::ctx(&format!("MORE{number}"));
        let sale = Payflex::sale(&ctx, &terms(100), &card(CARD).card());
        desk.end::<Payflex>(&ctx, Some(&terms(100)), sale).await;
    }
    let today = desk.today::<Payflex>(&ctx).await;
    assert_eq!(today.len(), 62, "more than one page of them");
    assert_eq!(listed(&today[..2]), ["refund done 5000", "sale done 125050"]);
    assert_eq!(today[0].order_id.as_deref(), Some(ORDER));
    let now = u64::try_from(desk.bank.clock().now_ms()).expect("after 1970");
    assert!(today.iter().all(|line| line.at_millis.is_some_and(|at| now.abs_diff(at) < 60_000)));
}

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Payflex>((false, true)).await;
}
