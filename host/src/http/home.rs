//! The composite answer behind the portal's first page.

use axum::extract::State;
use vezne_api::{Home, Permission};

use super::error::Result;
use super::extract::Caller;
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::flow;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table.add(
        Endpoint::get("/v1/home", "What is owed, what was collected, what is in doubt")
            .needs(Permission::PaymentRead)
            .reply::<Home>(200),
        show,
    )
}

async fn show(State(app): State<App>, caller: Caller) -> Result<axum::Json<Home>> {
    Ok(axum::Json(flow::home::home(&app, &caller.ctx, caller.grants.has(Permission::DoubtRead)).await?))
}
