//! A rule as a sentence.

use vezne_api::{CardKind, RoutingConditions, RoutingRule, RoutingTable, RoutingThrough, Weekday};

use crate::{format, text::Locale};

/// BINs that a sentence names; of more it says how many.
const BINS_NAMED: usize = 4;

/// What a rule says: one sentence, and one more for each thing it also minds.
pub fn sentences(t: Locale, table: &RoutingTable, rule: &RoutingRule) -> (String, Vec<String>) {
    let conditions = conditions(t, table, &rule.when);
    let accounts = accounts(t, table, &rule.through);
    let first = if conditions.is_empty() {
        t.f("routing-always", [("accounts", accounts.into())])
    } else {
        let conditions = conditions.join(&format!(" {} ", t.s("routing-and")));
        t.f("routing-if", [("conditions", conditions.into()), ("accounts", accounts.into())])
    };
    (first, minded(t, rule))
}

fn accounts(t: Locale, table: &RoutingTable, through: &RoutingThrough) -> String {
    let names: Vec<String> = through.accounts.iter().map(|id| account_name(table, id)).collect();
    if through.cheapest && names.len() > 1 {
        return t.f("routing-cheapest", [("accounts", listed(&names, &t.s("routing-and")).into())]);
    }
    names.join(&format!(", {} ", t.s("routing-else")))
}

/// The firm's name for an account; its id where it is gone.
pub fn account_name(table: &RoutingTable, id: &str) -> String {
    let known = table.choices.accounts.iter().find(|known| known.account.id == id);
    known.map_or_else(|| id.to_owned(), |known| known.account.name.clone())
}

fn minded(t: Locale, rule: &RoutingRule) -> Vec<String> {
    let through = &rule.through;
    let currency = rule.when.currency.as_deref().unwrap_or("TRY");
    let cap = through.daily_cap.map(|cap| t.f("routing-cap", [("amount", format::money(cap, currency).into())]));
    let money = through.money_rate.as_deref().filter(|_| through.cheapest);
    let money = money.map(|rate| t.f("routing-money", [("rate", format::percent(rate, t).into())]));
    let healthy = through.healthy.then(|| t.s("routing-healthy"));
    [cap, money, healthy].into_iter().flatten().collect()
}

/// `a, b or c`
fn listed(names: &[String], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

fn conditions(t: Locale, table: &RoutingTable, when: &RoutingConditions) -> Vec<String> {
    let or = t.s("routing-or");
    let any = |names: Vec<String>| (!names.is_empty()).then(|| listed(&names, &or));
    let bins = match when.bins.len() {
        0 => None,
        n if n > BINS_NAMED => Some(t.f("routing-bins-many", [("n", n.into())])),
        _ => any(when.bins.clone()),
    };
    let bank = |code: &String| {
        let known = table.choices.banks.iter().find(|bank| bank.code.as_ref() == Some(code));
        known.map_or_else(|| code.clone(), |bank| bank.name.clone())
    };
    let dealer = |id: &String| {
        let known = table.dealers.iter().find(|dealer| dealer.id == *id);
        known.map_or_else(|| id.clone(), |dealer| dealer.name.clone())
    };
    let said = |key: &'static str, value: Option<String>| value.map(|value| t.f(key, [("value", value.into())]));
    let whose = when.commercial.map(
        |commercial| {
            if commercial { t.s("routing-on-commercial") } else { t.s("routing-on-personal") }
        },
    );
    let currency = when.currency.as_deref().unwrap_or("TRY");
    let amount = span(
        t,
        when.amount_min.map(|m| format::money(m, currency)),
        when.amount_max.map(|m| format::money(m, currency)),
    );
    // A currency alone is a condition too; beside an amount it stands in the amount.
    let amount = amount.or_else(|| when.currency.clone());
    let instalments = span(t, when.instalments_min.map(|n| n.to_string()), when.instalments_max.map(|n| n.to_string()));
    let hours = when.hours_from.as_ref().zip(when.hours_until.as_ref()).map(|(from, until)| format!("{from}–{until}"));
    [
        said("routing-on-bin", bins),
        said("routing-on-programme", any(when.programmes.clone())),
        said("routing-on-bank", any(when.banks.iter().map(bank).collect())),
        said("routing-on-kind", any(when.kinds.iter().map(|kind| kind_word(t, *kind)).collect())),
        whose,
        said("routing-on-instalments", instalments),
        said("routing-on-amount", amount),
        said("routing-on-dealer", any(when.dealers.iter().map(dealer).collect())),
        said("routing-on-day", any(when.days.iter().map(|day| day_word(t, *day)).collect())),
        said("routing-on-hours", hours),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn span(t: Locale, min: Option<String>, max: Option<String>) -> Option<String> {
    match (min, max) {
        (None, None) => None,
        (Some(min), None) => Some(t.f("routing-from", [("value", min.into())])),
        (None, Some(max)) => Some(t.f("routing-up-to", [("value", max.into())])),
        (Some(min), Some(max)) if min == max => Some(min),
        (Some(min), Some(max)) => Some(format!("{min}–{max}")),
    }
}

/// A kind of card.
pub fn kind_word(t: Locale, kind: CardKind) -> String {
    match kind {
        CardKind::Credit => t.s("routing-kind-credit"),
        CardKind::Debit => t.s("routing-kind-debit"),
        CardKind::Prepaid => t.s("routing-kind-prepaid"),
        CardKind::Unknown => t.s("routing-kind-unknown"),
    }
}

/// A day of the week.
pub fn day_word(t: Locale, day: Weekday) -> String {
    match day {
        Weekday::Monday => t.s("day-monday"),
        Weekday::Tuesday => t.s("day-tuesday"),
        Weekday::Wednesday => t.s("day-wednesday"),
        Weekday::Thursday => t.s("day-thursday"),
        Weekday::Friday => t.s("day-friday"),
        Weekday::Saturday => t.s("day-saturday"),
        Weekday::Sunday => t.s("day-sunday"),
    }
}
