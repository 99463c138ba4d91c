//! World points: asking for them, paying with them, and what becomes of such a sale.

use pos_posnet::Posnet;
use vezne_plugin::points::Look;
use vezne_plugin::words::attribute::POINTS_MINOR;
use vezne_plugin::{Context, Effect, Fault, Outcome, Payments, Points, Preauth, Purpose, Step, ThreeDSecure, native};

use crate::bank::{
    self, KEY, Listed, MID, TID, XID, answer, approved, approved_before, card, ctx, listed, outcome, refused, response,
    sent, state_of, target, terms, with_key, word,
};

fn wishing(points: &str) -> Context {
    Context { attributes: vec![(POINTS_MINOR.to_owned(), points.to_owned())], ..ctx() }
}

fn asked() -> (String, Vec<u8>) {
    let Ok(Look::Send(send)) = Posnet::ask(&ctx(), &terms(1_000), &card().card()) else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let state = send.state.clone();
    (sent(&Step::Send(send)), state)
}

fn told(body: &[u8]) -> Result<Look, Fault> {
    let (_, state) = asked();
    Posnet::go_on(&ctx(), &terms(1_000), &state, &answer(body))
}

fn worth(kurus: &str) -> Vec<u8> {
    response(&format!(
        "<approved>1</approved><pointInfo><point>115106032</point><pointAmount>{kurus}</pointAmount></pointInfo>"
    ))
}

#[test]
fn the_question_names_the_card_and_nothing_that_charges() {
    let _host = bank::host();
    assert_eq!(
        asked().0,
        format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n<posnetRequest><mid>{MID}</mid><tid>{TID}</tid><pointInquiry>\
             <ccno>4506349043174632</ccno><expDate>2902</expDate><getPointDetail>N</getPointDetail></pointInquiry></posnetRequest>\n"
        )
    );
    let mut foreign = terms(1_000);
    foreign.amount.currency = "USD".into();
    assert!(matches!(Posnet::ask(&ctx(), &foreign, &card().card()), Err(Fault::Unsupported(_))));
}

#[test]
fn the_banks_kurus_are_told_and_nothing_else_is() {
    let _host = bank::host();
    for (kurus, minor) in [("000057553016", 57_553_016), ("000000000000", 0), (" 000000000114 ", 114)] {
        let Ok(Look::Told(worth)) = told(&worth(kurus)) else { panic!("{kurus}") };
        assert_eq!((worth.minor, worth.currency.as_str()), (minor, "TRY"));
    }
    for unclear in ["", "-1", "1,14", "x"] {
        assert!(matches!(told(&worth(unclear)), Err(Fault::UnreadableAnswer(_))), "{unclear}");
    }
    assert!(matches!(told(&approved_before()), Err(Fault::UnreadableAnswer(_))), "neither yes nor no");
    assert!(matches!(told(&refused("0012", "GECERSIZ ISLEM")), Ok(Look::Declined(_))));
    assert!(matches!(told(&refused("0302", "")), Err(Fault::UnreadableAnswer(_))), "a code that settles nothing");
    let lost = Posnet::go_on(&ctx(), &terms(1_000), &asked().1, &native::lost());
    assert!(matches!(lost, Err(Fault::UnreadableAnswer(_))));
    let other = Posnet::go_on(
        &ctx(),
        &terms(1_000),
        b"{\"at\":\"charge\",\"reserve\":false,\"three_d\":false}",
        &native::lost(),
    );
    assert!(matches!(other, Err(Fault::InvalidRequest(_))));
}

#[test]
fn points_pay_a_part_of_a_mixed_sale() {
    let _host = bank::host();
    let step = Posnet::sale(&wishing("400"), &terms(1_000), &card().card()).expect("a step");
    assert!(sent(&step).contains(&format!(
        "<saleWP><orderID>{XID}</orderID><installment>00</installment><amount>1000</amount><wpAmount>400</wpAmount>\
         <currencyCode>TL</currencyCode>"
    )));
    let done = Posnet::resume(&wishing("400"), Some(&terms(1_000)), &state_of(&step), &answer(&approved()), None);
    assert_eq!(word(&done), "approved");
}

#[test]
fn what_the_mixed_message_has_no_place_for_is_refused() {
    let _host = bank::session().setting("mail-order", "true").start();
    let card = card();
    let refused = |ctx: &Context, terms| matches!(Posnet::sale(ctx, &terms, &card.card()), Err(Fault::Unsupported(_)));
    let mut by_clerk = terms(1_000);
    by_clerk.entry = "mail-order".into();
    assert!(refused(&wishing("400"), by_clerk));
    let mut foreign = terms(1_000);
    foreign.amount.currency = "EUR".into();
    assert!(refused(&wishing("400"), foreign));
    let mut dealer = wishing("400");
    dealer.attributes.push(("sub-dealer-identity".into(), "1234567890".into()));
    assert!(refused(&dealer, terms(1_000)));
    assert!(matches!(Posnet::authorize(&wishing("400"), &terms(1_000), &card.card()), Err(Fault::Unsupported(_))));
    let hosted = Posnet::start(&wishing("400"), Purpose::Sale, "3d-host", &terms(1_000), None);
    assert!(matches!(hosted, Err(Fault::Unsupported(_))));
    for bad in ["0", "1001", "x"] {
        let step = Posnet::sale(&wishing(bad), &terms(1_000), &card.card());
        assert!(matches!(step, Err(Fault::InvalidRequest(_))), "{bad}");
    }
}

