//! The last runs of the plugins, and playing them again.

use std::sync::Arc;

use super::Plugins;
use crate::domain::id::TenantId;
use crate::plugin::compile::Compiler;
use crate::plugin::engine::{Tuning, engines_new};
use crate::plugin::record::{self, Recording, Replay, Run, RunId, ShadowTally};
use crate::plugin::registry::Loader;

impl Plugins {
    /// The last runs of a firm on any version of a plugin, on this server, newest first.
    pub fn runs(&self, tenant: TenantId, plugin: &str) -> Vec<Arc<Run>> {
        self.0.runs.list(tenant, plugin)
    }

    /// One of them.
    pub fn run(&self, tenant: TenantId, id: RunId) -> Option<Arc<Run>> {
        self.0.runs.get(tenant, id)
    }

    /// Plays a run on the version in whose shadow it belongs. The act is over and answered: nobody waits for this.
    pub(super) fn shadow_play(&self, run: Arc<Run>) {
        let serving = self.serving();
        let digest = serving.lines.shadow(run.tenant, &run.recording.plugin);
        let digest = digest.filter(|digest| *digest != run.recording.digest);
        let Some(version) = digest.and_then(|digest| serving.versions.get(digest)).map(Arc::clone) else { return };
        let Some(turn) = self.0.shadows.turn() else {
            return self.0.shadows.skipped(&version.info, &run);
        };
        let plugins = self.clone();
        tokio::spawn(async move {
            let replay = record::replay(&version, &run.recording).await;
            plugins.0.shadows.played(&version.info, &run, replay);
            drop(turn);
        });
    }

    /// What a version did in the shadow of a firm's acts, on this server.
    pub fn shadow_tally(&self, tenant: TenantId, digest: &str) -> ShadowTally {
        self.0.shadows.tally(tenant, digest)
    }

    /// Plays a recording on a component that only this call knows of: compiled here, and forgotten after it.
    pub async fn replay_on(wasm: &[u8], recording: &Recording) -> Result<Replay, String> {
        let engines = engines_new(Tuning::default()).map_err(|error| error.to_string())?;
        let loader = Loader::new(engines, true, None, Compiler::new(None)).map_err(|error| error.to_string())?;
        let version = loader.load_here(wasm)?;
        record::replay(&version, recording).await
    }
}
