//! Alarms: one open row per cause and POS account; what it is about is only ever added.

use super::{StoreResult, Tx};
use crate::domain::alarm::{AlarmCause, AlarmState};
use crate::domain::id::{AlarmId, NodeId, PaymentId, PosAccountId, TenantId};

/// One row, with what is counted around it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Alarm {
    /// Whose books.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub alarm_id: AlarmId,
    /// Why.
    #[sqlx(try_from = "String")]
    pub cause: AlarmCause,
    /// Where.
    #[sqlx(try_from = "String")]
    pub pos_account_id: PosAccountId,
    /// Whether it still calls.
    #[sqlx(try_from = "String")]
    pub state: AlarmState,
    /// Since when.
    pub opened_at_ms: i64,
    /// Until when.
    pub closed_at_ms: Option<i64>,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// What that one found.
    pub note: Option<String>,
    /// For compare-and-set.
    pub version: i64,
    /// The POS account's name.
    pub pos_name: String,
    /// Its bank.
    pub pos_bank: String,
    /// Everything it is or was about.
    pub items: i64,
    /// When the newest of them came.
    pub last_at_ms: Option<i64>,
    /// How many of them are still in doubt.
    pub in_doubt: i64,
    /// The name of the one who closed it.
    pub closed_by_name: Option<String>,
}

/// Opens an alarm. `false` where one of this cause is open there already.
pub async fn alarm_insert(
    tx: &mut Tx,
    tenant: TenantId,
    alarm: AlarmId,
    cause: AlarmCause,
    pos_account: PosAccountId,
    now_ms: i64,
) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into alarm (tenant_id, alarm_id, cause, pos_account_id, state, opened_at_ms, version) \
         values ($1, $2, $3, $4, 'open', $5, 1) on conflict do nothing",
        tenant.to_text(),
        alarm.to_text(),
        cause.as_str(),
        pos_account.to_text(),
        now_ms
    )?;
    Ok(rows == 1)
}

/// The open alarm of a cause at a POS account.
pub async fn alarm_open(
    tx: &mut Tx,
    tenant: TenantId,
    cause: AlarmCause,
    pos_account: PosAccountId,
) -> StoreResult<Option<AlarmId>> {
    let found = fetch_optional!(
        tx,
        (String,),
        "select alarm_id from alarm where tenant_id = $1 and cause = $2 and pos_account_id = $3 and state = 'open'",
        tenant.to_text(),
        cause.as_str(),
        pos_account.to_text()
    )?;
    Ok(found.and_then(|(id,)| AlarmId::from_text(&id).ok()))
}

/// Adds one thing to an alarm. `false` where the alarm names it already.
pub async fn alarm_item_insert(
    tx: &mut Tx,
    tenant: TenantId,
    alarm: AlarmId,
    subject: &str,
    payment: PaymentId,
    detail: &str,
    now_ms: i64,
) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into alarm_item (tenant_id, alarm_id, subject, payment_id, detail, at_ms) \
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        tenant.to_text(),
        alarm.to_text(),
        subject,
        payment.to_text(),
        detail,
        now_ms
    )?;
    Ok(rows == 1)
}

/// Adds every doubt of a POS account that is worth this cause to its alarm; gives how many were new.
pub async fn alarm_items_add(
    tx: &mut Tx,
    tenant: TenantId,
    alarm: AlarmId,
    cause: AlarmCause,
    pos_account: PosAccountId,
    sent_before_ms: i64,
    now_ms: i64,
) -> StoreResult<u64> {
    execute!(
        tx,
        "insert into alarm_item (tenant_id, alarm_id, subject, payment_id, detail, at_ms) \
         select d.tenant_id, $2, d.subject, d.payment_id, '', cast($6 as bigint) from ( \
            select t.tenant_id, t.pos_account_id, 'att_' || t.attempt_id as subject, t.payment_id, t.due_ms, t.sent_at_ms \
                from attempt t where t.tenant_id = $1 and t.state = 'unknown' \
            union all \
            select o.tenant_id, t.pos_account_id, 'opr_' || o.operation_id, o.payment_id, o.due_ms, o.sent_at_ms \
                from operation o join attempt t on t.tenant_id = o.tenant_id and t.attempt_id = o.attempt_id \
                where o.tenant_id = $1 and o.state = 'unknown') d \
         where d.pos_account_id = $4 \
            and (($3 = 'asked_in_vain' and d.due_ms is null) or ($3 <> 'asked_in_vain' and d.sent_at_ms <= $5)) \
         on conflict do nothing",
        tenant.to_text(),
        alarm.to_text(),
        cause.as_str(),
        pos_account.to_text(),
        sent_before_ms,
        now_ms
    )
}

