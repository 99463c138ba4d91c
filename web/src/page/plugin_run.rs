//! The last runs of a plugin: a list on its page, and one run with its inputs, outputs and log lines.

use axum::{extract::Path, response::Response};
use leptos::prelude::*;
use vezne_api::{Page, PluginRun, PluginRunCall, PluginRunDetail, PluginRunFact, PluginRunLog, PluginRunSend};

use crate::{
    api::{Fault, segment},
    part::{
        icon::{self, icon},
        surface::{Tone, card, empty_first, facts, note, pill},
        table::{Cell, cell, col, head, table},
    },
    shell::{self, Nav},
    text::Locale,
    visit::Visit,
};

/// Values with more letters than this get a block of their own.
const SHORT_LETTERS: usize = 80;

/// The last runs, under the versions of a plugin. That they cannot be read takes nothing else from the page.
pub(super) fn section(visit: &Visit, id: &str, runs: &Result<Page<PluginRun>, Fault>) -> AnyView {
    let t = visit.t();
    let body = match runs {
        Err(fault) => {
            let request = fault.request_id.clone().unwrap_or_default();
            let retry = view! { <a class="btn" href=format!("/plugins/{}", segment(id))>{t.s("trouble-retry")}</a> };
            let strip = note(Tone::No, t.s("runs-trouble"), request, Some(retry.into_any()));
            view! { <div class="body">{strip}</div> }.into_any()
        }
        Ok(runs) if runs.data.is_empty() => empty_first(icon::CLOCK, t.s("runs-empty"), t.s("runs-empty-what"), None),
        Ok(runs) => {
            let cols = vec![
                col(t.s("run-function")),
                col(t.s("run-sends")).class("far"),
                col(t.s("version")).class("far"),
                col(t.s("run-took")).class("n"),
                col(t.s("time")),
                col(t.s("run-outcome")),
            ];
            let rows = runs.data.iter().map(|run| row(visit, id, run)).collect();
            let what = view! { <div class="body"><p class="soft small">{t.s("runs-what")}</p></div> };
            view! { {what}{table(&t.s("runs"), false, cols, rows)} }.into_any()
        }
    };
    card("runs", t.s("runs"), None, body)
}

fn row(visit: &Visit, id: &str, run: &PluginRun) -> Vec<Cell> {
    let t = visit.t();
    let sends = run.sends.iter().map(|s| view! { <span class="block mono">{send_words(s)}</span> }.into_any());
    let sends = if run.sends.is_empty() { vec![t.s("run-sends-none").into_any()] } else { sends.collect() };
    vec![
        head(view! { <a href=address(id, &run.id)>{function(t, &run.function)}</a> }),
        cell(sends).class("far small all"),
        cell(view! { <span class="mono">{run.version.clone()}</span> }).class("far small").label(t.s("version")),
        cell(milliseconds(run.took_ms)).class("n").label(t.s("run-took")),
        cell(visit.date_time(&run.at)).class("small all"),
        cell(outcome(t, &run.outcome)).class("amt"),
    ]
}

/// The page of a run.
pub(super) fn address(id: &str, run: &str) -> String {
    format!("/plugins/{}/runs/{}", segment(id), segment(run))
}

fn send_words(send: &PluginRunSend) -> String {
    let end = send.status.map_or_else(|| send.failed_in.clone().unwrap_or_default(), |status| status.to_string());
    format!("{} {} → {end}", send.endpoint, send.target)
}

fn milliseconds(ms: i64) -> String {
    format!("{ms} ms")
}

/// A function of the contract in words.
pub(super) fn function(t: Locale, function: &str) -> String {
    t.maybe(&format!("run-function-{function}")).unwrap_or_else(|| function.to_owned())
}

fn outcome(t: Locale, outcome: &str) -> AnyView {
    let tone = match outcome {
        "approved" | "listed" => Tone::Ok,
        "declined" | "not-processed" => Tone::No,
        "unknown" => Tone::Doubt,
        _ => Tone::Wait,
    };
    pill(tone, t.maybe(&format!("run-outcome-{outcome}")).unwrap_or_else(|| outcome.to_owned()))
}

