//! The connector's whole behaviour, without WebAssembly.

mod bank;
mod gate;
mod kit;
mod points;
mod property;
mod question;
mod write;
