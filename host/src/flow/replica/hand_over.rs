//! A server that leaves in order hands over what it holds for payers who are at a bank: nobody need notice that it went.
//!
//! The heir is told each card and each page, sealed as every errand, and last that it now answers to the names of the one
//! that leaves. So the payer's token and the note of who holds a card need not change: both name a server, and that name
//! leads to the heir from then on, for as long as anything held can live.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::carried::{Answer, Kept, What};
use super::{ask, names, seen_since_ms};
use crate::app::App;
use crate::domain::id::ReplicaId;
use crate::flow::error::{FlowError, FlowResult};
use crate::limits;
use crate::store::replica::{Replica, replica_list, replica_seen};

/// The servers that have handed over to this one, and until when that matters.
#[derive(Debug, Default)]
pub struct Inherited(Mutex<HashMap<ReplicaId, i64>>);

impl Inherited {
    /// Those that matter still.
    pub fn names(&self, now_ms: i64) -> Vec<ReplicaId> {
        let mut inherited = self.inner();
        inherited.retain(|_, until_ms| *until_ms > now_ms);
        inherited.keys().copied().collect()
    }

    fn add(&self, names: &[ReplicaId], until_ms: i64) {
        self.inner().extend(names.iter().map(|name| (*name, until_ms)));
    }

    fn inner(&self) -> MutexGuard<'_, HashMap<ReplicaId, i64>> {
        // Every use is one whole step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands over what this server holds to another one that lives and stays. What nobody took is still held afterwards.
/// Must not run beside [`super::presence_round`], which would take the name back.
pub async fn hand_over(app: &App) -> FlowResult<()> {
    let Some(url) = &app.config.replica_url else { return Ok(()) };
    if app.hold.cards_held() + app.hold.pages_held() == 0 {
        return Ok(());
    }
    let mut tx = app.db.read().await?;
    let mut heirs = replica_list(&mut tx, seen_since_ms(app)).await?;
    drop(tx);
    heirs.retain(|heir| heir.url != *url);
    // The youngest first: where servers are replaced one after another, it stays longest.
    for heir in heirs.iter().rev() {
        if given(app, heir).await {
            return Ok(());
        }
        tracing::warn!(heir = %heir.replica_id, "another server does not take what this one holds");
    }
    Ok(())
}

/// Hands everything to one heir. Whatever it refused is here as before.
async fn given(app: &App, heir: &Replica) -> bool {
    // Cards stay here as well until the name goes: a callback finds one wherever it is passed on to.
    let cards = app.hold.cards();
    for (attempt, until_ms, card) in &cards {
        if !taken(app, heir, &What::Keep(Box::new(Kept::card(*attempt, *until_ms, card)))).await {
            return false;
        }
    }
    let (mut given, mut left) = (Vec::new(), Vec::new());
    // A page may be shown once, so it is in one place only. One that is longer than a request may be stays.
    while let Some((token, until_ms, page)) = app.hold.page_pop() {
        let page = What::Keep(Box::new(Kept::page(token, until_ms, page)));
        if taken(app, heir, &page).await { given.push(page) } else { left.push(page) }
    }
    let names = names(app).into_iter().map(ReplicaId::to_text).collect();
    let named = taken(app, heir, &What::Inherit { names }).await;
    let pages = given.len();
    if !named {
        left.append(&mut given);
    }
    for page in left {
        if let What::Keep(page) = page {
            page.keep(app);
        }
    }
    if !named {
        return false;
    }
    for (attempt, ..) in &cards {
        app.hold.card_drop(*attempt);
    }
    tracing::info!(heir = %heir.replica_id, cards = cards.len(), pages, "another server holds them now");
    true
}

async fn taken(app: &App, heir: &Replica, what: &What) -> bool {
    matches!(ask(app, heir, what, limits::LEAVE_ERRAND_MAX).await, Some(Answer::Taken))
}

/// Answers to these names from now on, and says so to the others.
pub(super) async fn inherit(app: &App, names: &[String]) -> FlowResult<()> {
    let Some(url) = &app.config.replica_url else { return Err(FlowError::NotFound("replica")) };
    let names: Result<Vec<_>, _> = names.iter().map(|name| ReplicaId::from_text(name)).collect();
    let names = names.map_err(|error| FlowError::Internal(error.to_string()))?;
    let now_ms = app.clock.now_ms();
    // First here: whoever reads the row may ask at once.
    app.inherited.add(&names, now_ms + limits::millis(limits::HOLD_LIFE_MAX));
    let mut tx = app.db.begin().await?;
    for replica_id in names {
        replica_seen(&mut tx, &Replica { replica_id, url: url.clone(), seen_at_ms: now_ms }).await?;
    }
    tx.commit().await?;
    Ok(())
}
