//! Pure rules: no I/O, no async, no axum, sqlx or wasmtime.

pub mod card;
pub mod id;
pub mod money;
pub mod named;
pub mod payment;
