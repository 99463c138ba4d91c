//! Who may run how much, and at the same moment.
//!
//! A call takes three places: one of its firm's with this plugin, one of the plugin's, one of all sandboxes of its
//! weight. So a firm whose connector hangs waits for itself, a plugin that hangs everywhere leaves the others half of the
//! sandboxes, and interpreters have none of a compiled connector's (promise P10).
//!
//! Places bound what is held, not what is burnt: a plugin that is busy for nothing would still take the processor from
//! the others, each call within its limit. So running time is counted as well, beyond what a call of a connector takes: a
//! plugin, or a firm's share of it, that burnt more than its part of the machine waits until that is made up for, as long
//! as there are others that did not. And calls that run longer than a tick of the epoch clock run one after the other,
//! on as many processors as there are: side by side each of them would be there for as long as all of them together.
//! Whoever burnt too much lately has each of its calls taken for such a one, and waits before it begins.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::engine::Weight;
use crate::domain::id::TenantId;
use crate::limits;

/// Places of one weight.
#[derive(Debug, Clone, Copy)]
struct Places {
    all: usize,
    plugin: usize,
    tenant: usize,
}

impl Places {
    fn of(weight: Weight) -> Self {
        match weight {
            Weight::Light => Self {
                all: limits::PLUGIN_CALLS_AT_ONCE as usize,
                plugin: limits::PLUGIN_CALLS_PER_PLUGIN,
                tenant: limits::PLUGIN_CALLS_PER_TENANT,
            },
            Weight::Heavy => Self {
                all: limits::PLUGIN_HEAVY_CALLS_AT_ONCE as usize,
                plugin: limits::PLUGIN_HEAVY_CALLS_PER_PLUGIN,
                tenant: limits::PLUGIN_HEAVY_CALLS_PER_TENANT,
            },
        }
    }
}

/// All places of one weight.
pub(super) struct Permits {
    places: Places,
    all: Arc<Semaphore>,
    modest: Arc<Modest>,
}

impl Permits {
    /// Of one weight. Where `modest` says nothing nobody waits for having burnt too much.
    pub fn new(weight: Weight, modest: &Arc<Modest>) -> Self {
        let places = Places::of(weight);
        Self { places, all: Arc::new(Semaphore::new(places.all)), modest: Arc::clone(modest) }
    }

    /// How many places are taken, and how many there are.
    pub fn taken(&self) -> (usize, usize) {
        (self.places.all - self.all.available_permits().min(self.places.all), self.places.all)
    }

    /// What one plugin version has of them, whose calls may run so long.
    pub fn of_plugin(&self, call_max: Duration) -> PluginPermits {
        PluginPermits {
            call_max,
            places: self.places,
            all: Arc::clone(&self.all),
            plugin: Arc::new(Semaphore::new(self.places.plugin)),
            purse: Arc::new(Purse::new(limits::PLUGIN_BURN_PERCENT)),
            long: Arc::new(Semaphore::new(cores() as usize)),
            shares: Mutex::default(),
            modest: Arc::clone(&self.modest),
        }
    }
}

/// The places of one plugin version, for all its firms.
pub(super) struct PluginPermits {
    call_max: Duration,
    places: Places,
    all: Arc<Semaphore>,
    plugin: Arc<Semaphore>,
    purse: Arc<Purse>,
    /// For calls that run longer than a tick: no more at the same moment than there are processors, so that each of
    /// them gets on, and those that wait for it come to their end on time.
    long: Arc<Semaphore>,
    shares: Mutex<HashMap<TenantId, Arc<Share>>>,
    modest: Arc<Modest>,
}

/// Held while a call runs.
pub(super) struct Permit {
    pub share: Arc<Share>,
    pub long_place: LongPlace,
    /// Charged beforehand.
    reserved: Duration,
    _places: [OwnedSemaphorePermit; 3],
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.share.settle(Duration::ZERO, self.reserved);
    }
}

