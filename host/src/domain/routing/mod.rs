//! Through which POS account a payment goes: ordered rules, the first that holds and has an account decides.
//!
//! [`Rule::unmet`] is what a rule means, condition by condition; [`Compiled`] finds the rules that hold without
//! looking at each of them; [`choose`] picks among the accounts of those rules and writes down why.

mod choice;
mod compiled;
mod cost;
mod explanation;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use choice::{Account, Choice, choose};
pub use compiled::Compiled;
pub use cost::{Cost, cost_of};
pub use explanation::{AccountName, By, Candidate, Explanation, Failover, Look, Skip, Verdict};

use super::bin::{BinFacts, CardKind};
use super::id::{NodeId, PosAccountId, RoutingRuleId};
use super::money::{Currency, Money};
use super::named::named;
use super::rate::Rate;

/// Rules of one firm.
pub const RULES_MAX: usize = 1_000;
/// BINs of one rule.
pub const BINS_MAX: usize = 2_000;
/// Entries of any other list of a rule.
pub const ENTRIES_MAX: usize = 100;
/// Accounts of one rule.
pub const ACCOUNTS_MAX: usize = 10;
/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// So many attempts must have ended before anything is said of a bank's health.
const ENDED_MIN: i64 = 3;

/// Whether a bank answers, from its newest attempts: how many ended, and how many of them without its answer.
pub fn is_healthy(ended: i64, unanswered: i64) -> bool {
    ended < ENDED_MIN || unanswered * 2 < ended
}

named! {
    /// A day of the week, Monday first.
    pub enum Weekday {
        /// 1
        Monday = "monday",
        /// 2
        Tuesday = "tuesday",
        /// 3
        Wednesday = "wednesday",
        /// 4
        Thursday = "thursday",
        /// 5
        Friday = "friday",
        /// 6
        Saturday = "saturday",
        /// 7
        Sunday = "sunday",
    }
}

named! {
    /// What a condition asks about.
    pub enum Subject {
        /// The card's first digits.
        Bin = "bin",
        /// The card programme.
        Programme = "programme",
        /// The bank that issued the card.
        Bank = "bank",
        /// Credit, debit or prepaid.
        Kind = "kind",
        /// A company's card or a person's.
        Commercial = "commercial",
        /// The number of instalments.
        Instalments = "instalments",
        /// The amount and its currency.
        Amount = "amount",
        /// Who collects.
        Dealer = "dealer",
        /// The day of the week and the time of day.
        Time = "time",
    }
}

/// From here to there, both included; an open end does not narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Span<T> {
    /// At least.
    pub min: Option<T>,
    /// At most.
    pub max: Option<T>,
}

impl<T> Default for Span<T> {
    fn default() -> Self {
        Self { min: None, max: None }
    }
}

impl<T: Copy + PartialOrd> Span<T> {
    /// Whether it narrows nothing.
    pub fn is_open(&self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Whether a value lies in it.
    pub fn holds(&self, value: T) -> bool {
        self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
    }
}

/// A time of day in the firm's zone, from the first minute on and before the last; `from` after `until` is a night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The first minute of the day that counts.
    pub from: u16,
    /// The first minute that counts no longer.
    pub until: u16,
}

impl Hours {
    /// Whether a minute of the day lies in it.
    pub fn holds(self, minute: u16) -> bool {
        if self.from <= self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }
}

/// What must be so for a rule to hold: every condition that is stated, and of each list any entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// The card's number begins with one of these, six to eight digits.
    pub bins: Vec<String>,
    /// The card belongs to one of these programmes.
    pub programmes: Vec<String>,
    /// One of these banks issued the card, by EFT code.
    pub banks: Vec<String>,
    /// The card is of one of these kinds.
    pub kinds: Vec<CardKind>,
    /// A company's card, or a person's.
    pub commercial: Option<bool>,
    /// How many instalments.
    pub instalments: Span<u16>,
    /// How much, minor units of the currency.
    pub amount: Span<i64>,
    /// In which currency; an amount needs one.
    pub currency: Option<Currency>,
    /// One of these nodes, or a node below it, collects.
    pub dealers: Vec<NodeId>,
    /// On one of these days.
    pub days: Vec<Weekday>,
    /// At this time of day.
    pub hours: Option<Hours>,
}

