//! How a plugin fares: a few figures on its card in the list, and on its page each version on each server.

use leptos::prelude::*;
use vezne_api::{PluginFigures, PluginHealth, PluginHealthState, PluginPhase, PluginServer, PluginVersionHealth};

use crate::{
    api::segment,
    format,
    part::{
        icon::CLOCK,
        surface::{Tone, card, empty_first, note, pill},
        table::{Cell, cell, col, head, table},
    },
    text::Locale,
};

/// On the card of a plugin in the list: this server's figures, each a way to more.
pub(super) fn brief(t: Locale, id: &str, health: &PluginHealth) -> AnyView {
    let more = format!("/plugins/{}#health", segment(id));
    if is_idle(&health.figures) {
        return view! { <p class="soft small"><a href=more>{t.f("health-list-none", [minutes(health)])}</a></p> }
            .into_any();
    }
    let runs = format!("/plugins/{}#runs", segment(id));
    view! { <div class="stack tight"><p class="soft small">{t.f("health-what-one", [minutes(health)])}</p>{tiles(t, &health.figures, &more, &runs)}</div> }
        .into_any()
}

/// What a card says in its heading, where something keeps payments away.
pub(super) fn badge(t: Locale, health: &PluginHealth) -> Option<AnyView> {
    (health.state != PluginHealthState::Closed).then(|| state(t, health.state))
}

/// The section on a plugin's page.
pub(super) fn section(t: Locale, health: &PluginHealth) -> AnyView {
    let answered = health.servers.iter().filter(|server| server.answered).count();
    let what = if health.servers.len() > 1 {
        t.f("health-what-many", [minutes(health), ("servers", count(answered).into())])
    } else {
        t.f("health-what-one", [minutes(health)])
    };
    let silent = health.servers.iter().any(|server| !server.answered);
    let body = if is_idle(&health.figures) && health.state == PluginHealthState::Closed && !silent {
        let none = t.f("health-none", [minutes(health)]);
        empty_first(CLOCK, none, t.s("health-none-what"), None)
    } else {
        let phases = health.servers.iter().flat_map(|server| phases(t, health, server)).collect::<Vec<_>>();
        view! {
            <div class="body stack"><p class="soft small">{what}</p>{tiles(t, &health.figures, "#health", "#runs")}{phases}</div>
            {rows(t, health)}
        }
        .into_any()
    };
    card("health", t.s("health"), Some(state(t, health.state)), body)
}

fn is_idle(figures: &PluginFigures) -> bool {
    *figures == PluginFigures::default()
}

