//! The first page: what I owe, what I collected, what is in doubt. Every figure leads to the list behind it.

use axum::response::Response;
use jiff::civil::Date;
use leptos::prelude::*;
use vezne_api::{Home, HomeDay, Me, MoneySum, Permission};

use crate::{
    api::Fault,
    format,
    page::payment,
    part::{
        icon::{self, icon},
        surface::{Tone, empty_first, note, page_head},
        table::{cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// Height of the chart's drawing, in its own units.
const PLOT_HEIGHT: i64 = 180;

/// `GET /`
pub async fn show(visit: Visit) -> Result<Response, Fault> {
    let me = visit.sign_in_needed().await?.clone();
    let home: Home = visit.get("/v1/home").await?;
    let t = visit.t();
    let now = format::date_time(visit.now(), &visit.zone());
    let main = view! {
        {page_head(t.s("nav-home"), Some(t.f("home-as-of", [("now", now.into()), ("zone", me.zone.clone().into())])), ())}
        <div class="stack">
            {alarms(t, &home)}{in_doubt(&visit, &home)}{tiles(&visit, &me, &home)}
            <div class="cols even">{days(t, &home)}{recent(&visit, &home)}</div>
        </div>
    };
    Ok(shell::page(&visit, Nav::Home, &t.s("nav-home"), main.into_any()))
}

/// One line per currency; firms with one currency see one.
fn sum(rows: &[MoneySum]) -> String {
    let shown: Vec<String> =
        rows.iter().filter(|s| s.amount != 0).map(|s| format::money(s.amount, &s.currency)).collect();
    if shown.is_empty() { format::money(0, "TRY") } else { shown.join(" + ") }
}

fn counted(rows: &[MoneySum]) -> i64 {
    rows.iter().map(|s| s.count).sum()
}

/// Where a firm's people see what is in doubt, and where everybody else does.
fn doubts_href(visit: &Visit) -> &'static str {
    if visit.may(Permission::DoubtRead) { "/doubts" } else { "/payments?state=unknown" }
}

fn alarms(t: Locale, home: &Home) -> Option<AnyView> {
    (home.alarms > 0).then(|| {
        let show = view! { <a class="btn" href="/doubts">{t.s("show")}</a> }.into_any();
        note(Tone::No, t.f("home-alarms", [("n", home.alarms.into())]), t.s("home-alarms-what"), Some(show))
    })
}

fn in_doubt(visit: &Visit, home: &Home) -> Option<AnyView> {
    let (t, n) = (visit.t(), counted(&home.in_doubt));
    (n > 0).then(|| {
        let show = view! { <a class="btn" href=doubts_href(visit)>{t.s("show")}</a> }.into_any();
        let bold = t.f("home-in-doubt", [("n", n.into()), ("amount", sum(&home.in_doubt).into())]);
        note(Tone::Doubt, bold, t.s("home-in-doubt-what"), Some(show))
    })
}

fn tiles(visit: &Visit, me: &Me, home: &Home) -> AnyView {
    let t = visit.t();
    let mut tiles = Vec::new();
    if me.path.len() > 1 || counted(&home.owed) > 0 {
        let late = counted(&home.overdue);
        let below = if late > 0 {
            view! { <span class="tone no">{t.f("home-overdue", [("amount", sum(&home.overdue).into())])}</span> }
                .into_any()
        } else {
            t.s("home-nothing-overdue").into_any()
        };
        tiles.push(tile(format!("/receivables?debtor={}", me.node.id), t.s("home-owed"), sum(&home.owed), below));
    }
    if visit.may(Permission::ReceivableRead) {
        let open = t.f("home-open-count", [("n", counted(&home.receivable).into())]);
        tiles.push(tile(
            "/receivables?open=true".to_owned(),
            t.s("home-receivable"),
            sum(&home.receivable),
            open.into_any(),
        ));
    }
    let month_start = format::today(visit.now(), &visit.zone()).first_of_month();
    let today = format::today(visit.now(), &visit.zone());
    let n = t.f("home-payment-count", [("n", counted(&home.collected_today).into())]);
    tiles.push(tile(
        format!("/payments?state=succeeded&from={today}"),
        t.s("home-today"),
        sum(&home.collected_today),
        n.into_any(),
    ));
    let n = t.f("home-payment-count", [("n", counted(&home.collected_month).into())]);
    tiles.push(tile(
        format!("/payments?state=succeeded&from={month_start}"),
        t.s("home-month"),
        sum(&home.collected_month),
        n.into_any(),
    ));
    let tried = home.succeeded_week + home.declined_week;
    let rate = if tried == 0 {
        t.s("none")
    } else {
        format::percent(
            &format!("{}.{}", home.succeeded_week * 1000 / tried / 10, home.succeeded_week * 1000 / tried % 10),
            t,
        )
    };
    let declined = t.f("home-declined", [("n", home.declined_week.into())]);
    tiles.push(tile("/payments?state=declined".to_owned(), t.s("home-success"), rate, declined.into_any()));
    let doubt = t.f("home-payment-count", [("n", counted(&home.in_doubt).into())]);
    tiles.push(tile(doubts_href(visit).to_owned(), t.s("home-doubt-tile"), sum(&home.in_doubt), doubt.into_any()));
    view! { <section class="tiles" aria-label=t.s("home-figures")>{tiles}</section> }.into_any()
}

fn tile(href: String, name: String, figure: String, below: AnyView) -> AnyView {
    view! { <a href=href><span>{name}</span><b>{figure}</b><span>{below}</span></a> }.into_any()
}

/// The last days as columns, each a link to its payments, and the same as a table.
fn days(t: Locale, home: &Home) -> AnyView {
    let days: Vec<&HomeDay> = home.days.iter().rev().take(12).rev().collect();
    let most = days.iter().map(|d| d.amount).max().unwrap_or_default();
    if most == 0 {
        let empty = empty_first(icon::LIST, t.s("home-no-days"), t.s("home-no-days-what"), None);
        return view! { <section class="card" aria-labelledby="g1"><header><h2 id="g1">{t.s("home-days")}</h2></header>{empty}</section> }.into_any();
    }
    let best = days.iter().max_by_key(|d| d.amount).map_or_else(String::new, |d| {
        t.f(
            "home-best-day",
            [("day", day_name(t, &d.day).into()), ("amount", format::money(d.amount, &d.currency).into())],
        )
    });
    view! {
        <section class="card chart" aria-labelledby="g1">
            <header><div><h2 id="g1">{t.s("home-days")}</h2></div>
                <fieldset class="seg"><legend class="vh">{t.s("chart-view")}</legend>
                    <label><input type="radio" name="g1v" value="grafik" checked=true />{t.s("chart")}</label>
                    <label><input type="radio" name="g1v" value="tablo" />{t.s("table")}</label></fieldset></header>
            <div class="body stack"><p class="soft small">{best}</p>
                <div class="as-plot">{plot(t, &days, most)}</div>
                <div class="as-table">{days_table(t, &days)}</div></div>
        </section>
    }
    .into_any()
}

fn plot(t: Locale, days: &[&HomeDay], most: i64) -> AnyView {
    let width = 600 / i64::try_from(days.len().max(1)).unwrap_or(1);
    let columns = days
        .iter()
        .zip(0_i64..)
        .map(|(d, i)| {
            let height = d.amount * PLOT_HEIGHT / most;
            let label = format!("{}: {}, {}", day_name(t, &d.day), format::money(d.amount, &d.currency), t.f("home-payment-count", [("n", d.count.into())]));
            let title = label.clone();
            let bar = (height > 0).then(|| {
                view! { <rect class="f1" x=(i * width + width / 5).to_string() y=(PLOT_HEIGHT - height).to_string() width=(width * 3 / 5).to_string() height=height.to_string()></rect> }
                    .into_any()
            });
            view! {
                <a href=format!("/payments?from={0}&to={0}", d.day) aria-label=label>
                    <rect class="hit" x=(i * width).to_string() y="0" width=width.to_string() height="180"></rect>{bar}<title>{title}</title></a>
            }
            .into_any()
        })
        .collect::<Vec<_>>();
    let ticks = days
        .iter()
        .map(|d| view! { <span>{d.day.get(8..10).unwrap_or_default().to_owned()}</span> }.into_any())
        .collect::<Vec<_>>();
    view! {
        <div class="plot"><svg viewBox="0 0 600 180" preserveAspectRatio="none" role="group" aria-label=t.s("home-days")>
            <line class="grid" x1="0" x2="600" y1="0" y2="0"></line><line class="grid" x1="0" x2="600" y1="180" y2="180"></line>{columns}</svg>
            <span class="ylab a">{format::money(most, "TRY")}</span></div>
        <div class="ticks" aria-hidden="true">{ticks}</div>
    }
    .into_any()
}

fn days_table(t: Locale, days: &[&HomeDay]) -> AnyView {
    let rows = days
        .iter()
        .map(|d| {
            vec![
                head(day_name(t, &d.day)).class(""),
                cell(d.count.to_string()).class("n"),
                cell(format::money(d.amount, &d.currency)).class("n"),
            ]
        })
        .collect();
    table(
        &t.s("home-days"),
        true,
        vec![col(t.s("day")), col(t.s("count")).class("n"), col(t.s("amount")).class("n")],
        rows,
    )
}

/// `23.11 Pzt`
pub fn day_name(t: Locale, day: &str) -> String {
    let Ok(day) = day.parse::<Date>() else { return day.to_owned() };
    let weekday = t.s(&format!("weekday-{}", day.weekday().to_monday_one_offset()));
    format!("{:02}.{:02} {weekday}", day.day(), day.month())
}

fn recent(visit: &Visit, home: &Home) -> AnyView {
    let t = visit.t();
    let body = if home.recent.is_empty() {
        let pay = visit
            .may(Permission::PaymentCreate)
            .then(|| view! { <a class="btn go" href="/pay">{icon(icon::PLUS)}{t.s("nav-pay")}</a> }.into_any());
        empty_first(icon::LIST, t.s("payments-empty"), t.s("payments-empty-what"), pay)
    } else {
        payment::short_table(visit, &home.recent)
    };
    view! {
        <section class="card" aria-labelledby="recent"><header><h2 id="recent">{t.s("home-recent")}</h2><a class="small" href="/payments">{t.s("all")}</a></header>{body}</section>
    }
    .into_any()
}
