//! The plugin runtime as flow sees it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::Engine;

use super::act::{Act, ActContext, Callback};
use super::driver::{Drive, Transport};
use super::egress::Egress;
use super::ending::{Ending, Verdict};
use super::engine;
use super::held::HeldCard;
use super::installation::Installation;
use super::journal::Journal;
use super::judge::reason;
use super::registry::Loader;
use super::step::CallFailure;
use super::tally;
use super::version::Version;
use super::{PluginInfo, Reason};

/// A file of the plugin folder that was not loaded.
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
    /// The folder cannot be read.
    #[error("the plugin folder cannot be read: {0}")]
    Folder(#[from] std::io::Error),
    /// No TLS.
    #[error("TLS could not be set up: {0}")]
    Tls(String),
}

/// All loaded plugin versions and the way out. Cheap to clone.
#[derive(Clone)]
pub struct Plugins(Arc<Inner>);

struct Inner {
    versions: BTreeMap<String, Arc<Version>>,
    refusals: Vec<Refusal>,
    transport: Arc<dyn Transport>,
}

impl std::fmt::Debug for Plugins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.versions.values().map(|version| &version.info.id)).finish()
    }
}

impl Plugins {
    /// Loads every component of a folder, compiling what is new: blocks for some 100 ms each. `cache` keeps compiled code between starts. A file that is refused
    /// does not stop the host: it is listed, and the rest works.
    pub fn load(folder: &Path, cache: &Path) -> Result<Self, LoadError> {
        let egress = Egress::new().map_err(|error| LoadError::Tls(error.to_string()))?;
        Self::load_with(folder, cache, Arc::new(egress))
    }

    /// With a transport of the caller's choice, for tests.
    pub fn load_with(folder: &Path, cache: &Path, transport: Arc<dyn Transport>) -> Result<Self, LoadError> {
        Self::load_on(engine::engine_new(), folder, cache, transport)
    }

    /// For a simulation, on an engine whose clock stands still: how long a call takes on a busy machine changes
    /// nothing, and nothing ends a call that never returns.
    pub fn load_still(folder: &Path, cache: &Path, transport: Arc<dyn Transport>) -> Result<Self, LoadError> {
        Self::load_on(engine::engine_still(), folder, cache, transport)
    }

    fn load_on(
        engine: wasmtime::Result<(Engine, engine::Allocation)>,
        folder: &Path,
        cache: &Path,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, LoadError> {
        let broken = |error: wasmtime::Error| LoadError::Engine(error.to_string());
        let (engine, _) = engine.map_err(broken)?;
        let loader = Loader::new(engine, Some(cache)).map_err(broken)?;
        let (versions, refusals) = loader.folder(folder)?;
        Ok(Self(Arc::new(Inner { versions, refusals, transport })))
    }

    /// The same plugins with another way out.
    pub fn with_transport(&self, transport: Arc<dyn Transport>) -> Self {
        let Inner { versions, refusals, .. } = &*self.0;
        Self(Arc::new(Inner { versions: versions.clone(), refusals: refusals.clone(), transport }))
    }

    /// Every loaded version, by id and version.
    pub fn list(&self) -> Vec<PluginInfo> {
        let mut infos: Vec<_> = self.0.versions.values().map(|version| version.info.clone()).collect();
        infos.sort_by(|a, b| (&a.id, numbers(&a.version)).cmp(&(&b.id, numbers(&b.version))));
        infos
    }

    /// The files that were not loaded.
    pub fn refusals(&self) -> &[Refusal] {
        &self.0.refusals
    }

    /// The version with this digest.
    pub fn get(&self, digest: &str) -> Option<PluginInfo> {
        self.0.versions.get(digest).map(|version| version.info.clone())
    }

    /// The newest version of a plugin.
    pub fn latest(&self, id: &str) -> Option<PluginInfo> {
        self.list().into_iter().rfind(|info| info.id == id)
    }

    /// Runs one act to its end, within `within`: the connector thinks, the host sends, the host decides.
    /// The journal is told before every first byte.
    pub async fn drive(
        &self,
        installation: &Installation,
        context: &ActContext,
        act: Act,
        card: Option<&HeldCard>,
        journal: &dyn Journal,
        within: Duration,
    ) -> Ending {
        let Some(version) = self.0.versions.get(&installation.digest) else {
            return Ending::Done(version_missing(&act));
        };
        let drive = Drive {
            guest: &**version,
            transport: &*self.0.transport,
            manifest: &version.info.manifest,
            installation,
            context,
            card,
            journal,
            deadline: Instant::now() + within,
            until_ms: context.clock.now_ms().saturating_add(crate::limits::millis(within)),
        };
        let ending = drive.run(act).await;
        if let Ending::Done(Verdict::Unknown { reason, .. }) = &ending {
            tally::unknown(&version.info.manifest, reason.code);
        }
        ending
    }

    /// The correlation a callback carries, as the connector reads it. Nothing about it is authentic yet, and
    /// the connector has no clock here: the same callback always names the same attempt.
    pub async fn correlate(&self, installation: &Installation, callback: &Callback) -> Result<String, Reason> {
        let missing = || reason("plugin-missing", "the plugin version is not installed");
        let version = self.0.versions.get(&installation.digest).ok_or_else(missing)?;
        let called = version.correlate(installation, callback.clone());
        let timed = tokio::time::timeout(CORRELATE_MAX, called).await;
        let result = timed.unwrap_or_else(|_| Err(CallFailure::Trap("deadline", String::new())));
        result.map_err(|failure| {
            tally::call_failed(&version.info.manifest, installation, &failure);
            match failure {
                CallFailure::Fault(fault, detail) => reason(fault.code(), detail),
                CallFailure::Trap(code, detail) => reason(code, detail),
                CallFailure::Breach(detail) => reason("contract-breach", detail),
                CallFailure::Busy => reason("busy", ""),
            }
        })
    }
}

/// A callback is one short call; whoever posts it is waiting.
const CORRELATE_MAX: Duration = Duration::from_secs(3);

/// Nothing can have left for a new act; for one that began earlier nobody knows.
fn version_missing(act: &Act) -> Verdict {
    let reason = reason("plugin-missing", "the plugin version is not installed");
    match act {
        Act::Inquire { .. } | Act::Resume { .. } => Verdict::Unknown { reason, phase: None, alarm: true },
        _ => Verdict::NotProcessed(reason),
    }
}

/// `0.10.2` comes after `0.9.9`.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0)).collect()
}
