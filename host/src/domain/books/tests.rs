//! The worked examples of the books, to the kuruş. Figures are lira × 100.

#![expect(clippy::items_after_statements, reason = "each example names its accounts where it needs them")]

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::allocation::reopen;
use crate::domain::id::{ComponentId, CustomerId, ReceivableId};
use crate::domain::receivable::ComponentKind;

struct World {
    firm: NodeId,
    ankara: NodeId,
    cankaya: NodeId,
    pos: PosAccountId,
}

fn world() -> World {
    World { firm: NodeId::at(1), ankara: NodeId::at(2), cankaya: NodeId::at(3), pos: PosAccountId::at(4) }
}

fn principal(debtor: Party, minor: i64) -> Holding {
    let target = Some((ReceivableId::at(1), ComponentId::at(1), ComponentKind::Principal));
    Holding { debtor, target, minor }
}

fn advance(debtor: Party, minor: i64) -> Holding {
    Holding { debtor, target: None, minor }
}

/// `account counterparty minor`, as one reads a journal.
fn lines(posting: &Posting, world: &World) -> Vec<(AccountKind, &'static str, i64)> {
    let name = |party: Option<Party>| match party {
        None => "",
        Some(Party::Node(id)) if id == world.firm => "firm",
        Some(Party::Node(id)) if id == world.ankara => "Ankara",
        Some(Party::Node(_)) => "Çankaya",
        Some(Party::PosAccount(_)) => "POS",
        Some(Party::Customer(_)) => "customer",
        Some(Party::Payer(_)) => "payer",
    };
    posting.entries().iter().map(|entry| (entry.account, name(entry.counterparty), entry.minor)).collect()
}

fn own(world: &World) -> Route {
    Route { owner: world.firm, pos_account: world.pos, levels: Vec::new() }
}

fn example_1(world: &World) -> Capture {
    Capture {
        route: own(world),
        currency: Currency::TRY,
        charged: 1_025_000,
        bank_commission: 20_500,
        value_days: vec![date(2026, 12, 22), date(2027, 1, 22), date(2027, 2, 22)],
        closed: vec![principal(Party::Node(world.ankara), 1_000_000)],
    }
}

#[test]
fn example_1_the_payer_bears_the_difference() {
    let world = world();
    let postings = example_1(&world).postings().expect("balances");
    use AccountKind as A;
    assert_eq!(postings.len(), 1);
    assert_eq!(
        lines(&postings[0], &world),
        [
            (A::PosClearing, "POS", 334_834),
            (A::PosClearing, "POS", 334_833),
            (A::PosClearing, "POS", 334_833),
            (A::BankCommission, "POS", 20_500),
            (A::Receivable, "Ankara", -1_000_000),
            (A::SurchargeIncome, "", -25_000),
        ]
    );
    assert_eq!(postings[0].entries()[2].value_on, Some(date(2027, 2, 22)));
    assert_eq!(postings[0].entries()[4].component, Some(ComponentKind::Principal));
    let whole = payout(world.firm, Currency::TRY, world.pos, 334_834, 334_834).expect("balances");
    assert_eq!(lines(&whole, &world), [(A::Bank, "", 334_834), (A::PosClearing, "POS", -334_834)]);
    let short = payout(world.firm, Currency::TRY, world.pos, 334_834, 334_000).expect("balances");
    assert_eq!(
        lines(&short, &world),
        [(A::Bank, "", 334_000), (A::SettlementDifference, "POS", 834), (A::PosClearing, "POS", -334_834)]
    );
}

#[test]
fn example_2_the_firm_bears_it() {
    let world = world();
    let capture = Capture {
        charged: 1_000_000,
        bank_commission: 20_000,
        value_days: vec![date(2026, 11, 23)],
        ..example_1(&world)
    };
    use AccountKind as A;
    assert_eq!(
        lines(&capture.postings().expect("balances")[0], &world),
        [(A::PosClearing, "POS", 980_000), (A::BankCommission, "POS", 20_000), (A::Receivable, "Ankara", -1_000_000)]
    );
}

#[test]
fn example_3_half_and_half() {
    let world = world();
    let capture = Capture { charged: 1_012_500, bank_commission: 20_250, ..example_1(&world) };
    let posting = &capture.postings().expect("balances")[0];
    let income: Vec<_> =
        lines(posting, &world).into_iter().filter(|line| line.0 == AccountKind::SurchargeIncome).collect();
    assert_eq!(income, [(AccountKind::SurchargeIncome, "", -12_500)]);
}

