//! What a pay page needs to know before a card is typed.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use vezne_api::{self as api, PartyKind, Permission};

use super::error::{Error, Result};
use super::extract::{Caller, Query};
use super::instalment_quote::{amount_of, matrix_view};
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::domain::party::Party;
use crate::flow::checkout::checkout;

/// Asks for `GET /v1/checkout`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckoutQuery {
    /// Minor units, above zero; absent while nobody has said it.
    #[serde(default)]
    pub amount: Option<i64>,
    /// ISO 4217 letters.
    pub currency: String,
    /// Whose books, `dlr_…`; follows from the payer, else the caller's own node.
    #[serde(default)]
    pub node: Option<String>,
    /// Who will pay, `dlr_…` or `cus_…`.
    #[serde(default)]
    pub payer: Option<String>,
    /// How the card's holder will take part.
    #[serde(default)]
    pub channel: api::Channel,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table.add(
        Endpoint::get("/v1/checkout", "Tells whose page takes the card, and what every programme offers")
            .needs(Permission::PaymentCreate)
            .query::<CheckoutQuery>()
            .reply::<api::Checkout>(200),
        show,
    )
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CheckoutQuery>,
) -> Result<axum::Json<api::Checkout>> {
    let amount = query.amount.map(|minor| amount_of(minor, &query.currency)).transpose()?;
    let node = query.node.as_deref().map(str::parse).transpose().map_err(|_| Error::field("/node", "not_found"))?;
    let payer = query.payer.as_deref().filter(|payer| !payer.is_empty());
    let payer = payer.map(str::parse).transpose().map_err(|_| Error::field("/payer", "not_found"))?;
    let at_browser = query.channel == api::Channel::Ecommerce;
    let known = checkout(&app, &caller.ctx, payer, node, amount, at_browser).await?;
    Ok(axum::Json(api::Checkout {
        payer: known.payer.and_then(|(party, name)| party_view(party, name)),
        card_at: if known.card_at_bank { api::CardAt::Bank } else { api::CardAt::Here },
        points: known.points,
        matrix: amount.zip(known.programmes).map(|(amount, programmes)| matrix_view(amount, programmes)),
    }))
}

fn party_view(party: Party, name: String) -> Option<api::Party> {
    let kind = match party {
        Party::Node(_) => PartyKind::Node,
        Party::Customer(_) => PartyKind::Customer,
        Party::PosAccount(_) | Party::Payer(_) => return None,
    };
    Some(api::Party { kind, id: party.to_string(), name })
}
