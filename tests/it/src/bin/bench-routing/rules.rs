//! The rules and payments of the measurement, and the same rules as somebody would write them by hand.

use std::collections::HashMap;

use vezne::domain::bin::{BinFacts, CardKind};
use vezne::domain::id::{NodeId, PosAccountId, RoutingRuleId};
use vezne::domain::money::{Currency, Money};
use vezne::domain::routing::{Conditions, Hours, Question, Rule, Span, Subject, Through, Weekday};

/// Rules of the firm.
pub const RULES: usize = 1_000;
/// BINs that rules name, of eight digits.
pub const BINS: usize = 60_000;
/// Dealers of the firm.
pub const DEALERS: usize = 20_000;
/// One rule of so many names BINs.
const BIN_RULE_EVERY: usize = 10;

const PROGRAMMES: [&str; 8] = ["Axess", "Bankkart", "Bonus", "CardFinans", "Maximum", "Paraf", "SaglamKart", "World"];
const BANKS: [&str; 8] = ["0046", "0010", "0062", "0111", "0064", "0012", "0205", "0067"];

/// The same numbers in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % most
    }
}

fn bin(number: usize) -> String {
    // Spread over the range of card numbers, eight digits.
    format!("{}", 40_000_000 + number * 223)
}

/// A thousand rules of all kinds; the later a rule, the less it asks.
pub fn rules(dealers: &[NodeId], accounts: &[PosAccountId]) -> Vec<Rule> {
    let mut dice = Dice::new(7);
    (0..RULES)
        .map(|at| {
            let mut when = Conditions::default();
            if at % BIN_RULE_EVERY == 0 {
                let of_rule = BINS / (RULES / BIN_RULE_EVERY);
                let first = at / BIN_RULE_EVERY * of_rule;
                when.bins = (first..first + of_rule).map(bin).collect();
            } else {
                when.programmes = vec![PROGRAMMES[dice.below(8)].to_owned()];
            }
            if dice.below(2) == 0 {
                let min = u16::try_from(dice.below(12)).unwrap_or(0) + 1;
                when.instalments = Span { min: Some(min), max: Some(min + 2) };
            }
            if dice.below(2) == 0 {
                let min = i64::try_from(dice.below(5_000_000)).unwrap_or(0);
                when.amount = Span { min: Some(min), max: Some(min + 2_000_000) };
                when.currency = Some(Currency::TRY);
            }
            if at < RULES / 2 || dice.below(3) == 0 {
                when.dealers = (0..3).map(|_| dealers[dice.below(dealers.len())]).collect();
            }
            if dice.below(4) == 0 {
                when.banks = vec![BANKS[dice.below(8)].to_owned()];
            }
            if dice.below(6) == 0 {
                when.days = vec![Weekday::ALL[dice.below(7)], Weekday::ALL[dice.below(7)]];
                when.hours = Some(Hours { from: 9 * 60, until: 18 * 60 });
            }
            when.kinds = if dice.below(5) == 0 { vec![CardKind::Credit] } else { Vec::new() };
            let through = Through {
                accounts: vec![accounts[at % accounts.len()]],
                cheapest: false,
                money_rate: None,
                daily_cap: None,
                healthy: false,
            };
            let place = u32::try_from(at + 1).unwrap_or(u32::MAX);
            Rule { id: RoutingRuleId::at(1), place, name: String::new(), when, through }
        })
        .collect()
}

/// A payment that rules are asked about.
pub struct Payment {
    pub digits: String,
    card: BinFacts,
    pub instalments: u16,
    pub amount: i64,
    path: Vec<NodeId>,
    weekday: Weekday,
    minute: u16,
}

impl Payment {
    pub fn question(&self) -> Question<'_> {
        Question {
            digits: &self.digits,
            card: Some(&self.card),
            instalments: self.instalments,
            amount: Money::new(self.amount, Currency::TRY),
            path: &self.path,
            weekday: self.weekday,
            minute: self.minute,
        }
    }
}

/// Payments with cards of which half are named by a rule.
pub fn payments(count: usize, firm: NodeId, dealers: &[NodeId]) -> Vec<Payment> {
    let mut dice = Dice::new(11);
    (0..count)
        .map(|_| {
            let digits = bin(dice.below(2 * BINS));
            let at = dice.below(8);
            let kind = [CardKind::Credit, CardKind::Credit, CardKind::Debit][dice.below(3)];
            let card = BinFacts::new(digits.clone(), BANKS[at], "VISA", kind, dice.below(5) == 0, Some(PROGRAMMES[at]));
            Payment {
                digits,
                card,
                instalments: u16::try_from(dice.below(12)).unwrap_or(0) + 1,
                amount: i64::try_from(dice.below(6_000_000)).unwrap_or(0) + 1,
                path: vec![firm, dealers[dice.below(dealers.len())]],
                weekday: Weekday::ALL[dice.below(7)],
                minute: u16::try_from(dice.below(24 * 60)).unwrap_or(0),
            }
        })
        .collect()
}

/// What a person would write who knows these rules: a BIN's rule by a map, the others by a `match` on the programme
/// and then one after another, comparing numbers first.
pub struct Hand {
    by_bin: HashMap<u32, usize>,
    by_programme: [Vec<usize>; 8],
}

impl Hand {
    pub fn new(rules: &[Rule]) -> Self {
        let mut by_bin = HashMap::with_capacity(BINS);
        let mut by_programme: [Vec<usize>; 8] = Default::default();
        for (at, rule) in rules.iter().enumerate() {
            for bin in &rule.when.bins {
                by_bin.insert(bin.parse().unwrap_or(0), at);
            }
            for programme in &rule.when.programmes {
                if let Some(place) = place_of(programme) {
                    by_programme[place].push(at);
                }
            }
        }
        Self { by_bin, by_programme }
    }

    /// The first rule that holds.
    pub fn first(&self, rules: &[Rule], question: &Question<'_>) -> Option<usize> {
        let of_bin = question.digits.parse::<u32>().ok().and_then(|digits| self.by_bin.get(&digits).copied());
        let of_bin = of_bin.filter(|at| rest_holds(&rules[*at], question));
        let programme = question.card.and_then(|card| card.programme.as_deref()).and_then(place_of);
        let listed = programme.map_or(&[][..], |place| &self.by_programme[place]);
        let before = of_bin.unwrap_or(usize::MAX);
        let of_programme =
            listed.iter().copied().take_while(|at| *at < before).find(|at| rest_holds(&rules[*at], question));
        of_programme.or(of_bin)
    }
}

fn place_of(programme: &str) -> Option<usize> {
    Some(match programme {
        "Axess" => 0,
        "Bankkart" => 1,
        "Bonus" => 2,
        "CardFinans" => 3,
        "Maximum" => 4,
        "Paraf" => 5,
        "SaglamKart" => 6,
        "World" => 7,
        _ => return None,
    })
}

/// Everything but BIN and programme, the cheapest comparison first.
fn rest_holds(rule: &Rule, question: &Question<'_>) -> bool {
    let when = &rule.when;
    when.instalments.holds(question.instalments)
        && when.amount.holds(question.amount.minor)
        && when.holds_on(Subject::Dealer, question)
        && when.holds_on(Subject::Kind, question)
        && when.holds_on(Subject::Bank, question)
        && when.holds_on(Subject::Time, question)
}
