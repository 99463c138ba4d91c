//! The connector as the host drives it, natively.

mod bank;
mod gate;
mod kit;
mod lines;
mod property;
mod question;
mod write;
