//! Garanti BBVA's GVP, API version 512: the XML interface, the 3-D gate and the bank's own payment page.
//!
//! Written from the bank's developer pages, its PHP samples and recorded answers. What none of them tells (reason
//! codes of some refusals, the word for a voided order) is this bank's own and marked so where it is written.

mod answer;
mod api;
mod callback;
mod gate;
pub mod hash;
mod hosted;
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
pub const FAMILY: Family =
    Family { name: "garanti", routes, stores: store::stores, memory: Memory::of::<session::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/VPServlet", post(api::handle))
        .route("/servlet/gt3dengine", post(gate::enter))
        .route("/servlet/oos/{id}", get(hosted::show).post(hosted::submit))
        .route("/servlet/3dreturn/{id}", get(way_back::finish::<session::Session>))
}
