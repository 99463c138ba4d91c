//! What rules mean, that the compiled form means the same, and how accounts are picked.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::domain::id::RuleId;
use crate::domain::instalment::{SchemeLine, Terms};

const PROGRAMMES: [&str; 3] = ["Bonus", "Maximum", "World"];
const BANKS: [&str; 3] = ["0062", "0064", "0067"];
const BINS: [&str; 6] = ["435508", "4355084", "43550843", "454360", "45436012", "979212"];

fn lira(minor: i64) -> Money {
    Money::new(minor, Currency::TRY)
}

fn nodes() -> Vec<NodeId> {
    static NODES: std::sync::LazyLock<Vec<NodeId>> = std::sync::LazyLock::new(|| (1..=4).map(NodeId::at).collect());
    NODES.clone()
}

fn accounts() -> Vec<PosAccountId> {
    static ACCOUNTS: std::sync::LazyLock<Vec<PosAccountId>> =
        std::sync::LazyLock::new(|| (1..=3).map(PosAccountId::at).collect());
    ACCOUNTS.clone()
}

fn some_of<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let most = all.len().min(2);
    prop_oneof![2 => Just(Vec::new()), 1 => prop::sample::subsequence(all, 1..=most)]
}

fn span<T: Clone + Copy + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Span<T>> {
    (prop::option::weighted(0.3, value.clone()), prop::option::weighted(0.3, value))
        .prop_map(|(min, max)| Span { min, max })
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let text = |all: &[&str]| some_of(all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    let card = (text(&BINS), text(&PROGRAMMES), text(&BANKS), some_of(CardKind::ALL.to_vec()), any::<Option<bool>>());
    let sum = (span(1_u16..14), span(0_i64..20), prop::option::of(prop::sample::select(currencies())));
    let hours = prop::option::weighted(
        0.3,
        (0_u16..4, 0_u16..5).prop_map(|(from, until)| Hours { from: from * 360, until: until * 360 }),
    );
    let place = (some_of(nodes()), some_of(Weekday::ALL.to_vec()), hours);
    (card, sum, place).prop_map(|(card, sum, place)| Conditions {
        bins: card.0,
        programmes: card.1,
        banks: card.2,
        kinds: card.3,
        commercial: card.4,
        instalments: sum.0,
        amount: sum.1,
        currency: sum.2,
        dealers: place.0,
        days: place.1,
        hours: place.2,
    })
}

fn currencies() -> Vec<Currency> {
    ["TRY", "USD"].iter().filter_map(|code| Currency::from_code(code)).collect()
}

fn rule(place: usize, when: Conditions, through: Through) -> Rule {
    Rule { id: RoutingRuleId::at(1), place: u32::try_from(place).unwrap(), name: format!("{place}"), when, through }
}

fn through(accounts: Vec<PosAccountId>) -> Through {
    Through { accounts, cheapest: false, money_rate: None, daily_cap: None, healthy: false }
}

fn cards() -> Vec<Option<BinFacts>> {
    let mut cards = vec![None];
    for (bin, bank, programme) in
        [("435508", "0064", Some("Maximum")), ("43550843", "0062", None), ("979212", "0067", Some("World"))]
    {
        for kind in CardKind::ALL {
            for commercial in [false, true] {
                cards.push(Some(BinFacts::new(bin.to_owned(), bank, "VISA", *kind, commercial, programme)));
            }
        }
    }
    cards
}

proptest! {
    #[test]
    fn the_compiled_rules_hold_where_the_rules_hold(
        conditions in prop::collection::vec(conditions(), 0..150),
        card in prop::sample::select(cards()), digits in prop::sample::select(vec!["", "435508", "43550843", "45436099", "97921200", "abcdef"]),
        instalments in 1_u16..40, minor in -1_i64..22, currency in prop::sample::select(vec!["TRY", "USD", "EUR"]),
        depth in 0_usize..5, weekday in prop::sample::select(Weekday::ALL.to_vec()), minute in 0_u16..DAY_MINUTES,
    ) {
        let rules: Vec<Rule> = conditions
            .into_iter()
            .enumerate()
            .map(|(at, when)| rule(at + 1, when, through(Vec::new())))
            .collect();
        let path = &nodes()[..depth.min(4)];
        let amount = Money::new(minor, Currency::from_code(currency).unwrap());
        let question = Question { digits, card: card.as_ref(), instalments, amount, path, weekday, minute };
        let told: Vec<usize> = rules.iter().enumerate().filter(|(_, rule)| rule.holds(&question)).map(|(at, _)| at).collect();
        for rule in &rules {
            prop_assert_eq!(rule.holds(&question), rule.unmet(&question).is_empty());
        }
        let compiled = Compiled::new(rules);
        prop_assert_eq!(compiled.matching(&question).collect::<Vec<_>>(), told);
    }

    #[test]
    fn what_cannot_be_used_is_never_chosen_and_always_told(
        usable in any::<[bool; 3]>(), healthy in any::<[bool; 3]>(), today in [0_i64..2_000, 0_i64..2_000, 0_i64..2_000],
        cap in prop::option::of(500_i64..2_000), wants_health in any::<bool>(), cheapest in any::<bool>(),
        rates in ["[0-4]", "[0-4]", "[0-4]"],
    ) {
        let known: Vec<Account> = (0..3).map(|at| Account {
            usable: usable[at], healthy: healthy[at], today_minor: today[at], ..account(at, &rates[at])
        }).collect();
        let through = Through { daily_cap: cap, healthy: wants_health, cheapest, ..through(accounts()) };
        let rules = Compiled::new(vec![rule(1, Conditions::default(), through)]);
        let choice = choose(&rules, &question(&[]), &known, date(2026, 11, 20), 10);
        prop_assert_eq!(choice.explanation.candidates.len(), 3);
        for (at, account) in known.iter().enumerate() {
            let chosen = choice.accounts.iter().any(|(id, _)| *id == account.name.id);
            let may = usable[at] && cap.is_none_or(|cap| today[at] + 1_000 <= cap) && (healthy[at] || !wants_health);
            prop_assert_eq!(chosen, may);
            let told = choice.explanation.candidates.iter().find(|told| told.account.id == account.name.id).unwrap();
            prop_assert_eq!(told.skip.is_none(), may);
        }
        let costs: Vec<i64> = choice.explanation.candidates.iter().filter(|told| told.skip.is_none())
            .filter_map(|told| told.cost).map(Cost::total).collect();
        prop_assert!(costs.is_sorted());
        prop_assert_eq!(choice.explanation.account, choice.accounts.first().map(|(id, _)| *id));
        prop_assert_eq!(choice.explanation.by == By::Rule, !choice.accounts.is_empty());
    }
}

fn account(at: usize, bank_rate: &str) -> Account {
    let id = accounts()[at];
    let name = AccountName { id, name: format!("POS {at}"), bank: "isbank".to_owned() };
    let terms = terms(1, bank_rate, 1);
    Account { name, usable: true, terms: Some(terms), today_minor: 0, healthy: true, unfit: None }
}

fn terms(instalments: u16, bank_rate: &str, blocked_days: u16) -> Terms {
    let line = SchemeLine {
        id: RuleId::at(1),
        pos_account: None,
        programme: None,
        commercial: None,
        instalments,
        extra: 0,
        offer_rate: Rate::ZERO,
        payer_share: Rate::ZERO,
        bank_rate: bank_rate.parse().unwrap(),
        amount_min: 0,
        blocked_days,
    };
    Terms::of(&line, lira(1_000)).unwrap()
}

fn question(path: &[NodeId]) -> Question<'_> {
    Question {
        digits: "43550843",
        card: None,
        instalments: 1,
        amount: lira(1_000),
        path,
        weekday: Weekday::Friday,
        minute: 600,
    }
}

