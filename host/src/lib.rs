//! Vezne, the teller's window: the server with which a firm collects money from its dealers,
//! their sub-dealers and their customers.
//!
//! One direction: `http → flow → {domain, store, plugin}`; `domain` knows none of them.
//! See `ARCHITECTURE.md` at the root of the repository.

pub mod app;
pub mod bug;
pub mod cli;
pub mod config;
pub mod crash;
pub mod ctx;
pub mod domain;
pub mod flow;
pub mod http;
pub mod job;
pub mod limits;
pub mod observe;
pub mod plugin;
pub mod runtime;
pub mod security;
pub mod seed;
pub mod serve;
pub mod store;
