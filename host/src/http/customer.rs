//! Who owes a node money and is not itself a node.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vezne_api::{Customer, CustomerCreate, Page, Permission};

use super::check::Checks;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::page::{Listed, Window};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::domain::id::{CustomerId, NodeId};
use crate::domain::party::Party;
use crate::flow::home::sums;
use crate::store::audit::audit_insert;
use crate::store::customer::{self as store, CustomerFilter, customer_fetch, customer_insert, customer_list};
use crate::store::home::owes;
use crate::store::node::node_fetch;

/// Narrows `GET /v1/customers`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerQuery {
    /// Words in name, code or e-mail.
    #[serde(default)]
    pub q: Option<String>,
    /// Only customers of this very node.
    #[serde(default)]
    pub node: Option<String>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/customers", "Lists customers, newest first")
                .needs(Permission::CustomerRead)
                .query::<CustomerQuery>()
                .reply::<Page<Customer>>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/customers", "Adds a customer")
                .needs(Permission::CustomerCreate)
                .body::<CustomerCreate>()
                .reply::<Customer>(201),
            create,
        )
        .add(
            Endpoint::get("/v1/customers/{id}", "Shows a customer")
                .needs(Permission::CustomerRead)
                .reply::<Customer>(200),
            show,
        )
}

async fn list(State(app): State<App>, caller: Caller, Query(query): Query<CustomerQuery>) -> Result<Listed<Customer>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "customers", query.limit, query.cursor.as_deref())?;
    let filter = CustomerFilter {
        node: query.node.as_deref().map(str::parse).transpose().map_err(|_| Error::NotFound)?,
        words: query.q,
        before: window.forward().map(str::to_owned),
        after: window.backward().map(str::to_owned),
        limit: window.fetch_limit(),
    };
    let mut tx = app.db.read().await?;
    let rows = customer_list(&mut tx, caller.ctx.tenant, caller.ctx.scope, &filter).await?;
    let livemode = !app.config.sandbox;
    let page = window.page(prints, rows, |row| row.customer_id.to_text(), |row| customer_view(row, livemode));
    Ok(Listed(page))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<Customer>> {
    let id: CustomerId = id.parse().map_err(|_| Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let row = customer_fetch(&mut tx, caller.ctx.tenant, caller.ctx.scope, id).await?.ok_or(Error::NotFound)?;
    let debts = owes(&mut tx, caller.ctx.tenant, row.node_id, Party::Customer(id)).await?;
    let mut customer = customer_view(row, !app.config.sandbox);
    customer.owes = sums(debts);
    Ok(axum::Json(customer))
}

async fn create(State(app): State<App>, caller: Caller, Json(body): Json<CustomerCreate>) -> Result<Response> {
    let ctx = &caller.ctx;
    let mut checks = Checks::default();
    let name = checks.text("/name", &body.name, 200);
    let code = checks.text("/code", &body.code, 50);
    let email = checks.email_if_any("/email", body.email.as_deref());
    let phone = checks.phone_if_any("/phone", body.phone.as_deref());
    let tax_no = checks.tax_no_if_any("/tax_no", body.tax_no.as_deref());
    checks.done()?;
    let node_id: NodeId = match body.node.as_deref() {
        None => ctx.scope,
        Some(text) => text.parse().map_err(|_| Error::field("/node", "not_found"))?,
    };
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let node = node_fetch(&mut tx, ctx.tenant, ctx.scope, node_id).await?;
    let node = node.ok_or_else(|| Error::field("/node", "not_found"))?;
    let row = store::Customer {
        tenant_id: ctx.tenant,
        customer_id: CustomerId::at(now_ms),
        node_id,
        node_name: node.node.name,
        name,
        code,
        tax_no,
        email,
        phone,
        created_at_ms: now_ms,
    };
    if !customer_insert(&mut tx, &row).await? {
        return Err(Error::Conflict { code: "code_taken", detail: row.code });
    }
    let detail = json!({"name": row.name, "code": row.code, "node": row.node_id.to_string()});
    audit_insert(&mut tx, ctx, "customer.created", &row.customer_id.to_string(), &detail).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(customer_view(row, !app.config.sandbox))).into_response())
}

fn customer_view(row: store::Customer, livemode: bool) -> Customer {
    Customer {
        id: row.customer_id.to_string(),
        livemode,
        node: view::node_ref(row.node_id, &row.node_name),
        name: row.name,
        code: row.code,
        tax_no: row.tax_no,
        email: row.email,
        phone: row.phone,
        owes: Vec::new(),
        created_at: view::instant(row.created_at_ms),
    }
}
