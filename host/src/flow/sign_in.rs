//! Signing in and out.
//!
//! One of the account's tries is taken, and committed, before a password is looked at: guesses that
//! arrive together count as many. Unknown people take as long as known ones and hear the same.

use serde_json::json;
use zeroize::Zeroizing;

use crate::app::App;
use crate::ctx::{Actor, Ctx};
use crate::domain::fold::fold;
use crate::domain::id::SessionId;
use crate::domain::locale::Locale;
use crate::security::session;
use crate::store::StoreError;
use crate::store::audit::audit_insert;
use crate::store::session::{Session, SignedIn, session_by_secret, session_end, session_insert};
use crate::store::user::{User, UserState, user_by_email, user_succeeded, user_try};

/// Where somebody comes in from.
#[derive(Debug, Clone)]
pub struct Entrance {
    /// Address, as the edge saw it.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// Names the request.
    pub request_id: String,
}

/// Somebody who came in.
pub struct Entered {
    /// The cookie's secret; shown once.
    pub secret: Zeroizing<String>,
    /// The session behind it.
    pub signed_in: SignedIn,
}

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown, wrong, locked or disabled: the caller is not told which.
    #[error("refused")]
    Refused,
    /// Too many from this address; seconds to wait.
    #[error("too many tries from this address")]
    TooMany(i64),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs a person in with a fresh session; the one the browser came with ends (no fixation).
pub async fn sign_in(
    app: &App,
    entrance: &Entrance,
    email: &str,
    password: Zeroizing<String>,
    before: Option<&str>,
) -> Result<Entered, SignInError> {
    let turn = app.security.sign_in_rate.take(&entrance.address);
    if !turn.granted {
        metrics::counter!("vezne_sign_in", "outcome" => "too_many").increment(1);
        return Err(SignInError::TooMany(turn.reset_s));
    }
    let now_ms = app.clock.now_ms();
    let user = user_to_try(app, email, now_ms).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = app.security.passwords.verify(password, hash).await;
    let Some(user) = user.filter(|user| right && user.state == UserState::Active) else {
        metrics::counter!("vezne_sign_in", "outcome" => "refused").increment(1);
        // The address is folded and cut: people type passwords into the wrong field.
        let who: String = fold(email).split('@').next_back().unwrap_or_default().chars().take(64).collect();
        tracing::warn!(address = entrance.address, host = who, request_id = entrance.request_id, "sign-in refused");
        return Err(SignInError::Refused);
    };
    let entered = enter(app, entrance, user, before, now_ms).await?;
    metrics::counter!("vezne_sign_in", "outcome" => "entered").increment(1);
    Ok(entered)
}

/// The person behind an address, with one try taken; `None` for the unknown and the locked.
async fn user_to_try(app: &App, email: &str, now_ms: i64) -> Result<Option<User>, StoreError> {
    let mut tx = app.db.begin().await?;
    let Some(user) = user_by_email(&mut tx, email).await? else { return Ok(None) };
    let may = user_try(&mut tx, &user, now_ms).await?;
    tx.commit().await?;
    Ok(may.then_some(user))
}

async fn enter(
    app: &App,
    entrance: &Entrance,
    user: User,
    before: Option<&str>,
    now_ms: i64,
) -> Result<Entered, StoreError> {
    let secret = session::secret();
    let row = Session {
        tenant_id: user.tenant_id,
        session_id: SessionId::at(now_ms),
        user_id: user.user_id,
        address: entrance.address.clone(),
        user_agent: entrance.user_agent.clone(),
        created_at_ms: now_ms,
        seen_at_ms: now_ms,
    };
    let ctx = Ctx {
        tenant: user.tenant_id,
        actor: Actor::User(user.user_id),
        scope: user.node_id,
        request_id: entrance.request_id.clone(),
        locale: Locale::from_tag(&user.language).unwrap_or_default(),
        clock: app.clock.clone(),
    };
    let mut tx = app.db.begin().await?;
    user_succeeded(&mut tx, &user).await?;
    if let Some(before) = before
        && let Some(old) = session_by_secret(&mut tx, &session::secret_hash(before), now_ms).await?
    {
        let old = old.session;
        session_end(&mut tx, old.tenant_id, old.user_id, old.session_id, now_ms).await?;
    }
    session_insert(&mut tx, &row, &session::secret_hash(&secret)).await?;
    let detail = json!({"address": entrance.address});
    audit_insert(&mut tx, &ctx, "session.created", &row.session_id.to_string(), &detail).await?;
    tx.commit().await?;
    let signed_in = SignedIn {
        session: row,
        node_id: user.node_id,
        role: user.role,
        name: user.name,
        email: user.email,
        language: user.language,
    };
    Ok(Entered { secret, signed_in })
}

/// Ends the session behind a cookie's secret, if it still holds.
pub async fn sign_out(app: &App, secret: &str) -> Result<(), StoreError> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    if let Some(signed_in) = session_by_secret(&mut tx, &session::secret_hash(secret), now_ms).await? {
        let row = signed_in.session;
        session_end(&mut tx, row.tenant_id, row.user_id, row.session_id, now_ms).await?;
    }
    tx.commit().await
}
