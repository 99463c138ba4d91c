//! What waits for a second person, and that person's word.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use vezne_api as api;
use vezne_api::{Page, Permission};

use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::page::{Listed, Window};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::doubt::DoubtOutcome;
use crate::domain::id::ProposalId;
use crate::domain::proposal::{ProposalEvent, ProposalKind, ProposalState};
use crate::flow::doubt::Decision;
use crate::flow::proposal::proposal_decide;
use crate::flow::run::to_its_end;
use crate::store::proposal::{Proposal, ProposalFilter, proposal_list, proposal_visible};

/// Narrows `GET /v1/proposals`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalQuery {
    /// Only in this state.
    #[serde(default)]
    pub state: Option<api::ProposalState>,
    /// Only about this.
    #[serde(default)]
    pub subject: Option<String>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Routes of this noun. Each kind of proposal names the permission that its second person needs; the first kind's
/// stands in the table.
pub fn routes(table: Table) -> Table {
    let act = |path, summary| {
        Endpoint::post(path, summary)
            .needs(Permission::DoubtDecide)
            .body::<api::ProposalDecide>()
            .reply::<api::Proposal>(200)
    };
    table
        .add(
            Endpoint::get("/v1/proposals", "Lists what persons proposed, newest first")
                .needs(Permission::DoubtRead)
                .query::<ProposalQuery>()
                .reply::<Page<api::Proposal>>(200),
            list,
        )
        .add(
            Endpoint::get("/v1/proposals/{id}", "Shows a proposal")
                .needs(Permission::DoubtRead)
                .reply::<api::Proposal>(200),
            show,
        )
        .add(act("/v1/proposals/{id}/confirm", "Confirms another person's proposal, which is then done"), confirm)
        .add(act("/v1/proposals/{id}/reject", "Rejects another person's proposal"), reject)
        .add(act("/v1/proposals/{id}/withdraw", "Takes the own proposal back"), withdraw)
}

/// What a second person needs to decide a proposal of this kind.
fn needed(kind: ProposalKind) -> Permission {
    match kind {
        ProposalKind::DoubtDecision => Permission::DoubtDecide,
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ProposalQuery>,
) -> Result<Listed<api::Proposal>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "proposals", query.limit, query.cursor.as_deref())?;
    let filter = ProposalFilter {
        subject: query.subject,
        state: query.state.map(state_of),
        before: window.forward().map(str::to_owned),
        after: window.backward().map(str::to_owned),
        limit: window.fetch_limit(),
    };
    let mut tx = app.db.read().await?;
    let rows = proposal_list(&mut tx, caller.ctx.tenant, caller.ctx.scope, &filter).await?;
    let page = window.page(prints, rows, |row| row.proposal_id.to_text(), |row| proposal_view(&caller.ctx, &row));
    Ok(Listed(page))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<api::Proposal>> {
    let proposal = proposal_of(&app, &caller.ctx, named(&id)?).await?;
    Ok(axum::Json(proposal_view(&caller.ctx, &proposal)))
}

async fn confirm(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<api::ProposalDecide>,
) -> Result<axum::Json<api::Proposal>> {
    decide(&app, &caller, &id, ProposalEvent::Confirmed, &body).await
}

async fn reject(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<api::ProposalDecide>,
) -> Result<axum::Json<api::Proposal>> {
    decide(&app, &caller, &id, ProposalEvent::Rejected, &body).await
}

async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<api::ProposalDecide>,
) -> Result<axum::Json<api::Proposal>> {
    decide(&app, &caller, &id, ProposalEvent::Withdrawn, &body).await
}

async fn decide(
    app: &App,
    caller: &Caller,
    id: &str,
    event: ProposalEvent,
    body: &api::ProposalDecide,
) -> Result<axum::Json<api::Proposal>> {
    let id = named(id)?;
    caller.require(needed(proposal_of(app, &caller.ctx, id).await?.kind))?;
    // Money may move: the flow must reach its end even when the one who asked goes away.
    let (flow, ctx, note) = (app.clone(), caller.ctx.clone(), body.note.clone());
    to_its_end(app, async move { proposal_decide(&flow, &ctx, id, event, note.as_deref()).await }).await?;
    let proposal = proposal_of(app, &caller.ctx, id).await?;
    Ok(axum::Json(proposal_view(&caller.ctx, &proposal)))
}

fn named(id: &str) -> Result<ProposalId> {
    id.parse().map_err(|_| Error::NotFound)
}

/// A proposal that the caller sees.
pub(super) async fn proposal_of(app: &App, ctx: &Ctx, id: ProposalId) -> Result<Proposal> {
    let mut tx = app.db.read().await?;
    proposal_visible(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)
}

/// A proposal as the wire shows it.
pub(super) fn proposal_view(ctx: &Ctx, row: &Proposal) -> api::Proposal {
    let decision: Option<Decision> = serde_json::from_str(&row.payload).ok();
    let person =
        |id: &str, name: &Option<String>| api::PersonRef { id: id.to_owned(), name: name.clone().unwrap_or_default() };
    api::Proposal {
        id: row.proposal_id.to_string(),
        kind: match row.kind {
            ProposalKind::DoubtDecision => api::ProposalKind::DoubtDecision,
        },
        subject: row.subject.clone(),
        outcome: decision.map(|decision| match decision.outcome {
            DoubtOutcome::Done => api::DoubtOutcome::Done,
            DoubtOutcome::NotDone => api::DoubtOutcome::NotDone,
        }),
        evidence: row.evidence.clone(),
        reference: row.reference.clone(),
        attachment_sha256: row.attachment_sha256.clone(),
        state: match row.state {
            ProposalState::Proposed => api::ProposalState::Proposed,
            ProposalState::Confirmed => api::ProposalState::Confirmed,
            ProposalState::Rejected => api::ProposalState::Rejected,
            ProposalState::Withdrawn => api::ProposalState::Withdrawn,
            ProposalState::Expired => api::ProposalState::Expired,
        },
        proposed_by: person(&row.proposed_by, &row.proposed_by_name),
        own: row.proposed_by == ctx.actor.label(),
        proposed_at: view::instant(row.proposed_at_ms),
        expires_at: view::instant(row.expires_at_ms),
        decided_by: row
            .decided_by
            .as_deref()
            .filter(|by| !by.starts_with("job:"))
            .map(|by| person(by, &row.decided_by_name)),
        decided_at: row.decided_at_ms.map(view::instant),
        note: row.note.clone(),
    }
}

fn state_of(state: api::ProposalState) -> ProposalState {
    match state {
        api::ProposalState::Proposed => ProposalState::Proposed,
        api::ProposalState::Confirmed => ProposalState::Confirmed,
        api::ProposalState::Rejected => ProposalState::Rejected,
        api::ProposalState::Withdrawn => ProposalState::Withdrawn,
        api::ProposalState::Expired => ProposalState::Expired,
    }
}
