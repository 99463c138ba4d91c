//! The table of the API: one row per method and path says who may come in, what goes in and what comes out.
//!
//! Router, `OpenAPI` document and the authorization test are all made from it, so none can forget a route.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, on};
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use vezne_api::Permission;

use super::fields::{self, Known};
use crate::app::App;

/// Who may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody: sign-in, health, the bank's callbacks.
    Anyone,
    /// Anybody of a firm, person or program.
    SignedIn,
    /// Who holds this somewhere in its part of the tree.
    Needs(Permission),
}

/// Makes the schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Method.
    pub method: Method,
    /// Path with parameters: `/v1/dealers/{id}`.
    pub path: &'static str,
    /// Who may come in.
    pub access: Access,
    /// One line for the document.
    pub summary: &'static str,
    /// Whether an `Idempotency-Key` is required.
    pub idempotent: bool,
    /// Whether it changes something under `If-Match`.
    pub conditional: bool,
    /// The body, where one is read.
    pub body: Option<SchemaOf>,
    /// The query, where one is read.
    pub query: Option<SchemaOf>,
    /// The answer of success.
    pub reply: (u16, Option<SchemaOf>),
}

impl Endpoint {
    /// A row; signed in unless said otherwise.
    pub fn new(method: Method, path: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            access: Access::SignedIn,
            summary,
            idempotent: false,
            conditional: false,
            body: None,
            query: None,
            reply: (204, None),
        }
    }

    /// `GET`.
    pub fn get(path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, path, summary)
    }

    /// `POST`.
    pub fn post(path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, path, summary)
    }

    /// `PATCH`.
    pub fn patch(path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PATCH, path, summary)
    }

    /// `DELETE`.
    pub fn delete(path: &'static str, summary: &'static str) -> Self {
        Self::new(Method::DELETE, path, summary)
    }

    /// Open to anybody.
    pub fn anyone(mut self) -> Self {
        self.access = Access::Anyone;
        self
    }

    /// Open to who holds the permission.
    pub fn needs(mut self, action: Permission) -> Self {
        self.access = Access::Needs(action);
        self
    }

    /// Moves money: an `Idempotency-Key` is required.
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Changes a version: `If-Match` is read.
    pub fn conditional(mut self) -> Self {
        self.conditional = true;
        self
    }

    /// What is read from the body.
    pub fn body<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// What is read from the query.
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.query = Some(T::json_schema);
        self
    }

    /// What is answered on success.
    pub fn reply<T: JsonSchema>(mut self, status: u16) -> Self {
        self.reply = (status, Some(SchemaGenerator::subschema_for::<T>));
        self
    }

    /// The fields that a reader may choose among; nothing where there is nothing to choose.
    pub fn fields(&self) -> Option<Arc<Known>> {
        let reply = self.reply.1.filter(|_| self.method == Method::GET)?;
        Known::of(reply)
    }

    /// Answered on success without a body of JSON.
    pub fn reply_empty(mut self, status: u16) -> Self {
        self.reply = (status, None);
        self
    }
}

/// The table and the router made from it.
#[derive(Default)]
pub struct Table {
    router: Router<App>,
    endpoints: Vec<Endpoint>,
}

impl Table {
    /// Adds a row with its handler.
    ///
    /// # Panics
    /// At start, for a method that no router knows.
    #[expect(clippy::expect_used, reason = "fails when the program starts, in every test")]
    pub fn add<H, T>(mut self, endpoint: Endpoint, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(endpoint.method.clone()).expect("a known method");
        let mut route = on(filter, handler).layer(axum::Extension(endpoint.access));
        if let Some(known) = endpoint.fields() {
            route = route.layer(from_fn_with_state(known, fields::only));
        }
        self.router = self.router.route(endpoint.path, route);
        self.endpoints.push(endpoint);
        self
    }

    /// The rows.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The router.
    pub fn into_router(self) -> Router<App> {
        self.router
    }
}
