//! Money that a bank has and that is nobody's payment: it goes back by itself.

use super::{JANITOR, attempt_put_off, payment_of};
use crate::app::App;
use crate::crash;
use crate::domain::alarm::AlarmCause;
use crate::domain::doubt::DoubtId;
use crate::domain::money::Money;
use crate::domain::payment::{OperationKind, OperationState};
use crate::flow::alarm::{AlarmItem, alarm_raise_in_tx};
use crate::flow::error::FlowResult;
use crate::flow::operation::operation_run;
use crate::flow::run::act_due_ms;
use crate::limits;
use crate::store::attempt::{Attempt, attempt_update};
use crate::store::operation::{Operation, operation_insert, operation_list};

/// A late "yes" for an attempt that had ended: the money goes back, by void where the bank still can, else by
/// refund, and the difference stays visible on the timeline.
pub(super) async fn stray_return(app: &App, attempt: Attempt) -> FlowResult<()> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let earlier = operation_list(&mut tx, attempt.tenant_id, &[attempt.payment_id]).await?;
    let mut earlier = earlier.into_iter().filter(|operation| operation.attempt_id == attempt.attempt_id);
    let failed = earlier.clone().filter(|operation| operation.state == OperationState::Failed).count();
    let kind = match earlier.next_back() {
        // When that ends without giving the money back, its commit makes this due at once.
        Some(operation) if operation.state.is_open() => {
            drop(tx);
            attempt_put_off(app, attempt, limits::INQUIRY_DAILY).await;
            return Ok(());
        }
        // The bank did not refuse it, it never had it: the same way is open still.
        Some(operation) if operation.state == OperationState::Failed && failed <= limits::STRAY_TRIES_MAX => {
            operation.kind
        }
        Some(operation) if operation.kind == OperationKind::Void => OperationKind::Refund,
        Some(_) => {
            tracing::error!(attempt = %attempt.attempt_id, "a stray charge cannot be given back: a person must decide");
            let item = AlarmItem {
                tenant: attempt.tenant_id,
                pos_account: attempt.pos_account_id,
                subject: DoubtId::Attempt(attempt.attempt_id),
                payment: attempt.payment_id,
                detail: "neither voided nor refunded",
            };
            alarm_raise_in_tx(&mut tx, AlarmCause::StrayStuck, item, now_ms).await?;
            let waiting = Attempt { due_ms: None, ..attempt };
            if !attempt_update(&mut tx, &waiting).await? {
                return Ok(());
            }
            return Ok(tx.commit().await?);
        }
        None => OperationKind::Void,
    };
    let payment = payment_of(&mut tx, &attempt).await?;
    let charged = Money::new(payment.charged_minor, payment.currency);
    let times = (now_ms, act_due_ms(app, now_ms));
    let operation = Operation {
        reason: Some("stray".to_owned()),
        ..Operation::beginning(&attempt, kind, charged, JANITOR.label(), times)
    };
    // The next look: after this operation has ended one way or the other.
    let waiting = Attempt { due_ms: operation.due_ms, ..attempt };
    if !attempt_update(&mut tx, &waiting).await? || !operation_insert(&mut tx, &operation).await? {
        return Ok(());
    }
    tx.commit().await?;
    crash::stop(app, "stray_begun");
    operation_run(app, operation.tenant_id, operation.operation_id).await.map(drop)
}