fn minutes(health: &PluginHealth) -> (&'static str, fluent_bundle::FluentValue<'static>) {
    ("n", (health.window_s / 60).into())
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn tiles(t: Locale, f: &PluginFigures, more: &str, runs: &str) -> AnyView {
    let half = f.p50_us.map_or_else(|| t.s("none"), |us| t.f("health-half", [("time", time(us).into())]));
    let tile = |href: &str, name: String, figure: String, below: String| {
        view! { <a href=href.to_owned()><span>{name}</span><b>{figure}</b><span>{below}</span></a> }.into_any()
    };
    let tiles = vec![
        tile(more, t.s("health-calls"), number(f.calls), t.f("health-acts", [("n", number(f.acts).into())])),
        tile(more, t.s("health-p95"), f.p95_us.map_or_else(|| t.s("none"), time), half),
        tile(runs, t.s("health-failures"), number(f.traps + f.deadlines), failures(t, f)),
        tile(runs, t.s("health-unknown"), unknown(t, f), unknown_of(t, f)),
        tile(
            more,
            t.s("health-memory"),
            f.memory_bytes.map_or_else(|| t.s("none"), bytes),
            t.f("health-busy", [("n", number(f.busy).into())]),
        ),
    ];
    view! { <div class="tiles" role="group" aria-label=t.s("health-figures")>{tiles}</div> }.into_any()
}

fn failures(t: Locale, f: &PluginFigures) -> String {
    t.f(
        "health-failures-of",
        [
            ("traps", number(f.traps).into()),
            ("deadlines", number(f.deadlines).into()),
            ("faults", number(f.faults).into()),
        ],
    )
}

/// The share of acts of which nobody knows how they ended.
fn unknown(t: Locale, f: &PluginFigures) -> String {
    if f.acts == 0 {
        return t.s("none");
    }
    let thousandths = f.unknown * 1_000 / f.acts;
    format::percent(&format!("{}.{}", thousandths / 10, thousandths % 10), t)
}

fn unknown_of(t: Locale, f: &PluginFigures) -> String {
    t.f("health-unknown-of", [("unknown", number(f.unknown).into()), ("acts", number(f.acts).into())])
}

fn number(n: i64) -> String {
    format::count(n.unsigned_abs())
}

/// `26 µs`, `1,2 ms`, `3,4 s`
fn time(us: i64) -> String {
    let tenths = |unit: i64, name: &str| format!("{},{} {name}", us / unit, us % unit * 10 / unit);
    match us {
        ..1_000 => format!("{us} µs"),
        1_000..10_000 => tenths(1_000, "ms"),
        10_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => tenths(1_000_000, "s"),
    }
}

/// `192 KiB`, `1,5 MiB`
fn bytes(bytes: i64) -> String {
    const MIB: i64 = 1_024 * 1_024;
    if bytes < MIB {
        format!("{} KiB", bytes / 1_024)
    } else {
        format!("{},{} MiB", bytes / MIB, bytes % MIB * 10 / MIB)
    }
}

fn state(t: Locale, state: PluginHealthState) -> AnyView {
    match state {
        PluginHealthState::Closed => pill(Tone::Ok, t.s("health-state-closed")),
        PluginHealthState::HalfOpen => pill(Tone::Doubt, t.s("health-state-half-open")),
        PluginHealthState::Open => pill(Tone::No, t.s("health-state-open")),
        PluginHealthState::Quarantined => pill(Tone::No, t.s("health-state-quarantined")),
    }
}

/// A line for every breaker that has anything to tell.
fn phases(t: Locale, health: &PluginHealth, server: &PluginServer) -> Vec<AnyView> {
    let several = health.servers.len() > 1;
    let of = |version: &PluginVersionHealth| {
        if several { format!("{} · {}", version.version, name(t, server)) } else { version.version.clone() }
    };
    let lines = server.versions.iter().flat_map(|version| {
        let sick = version.state == PluginHealthState::Quarantined;
        let sick = sick.then(|| note(Tone::No, of(version), t.s("health-quarantined"), None));
        sick.into_iter().chain(version.phases.iter().map(move |phase| line(t, of(version), phase)))
    });
    lines.collect()
}

fn line(t: Locale, of: String, phase: &PluginPhase) -> AnyView {
    let which = t.maybe(&format!("health-phase-{}", phase.phase.replace('_', "-")));
    let which = which.unwrap_or_else(|| phase.phase.clone());
    let (tone, words) = match (phase.state, phase.open_for_s) {
        (PluginHealthState::Open | PluginHealthState::Quarantined, since) => {
            let since = t.f("health-seconds", [("n", since.unwrap_or(0).into())]);
            (Tone::No, t.f("health-line-open", [("phase", which.into()), ("since", since.into())]))
        }
        (PluginHealthState::HalfOpen, _) => (Tone::Doubt, t.f("health-line-half-open", [("phase", which.into())])),
        (PluginHealthState::Closed, _) => {
            (Tone::Wait, t.f("health-line-strikes", [("phase", which.into()), ("n", phase.strikes.into())]))
        }
    };
    note(tone, of, words, None)
}

/// A server by the end of its name, which tells them apart.
fn name(t: Locale, server: &PluginServer) -> String {
    if server.this {
        return t.s("health-this-server");
    }
    let letters = server.server.chars().count();
    server.server.chars().skip(letters.saturating_sub(6)).collect()
}

/// A row for each version, and for each server where there are several.
fn rows(t: Locale, health: &PluginHealth) -> AnyView {
    let several = health.servers.len() > 1;
    let mut cols = vec![col(t.s("version"))];
    cols.extend(several.then(|| col(t.s("health-server"))));
    cols.extend([
        col(t.s("health-calls")).class("n"),
        col(t.s("health-p95")).class("n"),
        col(t.s("health-failures")).class("n"),
        col(t.s("health-unknown")).class("n"),
        col(t.s("health-memory")).class("n"),
        col(t.s("health-state")),
    ]);
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for server in &health.servers {
        let place = || {
            several.then(|| {
                cell(view! { <span class="mono">{name(t, server)}</span> }).class("small").label(t.s("health-server"))
            })
        };
        if !server.answered {
            let mut cells = vec![head(t.s("none"))];
            cells.extend(place());
            cells.push(cell(t.s("health-no-answer")).class("small all").span(6));
            rows.push(cells);
        }
        for version in &server.versions {
            let f = &version.figures;
            let mut cells = vec![head(view! { <span class="mono">{version.version.clone()}</span> })];
            cells.extend(place());
            cells.extend([
                cell(number(f.calls)).class("n").label(t.s("health-calls")),
                cell(f.p95_us.map_or_else(|| t.s("none"), time)).class("n").label(t.s("health-p95")),
                cell(number(f.traps + f.deadlines)).class("n").label(t.s("health-failures")),
                cell(unknown(t, f)).class("n").label(t.s("health-unknown")),
                cell(f.memory_bytes.map_or_else(|| t.s("none"), bytes)).class("n").label(t.s("health-memory")),
                cell(state(t, version.state)).class("amt"),
            ]);
            rows.push(cells);
        }
    }
    if rows.is_empty() { ().into_any() } else { table(&t.s("health"), false, cols, rows) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        let times = [26, 999, 1_250, 9_999, 45_678, 3_400_000].map(time);
        assert_eq!(times, ["26 µs", "999 µs", "1,2 ms", "9,9 ms", "45 ms", "3,4 s"]);
        assert_eq!([196_608, 1_572_864].map(bytes), ["192 KiB", "1,5 MiB"]);
        let figures = PluginFigures { acts: 3, unknown: 1, ..PluginFigures::default() };
        assert_eq!(unknown(Locale::En, &figures), "33,3%");
        assert_eq!(unknown(Locale::Tr, &figures), "%33,3");
    }
}
