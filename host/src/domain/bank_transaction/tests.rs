use OperationKind::{Authorize, Capture, Refund, Sale, Void};

use super::*;
use crate::domain::money::Currency;

const ORDER: &str = "ORD1";

fn line(operation: Option<OperationKind>, standing: BankStanding, minor: i64) -> BankLine {
    BankLine {
        operation,
        standing,
        minor: Some(minor),
        currency: Some("TRY".to_owned()),
        order_no: Some(ORDER.to_owned()),
        transaction_id: None,
        at_ms: None,
    }
}

fn ours(operation: OperationKind, standing: OurStanding, minor: i64) -> OurMove {
    OurMove {
        operation,
        order_no: ORDER.to_owned(),
        amount: Money::new(minor, Currency::TRY),
        standing,
        transaction_id: None,
        at_ms: 0,
        expected: true,
    }
}

fn done(operation: OperationKind, minor: i64) -> BankLine {
    line(Some(operation), BankStanding::Done, minor)
}

fn ours_done(operation: OperationKind, minor: i64) -> OurMove {
    ours(operation, OurStanding::Done, minor)
}

fn agreements(lines: &[BankLine], ours: &[OurMove]) -> Vec<Agreement> {
    compare(lines, ours).lines
}

use Agreement::{Differs, Matched, UnknownToUs};

#[test]
fn a_sale_and_its_refunds_agree_in_whatever_order() {
    let book = [ours_done(Sale, 1_000), ours_done(Refund, 300), ours_done(Refund, 200)];
    let lines = [done(Refund, 200), done(Sale, 1_000), done(Refund, 300)];
    assert_eq!(compare(&lines, &book), Comparison { lines: vec![Matched(2), Matched(0), Matched(1)], missing: vec![] });
    // Nobody listed: all of it is missing; nobody held: all of it is unknown.
    assert_eq!(compare(&[], &book).missing, [0, 1, 2]);
    assert_eq!(agreements(&lines, &[]), [UnknownToUs, UnknownToUs, UnknownToUs]);
}

#[test]
fn nothing_is_matched_twice() {
    let twice = [done(Sale, 1_000), done(Sale, 1_000)];
    assert_eq!(agreements(&twice, &[ours_done(Sale, 1_000)]), [Matched(0), UnknownToUs]);
    let once = compare(&twice[..1], &[ours_done(Sale, 1_000), ours_done(Sale, 1_000)]);
    assert_eq!((once.lines, once.missing), (vec![Matched(0)], vec![1]));
}

#[test]
fn another_order_is_another_sale() {
    let other = BankLine { order_no: Some("ORD2".to_owned()), ..done(Sale, 1_000) };
    let nameless = BankLine { order_no: None, ..done(Sale, 1_000) };
    let compared = compare(&[other, nameless], &[ours_done(Sale, 1_000)]);
    assert_eq!((compared.lines, compared.missing), (vec![UnknownToUs, UnknownToUs], vec![0]));
}

#[test]
fn what_differs_is_named() {
    let book = [ours_done(Sale, 1_000)];
    let dollars = BankLine { currency: Some("USD".to_owned()), ..done(Sale, 1_000) };
    let failed = line(Some(Sale), BankStanding::Failed, 1_000);
    for (said, what) in [
        (done(Sale, 1_001), vec![BankDifference::Amount]),
        (dollars, vec![BankDifference::Currency]),
        (failed, vec![BankDifference::Standing]),
        (line(Some(Sale), BankStanding::Unclear, 1_000), vec![BankDifference::Standing]),
        (line(Some(Sale), BankStanding::Voided, 999), vec![BankDifference::Amount, BankDifference::Standing]),
    ] {
        let compared = compare(&[said], &book);
        assert_eq!((compared.lines, compared.missing), (vec![Differs(0, what)], vec![]));
    }
    let silent = BankLine { minor: None, currency: None, ..line(Some(Sale), BankStanding::Done, 0) };
    assert_eq!(agreements(&[silent], &book), [Matched(0)], "where the bank is silent it does not differ");
}

#[test]
fn the_banks_number_says_which_of_two_refunds() {
    let numbered =
        |minor, number: &str| OurMove { transaction_id: Some(number.to_owned()), ..ours_done(Refund, minor) };
    let theirs = |minor, number: &str| BankLine { transaction_id: Some(number.to_owned()), ..done(Refund, minor) };
    let book = [numbered(200, "A"), numbered(200, "B")];
    assert_eq!(agreements(&[theirs(200, "B"), theirs(200, "A")], &book), [Matched(1), Matched(0)]);
    // A number and an amount of its own: one that we do not know.
    let compared = compare(&[theirs(200, "B"), theirs(150, "C")], &book);
    assert_eq!((compared.lines, compared.missing), (vec![Matched(1), UnknownToUs], vec![0]));
    assert_eq!(agreements(&[theirs(150, "A")], &book), [Differs(0, vec![BankDifference::Amount])]);
    // Some banks number the same thing in several ways.
    assert_eq!(agreements(&[theirs(200, "RRN")], &book), [Matched(0)]);
    // And some name the order only on the charge.
    let nameless = BankLine { order_no: None, ..theirs(200, "B") };
    assert_eq!(agreements(&[nameless], &book), [Matched(1)]);
}

