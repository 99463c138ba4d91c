//! What a payer would be offered, and why: the dry run's answer.

use leptos::prelude::*;
use vezne_api::{InstalmentEvaluation, InstalmentExplained, InstalmentLook, InstalmentTable, InstalmentVerdict};

use super::grid::{account_name, count_word, offers};
use crate::{
    format,
    page::routing::kind_word,
    part::{
        surface::{Tone, pill},
        table::{Cell, cell, col, head, table},
    },
    text::Locale,
    visit::Visit,
};

/// The answer as a card: by every programme, or for one card with the reasons.
pub fn answer(visit: &Visit, rules: &InstalmentTable, answer: &InstalmentEvaluation) -> AnyView {
    let t = visit.t();
    let title = t.f("inst-payer-sees", [("amount", format::money(answer.amount, &answer.currency).into())]);
    let known = answer.card.as_ref().map(|bin| {
        let bank = bin.bank.as_ref().map(|bank| bank.name.clone());
        let words = [bank, bin.programme.clone(), Some(kind_word(t, bin.kind))];
        let most = t.f("inst-law-card", [("n", u32::from(answer.law.instalments_max).into())]);
        view! { <p class="body small soft">{words.into_iter().flatten().collect::<Vec<_>>().join(", ")}" · "{most}</p> }
            .into_any()
    });
    let body = if answer.card.is_some() {
        explained(t, &title, rules, answer)
    } else {
        offers(t, &title, answer.amount, &answer.rows)
    };
    view! { <section class="card" role="status" aria-labelledby="answer"><header><h2 id="answer">{title.clone()}</h2></header>{known}{body}</section> }
        .into_any()
}

fn explained(t: Locale, title: &str, rules: &InstalmentTable, answer: &InstalmentEvaluation) -> AnyView {
    let cols = vec![
        col(t.s("plan-count")),
        col(t.s("plan-monthly")).class("n"),
        col(t.s("plan-total")).class("n"),
        col(t.s("inst-bank")).class("n"),
    ];
    let rows = answer.options.iter().map(|option| option_row(t, option)).collect();
    let reasons = answer.options.iter().filter_map(|option| reasons(t, rules, option)).collect::<Vec<_>>();
    view! { {table(title, false, cols, rows)}<div class="body stack tight">{reasons}</div> }.into_any()
}

fn option_row(t: Locale, option: &InstalmentExplained) -> Vec<Cell> {
    let name = count_word(t, option.instalments);
    if !option.available {
        let reason = option.unavailable_reason.as_deref().unwrap_or_default();
        let why = t.maybe(&format!("plan-no-{reason}")).unwrap_or_else(|| t.s("plan-no"));
        let whose = option.limited_by.as_ref().map(|name| format!(" ({name})"));
        return vec![head(name), cell(view! { {why}{whose} }).class("all soft").span(3)];
    }
    let part = option.parts.first().copied().unwrap_or(option.total);
    let monthly = if option.parts.len() > 1 {
        format!("{} × {}", option.parts.len(), format::amount(part))
    } else {
        String::new()
    };
    let difference =
        (option.difference != 0).then(|| view! { <small>{format!("+{}", format::amount(option.difference))}</small> });
    vec![
        head(name),
        cell(monthly).class("n").label(t.s("plan-monthly")),
        cell(view! { <span>{format::amount(option.total)}{difference}</span> }).class("n").label(t.s("plan-total")),
        cell(format::amount(option.bank_keeps)).class("n").label(t.s("inst-bank")),
    ]
}

/// The lines for a number of instalments, folded away: what became of each.
fn reasons(t: Locale, rules: &InstalmentTable, option: &InstalmentExplained) -> Option<AnyView> {
    if option.looks.is_empty() {
        return None;
    }
    let items = option.looks.iter().map(|look| look_item(t, rules, look)).collect::<Vec<_>>();
    let title = t.f("inst-why-n", [("count", count_word(t, option.instalments).into())]);
    Some(view! { <details><summary>{title}</summary><ul class="stack tight plain">{items}</ul></details> }.into_any())
}

fn look_item(t: Locale, rules: &InstalmentTable, look: &InstalmentLook) -> AnyView {
    let line = &look.line;
    let programme = line.programme.clone().unwrap_or_else(|| t.s("inst-every-card"));
    let account = line.pos_account.as_ref().map(|id| account_name(&rules.choices, id));
    let from =
        (line.amount_min > 0).then(|| t.f("inst-from-amount", [("amount", format::amount(line.amount_min).into())]));
    let words = [Some(programme), account, Some(format::percent(&line.offer_rate, t)), from];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let (tone, verdict) = verdict_word(t, look.verdict);
    view! { <li class="row small"><span>{words}</span>{pill(tone, verdict)}</li> }.into_any()
}

fn verdict_word(t: Locale, verdict: InstalmentVerdict) -> (Tone, String) {
    match verdict {
        InstalmentVerdict::Decided => (Tone::Ok, t.s("inst-look-decided")),
        InstalmentVerdict::AccountNotUsable => (Tone::No, t.s("inst-look-account")),
        InstalmentVerdict::OtherProgramme => (Tone::Wait, t.s("inst-look-programme")),
        InstalmentVerdict::OtherCards => (Tone::Wait, t.s("inst-look-cards")),
        InstalmentVerdict::OverLegalCeiling => (Tone::No, t.s("inst-look-law")),
        InstalmentVerdict::AmountTooSmall => (Tone::Wait, t.s("inst-look-amount")),
        InstalmentVerdict::NotOffered => (Tone::Wait, t.s("inst-look-closed")),
        InstalmentVerdict::LessExact => (Tone::Wait, t.s("inst-look-less-exact")),
        InstalmentVerdict::Dearer => (Tone::Wait, t.s("inst-look-dearer")),
    }
}
