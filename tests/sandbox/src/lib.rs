//! Sandbox banks that speak the real protocols, keep their own book and misbehave on order.
//!
//! A test runs one in its own process with [`start`]; the binary `vezne-sandbox` runs one for a demonstration.
//! One module per family of banks (`nestpay`); the rest is shared by all.

mod acs;
mod admin;
mod bank;
mod book;
mod card;
mod client;
mod clock;
mod fault;
mod form;
mod http;
mod issuer;
pub mod nestpay;
mod page;
mod random;
mod requests;
mod store;

use axum::Router;

pub use bank::{Bank, Options};
pub use book::{Entry, Kind, OrderView, Secure};
pub use card::{CardFace, TestCard, test_cards};
pub use clock::{Clock, DAY_MS};
pub use fault::{Fault, FaultKind, Op};
pub use http::{Running, start};
pub use requests::Seen;
pub use store::{HashRule, Store, default_stores};

/// Every page of the bank.
pub fn router(bank: Bank) -> Router {
    Router::new().merge(nestpay::routes()).merge(acs::routes()).merge(admin::routes()).with_state(bank)
}
