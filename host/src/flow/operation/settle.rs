//! The one place where an operation moves: its row, its attempt, the books and the events in one commit.

use crate::app::App;
use crate::ctx::Actor;
use crate::domain::alarm::AlarmCause;
use crate::domain::doubt::DoubtId;
use crate::domain::id::{OperationId, ProposalId, TenantId};
use crate::domain::payment::{
    AttemptState, IllegalMove, Move, OperationEvent, OperationKind, OperationState, Refusal, Told,
};
use crate::flow::alarm::{AlarmItem, alarm_raise_in_tx};
use crate::flow::attempt::{bank_ref_text, publish_kind};
use crate::flow::collect;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::failure::Failure;
use crate::flow::view::whole_fetch;
use crate::limits;
use crate::plugin::{BankRef, Verdict};
use crate::store::Tx;
use crate::store::attempt::{Attempt, attempt_fetch, attempt_update};
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::idempotency::idempotency_answer_of;
use crate::store::operation::{Operation, operation_fetch, operation_update};
use crate::store::payment::{Payment, payment_fetch, payment_move};
use crate::store::proposal::proposal_overtake;

/// What happened to an operation.
#[derive(Debug, Clone)]
pub struct OperationNews {
    /// The event of the state table.
    pub event: OperationEvent,
    /// What the bank calls it.
    pub bank: Option<BankRef>,
    /// Why it ended or is in doubt.
    pub failure: Option<Failure>,
    /// The proposal, where persons decided it.
    pub proposal: Option<ProposalId>,
    /// Who caused it.
    pub actor: Actor,
}

impl OperationNews {
    /// An event and nothing else.
    pub fn new(event: OperationEvent, actor: Actor) -> Self {
        Self { event, bank: None, failure: None, proposal: None, actor }
    }
}

/// What a connector's verdict means for the operation that it ran.
pub(super) fn operation_news(app: &App, verdict: Verdict) -> OperationNews {
    let now_ms = app.clock.now_ms();
    let (event, bank, failure) = match verdict {
        Verdict::Approved(approval) => (OperationEvent::Approved, Some(approval.bank), None),
        Verdict::Declined(decline) => (OperationEvent::Declined, None, Some(Failure::declined(decline))),
        Verdict::NotProcessed(reason) => (OperationEvent::NotProcessed, None, Some(Failure::not_processed(reason))),
        Verdict::Pending(bank) => {
            let doubt = Failure::in_doubt("bank-pending", String::new(), None, false, now_ms);
            (OperationEvent::Silence, Some(bank), Some(doubt))
        }
        Verdict::Unknown { reason, phase, alarm } => {
            let doubt = Failure::in_doubt(reason.code, reason.detail, phase, alarm, now_ms);
            (OperationEvent::Silence, None, Some(doubt))
        }
    };
    OperationNews { bank, failure, ..OperationNews::new(event, Actor::Job("bank")) }
}

/// Writes what happened to an operation: its row, its attempt, the books and the events in one commit.
pub async fn operation_settle(
    app: &App,
    tenant: TenantId,
    id: OperationId,
    news: &OperationNews,
) -> FlowResult<Operation> {
    for _ in 0..limits::MOVE_TRIES_MAX {
        let mut tx = app.db.begin().await?;
        if let Some(operation) = settle_in_tx(app, &mut tx, tenant, id, news).await? {
            tx.commit().await?;
            app.webhook_wake.notify_one();
            return Ok(operation);
        }
    }
    Err(FlowError::Busy("an operation that many hands move at once"))
}

