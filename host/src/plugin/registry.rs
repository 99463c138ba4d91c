//! From the bytes of a component to a version that can be called, or to a sentence on why not.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use wasmtime::Engine;
use wasmtime::component::{Component, HasSelf, Linker};

use super::PluginInfo;
use super::cache::{self, Cache};
use super::compile::Compiler;
use super::contract::PosConnector;
use super::engine::{Engines, Weight};
use super::function::Functions;
use super::manifest::{self, Manifest};
use super::offer;
use super::permits::{Modest, Permits};
use super::sandbox::Sandbox;
use super::section;
use super::tally::{self, Meters};
use super::version::Version;
use crate::limits;

/// A component that was read, but neither compiled nor run.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// SHA-256 of its bytes, hex.
    pub digest: String,
    /// What it says of itself.
    pub manifest: Arc<Manifest>,
}

impl Candidate {
    /// Reads size, format and manifest.
    pub fn read(wasm: &[u8]) -> Result<Self, String> {
        if wasm.len() as u64 > limits::PLUGIN_COMPONENT_BYTES_MAX {
            return Err("it is larger than 40 MB".to_owned());
        }
        let section = section::custom_section(wasm, manifest::SECTION).map_err(str::to_owned)?;
        let manifest = Manifest::parse(section).map_err(|error| error.0)?;
        Ok(Self { digest: hex::encode(Sha256::digest(wasm)), manifest: Arc::new(manifest) })
    }
}

/// Where versions of one weight run.
struct Pool {
    weight: Weight,
    engine: Engine,
    linker: Linker<Sandbox>,
    permits: Permits,
}

impl Pool {
    fn new(weight: Weight, engine: Engine, modest: &Arc<Modest>) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(&engine);
        // Every call of a host function asks for the sandbox first.
        PosConnector::add_to_linker::<_, HasSelf<_>>(&mut linker, |sandbox: &mut Sandbox| {
            sandbox.host_calls = sandbox.host_calls.saturating_add(1);
            sandbox
        })?;
        Ok(Self { weight, engine, linker, permits: Permits::new(weight, modest) })
    }
}

/// What every version of a registry shares.
pub(super) struct Loader {
    light: Pool,
    heavy: Pool,
    cache: Option<Cache>,
    compiler: Compiler,
    /// One compiler at a time: payments need the other cores.
    compiling: Mutex<()>,
}

impl Loader {
    /// `metered`: who burns too much time gives way.
    pub fn new(engines: Engines, metered: bool, cache: Option<&Path>, compiler: Compiler) -> wasmtime::Result<Self> {
        let cache = cache.and_then(|folder| {
            let no_folder = "no folder for compiled components; they are compiled at every start";
            Cache::open(folder).inspect_err(|error| tracing::warn!(%error, no_folder)).ok()
        });
        let modest = if metered { Modest::new() } else { Modest::silent() };
        let light = Pool::new(Weight::Light, engines.light, &modest)?;
        let heavy = Pool::new(Weight::Heavy, engines.heavy, &modest)?;
        Ok(Self { light, heavy, cache, compiler, compiling: Mutex::new(()) })
    }

    fn pool(&self, manifest: &Manifest) -> &Pool {
        match Weight::of(manifest) {
            Weight::Light => &self.light,
            Weight::Heavy => &self.heavy,
        }
    }

    /// One component: digest, manifest, code, imports, world, types; in this order.
    pub async fn load(self: &Arc<Self>, wasm: Bytes) -> Result<Version, String> {
        let candidate = Candidate::read(&wasm)?;
        let known = candidate.clone();
        if let Some(component) = self.apart(move |this| this.stored(&known)).await? {
            return self.apart(move |this| this.version(candidate, &component)).await?;
        }
        let _alone = self.compiling.lock().await;
        let began = Instant::now();
        let compiled = self.compiler.compiled(&wasm).await;
        tally::compiled(compiled.is_ok(), began.elapsed());
        let code = compiled?;
        self.apart(move |this| {
            let engine = &this.pool(&candidate.manifest).engine;
            let component = match &this.cache {
                Some(cache) => cache.kept(engine, &candidate.digest, &code),
                None => cache::unkept(engine, &code),
            };
            let component = component.map_err(|error| format!("its compiled code cannot be loaded: {error:#}"))?;
            this.version(candidate, &component)
        })
        .await?
    }

