//! The one place where a payment goes on at another account: the end of one attempt and the row of the next, in one
//! commit.

use super::{Settled, Step};
use crate::domain::payment::{self as domain, AttemptState, IllegalMove, Move, PaymentState};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::routing::Next;
use crate::store::Tx;
use crate::store::attempt::{Attempt, attempt_insert};
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::payment::{Payment, payment_reroute};

/// Another account may take over only where this attempt ended, from the state in which nobody else had looked at it,
/// without having been processed: no bank has, or can have, the money.
pub(super) fn may_go_on(from: AttemptState, to: AttemptState, payment: PaymentState) -> bool {
    from == AttemptState::Sending && to == AttemptState::Failed && payment == PaymentState::Processing
}

/// Begins the next attempt of a payment whose attempt has just ended unprocessed: the payment stays what it was.
pub(super) async fn go_on(
    tx: &mut Tx,
    attempt: Attempt,
    mut payment: Payment,
    next: &Next,
    now_ms: i64,
) -> FlowResult<Step> {
    // Through the table all the same: down with the attempt that ended, up with the one that begins.
    let broken = |error: IllegalMove| FlowError::Internal(error.to_string());
    let mut state = payment.state;
    for event in [attempt.state.seen_by_payment(), domain::PaymentEvent::AttemptStarted] {
        if let Move::To(to) = state.next(event).map_err(broken)? {
            state = to;
        }
    }
    if state != payment.state {
        return Err(FlowError::Internal(format!("{} would become {state} by going on", payment.payment_id)));
    }
    if !payment_reroute(tx, &payment, &next.terms, &next.routing, now_ms).await? {
        return Ok(Step::Lost);
    }
    payment.terms = next.terms.clone();
    payment.routing = Some(next.routing.clone());
    payment.updated_at_ms = now_ms;
    payment.version += 1;
    if !attempt_insert(tx, &next.attempt).await? {
        return Err(FlowError::Internal(format!("{} cannot be inserted", next.attempt.attempt_id)));
    }
    let event = PaymentEvent::new(payment.tenant_id, payment.payment_id, "payment.rerouted", "job:routing", now_ms)
        .attempt(next.attempt.attempt_id)
        .fact("from", attempt.pos_account_id.to_string())
        .fact("to", next.attempt.pos_account_id.to_string())
        .fact("code", next.code.as_str());
    event_insert(tx, &event).await?;
    Ok(Step::Settled(Box::new(Settled { attempt, payment, moved: true, went_on: true })))
}
