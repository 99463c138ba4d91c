//! What an author of a Vezne connector writes against.
//!
//! A connector never does I/O. It is asked for an operation and answers with a [`Step`]: send this
//! request, show this form to the payer, or done. The host performs the step and calls
//! [`Payments::resume`]. Card data and secrets are [`Sealed`] values: they can be joined, hashed,
//! encrypted and placed, never read.
//!
//! The same code is a component on `wasm32-unknown-unknown` and an ordinary crate everywhere else,
//! where `native` stands in for the host, so `cargo test` needs no WebAssembly at all.
//! `docs/plugin-authors.md` walks through a connector from nothing.

pub mod amount;
pub mod answer;
pub mod body;
pub mod callback;
pub mod charset;
pub mod connector;
pub mod decline;
pub mod history;
pub mod host;
pub mod html;
pub mod istanbul;
pub mod json;
pub mod one_call;
pub mod packed;
pub mod points;
pub mod state;
pub mod step;
pub mod turkish;
pub mod value;
pub mod words;
pub mod xml;

#[doc(hidden)]
#[expect(clippy::same_length_and_capacity, reason = "generated code")]
pub mod bindings;

#[cfg(target_arch = "wasm32")]
mod allocator;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;

/// The host's own interfaces: imports in a component, stand-ins in a native test.
pub(crate) mod interface {
    #[cfg(target_arch = "wasm32")]
    pub use crate::bindings::vezne::host::{card, clock, config, entropy, log, sealed};
    #[cfg(not(target_arch = "wasm32"))]
    pub use crate::native::{card, clock, config, entropy, log, sealed};
}

pub use bindings::vezne::pos::common::{
    Approval, BankRef, Browse, BrowserAction, BrowserForm, Context, Decline, Effect, Outcome, Purpose, Reply, Send,
    Stated, Step, Target, Terms,
};
pub use bindings::vezne::types::fault::Fault;
pub use bindings::vezne::types::money::Money;
pub use bindings::vezne::types::wire::{
    Callback, Field, HttpRequest, HttpResponse, Method, Part, TransportFailure, TransportPhase,
};
pub use connector::{History, Payments, Points, Preauth, ThreeDSecure};
pub use interface::card::{Card, ExpiryForm};
pub use interface::sealed::{Charset as SealedCharset, CipherAlg, DigestAlg, Escape, Sealed, TextForm};
