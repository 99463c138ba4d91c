//! Pure rules: no I/O, no async, no axum, sqlx or wasmtime.

pub mod alarm;
pub mod allocation;
pub mod amount;
pub mod bin;
pub mod books;
pub mod card;
pub mod decline;
pub mod doubt;
pub mod fold;
pub mod id;
pub mod instalment;
pub mod ledger;
pub mod locale;
pub mod money;
pub mod named;
pub mod party;
pub mod payment;
pub mod plugin;
pub mod proposal;
pub mod rate;
pub mod receivable;
pub mod routing;
pub mod split;
pub mod tree;
pub mod webhook;
pub mod words;
