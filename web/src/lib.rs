//! The portal: a client of the public API that renders pages.
//!
//! Pages are Leptos views rendered to a string per request by plain axum handlers. There is nothing to hydrate: every
//! page works before a script arrives, forms are plain `POST` answered with a redirect, and the pay page's one script
//! only makes it quicker to use.
//!
//! [`router`] gives the pages. The host merges it with its own routes; it brings the fallback for unknown paths, so
//! the routes it is merged with must not set one of their own.

#![warn(missing_docs)]

pub mod api;
pub mod asset;
mod export;
pub mod format;
mod layer;
pub mod page;
pub mod part;
pub mod pdf;
pub mod shell;
pub mod text;
mod upload;
pub mod visit;
pub mod words;

use std::sync::Arc;

use axum::{Router, middleware, routing::get};
use jiff::Timestamp;
use tower_http::compression::CompressionLayer;

pub use page::pay::field as pay_field;

/// What the portal is told by the host.
#[derive(Clone)]
pub struct Options {
    /// Served over TLS: cookies get `Secure`.
    pub secure: bool,
    /// The clock; simulated in tests.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The firm's colour, 0–359; ours where absent.
    pub hue: Option<u16>,
    /// A telephone number for help, shown at the same place on every page.
    pub help_phone: Option<String>,
}

/// The portal's state: the API, the files and the options. Cheap to clone.
#[derive(Clone)]
pub struct Portal(Arc<Inner>);

struct Inner {
    api: api::Api,
    assets: asset::Assets,
    options: Options,
}

impl Portal {
    /// The API.
    pub fn api(&self) -> &api::Api {
        &self.0.api
    }
    /// The static files.
    pub fn assets(&self) -> &asset::Assets {
        &self.0.assets
    }
    /// What the host told.
    pub fn options(&self) -> &Options {
        &self.0.options
    }
}

/// The pages of the portal over the given API router.
pub fn router(api: Router, options: Options) -> Router {
    let assets = asset::Assets::new(options.hue);
    let portal = Portal(Arc::new(Inner { api: api::Api::new(api), assets, options }));
    page::routes()
        .layer(middleware::from_fn_with_state(portal.clone(), layer::around))
        .route("/assets/{hash}/{name}", get(asset::serve))
        .layer(CompressionLayer::new())
        .with_state(portal)
}
