//! Tosla (AKÖde): JSON, a hash that is used once, and a gate that always charges, in a session opened beforehand.

mod answer;
mod api;
mod callback;
mod gate;
mod operation;
mod query;
mod rules;
mod session;
mod sign;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};
use crate::way_back;

/// The family.
pub const FAMILY: Family = Family { name: "tosla", routes, stores: store::stores, memory: Memory::of::<session::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/api/Payment/{action}", post(api::handle))
        .route("/api/Payment/ProcessCardForm", post(gate::card_posted))
        .route("/api/Payment/threeDSecure/{session}", get(gate::show).post(gate::card_typed))
        .route("/api/Payment/return/{session}", get(way_back::finish::<session::Session>))
}
