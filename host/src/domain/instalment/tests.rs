#![expect(clippy::items_after_statements, reason = "each example names its accounts where it needs them")]
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::money::Currency;
use crate::domain::tree::NodeLimit;

fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}

fn line(instalments: u16, offer: &str, share: &str, bank: &str) -> SchemeLine {
    SchemeLine {
        id: RuleId::at(1),
        pos_account: None,
        programme: Some("Maximum".to_owned()),
        commercial: None,
        instalments,
        extra: 0,
        offer_rate: rate(offer),
        payer_share: rate(share),
        bank_rate: rate(bank),
        amount_min: 0,
        blocked_days: 1,
    }
}

fn card(kind: CardKind, programme: &str) -> BinFacts {
    BinFacts::new("454360".to_owned(), "0064", "VISA", kind, false, Some(programme))
}

fn ask(lines: &[SchemeLine], card: Option<&BinFacts>, minor: i64) -> Vec<Offer> {
    let amount = Money::new(minor, Currency::TRY);
    quote(lines, &Question { amount, card, limit: &EffectiveLimit::default(), ceiling: 12 })
}

/// books.md examples 1, 2 and 3: what is charged.
#[test]
fn the_bearer_decides_what_is_charged() {
    let maximum = card(CardKind::Credit, "Maximum");
    for (share, charged, bearer) in
        [("100", 1_025_000, Bearer::Payer), ("0", 1_000_000, Bearer::Firm), ("50", 1_012_500, Bearer::Shared)]
    {
        let offers = ask(&[line(3, "2.5", share, "2.0")], Some(&maximum), 1_000_000);
        let Offer::Open(terms) = &offers[1] else { panic!("{offers:?}") };
        assert_eq!((terms.charged.minor, terms.bearer), (charged, bearer));
        assert_eq!(terms.parts().iter().sum::<i64>(), charged);
        assert_eq!(terms.difference(), charged - 1_000_000);
        let text = serde_json::to_string(terms).expect("terms are text");
        assert_eq!(&serde_json::from_str::<Terms>(&text).expect("and back"), terms);
    }
}

fn reason(offer: &Offer) -> Option<Unavailable> {
    match offer {
        Offer::Open(_) => None,
        Offer::Closed { reason, .. } => Some(*reason),
    }
}

#[test]
fn closed_rows_say_why() {
    let mut small = line(6, "4", "100", "2");
    small.amount_min = 50_000;
    let lines = [line(3, "2.5", "100", "2"), small, line(15, "9", "100", "2")];
    let reasons = |card: Option<&BinFacts>, minor| ask(&lines, card, minor).iter().map(reason).collect::<Vec<_>>();
    use Unavailable as U;
    assert_eq!(
        reasons(Some(&card(CardKind::Credit, "Maximum")), 10_000),
        [None, None, Some(U::AmountTooSmall), Some(U::OverLegalCeiling)]
    );
    let debit = Some(U::CardWithoutInstalments);
    assert_eq!(reasons(Some(&card(CardKind::Debit, "")), 10_000), [None, debit, debit, debit]);
    assert_eq!(reasons(None, 10_000), [None, Some(U::CardUnknown), Some(U::CardUnknown), Some(U::CardUnknown)]);
    assert_eq!(reasons(Some(&card(CardKind::Credit, "World")), 10_000)[1], Some(U::ProgrammeNotOffered));
}

#[test]
fn what_the_bank_adds_counts_for_the_law() {
    let maximum = card(CardKind::Credit, "Maximum");
    let with_extra = |instalments, extra| SchemeLine { extra, ..line(instalments, "1", "100", "2") };
    let offers = ask(&[with_extra(9, 3), with_extra(10, 3), with_extra(1, 12)], Some(&maximum), 10_000);
    assert_eq!(offers.iter().map(reason).collect::<Vec<_>>(), [None, None, Some(Unavailable::OverLegalCeiling)]);
    let Offer::Open(single) = &offers[0] else { panic!("{offers:?}") };
    assert_eq!((single.extra, single.line), (0, None), "thirteen parts are too many: charged as it is");
}

