//! From a payment's rows to the facts that the books want.

use crate::domain::allocation::Share;
use crate::domain::id::{CustomerId, IdError, NodeId, ReceivableId};
use crate::domain::instalment::Terms;
use crate::domain::money::Money;
use crate::domain::party::Party;
use crate::domain::rate::Rate;
use crate::domain::split::split_by;
use crate::flow::books::{self, BooksError, CaptureFacts, RefundFacts, VoidFacts};
use crate::flow::error::{FlowError, FlowResult};
use crate::store::Tx;
use crate::store::attempt::{Attempt, attempt_fetch};
use crate::store::operation::Operation;
use crate::store::payment::{PayerKind, Payment, ReceivableChoice};
use crate::store::pos_account::pos_account_fetch;

impl From<BooksError> for FlowError {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Store(error) => Self::Store(error),
            BooksError::MoreThanLeft { left } => Self::conflict("more_than_left", format!("only {left} is left")),
            BooksError::Refunded => Self::conflict("refunded", "a part of it went back already: refund, do not void"),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Books what the bank took. `captured_minor` is below the charge where less was captured than held.
pub async fn captured_in_tx(
    tx: &mut Tx,
    payment: &Payment,
    attempt: &Attempt,
    captured_minor: i64,
    now_ms: i64,
) -> FlowResult<()> {
    let broken = |what: &str| FlowError::Internal(format!("{} has {what}", payment.payment_id));
    let terms: Terms = serde_json::from_value(payment.terms.0.clone()).map_err(|_| broken("broken terms"))?;
    let account = pos_account_fetch(tx, payment.tenant_id, attempt.pos_account_id).await?;
    let facts = CaptureFacts {
        tenant: payment.tenant_id,
        payment: payment.payment_id,
        attempt: attempt.attempt_id,
        node: payment.node_id,
        payer: payer(payment)?,
        pos_owner: account.ok_or_else(|| broken("no POS account"))?.node_id,
        pos_account: attempt.pos_account_id,
        terms: terms_captured(terms, captured_minor),
        receivables: selection(payment)?,
        captured_at_ms: now_ms,
    };
    books::capture_in_tx(tx, &facts).await?;
    Ok(())
}

/// What the payer chose to pay; empty for the oldest first.
pub fn selection(payment: &Payment) -> FlowResult<Vec<Share>> {
    shares(&payment.receivables.0)
        .map_err(|_| FlowError::Internal(format!("{} has a broken selection", payment.payment_id)))
}

/// The chosen receivables, as the allocation knows them.
pub fn shares(choices: &[ReceivableChoice]) -> Result<Vec<Share>, IdError> {
    let share = |choice: &ReceivableChoice| {
        Ok(Share { receivable: ReceivableId::from_text(&choice.receivable_id)?, minor: choice.amount_minor })
    };
    choices.iter().map(share).collect()
}

/// Who paid, as the books name it.
pub fn payer(payment: &Payment) -> FlowResult<Party> {
    let broken = || FlowError::Internal(format!("{} has a broken payer", payment.payment_id));
    let id = payment.payer_id.as_deref().unwrap_or_default();
    Ok(match payment.payer_kind {
        PayerKind::Node => Party::Node(NodeId::from_text(id).map_err(|_| broken())?),
        PayerKind::Customer => Party::Customer(CustomerId::from_text(id).map_err(|_| broken())?),
        PayerKind::None => Party::Payer(payment.payment_id),
    })
}

/// The terms of a capture of less than was held: amount and difference shrink together, to the kuruş.
pub(in crate::flow) fn terms_captured(terms: Terms, captured_minor: i64) -> Terms {
    let (amount, charged) = (terms.amount.minor, terms.charged.minor);
    if captured_minor == charged {
        return terms;
    }
    let weights = [amount.unsigned_abs(), (charged - amount).unsigned_abs()];
    let parts = split_by(captured_minor, &weights);
    let currency = terms.charged.currency;
    Terms {
        amount: Money::new(parts.first().copied().unwrap_or(captured_minor), currency),
        charged: Money::new(captured_minor, currency),
        ..terms
    }
}

/// Books a void; `cause` is what did it.
pub async fn voided_in_tx(tx: &mut Tx, attempt: &Attempt, cause: String, now_ms: i64) -> FlowResult<()> {
    let facts = VoidFacts { tenant: attempt.tenant_id, attempt: attempt.attempt_id, cause, at_ms: now_ms };
    match books::void_in_tx(tx, &facts).await {
        // An authorization that was never captured has nothing in the books.
        Ok(()) | Err(BooksError::NotCollected) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Books the promise of a refund, before the bank is asked.
pub async fn refund_asked_in_tx(tx: &mut Tx, operation: &Operation, now_ms: i64) -> FlowResult<()> {
    let facts = RefundFacts {
        tenant: operation.tenant_id,
        attempt: operation.attempt_id,
        cause: operation.operation_id.to_string(),
        minor: operation.amount_minor,
        at_ms: now_ms,
    };
    books::refund_requested_in_tx(tx, &facts).await?;
    Ok(())
}

/// How much of its commission the bank returns, as the POS account is set when it says yes.
async fn commission_returned(tx: &mut Tx, operation: &Operation) -> FlowResult<Rate> {
    let Some(attempt) = attempt_fetch(tx, operation.tenant_id, operation.attempt_id).await? else {
        return Ok(Rate::ZERO);
    };
    let account = pos_account_fetch(tx, operation.tenant_id, attempt.pos_account_id).await?;
    Ok(account.map_or(Rate::ZERO, |account| account.commission_returned()))
}

/// Books the bank's answer to a refund.
pub async fn refund_ended_in_tx(tx: &mut Tx, operation: &Operation, done: bool, now_ms: i64) -> FlowResult<()> {
    let cause = operation.operation_id.to_string();
    if done {
        let returned = commission_returned(tx, operation).await?;
        books::refund_confirmed_in_tx(tx, operation.tenant_id, &cause, returned, now_ms).await?;
    } else {
        books::refund_failed_in_tx(tx, operation.tenant_id, &cause, now_ms).await?;
    }
    Ok(())
}
