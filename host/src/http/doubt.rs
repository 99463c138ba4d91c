//! What is in doubt, and proposing how it ended.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use vezne_api as api;
use vezne_api::{Page, Permission};

use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::page::{Listed, Window};
use super::proposal::{proposal_of, proposal_view};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::doubt::{DoubtId, DoubtOutcome};
use crate::domain::id::PosAccountId;
use crate::domain::payment::OperationKind;
use crate::domain::proposal::ProposalState;
use crate::flow::doubt::{DoubtWhole, doubt_page, doubt_propose, doubt_whole};
use crate::flow::failure::Failure;
use crate::flow::proposal::Evidence;
use crate::flow::view::payment_view;
use crate::limits;
use crate::store::attempt::Purpose;
use crate::store::doubt::DoubtFilter;

/// Narrows `GET /v1/doubts`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoubtQuery {
    /// Only at this POS account.
    #[serde(default)]
    pub pos_account: Option<String>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/doubts", "Lists every amount in doubt, oldest first")
                .needs(Permission::DoubtRead)
                .query::<DoubtQuery>()
                .reply::<Page<api::Doubt>>(200),
            list,
        )
        .add(
            Endpoint::get("/v1/doubts/{id}", "Shows an amount in doubt with everything said to the bank and by it")
                .needs(Permission::DoubtRead)
                .reply::<api::Doubt>(200),
            show,
        )
        .add(
            Endpoint::post("/v1/doubts/{id}/decisions", "Proposes how it ended; a second person must confirm it")
                .needs(Permission::DoubtDecide)
                .body::<api::DoubtDecision>()
                .reply::<api::Proposal>(201),
            decide,
        )
}

async fn list(State(app): State<App>, caller: Caller, Query(query): Query<DoubtQuery>) -> Result<Listed<api::Doubt>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "doubts", query.limit, query.cursor.as_deref())?;
    let pos: Option<PosAccountId> =
        query.pos_account.as_deref().map(str::parse).transpose().map_err(|_| Error::NotFound)?;
    // Oldest first: the next page holds what is younger.
    let filter = DoubtFilter {
        pos_account_id: pos.map(PosAccountId::to_text),
        after: window.forward().map(str::to_owned),
        before: window.backward().map(str::to_owned),
        limit: window.fetch_limit(),
    };
    let mut tx = app.db.read().await?;
    let rows = doubt_page(&mut tx, &caller.ctx, &filter).await?;
    let mark = |row: &DoubtWhole| match row.id {
        DoubtId::Attempt(id) => id.to_text(),
        DoubtId::Operation(id) => id.to_text(),
    };
    Ok(Listed(window.page(prints, rows, mark, |row| doubt_view(&app, &caller.ctx, &row))))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<api::Doubt>> {
    let id: DoubtId = id.parse().map_err(|_| Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let doubt = doubt_whole(&mut tx, &caller.ctx, id).await?.ok_or(Error::NotFound)?;
    let mut shown = doubt_view(&app, &caller.ctx, &doubt);
    shown.proposals = doubt.proposals.iter().map(|proposal| proposal_view(&caller.ctx, proposal)).collect();
    let told = |event: &crate::store::event::PaymentEvent| api::DoubtTalk {
        kind: event.kind.clone(),
        detail: event.detail.0.clone(),
        at: view::instant(event.at_ms),
    };
    shown.talk = doubt.talk.iter().map(told).collect();
    Ok(axum::Json(shown))
}

async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<api::DoubtDecision>,
) -> Result<Response> {
    let id: DoubtId = id.parse().map_err(|_| Error::NotFound)?;
    let outcome = match body.outcome {
        api::DoubtOutcome::Done => DoubtOutcome::Done,
        api::DoubtOutcome::NotDone => DoubtOutcome::NotDone,
    };
    let evidence =
        Evidence { text: body.evidence, reference: body.reference, attachment_sha256: body.attachment_sha256 };
    let proposal = doubt_propose(&app, &caller.ctx, id, outcome, evidence).await?;
    let made = proposal_of(&app, &caller.ctx, proposal).await?;
    Ok((StatusCode::CREATED, axum::Json(proposal_view(&caller.ctx, &made))).into_response())
}

fn doubt_view(app: &App, ctx: &Ctx, doubt: &DoubtWhole) -> api::Doubt {
    let payment = payment_view(app, &doubt.whole, ctx.locale);
    let (attempt, operation) = (&doubt.attempt, doubt.operation.as_ref());
    let failure = operation.map_or(attempt.failure.as_deref(), |operation| operation.failure.as_deref());
    let failure = Failure::from_text(failure).unwrap_or_default();
    let sent_at_ms = operation.map_or(attempt.sent_at_ms, |operation| operation.sent_at_ms);
    let asks = operation.map_or(attempt.asks, |operation| operation.asks);
    let not_found = operation.map_or(attempt.not_found, |operation| operation.not_found);
    let due_ms = operation.map_or(attempt.due_ms, |operation| operation.due_ms);
    let open = doubt.proposals.iter().find(|proposal| proposal.state == ProposalState::Proposed);
    api::Doubt {
        id: doubt.id.to_string(),
        livemode: payment.livemode,
        kind: kind(doubt),
        payment: payment.id,
        reference: payment.reference,
        node: payment.node,
        payer: payment.payer,
        card: payment.card,
        pos_account: payment.pos_account,
        order_no: attempt.order_no.clone(),
        amount: operation.map_or(payment.charged, |operation| operation.amount_minor),
        currency: payment.currency,
        since: view::instant(failure.since_ms.unwrap_or(sent_at_ms)),
        sent_at: view::instant(sent_at_ms),
        alarm: failure.alarm || due_ms.is_none(),
        reason: reason(failure),
        inquiries: u32::try_from(asks).unwrap_or(u32::MAX),
        not_found: u32::try_from(not_found).unwrap_or(u32::MAX),
        next_inquiry_at: due_ms.map(view::instant),
        inquiries_until: view::instant(sent_at_ms + limits::millis(limits::INQUIRY_DAYS_MAX)),
        proposal: open.map(|proposal| proposal_view(ctx, proposal)),
        proposals: Vec::new(),
        talk: Vec::new(),
    }
}

fn kind(doubt: &DoubtWhole) -> api::DoubtKind {
    match doubt.operation.as_ref().map(|operation| operation.kind) {
        Some(OperationKind::Capture) => api::DoubtKind::Capture,
        Some(OperationKind::Void) => api::DoubtKind::Void,
        Some(_) => api::DoubtKind::Refund,
        None if doubt.attempt.purpose == Purpose::Authorize => api::DoubtKind::Authorization,
        None => api::DoubtKind::Sale,
    }
}

fn reason(failure: Failure) -> api::DoubtReason {
    let word = |text: &str| text.replace('-', "_");
    api::DoubtReason {
        code: if failure.code.is_empty() { "no_answer".to_owned() } else { word(&failure.code) },
        phase: failure.phase.map(|phase| word(phase.as_str())),
        detail: Some(failure.detail).filter(|text| !text.is_empty()),
        bank_code: failure.bank_code,
        bank_message: failure.bank_message,
    }
}
