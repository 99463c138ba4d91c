//! The NestPay (Asseco-Payten) family: İş, Ziraat, Halk, TEB, Şeker, ING, Türkiye Finans, Anadolubank, Alternatif.

mod answer;
mod api;
mod callback;
mod gate;
pub mod hash;
mod hosted;
mod operation;
mod plan;
mod query;
mod rules;
mod session;
mod store;
#[cfg(test)]
mod tests;
mod vouch;
mod xml;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};
use crate::way_back;

/// The family.
pub const FAMILY: Family =
    Family { name: "nestpay", routes, stores: store::stores, memory: Memory::of::<session::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/fim/api", post(api::handle))
        .route("/fim/est3Dgate", post(gate::enter))
        .route("/fim/hosted/{id}", get(hosted::show).post(hosted::submit))
        .route("/fim/3dreturn/{id}", get(way_back::finish::<session::Session>))
}
