//! Albaraka's PosNet V1: a JSON service with a method for each operation, every request signed, and a 3-D page that signs its
//! result.
//!
//! From the design's `banks.md` §4 and `banks-detail.md` §2. What the bank does with money, its rules and its codes are
//! PosNet's ([`crate::posnet::money`]).

mod answer;
mod api;
mod gate;
mod mac;
mod request;
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
    Family { name: "posnet_v1", routes, stores: store::stores, memory: Memory::of::<gate::Gate> };

fn routes() -> Router<Bank> {
    Router::new()
        .route("/ALBMerchantService/MerchantJSONAPI.svc/{method}", post(api::handle))
        .route("/ALBSecurePaymentUI/SecureProcess/SecureVerification.aspx", post(gate::enter))
        .route("/ALBSecurePaymentUI/card/{id}", get(gate::card_page).post(gate::card_typed))
        .route("/ALBSecurePaymentUI/return/{id}", get(way_back::finish::<gate::Session>))
}
