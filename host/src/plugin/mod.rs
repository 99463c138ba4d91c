//! The plugin runtime: the only wasmtime, and the only way to a bank.
//!
//! A connector never performs I/O. It returns a *step* (send this request, show the payer this form,
//! done with this outcome), the host performs it and resumes the connector with what came back. So the
//! host always knows whether bytes left, and it alone decides between "nothing was sent" and "nobody
//! knows". No wasmtime type leaves this module.

mod act;
mod address;
mod answer;
mod bounds;
mod cache;
mod compile;
mod contract;
mod driver;
mod egress;
mod ending;
mod engine;
mod envelope;
mod function;
mod grant;
mod health;
mod held;
mod history;
mod installation;
mod journal;
mod judge;
mod line;
pub mod manifest;
mod manifest_config;
mod masked;
mod meter;
mod offer;
mod permits;
mod plugins;
mod prepare;
pub mod record;
mod registry;
mod sandbox;
mod scrub;
pub mod sealed;
mod section;
mod smoke;
mod span;
mod step;
mod tally;
mod text;
mod version;
mod window;
mod wire_tap;

pub use act::{Act, ActContext, BankRef, Callback, Effect, Method, Operation, Purpose, Target, Terms, ThreeDModel};
pub use address::{AddressRefusal, endpoint_url, page_url};
pub use compile::{COMMAND as COMPILE_COMMAND, CompileBounds, compile_child};
pub use driver::Transport;
pub use egress::{Egress, Resolve, roots};
pub use ending::{
    Approval, Browse, BrowserForm, Decline, Ending, FormField, FormMethod, Phase, Reason, Verdict, Worth,
};
pub use engine::Tuning;
pub use grant::{Beside, EndpointGrant, Grant, Wish};
pub use health::{ActPhase, BreakerState, PhaseStand, Sick};
pub use held::HeldCard;
pub use history::{HistoryLine, HistoryPage};
pub use installation::{Endpoint, Installation, Secret};
pub use journal::{Journal, JournalError, ReplyNote, SendIntent, Unwritten};
pub use judge::{CALLBACK_NOT_AUTHENTIC, LIST_TOO_LONG, NO_ANSWER};
pub use line::{Line, Lines};
pub use manifest::Manifest;
pub use plugins::{LoadError, Plugins, Refusal, Uncorrelated, VersionFared};
pub use prepare::OutRequest;
pub use registry::Candidate;
pub use scrub::redacted;
pub use step::{Response, TransportFailure};
pub use window::Fared;

/// A plugin version as the registry lists it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "optional interfaces, which vary on their own")]
pub struct PluginInfo {
    /// The manifest's id, for example `pos-nestpay`.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// SHA-256 of the component's bytes in lower-case hex: what a version *is*.
    pub digest: String,
    /// The manifest, read from the component without running it.
    pub manifest: std::sync::Arc<Manifest>,
    /// Whether the component exports the optional 3-D Secure interface.
    pub three_d_secure: bool,
    /// Whether the component exports the optional pre-authorization interface.
    pub preauth: bool,
    /// Whether the component exports the optional interface to the bank's own book.
    pub history: bool,
    /// Whether the component exports the optional interface about points.
    pub points: bool,
}

#[cfg(test)]
mod component_tests;