impl PluginPermits {
    /// Waits for a place, at most as long as a call may wait.
    pub async fn permit(&self, tenant: TenantId) -> Option<Permit> {
        tokio::time::timeout(limits::PLUGIN_QUEUE_WAIT, self.waited(tenant)).await.ok().flatten()
    }

    async fn waited(&self, tenant: TenantId) -> Option<Permit> {
        let share = self.share(tenant);
        // The firm's own first: whoever waits there holds nothing that others need.
        let own = Arc::clone(&share.places).acquire_owned().await.ok()?;
        while let Some(pause) = share.pause() {
            tokio::time::sleep(pause).await;
        }
        let long_place = LongPlace::default();
        // Before the places that others need: whoever is suspected holds none of them while it waits here.
        if share.is_suspect() {
            drop(long_place.set(Arc::clone(&self.long).acquire_owned().await.ok()?));
        }
        let plugin = Arc::clone(&self.plugin).acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        let reserved = share.began(self.call_max);
        Some(Permit { share, long_place, reserved, _places: [own, plugin, all] })
    }

    fn share(&self, tenant: TenantId) -> Arc<Share> {
        let mut shares = lock(&self.shares);
        // Idle ones are forgotten, so the map is as small as what runs or has to wait.
        if shares.len() > 4 * self.places.all {
            shares.retain(|_, share| Arc::strong_count(share) > 1 || share.own.is_suspect());
        }
        let share = shares.entry(tenant).or_insert_with(|| {
            Arc::new(Share {
                places: Arc::new(Semaphore::new(self.places.tenant)),
                own: Purse::new(limits::PLUGIN_BURN_PERCENT_PER_TENANT),
                plugin: Arc::clone(&self.purse),
                long: Arc::clone(&self.long),
                modest: Arc::clone(&self.modest),
            })
        });
        Arc::clone(share)
    }
}

/// One firm's part of one plugin.
pub(super) struct Share {
    places: Arc<Semaphore>,
    own: Purse,
    plugin: Arc<Purse>,
    long: Arc<Semaphore>,
    modest: Arc<Modest>,
}

/// Where a call keeps its place among the plugin's long ones, once it has one.
pub(super) type LongPlace = Arc<OnceLock<OwnedSemaphorePermit>>;

impl Share {
    /// Gives way, and goes on with a place among the plugin's long calls: at `latest` even without one.
    pub fn long_place(&self, place: &LongPlace, latest: std::time::Instant) -> BoxFuture<'static, ()> {
        let (long, place) = (Arc::clone(&self.long), Arc::clone(place));
        Box::pin(async move {
            tokio::task::yield_now().await;
            if let Ok(Ok(permit)) = tokio::time::timeout_at(latest.into(), long.acquire_owned()).await {
                // A call asks while it has none; another one would be given back at once.
                drop(place.set(permit));
            }
        })
    }

    fn purses(&self) -> [&Purse; 2] {
        [&self.own, &self.plugin]
    }

    fn is_overdrawn(&self) -> bool {
        self.purses().iter().any(|purse| purse.overdrawn.load(Ordering::Relaxed))
    }

    /// It burnt too much, not long ago.
    fn is_suspect(&self) -> bool {
        self.modest.counts && self.purses().iter().any(|purse| purse.is_suspect())
    }

    /// A call begins. Whoever burnt too much lately is charged with all of it now, and gets back what it did not burn.
    fn began(&self, call_max: Duration) -> Duration {
        // The sum is as old as the last charge: since then it may have been made up for.
        let modest = !self.is_overdrawn() || self.purses().iter().all(|purse| purse.over().is_none());
        if modest {
            self.modest.called();
        }
        let reserved = if self.is_suspect() { call_max } else { Duration::ZERO };
        self.settle(reserved, Duration::ZERO);
        reserved
    }

    fn settle(&self, reserved: Duration, given_back: Duration) {
        if !(reserved + given_back).is_zero() {
            for purse in self.purses() {
                purse.settled(reserved, given_back);
            }
        }
    }

    /// Notes what a call burnt.
    pub fn charge(&self, burnt: Duration) {
        self.purses().iter().for_each(|purse| purse.charge(burnt));
    }

    /// It burnt more than its part while others that did not want theirs.
    pub fn is_greedy(&self) -> bool {
        self.is_overdrawn() && self.modest.called_lately()
    }

    /// How long to wait before another call may begin, if at all.
    fn pause(&self) -> Option<Duration> {
        if !self.is_greedy() {
            return None;
        }
        let longest = self.purses().iter().filter_map(|purse| purse.over()).max();
        // Looked at again soon: the others may have gone.
        longest.map(|pause| pause.clamp(Duration::from_millis(1), limits::PLUGIN_MODEST_SPAN))
    }
}

