//! Loads a folder of components at start, and refuses what it cannot trust with a sentence.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, ComponentExportIndex, HasSelf, Linker};

use super::cache::Cache;
use super::contract::PosConnector;
use super::manifest::{self, Manifest};
use super::permits::Permits;
use super::sandbox::Sandbox;
use super::section;
use super::version::{Functions, Version};
use super::{PluginInfo, Refusal};
use crate::limits;

const PAYMENTS: &str = "vezne:pos/payments@0.1.0";
const THREE_D_SECURE: &str = "vezne:pos/three-d-secure@0.1.0";
const PREAUTH: &str = "vezne:pos/preauth@0.1.0";
const HISTORY: &str = "vezne:pos/history@0.1.0";

/// Loaded versions by digest.
pub(super) type Versions = BTreeMap<String, Arc<Version>>;

/// What every version of a registry shares.
pub(super) struct Loader {
    engine: Engine,
    linker: Linker<Sandbox>,
    permits: Arc<Permits>,
    cache: Option<Cache>,
}

impl Loader {
    pub fn new(engine: Engine, cache: Option<&Path>) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(&engine);
        PosConnector::add_to_linker::<_, HasSelf<_>>(&mut linker, |sandbox| sandbox)?;
        let cache = cache.and_then(|folder| {
            Cache::open(folder)
                .inspect_err(|error| tracing::warn!(%error, "no folder for compiled components; they are compiled at every start"))
                .ok()
        });
        Ok(Self { engine, linker, permits: Arc::new(Permits::new()), cache })
    }

    /// Every component of a folder, by digest; and what was refused.
    pub fn folder(&self, folder: &Path) -> std::io::Result<(Versions, Vec<Refusal>)> {
        let mut versions = BTreeMap::new();
        let mut refusals = Vec::new();
        let mut paths: Vec<_> =
            std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        paths.sort();
        for path in paths {
            match self.file(&path) {
                Ok(version) => {
                    let info = &version.info;
                    tracing::info!(plugin = %info.id, version = %info.version, digest = %info.digest, "plugin loaded");
                    versions.insert(info.digest.clone(), Arc::new(version));
                }
                Err(sentence) => {
                    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                    tracing::error!(file, sentence, "plugin refused");
                    refusals.push(Refusal { file, sentence });
                }
            }
        }
        Ok((versions, refusals))
    }

    fn file(&self, path: &Path) -> Result<Version, String> {
        let length = std::fs::metadata(path).map_err(|error| format!("it cannot be read: {error}"))?.len();
        if length > limits::PLUGIN_COMPONENT_BYTES_MAX {
            return Err("it is larger than 40 MB".into());
        }
        let wasm = std::fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
        self.component(&wasm)
    }

    /// One component: digest, manifest, imports, world, types; in this order, cheapest first.
    pub fn component(&self, wasm: &[u8]) -> Result<Version, String> {
        let digest = hex::encode(Sha256::digest(wasm));
        let section = section::custom_section(wasm, manifest::SECTION).map_err(str::to_owned)?;
        let manifest = Manifest::parse(section).map_err(|error| error.0)?;
        let component = match &self.cache {
            Some(cache) => cache.component(&self.engine, &digest, wasm),
            None => Component::new(&self.engine, wasm),
        };
        let component = component.map_err(|error| format!("it does not compile: {error:#}"))?;
        self.imports_checked(&component)?;
        let functions = functions(&component)?;
        let pre = self.linker.instantiate_pre(&component);
        let pre = pre.map_err(|error| format!("it asks for something this host does not have: {error:#}"))?;
        let limits_asked = manifest.limits;
        let ticks = limits_asked.cpu_ms.map_or(limits::PLUGIN_TICKS_DEFAULT, |ms| ms.div_ceil(10));
        let memory = limits_asked.memory_bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let info = PluginInfo {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            digest,
            three_d_secure: functions.three_d_secure.is_some(),
            preauth: functions.preauth.is_some(),
            manifest: Arc::new(manifest),
        };
        capabilities_match(&info, component.get_export(None, HISTORY).is_some())?;
        let version = Version {
            info,
            engine: self.engine.clone(),
            pre,
            functions,
            permits: Arc::clone(&self.permits),
            memory_bytes: memory.unwrap_or(limits::PLUGIN_MEMORY_BYTES_DEFAULT).min(limits::PLUGIN_MEMORY_BYTES_MAX),
            ticks: ticks.clamp(1, limits::PLUGIN_TICKS_MAX),
        };
        version.checked()?;
        Ok(version)
    }

    /// One rule for every language: nothing but `vezne:*`. No clock, no randomness, no file, no socket.
    fn imports_checked(&self, component: &Component) -> Result<(), String> {
        let types = component.component_type();
        let foreign: Vec<_> = types
            .imports(&self.engine)
            .map(|(name, _)| name.to_owned())
            .filter(|name| !name.starts_with("vezne:"))
            .collect();
        if foreign.is_empty() {
            Ok(())
        } else {
            Err(format!("it imports more than vezne:*, namely {}", foreign.join(", ")))
        }
    }
}

/// The manifest promises exactly the optional interfaces the component exports.
fn capabilities_match(info: &PluginInfo, history: bool) -> Result<(), String> {
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
    if history != ["order-history", "day-history"].iter().any(|name| manifest.capabilities.contains(*name)) {
        return Err("its manifest and its exports disagree about history (order-history, day-history)".into());
    }
    Ok(())
}

fn functions(component: &Component) -> Result<Functions, String> {
    let (_, payments) = component
        .get_export(None, PAYMENTS)
        .ok_or_else(|| format!("it does not export {PAYMENTS}, so it is no connector of this contract"))?;
    let payments = |name| required(component, payments, name);
    Ok(Functions {
        sale: payments("sale")?,
        cancel: payments("cancel")?,
        refund: payments("refund")?,
        inquire: payments("inquire")?,
        resume: payments("resume")?,
        three_d_secure: optional(component, THREE_D_SECURE, "start", "correlate")?,
        preauth: optional(component, PREAUTH, "authorize", "capture")?,
    })
}

fn required(
    component: &Component,
    interface: ComponentExportIndex,
    name: &str,
) -> Result<ComponentExportIndex, String> {
    component.get_export_index(Some(&interface), name).ok_or_else(|| format!("it does not export the function {name}"))
}

fn optional(
    component: &Component,
    interface: &str,
    first: &str,
    second: &str,
) -> Result<Option<(ComponentExportIndex, ComponentExportIndex)>, String> {
    let Some((_, interface)) = component.get_export(None, interface) else { return Ok(None) };
    Ok(Some((required(component, interface, first)?, required(component, interface, second)?)))
}
