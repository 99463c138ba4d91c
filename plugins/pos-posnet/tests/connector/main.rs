//! The connector against answers of the bank, in plain Rust.

mod bank;
mod gate;
mod give_back;
mod history;
mod kit;
mod points;
mod property;
mod question;
mod write;