/// What to do where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Through {
    /// These accounts, the first one that can; where one cannot be reached, the next.
    pub accounts: Vec<PosAccountId>,
    /// Not in the order of the list, but the cheapest first.
    #[serde(default)]
    pub cheapest: bool,
    /// What a year of waiting for the bank's money costs, in percent; counts towards the cost.
    #[serde(default)]
    pub money_rate: Option<Rate>,
    /// An account that would pass this in one day is left out; minor units of the payment's currency.
    #[serde(default)]
    pub daily_cap: Option<i64>,
    /// An account whose bank does not answer at present is left out.
    #[serde(default)]
    pub healthy: bool,
}

/// One rule of a firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which.
    pub id: RoutingRuleId,
    /// Its place in the list, from 1.
    pub place: u32,
    /// What the firm calls it; may be empty.
    pub name: String,
    /// When it holds.
    pub when: Conditions,
    /// What it says.
    pub through: Through,
}

/// A payment, as rules look at it.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The card's first digits, at most eight; empty where the bank's own page takes the card.
    pub digits: &'a str,
    /// What the table knows of it.
    pub card: Option<&'a BinFacts>,
    /// How many instalments.
    pub instalments: u16,
    /// What counts against debts.
    pub amount: Money,
    /// From the firm down to the collecting node, that node included.
    pub path: &'a [NodeId],
    /// The day in the firm's zone.
    pub weekday: Weekday,
    /// The minute of that day.
    pub minute: u16,
}

impl Conditions {
    /// The currency that an amount is compared in.
    fn amount_holds(&self, amount: Money) -> bool {
        self.currency.is_none_or(|currency| currency == amount.currency) && self.amount.holds(amount.minor)
    }

    fn time_holds(&self, weekday: Weekday, minute: u16) -> bool {
        (self.days.is_empty() || self.days.contains(&weekday)) && self.hours.is_none_or(|hours| hours.holds(minute))
    }

    /// Whether it says nothing about a subject.
    pub fn is_silent_on(&self, subject: Subject) -> bool {
        match subject {
            Subject::Bin => self.bins.is_empty(),
            Subject::Programme => self.programmes.is_empty(),
            Subject::Bank => self.banks.is_empty(),
            Subject::Kind => self.kinds.is_empty(),
            Subject::Commercial => self.commercial.is_none(),
            Subject::Instalments => self.instalments.is_open(),
            Subject::Amount => self.amount.is_open() && self.currency.is_none(),
            Subject::Dealer => self.dealers.is_empty(),
            Subject::Time => self.days.is_empty() && self.hours.is_none(),
        }
    }

    /// Whether what it says about a subject is so; what it is silent on is.
    pub fn holds_on(&self, subject: Subject, question: &Question<'_>) -> bool {
        let card = question.card;
        let programme = card.and_then(|card| card.programme.as_deref());
        self.is_silent_on(subject)
            || match subject {
                Subject::Bin => self.bins.iter().any(|prefix| question.digits.starts_with(prefix.as_str())),
                Subject::Programme => self.programmes.iter().any(|wanted| programme == Some(wanted.as_str())),
                Subject::Bank => card.is_some_and(|card| self.banks.contains(&card.bank_code)),
                Subject::Kind => card.is_some_and(|card| self.kinds.contains(&card.kind)),
                Subject::Commercial => card.is_some_and(|card| self.commercial == Some(card.commercial)),
                Subject::Instalments => self.instalments.holds(question.instalments),
                Subject::Amount => self.amount_holds(question.amount),
                Subject::Dealer => question.path.iter().any(|node| self.dealers.contains(node)),
                Subject::Time => self.time_holds(question.weekday, question.minute),
            }
    }
}

impl Rule {
    /// The subjects on which it does not hold; empty where the rule holds.
    pub fn unmet(&self, question: &Question<'_>) -> Vec<Subject> {
        Subject::ALL.iter().copied().filter(|subject| !self.when.holds_on(*subject, question)).collect()
    }

    /// Whether every condition holds.
    pub fn holds(&self, question: &Question<'_>) -> bool {
        Subject::ALL.iter().all(|subject| self.when.holds_on(*subject, question))
    }
}
