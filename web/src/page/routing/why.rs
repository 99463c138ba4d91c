//! Why a payment goes, or went, through which POS account: for the dry run and for a payment's own page.

use leptos::prelude::*;
use vezne_api::{
    RoutingBy, RoutingCandidate, RoutingCost, RoutingExplanation, RoutingFailover, RoutingLook, RoutingSkip,
    RoutingSubject, RoutingVerdict,
};

use crate::{
    format,
    part::{
        surface::{Tone, card, note, pill},
        table::{cell, col, head, table},
    },
    text::Locale,
    visit::Visit,
};

/// The whole explanation. Costs are in the payment's currency.
pub fn why(visit: &Visit, explanation: &RoutingExplanation, currency: &str) -> AnyView {
    let t = visit.t();
    view! {
        <div class="body stack">{verdict(t, explanation)}{failovers(visit, explanation)}{looks(t, &explanation.rules)}</div>
        {accounts(t, &explanation.candidates, currency)}
    }
    .into_any()
}

/// The explanation as a card of its own.
pub fn why_card(visit: &Visit, explanation: &RoutingExplanation, currency: &str) -> AnyView {
    card("routing", visit.t().s("routing-why"), None, why(visit, explanation, currency))
}

fn verdict(t: Locale, explanation: &RoutingExplanation) -> AnyView {
    let Some(account) = &explanation.account else {
        return note(Tone::No, t.s("routing-none"), t.s("routing-none-what"), None);
    };
    let decided = explanation.rules.iter().find(|look| look.verdict == RoutingVerdict::Decided);
    let reason = match explanation.by {
        RoutingBy::Request => t.s("routing-by-request"),
        RoutingBy::Rule => decided.map_or_else(String::new, |look| {
            t.f("routing-by-rule", [("place", look.place.into()), ("name", look.name.clone().into())])
        }),
        RoutingBy::Table => t.s("routing-by-table"),
        RoutingBy::Nearest => t.s("routing-by-nearest"),
    };
    note(Tone::Ok, account.name.clone(), reason, None)
}

fn failovers(visit: &Visit, explanation: &RoutingExplanation) -> Vec<AnyView> {
    let t = visit.t();
    let name = |id: &str| {
        let known = explanation.candidates.iter().find(|candidate| candidate.account.id == id);
        known.map_or_else(|| id.to_owned(), |candidate| candidate.account.name.clone())
    };
    let told = |failover: &RoutingFailover| {
        let bold = t.f("routing-went-on", [("from", name(&failover.from).into()), ("to", name(&failover.to).into())]);
        note(Tone::Wait, bold, format!("{} · {}", visit.time(&failover.at), failover.code), None)
    };
    explanation.failovers.iter().map(told).collect()
}

fn looks(t: Locale, looks: &[RoutingLook]) -> Option<AnyView> {
    if looks.is_empty() {
        return None;
    }
    let items = looks.iter().map(|look| look_line(t, look)).collect::<Vec<_>>();
    Some(view! { <ul class="stack tight plain" aria-label=t.s("routing-rules-looked-at")>{items}</ul> }.into_any())
}

fn look_line(t: Locale, look: &RoutingLook) -> AnyView {
    let (tone, word) = match look.verdict {
        RoutingVerdict::Decided => (Tone::Ok, t.s("routing-decided")),
        RoutingVerdict::NotMet => (Tone::Wait, t.s("routing-not-met")),
        RoutingVerdict::NoAccount => (Tone::No, t.s("routing-no-account")),
    };
    let unmet: Vec<String> = look.unmet.iter().map(|subject| subject_word(t, *subject)).collect();
    let name = format!("{}. {}", look.place, look.name);
    view! { <li class="row small"><b>{name.trim_end().to_owned()}</b>{pill(tone, word)}<span class="soft">{unmet.join(", ")}</span></li> }
        .into_any()
}

fn subject_word(t: Locale, subject: RoutingSubject) -> String {
    match subject {
        RoutingSubject::Bin => t.s("routing-bin"),
        RoutingSubject::Programme => t.s("routing-programme"),
        RoutingSubject::Bank => t.s("routing-bank"),
        RoutingSubject::Kind => t.s("routing-kind"),
        RoutingSubject::Commercial => t.s("routing-commercial"),
        RoutingSubject::Instalments => t.s("routing-instalments"),
        RoutingSubject::Amount => t.s("routing-amount"),
        RoutingSubject::Dealer => t.s("routing-dealer"),
        RoutingSubject::Time => t.s("routing-time"),
    }
}

fn accounts(t: Locale, candidates: &[RoutingCandidate], currency: &str) -> Option<AnyView> {
    if candidates.is_empty() {
        return None;
    }
    let costs = candidates.iter().any(|candidate| candidate.cost.is_some());
    let mut cols = vec![col(t.s("pos")), col(t.s("state"))];
    if costs {
        cols.push(col(t.s("routing-commission")).class("n"));
        cols.push(col(t.s("routing-money-cost")).class("n"));
    }
    let rows = candidates.iter().map(|candidate| {
        let rule = candidate.place.map(|place| t.f("routing-of-rule", [("place", place.into())]));
        let mut cells = vec![
            head(view! { {candidate.account.name.clone()}<small>{rule}</small> }),
            cell(standing(t, candidate)).class("amt"),
        ];
        if costs {
            let sum =
                |of: fn(&RoutingCost) -> i64| candidate.cost.as_ref().map(|cost| format::money(of(cost), currency));
            cells.push(cell(sum(|cost| cost.commission)).class("n").label(t.s("routing-commission")));
            cells.push(cell(sum(|cost| cost.money)).class("n").label(t.s("routing-money-cost")));
        }
        cells
    });
    Some(table(&t.s("routing-accounts-looked-at"), !costs, cols, rows.collect()))
}

fn standing(t: Locale, candidate: &RoutingCandidate) -> AnyView {
    match candidate.skip {
        None => pill(Tone::Ok, t.s("routing-can")),
        Some(RoutingSkip::NotUsable) => pill(Tone::No, t.s("routing-skip-not-usable")),
        Some(RoutingSkip::OtherTerms) => pill(Tone::Wait, t.s("routing-skip-other-terms")),
        Some(RoutingSkip::OverCap) => pill(Tone::Wait, t.s("routing-skip-over-cap")),
        Some(RoutingSkip::Unhealthy) => pill(Tone::No, t.s("routing-skip-unhealthy")),
        Some(RoutingSkip::DemandsThreeD) => pill(Tone::Wait, t.s("routing-skip-demands-three-d")),
        Some(RoutingSkip::CardAtBank) => pill(Tone::Wait, t.s("routing-skip-card-at-bank")),
        Some(RoutingSkip::NeedsCard) => pill(Tone::Wait, t.s("routing-skip-needs-card")),
        Some(RoutingSkip::NotSupported) => pill(Tone::No, t.s("routing-skip-not-supported")),
        Some(RoutingSkip::SettingMissing) => pill(Tone::No, t.s("routing-skip-setting-missing")),
        Some(RoutingSkip::NotReady) => pill(Tone::No, t.s("routing-skip-not-ready")),
    }
}
