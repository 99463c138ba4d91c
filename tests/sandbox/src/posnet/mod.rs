//! Yapı Kredi's PosNet: one XML service for everything, and a 3-D page that carries sealed packets.
//!
//! From the bank's PosNet XML document v2.1.1.3 as restated in the design's `banks-detail.md` §1. What the bank does with
//! money and the codes it says it with ([`money`]) Albaraka shares.

mod answer;
mod api;
mod code;
mod gate;
mod inquiry;
mod mac;
pub(crate) mod money;
mod request;
mod store;
#[cfg(test)]
mod tests;
mod three_d;

use axum::Router;
use axum::routing::{get, post};

use crate::bank::Bank;
use crate::family::{Family, Memory};
use crate::way_back;

/// The family.
pub const FAMILY: Family =
    Family { name: "posnet", routes, stores: store::stores, memory: Memory::of::<three_d::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/PosnetWebService/XML", post(api::handle))
        .route("/3DSWebService/YKBPaymentService", post(gate::enter))
        .route("/3DSWebService/card/{id}", get(gate::card_page).post(gate::card_typed))
        .route("/3DSWebService/return/{id}", get(way_back::finish::<three_d::Session>))
}