/// Nothing where somebody else moved a row first.
pub(in crate::flow) async fn settle_in_tx(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    id: OperationId,
    news: &OperationNews,
) -> FlowResult<Option<Operation>> {
    let now_ms = app.clock.now_ms();
    let missing = || FlowError::Internal(format!("{id} is gone"));
    let mut operation = operation_fetch(tx, tenant, id).await?.ok_or_else(missing)?;
    let to = match operation.state.next(news.event) {
        Ok(Move::To(to)) => to,
        Ok(Move::Stay) => return asked_enough(tx, operation, news).await,
        Err(illegal) => return refuse(tx, operation, news, illegal, now_ms).await,
    };
    let from = operation.state;
    operation.state = to;
    operation.moved += 1;
    if let Some(proposal) = news.proposal {
        operation.proposal_id = Some(proposal.to_text());
    }
    if let Some(bank) = &news.bank {
        operation.bank_ref = bank_ref_text(bank, &operation.bank_ref);
    }
    operation.failure = news.failure.as_ref().and_then(Failure::to_text);
    // What persons decided is still asked about: a bank that says otherwise must be heard.
    operation.due_ms = (to == OperationState::Unknown || news.proposal.is_some())
        .then(|| now_ms + limits::millis(limits::INQUIRY_SCHEDULE[0]));
    if news.proposal.is_some() {
        operation.asks = 0;
        operation.not_found = 0;
    }
    operation.finished_at_ms = (!to.is_open()).then_some(now_ms);
    if !operation_update(tx, &operation).await? {
        return Ok(None);
    }
    operation.version += 1;
    if from == OperationState::Unknown {
        proposal_overtake(tx, tenant, &id.to_string(), now_ms).await?;
    }
    let mut payment = payment_fetch(tx, tenant, operation.payment_id).await?.ok_or_else(missing)?;
    let mut attempt = attempt_fetch(tx, tenant, operation.attempt_id).await?.ok_or_else(missing)?;
    let Some(followed) = follow(tx, &mut payment, &mut attempt, &operation, now_ms).await? else { return Ok(None) };
    let kind = format!("{}.{to}", operation.kind);
    let failure = news.failure.clone().unwrap_or_default();
    let mut event = PaymentEvent::new(tenant, operation.payment_id, &kind, &news.actor.label(), now_ms)
        .attempt(operation.attempt_id)
        .operation(id)
        .moved(Told::of(operation.moved, from, news.event, to))
        .fact("amount", operation.amount_minor.to_string())
        .fact("code", failure.code)
        .fact("detail", failure.detail)
        .fact("bank_code", failure.bank_code.unwrap_or_default())
        .fact("bank_message", failure.bank_message.unwrap_or_default());
    event.moves.extend(followed);
    event_insert(tx, &event).await?;
    publish_kind(tx, &payment, &kind, Some(id), now_ms).await?;
    answer_store(app, tx, &payment, &operation).await?;
    Ok(Some(operation))
}

/// The same was said again. Where persons decided it, the bank bears them out, and it is asked no more.
async fn asked_enough(tx: &mut Tx, mut operation: Operation, news: &OperationNews) -> FlowResult<Option<Operation>> {
    if operation.proposal_id.is_some() && operation.due_ms.is_some() && news.event != OperationEvent::Silence {
        operation.due_ms = None;
        return Ok(operation_update(tx, &operation).await?.then_some(operation));
    }
    Ok(Some(operation))
}

/// The table refuses it: the timeline says so, and what contradicts our books calls a person.
async fn refuse(
    tx: &mut Tx,
    mut operation: Operation,
    news: &OperationNews,
    illegal: IllegalMove,
    now_ms: i64,
) -> FlowResult<Option<Operation>> {
    let contradiction = illegal.refusal == Refusal::Contradiction;
    let kind = if contradiction { "contradicted" } else { "news_refused" };
    let kind = format!("{}.{kind}", operation.kind);
    let event = PaymentEvent::new(operation.tenant_id, operation.payment_id, &kind, &news.actor.label(), now_ms)
        .attempt(operation.attempt_id)
        .operation(operation.operation_id)
        .fact("state", operation.state.as_str())
        .fact("event", news.event.as_str())
        .fact("refusal", illegal.refusal.as_str());
    event_insert(tx, &event).await?;
    if !contradiction {
        return Ok(Some(operation));
    }
    tracing::error!(operation = %operation.operation_id, %illegal, "the bank contradicts our books: a person must look");
    let missing = || FlowError::Internal(format!("{} has lost its attempt", operation.operation_id));
    let attempt = attempt_fetch(tx, operation.tenant_id, operation.attempt_id).await?.ok_or_else(missing)?;
    let item = AlarmItem {
        tenant: operation.tenant_id,
        pos_account: attempt.pos_account_id,
        subject: DoubtId::Operation(operation.operation_id),
        payment: operation.payment_id,
        detail: &illegal.to_string(),
    };
    alarm_raise_in_tx(tx, AlarmCause::Contradiction, item, now_ms).await?;
    if operation.due_ms.is_some() {
        operation.due_ms = None;
        return Ok(operation_update(tx, &operation).await?.then_some(operation));
    }
    Ok(Some(operation))
}

