//! Akbank's own virtual POS: JSON signed as a whole, a gate for the payer's browser, reports that come packed.

mod answer;
mod api;
mod callback;
mod gate;
mod hosted;
mod operation;
mod plan;
mod query;
mod report;
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
pub const FAMILY: Family =
    Family { name: "akbank", routes, stores: store::stores, memory: Memory::of::<session::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/api/v1/payment/virtualpos/transaction/process", post(api::handle))
        .route("/api/v1/payment/virtualpos/portal/report/transaction", post(report::handle))
        .route("/securepay", post(gate::enter))
        .route("/payhosting", post(gate::enter_hosted))
        .route("/securepay/card/{id}", get(hosted::show).post(hosted::submit))
        .route("/securepay/return/{id}", get(way_back::finish::<session::Session>))
}
