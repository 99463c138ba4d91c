//! Rules and explanations between the wire and the domain: what is written is checked, every fault is told at once.

use std::collections::BTreeSet;

use vezne_api as api;

use crate::domain::amount::AMOUNT_MINOR_MAX;
use crate::domain::bin::CardKind;
use crate::domain::id::PosAccountId;
use crate::domain::money::Currency;
use crate::domain::routing::{
    ACCOUNTS_MAX, AccountName, BINS_MAX, By, Candidate, Conditions, DAY_MINUTES, ENTRIES_MAX, Explanation, Failover,
    Hours, Look, Skip, Span, Subject, Through, Verdict, Weekday,
};
use crate::flow::error::FieldError;
use crate::flow::view::instant;

/// Faults of a request, gathered.
type Faults = Vec<FieldError>;

fn fault(faults: &mut Faults, pointer: impl Into<String>, code: &'static str) {
    faults.push(FieldError::new(pointer, code, "of a routing rule"));
}

/// What was written as conditions.
pub(super) fn conditions_of(wire: &api::RoutingConditions, faults: &mut Faults) -> Conditions {
    let instalments = span(
        wire.instalments_min,
        wire.instalments_max,
        |count| (1..=36).contains(count),
        ["/when/instalments_min", "/when/instalments_max"],
        faults,
    );
    let amount = span(
        wire.amount_min,
        wire.amount_max,
        |minor| (0..=AMOUNT_MINOR_MAX).contains(minor),
        ["/when/amount_min", "/when/amount_max"],
        faults,
    );
    let currency = wire.currency.as_deref().and_then(|code| {
        let known = Currency::from_code(code);
        if known.is_none() {
            fault(faults, "/when/currency", "currency");
        }
        known
    });
    if wire.currency.is_none() && !amount.is_open() {
        fault(faults, "/when/currency", "required");
    }
    let hours = hours(wire.hours_from.as_deref(), wire.hours_until.as_deref(), faults);
    Conditions {
        bins: bins(&wire.bins, faults),
        programmes: words(&wire.programmes, "/when/programmes", faults),
        banks: words(&wire.banks, "/when/banks", faults),
        kinds: kinds(&wire.kinds, faults),
        commercial: wire.commercial,
        instalments,
        amount,
        currency,
        dealers: ids(&wire.dealers, ENTRIES_MAX, "/when/dealers", faults),
        days: wire.days.iter().map(|day| weekday(*day)).collect(),
        hours,
    }
}

/// What was written as accounts.
pub(super) fn through_of(wire: &api::RoutingThrough, when: &Conditions, faults: &mut Faults) -> Through {
    let accounts: Vec<PosAccountId> = ids(&wire.accounts, ACCOUNTS_MAX, "/through/accounts", faults);
    if wire.accounts.is_empty() {
        fault(faults, "/through/accounts", "required");
    }
    let money_rate = wire.money_rate.as_deref().and_then(|text| {
        let rate = text.replace(',', ".").parse().ok();
        if rate.is_none() {
            fault(faults, "/through/money_rate", "out_of_range");
        }
        rate
    });
    if let Some(cap) = wire.daily_cap {
        if !(1..=AMOUNT_MINOR_MAX).contains(&cap) {
            fault(faults, "/through/daily_cap", "out_of_range");
        }
        // What went through an account is summed in one currency.
        if when.currency.is_none() && faults.iter().all(|known| known.pointer != "/when/currency") {
            fault(faults, "/when/currency", "required");
        }
    }
    Through { accounts, cheapest: wire.cheapest, money_rate, daily_cap: wire.daily_cap, healthy: wire.healthy }
}

fn span<T: Copy + PartialOrd>(
    min: Option<T>,
    max: Option<T>,
    allowed: impl Fn(&T) -> bool,
    pointers: [&str; 2],
    faults: &mut Faults,
) -> Span<T> {
    for (bound, pointer) in [min, max].iter().zip(pointers) {
        if bound.as_ref().is_some_and(|bound| !allowed(bound)) {
            fault(faults, pointer, "out_of_range");
        }
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        fault(faults, pointers[1], "out_of_range");
    }
    Span { min, max }
}

fn bins(wire: &[String], faults: &mut Faults) -> Vec<String> {
    if wire.len() > BINS_MAX {
        fault(faults, "/when/bins", "too_many");
    }
    for (at, bin) in wire.iter().enumerate() {
        if !(6..=8).contains(&bin.len()) || !bin.bytes().all(|byte| byte.is_ascii_digit()) {
            fault(faults, format!("/when/bins/{at}"), "malformed");
        }
    }
    once(wire)
}

