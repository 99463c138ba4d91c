//! Payments that were made and not confirmed yet: rows of `payment` that no bank knows of.

use crate::store::payment::Payment;
use crate::store::{StoreResult, Tx};

/// Writes a payment over the version that it was made from, as long as no bank knows of it: changed, or confirmed.
/// `false` where somebody else moved it first.
pub async fn payment_rewrite(tx: &mut Tx, payment: &Payment, version: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update payment set amount_minor = $4, charged_minor = $5, instalments = $6, quote_id = $7, terms = $8, \
         capture = $9, reference = $10, description = $11, metadata = $12, receivables = $13, return_url = $14, \
         locale = $15, state = $16, routing = $17, draft = $18, updated_at_ms = $19, moved = $20, points_minor = $21, \
         version = version + 1 \
         where tenant_id = $1 and payment_id = $2 and version = $3 and state = 'requires_confirmation'",
        payment.tenant_id.to_text(),
        payment.payment_id.to_text(),
        version,
        payment.amount_minor,
        payment.charged_minor,
        payment.instalments,
        payment.quote_id.as_deref(),
        payment.terms.to_text(),
        payment.capture.as_str(),
        payment.reference.as_deref(),
        payment.description.as_deref(),
        payment.metadata.to_text(),
        payment.receivables.to_text(),
        payment.return_url.as_deref(),
        payment.locale.as_str(),
        payment.state.as_str(),
        payment.routing.as_deref(),
        payment.draft.as_deref(),
        payment.updated_at_ms,
        payment.moved,
        payment.points_minor
    )?;
    Ok(rows == 1)
}

/// Payments of every firm that were made at or before an instant and nobody confirmed, oldest first.
pub async fn payment_unconfirmed(tx: &mut Tx, until_ms: i64, limit: i64) -> StoreResult<Vec<Payment>> {
    fetch_all!(
        tx,
        Payment,
        "select * from payment where state = 'requires_confirmation' and created_at_ms <= $1 \
         order by created_at_ms limit $2",
        until_ms,
        limit
    )
}