#[test]
fn example_4_a_sub_dealers_customer_through_the_firms_pos() {
    let world = world();
    let customer = Party::Customer(CustomerId::at(9));
    let mut capture = Capture {
        route: Route { levels: vec![(world.cankaya, 2_400)], ..own(&world) },
        currency: Currency::TRY,
        charged: 100_000,
        bank_commission: 2_000,
        value_days: vec![date(2026, 11, 23)],
        closed: vec![principal(customer, 100_000)],
    };
    use AccountKind as A;
    let postings = capture.postings().expect("balances");
    assert_eq!((postings[0].node(), postings[1].node()), (world.firm, world.cankaya));
    assert_eq!(
        lines(&postings[0], &world),
        [
            (A::PosClearing, "POS", 98_000),
            (A::BankCommission, "POS", 2_000),
            (A::DueTo, "Çankaya", -97_600),
            (A::SurchargeIncome, "", -2_400),
        ]
    );
    assert_eq!(
        lines(&postings[1], &world),
        [(A::DueFrom, "firm", 97_600), (A::BankCommission, "POS", 2_400), (A::Receivable, "customer", -100_000)]
    );
    // The level between has a share of 0.1 %: one more pair.
    capture.route.levels = vec![(world.ankara, 2_300), (world.cankaya, 2_400)];
    let postings = capture.postings().expect("balances");
    assert_eq!(
        lines(&postings[1], &world),
        [(A::DueFrom, "firm", 97_700), (A::DueTo, "Çankaya", -97_600), (A::SurchargeIncome, "", -100)]
    );
    // The offset that follows, in both books.
    let [upper, lower] =
        offset(world.firm, world.cankaya, Currency::TRY, &[principal(Party::Node(world.cankaya), 50_000)])
            .expect("balances");
    assert_eq!(lines(&upper, &world), [(A::DueTo, "Çankaya", 50_000), (A::Receivable, "Çankaya", -50_000)]);
    assert_eq!(lines(&lower, &world), [(A::OffsetPayable, "firm", 50_000), (A::DueFrom, "firm", -50_000)]);
}

#[test]
fn example_5_an_overpayment_is_an_advance() {
    let world = world();
    let debtor = Party::Node(world.ankara);
    let capture = Capture {
        charged: 100_000,
        bank_commission: 0,
        value_days: vec![date(2026, 11, 23)],
        closed: vec![principal(debtor, 90_000), advance(debtor, 10_000)],
        ..example_1(&world)
    };
    use AccountKind as A;
    assert_eq!(
        lines(&capture.postings().expect("balances")[0], &world)[1..],
        [(A::Receivable, "Ankara", -90_000), (A::Advance, "Ankara", -10_000)]
    );
    let used = moved(
        world.firm,
        Currency::TRY,
        PostingKind::AdvanceUse,
        &[advance(debtor, 10_000)],
        &[principal(debtor, 10_000)],
    )
    .expect("balances");
    assert_eq!(lines(&used, &world), [(A::Advance, "Ankara", 10_000), (A::Receivable, "Ankara", -10_000)]);
}

#[test]
fn example_6_a_void_mirrors_line_by_line() {
    let world = world();
    let capture = &example_1(&world).postings().expect("balances")[0];
    let void = capture.mirrored(PostingKind::Void);
    assert_eq!((void.kind(), void.node()), (PostingKind::Void, world.firm));
    for (line, mirror) in capture.entries().iter().zip(void.entries()) {
        assert_eq!((line.minor, line.account, line.value_on), (-mirror.minor, mirror.account, mirror.value_on));
    }
}

#[test]
fn example_7_a_partial_refund_gives_back_what_the_charge_was_made_of() {
    let world = world();
    let debtor = Party::Node(world.ankara);
    let none = RefundSplit { amount: 0, difference: 0 };
    let split = RefundSplit::of(400_000, 1_000_000, 25_000, none).expect("within the charge");
    assert_eq!(split, RefundSplit { amount: 390_244, difference: 9_756 });
    let reopened = reopen(&[principal(debtor, 1_000_000)], split.amount).expect("held");
    let refund =
        Refund { route: own(&world), currency: Currency::TRY, payer: debtor, reopened, difference: split.difference };
    use AccountKind as A;
    assert_eq!(
        lines(&refund.asked().expect("balances")[0], &world),
        [(A::RefundPayable, "Ankara", -400_000), (A::Receivable, "Ankara", 390_244), (A::SurchargeIncome, "", 9_756)]
    );
    assert_eq!(
        lines(&refund.confirmed(8_000).expect("balances"), &world),
        [
            (A::RefundPayable, "Ankara", 400_000),
            (A::PosClearing, "POS", -400_000),
            (A::PosClearing, "POS", 8_000),
            (A::BankCommission, "POS", -8_000),
        ]
    );
}

#[test]
fn example_9_a_chargeback_is_opened_and_won_or_lost() {
    let world = world();
    let debtor = Party::Node(world.ankara);
    let opened = chargeback_opened(&own(&world), Currency::TRY, 1_025_000).expect("balances");
    use AccountKind as A;
    assert_eq!(lines(&opened, &world), [(A::Chargeback, "POS", 1_025_000), (A::PosClearing, "POS", -1_025_000)]);
    let won = opened.mirrored(PostingKind::ChargebackWon);
    assert_eq!(lines(&won, &world), [(A::Chargeback, "POS", -1_025_000), (A::PosClearing, "POS", 1_025_000)]);
    let reopened = vec![principal(debtor, 1_000_000)];
    let lost = Refund { route: own(&world), currency: Currency::TRY, payer: debtor, reopened, difference: 25_000 };
    assert_eq!(
        lines(&lost.dispute_lost().expect("balances")[0], &world),
        [(A::Chargeback, "POS", -1_025_000), (A::Receivable, "Ankara", 1_000_000), (A::SurchargeIncome, "", 25_000)]
    );
}

