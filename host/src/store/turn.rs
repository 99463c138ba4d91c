//! Whose turn a job is that one server does for all: a leased row for each time.

use super::{StoreResult, Tx};
use crate::domain::id::ReplicaId;

/// One time that a job is done.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// The job.
    pub job: &'a str,
    /// Which time: a day, an hour.
    pub turn: &'a str,
    /// The server that wants it or has it.
    pub replica: ReplicaId,
}

/// Takes a turn until `until_ms`: one that nobody has, or whose server has not kept it. `false` where another server
/// has it, or it is done.
pub async fn turn_take(tx: &mut Tx, turn: Turn<'_>, until_ms: i64, now_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into job_turn (job, turn, replica_id, lease_until_ms) values ($1, $2, $3, $4) \
         on conflict (job, turn) do update set replica_id = excluded.replica_id, lease_until_ms = excluded.lease_until_ms \
         where job_turn.done_at_ms is null and job_turn.lease_until_ms <= $5",
        turn.job,
        turn.turn,
        turn.replica.to_text(),
        until_ms,
        now_ms
    )?;
    Ok(rows == 1)
}

/// Keeps a turn until `until_ms`, which gives it back if that is now. `false` where it is no longer this server's.
pub async fn turn_keep(tx: &mut Tx, turn: Turn<'_>, until_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update job_turn set lease_until_ms = $4 \
         where job = $1 and turn = $2 and replica_id = $3 and done_at_ms is null",
        turn.job,
        turn.turn,
        turn.replica.to_text(),
        until_ms
    )?;
    Ok(rows == 1)
}

/// Writes down that a turn's job is done. `false` where another server has inherited it meanwhile.
pub async fn turn_done(tx: &mut Tx, turn: Turn<'_>, now_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update job_turn set done_at_ms = $4 \
         where job = $1 and turn = $2 and replica_id = $3 and done_at_ms is null",
        turn.job,
        turn.turn,
        turn.replica.to_text(),
        now_ms
    )?;
    Ok(rows == 1)
}

/// Whether a turn's job may be begun now: nobody has done it, and nobody is at it.
pub async fn turn_is_free(tx: &mut Tx, job: &str, turn: &str, now_ms: i64) -> StoreResult<bool> {
    let taken = fetch_optional!(
        tx,
        (i64,),
        "select cast(1 as bigint) from job_turn \
         where job = $1 and turn = $2 and (done_at_ms is not null or lease_until_ms > $3)",
        job,
        turn,
        now_ms
    )?;
    Ok(taken.is_none())
}
