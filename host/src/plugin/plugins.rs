//! Placeholder of the runtime's front until H-runtime lands it; the signatures are the seam.

use std::path::Path;
use std::time::Duration;

use super::{Act, ActContext, Ending, HeldCard, Installation, Journal, PluginInfo, Reason, Verdict};

/// Every installed plugin version and the engine that runs them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Plugins;

impl Plugins {
    /// Loads every component of a folder; compiled code is cached in `cache`.
    pub fn load(_folder: &Path, _cache: &Path) -> anyhow::Result<Self> {
        Ok(Self)
    }

    /// Every installed version.
    pub fn list(&self) -> Vec<PluginInfo> {
        Vec::new()
    }

    /// A version by digest.
    pub fn get(&self, _digest: &str) -> Option<PluginInfo> {
        None
    }

    /// The newest version of a plugin.
    pub fn latest(&self, _id: &str) -> Option<PluginInfo> {
        None
    }

    /// Runs an act to its end or to the payer's browser.
    pub async fn drive(
        &self,
        _installation: &Installation,
        _context: &ActContext,
        _act: Act,
        _card: Option<&HeldCard>,
        _journal: &dyn Journal,
        _deadline: Duration,
    ) -> Ending {
        Ending::Done(Verdict::NotProcessed(Reason { code: "no-runtime", detail: String::new() }))
    }

    /// To which waiting attempt a callback belongs.
    pub async fn correlate(&self, _installation: &Installation, _callback: &super::Callback) -> Result<String, Reason> {
        Err(Reason { code: "no-runtime", detail: String::new() })
    }
}
