//! People who sign in.

use super::change::Changed;
use super::{StoreResult, Tx};
use crate::domain::fold::fold;
use crate::domain::id::{NodeId, TenantId, UserId};
use crate::domain::named::named;
use crate::limits;

named! {
    /// What a person is at a node.
    pub enum UserRole {
        /// Everything in the firm.
        FirmAdministrator = "firm_administrator",
        /// Collecting and looking, in the whole firm.
        FirmClerk = "firm_clerk",
        /// Its own part of the tree, with sub-dealers of its own.
        Dealer = "dealer",
        /// Its own part of the tree.
        SubDealer = "sub_dealer",
    }
}

named! {
    /// Whether a person may sign in.
    pub enum UserState {
        /// May.
        Active = "active",
        /// May not; sessions end with it.
        Disabled = "disabled",
    }
}

/// One row.
#[derive(Clone, sqlx::FromRow)]
pub struct User {
    /// The firm.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub user_id: UserId,
    /// The root of what this person sees.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// What the person is there.
    #[sqlx(try_from = "String")]
    pub role: UserRole,
    /// What the person signs in with.
    pub email: String,
    /// Name to show.
    pub name: String,
    /// `tr`, `en` or `az`.
    pub language: String,
    /// PHC string.
    pub password_hash: String,
    /// Whether the person may sign in.
    #[sqlx(try_from = "String")]
    pub state: UserState,
    /// When it was written.
    pub created_at_ms: i64,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("user_id", &self.user_id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Inserts a person. `false` where the address is taken.
pub async fn user_insert(tx: &mut Tx, user: &User) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into user_account (tenant_id, user_id, node_id, role, email, folded, name, language, password_hash, \
         state, tries, locked_until_ms, created_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, null, $11) \
         on conflict do nothing",
        user.tenant_id.to_text(),
        user.user_id.to_text(),
        user.node_id.to_text(),
        user.role.as_str(),
        user.email.as_str(),
        fold(&user.email),
        user.name.as_str(),
        user.language.as_str(),
        user.password_hash.as_str(),
        user.state.as_str(),
        user.created_at_ms
    )?;
    Ok(rows == 1)
}

/// A person by address, before anybody has signed in.
pub async fn user_by_email(tx: &mut Tx, email: &str) -> StoreResult<Option<User>> {
    fetch_optional!(tx, User, "select * from user_account where folded = $1", fold(email))
}

/// A person.
pub async fn user_fetch(tx: &mut Tx, tenant: TenantId, user: UserId) -> StoreResult<Option<User>> {
    fetch_optional!(
        tx,
        User,
        "select * from user_account where tenant_id = $1 and user_id = $2",
        tenant.to_text(),
        user.to_text()
    )
}

/// Takes one of the tries before a password is looked at, so that many at once count as many.
/// `false` while the account is locked: then no password is looked at.
pub async fn user_try(tx: &mut Tx, user: &User, now_ms: i64) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update user_account set \
         tries = case when locked_until_ms is null then tries + 1 else 1 end, \
         locked_until_ms = case when locked_until_ms is null and tries + 1 = cast($4 as bigint) \
         then cast($3 as bigint) + cast($5 as bigint) else null end \
         where tenant_id = $1 and user_id = $2 \
         and ((locked_until_ms is null and tries < cast($4 as bigint)) or locked_until_ms <= cast($3 as bigint))",
        user.tenant_id.to_text(),
        user.user_id.to_text(),
        now_ms,
        limits::SIGN_IN_FAILURES_MAX,
        limits::millis(limits::SIGN_IN_LOCK)
    )?;
    Ok(rows == 1)
}

/// The password was right: all tries come back.
pub async fn user_succeeded(tx: &mut Tx, user: &User) -> StoreResult<()> {
    execute!(
        tx,
        "update user_account set tries = 0, locked_until_ms = null where tenant_id = $1 and user_id = $2",
        user.tenant_id.to_text(),
        user.user_id.to_text()
    )?;
    Ok(())
}

/// Sets a new password; the caller ends the sessions.
pub async fn user_set_password(tx: &mut Tx, user: &User, password_hash: &str) -> StoreResult<()> {
    execute!(
        tx,
        "update user_account set password_hash = $3, tries = 0, locked_until_ms = null \
         where tenant_id = $1 and user_id = $2",
        user.tenant_id.to_text(),
        user.user_id.to_text(),
        password_hash
    )?;
    Ok(())
}

/// Lets a person sign in, or no longer.
pub async fn user_set_state(tx: &mut Tx, user: &User, state: UserState) -> StoreResult<()> {
    tx.changed(user.tenant_id, Changed::Access);
    execute!(
        tx,
        "update user_account set state = $3 where tenant_id = $1 and user_id = $2",
        user.tenant_id.to_text(),
        user.user_id.to_text(),
        state.as_str()
    )?;
    Ok(())
}
