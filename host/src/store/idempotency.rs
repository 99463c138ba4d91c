//! Idempotency keys: one key leads to one act. Keys are kept for good.

use crate::domain::id::TenantId;
use crate::store::{StoreResult, Tx};

/// Under what a key is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose books.
    pub tenant: TenantId,
    /// The API key or person that owns it.
    pub owner: String,
    /// Method and path.
    pub endpoint: String,
    /// As the caller chose it.
    pub key: String,
    /// HMAC over method, path and body without the security code.
    pub fingerprint: String,
}

/// What the first request with a key left behind.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct IdempotencyRow {
    /// Of the first request.
    pub fingerprint: String,
    /// What it made: a payment's or operation's id, 26 characters.
    pub subject: String,
    /// Its stored answer's status, once there is one.
    pub status: Option<i64>,
    /// Its stored answer.
    pub body: Option<String>,
}

/// Claims a key. `false` where it is taken; then fetch the row.
pub async fn idempotency_claim(tx: &mut Tx, key: &IdempotencyKey, subject: &str, now_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into idempotency (tenant_id, owner, endpoint, idempotency_key, fingerprint, subject, created_at_ms) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        key.tenant.to_text(),
        key.owner.as_str(),
        key.endpoint.as_str(),
        key.key.as_str(),
        key.fingerprint.as_str(),
        subject,
        now_ms
    )?;
    Ok(rows == 1)
}

/// What is kept under a key.
pub async fn idempotency_fetch(tx: &mut Tx, key: &IdempotencyKey) -> StoreResult<Option<IdempotencyRow>> {
    fetch_optional!(
        tx,
        IdempotencyRow,
        "select fingerprint, subject, status, body from idempotency \
         where tenant_id = $1 and owner = $2 and endpoint = $3 and idempotency_key = $4",
        key.tenant.to_text(),
        key.owner.as_str(),
        key.endpoint.as_str(),
        key.key.as_str()
    )
}

/// Keeps the answer of whatever key made `subject`, where it has none yet: the flow may end long after the
/// request that began it.
pub async fn idempotency_answer_of(
    tx: &mut Tx,
    tenant: TenantId,
    subject: &str,
    status: u16,
    body: &str,
) -> StoreResult<()> {
    execute!(
        tx,
        "update idempotency set status = $3, body = $4 where tenant_id = $1 and subject = $2 and status is null",
        tenant.to_text(),
        subject,
        i64::from(status),
        body
    )?;
    Ok(())
}

/// Lets the key that made `from` stand for `to`, whose answer is still to come.
pub async fn idempotency_hand_over(tx: &mut Tx, tenant: TenantId, from: &str, to: &str) -> StoreResult<()> {
    execute!(
        tx,
        "update idempotency set subject = $3, status = null, body = null where tenant_id = $1 and subject = $2",
        tenant.to_text(),
        from,
        to
    )?;
    Ok(())
}