fn words(wire: &[String], pointer: &str, faults: &mut Faults) -> Vec<String> {
    if wire.len() > ENTRIES_MAX {
        fault(faults, pointer, "too_many");
    }
    for (at, word) in wire.iter().enumerate() {
        if word.trim().is_empty() || word.chars().count() > 50 || word.chars().any(char::is_control) {
            fault(faults, format!("{pointer}/{at}"), "malformed");
        }
    }
    once(wire)
}

/// Every entry once, in the order given.
fn once(wire: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    wire.iter().filter(|entry| seen.insert(entry.as_str())).cloned().collect()
}

fn ids<T: std::str::FromStr + PartialEq>(wire: &[String], most: usize, pointer: &str, faults: &mut Faults) -> Vec<T> {
    if wire.len() > most {
        fault(faults, pointer, "too_many");
    }
    let mut known = Vec::new();
    for (at, text) in wire.iter().enumerate() {
        match text.parse::<T>() {
            Ok(id) if known.contains(&id) => fault(faults, format!("{pointer}/{at}"), "already_used"),
            Ok(id) => known.push(id),
            Err(_) => fault(faults, format!("{pointer}/{at}"), "not_found"),
        }
    }
    known
}

fn kinds(wire: &[api::CardKind], faults: &mut Faults) -> Vec<CardKind> {
    let mut kinds = Vec::new();
    for (at, kind) in wire.iter().enumerate() {
        match kind {
            api::CardKind::Credit => kinds.push(CardKind::Credit),
            api::CardKind::Debit => kinds.push(CardKind::Debit),
            api::CardKind::Prepaid => kinds.push(CardKind::Prepaid),
            api::CardKind::Unknown => fault(faults, format!("/when/kinds/{at}"), "not_a_choice"),
        }
    }
    kinds.dedup();
    kinds
}

fn hours(from: Option<&str>, until: Option<&str>, faults: &mut Faults) -> Option<Hours> {
    let mut minute = |text: Option<&str>, pointer: &str| {
        let read = text.and_then(minute_of);
        if text.is_some() && read.is_none() {
            fault(faults, pointer, "malformed");
        }
        read
    };
    let read = (minute(from, "/when/hours_from"), minute(until, "/when/hours_until"));
    match (from, until) {
        (Some(_), None) => fault(faults, "/when/hours_until", "required"),
        (None, Some(_)) => fault(faults, "/when/hours_from", "required"),
        _ => {}
    }
    let hours = Hours { from: read.0?, until: read.1? };
    if hours.from == hours.until || hours.from == DAY_MINUTES {
        fault(faults, "/when/hours_until", "out_of_range");
    }
    Some(hours)
}

/// `HH:MM`, up to `24:00`.
fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2);
    let (hour, minute) = (two(hour)?, two(minute)?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= DAY_MINUTES).then_some(all)
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn weekday(day: api::Weekday) -> Weekday {
    match day {
        api::Weekday::Monday => Weekday::Monday,
        api::Weekday::Tuesday => Weekday::Tuesday,
        api::Weekday::Wednesday => Weekday::Wednesday,
        api::Weekday::Thursday => Weekday::Thursday,
        api::Weekday::Friday => Weekday::Friday,
        api::Weekday::Saturday => Weekday::Saturday,
        api::Weekday::Sunday => Weekday::Sunday,
    }
}

/// Conditions as the API says them.
pub(super) fn conditions_view(when: &Conditions) -> api::RoutingConditions {
    api::RoutingConditions {
        bins: when.bins.clone(),
        programmes: when.programmes.clone(),
        banks: when.banks.clone(),
        kinds: when
            .kinds
            .iter()
            .map(|kind| match kind {
                CardKind::Credit => api::CardKind::Credit,
                CardKind::Debit => api::CardKind::Debit,
                CardKind::Prepaid => api::CardKind::Prepaid,
            })
            .collect(),
        commercial: when.commercial,
        instalments_min: when.instalments.min,
        instalments_max: when.instalments.max,
        amount_min: when.amount.min,
        amount_max: when.amount.max,
        currency: when.currency.map(|currency| currency.code().to_owned()),
        dealers: when.dealers.iter().map(ToString::to_string).collect(),
        days: when.days.iter().map(|day| weekday_view(*day)).collect(),
        hours_from: when.hours.map(|hours| clock(hours.from)),
        hours_until: when.hours.map(|hours| clock(hours.until)),
    }
}