#[test]
fn the_first_rule_with_an_account_decides_and_the_others_are_told() {
    let ids = accounts();
    let bonus = Conditions { programmes: vec!["Bonus".to_owned()], ..Conditions::default() };
    let rules = vec![
        rule(1, bonus, through(vec![ids[0]])),
        rule(2, Conditions::default(), Through { daily_cap: Some(999), ..through(vec![ids[1]]) }),
        rule(3, Conditions::default(), through(vec![ids[2], ids[0]])),
        rule(4, Conditions::default(), through(vec![ids[1]])),
    ];
    let known: Vec<Account> = (0..3).map(|at| account(at, "1")).collect();
    let choice = choose(&Compiled::new(rules), &question(&[]), &known, date(2026, 11, 20), 10);
    let chosen: Vec<PosAccountId> = choice.accounts.iter().map(|(id, _)| *id).collect();
    assert_eq!(chosen, [ids[2], ids[0]]);
    let told: Vec<(u32, Verdict)> = choice.explanation.looks.iter().map(|look| (look.place, look.verdict)).collect();
    assert_eq!(told, [(1, Verdict::NotMet), (2, Verdict::NoAccount), (3, Verdict::Decided)]);
    assert_eq!(choice.explanation.looks[0].unmet, [Subject::Programme]);
    assert_eq!(choice.explanation.candidates[0].skip, Some(Skip::OverCap));
}

#[test]
fn waiting_for_money_can_cost_more_than_commission() {
    let quick = terms(1, "2", 1);
    let slow = terms(1, "1.5", 40);
    let today = date(2026, 11, 20);
    let total = |terms: &Terms, rate: &str| cost_of(terms, rate.parse().unwrap(), today).unwrap().total();
    assert_eq!((total(&quick, "0"), total(&slow, "0")), (20, 15));
    // 985 kuruş for 40 days at 50 % a year are 54 kuruş.
    assert_eq!((total(&quick, "50"), total(&slow, "50")), (21, 69));
    // Six parts, a month apart, the first after one day.
    let parts = cost_of(&terms(6, "2", 1), "50".parse().unwrap(), today).unwrap();
    let days = [1, 31, 62, 93, 121, 152];
    let waited: i64 = days.iter().zip([164, 164, 163, 163, 163, 163]).map(|(days, part)| days * part).sum();
    assert_eq!(parts.money, (waited * 50 + 18_250) / 36_500);
}

#[test]
fn a_night_goes_over_midnight() {
    let night = Hours { from: 22 * 60, until: 6 * 60 };
    assert!(night.holds(23 * 60) && night.holds(0) && night.holds(5 * 60 + 59));
    assert!(!night.holds(6 * 60) && !night.holds(12 * 60));
    let day = Hours { from: 9 * 60, until: 18 * 60 };
    assert!(day.holds(9 * 60) && !day.holds(18 * 60));
}
