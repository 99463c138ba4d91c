//! The last runs of every version and firm, in this process's memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Recording;
pub use crate::domain::id::RunId;
use crate::domain::id::{PosAccountId, TenantId};
use crate::limits;

/// One act of a connector.
#[derive(Debug)]
pub struct Run {
    /// Names it.
    pub id: RunId,
    /// Whose.
    pub tenant: TenantId,
    /// On which account.
    pub pos_account: PosAccountId,
    /// What happened.
    pub recording: Recording,
    /// Later runs have higher ones; ids of one millisecond do not sort.
    number: u64,
    bytes: usize,
}

/// By version and firm: a busy firm must not push another's runs out, and nobody sees another's (P8).
type Place = (String, TenantId);

#[derive(Default)]
struct Kept {
    rings: HashMap<Place, VecDeque<Arc<Run>>>,
    bytes: usize,
    number: u64,
}

/// The rings. Bounded by runs for each version and firm, and by bytes for all of them.
#[derive(Default)]
pub(in crate::plugin) struct Runs(Mutex<Kept>);

impl Runs {
    /// Keeps a run, and forgets what there is no room for.
    pub fn put(
        &self,
        now_ms: i64,
        tenant: TenantId,
        pos_account: PosAccountId,
        recording: Recording,
        bytes: usize,
    ) -> Arc<Run> {
        let place = (recording.digest.clone(), tenant);
        let mut kept = self.kept();
        kept.bytes += bytes;
        kept.number += 1;
        let (id, number) = (RunId::at(now_ms), kept.number);
        let run = Arc::new(Run { id, tenant, pos_account, recording, number, bytes });
        let ring = kept.rings.entry(place).or_default();
        ring.push_back(Arc::clone(&run));
        let old = if ring.len() > limits::PLUGIN_RUNS_KEPT { ring.pop_front() } else { None };
        kept.bytes -= old.as_ref().map_or(0, |old| old.bytes);
        while kept.bytes > limits::PLUGIN_RUNS_BYTES_MAX && kept.oldest_forget() {}
        // Nobody waits while a hundred texts are freed.
        drop(kept);
        drop(old);
        run
    }

    /// The runs of a firm on any version of a plugin, newest first.
    pub fn list(&self, tenant: TenantId, plugin: &str) -> Vec<Arc<Run>> {
        let kept = self.kept();
        let of_firm = kept.rings.iter().filter(|((_, owner), _)| *owner == tenant);
        let mut runs: Vec<Arc<Run>> = of_firm
            .flat_map(|(_, ring)| ring.iter())
            .filter(|run| run.recording.plugin == plugin)
            .map(Arc::clone)
            .collect();
        drop(kept);
        runs.sort_by_key(|run| std::cmp::Reverse(run.number));
        runs
    }

    /// One run of a firm.
    pub fn get(&self, tenant: TenantId, id: RunId) -> Option<Arc<Run>> {
        let kept = self.kept();
        let of_firm = kept.rings.iter().filter(|((_, owner), _)| *owner == tenant);
        of_firm.flat_map(|(_, ring)| ring.iter()).find(|run| run.id == id).map(Arc::clone)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Forgets the oldest run of all, and says whether there was one.
    fn oldest_forget(&mut self) -> bool {
        let oldest = self.rings.iter().filter_map(|(place, ring)| Some((ring.front()?.number, place))).min();
        let Some(place) = oldest.map(|(_, place)| place.clone()) else { return false };
        let run = self.rings.get_mut(&place).and_then(VecDeque::pop_front);
        self.bytes -= run.map_or(0, |run| run.bytes);
        self.rings.retain(|_, ring| !ring.is_empty());
        true
    }
}
