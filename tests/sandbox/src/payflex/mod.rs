//! PayFlex (Vakıfbank's VPOS 7/24): charges and changes, the MPI with its way to the card's bank and back, the
//! bank's own page (common payment), and search.
//!
//! Written from the protocol card (`design/banks.md` §7, `banks-detail.md` §7) and the public recordings it names.

mod answer;
mod api;
mod common;
mod gate;
mod hosted;
mod mpi;
mod operation;
mod rules;
mod search;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};

/// The family.
pub const FAMILY: Family = Family { name: "payflex", routes, stores: store::stores, memory: Memory::of::<gate::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/VposService/v3/Vposreq.aspx", post(api::handle))
        .route("/virtualPos/Vposreq", post(api::handle))
        .route("/UIService/Search.aspx", post(search::handle))
        .route("/MPIAPI/MPI_Enrollment.aspx", post(mpi::enrol))
        .route("/threeDGateway/Enrollment", post(mpi::enrol))
        .route(mpi::ACS, post(mpi::to_issuer))
        .route(mpi::TERM, get(mpi::came_back))
        .route("/CommonPayment/api/RegisterTransaction", post(common::register))
        .route("/CommonPayment/api/VposTransaction", post(common::tell))
        .route("/CommonPayment/SecurePayment", get(hosted::arrive))
        .route("/CommonPayment/card/{token}", get(hosted::show).post(hosted::typed))
        .route("/CommonPayment/return/{token}", get(hosted::finish))
}