/// What the end of an operation means for its attempt, its payment and the books: gives the moves of those two, and
/// nothing where somebody else moved a row first.
async fn follow(
    tx: &mut Tx,
    payment: &mut Payment,
    attempt: &mut Attempt,
    operation: &Operation,
    now_ms: i64,
) -> FlowResult<Option<Vec<Told>>> {
    let mut moves = Vec::new();
    let done = operation.state == OperationState::Succeeded;
    if operation.kind == OperationKind::Refund && !operation.state.is_open() && attempt.state != AttemptState::Stray {
        collect::refund_ended_in_tx(tx, operation, done, now_ms).await?;
    }
    if !done {
        // A stray's money is at the bank still: what the bank refused is tried another way at once, what never
        // reached it the same way a little later.
        if attempt.state == AttemptState::Stray && !operation.state.is_open() {
            let again = operation.state == OperationState::Failed;
            let pause_ms = if again { limits::millis(limits::JANITOR_AGAIN) } else { 0 };
            attempt.due_ms = Some(now_ms + pause_ms);
            return Ok(attempt_update(tx, attempt).await?.then_some(moves));
        }
        return Ok(Some(moves));
    }
    let all = match operation.kind {
        OperationKind::Capture => {
            collect::captured_in_tx(tx, payment, attempt, operation.amount_minor, now_ms).await?;
            true
        }
        OperationKind::Void => {
            collect::voided_in_tx(tx, attempt, operation.operation_id.to_string(), now_ms).await?;
            true
        }
        _ => whole_fetch(tx, payment.clone()).await?.refundable_minor() == 0,
    };
    let event = operation.kind.seen_by_attempt(all);
    let event = event.ok_or_else(|| FlowError::Internal(format!("{} is no operation of its own", operation.kind)))?;
    let illegal = |error: crate::domain::payment::IllegalMove| FlowError::Internal(error.to_string());
    // A stray's money goes back; its payment ended long ago and does not move.
    let stray = attempt.state == AttemptState::Stray;
    if let Move::To(state) = attempt.state.next(event).map_err(illegal)? {
        attempt.moved += 1;
        moves.push(Told::of(attempt.moved, attempt.state, event, state));
        attempt.state = state;
        attempt.due_ms = None;
        if operation.kind == OperationKind::Capture {
            attempt.bank_ref =
                bank_ref_text(&serde_json::from_str(&operation.bank_ref).unwrap_or_default(), &attempt.bank_ref);
        }
        if !attempt_update(tx, attempt).await? {
            return Ok(None);
        }
    }
    if stray {
        return Ok(Some(moves));
    }
    let seen = attempt.state.seen_by_payment();
    if let Move::To(state) = payment.state.next(seen).map_err(illegal)? {
        let Some(told) = payment_move(tx, payment, seen, state, now_ms).await? else { return Ok(None) };
        moves.push(told);
    }
    Ok(Some(moves))
}

async fn answer_store(app: &App, tx: &mut Tx, payment: &Payment, operation: &Operation) -> FlowResult<()> {
    let locale = crate::ctx::Locale::from_tag(&payment.locale).unwrap_or_default();
    let whole = whole_fetch(tx, payment.clone()).await?;
    let livemode = whole.names.pos_environment.as_deref() == Some("live");
    let body = match operation.kind {
        OperationKind::Capture => serde_json::to_string(&crate::flow::view::payment_view(app, &whole, locale)),
        _ => serde_json::to_string(&crate::flow::view::refund_view(operation, livemode, locale)),
    };
    let body = body.map_err(|error| FlowError::Internal(error.to_string()))?;
    idempotency_answer_of(tx, operation.tenant_id, &operation.operation_id.to_text(), 201, &body).await?;
    Ok(())
}
