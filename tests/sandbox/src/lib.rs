//! Sandbox banks that speak the real protocols, keep their own book and misbehave on order.
//!
//! A test runs one in its own process with [`start`]; the binary `vezne-sandbox` runs one for a demonstration.
//! One module per family of banks, listed in [`FAMILIES`]; the rest is shared by all (README, "Add a family").

mod acs;
mod admin;
mod akbank;
mod bank;
pub mod boa;
mod book;
mod card;
mod ccpayment;
mod client;
mod clock;
pub mod desk;
mod family;
mod fault;
mod form;
pub mod garanti;
pub mod http;
pub mod interpos;
mod issuer;
#[cfg(test)]
mod merchant;
mod msu;
pub mod nestpay;
mod page;
pub mod param;
mod payflex;
pub mod payfor;
mod posnet;
mod posnet_v1;
mod random;
mod requests;
mod secret;
mod store;
mod tosla;
pub mod visit;
pub mod voucher;
mod way_back;
pub mod xml;

use axum::Router;

pub use bank::{Bank, Options};
pub use book::{Entry, Kind, OrderView, Secure};
pub use card::{CardFace, TestCard, test_cards};
pub use clock::{Clock, DAY_MS};
pub use family::{Family, Memory};
pub use fault::{Fault, FaultKind, Op};
pub use http::{Running, start};
pub use requests::Seen;
pub use store::{Account, Store};

/// Every family of banks: one line each.
pub const FAMILIES: &[Family] = &[
    garanti::FAMILY,
    nestpay::FAMILY,
    payfor::FAMILY,
    akbank::FAMILY,
    posnet::FAMILY,
    interpos::FAMILY,
    tosla::FAMILY,
    posnet_v1::FAMILY,
    boa::FAMILY,
    param::FAMILY,
    payflex::FAMILY,
    ccpayment::FAMILY,
    msu::FAMILY,
];

/// Every family's test stores.
pub fn default_stores() -> Vec<Store> {
    FAMILIES.iter().flat_map(|f| (f.stores)()).collect()
}

/// Every page of the bank.
pub fn router(bank: Bank) -> Router {
    let families = FAMILIES.iter().fold(Router::new(), |all, f| all.merge((f.routes)()));
    families.merge(acs::routes()).merge(admin::routes()).with_state(bank)
}
