//! What the points of a card are worth, before it is paid with.

use axum::body::Body;
use axum::extract::State;
use http::HeaderMap;
use vezne_api as api;
use vezne_api::Permission;

use super::card::CardBody;
use super::check::Checks;
use super::error::{Error, Result};
use super::extract::{Caller, address, parse, require_json};
use super::idempotency::collect;
use super::instalment_quote::amount_of;
use super::payment::three_d;
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::domain::money::Money;
use crate::flow::sale::{PointsRequest, points_ask};

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table.add(
        Endpoint::post("/v1/points", "Asks the bank what the points of a card are worth; nothing is kept")
            .needs(Permission::PaymentCreate)
            .body::<api::PointsAsk>()
            .reply::<api::Points>(200),
        ask,
    )
}

async fn ask(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<axum::Json<api::Points>> {
    require_json(&headers)?;
    // It holds a card, so it is read into memory that is wiped.
    let body: api::PointsAsk<CardBody> = parse(&collect(body).await?)?;
    let amount = amount_of(body.amount, &body.currency)?;
    let told = points_ask(&app, &caller.ctx, request_of(body, amount, &headers)?).await?;
    Ok(axum::Json(api::Points {
        points: api::PointsWorth {
            available: told.available.minor,
            currency: told.available.currency.code().to_owned(),
        },
        pos_account: api::PosAccountRef {
            id: told.account.pos_account_id.to_string(),
            name: told.account.name,
            bank: told.account.bank,
        },
    }))
}

fn request_of(body: api::PointsAsk<CardBody>, amount: Money, headers: &HeaderMap) -> Result<PointsRequest> {
    let mut checks = Checks::default();
    let node = checks.id_if_any("/node", body.node.as_deref());
    let payer = checks.party_if_any("/payer", body.payer.as_ref());
    let pos_account = checks.id_if_any("/pos_account", body.pos_account.as_deref());
    let card = body.card.checked(&mut checks);
    checks.done()?;
    // What is wrong with the card was said above.
    let card = card.ok_or_else(|| Error::field("/card", "malformed"))?;
    Ok(PointsRequest {
        node,
        payer,
        amount,
        card,
        three_d: three_d(body.three_d_secure),
        pos_account,
        payer_ip: Some(address(headers)).filter(|address| !address.is_empty()),
    })
}