fn weekday_view(day: Weekday) -> api::Weekday {
    match day {
        Weekday::Monday => api::Weekday::Monday,
        Weekday::Tuesday => api::Weekday::Tuesday,
        Weekday::Wednesday => api::Weekday::Wednesday,
        Weekday::Thursday => api::Weekday::Thursday,
        Weekday::Friday => api::Weekday::Friday,
        Weekday::Saturday => api::Weekday::Saturday,
        Weekday::Sunday => api::Weekday::Sunday,
    }
}

/// What a rule says, as the API says it.
pub(super) fn through_view(through: &Through) -> api::RoutingThrough {
    api::RoutingThrough {
        accounts: through.accounts.iter().map(ToString::to_string).collect(),
        cheapest: through.cheapest,
        money_rate: through.money_rate.map(|rate| rate.to_string()),
        daily_cap: through.daily_cap,
        healthy: through.healthy,
    }
}

/// An explanation as the API says it.
pub fn explanation_view(explanation: &Explanation) -> api::RoutingExplanation {
    let named = |id: PosAccountId| {
        let known = explanation.candidates.iter().find(|candidate| candidate.account.id == id);
        known.map(|candidate| account_view(&candidate.account))
    };
    api::RoutingExplanation {
        by: match explanation.by {
            By::Request => api::RoutingBy::Request,
            By::Rule => api::RoutingBy::Rule,
            By::Table => api::RoutingBy::Table,
            By::Nearest => api::RoutingBy::Nearest,
        },
        account: explanation.account.and_then(named),
        rules: explanation.looks.iter().map(look_view).collect(),
        candidates: explanation.candidates.iter().map(candidate_view).collect(),
        failovers: explanation.failovers.iter().map(failover_view).collect(),
        card: None,
    }
}

fn account_view(account: &AccountName) -> api::PosAccountRef {
    api::PosAccountRef { id: account.id.to_string(), name: account.name.clone(), bank: account.bank.clone() }
}

fn look_view(look: &Look) -> api::RoutingLook {
    api::RoutingLook {
        rule: look.rule.to_string(),
        place: look.place,
        name: look.name.clone(),
        verdict: match look.verdict {
            Verdict::Decided => api::RoutingVerdict::Decided,
            Verdict::NotMet => api::RoutingVerdict::NotMet,
            Verdict::NoAccount => api::RoutingVerdict::NoAccount,
        },
        unmet: look.unmet.iter().map(|subject| subject_view(*subject)).collect(),
    }
}

fn subject_view(subject: Subject) -> api::RoutingSubject {
    match subject {
        Subject::Bin => api::RoutingSubject::Bin,
        Subject::Programme => api::RoutingSubject::Programme,
        Subject::Bank => api::RoutingSubject::Bank,
        Subject::Kind => api::RoutingSubject::Kind,
        Subject::Commercial => api::RoutingSubject::Commercial,
        Subject::Instalments => api::RoutingSubject::Instalments,
        Subject::Amount => api::RoutingSubject::Amount,
        Subject::Dealer => api::RoutingSubject::Dealer,
        Subject::Time => api::RoutingSubject::Time,
    }
}

fn candidate_view(candidate: &Candidate) -> api::RoutingCandidate {
    api::RoutingCandidate {
        account: account_view(&candidate.account),
        place: candidate.place,
        skip: candidate.skip.map(|skip| match skip {
            Skip::NotUsable => api::RoutingSkip::NotUsable,
            Skip::OtherTerms => api::RoutingSkip::OtherTerms,
            Skip::OverCap => api::RoutingSkip::OverCap,
            Skip::Unhealthy => api::RoutingSkip::Unhealthy,
            Skip::DemandsThreeD => api::RoutingSkip::DemandsThreeD,
            Skip::CardAtBank => api::RoutingSkip::CardAtBank,
            Skip::NeedsCard => api::RoutingSkip::NeedsCard,
            Skip::NotSupported => api::RoutingSkip::NotSupported,
            Skip::SettingMissing => api::RoutingSkip::SettingMissing,
            Skip::NotReady => api::RoutingSkip::NotReady,
        }),
        cost: candidate.cost.map(|cost| api::RoutingCost { commission: cost.commission, money: cost.money }),
    }
}

fn failover_view(failover: &Failover) -> api::RoutingFailover {
    api::RoutingFailover {
        from: failover.from.to_string(),
        to: failover.to.to_string(),
        code: failover.code.replace('-', "_"),
        at: instant(failover.at_ms),
    }
}
