//! What versions in the shadow did otherwise than the ones that serve, counted for each firm.
//!
//! A shadow is played the recording of an act after the act has ended, with the made-up card and secrets of every
//! replay. So it needs no grant, cannot delay a payment, and never had anything to send.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::PluginInfo;
use super::{Replay, Run, RunId};
use crate::domain::id::TenantId;
use crate::limits;

/// What a version did in the shadow.
#[derive(Debug, Clone, Default)]
pub struct ShadowTally {
    /// Acts that were played to their end.
    pub played: u64,
    /// Of these, those in which something differed.
    pub differing: u64,
    /// Acts whose recording cannot be played.
    pub failed: u64,
    /// Acts that were not played because the server had no time.
    pub skipped: u64,
    /// The last ones that differed, newest first.
    pub last: VecDeque<Arc<ShadowRun>>,
}

/// An act that a shadow did otherwise.
#[derive(Debug)]
pub struct ShadowRun {
    /// The run that was recorded.
    pub run: RunId,
    /// When it began, epoch milliseconds.
    pub began_ms: i64,
    /// The comparison.
    pub replay: Replay,
}

/// The tallies of this process, and how many may play at once.
pub(in crate::plugin) struct Shadows {
    turns: Arc<Semaphore>,
    tallies: Mutex<HashMap<(String, TenantId), ShadowTally>>,
}

impl Default for Shadows {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(limits::PLUGIN_SHADOWS_AT_ONCE)), tallies: Mutex::default() }
    }
}

impl Shadows {
    /// A turn to play, if one is free now: shadows never queue.
    pub fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).try_acquire_owned().ok()
    }

    /// A run found no turn.
    pub fn skipped(&self, info: &PluginInfo, run: &Run) {
        self.note(info, run.tenant, "skipped", |tally| tally.skipped += 1);
    }

    /// A run was played, or cannot be.
    pub fn played(&self, info: &PluginInfo, run: &Run, replay: Result<Replay, String>) {
        let tenant = run.tenant;
        let Ok(replay) = replay else {
            return self.note(info, tenant, "failed", |tally| tally.failed += 1);
        };
        // No sandbox was free: that says something of this server, nothing of the version.
        if replay.turns.iter().any(|turn| turn.played.as_deref() == Some("busy")) {
            return self.skipped(info, run);
        }
        if replay.same {
            return self.note(info, tenant, "same", |tally| tally.played += 1);
        }
        let differing = Arc::new(ShadowRun { run: run.id, began_ms: run.recording.began_ms, replay });
        self.note(info, tenant, "differing", |tally| {
            tally.played += 1;
            tally.differing += 1;
            tally.last.push_front(differing);
            tally.last.truncate(limits::PLUGIN_SHADOW_RUNS_KEPT);
        });
    }

    /// What a version did in the shadow of a firm's acts.
    pub fn tally(&self, tenant: TenantId, digest: &str) -> ShadowTally {
        self.tallies().get(&(digest.to_owned(), tenant)).cloned().unwrap_or_default()
    }

    /// A version begins anew.
    pub fn forget(&self, digest: &str) {
        self.tallies().retain(|(known, _), _| known != digest);
    }

    fn note(&self, info: &PluginInfo, tenant: TenantId, outcome: &'static str, note: impl FnOnce(&mut ShadowTally)) {
        let (plugin, version) = (info.id.clone(), info.version.clone());
        metrics::counter!(
            "vezne_plugin_shadow_total", "plugin" => plugin, "version" => version, "outcome" => outcome
        )
        .increment(1);
        note(self.tallies().entry((info.digest.clone(), tenant)).or_default());
    }

    fn tallies(&self) -> MutexGuard<'_, HashMap<(String, TenantId), ShadowTally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
