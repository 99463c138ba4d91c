//! How plugins fare: figures of the last minutes, and what is kept away from payments.

use serde::{Deserialize, Serialize};

/// How a plugin fared lately for the caller's firm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginHealth {
    /// How many seconds the figures reach back.
    pub window_s: i64,
    /// All its versions together: in a list those of the server that answers, else those of every server that does.
    pub figures: PluginFigures,
    /// The worst of the breakers of versions that serve.
    pub state: PluginHealthState,
    /// Server by server, the one that answers first; empty in a list.
    #[serde(default)]
    pub servers: Vec<PluginServer>,
}

/// Whether new acts begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PluginHealthState {
    /// They do.
    #[default]
    Closed,
    /// They do, and the next failure stops them.
    HalfOpen,
    /// None begins: too many failures. It is tried again by itself, without money.
    Open,
    /// None begins for anybody: it failed at several firms, or sent a secret where it may not go.
    Quarantined,
}

/// What calls and acts came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginFigures {
    /// Calls of the plugin that ran; an act is one or more of them.
    pub calls: i64,
    /// Half of the calls took no longer, microseconds; absent without calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_us: Option<i64>,
    /// 95 % of the calls took no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95_us: Option<i64>,
    /// Calls that trapped, asked for too much or broke the contract.
    pub traps: i64,
    /// Calls that were cut off because they took too long.
    pub deadlines: i64,
    /// Calls that ended in an error of the plugin's own naming.
    pub faults: i64,
    /// Calls that found no sandbox in time.
    pub busy: i64,
    /// Acts that ended: sales, refunds, questions.
    pub acts: i64,
    /// Of these, those of which nobody knows how.
    pub unknown: i64,
    /// The most memory that one call had; absent without calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<i64>,
}

/// How a plugin fared on one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginServer {
    /// `rep_…`; new at each start of a server.
    pub server: String,
    /// It is the one that answers.
    pub this: bool,
    /// It said how it fares.
    pub answered: bool,
    /// Versions that were called or are kept away from payments, newest first.
    pub versions: Vec<PluginVersionHealth>,
}

/// How a version fared on one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginVersionHealth {
    /// `0.1.0`
    pub version: String,
    /// `sha256:…`
    pub digest: String,
    /// Its calls and acts.
    pub figures: PluginFigures,
    /// The worst of its breakers.
    pub state: PluginHealthState,
    /// The breakers that have anything to tell.
    pub phases: Vec<PluginPhase>,
}

/// The breaker of one phase of a version's acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginPhase {
    /// `charge`, `follow_up`, `resume` or `inquiry`. Of the last two all begin always.
    pub phase: String,
    /// Whether new acts begin.
    pub state: PluginHealthState,
    /// Failures that still count.
    pub strikes: i64,
    /// Seconds since none begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_for_s: Option<i64>,
}