/// `GET /plugins/{id}/runs/{run}`
pub async fn show(visit: Visit, Path((id, run)): Path<(String, String)>) -> Result<Response, Fault> {
    visit.sign_in_needed().await?;
    let api = format!("/v1/plugins/{}/runs/{}", segment(&id), segment(&run));
    let detail: PluginRunDetail = visit.get(&api).await?;
    let (t, run) = (visit.t(), &detail.run);
    let title = function(t, &run.function);
    let mut pairs = vec![
        (t.s("time"), visit.date_time(&run.at).into_any()),
        (t.s("run-took"), milliseconds(run.took_ms).into_any()),
        (t.s("version"), mono(&run.version)),
        (t.s("run-attempt"), mono(&run.attempt)),
        (t.s("run-account"), mono(&run.pos_account)),
    ];
    pairs.extend(run.reason.as_ref().map(|reason| (t.s("run-reason"), reason.clone().into_any())));
    let calls = detail.calls.iter().enumerate().map(|(at, call)| turn(&visit, at + 1, call)).collect::<Vec<_>>();
    let main = view! {
        <p class="crumb"><a href="/plugins">{t.s("nav-plugins")}</a>" › "<a href=format!("/plugins/{}", segment(&id))>{id.clone()}</a>{format!(" › {title}")}</p>
        <div class="head"><div><h1>{title.clone()}</h1></div>{outcome(t, &run.outcome)}</div>
        <div class="cols"><div class="stack">{calls}{card("input", t.s("run-input"), None, body(&detail.input))}</div>
            <div class="stack">{card("facts", t.s("facts"), None, view! { <div class="body">{facts(pairs)}</div> })}{bundle(t, &api, &detail)}</div></div>
    };
    Ok(shell::page(&visit, Nav::Plugins, &title, main.into_any()))
}

/// The way to take it along.
fn bundle(t: Locale, api: &str, detail: &PluginRunDetail) -> AnyView {
    let words = t.s(if detail.replayable { "run-bundle-what" } else { "run-bundle-cut" });
    let address = format!("{api}/recording");
    let inside = view! {
        <div class="body stack"><p class="soft small">{words}</p>
            <p><a class="btn" href=address download="">{icon(icon::DOWNLOAD)}{t.s("run-bundle-take")}</a></p></div>
    };
    card("bundle", t.s("run-bundle"), None, inside)
}

/// One call: what it answered, what came back, what it logged.
fn turn(visit: &Visit, number: usize, call: &PluginRunCall) -> AnyView {
    let t = visit.t();
    let kind = t.maybe(&format!("run-kind-{}", call.kind)).unwrap_or_else(|| call.kind.clone());
    let tone = match call.kind.as_str() {
        "send" | "browse" => Tone::Wait,
        "done" | "listed" => Tone::Ok,
        _ => Tone::No,
    };
    let figures = format!("{} · {} µs · {} KiB", visit.time_exact(&call.at), call.took_us, call.memory_bytes / 1024);
    let refused = call.refused.as_ref().map(|why| note(Tone::No, t.s("run-refused"), why.clone(), None));
    let reply = (!call.reply.is_empty()).then(|| part(t.s("run-reply"), values(&call.reply)));
    let trap = (!call.backtrace.is_empty()).then(|| part(t.s("run-backtrace"), lines(call.backtrace.join("\n"))));
    let logs = (!call.logs.is_empty()).then(|| part(t.s("run-logs"), log(&call.logs)));
    view! {
        <section class="card"><header><div><h2>{format!("{number}. ")}<span class="mono">{call.function.clone()}</span></h2><p class="soft small">{figures}</p></div>{pill(tone, kind)}</header>
            <div class="body stack">{refused}{part(t.s("run-output"), values(&call.output))}{trap}{reply}{logs}</div></section>
    }
    .into_any()
}

fn part(title: String, inside: AnyView) -> AnyView {
    view! { <div><h3>{title}</h3>{inside}</div> }.into_any()
}

fn body(all: &[PluginRunFact]) -> AnyView {
    view! { <div class="body">{values(all)}</div> }.into_any()
}

/// Names and values; long values below the short ones, as they came.
fn values(all: &[PluginRunFact]) -> AnyView {
    let is_long = |fact: &&PluginRunFact| fact.value.chars().count() > SHORT_LETTERS || fact.value.contains('\n');
    let short = all.iter().filter(|fact| !is_long(fact)).map(|fact| (fact.name.clone(), mono(&fact.value)));
    let long = all
        .iter()
        .filter(is_long)
        .map(|fact| {
            view! { <p class="small soft">{fact.name.clone()}</p><pre class="mono small wrap" tabindex="0">{fact.value.clone()}</pre> }
                .into_any()
        })
        .collect::<Vec<_>>();
    view! { {facts(short.collect())}{long} }.into_any()
}

fn log(log: &[PluginRunLog]) -> AnyView {
    lines(log.iter().map(|line| format!("{:<5} {}", line.level, line.message)).collect::<Vec<_>>().join("\n"))
}

fn lines(text: String) -> AnyView {
    view! { <pre class="mono small wrap" tabindex="0">{text}</pre> }.into_any()
}

fn mono(text: &str) -> AnyView {
    view! { <span class="mono wrap">{text.to_owned()}</span> }.into_any()
}
