//! Everything that is in doubt, with all that is known of it.

use crate::ctx::Ctx;
use crate::domain::doubt::DoubtId;
use crate::domain::id::PaymentId;
use crate::domain::payment::{AttemptState, OperationState};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::view::{Whole, whole_fetch};
use crate::store::Tx;
use crate::store::attempt::{Attempt, attempt_fetch};
use crate::store::doubt::{DoubtFilter, doubt_list};
use crate::store::event::{PaymentEvent, event_list};
use crate::store::operation::{Operation, operation_fetch};
use crate::store::payment::payment_visible;
use crate::store::proposal::{Proposal, ProposalFilter, proposal_list};

/// How many earlier proposals about one doubt are shown.
const PROPOSALS_SHOWN: i64 = 20;

/// One thing in doubt.
#[derive(Debug)]
pub struct DoubtWhole {
    /// Which.
    pub id: DoubtId,
    /// The payment around it.
    pub whole: Whole,
    /// The attempt that is in doubt, or on which the operation is.
    pub attempt: Attempt,
    /// The operation that is in doubt.
    pub operation: Option<Operation>,
    /// What persons proposed about it, newest first.
    pub proposals: Vec<Proposal>,
    /// What was sent to the bank and what it said, oldest first; empty in lists.
    pub talk: Vec<PaymentEvent>,
}

impl DoubtWhole {
    /// Whether it is in doubt still.
    pub fn is_open(&self) -> bool {
        match &self.operation {
            Some(operation) => operation.state == OperationState::Unknown,
            None => self.attempt.state == AttemptState::Unknown,
        }
    }
}

/// One page of what is in doubt in the caller's part of the tree, oldest first.
pub async fn doubt_page(tx: &mut Tx, ctx: &Ctx, filter: &DoubtFilter) -> FlowResult<Vec<DoubtWhole>> {
    let mut doubts = Vec::new();
    for id in doubt_list(tx, ctx.tenant, ctx.scope, filter).await? {
        doubts.extend(fetch(tx, ctx, id).await?);
    }
    Ok(doubts)
}

/// One doubt with everything that was said to the bank and by it. Nothing where it is none any more.
pub async fn doubt_whole(tx: &mut Tx, ctx: &Ctx, id: DoubtId) -> FlowResult<Option<DoubtWhole>> {
    let Some(mut doubt) = fetch(tx, ctx, id).await?.filter(DoubtWhole::is_open) else { return Ok(None) };
    doubt.talk = talk(tx, ctx, &doubt).await?;
    Ok(Some(doubt))
}

async fn talk(tx: &mut Tx, ctx: &Ctx, doubt: &DoubtWhole) -> FlowResult<Vec<PaymentEvent>> {
    let payment: PaymentId = doubt.whole.payment.payment_id;
    let operation = doubt.operation.as_ref().map(|operation| operation.operation_id.to_text());
    let attempt = doubt.attempt.attempt_id.to_text();
    let mut events = event_list(tx, ctx.tenant, payment).await?;
    events.retain(|event| {
        matches!(event.kind.as_str(), "bank.sent" | "bank.answered" | "bank.silent")
            && event.attempt_id.as_deref() == Some(attempt.as_str())
            && event.operation_id == operation
    });
    Ok(events)
}

async fn fetch(tx: &mut Tx, ctx: &Ctx, id: DoubtId) -> FlowResult<Option<DoubtWhole>> {
    let (attempt, operation) = match id {
        DoubtId::Attempt(id) => (attempt_fetch(tx, ctx.tenant, id).await?, None),
        DoubtId::Operation(id) => {
            let Some(operation) = operation_fetch(tx, ctx.tenant, id).await? else { return Ok(None) };
            (attempt_fetch(tx, ctx.tenant, operation.attempt_id).await?, Some(operation))
        }
    };
    let Some(attempt) = attempt else { return Ok(None) };
    let Some(payment) = payment_visible(tx, ctx.tenant, ctx.scope, attempt.payment_id).await? else { return Ok(None) };
    let about = ProposalFilter { subject: Some(id.to_string()), limit: PROPOSALS_SHOWN, ..ProposalFilter::default() };
    let proposals = proposal_list(tx, ctx.tenant, ctx.scope, &about).await?;
    let whole = whole_fetch(tx, payment).await?;
    if whole.attempts.is_empty() {
        return Err(FlowError::Internal(format!("{} has lost its attempts", whole.payment.payment_id)));
    }
    Ok(Some(DoubtWhole { id, whole, attempt, operation, proposals, talk: Vec::new() }))
}
