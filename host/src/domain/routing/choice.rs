//! Picking among the accounts of the rules that hold.

use jiff::civil::Date;

use super::{AccountName, By, Candidate, Compiled, Cost, Explanation, Look, Question, Rule, Skip, Verdict, cost_of};
use crate::domain::id::PosAccountId;
use crate::domain::instalment::Terms;
use crate::domain::rate::Rate;

/// What is known of an account at the moment of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub name: AccountName,
    /// Whether the collecting node can use it.
    pub usable: bool,
    /// What it would charge and keep; none where it cannot charge what the payer was shown.
    pub terms: Option<Terms>,
    /// What went through it today, minor units of the payment's currency.
    pub today_minor: i64,
    /// Whether its bank answers.
    pub healthy: bool,
    /// Why its settings do not fit how this payment is made.
    pub unfit: Option<Skip>,
}

/// What the rules chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Where to go, in this order; empty where no rule chose.
    pub accounts: Vec<(PosAccountId, Terms)>,
    /// Why.
    pub explanation: Explanation,
}

/// The first rule that holds and whose accounts can take the payment decides. `told_max` bounds how many rules that
/// do not hold are explained, those nearest to the decision.
pub fn choose(rules: &Compiled, question: &Question<'_>, accounts: &[Account], today: Date, told_max: usize) -> Choice {
    let mut looks = Vec::new();
    let mut candidates = Vec::new();
    let mut chosen = Vec::new();
    let mut end = rules.rules().len();
    for at in rules.matching(question) {
        let rule = &rules.rules()[at];
        let tried = tried(rule, accounts, today);
        chosen = tried.iter().filter_map(|tried| tried.terms.clone()).collect();
        candidates.extend(tried.into_iter().map(|tried| tried.candidate));
        let verdict = if chosen.is_empty() { Verdict::NoAccount } else { Verdict::Decided };
        looks.push((at, look(rule, verdict, Vec::new())));
        if !chosen.is_empty() {
            end = at;
            break;
        }
    }
    let held: Vec<usize> = looks.iter().map(|(at, _)| *at).collect();
    let others = (0..end).rev().filter(|at| !held.contains(at)).take(told_max);
    looks.extend(others.map(|at| {
        let rule = &rules.rules()[at];
        (at, look(rule, Verdict::NotMet, rule.unmet(question)))
    }));
    looks.sort_by_key(|(at, _)| *at);
    let explanation = Explanation {
        by: if chosen.is_empty() { By::Nearest } else { By::Rule },
        account: chosen.first().map(|(account, _)| *account),
        looks: looks.into_iter().map(|(_, look)| look).collect(),
        candidates,
        failovers: Vec::new(),
    };
    Choice { accounts: chosen, explanation }
}

fn look(rule: &Rule, verdict: Verdict, unmet: Vec<super::Subject>) -> Look {
    Look { rule: rule.id, place: rule.place, name: rule.name.clone(), verdict, unmet }
}

/// An account of a rule, judged.
struct Tried {
    candidate: Candidate,
    /// Where it may be used.
    terms: Option<(PosAccountId, Terms)>,
}

/// The accounts of a rule, those that may be used first and in their order.
fn tried(rule: &Rule, accounts: &[Account], today: Date) -> Vec<Tried> {
    let through = &rule.through;
    let mut tried: Vec<Tried> = through
        .accounts
        .iter()
        .filter_map(|wanted| accounts.iter().find(|account| account.name.id == *wanted))
        .map(|account| judge(rule, account, today))
        .collect();
    if through.cheapest {
        // Stable: of equal costs the firm's order counts; what cannot be reckoned comes after what can.
        tried.sort_by_key(|tried| {
            let cost = tried.candidate.cost.map_or(i64::MAX, Cost::total);
            (tried.candidate.skip.is_some(), cost)
        });
    } else {
        tried.sort_by_key(|tried| tried.candidate.skip.is_some());
    }
    tried
}

impl Rule {
    /// Whether an account that the rule names can take the payment.
    pub fn can_use(&self, account: &Account) -> bool {
        self.skip(account).is_none()
    }

    fn skip(&self, account: &Account) -> Option<Skip> {
        let through = &self.through;
        if account.usable && account.unfit.is_some() {
            return account.unfit;
        }
        let Some(terms) = &account.terms else {
            return Some(if account.usable { Skip::OtherTerms } else { Skip::NotUsable });
        };
        let after = account.today_minor.saturating_add(terms.charged.minor);
        if !account.usable {
            Some(Skip::NotUsable)
        } else if through.daily_cap.is_some_and(|cap| after > cap) {
            Some(Skip::OverCap)
        } else if through.healthy && !account.healthy {
            Some(Skip::Unhealthy)
        } else {
            None
        }
    }
}

fn judge(rule: &Rule, account: &Account, today: Date) -> Tried {
    let through = &rule.through;
    let skip = rule.skip(account);
    // Without a line of the table nobody knows what the bank keeps.
    let known = account.terms.as_ref().filter(|terms| terms.line.is_some() && through.cheapest);
    let cost = known.and_then(|terms| cost_of(terms, through.money_rate.unwrap_or(Rate::ZERO), today));
    let terms = account.terms.clone().filter(|_| skip.is_none()).map(|terms| (account.name.id, terms));
    Tried { candidate: Candidate { account: account.name.clone(), place: Some(rule.place), skip, cost }, terms }
}
