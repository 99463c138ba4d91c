//! The connector as the host drives it, natively.

mod bank;
mod gate;
mod page;
mod property;
mod question;
mod write;
