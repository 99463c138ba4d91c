//! Tables of programme × number of instalments: the lines of a version, and what they come to for a payer.

use std::collections::BTreeSet;

use leptos::prelude::*;
use vezne_api::{InstalmentChoices, InstalmentLine, InstalmentMatrixCell, InstalmentMatrixRow};

use crate::{
    format,
    part::table::{Cell, cell, col, head, table},
    text::Locale,
};

/// A heading of a number of instalments.
pub fn count_word(t: Locale, n: u32) -> String {
    if n <= 1 { t.s("single-payment") } else { t.f("instalments", [("n", n.into())]) }
}

/// A table that may be wider than its place: it scrolls by itself, also by keyboard.
fn wide(label: &str, body: AnyView) -> AnyView {
    view! { <div class="wide" role="group" aria-label=label.to_owned() tabindex="0">{body}</div> }.into_any()
}

fn grid(t: Locale, label: &str, counts: &BTreeSet<u32>, rows: Vec<Vec<Cell>>) -> AnyView {
    let mut cols = vec![col(t.s("inst-card"))];
    cols.extend(counts.iter().map(|n| col(count_word(t, *n)).class("n")));
    wide(label, table(label, false, cols, rows))
}

/// For which cards, and through which account.
fn group_name(t: Locale, choices: &InstalmentChoices, line: &InstalmentLine) -> AnyView {
    let programme = line.programme.clone().unwrap_or_else(|| t.s("inst-every-card"));
    let cards =
        line.commercial.map(|commercial| if commercial { t.s("routing-company") } else { t.s("routing-personal") });
    let account = line.pos_account.as_ref().map(|id| account_name(choices, id));
    let small = [cards, account].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! { {programme}{(!small.is_empty()).then(|| view! { <small>{small}</small> })} }.into_any()
}

/// The name of a POS account.
pub fn account_name(choices: &InstalmentChoices, id: &str) -> String {
    let known = choices.accounts.iter().find(|known| known.account.id == id);
    known.map_or_else(|| id.to_owned(), |known| known.account.name.clone())
}

/// The lines of a version: a row per programme (and account, and kind of card), a column per number of instalments.
pub fn lines(t: Locale, label: &str, choices: &InstalmentChoices, lines: &[InstalmentLine]) -> AnyView {
    let counts: BTreeSet<u32> = lines.iter().map(|line| u32::from(line.instalments)).collect();
    let same = |a: &InstalmentLine, b: &InstalmentLine| {
        a.programme == b.programme && a.pos_account == b.pos_account && a.commercial == b.commercial
    };
    let mut groups: Vec<&InstalmentLine> = Vec::new();
    for line in lines {
        if !groups.iter().any(|known| same(known, line)) {
            groups.push(line);
        }
    }
    let rows = groups.into_iter().map(|group| {
        let mut cells = vec![head(group_name(t, choices, group))];
        cells.extend(counts.iter().map(|n| {
            let here = lines.iter().filter(|line| same(line, group) && u32::from(line.instalments) == *n);
            let words = here.map(|line| line_words(t, line)).collect::<Vec<_>>();
            if words.is_empty() { nothing() } else { cell(view! { <span>{words}</span> }).class("n") }
                .label(count_word(t, *n))
        }));
        cells
    });
    grid(t, label, &counts, rows.collect())
}

/// The difference, and below it whatever is not as usual.
fn line_words(t: Locale, line: &InstalmentLine) -> AnyView {
    let extra = (line.extra > 0).then(|| t.f("inst-plus", [("n", u32::from(line.extra).into())]));
    let share = (line.payer_share != "100")
        .then(|| t.f("inst-payer-bears", [("rate", format::percent(&line.payer_share, t).into())]));
    let bank = t.f("inst-bank-keeps", [("rate", format::percent(&line.bank_rate, t).into())]);
    let from =
        (line.amount_min > 0).then(|| t.f("inst-from-amount", [("amount", format::amount(line.amount_min).into())]));
    let days = (line.blocked_days != 1).then(|| t.f("inst-days-n", [("n", u32::from(line.blocked_days).into())]));
    let below = [extra, share, Some(bank), from, days]
        .into_iter()
        .flatten()
        .map(|words| view! { <small>{words}</small> }.into_any())
        .collect::<Vec<_>>();
    view! { <b>{format::percent(&line.offer_rate, t)}</b>{below} }.into_any()
}

/// What an amount comes to by every programme.
pub fn offers(t: Locale, label: &str, amount: i64, rows: &[InstalmentMatrixRow]) -> AnyView {
    let counts: BTreeSet<u32> = rows.iter().flat_map(|row| row.cells.iter().map(|cell| cell.instalments)).collect();
    let named = rows.iter().any(|row| !row.programme.is_empty());
    let rows = rows.iter().map(|row| {
        let name = match (row.programme.as_str(), named) {
            ("", true) => t.s("inst-other-cards"),
            ("", false) => t.s("inst-every-card"),
            (name, _) => name.to_owned(),
        };
        let mut cells = vec![head(name)];
        cells.extend(counts.iter().map(|n| {
            let here = row.cells.iter().find(|cell| cell.instalments == *n);
            here.map_or_else(nothing, |here| cell(offer_words(t, amount, here)).class("n")).label(count_word(t, *n))
        }));
        cells
    });
    grid(t, label, &counts, rows.collect())
}

/// What is not offered; on a phone it is not listed.
fn nothing() -> Cell {
    cell(view! { <span class="soft">"–"</span> }).class("n none")
}

fn offer_words(t: Locale, amount: i64, offer: &InstalmentMatrixCell) -> AnyView {
    let monthly = (offer.instalments > 1).then(|| {
        view! { <small>{format!("{} × {}", offer.instalments, format::amount(offer.part))}</small> }.into_any()
    });
    let more = if offer.total == amount { t.s("none") } else { format!("+{}", format::amount(offer.difference)) };
    view! { <span><b>{format::amount(offer.total)}</b>{monthly}<small>{more}</small></span> }.into_any()
}
