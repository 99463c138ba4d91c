//! The list of payments: search, filters as chips, cards on a phone, pages by cursor.

use axum::response::Response;
use leptos::prelude::*;
use vezne_api::{Page, Payment, PaymentState, Permission};

use crate::{
    api::{Fault, path},
    export::WORKBOOK_ROWS_MAX,
    format,
    part::{
        field::{choice, field},
        icon::{self, icon},
        state,
        surface::{empty_filtered, empty_first, page_head},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// Rows of one page.
const ROWS: &str = "25";

/// The states one can filter by, in the order of the list.
pub const STATES: [PaymentState; 10] = [
    PaymentState::Succeeded,
    PaymentState::Unknown,
    PaymentState::Declined,
    PaymentState::RequiresConfirmation,
    PaymentState::RequiresAction,
    PaymentState::Processing,
    PaymentState::Authorized,
    PaymentState::Failed,
    PaymentState::Canceled,
    PaymentState::Expired,
];

/// The name of a state on the API.
pub fn state_name(state: PaymentState) -> String {
    serde_json::to_value(state).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What the address filters by.
pub struct Filter {
    q: String,
    state: String,
    from: String,
    to: String,
    min: String,
    max: String,
    node: String,
}

impl Filter {
    /// Reads the filters of the address.
    pub fn of(visit: &Visit) -> Self {
        let get = |name: &str| visit.query(name).trim().to_owned();
        Self {
            q: get("q"),
            state: get("state"),
            from: get("from"),
            to: get("to"),
            min: get("min"),
            max: get("max"),
            node: get("node"),
        }
    }

    fn is_empty(&self) -> bool {
        [&self.q, &self.state, &self.from, &self.to, &self.min, &self.max, &self.node].iter().all(|v| v.is_empty())
    }

    /// The list on the API with these filters.
    pub fn api_path(&self, visit: &Visit, limit: &str, cursor: &str) -> String {
        let zone = visit.zone();
        let starts = |day: jiff::civil::Date| day.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
        let first = self.from.parse().ok().and_then(starts);
        // The last millisecond of the day in the firm's zone, whatever its length.
        let last = self.to.parse().ok().and_then(|day: jiff::civil::Date| starts(day.tomorrow().ok()?));
        let last = last.and_then(|at| at.checked_sub(jiff::SignedDuration::from_millis(1)).ok());
        let instant = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let minor = |typed: &str| format::parse_amount(typed).map(|m| m.to_string()).unwrap_or_default();
        path(
            "/v1/payments",
            &[
                ("limit", limit),
                ("cursor", cursor),
                ("q", &self.q),
                ("state", &self.state),
                ("created[gte]", &instant(first)),
                ("created[lte]", &instant(last)),
                ("amount[gte]", &minor(&self.min)),
                ("amount[lte]", &minor(&self.max)),
                ("dealer_subtree", &self.node),
            ],
        )
    }

    /// The filters in words, as `(parameters that make it, name, value)`.
    fn words(&self, t: Locale) -> Vec<(Vec<&'static str>, String, String)> {
        let mut words = Vec::new();
        if !self.q.is_empty() {
            words.push((vec!["q"], t.s("search"), self.q.clone()));
        }
        if !self.state.is_empty() {
            let named = STATES.into_iter().find(|s| state_name(*s) == self.state).map(|s| t.s(state::of_state(s).1));
            words.push((vec!["state"], t.s("state"), named.unwrap_or_else(|| self.state.clone())));
        }
        if !(self.from.is_empty() && self.to.is_empty()) {
            let day = |d: &str| d.parse().map_or_else(|_| "…".to_owned(), format::date);
            let span = if self.from == self.to {
                day(&self.from)
            } else {
                format!("{} – {}", day(&self.from), day(&self.to))
            };
            words.push((vec!["from", "to"], t.s("date"), span));
        }
        if !(self.min.is_empty() && self.max.is_empty()) {
            let side = |v: &str| if v.is_empty() { "…".to_owned() } else { v.to_owned() };
            words.push((vec!["min", "max"], t.s("amount"), format!("{} – {} ₺", side(&self.min), side(&self.max))));
        }
        if !self.node.is_empty() {
            words.push((vec!["node"], t.s("dealer"), self.node.clone()));
        }
        words
    }
}

/// `GET /payments`
pub async fn list(visit: Visit) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let filter = Filter::of(&visit);
    let page: Page<Payment> = visit.get(&filter.api_path(&visit, ROWS, visit.query("cursor"))).await?;
    let t = visit.t();
    let export = view! {
        <a class="btn" href=export_path(&visit, "csv")>{icon(icon::DOWNLOAD)}"CSV"</a><a class="btn" href=export_path(&visit, "xlsx")>{icon(icon::DOWNLOAD)}"Excel"</a>
    };
    let zone = t.f("zone-named", [("zone", visit.me().map(|m| m.zone.clone()).unwrap_or_default().into())]);
    let limit = t.f("export-limit", [("rows", format::count(WORKBOOK_ROWS_MAX.into()).into())]);
    let main = view! {
        {page_head(t.s("nav-payments"), Some(format!("{zone} · {limit}")), export)}
        <div class="stack">{views(&visit, &filter)}{search(&visit, &filter)}{chips(&visit, &filter)}
            <section class="card" aria-label=t.s("payments-list")>{rows(&visit, &filter, &page)}</section>{pages(&visit, &page)}</div>
    };
    Ok(shell::page(&visit, Nav::Payments, &t.s("nav-payments"), main.into_any()))
}

fn export_path(visit: &Visit, kind: &str) -> String {
    visit.here_with(&[("cursor", "")]).replacen("/payments", &format!("/payments/export.{kind}"), 1)
}

fn views(visit: &Visit, filter: &Filter) -> AnyView {
    let t = visit.t();
    let today = format::today(visit.now(), &visit.zone()).to_string();
    let tabs = [
        ("/payments".to_owned(), t.s("all"), filter.is_empty()),
        (format!("/payments?from={today}&to={today}"), t.s("today"), filter.from == today && filter.to == today),
        ("/payments?state=unknown".to_owned(), t.s("view-in-doubt"), filter.state == "unknown"),
        ("/payments?state=declined".to_owned(), t.s("view-declined"), filter.state == "declined"),
        ("/payments?state=succeeded".to_owned(), t.s("view-succeeded"), filter.state == "succeeded"),
    ]
    .into_iter()
    .map(|(href, words, here)| view! { <a href=href aria-current=here.then_some("page")>{words}</a> }.into_any())
    .collect::<Vec<_>>();
    view! { <nav class="tabs" aria-label=t.s("views")>{tabs}</nav> }.into_any()
}

fn search(visit: &Visit, filter: &Filter) -> AnyView {
    let t = visit.t();
    let mut states = vec![(String::new(), t.s("all"))];
    states.extend(STATES.into_iter().map(|s| (state_name(s), t.s(state::of_state(s).1))));
    let open = !(filter.from.is_empty() && filter.to.is_empty() && filter.min.is_empty() && filter.max.is_empty());
    view! {
        <form class="stack" role="search" action="/payments">
            <div class="row on"><label class="in quiet grow">{icon(icon::SEARCH)}<span class="vh">{t.s("payments-search")}</span>
                <input type="search" name="q" value=filter.q.clone() placeholder=t.s("payments-search-what") /><kbd>"/"</kbd></label>
                <button class="btn">{t.s("search")}</button></div>
            <details class="filters" open=open><summary class="chip add">{icon(icon::PLUS)}{t.s("filters")}</summary>
                <div class="grid2">
                    {choice("state", t.s("state"), states, &filter.state, None)}
                    <div class="grid2">{field("from", t.s("from")).kind("date").value(filter.from.clone()).view()}{field("to", t.s("to")).kind("date").value(filter.to.clone()).view()}</div>
                    <div class="two">{field("min", t.s("amount-min")).mode("decimal").value(filter.min.clone()).unit("₺").view()}{field("max", t.s("amount-max")).mode("decimal").value(filter.max.clone()).unit("₺").view()}</div>
                    <div class="row"><button class="btn">{t.s("filter-apply")}</button></div>
                </div></details>
        </form>
    }
    .into_any()
}

fn chips(visit: &Visit, filter: &Filter) -> Option<AnyView> {
    if filter.is_empty() {
        return None;
    }
    let t = visit.t();
    let chips = filter
        .words(t)
        .into_iter()
        .map(|(parameters, name, value)| {
            let mut without: Vec<(&str, &str)> = parameters.iter().map(|p| (*p, "")).collect();
            without.push(("cursor", ""));
            let label = t.f("filter-remove", [("name", name.clone().into())]);
            view! { <span class="chip">{name}" "<b>{value}</b><a href=visit.here_with(&without) aria-label=label>{icon(icon::CROSS)}</a></span> }.into_any()
        })
        .collect::<Vec<_>>();
    Some(view! { <div class="chips" role="group" aria-label=t.s("filters")>{chips}<a class="small" href="/payments">{t.s("filter-clear")}</a></div> }.into_any())
}

fn rows(visit: &Visit, filter: &Filter, page: &Page<Payment>) -> AnyView {
    let t = visit.t();
    if page.data.is_empty() && filter.is_empty() {
        let pay = visit
            .may(Permission::PaymentCreate)
            .then(|| view! { <a class="btn go" href="/pay">{icon(icon::PLUS)}{t.s("nav-pay")}</a> }.into_any());
        return empty_first(icon::LIST, t.s("payments-empty"), t.s("payments-empty-what"), pay);
    }
    if page.data.is_empty() {
        let words: Vec<String> =
            filter.words(t).into_iter().map(|(_, name, value)| format!("{name}: {value}")).collect();
        return empty_filtered(t, words.join(" · "), "/payments");
    }
    let cols = vec![
        col(t.s("time")),
        col(t.s("dealer-and-customer")),
        col(t.s("amount")).class("n"),
        col(t.s("state")),
        col(t.s("card-and-pos")),
        col(t.s("payment-no")).class("far"),
    ];
    let rows = page.data.iter().map(|p| row(visit, p)).collect();
    view! { {table(&t.s("payments-list"), false, cols, rows)}{sums(t, &page.data)} }.into_any()
}

/// Sums of what is on the page, said to be that: the API has no sums of a filter yet.
fn sums(t: Locale, rows: &[Payment]) -> AnyView {
    let of = |wanted: fn(&Payment) -> i64| rows.iter().filter(|p| p.currency == "TRY").map(wanted).sum::<i64>();
    let taken = of(|p| if p.state == PaymentState::Succeeded && !p.voided { p.charged } else { 0 });
    let back = of(|p| p.amount_refunded);
    let doubt = of(|p| if p.state == PaymentState::Unknown { p.charged } else { 0 });
    let doubt = (doubt > 0).then(|| {
        view! { <span>{t.s("state-unknown")}" "<b class="tone doubt">{format::money(doubt, "TRY")}</b></span> }
            .into_any()
    });
    view! {
        <div class="sums"><span>{t.f("on-this-page", [("n", rows.len().into())])}</span><span>{t.s("sum-taken")}" "<b>{format::money(taken, "TRY")}</b></span>
            <span>{t.s("sum-back")}" "<b>{format::money(-back, "TRY")}</b></span>{doubt}</div>
    }
    .into_any()
}

/// The name a payment goes by in lists.
pub fn payer_name(payment: &Payment) -> String {
    payment.payer.as_ref().map_or_else(|| payment.node.name.clone(), |p| p.name.clone())
}

fn plan(t: Locale, payment: &Payment) -> String {
    if payment.instalments > 1 {
        t.f("instalments", [("n", payment.instalments.into())])
    } else {
        t.s("single-payment")
    }
}

fn row(visit: &Visit, p: &Payment) -> Vec<Cell> {
    let t = visit.t();
    // A code without words is for the payment's page: lists have no bare codes.
    let reason = p.decline.as_ref().and_then(|d| t.maybe(&format!("decline-{}", d.code.replace('_', "-"))));
    let card = p.card.as_ref().map_or_else(String::new, |c| format::card(&c.bin, &c.last4));
    let pos = p.pos_account.as_ref().map(|pos| pos.name.clone());
    vec![
        cell(visit.date_time_short(&p.created_at)).class("nw soft small"),
        head(view! { <a href=format!("/payments/{}", p.id)>{payer_name(p)}</a><small>{p.node.name.clone()}</small> }),
        amount(t, p),
        cell(view! { {state::payment(t, p)}{reason.map(|r| view! { <small>{r}</small> }.into_any())} }).class("st"),
        cell(view! { {card}<small>{pos}</small> }).class("nw opt small"),
        cell(view! { <span class="mono soft">{short_id(&p.id)}</span> }).class("opt far"),
    ]
}

fn amount(t: Locale, p: &Payment) -> Cell {
    let money = format::money(p.charged, &p.currency);
    let gone = p.voided || (p.charged > 0 && p.amount_refunded >= p.charged);
    let money = if gone { view! { <s>{money}</s> }.into_any() } else { money.into_any() };
    cell(view! { {money}<small>{plan(t, p)}</small> }).class("n amt")
}

/// The end of an id: enough to tell rows apart, the whole stands on the payment's page.
pub fn short_id(id: &str) -> String {
    id.get(id.len().saturating_sub(8)..).unwrap_or(id).to_lowercase()
}

/// A short table of payments for other pages.
pub fn short_table(visit: &Visit, payments: &[Payment]) -> AnyView {
    let t = visit.t();
    let rows = payments
        .iter()
        .map(|p| {
            let when = visit.date_time_short(&p.created_at);
            vec![
                head(view! { <a href=format!("/payments/{}", p.id)>{payer_name(p)}</a> }),
                cell(when).class("nw soft small"),
                amount(t, p),
                cell(state::payment(t, p)).class("st"),
            ]
        })
        .collect();
    table(
        &t.s("home-recent"),
        false,
        vec![col(t.s("dealer-and-customer")), col(t.s("time")), col(t.s("amount")).class("n"), col(t.s("state"))],
        rows,
    )
}

/// Newer and older rows.
pub fn pages<T>(visit: &Visit, page: &Page<T>) -> Option<AnyView> {
    let t = visit.t();
    if page.prev_cursor.is_none() && page.next_cursor.is_none() {
        return None;
    }
    let link = |cursor: &Option<String>, words: String| {
        cursor.as_ref().map(|c| view! { <a class="btn" href=visit.here_with(&[("cursor", c)])>{words}</a> }.into_any())
    };
    Some(
        view! {
            <nav class="row" aria-label=t.s("pages")><span class="row end">{link(&page.prev_cursor, t.s("newer"))}{link(&page.next_cursor, t.s("older"))}</span></nav>
        }
        .into_any(),
    )
}
