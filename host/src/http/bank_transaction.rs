//! What a bank's own book says, beside ours: of a payment's orders, and of a day at a POS account.

use axum::extract::State;
use http::HeaderMap;
use jiff::civil::Date;
use vezne_api::{BankDayQuery, BankTransactions, Permission};

use super::error::{Error, Result};
use super::extract::{Caller, Path, Query, address};
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::domain::id::{PaymentId, PosAccountId};
use crate::flow::bank_transaction::{bank_transactions_of_day, bank_transactions_of_payment};
use crate::flow::books::day_of;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get(
                "/v1/payments/{id}/bank_transactions",
                "Asks the bank for its own book of a payment's orders",
            )
            .needs(Permission::PosAccountRead)
            .reply::<BankTransactions>(200),
            of_payment,
        )
        .add(
            Endpoint::get("/v1/pos_accounts/{id}/bank_transactions", "Asks the bank for its own book of a day, whole")
                .needs(Permission::PosAccountRead)
                .query::<BankDayQuery>()
                .reply::<BankTransactions>(200),
            of_day,
        )
}

async fn of_payment(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<BankTransactions>> {
    caller.require(Permission::PaymentRead)?;
    let id: PaymentId = id.parse().map_err(|_| Error::NotFound)?;
    Ok(axum::Json(bank_transactions_of_payment(&app, &caller.ctx, id).await?))
}

async fn of_day(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<BankDayQuery>,
) -> Result<axum::Json<BankTransactions>> {
    let id: PosAccountId = id.parse().map_err(|_| Error::NotFound)?;
    let day: Date = query.day.parse().map_err(|_| Error::BadRequest("day_malformed"))?;
    if day > day_of(app.clock.now_ms()) {
        return Err(Error::BadRequest("day_to_come"));
    }
    let address = Some(address(&headers)).filter(|address| !address.is_empty());
    Ok(axum::Json(bank_transactions_of_day(&app, &caller.ctx, id, day, address).await?))
}
