//! How the versions of a plugin fare on this server: for a firm, and for the figures of the whole server.

use serde::{Deserialize, Serialize};

use super::Plugins;
use crate::domain::id::TenantId;
use crate::observe::exports_spans;
use crate::plugin::Installation;
use crate::plugin::health::{ActPhase, BreakerState, PhaseStand};
use crate::plugin::tally;
use crate::plugin::window::Fared;

/// How a version fared at a firm, on one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFared {
    /// The manifest's version.
    pub version: String,
    /// SHA-256 of the component, hex.
    pub digest: String,
    /// Its calls and acts of the last minutes.
    pub fared: Fared,
    /// Its breakers that have anything to tell.
    pub phases: Vec<PhaseStand>,
    /// It takes new acts of the firm, or of somebody.
    pub serves: bool,
    /// What is wrong with it for everyone; then nobody begins anything on it.
    pub sick: Option<String>,
}

impl Plugins {
    /// How a version came to an act: it takes new ones, a share of them, or ends what it began. For the act's span, and
    /// nothing where nobody collects it.
    pub(super) fn mode(&self, installation: &Installation, plugin: &str) -> &'static str {
        if !exports_spans() {
            return "";
        }
        let (serving, digest) = (self.serving(), installation.digest.as_str());
        let loaded = |digest: &str| serving.versions.contains_key(digest);
        if serving.lines.active(installation.tenant, plugin, loaded) == Some(digest) {
            "active"
        } else if serving.lines.digests().any(|serves| serves == digest) {
            "canary"
        } else {
            "draining"
        }
    }

    /// How the loaded versions of a plugin fared at a firm lately, newest first; those with nothing to tell are left
    /// out.
    pub fn fared(&self, tenant: TenantId, plugin: &str) -> Vec<VersionFared> {
        let serving = self.serving();
        let loaded = |digest: &str| serving.versions.contains_key(digest);
        let active = serving.lines.active(tenant, plugin, loaded);
        let infos = self.list().into_iter().rev().filter(|info| info.id == plugin);
        let all = infos.map(|info| VersionFared {
            fared: self.0.windows.fared(&info.digest, tenant),
            phases: self.0.health.stand(&info.digest, tenant),
            serves: active == Some(&*info.digest) || serving.lines.digests().any(|digest| digest == info.digest),
            sick: self.0.health.sick(&info.digest).map(|sick| sick.why),
            version: info.version,
            digest: info.digest,
        });
        all.filter(|one| one.fared != Fared::default() || !one.phases.is_empty() || one.sick.is_some()).collect()
    }

    /// Sets the gauges: what nobody notes when it happens, but looks at when somebody asks.
    pub fn gauges_set(&self) {
        let infos = self.list();
        let ids: std::collections::BTreeSet<&str> = infos.iter().map(|info| info.id.as_str()).collect();
        for id in ids {
            let digests: Vec<&str> =
                infos.iter().filter(|info| info.id == id).map(|info| info.digest.as_str()).collect();
            let counted = self.0.health.stands_counted(&digests);
            for phase in ActPhase::ALL {
                for state in [BreakerState::HalfOpen, BreakerState::Open] {
                    tally::breakers(id, phase, state, counted.get(&(phase, state)).copied().unwrap_or(0));
                }
            }
        }
        self.0.loader.gauges_set();
    }
}
