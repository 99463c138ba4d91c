//! Sign-ins that hold. The cookie's secret is kept as a hash.

use super::change::Changed;
use super::{StoreResult, Tx};
use crate::domain::id::{NodeId, SessionId, TenantId, UserId};
use crate::limits;
use crate::store::user::UserRole;

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Session {
    /// The firm.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key; not the secret.
    #[sqlx(try_from = "String")]
    pub session_id: SessionId,
    /// Whose.
    #[sqlx(try_from = "String")]
    pub user_id: UserId,
    /// From where.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// When it began.
    pub created_at_ms: i64,
    /// When it was last used, within a minute.
    pub seen_at_ms: i64,
}

/// A session with what its person may do now.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SignedIn {
    /// The session.
    #[sqlx(flatten)]
    pub session: Session,
    /// The root of what the person sees.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// What the person is there.
    #[sqlx(try_from = "String")]
    pub role: UserRole,
    /// Name to show.
    pub name: String,
    /// What the person signs in with.
    pub email: String,
    /// `tr`, `en` or `az`.
    pub language: String,
}

/// Inserts a session.
pub async fn session_insert(tx: &mut Tx, session: &Session, secret_hash: &str) -> StoreResult<()> {
    execute!(
        tx,
        "insert into session (tenant_id, session_id, user_id, secret_hash, address, user_agent, created_at_ms, \
         seen_at_ms, ended_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, null)",
        session.tenant_id.to_text(),
        session.session_id.to_text(),
        session.user_id.to_text(),
        secret_hash,
        session.address.as_str(),
        session.user_agent.as_str(),
        session.created_at_ms,
        session.seen_at_ms
    )?;
    Ok(())
}

/// The session behind a secret, if it still holds and its person may sign in.
pub async fn session_by_secret(tx: &mut Tx, secret_hash: &str, now_ms: i64) -> StoreResult<Option<SignedIn>> {
    fetch_optional!(
        tx,
        SignedIn,
        "select s.*, u.node_id, u.role, u.name, u.email, u.language from session s \
         join user_account u on u.tenant_id = s.tenant_id and u.user_id = s.user_id \
         where s.secret_hash = $1 and s.ended_at_ms is null and u.state = 'active' \
         and s.seen_at_ms > $2 and s.created_at_ms > $3",
        secret_hash,
        now_ms - limits::millis(limits::SESSION_IDLE),
        now_ms - limits::millis(limits::SESSION_LIFE)
    )
}

/// Marks a session as used.
pub async fn session_touch(tx: &mut Tx, session: &Session, now_ms: i64) -> StoreResult<()> {
    execute!(
        tx,
        "update session set seen_at_ms = $3 where tenant_id = $1 and session_id = $2 and ended_at_ms is null",
        session.tenant_id.to_text(),
        session.session_id.to_text(),
        now_ms
    )?;
    Ok(())
}

/// The sessions of a person that hold, newest first.
pub async fn session_list(tx: &mut Tx, tenant: TenantId, user: UserId, now_ms: i64) -> StoreResult<Vec<Session>> {
    fetch_all!(
        tx,
        Session,
        "select * from session where tenant_id = $1 and user_id = $2 and ended_at_ms is null \
         and seen_at_ms > $3 and created_at_ms > $4 order by session_id desc limit 100",
        tenant.to_text(),
        user.to_text(),
        now_ms - limits::millis(limits::SESSION_IDLE),
        now_ms - limits::millis(limits::SESSION_LIFE)
    )
}

/// Ends one session of a person. `false` where it is not there or has ended.
pub async fn session_end(
    tx: &mut Tx,
    tenant: TenantId,
    user: UserId,
    session: SessionId,
    now_ms: i64,
) -> StoreResult<bool> {
    tx.changed(tenant, Changed::Access);
    let rows = execute!(
        tx,
        "update session set ended_at_ms = $4 \
         where tenant_id = $1 and user_id = $2 and session_id = $3 and ended_at_ms is null",
        tenant.to_text(),
        user.to_text(),
        session.to_text(),
        now_ms
    )?;
    Ok(rows == 1)
}

/// Ends every session of a person, after a new password for instance.
pub async fn session_end_all(tx: &mut Tx, tenant: TenantId, user: UserId, now_ms: i64) -> StoreResult<u64> {
    tx.changed(tenant, Changed::Access);
    execute!(
        tx,
        "update session set ended_at_ms = $3 where tenant_id = $1 and user_id = $2 and ended_at_ms is null",
        tenant.to_text(),
        user.to_text(),
        now_ms
    )
}
