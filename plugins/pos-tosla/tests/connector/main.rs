//! The connector as the host drives it, natively.

mod bank;
mod gate;
mod history;
mod kit;
mod manifest;
mod property;
mod question;
mod write;
