//! A person, as an operator adds one.

use zeroize::Zeroizing;

use crate::app::App;
use crate::domain::id::{NodeId, TenantId, UserId};
use crate::flow::error::{FlowError, FlowResult};
use crate::security::password::PasswordError;
use crate::store::user::{User, UserRole, UserState, user_by_email, user_insert};

/// Adds a person. `false` where there is one with this address.
pub async fn user_add(
    app: &App,
    tenant: TenantId,
    node: NodeId,
    role: UserRole,
    email: &str,
    name: &str,
    password: &str,
) -> FlowResult<bool> {
    let mut tx = app.db.read().await?;
    if user_by_email(&mut tx, email).await?.is_some() {
        return Ok(false);
    }
    drop(tx);
    let now_ms = app.clock.now_ms();
    // Hashing is slow: not inside a transaction.
    let password_hash = app.security.passwords.hash(Zeroizing::new(password.to_owned())).await.map_err(unsuitable)?;
    let user = User {
        tenant_id: tenant,
        user_id: UserId::at(now_ms),
        node_id: node,
        role,
        email: email.to_owned(),
        name: name.to_owned(),
        language: "tr".to_owned(),
        password_hash,
        state: UserState::Active,
        created_at_ms: now_ms,
    };
    let mut tx = app.db.begin().await?;
    let added = user_insert(&mut tx, &user).await?;
    tx.commit().await?;
    Ok(added)
}

fn unsuitable(error: PasswordError) -> FlowError {
    match error {
        // Not the caller's fault.
        PasswordError::Hash => FlowError::Internal(error.to_string()),
        PasswordError::TooShort | PasswordError::TooLong | PasswordError::Common => {
            FlowError::invalid("/password", "unsuitable", error.to_string())
        }
    }
}
