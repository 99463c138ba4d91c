//! `PayFor`: QNB, Enpara and Ziraat Katılım. XML interface, 3-D post and the bank's own page.
//!
//! Written from recorded requests and answers of the real gateway and its list of codes.

mod api;
mod book;
mod callback;
mod gate;
pub mod hash;
mod hosted;
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
    Family { name: "payfor", routes, stores: store::stores, memory: Memory::of::<session::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/Gateway/XMLGate.aspx", post(api::handle))
        .route("/Gateway/Default.aspx", post(gate::enter))
        .route("/Gateway/3DHost.aspx", post(gate::enter_hosted))
        .route("/Gateway/card/{id}", get(hosted::show).post(hosted::submit))
        .route("/Gateway/3dreturn/{id}", get(way_back::finish::<session::Session>))
}