#[test]
fn example_10_a_payment_for_the_wrong_account_moves() {
    let world = world();
    let (wrong, right) = (Party::Node(world.ankara), Party::Node(world.cankaya));
    let posting = moved(
        world.firm,
        Currency::TRY,
        PostingKind::Transfer,
        &[principal(wrong, 5_000)],
        &[principal(right, 4_000), advance(right, 1_000)],
    );
    use AccountKind as A;
    assert_eq!(
        lines(&posting.expect("balances"), &world),
        [(A::Receivable, "Ankara", 5_000), (A::Receivable, "Çankaya", -4_000), (A::Advance, "Çankaya", -1_000)]
    );
}

#[test]
fn what_does_not_balance_is_no_posting() {
    let world = world();
    let entries = vec![Entry::debit(AccountKind::Bank, None, 1)];
    assert_eq!(Posting::new(world.firm, Currency::TRY, PostingKind::Payout, entries), Err(LedgerError::Unbalanced(1)));
    assert_eq!(Posting::new(world.firm, Currency::TRY, PostingKind::Payout, Vec::new()), Err(LedgerError::Amount));
}

fn sum_of(postings: &[Posting], node: NodeId, account: AccountKind, party: NodeId) -> i64 {
    postings
        .iter()
        .filter(|posting| posting.node() == node)
        .flat_map(Posting::entries)
        .filter(|entry| entry.account == account && entry.counterparty == Some(Party::Node(party)))
        .map(|entry| entry.minor)
        .sum()
}

proptest! {
    #[test]
    fn a_series_of_refunds_returns_exactly_the_charge(
        amount in 1..10_000_000_i64,
        difference in 0..1_000_000_i64,
        asked in prop::collection::vec(1..2_000_000_i64, 1..40),
    ) {
        let mut given: Vec<RefundSplit> = Vec::new();
        let before = |given: &[RefundSplit]| RefundSplit {
            amount: given.iter().map(|split| split.amount).sum(),
            difference: given.iter().map(|split| split.difference).sum(),
        };
        for (turn, asked) in asked.into_iter().enumerate() {
            let so_far = before(&given);
            let left = amount + difference - so_far.amount - so_far.difference;
            match RefundSplit::of(asked, amount, difference, so_far) {
                Some(split) => {
                    prop_assert!(asked <= left && split.amount >= 0 && split.difference >= 0);
                    prop_assert_eq!(split.amount + split.difference, asked);
                    given.push(split);
                }
                None => prop_assert!(asked > left),
            }
            // Some refunds fail at the bank and are taken out again.
            if turn % 3 == 2 && !given.is_empty() {
                given.remove(turn % given.len());
            }
        }
        let so_far = before(&given);
        let left = amount + difference - so_far.amount - so_far.difference;
        if left > 0 {
            let last = RefundSplit::of(left, amount, difference, so_far).expect("the rest is left");
            prop_assert_eq!((so_far.amount + last.amount, so_far.difference + last.difference), (amount, difference));
        }
    }

    #[test]
    fn every_pair_of_levels_mirrors(
        amount in 1..10_000_000_i64, surcharge in 0..100_000_i64, bank in 0..50_000_i64,
        shares in prop::collection::vec(0..10_000_i64, 0..5), parts in 1..13_usize, back in 1..10_000_000_i64,
    ) {
        let world = world();
        let mut kept = 0;
        let levels: Vec<_> = shares.iter().map(|share| { kept += share; (NodeId::at(7), kept) }).collect();
        let route = Route { levels, ..own(&world) };
        let debtor = Party::Customer(CustomerId::at(5));
        let charged = amount + surcharge;
        let capture = Capture {
            route: route.clone(), currency: Currency::TRY, charged, bank_commission: bank.min(charged),
            value_days: vec![date(2026, 12, 1); parts], closed: vec![principal(debtor, amount)],
        };
        let mut postings = capture.postings().expect("balances");
        let none = RefundSplit { amount: 0, difference: 0 };
        let split = RefundSplit::of(back.min(charged), amount, surcharge, none).expect("within");
        let refund = Refund {
            route: route.clone(), currency: Currency::TRY, payer: debtor,
            reopened: reopen(&capture.closed, split.amount).expect("held"), difference: split.difference,
        };
        postings.extend(refund.asked().expect("balances"));
        let mut upper = route.owner;
        for (lower, _) in &route.levels {
            let due_to = sum_of(&postings, upper, AccountKind::DueTo, *lower);
            let due_from = sum_of(&postings, *lower, AccountKind::DueFrom, upper);
            prop_assert_eq!(due_to, -due_from);
            upper = *lower;
        }
    }
}
