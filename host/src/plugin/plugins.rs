//! The plugin runtime as flow sees it.

mod fared;
mod recorded;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tracing::Instrument;

use super::act::{Act, ActContext, Callback};
use super::compile::Compiler;
use super::driver::{Drive, Transport};
use super::ending::{Ending, Verdict};
use super::engine::{Engines, Tuning, engines_new, engines_still};
use super::health::{self, ActPhase, Health, Sick, Strike};
use super::held::HeldCard;
use super::installation::Installation;
use super::journal::Journal;
use super::judge::reason;
use super::line::{Line, Lines};
use super::masked::Masker;
use super::record::{Recorder, Runs, Shadows};
use super::registry::Loader;
use super::step::CallFailure;
use super::version::Version;
use super::window::Windows;
use super::{PluginInfo, Reason, smoke, span, tally};
use crate::domain::id::{AttemptId, TenantId};
use crate::domain::plugin::{Reach, version_numbers};
use crate::limits;

pub use fared::VersionFared;

/// A file of the plugin folder that was not taken.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Its name.
    pub file: String,
    /// Why, for whoever put it there.
    pub sentence: String,
}

/// The runtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No engine on this machine.
    #[error("the WebAssembly engine could not be set up: {0}")]
    Engine(String),
    /// The folder of components cannot be read.
    #[error("the folder of components cannot be read: {0}")]
    Folder(#[from] std::io::Error),
}

/// All loaded plugin versions, which of them serves whom, and the way out. Cheap to clone.
#[derive(Clone)]
pub struct Plugins(Arc<Inner>);

struct Inner {
    loader: Arc<Loader>,
    transport: Arc<dyn Transport>,
    /// Replaced as a whole: an act sees the state of before a change or of after it, never a half.
    serving: RwLock<Arc<Serving>>,
    refusals: Mutex<Vec<Refusal>>,
    health: Health,
    runs: Runs,
    shadows: Shadows,
    windows: Windows,
}

#[derive(Clone, Default)]
struct Serving {
    versions: BTreeMap<String, Arc<Version>>,
    lines: Lines,
}

impl std::fmt::Debug for Plugins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.serving().versions.values().map(|version| &version.info.id)).finish()
    }
}

impl Plugins {
    /// An empty runtime. `cache` keeps compiled code between starts; `compiler` is the program that compiles, this
    /// very one where none is named; `transport` is the way to the banks.
    pub fn new(cache: &Path, compiler: Option<PathBuf>, transport: Arc<dyn Transport>) -> Result<Self, LoadError> {
        Self::on(engines_new(Tuning::default()), true, cache, compiler, transport)
    }

    /// For a simulation: every component of a folder, compiled in this process and active for everyone, on an engine
    /// whose clock stands still. How long a call takes on a busy machine changes nothing, and nothing ends a call that
    /// never returns.
    pub fn load_still(folder: &Path, cache: &Path, transport: Arc<dyn Transport>) -> Result<Self, LoadError> {
        let plugins = Self::on(engines_still(), false, cache, None, transport)?;
        plugins.take_folder(folder)?;
        Ok(plugins)
    }

    /// The same on an engine with a clock; only the bank is another.
    #[cfg(test)]
    pub fn load_with(folder: &Path, cache: &Path, transport: Arc<dyn Transport>) -> Result<Self, LoadError> {
        let plugins = Self::on(engines_new(Tuning::default()), true, cache, None, transport)?;
        plugins.take_folder(folder)?;
        Ok(plugins)
    }

    /// The same with memories that a test makes and looks at.
    #[cfg(test)]
    pub fn load_watched(
        folder: &Path,
        cache: &Path,
        transport: Arc<dyn Transport>,
        memories: &Arc<dyn wasmtime::MemoryCreator>,
    ) -> Result<Self, LoadError> {
        let plugins = Self::on(super::engine::engines_watched(memories), true, cache, None, transport)?;
        plugins.take_folder(folder)?;
        Ok(plugins)
    }

    /// For measurements: one component, compiled in this process, on an engine that is set in another way.
    pub fn load_tuned(
        wasm: &[u8],
        cache: &Path,
        transport: Arc<dyn Transport>,
        tuning: Tuning,
    ) -> Result<(Self, PluginInfo), LoadError> {
        let plugins = Self::on(engines_new(tuning), true, cache, None, transport)?;
        let version = plugins.0.loader.load_here(wasm).map_err(LoadError::Engine)?;
        let info = version.info.clone();
        plugins.put(version);
        Ok((plugins, info))
    }

