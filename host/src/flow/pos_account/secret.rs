//! The secrets of a POS account: written, never read, and changed without a gap.
//!
//! Bank and firm seldom change a key in the same moment. So the next one may be written before it counts, is taken into
//! use with one act when the bank says so, and whatever was in use before is kept, so that one act leads back.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::App;
use crate::flow::error::{FieldError, FlowError, FlowResult};
use crate::plugin::Manifest;
use crate::security::vault::Place;
use crate::store::Tx;
use crate::store::pos_account::{PosAccount, PosSecret, pos_secret_list, pos_secret_put};
use crate::store::pos_secret::{
    PosSecretSpare, SecretTurn, pos_secret_spare_delete, pos_secret_spare_list, pos_secret_spare_put,
};

/// Longest secret: a PEM key with its chain.
const SECRET_BYTES_MAX: usize = 16 * 1024;

/// What is to become of an account's secrets.
pub(super) struct Wanted<'a> {
    /// In use from now on.
    pub now: &'a BTreeMap<String, String>,
    /// Kept until they are taken.
    pub next: &'a BTreeMap<String, String>,
    /// Whose next one comes into use.
    pub take: &'a [String],
    /// Whose one before comes into use again.
    pub give_back: &'a [String],
}

/// What a secret has besides its value.
struct Kept {
    current: BTreeMap<String, PosSecret>,
    spares: Vec<PosSecretSpare>,
}

impl Kept {
    async fn of(tx: &mut Tx, account: &PosAccount) -> FlowResult<Self> {
        let (tenant, id) = (account.tenant_id, account.pos_account_id);
        let current = pos_secret_list(tx, tenant, id).await?;
        let current = current.into_iter().map(|secret| (secret.name.clone(), secret)).collect();
        Ok(Self { current, spares: pos_secret_spare_list(tx, tenant, id).await? })
    }

    fn spare(&self, name: &str, turn: SecretTurn) -> Option<&PosSecretSpare> {
        self.spares.iter().find(|spare| spare.name == name && spare.turn == turn)
    }
}

/// Checks what can be known without the database.
pub(super) fn secrets_check(
    manifest: &Manifest,
    part: &str,
    given: &BTreeMap<String, String>,
    faults: &mut Vec<FieldError>,
) {
    for (name, value) in given {
        let pointer = format!("/{part}/{name}");
        if !manifest.secrets.iter().any(|known| known.name == *name) {
            faults.push(FieldError::new(pointer, "unknown_field", "the manifest asks for no such secret"));
        } else if value.is_empty() {
            faults.push(FieldError::new(pointer, "required", "empty"));
        } else if value.len() > SECRET_BYTES_MAX {
            faults.push(FieldError::new(pointer, "too_long", "longer than any key"));
        }
    }
}

/// Writes the secrets of a new account.
pub(super) async fn secrets_put(
    app: &App,
    tx: &mut Tx,
    account: &PosAccount,
    secrets: &BTreeMap<String, String>,
    now_ms: i64,
) -> FlowResult<()> {
    for (name, value) in secrets {
        let secret =
            PosSecret { name: name.clone(), sealed: sealed(app, account, name, value)?, updated_at_ms: now_ms };
        pos_secret_put(tx, account.tenant_id, account.pos_account_id, &secret).await?;
    }
    Ok(())
}

/// Changes secrets in the commit that changes their account.
pub(super) async fn secrets_change(
    app: &App,
    tx: &mut Tx,
    account: &PosAccount,
    wanted: &Wanted<'_>,
    now_ms: i64,
) -> FlowResult<()> {
    let kept = Kept::of(tx, account).await?;
    let mut faults = Vec::new();
    let mut touched: BTreeSet<&String> = wanted.now.keys().collect();
    for (part, names, turn) in
        [("secrets_take", wanted.take, SecretTurn::Next), ("secrets_give_back", wanted.give_back, SecretTurn::Previous)]
    {
        for (at, name) in names.iter().enumerate() {
            let pointer = format!("/{part}/{at}");
            if kept.spare(name, turn).is_none() {
                faults.push(FieldError::new(pointer, "not_found", "there is none to come into use"));
            } else if !touched.insert(name) {
                faults.push(FieldError::new(pointer, "not_allowed", "two values are to come into use"));
            }
        }
    }
    if !faults.is_empty() {
        return Err(FlowError::Invalid(faults));
    }
    for (name, value) in wanted.now {
        let sealed = sealed(app, account, name, value)?;
        replace(tx, account, &kept, PosSecret { name: name.clone(), sealed, updated_at_ms: now_ms }).await?;
    }
    let (tenant, id) = (account.tenant_id, account.pos_account_id);
    for name in wanted.take {
        let Some(next) = kept.spare(name, SecretTurn::Next) else { continue };
        pos_secret_spare_delete(tx, tenant, id, name, SecretTurn::Next).await?;
        let secret = PosSecret { name: name.clone(), sealed: next.sealed.clone(), updated_at_ms: now_ms };
        replace(tx, account, &kept, secret).await?;
    }
    for name in wanted.give_back {
        let Some(previous) = kept.spare(name, SecretTurn::Previous) else { continue };
        pos_secret_spare_delete(tx, tenant, id, name, SecretTurn::Previous).await?;
        // What did not serve is the next one again, unless a newer one waits.
        if kept.spare(name, SecretTurn::Next).is_none() {
            spare_put(tx, account, &kept, name, SecretTurn::Next).await?;
        }
        let secret = PosSecret { name: name.clone(), sealed: previous.sealed.clone(), updated_at_ms: now_ms };
        pos_secret_put(tx, tenant, id, &secret).await?;
    }
    for (name, value) in wanted.next {
        let (name, sealed) = (name.clone(), sealed(app, account, name, value)?);
        let spare = PosSecretSpare { name, turn: SecretTurn::Next, sealed, updated_at_ms: now_ms };
        pos_secret_spare_put(tx, tenant, id, &spare).await?;
    }
    Ok(())
}

/// Puts a value into use and keeps the one that it replaces.
async fn replace(tx: &mut Tx, account: &PosAccount, kept: &Kept, secret: PosSecret) -> FlowResult<()> {
    spare_put(tx, account, kept, &secret.name, SecretTurn::Previous).await?;
    pos_secret_put(tx, account.tenant_id, account.pos_account_id, &secret).await?;
    Ok(())
}

/// Keeps the value that is in use now.
async fn spare_put(tx: &mut Tx, account: &PosAccount, kept: &Kept, name: &str, turn: SecretTurn) -> FlowResult<()> {
    let Some(current) = kept.current.get(name) else { return Ok(()) };
    let (sealed, updated_at_ms) = (current.sealed.clone(), current.updated_at_ms);
    let spare = PosSecretSpare { name: name.to_owned(), turn, sealed, updated_at_ms };
    pos_secret_spare_put(tx, account.tenant_id, account.pos_account_id, &spare).await?;
    Ok(())
}

fn sealed(app: &App, account: &PosAccount, name: &str, value: &str) -> FlowResult<String> {
    let row = account.pos_account_id.to_text();
    let place = Place { tenant: account.tenant_id, table: "pos_secret", row: &row, column: name };
    let sealed = app.security.vault.seal(place, value.as_bytes());
    sealed.map_err(|error| FlowError::Internal(error.to_string()))
}
