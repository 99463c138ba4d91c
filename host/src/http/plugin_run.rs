//! The last runs of a plugin: what it was given and what it answered, masked; and one of them as a support bundle.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;
use serde_json::Value;
use vezne_api::{
    Page, Permission, PluginRun, PluginRunCall, PluginRunDetail, PluginRunFact, PluginRunLog, PluginRunSend,
};

use super::error::{Error, Result};
use super::extract::{Caller, Path};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::flow::plugin::plugin_recording;
use crate::limits;
use crate::plugin::record::{Exchange, RecordedReply, RecordedStep, Recording, Run, RunId, Turn};

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/plugins/{id}/runs", "Lists the last runs of a plugin on this server, newest first")
                .needs(Permission::PluginWrite)
                .reply::<Page<PluginRun>>(200),
            list,
        )
        .add(
            Endpoint::get("/v1/plugins/{id}/runs/{run}", "Shows one run with its inputs and outputs, masked")
                .needs(Permission::PluginWrite)
                .reply::<PluginRunDetail>(200),
            show,
        )
        .add(
            Endpoint::get("/v1/plugins/{id}/runs/{run}/recording", "Gives a run as a file that can be played again")
                .needs(Permission::PluginWrite)
                .reply_empty(200),
            recording,
        )
}

async fn list(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> axum::Json<Page<PluginRun>> {
    let mut runs = app.plugins.runs(caller.ctx.tenant, &id);
    runs.truncate(limits::PLUGIN_RUNS_KEPT);
    axum::Json(Page::whole(runs.iter().map(|run| run_view(run)).collect()))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Path((id, run)): Path<(String, String)>,
) -> Result<axum::Json<PluginRunDetail>> {
    let run = app.plugins.run(caller.ctx.tenant, run_id(&run)?).filter(|run| run.recording.plugin == id);
    let run = run.ok_or(Error::NotFound)?;
    let recording = &run.recording;
    Ok(axum::Json(PluginRunDetail {
        run: run_view(&run),
        input: input(recording),
        calls: recording.turns.iter().map(call_view).collect(),
        replayable: !recording.cut,
    }))
}

async fn recording(
    State(app): State<App>,
    caller: Caller,
    Path((id, run)): Path<(String, String)>,
) -> Result<Response> {
    let run = run_id(&run)?;
    let json = plugin_recording(&app, &caller.ctx, &id, run).await?;
    let name = format!("attachment; filename=\"{run}.json\"");
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], json).into_response())
}

fn run_id(text: &str) -> Result<RunId> {
    text.parse().map_err(|_| Error::NotFound)
}

fn run_view(run: &Run) -> PluginRun {
    let recording = &run.recording;
    let sends = recording.turns.iter().filter_map(|turn| send_view(turn, turn.exchange.as_ref()?));
    PluginRun {
        id: run.id.to_string(),
        plugin: recording.plugin.clone(),
        version: recording.version.clone(),
        digest: format!("sha256:{}", recording.digest),
        at: view::instant(recording.began_ms),
        pos_account: run.pos_account.to_string(),
        attempt: recording.attempt.clone(),
        function: recording.input.name().to_owned(),
        outcome: recording.outcome.clone(),
        reason: recording.reason.clone(),
        took_ms: whole(recording.took_ms),
        sends: sends.collect(),
    }
}

fn send_view(turn: &Turn, exchange: &Exchange) -> Option<PluginRunSend> {
    let RecordedStep::Send { endpoint, .. } = &turn.step else { return None };
    let (status, failed_in) = match &exchange.reply {
        RecordedReply::Response { status, .. } => (Some(*status), None),
        RecordedReply::Failed { phase, .. } => (None, Some(phase.as_str().to_owned())),
    };
    let (target, elapsed_ms) = (exchange.target.clone(), whole(exchange.elapsed_ms));
    Some(PluginRunSend { endpoint: endpoint.clone(), target, status, failed_in, elapsed_ms })
}

/// What the connector was given, but for its own state, which is nothing for people.
fn input(recording: &Recording) -> Vec<PluginRunFact> {
    let mut facts = Vec::new();
    put(&mut facts, "", &of(&recording.input));
    facts.retain(|fact| !matches!(fact.name.as_str(), "act" | "state"));
    put(&mut facts, "card", &of(&recording.card));
    put(&mut facts, "context", &of(&recording.context));
    put(&mut facts, "config", &of(&recording.account.config));
    let secrets: Vec<&str> = recording.account.secrets.keys().map(String::as_str).collect();
    if !secrets.is_empty() {
        facts.push(PluginRunFact { name: "secrets".to_owned(), value: secrets.join(", ") });
    }
    facts
}

fn call_view(turn: &Turn) -> PluginRunCall {
    let mut output = Vec::new();
    put(&mut output, "", &of(&turn.step));
    output.retain(|fact| !matches!(fact.name.as_str(), "kind" | "state"));
    PluginRunCall {
        function: turn.function.clone(),
        kind: turn.step.kind().to_owned(),
        at: view::instant(turn.now_ms),
        took_us: whole(turn.took_us),
        memory_bytes: i64::try_from(turn.memory_bytes).unwrap_or(i64::MAX),
        output,
        refused: turn.refused.clone(),
        backtrace: turn.backtrace.clone(),
        reply: turn.exchange.as_ref().map(reply_view).unwrap_or_default(),
        logs: turn
            .logs
            .iter()
            .map(|line| PluginRunLog { level: line.level.clone(), message: line.message.clone() })
            .collect(),
    }
}

fn reply_view(exchange: &Exchange) -> Vec<PluginRunFact> {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: String| facts.push(PluginRunFact { name: name.to_owned(), value });
    match &exchange.reply {
        RecordedReply::Response { status, headers, body, .. } => {
            add("status", status.to_string());
            let kind = headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str());
            add("body", body.shown(kind));
        }
        RecordedReply::Failed { phase, detail, .. } => {
            add("failed_in", phase.as_str().to_owned());
            add("detail", detail.clone());
        }
    }
    add("elapsed_ms", exchange.elapsed_ms.to_string());
    facts
}

fn of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Flattens a value into names with dots; what is not there is left out. Pairs of texts are a name and a value.
fn put(facts: &mut Vec<PluginRunFact>, name: &str, value: &Value) {
    let below = |member: &str| if name.is_empty() { member.to_owned() } else { format!("{name}.{member}") };
    match value {
        Value::Null => {}
        Value::Object(members) => members.iter().for_each(|(member, value)| put(facts, &below(member), value)),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                match item.as_array().map(Vec::as_slice) {
                    Some([Value::String(member), value]) => put(facts, &below(member), value),
                    _ => put(facts, &below(&at.to_string()), item),
                }
            }
        }
        Value::String(text) => facts.push(PluginRunFact { name: name.to_owned(), value: text.clone() }),
        other => facts.push(PluginRunFact { name: name.to_owned(), value: other.to_string() }),
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