    fn on(
        engines: wasmtime::Result<Engines>,
        metered: bool,
        cache: &Path,
        compiler: Option<PathBuf>,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, LoadError> {
        let broken = |error: wasmtime::Error| LoadError::Engine(error.to_string());
        let loader = Loader::new(engines.map_err(broken)?, metered, Some(cache), Compiler::new(compiler));
        let loader = Arc::new(loader.map_err(broken)?);
        let (serving, refusals, health) = (RwLock::default(), Mutex::default(), Health::default());
        let (runs, shadows, windows) = (Runs::default(), Shadows::default(), Windows::default());
        Ok(Self(Arc::new(Inner { loader, transport, serving, refusals, health, runs, shadows, windows })))
    }

    fn take_folder(&self, folder: &Path) -> std::io::Result<()> {
        let mut files =
            std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        files.sort();
        for path in files {
            match self.0.loader.load_here(&std::fs::read(&path)?) {
                Ok(version) => {
                    let (id, digest) = (version.info.id.clone(), version.info.digest.clone());
                    self.put(version);
                    self.change(|serving| serving.lines.line(Reach::Everyone, &id).active = Some(digest));
                }
                Err(sentence) => {
                    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    self.refused(Refusal { file, sentence });
                }
            }
        }
        Ok(())
    }

    /// The same plugins with another way out.
    pub fn with_transport(&self, transport: Arc<dyn Transport>) -> Self {
        let (loader, serving) = (Arc::clone(&self.0.loader), RwLock::new(self.serving()));
        let refusals = Mutex::new(self.refusals());
        let (health, runs, shadows) = (Health::default(), Runs::default(), Shadows::default());
        let windows = Windows::default();
        Self(Arc::new(Inner { loader, transport, serving, refusals, health, runs, shadows, windows }))
    }

    /// Forgets what a version did wrong.
    #[cfg(test)]
    pub fn forgive(&self, digest: &str) {
        self.0.health.forget(digest);
    }

    fn serving(&self) -> Arc<Serving> {
        Arc::clone(&self.0.serving.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Serving)) {
        let mut place = self.0.serving.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Serving::clone(&place);
        change(&mut next);
        *place = Arc::new(next);
    }

    fn put(&self, version: Version) {
        let digest = version.info.digest.clone();
        self.change(|serving| drop(serving.versions.insert(digest, Arc::new(version))));
    }

    /// Compiles a component where that was not done before, checks it, and keeps it ready. Nothing begins on it yet.
    pub async fn load(&self, wasm: Bytes) -> Result<PluginInfo, String> {
        let version = self.0.loader.load(wasm).await?;
        let info = version.info.clone();
        self.put(version);
        tracing::info!(plugin = %info.id, version = %info.version, digest = %info.digest, "plugin loaded");
        Ok(info)
    }

    /// The server begins to serve: from now on compiling gives way to payments.
    pub fn serving_begins(&self) {
        self.0.loader.gently();
    }

    /// Calls a loaded version once in every way with made-up terms, a made-up card and made-up secrets; nothing leaves.
    pub async fn smoke(&self, digest: &str) -> Result<(), String> {
        let serving = self.serving();
        let version = serving.versions.get(digest).ok_or("it is not loaded")?;
        let tried = tokio::time::timeout(limits::PLUGIN_SMOKE_MAX, smoke::tried(version)).await;
        tried.unwrap_or_else(|_| Err("its first calls take too long".to_owned()))
    }

    /// Forgets a version that did not stand the test.
    pub fn forget(&self, digest: &str) {
        self.change(|serving| drop(serving.versions.remove(digest)));
    }

    /// Says which versions serve whom from now on, and forgets those that are not kept. Calls that run on a forgotten
    /// one end on it.
    pub fn lines_set(&self, lines: Lines, keep: &HashSet<String>) {
        self.change(|serving| {
            serving.versions.retain(|digest, _| keep.contains(digest));
            // Whoever lets a version serve again has looked at it: it begins with a clean record.
            let before: HashSet<&str> = serving.lines.digests().collect();
            lines.digests().filter(|digest| !before.contains(digest)).for_each(|digest| self.0.health.forget(digest));
            let before: HashSet<&str> = serving.lines.shadows().collect();
            lines.shadows().filter(|digest| !before.contains(digest)).for_each(|digest| self.0.shadows.forget(digest));
            serving.lines = lines;
        });
    }

    /// Which versions serve whom.
    pub fn lines(&self) -> Vec<(Reach, String, Line)> {
        self.serving().lines.all()
    }

    /// What is wrong with a version that was long in use: it fails at several firms, or is hostile.
    pub fn is_sick(&self, digest: &str) -> Option<Sick> {
        self.0.health.sick(digest)
    }

    /// What is wrong with a new version, for everyone or for one firm; `beside` serves there as well.
    pub fn new_is_sick(&self, digest: &str, firm: Option<TenantId>, beside: Option<&str>) -> Option<Sick> {
        let health = &self.0.health;
        health.sick(digest).or_else(|| health.failing(digest, firm)).or_else(|| health.doubtful(digest, beside))
    }

    /// Tries versions whose breakers have cooled down: with made-up terms, never with money.
    pub async fn breakers_try(&self) {
        for place in self.0.health.cooled() {
            let good = self.smoke(&place.0).await.is_ok();
            self.0.health.tried(&place, good);
        }
    }

    /// The digests of all loaded versions.
    pub fn loaded(&self) -> HashSet<String> {
        self.serving().versions.keys().cloned().collect()
    }

    /// Every loaded version, by id and version.
    pub fn list(&self) -> Vec<PluginInfo> {
        let mut infos: Vec<_> = self.serving().versions.values().map(|version| version.info.clone()).collect();
        infos.sort_by_cached_key(|info| (info.id.clone(), version_numbers(&info.version)));
        infos
    }

    /// Notes a file of the folder that was not taken.
    pub fn refused(&self, refusal: Refusal) {
        tracing::error!(file = refusal.file, sentence = refusal.sentence, "plugin refused");
        self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
    }

    /// The files that were not taken.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The version with this digest, unless it is revoked for the firm or turned out hostile.
    pub fn get(&self, tenant: TenantId, digest: &str) -> Option<PluginInfo> {
        let serving = self.serving();
        let version = serving.versions.get(digest)?;
        if self.0.health.is_hostile(digest) {
            return None;
        }
        (!serving.lines.is_revoked(tenant, digest)).then(|| version.info.clone())
    }

    /// The version on which new attempts of a firm begin, canaries aside.
    pub fn active(&self, tenant: TenantId, id: &str) -> Option<PluginInfo> {
        let serving = self.serving();
        let digest = serving.lines.active(tenant, id, |digest| serving.versions.contains_key(digest))?;
        serving.versions.get(digest).map(|version| version.info.clone())
    }

    /// The version on which this very attempt begins: the canary's share falls to the canary.
    pub fn chosen(&self, tenant: TenantId, id: &str, attempt: AttemptId) -> Option<PluginInfo> {
        let serving = self.serving();
        let loaded = |digest: &str| serving.versions.contains_key(digest);
        let digest = serving.lines.chosen(tenant, id, &attempt.to_text(), loaded)?;
        serving.versions.get(digest).map(|version| version.info.clone())
    }

    /// The active version of every plugin that the firm has.
    pub fn active_list(&self, tenant: TenantId) -> Vec<PluginInfo> {
        let ids: std::collections::BTreeSet<String> = self.list().into_iter().map(|info| info.id).collect();
        ids.iter().filter_map(|id| self.active(tenant, id)).collect()
    }

    /// The newest loaded version of a plugin, whoever it serves.
    #[cfg(test)]
    pub fn latest(&self, id: &str) -> Option<PluginInfo> {
        self.list().into_iter().rfind(|info| info.id == id)
    }

    /// Runs one act to its end, at most until `until_ms` by the host's clock: the connector thinks, the host sends, the
    /// host decides. The journal is told before every first byte.
    pub async fn drive(
        &self,
        installation: &Installation,
        context: &ActContext,
        act: Act,
        card: Option<&HeldCard>,
        journal: &dyn Journal,
        until_ms: i64,
    ) -> Ending {
        let left_ms = u64::try_from(until_ms.saturating_sub(context.clock.now_ms())).unwrap_or(0);
        if left_ms == 0 {
            let reason = reason("deadline", "the time of the act ran out before it began");
            return Ending::Done(not_begun(&act, reason, false));
        }
        let Some(version) = self.serving().versions.get(&installation.digest).map(Arc::clone) else {
            let reason = reason("plugin-missing", "the plugin version is not installed");
            return Ending::Done(not_begun(&act, reason, true));
        };
        let phase = ActPhase::of(&act);
        let place = (installation.digest.clone(), installation.tenant, phase);
        if !self.0.health.admits(&place.0, place.1, phase) {
            let reason = reason("plugin-quarantined", "the plugin failed too often; it is tried again by itself");
            return Ending::Done(Verdict::NotProcessed(reason));
        }
        let masker = Masker::new(card, installation);
        let recorder = Recorder::begin(&version.info, installation, context, card, &act, &masker);
        let window = self.0.windows.window(&place.0, place.1);
        let mode = self.mode(installation, &version.info.id);
        let span = span::act(&version.info, installation, context, &act, mode);
        let drive = Drive {
            guest: &*version,
            transport: &*self.0.transport,
            manifest: &version.info.manifest,
            installation,
            context,
            card,
            masker: &masker,
            journal,
            deadline: Instant::now() + Duration::from_millis(left_ms),
            until_ms,
            recorder: Some(&recorder),
            again: None,
            window: Some(&window),
        };
        let ending = drive.run(act).instrument(span.clone()).await;
        let (recording, bytes) = recorder.ended(&ending);
        span::acted(&span, &recording.outcome, &ending);
        drop(span);
        let (tenant, account) = (installation.tenant, installation.pos_account);
        let run = self.0.runs.put(context.clock.now_ms(), tenant, account, recording, bytes);
        self.shadow_play(run);
        let doubtful = if let Ending::Done(Verdict::Unknown { reason, .. }) = &ending {
            tally::unknown(&version.info.manifest, reason.code);
            true
        } else {
            false
        };
        window.acted(doubtful);
        match health::struck_by(&ending) {
            Some(strike) => self.0.health.struck(&place, strike == Strike::Sink),
            None => self.0.health.ended(&place, doubtful),
        }
        ending
    }

    /// The correlation a callback carries, as the connector reads it. Nothing about it is authentic yet, and
    /// the connector has no clock here: the same callback always names the same attempt.
    pub async fn correlate(&self, installation: &Installation, callback: &Callback) -> Result<String, Uncorrelated> {
        let missing = || Uncorrelated::Unread(reason("plugin-missing", "the plugin version is not installed"));
        let version = self.serving().versions.get(&installation.digest).map(Arc::clone).ok_or_else(missing)?;
        let called = version.correlate(installation, callback.clone());
        let timed = tokio::time::timeout(CORRELATE_MAX, called).await;
        let result = timed.unwrap_or_else(|_| Err(CallFailure::Trap("deadline", String::new())));
        let window = self.0.windows.window(&installation.digest, installation.tenant);
        result.map_err(|failure| {
            window.failed(&failure);
            if health::is_strike(&failure) {
                let place = (installation.digest.clone(), installation.tenant, ActPhase::Resume);
                self.0.health.struck(&place, false);
            }
            tally::call_failed(&version.info.manifest, installation, &failure);
            Uncorrelated::Unread(match failure {
                CallFailure::Fault(fault, detail) => return Uncorrelated::Foreign(reason(fault.code(), detail)),
                CallFailure::Trap(code, detail) => reason(code, detail),
                CallFailure::Breach(detail) => reason("contract-breach", detail),
                CallFailure::Sink(detail) => reason("refused-sink", detail),
                CallFailure::Busy => reason("busy", ""),
            })
        })
    }
}

/// Why a callback names no attempt.
#[derive(Debug)]
pub enum Uncorrelated {
    /// The connector has read it and says that it is none of its own.
    Foreign(Reason),
    /// The connector could not read it: it had no place to run, was cut off or trapped. Whose it is, nobody knows.
    Unread(Reason),
}

/// A callback is one short call; whoever posts it is waiting.
const CORRELATE_MAX: Duration = Duration::from_secs(3);

/// Nothing can have left for a new act; for one that began earlier nobody knows.
fn not_begun(act: &Act, reason: Reason, alarm: bool) -> Verdict {
    match act {
        Act::Inquire { .. } | Act::Resume { .. } => Verdict::Unknown { reason, phase: None, alarm },
        _ => Verdict::NotProcessed(reason),
    }
}