/// When somebody who did not burn too much last called: while that is short ago, whoever did gives way.
pub(super) struct Modest {
    origin: Instant,
    /// Milliseconds after the origin, and one; zero is never.
    last: AtomicU64,
    counts: bool,
}

impl Modest {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { origin: Instant::now(), last: AtomicU64::new(0), counts: true })
    }

    /// For a simulation, whose calls take no time: nobody ever gives way.
    pub fn silent() -> Arc<Self> {
        Arc::new(Self { origin: Instant::now(), last: AtomicU64::new(0), counts: false })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn called(&self) {
        self.last.store(self.now(), Ordering::Relaxed);
    }

    fn called_lately(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        let span = u64::try_from(limits::PLUGIN_MODEST_SPAN.as_millis()).unwrap_or(u64::MAX);
        self.counts && last > 0 && self.now().saturating_sub(last) < span
    }
}

/// Running time that is not yet made up for.
struct Purse {
    percent: u32,
    debt: Mutex<Debt>,
    /// The same as a sum of it, for those who look often.
    overdrawn: AtomicBool,
    /// It once was, and not too long ago.
    suspect: AtomicBool,
}

struct Debt {
    owed: Duration,
    at: Instant,
    /// When something was burnt that was too much.
    overdrawn_at: Option<Instant>,
}

impl Purse {
    /// Of whoever may burn so many percent of the machine.
    fn new(percent: u32) -> Self {
        let debt = Mutex::new(Debt { owed: Duration::ZERO, at: Instant::now(), overdrawn_at: None });
        Self { percent, debt, overdrawn: AtomicBool::new(false), suspect: AtomicBool::new(false) }
    }

    fn charge(&self, burnt: Duration) {
        if !burnt.is_zero() {
            let owed = self.settled(burnt, Duration::ZERO);
            if owed > limits::PLUGIN_BURN_AT_ONCE {
                lock(&self.debt).overdrawn_at = Some(Instant::now());
                self.suspect.store(true, Ordering::Relaxed);
            }
        }
    }

    fn is_suspect(&self) -> bool {
        if !self.suspect.load(Ordering::Relaxed) {
            return false;
        }
        let lately = lock(&self.debt).overdrawn_at.is_some_and(|at| at.elapsed() < limits::PLUGIN_SUSPECT);
        self.suspect.store(lately, Ordering::Relaxed);
        lately
    }

    /// How long it takes to make up for what is owed beyond what may be burnt at once.
    fn over(&self) -> Option<Duration> {
        let over = self.settled(Duration::ZERO, Duration::ZERO).saturating_sub(limits::PLUGIN_BURN_AT_ONCE);
        (!over.is_zero()).then(|| over * 100 / (cores() * self.percent))
    }

    /// What is owed now, with what comes to it and what is given back.
    fn settled(&self, more: Duration, given_back: Duration) -> Duration {
        let mut debt = lock(&self.debt);
        let now = Instant::now();
        let made_up = (now - debt.at) * cores() * self.percent / 100;
        debt.owed = (debt.owed + more).saturating_sub(made_up + given_back);
        debt.at = now;
        self.overdrawn.store(debt.owed > limits::PLUGIN_BURN_AT_ONCE, Ordering::Relaxed);
        debt.owed
    }
}

fn cores() -> u32 {
    static CORES: std::sync::LazyLock<u32> = std::sync::LazyLock::new(|| {
        std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
    });
    *CORES
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "permits_tests.rs"]
mod tests;
