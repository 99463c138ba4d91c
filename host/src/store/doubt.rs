//! What is in doubt: attempts and operations that were sent and never trustworthily answered.

use super::{StoreResult, Tx};
use crate::domain::alarm::AlarmCause;
use crate::domain::doubt::DoubtId;
use crate::domain::id::{AttemptId, NodeId, OperationId, PosAccountId, TenantId};
use crate::store::StoreError;

/// What a list of doubts is narrowed to. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct DoubtFilter {
    /// Only at this POS account, 26 characters.
    pub pos_account_id: Option<String>,
    /// Only doubts that began after this id, 26 characters.
    pub after: Option<String>,
    /// Only doubts that began before this id; the order is turned round.
    pub before: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// Doubts of payments that `scope` sees, oldest first; with `before`, newest first.
pub async fn doubt_list(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    filter: &DoubtFilter,
) -> StoreResult<Vec<DoubtId>> {
    let rows = fetch_all!(
        tx,
        (String, String),
        "select d.what, d.id from ( \
            select 'attempt' as what, t.attempt_id as id, t.payment_id, t.pos_account_id \
                from attempt t where t.tenant_id = $1 and t.state = 'unknown' \
            union all \
            select 'operation', o.operation_id, o.payment_id, t.pos_account_id \
                from operation o join attempt t on t.tenant_id = o.tenant_id and t.attempt_id = o.attempt_id \
                where o.tenant_id = $1 and o.state = 'unknown') d \
         join payment p on p.tenant_id = $1 and p.payment_id = d.payment_id \
         where exists (select 1 from node_ancestor a where a.tenant_id = p.tenant_id and a.ancestor_id = $2 \
            and (a.node_id = p.node_id or (p.payer_kind = 'node' and a.node_id = p.payer_id))) \
         and (cast($3 as text) is null or d.pos_account_id = $3) \
         and (cast($4 as text) is null or d.id > $4) \
         and (cast($5 as text) is null or d.id < $5) \
         order by case when cast($5 as text) is not null then d.id end desc, d.id limit $6",
        tenant.to_text(),
        scope.to_text(),
        filter.pos_account_id.as_deref(),
        filter.after.as_deref(),
        filter.before.as_deref(),
        filter.limit
    )?;
    rows.into_iter().map(|(what, id)| doubt_id(&what, &id)).collect()
}

fn doubt_id(what: &str, id: &str) -> StoreResult<DoubtId> {
    let corrupt = || StoreError::Corrupt { table: "doubt", column: "id", row: id.to_owned() };
    match what {
        "attempt" => AttemptId::from_text(id).map(DoubtId::Attempt).map_err(|_| corrupt()),
        _ => OperationId::from_text(id).map(DoubtId::Operation).map_err(|_| corrupt()),
    }
}

/// Where doubts gather: a firm's POS account, how many of them, and how many its open alarm does not name yet.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DoubtCluster {
    /// The firm, 26 characters.
    pub tenant_id: String,
    /// Where, 26 characters.
    pub pos_account_id: String,
    /// How many are in doubt.
    pub doubts: i64,
    /// How many of them no open alarm of this cause names.
    pub unnamed: i64,
}

/// Doubts of every firm that are worth an alarm of this cause, by POS account: sent before `sent_before_ms` for a
/// silent bank, without any further question for one that was asked in vain.
pub async fn doubt_clusters(tx: &mut Tx, cause: AlarmCause, sent_before_ms: i64) -> StoreResult<Vec<DoubtCluster>> {
    fetch_all!(
        tx,
        DoubtCluster,
        "select d.tenant_id, d.pos_account_id, cast(count(*) as bigint) as doubts, \
            cast(sum(case when exists (select 1 from alarm r join alarm_item i on i.tenant_id = r.tenant_id \
                and i.alarm_id = r.alarm_id where r.tenant_id = d.tenant_id and r.cause = $1 \
                and r.pos_account_id = d.pos_account_id and r.state = 'open' and i.subject = d.subject) \
                then 0 else 1 end) as bigint) as unnamed \
         from ( \
            select t.tenant_id, t.pos_account_id, 'att_' || t.attempt_id as subject, t.due_ms, t.sent_at_ms \
                from attempt t where t.state = 'unknown' \
            union all \
            select o.tenant_id, t.pos_account_id, 'opr_' || o.operation_id, o.due_ms, o.sent_at_ms \
                from operation o join attempt t on t.tenant_id = o.tenant_id and t.attempt_id = o.attempt_id \
                where o.state = 'unknown') d \
         where (($1 = 'asked_in_vain' and d.due_ms is null) or ($1 <> 'asked_in_vain' and d.sent_at_ms <= $2)) \
         group by d.tenant_id, d.pos_account_id",
        cause.as_str(),
        sent_before_ms
    )
}

/// How many amounts are in doubt in all, of every firm.
pub async fn doubt_count(tx: &mut Tx) -> StoreResult<i64> {
    let (count,) = fetch_one!(
        tx,
        (i64,),
        "select cast((select count(*) from attempt where state = 'unknown') \
            + (select count(*) from operation where state = 'unknown') as bigint)",
    )?;
    Ok(count)
}

/// Lets everything in doubt at a POS account be asked about now. Gives how many that are.
pub async fn doubt_hasten(tx: &mut Tx, tenant: TenantId, pos_account: PosAccountId, now_ms: i64) -> StoreResult<u64> {
    let attempts = execute!(
        tx,
        "update attempt set due_ms = $3 \
         where tenant_id = $1 and pos_account_id = $2 and state = 'unknown' and due_ms > $3",
        tenant.to_text(),
        pos_account.to_text(),
        now_ms
    )?;
    let operations = execute!(
        tx,
        "update operation set due_ms = $3 where tenant_id = $1 and state = 'unknown' and due_ms > $3 \
         and attempt_id in (select attempt_id from attempt where tenant_id = $1 and pos_account_id = $2)",
        tenant.to_text(),
        pos_account.to_text(),
        now_ms
    )?;
    Ok(attempts + operations)
}

/// Lets the attempt that would be asked about next be asked about now, where at least `doubts_min` are in doubt.
pub async fn doubt_hasten_one(
    tx: &mut Tx,
    tenant: TenantId,
    pos_account: PosAccountId,
    now_ms: i64,
    doubts_min: i64,
) -> StoreResult<u64> {
    execute!(
        tx,
        "update attempt set due_ms = $3 where tenant_id = $1 and attempt_id = ( \
            select attempt_id from attempt where tenant_id = $1 and pos_account_id = $2 and state = 'unknown' \
            and due_ms > $3 order by due_ms, attempt_id limit 1) \
         and $4 <= (select count(*) from attempt where tenant_id = $1 and pos_account_id = $2 and state = 'unknown')",
        tenant.to_text(),
        pos_account.to_text(),
        now_ms,
        doubts_min
    )
}
