//! Pure rules: no I/O, no async, no axum, sqlx or wasmtime.

pub mod named;
pub mod payment;