#[test]
fn at_the_gate_the_order_is_mixed_from_its_first_step() {
    let _host = bank::host();
    let start = |ctx: &Context| {
        let card = card();
        sent(&Posnet::start(ctx, Purpose::Sale, "3d", &terms(1_000), Some(&card.card())).expect("a step"))
    };
    assert!(start(&wishing("400")).contains("<tranType>SaleWP</tranType>"));
    assert!(start(&ctx()).contains("<tranType>Sale</tranType>"));
}

#[test]
fn a_refund_is_shared_in_proportion_and_a_void_takes_both() {
    let _host = bank::host();
    let sold = || with_key(target("sale", 1_000), KEY, "sale");
    let look = Posnet::refund(&wishing("400"), &terms(500), &sold()).expect("a step");
    let book = listed(&[row("Sale", "6,00", KEY), row("Bonus_Usage", "4,00", KEY)]);
    let back = Posnet::resume(&wishing("400"), Some(&terms(500)), &state_of(&look), &answer(&book), None);
    let back = sent(&back.expect("a step"));
    assert!(back.contains("<amount>500</amount>") && back.contains("<isRationalReturn>Y</isRationalReturn>"), "{back}");
    let plain = Posnet::resume(&ctx(), Some(&terms(500)), &state_of(&look), &answer(&book), None).expect("a step");
    assert!(!sent(&plain).contains("isRationalReturn"), "only where points paid");
    let void = Posnet::void(&wishing("400"), &sold()).expect("a step");
    assert!(sent(&void).contains("<transaction>sale</transaction>"));
    let refund = Posnet::void(&wishing("400"), &with_key(target("refund", 500), "R1", "return"));
    assert!(matches!(refund, Err(Fault::Unsupported(_))));
}

fn row<'a>(state: &'a str, amount: &'a str, key: &'a str) -> Listed<'a> {
    (state, "1", amount, "2026-11-22 12:00:05.000", key)
}

#[test]
fn a_mixed_sale_is_found_by_its_two_lines() {
    let _host = bank::host();
    let asking = |operation, minor| Posnet::inquire(&wishing("400"), &target(operation, minor)).expect("a step");
    let found = |operation, minor, rows: &[Listed<'_>]| {
        let step = asking(operation, minor);
        let state = state_of(&step);
        Posnet::resume(&wishing("400"), Some(&terms(minor)), &state, &answer(&listed(rows)), None)
    };
    for rows in [
        vec![row("Sale", "6,00", KEY), row("Bonus_Usage", "4,00", KEY)],
        vec![row("Sale", "10,00", KEY), row("Bonus_Usage", "4,00", KEY)],
        vec![row("Bonus_Usage", "10,00", KEY)],
    ] {
        let Outcome::Approved(approval) = outcome(found("sale", 1_000, &rows)) else { panic!("{rows:?}") };
        assert_eq!(approval.stated.minor, Some(1_000), "{rows:?}");
    }
    let less = [row("Sale", "5,00", KEY), row("Bonus_Usage", "4,00", KEY)];
    let Outcome::Approved(approval) = outcome(found("sale", 1_000, &less)) else { panic!("found") };
    assert_eq!(approval.stated.minor, Some(900), "the host compares it");
    let both = [row("Sale", "6,00", KEY), row("Bonus_Usage", "4,00", KEY)];
    for (back, expected) in [
        (vec![row("Return", "3,00", "R1"), row("Bonus_Return", "2,00", "R2")], "approved"),
        (vec![row("Return", "5,00", "R1")], "approved"),
        (vec![row("Return", "3,00", "R1")], "unknown"),
        (vec![row("Return", "3,00", "R1"), row("Return", "2,00", "R2")], "unknown"),
        (vec![], "not-processed"),
    ] {
        let rows: Vec<Listed<'_>> = both.iter().copied().chain(back.iter().copied()).collect();
        assert_eq!(word(&found("refund", 500, &rows)), expected, "{back:?}");
    }
    let undone = [
        ("Sale", "0", "6,00", "", KEY),
        ("Bonus_Usage", "0", "4,00", "", KEY),
        row("Sale_Reverse", "6,00", "V1"),
        row("Bonus_Reverse", "4,00", "V1"),
    ];
    assert_eq!(word(&found("void", 1_000, &undone)), "approved");
    let points_alone = [("Bonus_Usage", "0", "10,00", "", KEY), row("Bonus_Reverse", "10,00", "V1")];
    let Outcome::Approved(approval) = outcome(found("sale", 1_000, &points_alone)) else { panic!("found") };
    assert!(approval.attributes.contains(&("order-state".into(), "voided".into())));
}
