//! The connector against answers of the bank, in plain Rust.

mod bank;
mod gate;
mod give_back;
mod property;
mod question;
mod write;
