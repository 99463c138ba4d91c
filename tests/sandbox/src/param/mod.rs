//! Param (`TurkPos`): SOAP operations in Turkish, a gate that authenticates or charges, and a hosted page.
//!
//! Written from Param's own pages for developers and the protocol card (`design/banks.md` §12).

mod api;
mod callback;
mod gate;
mod operation;
mod page;
mod rules;
mod soap;
mod status;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};
use crate::way_back;

/// The family.
pub const FAMILY: Family = Family { name: "param", routes, stores: store::stores, memory: Memory::of::<gate::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/turkpos.ws/service_turkpos_prod.asmx", post(api::handle))
        .route("/to.ws/Service_Odeme.asmx", post(api::handle_hosted))
        .route("/default.aspx", get(page::hosted))
        .route("/3D_Secure/AkilliKart_3DPay_PFO.aspx", get(page::gate))
        .route("/3D_Secure/challenge", post(page::challenge))
        .route("/3D_Secure/card/{id}", get(page::card).post(page::typed))
        .route("/3D_Secure/return/{id}", get(way_back::finish::<gate::Session>))
}