#[test]
fn a_void_shows_on_its_charge_or_in_a_line_of_its_own() {
    let book = [ours(Sale, OurStanding::Voided, 1_000), ours_done(Void, 1_000)];
    let on_it = [line(Some(Sale), BankStanding::Voided, 1_000)];
    assert_eq!(compare(&on_it, &book), Comparison { lines: vec![Matched(0)], missing: vec![] });
    for amount in [0, 1_000] {
        let beside = [done(Void, amount), done(Sale, 1_000)];
        assert_eq!(compare(&beside, &book), Comparison { lines: vec![Matched(1), Matched(0)], missing: vec![] });
    }
    // The bank does not know of it: it holds the money.
    let compared = compare(&[done(Sale, 1_000)], &book);
    assert_eq!(compared, Comparison { lines: vec![Differs(0, vec![BankDifference::Standing])], missing: vec![] });
    let undone = compare(&on_it, &[ours_done(Sale, 1_000)]);
    assert_eq!(undone.lines, [Differs(0, vec![BankDifference::Standing])]);
}

#[test]
fn one_word_for_several_is_the_last_step_of_the_charge() {
    let charge = |minor| line(None, BankStanding::Done, minor);
    let book = [ours_done(Authorize, 1_000), ours_done(Capture, 700), ours_done(Refund, 700)];
    let lines = [charge(700), charge(1_000), done(Refund, 700)];
    assert_eq!(compare(&lines, &book), Comparison { lines: vec![Matched(1), Matched(0), Matched(2)], missing: vec![] });
    let merged = compare(&[charge(1_000)], &[ours_done(Authorize, 1_000), ours_done(Capture, 1_000)]);
    assert_eq!(merged, Comparison { lines: vec![Matched(1)], missing: vec![] });
    // A bank that calls them all a sale.
    let sales = [done(Sale, 1_000), done(Sale, 700), done(Sale, 10)];
    assert_eq!(agreements(&sales, &book[..2]), [Matched(0), Matched(1), UnknownToUs]);
    let lost = compare(&[charge(1_000)], &[ours_done(Authorize, 1_000), ours_done(Capture, 700)]);
    assert_eq!(lost, Comparison { lines: vec![Matched(0)], missing: vec![1] });
}

#[test]
fn a_doubt_differs_until_it_has_ended() {
    let book = [ours(Sale, OurStanding::InDoubt, 1_000)];
    assert_eq!(agreements(&[done(Sale, 1_000)], &book), [Differs(0, vec![BankDifference::Standing])]);
    assert_eq!(agreements(&[line(Some(Sale), BankStanding::Pending, 1_000)], &book), [Matched(0)]);
    assert_eq!(compare(&[], &book).missing, [] as [usize; 0], "what is in doubt is not held as done");
    let refused = [ours(Sale, OurStanding::NotDone, 1_000)];
    assert_eq!(agreements(&[line(Some(Sale), BankStanding::Failed, 1_000)], &refused), [Matched(0)]);
    assert_eq!(agreements(&[done(Sale, 1_000)], &refused), [Differs(0, vec![BankDifference::Standing])]);
}

#[test]
fn a_refused_try_beside_the_one_that_went_through_is_not_taken_for_it() {
    let lines = [line(Some(Refund), BankStanding::Failed, 300), done(Refund, 300)];
    assert_eq!(agreements(&lines, &[ours_done(Refund, 300)]), [UnknownToUs, Matched(0)]);
}

#[test]
fn only_what_the_list_must_have_is_missing() {
    let elsewhere = OurMove { expected: false, ..ours_done(Sale, 1_000) };
    assert_eq!(compare(&[], std::slice::from_ref(&elsewhere)).missing, [] as [usize; 0]);
    assert_eq!(agreements(&[done(Sale, 1_000)], &[elsewhere]), [Matched(0)], "yet it is ours");
    let undone = [ours(Sale, OurStanding::Voided, 1_000), ours_done(Void, 1_000)];
    assert_eq!(compare(&[], &undone).missing, [] as [usize; 0], "nothing of it stands");
}

#[test]
fn what_straddles_midnight_belongs_to_either_day() {
    const HOUR: i64 = 3_600_000;
    let day = (0, 24 * HOUR);
    assert!(is_of_day(0, Some(1), day) && is_of_day(5 * HOUR, Some(30 * HOUR), day));
    assert!(is_of_day(24 * HOUR - 1_000, Some(24 * HOUR - 1), day));
    assert!(!is_of_day(24 * HOUR - 1_000, Some(24 * HOUR + 5), day) && !is_of_day(24 * HOUR - 1_000, None, day));
    assert!(!is_of_day(-1, Some(1), day) && !is_of_day(24 * HOUR, Some(24 * HOUR), day));
}

#[test]
fn every_state_means_something() {
    let of = |state| OurStanding::of_attempt(state);
    assert_eq!(of(AttemptState::Stray), OurStanding::Done, "the bank has the money");
    assert_eq!(of(AttemptState::Unknown), OurStanding::InDoubt);
    assert_eq!(of(AttemptState::Expired), OurStanding::NotDone);
    let capture = |state| OurStanding::of_operation(Capture, OperationState::Succeeded, state);
    assert_eq!(capture(AttemptState::Captured), OurStanding::Done);
    assert_eq!(capture(AttemptState::Voided), OurStanding::Voided, "a void undoes the capture");
    let void = OurStanding::of_operation(Void, OperationState::Succeeded, AttemptState::Voided);
    assert_eq!(void, OurStanding::Done);
}
