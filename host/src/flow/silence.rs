//! Banks that do not answer, and the moment they do again.
//!
//! While a bank is silent every question moves its payment further along the schedule, whose later steps are an hour
//! and a day. So somebody must notice that it speaks again: the first answer after a silence brings every question at
//! that account forward, and where many are in doubt one of them is asked early now and then, to find out.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::app::App;
use crate::domain::id::{PosAccountId, TenantId};
use crate::flow::error::FlowResult;
use crate::limits;
use crate::store::doubt::{doubt_hasten, doubt_hasten_one};

/// A POS account of a firm.
pub type Place = (TenantId, PosAccountId);

/// The places whose last question got no answer, and when it was put, epoch milliseconds. It is memory only: after a
/// restart the schedule alone goes on until the next silence.
#[derive(Debug, Default)]
pub struct Silence(Mutex<BTreeMap<Place, i64>>);

impl Silence {
    fn places(&self) -> std::sync::MutexGuard<'_, BTreeMap<Place, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A question got no answer.
    fn begins(&self, place: Place, now_ms: i64) {
        self.places().insert(place, now_ms);
    }

    /// A question got an answer. Gives whether the one before it had none.
    fn ends(&self, place: Place) -> bool {
        self.places().remove(&place).is_some()
    }

    /// The places where nothing was asked for a while; each is given once until the next while.
    fn quiet(&self, now_ms: i64) -> Vec<Place> {
        let mut quiet = Vec::new();
        for (place, asked_ms) in self.places().iter_mut() {
            if now_ms - *asked_ms >= limits::millis(limits::SILENCE_PROBE_EVERY) {
                *asked_ms = now_ms;
                quiet.push(*place);
            }
        }
        quiet
    }
}

/// Notes whether a question was answered, whatever the answer was.
pub async fn question_ended(app: &App, place: Place, answered: bool) -> FlowResult<()> {
    let now_ms = app.clock.now_ms();
    if !answered {
        app.silence.begins(place, now_ms);
        return Ok(());
    }
    if !app.silence.ends(place) {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    let count = doubt_hasten(&mut tx, place.0, place.1, now_ms).await?;
    tx.commit().await?;
    if count > 0 {
        tracing::info!(pos_account = %place.1, count, "the bank answers again: everything in doubt is asked about");
        app.janitor_wake.notify_one();
    }
    Ok(())
}

/// Where a bank has been silent and much is in doubt, lets one question be asked before its time.
pub async fn probe_round(app: &App) -> FlowResult<()> {
    let now_ms = app.clock.now_ms();
    let quiet = app.silence.quiet(now_ms);
    if quiet.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    for (tenant, pos_account) in quiet {
        doubt_hasten_one(&mut tx, tenant, pos_account, now_ms, limits::SILENCE_PROBE_DOUBTS_MIN).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_ends_once_and_is_probed_now_and_then() {
        let silence = Silence::default();
        let place = (TenantId::at(1), PosAccountId::at(2));
        assert!(!silence.ends(place));
        silence.begins(place, 1_000);
        let pause_ms = limits::millis(limits::SILENCE_PROBE_EVERY);
        assert!(silence.quiet(1_000 + pause_ms - 1).is_empty());
        assert_eq!(silence.quiet(1_000 + pause_ms), [place]);
        assert!(silence.quiet(1_000 + pause_ms + 1).is_empty());
        assert!(silence.ends(place) && !silence.ends(place));
        assert!(silence.quiet(i64::MAX).is_empty());
    }
}