#[test]
fn every_line_says_why_it_does_not_decide() {
    let account = PosAccountId::at(1);
    let small = SchemeLine { amount_min: 50_000, ..line(3, "0", "100", "2") };
    let lines = [
        line(3, "2.5", "100", "2"),
        SchemeLine { programme: None, ..line(3, "1", "100", "2") },
        SchemeLine { programme: Some("World".to_owned()), ..line(3, "1", "100", "2") },
        SchemeLine { commercial: Some(true), ..line(3, "1", "100", "2") },
        small,
        SchemeLine { pos_account: Some(account), ..line(3, "3", "100", "2") },
        SchemeLine { extra: 10, ..line(3, "1", "100", "2") },
        line(6, "4", "100", "2"),
    ];
    let lines: Vec<SchemeLine> =
        lines.into_iter().zip(1..).map(|(line, at)| SchemeLine { id: RuleId::at(at), ..line }).collect();
    let maximum = card(CardKind::Credit, "Maximum");
    let limit = EffectiveLimit::default();
    let amount = Money::new(10_000, Currency::TRY);
    let question = Question { amount, card: Some(&maximum), limit: &limit, ceiling: 12 };
    let offers = quote(&lines, &question);
    use LineLook as L;
    let told: Vec<_> = looks(&lines, &question, &offers[1], &|_| true).into_iter().map(|(_, look)| look).collect();
    assert_eq!(
        told,
        [L::Decided, L::LessExact, L::OtherProgramme, L::OtherCards, L::AmountTooSmall, L::Dearer, L::OverLegalCeiling]
    );
    let told = looks(&lines, &question, &offers[1], &|line| line.pos_account.is_none());
    assert_eq!(told[5].1, L::AccountNotUsable);
    let strict = Question { ceiling: 4, ..question };
    let offers = quote(&lines, &strict);
    assert_eq!(looks(&lines, &strict, &offers[2], &|_| true)[0].1, L::OverLegalCeiling);
}

#[test]
fn a_limit_on_the_path_is_named() {
    let node = NodeLimit {
        node: NodeId::at(1),
        name: "Ankara Bayi".to_owned(),
        instalments_max: Some(6),
        programme_instalments_max: std::collections::BTreeMap::new(),
        amount_min: None,
        amount_max: None,
    };
    let limit = EffectiveLimit::along(&[node]);
    let maximum = card(CardKind::Credit, "Maximum");
    let question =
        Question { amount: Money::new(10_000, Currency::TRY), card: Some(&maximum), limit: &limit, ceiling: 12 };
    let offers = quote(&[line(6, "4", "100", "2"), line(9, "6", "100", "2")], &question);
    assert_eq!(reason(&offers[1]), None);
    let Offer::Closed { limited_by, .. } = &offers[2] else { panic!("{offers:?}") };
    assert_eq!(limited_by.as_deref(), Some("Ankara Bayi"));
}

#[test]
fn the_exact_line_then_the_cheapest_counts() {
    let general = SchemeLine { programme: None, ..line(3, "1", "100", "3") };
    let other_pos = SchemeLine { pos_account: Some(PosAccountId::at(1)), ..line(3, "2", "100", "1") };
    let maximum = card(CardKind::Credit, "Maximum");
    let charged = |lines: &[SchemeLine]| match &ask(lines, Some(&maximum), 10_000)[1] {
        Offer::Open(terms) => terms.charged.minor,
        Offer::Closed { .. } => 0,
    };
    assert_eq!(charged(&[general.clone(), line(3, "2.5", "100", "2")]), 10_250);
    assert_eq!(charged(&[general, line(3, "2.5", "100", "2"), other_pos]), 10_200);
}

#[test]
fn value_days_are_a_month_apart() {
    let mut terms = Terms::single(Money::new(1, Currency::TRY));
    terms.instalments = 3;
    assert_eq!(terms.value_days(date(2026, 12, 30)), [date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28)]);
}

#[test]
fn the_ceiling_is_dated() {
    let rows = legal_ceilings();
    assert_eq!(ceiling_on(&rows, date(2026, 11, 22), "general", false), 12);
    assert_eq!(ceiling_on(&rows, date(2015, 1, 1), "general", true), 9);
    assert_eq!(ceiling_on(&rows, date(2026, 11, 22), "fuel", false), 1);
    assert_eq!(ceiling_on(&rows, date(2026, 11, 22), "ceramics", false), 12);
    assert_eq!(ceiling_on(&rows, date(2000, 1, 1), "general", false), 1);
    assert_eq!(sectors(), ["general", "telecom", "food", "fuel"]);
}

proptest! {
    #[test]
    fn what_is_seen_is_what_is_charged(
        minor in 1..10_000_000_000_i64, offer in 0..100_000_u32, share in 0..101_u32, instalments in 2..13_u16,
    ) {
        let line = SchemeLine {
            offer_rate: Rate::new(rust_decimal::Decimal::new(i64::from(offer), 3)).expect("below 100"),
            payer_share: Rate::new(rust_decimal::Decimal::from(share)).expect("a percentage"),
            ..line(instalments, "0", "0", "2")
        };
        let offers = ask(&[line], Some(&card(CardKind::Credit, "Maximum")), minor);
        let Offer::Open(terms) = &offers[1] else { return Err(TestCaseError::fail("closed")) };
        prop_assert_eq!(terms.parts().iter().sum::<i64>(), terms.charged.minor);
        prop_assert!(terms.charged.minor >= minor);
        prop_assert_eq!(terms.parts().len(), usize::from(instalments));
    }
}
