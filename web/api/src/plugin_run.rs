//! The last runs of a plugin: what it was given and what it answered, masked.

use serde::{Deserialize, Serialize};

/// One act of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginRun {
    /// `run_…`
    pub id: String,
    /// `pos-nestpay`
    pub plugin: String,
    /// `0.1.0`
    pub version: String,
    /// `sha256:…` of the component.
    pub digest: String,
    /// When it began.
    pub at: String,
    /// `pos_…`: the account it ran on.
    pub pos_account: String,
    /// Which attempt it was for, as the connector knows it.
    pub attempt: String,
    /// `sale`, `authorize`, `start`, `capture`, `cancel`, `refund`, `inquire` or `resume`.
    pub function: String,
    /// The host's verdict: `approved`, `declined`, `pending`, `not-processed`, `unknown` or `browse`.
    pub outcome: String,
    /// Why, where there is more to say.
    pub reason: Option<String>,
    /// From the first call to the end.
    pub took_ms: i64,
    /// What went to the bank.
    pub sends: Vec<PluginRunSend>,
}

/// One request to the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginRunSend {
    /// The endpoint's name in the grant.
    pub endpoint: String,
    /// Method and path.
    pub target: String,
    /// HTTP status, when an answer came.
    pub status: Option<u16>,
    /// How far it got, when none came: `connecting`, `awaiting-response`, ….
    pub failed_in: Option<String>,
    /// From before resolving to the last byte.
    pub elapsed_ms: i64,
}

/// One act of a connector with its calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginRunDetail {
    /// The act.
    pub run: PluginRun,
    /// What the connector was given.
    pub input: Vec<PluginRunFact>,
    /// Its calls, in order.
    pub calls: Vec<PluginRunCall>,
    /// It was kept whole: its recording can be played again.
    pub replayable: bool,
}

/// A name and a masked value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginRunFact {
    /// `terms.minor`, `body`, `outcome.category`, ….
    pub name: String,
    /// The value.
    pub value: String,
}

/// One call of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginRunCall {
    /// The function of the contract.
    pub function: String,
    /// `send`, `browse`, `done`, or the code of a failure.
    pub kind: String,
    /// When.
    pub at: String,
    /// How long it ran.
    pub took_us: i64,
    /// The most memory it had.
    pub memory_bytes: i64,
    /// What it answered.
    pub output: Vec<PluginRunFact>,
    /// Why the host did not do what it asked for.
    pub refused: Option<String>,
    /// What came back on its send.
    pub reply: Vec<PluginRunFact>,
    /// What it logged.
    pub logs: Vec<PluginRunLog>,
    /// Where it trapped, innermost function first.
    pub backtrace: Vec<String>,
}

/// One log line of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginRunLog {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// The line, redacted.
    pub message: String,
}
