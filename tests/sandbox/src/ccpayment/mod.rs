//! CCPayment (Sipay and its sister brands): tokens, JSON, and a `hash_key` that is an encryption.

mod answer;
mod api;
mod callback;
mod gate;
mod hash;
mod operation;
mod rules;
mod session;
mod status;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};

/// The family.
pub const FAMILY: Family =
    Family { name: "ccpayment", routes, stores: store::stores, memory: Memory::of::<session::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/ccpayment/api/{action}", post(api::handle))
        .route("/ccpayment/api/paySmart3D", post(gate::card_posted))
        .route("/ccpayment/payment/complete", post(api::complete))
        .route("/ccpayment/return/{visit}", get(callback::finish))
}
