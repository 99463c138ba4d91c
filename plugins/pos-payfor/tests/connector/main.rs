//! The connector's whole behaviour, without WebAssembly.

mod bank;
mod gate;
mod property;
mod question;
mod write;
