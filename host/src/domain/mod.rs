//! Pure rules: no I/O, no async, no axum, sqlx or wasmtime.

pub mod amount;
pub mod bin;
pub mod card;
pub mod id;
pub mod locale;
pub mod money;
pub mod named;
pub mod payment;
pub mod rate;
pub mod split;
pub mod words;
