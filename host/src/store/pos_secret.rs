//! Secrets of a firm's accounts at banks that are not in use: the next ones, and the ones before.

use super::{StoreResult, Tx};
use crate::domain::id::{PosAccountId, TenantId};
use crate::domain::named::named;

named! {
    /// On which side of the secret in use.
    pub enum SecretTurn {
        /// It is to come into use.
        Next = "next",
        /// It was in use before.
        Previous = "previous",
    }
}

/// A sealed secret that is not in use.
#[derive(Clone, sqlx::FromRow)]
pub struct PosSecretSpare {
    /// As the manifest names it.
    pub name: String,
    /// On which side.
    #[sqlx(try_from = "String")]
    pub turn: SecretTurn,
    /// Opens only in the vault, for the row of the secret in use.
    pub sealed: String,
    /// When it was set.
    pub updated_at_ms: i64,
}

/// Keeps a secret, over the one on its side.
pub async fn pos_secret_spare_put(
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    spare: &PosSecretSpare,
) -> StoreResult<()> {
    execute!(
        tx,
        "insert into pos_secret_spare (tenant_id, pos_account_id, name, turn, sealed, updated_at_ms) \
         values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, pos_account_id, name, turn) \
         do update set sealed = excluded.sealed, updated_at_ms = excluded.updated_at_ms",
        tenant.to_text(),
        account.to_text(),
        spare.name.as_str(),
        spare.turn.as_str(),
        spare.sealed.as_str(),
        spare.updated_at_ms
    )?;
    Ok(())
}

/// Forgets one.
pub async fn pos_secret_spare_delete(
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    name: &str,
    turn: SecretTurn,
) -> StoreResult<()> {
    execute!(
        tx,
        "delete from pos_secret_spare \
         where tenant_id = $1 and pos_account_id = $2 and name = $3 and turn = $4",
        tenant.to_text(),
        account.to_text(),
        name,
        turn.as_str()
    )?;
    Ok(())
}

/// Those of an account, by name.
pub async fn pos_secret_spare_list(
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
) -> StoreResult<Vec<PosSecretSpare>> {
    fetch_all!(
        tx,
        PosSecretSpare,
        "select name, turn, sealed, updated_at_ms from pos_secret_spare \
         where tenant_id = $1 and pos_account_id = $2 order by name, turn limit 200",
        tenant.to_text(),
        account.to_text()
    )
}