    /// Sets the gauges of both pools.
    pub fn gauges_set(&self) {
        for pool in [&self.light, &self.heavy] {
            let (taken, all) = pool.permits.taken();
            tally::places(pool.weight, taken, all);
            tally::pool(pool.weight, &pool.engine);
        }
    }

    /// From now on compiling gives way to payments.
    pub fn gently(&self) {
        self.compiler.gently();
    }

    /// Away from the threads that serve: mapping and checking code takes milliseconds.
    async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, String> {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&this))
            .await
            .map_err(|error| format!("it could not be loaded: {error}"))
    }

    fn stored(&self, candidate: &Candidate) -> Option<Component> {
        self.cache.as_ref()?.stored(&self.pool(&candidate.manifest).engine, &candidate.digest)
    }

    /// Compiles in this process: for simulations and tests that have no program beside them.
    pub fn load_here(&self, wasm: &[u8]) -> Result<Version, String> {
        let candidate = Candidate::read(wasm)?;
        let component = match self.stored(&candidate) {
            Some(component) => component,
            None => self.compiled_here(&candidate, wasm).map_err(|error| format!("it does not compile: {error:#}"))?,
        };
        self.version(candidate, &component)
    }

    fn compiled_here(&self, candidate: &Candidate, wasm: &[u8]) -> wasmtime::Result<Component> {
        let engine = &self.pool(&candidate.manifest).engine;
        match &self.cache {
            Some(cache) => cache.kept(engine, &candidate.digest, &engine.precompile_component(wasm)?),
            None => Component::new(engine, wasm),
        }
    }

    fn version(&self, candidate: Candidate, component: &Component) -> Result<Version, String> {
        let Candidate { digest, manifest } = candidate;
        let pool = self.pool(&manifest);
        let types = component.component_type();
        let needed: Vec<&str> = types.imports(&pool.engine).map(|(name, _)| name).collect();
        offer::suffices(&needed)?;
        offer::is_spoken(&manifest.api)?;
        let functions = Functions::find(&pool.engine, component)?;
        let pre = pool.linker.instantiate_pre(component);
        let pre = pre.map_err(|error| format!("it needs something that this host does not have: {error:#}"))?;
        let limits_asked = manifest.limits;
        let ticks = limits_asked.cpu_ms.map_or(limits::PLUGIN_TICKS_DEFAULT, |ms| ms.div_ceil(10));
        let ticks = ticks.clamp(1, limits::PLUGIN_TICKS_MAX);
        let memory = limits_asked.memory_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let info = PluginInfo {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            digest,
            three_d_secure: functions.three_d_secure.is_some(),
            preauth: functions.preauth.is_some(),
            history: functions.history.is_some(),
            points: functions.points.is_some(),
            manifest,
        };
        capabilities_match(&info)?;
        let version = Version {
            info,
            engine: pool.engine.clone(),
            pre,
            functions,
            permits: pool.permits.of_plugin(limits::PLUGIN_TICK * ticks),
            weight: pool.weight,
            memory_bytes: memory.unwrap_or(limits::PLUGIN_MEMORY_BYTES_DEFAULT).min(pool.weight.memory_bytes_max()),
            ticks,
            meters: Meters::default(),
        };
        version.checked()
    }
}

/// The manifest promises exactly the optional interfaces the component exports.
fn capabilities_match(info: &PluginInfo) -> Result<(), String> {
    let manifest = &info.manifest;
    if info.three_d_secure == manifest.models.is_empty() {
        return Err(if info.three_d_secure {
            "it exports three-d-secure, but its manifest names no 3-D model".into()
        } else {
            "its manifest names 3-D models, but it does not export three-d-secure".into()
        });
    }
    if info.preauth != manifest.capabilities.contains("authorize") {
        return Err("its manifest and its exports disagree about pre-authorization (capability authorize)".into());
    }
    if info.history != ["order-history", "day-history"].iter().any(|name| manifest.capabilities.contains(*name)) {
        return Err("its manifest and its exports disagree about history (order-history, day-history)".into());
    }
    if info.points != manifest.capabilities.contains("points-inquiry") {
        return Err("its manifest and its exports disagree about points (capability points-inquiry)".into());
    }
    if manifest.capabilities.contains("points-three-d") && !manifest.models.iter().any(|model| model == "3d") {
        return Err("its manifest names points-three-d, but no 3-D model 3d".into());
    }
    Ok(())
}
