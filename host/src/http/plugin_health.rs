//! How plugins fare, as the API tells it.

use vezne_api::{PluginFigures, PluginHealth, PluginHealthState, PluginPhase, PluginServer, PluginVersionHealth};

use crate::flow::plugin::PluginFared;
use crate::limits;
use crate::plugin::{BreakerState, Fared, PhaseStand, VersionFared};

/// For a list: what this server knows, in one sum.
pub(super) fn brief(versions: &[VersionFared]) -> PluginHealth {
    health(versions.iter(), Vec::new())
}

/// For one plugin: every server.
pub(super) fn whole(servers: &[PluginFared]) -> PluginHealth {
    let versions = servers.iter().flat_map(|server| server.versions.iter().flatten());
    let server = |server: &PluginFared| PluginServer {
        server: server.server.to_string(),
        this: server.this,
        answered: server.versions.is_some(),
        versions: server.versions.iter().flatten().map(version).collect(),
    };
    health(versions, servers.iter().map(server).collect())
}

fn health<'a>(versions: impl Iterator<Item = &'a VersionFared>, servers: Vec<PluginServer>) -> PluginHealth {
    let (mut sum, mut worst) = (Fared::default(), PluginHealthState::Closed);
    for version in versions {
        sum.add(&version.fared);
        // What was taken back keeps nobody from paying.
        if version.serves {
            worst = worst.max(state(version));
        }
    }
    let window_s = i64::try_from(limits::PLUGIN_FARED_SPAN.as_secs()).unwrap_or(i64::MAX);
    PluginHealth { window_s, figures: figures(&sum), state: worst, servers }
}

fn version(one: &VersionFared) -> PluginVersionHealth {
    PluginVersionHealth {
        version: one.version.clone(),
        digest: format!("sha256:{}", one.digest),
        figures: figures(&one.fared),
        state: state(one),
        phases: one.phases.iter().map(phase).collect(),
    }
}

fn state(version: &VersionFared) -> PluginHealthState {
    if version.sick.is_some() {
        return PluginHealthState::Quarantined;
    }
    version.phases.iter().map(|phase| breaker(phase.state)).max().unwrap_or_default()
}

fn breaker(state: BreakerState) -> PluginHealthState {
    match state {
        BreakerState::Closed => PluginHealthState::Closed,
        BreakerState::HalfOpen => PluginHealthState::HalfOpen,
        BreakerState::Open => PluginHealthState::Open,
    }
}

fn phase(stand: &PhaseStand) -> PluginPhase {
    PluginPhase {
        phase: stand.phase.as_str().to_owned(),
        state: breaker(stand.state),
        strikes: number(stand.strikes),
        open_for_s: stand.open_for_s.map(number),
    }
}

fn figures(fared: &Fared) -> PluginFigures {
    PluginFigures {
        calls: number(fared.calls),
        p50_us: fared.percentile_us(50).map(number),
        p95_us: fared.percentile_us(95).map(number),
        traps: number(fared.traps),
        deadlines: number(fared.deadlines),
        faults: number(fared.faults),
        busy: number(fared.busy),
        acts: number(fared.acts),
        unknown: number(fared.unknown),
        memory_bytes: (fared.calls > 0).then(|| number(fared.memory_bytes)),
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
