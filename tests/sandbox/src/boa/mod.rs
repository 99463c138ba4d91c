//! The BOA family: Kuveyt Türk (XML gate and SOAP service) and Vakıf Katılım (XML gate for everything).

mod ask;
mod contract;
mod gate;
mod home;
mod line;
mod operation;
mod service;
pub mod sign;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};
use crate::way_back;

/// The family.
pub const FAMILY: Family = Family { name: "boa", routes, stores: store::stores, memory: Memory::of::<gate::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/boa.virtualpos.services/Home/{op}", post(home::kuveyt))
        .route("/VirtualPOS.Gateway/Home/{op}", post(home::katilim))
        .route(
            "/BOA.Integration.WCFService/BOA.Integration.VirtualPos/VirtualPosService.svc/Basic",
            post(service::handle),
        )
        .route("/boa/acs/{id}", post(gate::visit_issuer))
        .route("/boa/return/{id}", get(way_back::finish::<gate::Session>))
}
