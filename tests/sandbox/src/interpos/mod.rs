//! Denizbank's `InterVPOS`: one address for API and 3-D gate, told apart by `SecureType`.
//!
//! Written from the protocol card (`design/banks.md` §10) and what public clients send and get. The bank's own
//! list of refusals is not public: where it is not known, the common two-digit codes stand in.

mod answer;
mod api;
mod callback;
mod gate;
mod hosted;
mod operation;
mod rules;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};
use crate::way_back;

/// The family.
pub const FAMILY: Family = Family { name: "interpos", routes, stores: store::stores, memory: Memory::of::<gate::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/mpi/Default.aspx", post(api::handle))
        .route("/mpi/3DHost.aspx", post(gate::enter_hosted))
        .route("/mpi/card/{id}", get(hosted::show).post(hosted::submit))
        .route("/mpi/3dreturn/{id}", get(way_back::finish::<gate::Session>))
}
