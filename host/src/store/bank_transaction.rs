//! Which payments a bank's list may be about.

use crate::domain::id::{OperationId, PaymentId, PosAccountId, TenantId};
use crate::store::json::keys;
use crate::store::payment::Payment;
use crate::store::{StoreResult, Tx};

fn ids(rows: Vec<(String,)>) -> StoreResult<Vec<PaymentId>> {
    let read = |(id,): (String,)| PaymentId::from_text(&id).map_err(|error| sqlx::Error::Decode(error.into()).into());
    rows.into_iter().map(read).collect()
}

/// The payments of which something was sent to a bank in a span of time, epoch milliseconds: tries at this account, and
/// what was done with them; at most `limit` of each.
pub async fn payments_of_span(
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    (from_ms, until_ms): (i64, i64),
    limit: i64,
) -> StoreResult<Vec<PaymentId>> {
    let mut found = ids(fetch_all!(
        tx,
        (String,),
        "select payment_id from attempt where tenant_id = $1 and pos_account_id = $2 and created_at_ms >= $3 \
         and created_at_ms < $4 order by created_at_ms limit $5",
        tenant.to_text(),
        account.to_text(),
        from_ms,
        until_ms,
        limit
    )?)?;
    // Keys are born in the order of time, so theirs is the index that this needs.
    found.extend(ids(fetch_all!(
        tx,
        (String,),
        "select o.payment_id from operation o \
         join attempt a on a.tenant_id = o.tenant_id and a.attempt_id = o.attempt_id \
         where o.tenant_id = $1 and o.operation_id >= $3 and o.operation_id < $4 and a.pos_account_id = $2 \
         order by o.operation_id limit $5",
        tenant.to_text(),
        account.to_text(),
        OperationId::first_text(from_ms),
        OperationId::first_text(until_ms),
        limit
    )?)?);
    Ok(found)
}

/// The payments that a bank knows by these numbers, tried at whichever of the firm's accounts there: two of them may
/// stand for the same contract.
pub async fn payments_of_orders(
    tx: &mut Tx,
    tenant: TenantId,
    (plugin, bank): (&str, &str),
    order_nos: impl Iterator<Item = String>,
) -> StoreResult<Vec<PaymentId>> {
    ids(fetch_all!(
        tx,
        (String,),
        "select a.payment_id from attempt a where a.tenant_id = $1 \
         and a.pos_account_id in (select p.pos_account_id from pos_account p \
             where p.tenant_id = $1 and p.plugin_id = $2 and p.bank = $3) \
         and a.order_no in (select value from json_each($4))",
        tenant.to_text(),
        plugin,
        bank,
        keys(order_nos)
    )?)
}

/// Payments by key.
pub async fn payments_fetch(tx: &mut Tx, tenant: TenantId, payments: &[PaymentId]) -> StoreResult<Vec<Payment>> {
    fetch_all!(
        tx,
        Payment,
        "select * from payment where tenant_id = $1 and payment_id in (select value from json_each($2)) \
         order by payment_id",
        tenant.to_text(),
        keys(payments.iter().map(|id| id.to_text()))
    )
}
