//! The servers that share this database, and what each holds.

use super::{StoreResult, Tx};
use crate::domain::id::{AttemptId, ReplicaId, TenantId};

/// One server.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Replica {
    /// Key; new at each start.
    #[sqlx(try_from = "String")]
    pub replica_id: ReplicaId,
    /// The origin under which the others reach it.
    pub url: String,
    /// When it last said that it lives.
    pub seen_at_ms: i64,
}

/// Says that a server lives, or that another one answers in its place.
pub async fn replica_seen(tx: &mut Tx, replica: &Replica) -> StoreResult<()> {
    execute!(
        tx,
        "insert into replica (replica_id, url, seen_at_ms) values ($1, $2, $3) \
         on conflict (replica_id) do update set seen_at_ms = excluded.seen_at_ms, url = excluded.url",
        replica.replica_id.to_text(),
        replica.url.as_str(),
        replica.seen_at_ms
    )?;
    Ok(())
}

/// Forgets a server that ends, unless another one answers in its place.
pub async fn replica_gone(tx: &mut Tx, replica: ReplicaId, url: &str) -> StoreResult<()> {
    execute!(tx, "delete from replica where replica_id = $1 and url = $2", replica.to_text(), url)?;
    Ok(())
}

/// Forgets servers not seen since, and holders whose time is over.
pub async fn replica_prune(tx: &mut Tx, seen_before_ms: i64, now_ms: i64) -> StoreResult<()> {
    execute!(tx, "delete from replica where seen_at_ms < $1", seen_before_ms)?;
    execute!(tx, "delete from attempt_holder where until_ms < $1", now_ms)?;
    Ok(())
}

/// The servers seen since.
pub async fn replica_list(tx: &mut Tx, seen_since_ms: i64) -> StoreResult<Vec<Replica>> {
    fetch_all!(
        tx,
        Replica,
        "select * from replica where seen_at_ms >= $1 order by replica_id limit 1000",
        seen_since_ms
    )
}

/// Notes who holds an attempt's card.
pub async fn attempt_holder_insert(
    tx: &mut Tx,
    tenant: TenantId,
    attempt: AttemptId,
    replica: ReplicaId,
    until_ms: i64,
) -> StoreResult<()> {
    execute!(
        tx,
        "insert into attempt_holder (tenant_id, attempt_id, replica_id, until_ms) values ($1, $2, $3, $4) \
         on conflict (tenant_id, attempt_id) do update set replica_id = excluded.replica_id, until_ms = excluded.until_ms",
        tenant.to_text(),
        attempt.to_text(),
        replica.to_text(),
        until_ms
    )?;
    Ok(())
}

/// The server that holds an attempt's card, if it was seen since.
pub async fn attempt_holder_fetch(
    tx: &mut Tx,
    tenant: TenantId,
    attempt: AttemptId,
    seen_since_ms: i64,
) -> StoreResult<Option<Replica>> {
    fetch_optional!(
        tx,
        Replica,
        "select r.* from attempt_holder h join replica r on r.replica_id = h.replica_id \
         where h.tenant_id = $1 and h.attempt_id = $2 and r.seen_at_ms >= $3",
        tenant.to_text(),
        attempt.to_text(),
        seen_since_ms
    )
}
