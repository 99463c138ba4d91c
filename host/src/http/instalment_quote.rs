//! What a payer may be offered: for a card's first digits, frozen; or for every programme, before a card is known.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use vezne_api::{
    Bearer as WireBearer, InstalmentMatrix, InstalmentOption, InstalmentQuote, InstalmentQuoteCreate, Permission,
};

use super::bin::bin_view;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Query};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::amount::AMOUNT_MINOR_MAX;
use crate::domain::instalment::Terms;
use crate::domain::money::{Currency, Money};
use crate::flow::creditor::collector;
use crate::flow::error::FlowError;
use crate::flow::instalment::{ProgrammeOffers, Sides, bearer_view, matrix, matrix_row_view, quote_make_in_tx};
use crate::store::Tx;
use crate::store::instalment::QuotedOffer;

/// Asks for `GET /v1/instalment_matrix`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatrixQuery {
    /// Minor units, above zero.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// Whose books, `dlr_…`; follows from the payer, else the caller's own node.
    #[serde(default)]
    pub node: Option<String>,
    /// Who will pay, `dlr_…` or `cus_…`.
    #[serde(default)]
    pub payer: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::post(
                "/v1/instalment_quotes",
                "Offers instalments for a card's first digits; without them the single payment",
            )
            .needs(Permission::PaymentCreate)
            .body::<InstalmentQuoteCreate>()
            .reply::<InstalmentQuote>(201),
            create,
        )
        .add(
            Endpoint::get("/v1/instalment_matrix", "What every programme offers for an amount")
                .needs(Permission::PaymentCreate)
                .query::<MatrixQuery>()
                .reply::<InstalmentMatrix>(200),
            show_matrix,
        )
}

async fn create(State(app): State<App>, caller: Caller, Json(body): Json<InstalmentQuoteCreate>) -> Result<Response> {
    let ctx = &caller.ctx;
    let amount = amount_of(body.amount, &body.currency)?;
    let mut tx = app.db.begin().await?;
    let sides = sides_of(&mut tx, ctx, body.node.as_deref(), body.payer.as_deref()).await?;
    let now_ms = app.clock.now_ms();
    let (quote, card) =
        quote_make_in_tx(&mut tx, sides, body.bin.as_deref(), amount, now_ms).await.map_err(FlowError::from)?;
    tx.commit().await?;
    let made = InstalmentQuote {
        id: quote.id.to_string(),
        bin: body.bin.is_some().then(|| bin_view(&quote.bin, card.as_ref())),
        amount: amount.minor,
        currency: amount.currency.code().to_owned(),
        options: quote.offers.iter().map(|offer| option_view(offer, amount.minor)).collect(),
        expires_at: view::instant(quote.expires_at_ms),
    };
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}

async fn show_matrix(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<MatrixQuery>,
) -> Result<axum::Json<InstalmentMatrix>> {
    let ctx = &caller.ctx;
    let amount = amount_of(query.amount, &query.currency)?;
    let mut tx = app.db.read().await?;
    let sides = sides_of(&mut tx, ctx, query.node.as_deref(), query.payer.as_deref()).await?;
    let rows = matrix(&mut tx, sides, amount, app.clock.now_ms()).await.map_err(FlowError::from)?;
    Ok(axum::Json(matrix_view(amount, rows)))
}

/// The table as the wire shows it.
pub(super) fn matrix_view(amount: Money, rows: Vec<ProgrammeOffers>) -> InstalmentMatrix {
    InstalmentMatrix {
        amount: amount.minor,
        currency: amount.currency.code().to_owned(),
        rows: rows.into_iter().map(matrix_row_view).collect(),
    }
}

/// An amount that may be quoted.
pub(super) fn amount_of(minor: i64, currency: &str) -> Result<Money> {
    let currency = Currency::from_code(currency).ok_or_else(|| Error::field("/currency", "currency"))?;
    if !(1..=AMOUNT_MINOR_MAX).contains(&minor) {
        return Err(Error::field("/amount", "out_of_range"));
    }
    Ok(Money::new(minor, currency))
}

/// Who would pay whom, as for a payment.
async fn sides_of(tx: &mut Tx, ctx: &Ctx, wanted: Option<&str>, payer: Option<&str>) -> Result<Sides> {
    let wanted = wanted.map(str::parse).transpose().map_err(|_| Error::field("/node", "not_found"))?;
    let payer = payer.map(str::parse).transpose().map_err(|_| Error::field("/payer", "not_found"))?;
    let node = collector(tx, ctx, payer, wanted).await?;
    Ok(Sides::between(ctx.tenant, node, payer))
}

fn option_view(offer: &QuotedOffer, amount: i64) -> InstalmentOption {
    let terms = offer.terms.as_ref();
    InstalmentOption {
        id: offer.option.clone(),
        instalments: u32::from(offer.instalments),
        available: terms.is_some(),
        unavailable_reason: offer.unavailable.map(|reason| reason.as_str().to_owned()),
        total: terms.map_or(amount, |terms| terms.charged.minor),
        difference: terms.map_or(0, Terms::difference),
        parts: terms.map(Terms::parts).unwrap_or_default(),
        bearer: terms.map_or(WireBearer::Payer, |terms| bearer_view(terms.bearer)),
        payer_rate: terms.map_or_else(|| "0".to_owned(), |terms| terms.payer_rate.to_string()),
    }
}
