//! Errands of the other servers on the same database; sealed, so there is nothing else to check.

use axum::extract::State;

use super::error::{Error, Result};
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::flow::replica::{PATH, errand};

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table.add(
        Endpoint::post(PATH, "An errand of another server of this installation").anyone().reply::<String>(200),
        take,
    )
}

async fn take(State(app): State<App>, sealed: String) -> Result<String> {
    errand(&app, &sealed).await.ok_or(Error::NotFound)
}
