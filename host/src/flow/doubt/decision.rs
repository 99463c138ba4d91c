//! A person says how an amount in doubt ended: proposed with evidence, confirmed by a second person, and then written
//! as the bank's own answer would have been: by the state table, with books and events, in one commit.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::doubt::{DoubtId, DoubtOutcome};
use crate::domain::id::ProposalId;
use crate::domain::payment::{AttemptState, OperationState};
use crate::domain::proposal::ProposalKind;
use crate::flow::attempt::{AttemptNews, Step, settle_in_tx as attempt_settle_in_tx};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::failure::Failure;
use crate::flow::operation::{OperationNews, settle_in_tx as operation_settle_in_tx};
use crate::flow::proposal::{Carried, Evidence, ProposalRequest, person, proposal_insert_in_tx};
use crate::plugin::Reason;
use crate::store::Tx;
use crate::store::attempt::{Purpose, attempt_fetch};
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::operation::operation_fetch;
use crate::store::payment::payment_visible;
use crate::store::proposal::Proposal;

/// What is kept in the proposal.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Decision {
    /// How it ended, as the maker says.
    pub outcome: DoubtOutcome,
}

fn already_known() -> FlowError {
    FlowError::conflict("already_known", "its outcome is known meanwhile")
}

/// Proposes how a doubt ended.
pub async fn doubt_propose(
    app: &App,
    ctx: &Ctx,
    doubt: DoubtId,
    outcome: DoubtOutcome,
    evidence: Evidence,
) -> FlowResult<ProposalId> {
    let maker = person(ctx)?;
    let missing = || FlowError::NotFound("doubt");
    let mut tx = app.db.begin().await?;
    let (attempt, operation) = match doubt {
        DoubtId::Attempt(id) => (attempt_fetch(&mut tx, ctx.tenant, id).await?.ok_or_else(missing)?, None),
        DoubtId::Operation(id) => {
            let operation = operation_fetch(&mut tx, ctx.tenant, id).await?.ok_or_else(missing)?;
            let attempt = attempt_fetch(&mut tx, ctx.tenant, operation.attempt_id).await?.ok_or_else(missing)?;
            (attempt, Some(operation))
        }
    };
    let payment = payment_visible(&mut tx, ctx.tenant, ctx.scope, attempt.payment_id).await?.ok_or_else(missing)?;
    let in_doubt = match &operation {
        Some(operation) => operation.state == OperationState::Unknown,
        None => attempt.state == AttemptState::Unknown,
    };
    if !in_doubt {
        return Err(already_known());
    }
    let request = ProposalRequest {
        kind: ProposalKind::DoubtDecision,
        node: payment.node_id,
        subject: doubt.to_string(),
        payload: serde_json::json!(Decision { outcome }),
        evidence,
    };
    let proposal = proposal_insert_in_tx(&mut tx, ctx, request).await?;
    let mut event = PaymentEvent::new(ctx.tenant, payment.payment_id, "doubt.proposed", &maker, ctx.clock.now_ms())
        .attempt(attempt.attempt_id)
        .fact("outcome", outcome.as_str())
        .fact("proposal", proposal.to_string());
    if let Some(operation) = operation {
        event = event.operation(operation.operation_id);
    }
    event_insert(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(proposal)
}

/// Writes what two persons decided.
pub(in crate::flow) async fn decision_in_tx(
    app: &App,
    tx: &mut Tx,
    ctx: &Ctx,
    proposal: &Proposal,
) -> FlowResult<Carried> {
    let broken = || FlowError::Internal(format!("{} is no decision of a doubt", proposal.proposal_id));
    let decision: Decision = serde_json::from_str(&proposal.payload).map_err(|_| broken())?;
    let doubt: DoubtId = proposal.subject.parse().map_err(|_| broken())?;
    let failure = (decision.outcome == DoubtOutcome::NotDone).then(|| {
        let detail = format!("decided with {}", proposal.proposal_id);
        Failure::not_processed(Reason { code: "decided-not-done", detail })
    });
    match doubt {
        DoubtId::Attempt(id) => {
            let attempt = attempt_fetch(tx, ctx.tenant, id).await?.ok_or_else(broken)?;
            if attempt.state != AttemptState::Unknown {
                return Err(already_known());
            }
            let event = decision.outcome.of_attempt(attempt.purpose == Purpose::Authorize);
            let news = AttemptNews {
                failure,
                proposal: Some(proposal.proposal_id),
                ..AttemptNews::new(event, ctx.actor.clone())
            };
            match attempt_settle_in_tx(app, tx, ctx.tenant, id, &news).await? {
                Step::Lost => Ok(Carried::Lost),
                Step::Settled(settled) if settled.moved => Ok(Carried::Attempt(settled)),
                Step::Settled(_) => Err(already_known()),
            }
        }
        DoubtId::Operation(id) => {
            let operation = operation_fetch(tx, ctx.tenant, id).await?.ok_or_else(broken)?;
            if operation.state != OperationState::Unknown {
                return Err(already_known());
            }
            let event = decision.outcome.of_operation();
            let news = OperationNews {
                failure,
                proposal: Some(proposal.proposal_id),
                ..OperationNews::new(event, ctx.actor.clone())
            };
            let settled = operation_settle_in_tx(app, tx, ctx.tenant, id, &news).await?;
            Ok(settled.map_or(Carried::Lost, |_| Carried::Operation))
        }
    }
}
