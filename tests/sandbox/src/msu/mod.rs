//! Payten MSU (Paratika and others): one address, one form per action, JSON back.

mod answer;
mod api;
mod callback;
mod gate;
mod hash;
mod operation;
mod query;
mod rules;
mod session;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};
use crate::way_back;

/// The family.
pub const FAMILY: Family = Family { name: "msu", routes, stores: store::stores, memory: Memory::of::<session::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/msu/api/v2", post(api::handle))
        .route("/msu/api/v2/post/sale3d/{session}", post(gate::card_posted))
        .route("/msu/return/{session}", get(way_back::finish::<session::Session>))
}
