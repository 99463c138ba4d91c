//! Whether a caller may still come in: as the database says now, or as it said a moment ago.
//!
//! Whoever changes something is looked up each time. For what only reads, who came in is kept for as long as nothing about
//! who may come into the firm was changed (`store/change.rs`): a key revoked here reads nothing more at once, one revoked
//! at another server within `limits::CHANGE_SEEN_WITHIN`.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::app::App;
use crate::domain::id::{ApiKeyId, TenantId};
use crate::limits;
use crate::store::api_key::api_key_good_until;
use crate::store::session::{SignedIn, session_by_secret, session_touch};
use crate::store::{Db, StoreResult};

/// As of when a caller must be allowed to come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// Now: for whatever may change something.
    Now,
    /// A moment ago, if that is known.
    Lately,
}

/// Who came in lately.
#[derive(Default)]
pub struct Callers {
    keys: Mutex<HashMap<ApiKeyId, Kept<i64>>>,
    /// By the hash of the cookie's secret.
    sessions: Mutex<HashMap<String, Kept<SignedIn>>>,
}

/// What was read when the firm's access had been changed so often.
struct Kept<T> {
    tenant: TenantId,
    count: i64,
    since: Instant,
    what: T,
}

impl<T: Clone> Kept<T> {
    fn if_true(&self, db: &Db) -> Option<T> {
        let counts = db.counts(self.tenant)?;
        let holds = counts.access == self.count && self.since.elapsed() < limits::KEPT_LIFE;
        holds.then(|| self.what.clone())
    }
}

fn locked<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep<K: Hash + Eq, T>(kept: &Mutex<HashMap<K, Kept<T>>>, key: K, tenant: TenantId, count: i64, what: T) {
    let mut kept = locked(kept);
    if kept.len() >= limits::CALLERS_KEPT_MAX && !kept.contains_key(&key) {
        kept.clear();
    }
    kept.insert(key, Kept { tenant, count, since: Instant::now(), what });
}

/// Whether a key is good.
pub async fn key_is_good(app: &App, tenant: TenantId, key: ApiKeyId, as_of: AsOf) -> StoreResult<bool> {
    let now_ms = app.clock.now_ms();
    if as_of == AsOf::Lately {
        let keys = locked(&app.callers.keys);
        let until_ms = keys.get(&key).filter(|kept| kept.tenant == tenant).and_then(|kept| kept.if_true(&app.db));
        if until_ms.is_some_and(|until_ms| now_ms < until_ms) {
            return Ok(true);
        }
    }
    // What is read is at least as new as a count that was known before.
    let counts = app.db.counts(tenant);
    let mut tx = app.db.read().await?;
    let until_ms = api_key_good_until(&mut tx, tenant, key, now_ms).await?;
    if let Some((until_ms, counts)) = until_ms.zip(counts) {
        keep(&app.callers.keys, key, tenant, counts.access, until_ms);
    }
    Ok(until_ms.is_some())
}

/// The session behind the hash of a secret, if it holds. One that was not used for a while is marked as used.
pub async fn session_of(app: &App, hash: &str, as_of: AsOf) -> StoreResult<Option<SignedIn>> {
    let now_ms = app.clock.now_ms();
    let is_stale = |signed_in: &SignedIn| now_ms - signed_in.session.seen_at_ms > limits::millis(limits::SESSION_TOUCH);
    if as_of == AsOf::Lately {
        let sessions = locked(&app.callers.sessions);
        let kept = sessions.get(hash).and_then(|kept| kept.if_true(&app.db));
        let ends_ms = |kept: &SignedIn| kept.session.created_at_ms + limits::millis(limits::SESSION_LIFE);
        if let Some(kept) = kept.filter(|kept| !is_stale(kept) && now_ms < ends_ms(kept)) {
            return Ok(Some(kept));
        }
    }
    let moved = app.db.moved();
    let mut tx = app.db.read().await?;
    let Some(mut signed_in) = session_by_secret(&mut tx, hash, now_ms).await? else { return Ok(None) };
    drop(tx);
    if is_stale(&signed_in) {
        let mut tx = app.db.begin().await?;
        session_touch(&mut tx, &signed_in.session, now_ms).await?;
        tx.commit().await?;
        signed_in.session.seen_at_ms = now_ms;
    }
    let tenant = signed_in.session.tenant_id;
    let counts = app.db.counts(tenant);
    // Whose session it is was not known before it was read: kept only if nothing was changed meanwhile.
    if let Some(counts) = counts.filter(|_| app.db.moved() == moved) {
        keep(&app.callers.sessions, hash.to_owned(), tenant, counts.access, signed_in.clone());
    }
    Ok(Some(signed_in))
}
