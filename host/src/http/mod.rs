//! The only axum. One file per noun; what they share is in `extract`, `error`, `idempotency`, `page`.
//!
//! [`table`] is the whole API as rows; the router, the `OpenAPI` document and the authorization test are
//! made from it. [`api`] is the API alone, as the portal calls it in process; [`server`] is what listens.

pub mod alarm;
pub mod bank_transaction;
pub mod bin;
pub mod card;
pub mod check;
pub mod checkout;
pub mod customer;
pub mod dealer;
pub mod doubt;
pub mod draft;
pub mod edge;
pub mod error;
pub mod extract;
pub mod fields;
pub mod gate;
pub mod health;
pub mod home;
pub mod idempotency;
pub mod instalment_quote;
pub mod instalment_rule;
pub mod ledger;
pub mod openapi;
pub mod page;
pub mod pay;
pub mod payment;
pub mod plugin;
mod plugin_health;
pub mod plugin_run;
pub mod points;
pub mod pos_account;
pub mod proposal;
pub mod receivable;
pub mod refund;
pub mod replica;
pub mod route;
pub mod routing;
pub mod same_origin;
pub mod session;
pub mod statement;
pub mod text;
pub mod token;
pub mod view;
pub mod webhook;
pub mod webhook_delivery;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::any;

use crate::app::App;
use crate::limits;
use error::Error;
use route::{Endpoint, Table};

/// Every route of the API, one row each.
pub fn table() -> Table {
    let table = Table::default()
        .add(Endpoint::get("/healthz", "The process answers").anyone().reply::<String>(200), health::live)
        .add(Endpoint::get("/readyz", "Requests may come").anyone().reply::<String>(200), health::ready)
        .add(Endpoint::get("/metrics", "Figures for Prometheus").anyone().reply::<String>(200), health::metrics)
        .add(Endpoint::get("/openapi.json", "This document").anyone().reply::<serde_json::Value>(200), openapi::show);
    let nouns: &[fn(Table) -> Table] = &[
        session::routes,
        token::routes,
        dealer::routes,
        customer::routes,
        pos_account::routes,
        plugin::routes,
        plugin_run::routes,
        routing::routes,
        receivable::routes,
        instalment_quote::routes,
        instalment_rule::routes,
        bin::routes,
        checkout::routes,
        statement::routes,
        ledger::routes,
        payment::routes,
        bank_transaction::routes,
        draft::routes,
        points::routes,
        refund::routes,
        gate::routes,
        replica::routes,
        pay::routes,
        home::routes,
        doubt::routes,
        proposal::routes,
        alarm::routes,
        webhook::routes,
        webhook_delivery::routes,
    ];
    nouns.iter().fold(table, |table, routes| routes(table))
}

/// The API alone: the portal calls it in process, with the caller's own cookie.
pub fn api(app: &App) -> Router {
    table()
        .into_router()
        // The portal brings the fallback for pages; what is missing below /v1 is told as a problem.
        .route("/v1/{*rest}", any(|| async { Error::NotFound }))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES_MAX))
        .layer(from_fn(page::link))
        .layer(from_fn(error::render))
        .with_state(app.clone())
}

/// What listens: the API, the portal's pages, and the outer edge around both.
pub fn server(app: &App, portal: Router) -> Router {
    edge::around(app, api(app).merge(portal))
}

#[cfg(test)]
mod tests;