/// Ends an alarm. `false` where it had ended.
pub async fn alarm_close(
    tx: &mut Tx,
    tenant: TenantId,
    alarm: AlarmId,
    by: &str,
    note: Option<&str>,
    now_ms: i64,
) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update alarm set state = 'closed', closed_at_ms = $3, closed_by = $4, note = $5, version = version + 1 \
         where tenant_id = $1 and alarm_id = $2 and state = 'open'",
        tenant.to_text(),
        alarm.to_text(),
        now_ms,
        by,
        note
    )?;
    Ok(rows == 1)
}

/// Open alarms of a cause, of every firm: firm, alarm, POS account.
pub async fn alarm_all_open(tx: &mut Tx, cause: AlarmCause) -> StoreResult<Vec<(String, String, String)>> {
    fetch_all!(
        tx,
        (String, String, String),
        "select tenant_id, alarm_id, pos_account_id from alarm where state = 'open' and cause = $1",
        cause.as_str()
    )
}

/// What a list of alarms is narrowed to. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct AlarmFilter {
    /// Only this one, 26 characters.
    pub alarm_id: Option<String>,
    /// Only in this state.
    pub state: Option<AlarmState>,
    /// Only alarms before this id, 26 characters.
    pub before: Option<String>,
    /// Only alarms after this id; the order is turned round.
    pub after: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// Alarms at POS accounts that `scope` sees, newest first; with `after`, oldest first.
pub async fn alarm_list(tx: &mut Tx, tenant: TenantId, scope: NodeId, filter: &AlarmFilter) -> StoreResult<Vec<Alarm>> {
    fetch_all!(
        tx,
        Alarm,
        "select r.*, s.name as pos_name, s.bank as pos_bank, u.name as closed_by_name, \
            cast((select count(*) from alarm_item i \
                where i.tenant_id = r.tenant_id and i.alarm_id = r.alarm_id) as bigint) as items, \
            (select max(i.at_ms) from alarm_item i \
                where i.tenant_id = r.tenant_id and i.alarm_id = r.alarm_id) as last_at_ms, \
            cast((select count(*) from alarm_item i where i.tenant_id = r.tenant_id and i.alarm_id = r.alarm_id \
                and (exists (select 1 from attempt t where t.tenant_id = i.tenant_id \
                        and t.attempt_id = substr(i.subject, 5) and t.state = 'unknown') \
                    or exists (select 1 from operation o where o.tenant_id = i.tenant_id \
                        and o.operation_id = substr(i.subject, 5) and o.state = 'unknown'))) as bigint) as in_doubt \
         from alarm r join pos_account s on s.tenant_id = r.tenant_id and s.pos_account_id = r.pos_account_id \
         left join user_account u on u.tenant_id = r.tenant_id and 'usr_' || u.user_id = r.closed_by \
         where r.tenant_id = $1 and exists (select 1 from node_ancestor a \
            where a.tenant_id = s.tenant_id and a.node_id = s.node_id and a.ancestor_id = $2) \
         and (cast($3 as text) is null or r.alarm_id = $3) \
         and (cast($4 as text) is null or r.state = $4) \
         and (cast($5 as text) is null or r.alarm_id < $5) \
         and (cast($6 as text) is null or r.alarm_id > $6) \
         order by case when cast($6 as text) is not null then r.alarm_id end, r.alarm_id desc limit $7",
        tenant.to_text(),
        scope.to_text(),
        filter.alarm_id.as_deref(),
        filter.state.map(AlarmState::as_str),
        filter.before.as_deref(),
        filter.after.as_deref(),
        filter.limit
    )
}

/// The payments of an alarm, newest first.
pub async fn alarm_payments(tx: &mut Tx, tenant: TenantId, alarm: AlarmId, limit: i64) -> StoreResult<Vec<PaymentId>> {
    let rows = fetch_all!(
        tx,
        (String,),
        "select payment_id from alarm_item where tenant_id = $1 and alarm_id = $2 \
         group by payment_id order by max(at_ms) desc, payment_id limit $3",
        tenant.to_text(),
        alarm.to_text(),
        limit
    )?;
    Ok(rows.into_iter().filter_map(|(id,)| PaymentId::from_text(&id).ok()).collect())
}

/// How many alarms are open at POS accounts that `scope` sees.
pub async fn alarm_count(tx: &mut Tx, tenant: TenantId, scope: NodeId) -> StoreResult<i64> {
    let (count,) = fetch_one!(
        tx,
        (i64,),
        "select cast(count(*) as bigint) from alarm r \
         join pos_account s on s.tenant_id = r.tenant_id and s.pos_account_id = r.pos_account_id \
         where r.tenant_id = $1 and r.state = 'open' and exists (select 1 from node_ancestor a \
            where a.tenant_id = s.tenant_id and a.node_id = s.node_id and a.ancestor_id = $2)",
        tenant.to_text(),
        scope.to_text()
    )?;
    Ok(count)
}
