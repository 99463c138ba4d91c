//! The dry run: which account a payment would go through, and why. Nothing is written, nobody is asked.

use vezne_api::RoutingExplain;

use super::{Asked, route_in_tx, rule::firm_only};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::amount::AMOUNT_MINOR_MAX;
use crate::domain::bin::BinFacts;
use crate::domain::id::NodeId;
use crate::domain::money::{Currency, Money};
use crate::domain::routing::Explanation;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::instalment::{QuoteError, Sides, terms_for_in_tx};
use crate::flow::sale::{ThreeD, Wish};
use crate::limits;
use crate::store::bin::bin_look_up;
use crate::store::node::node_is_below;

/// What a dry run tells.
#[derive(Debug)]
pub struct Explained {
    /// Where the payment would go, and why.
    pub explanation: Explanation,
    /// What is known of the card.
    pub card: Option<BinFacts>,
}

/// Explains where a payment would go.
pub async fn routing_explain(app: &App, ctx: &Ctx, wanted: &RoutingExplain) -> FlowResult<Explained> {
    let currency = Currency::from_code(&wanted.currency);
    let currency = currency.ok_or_else(|| FlowError::invalid("/currency", "currency", "no such currency"))?;
    if !(1..=AMOUNT_MINOR_MAX).contains(&wanted.amount) {
        return Err(FlowError::invalid("/amount", "out_of_range", "above zero"));
    }
    let digits = wanted.bin.as_deref().unwrap_or_default();
    if !digits.is_empty() && (!(6..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(FlowError::invalid("/bin", "malformed", "six to eight digits"));
    }
    let now_ms = match wanted.at.as_deref() {
        None => ctx.clock.now_ms(),
        Some(text) => text
            .parse::<jiff::Timestamp>()
            .map_err(|_| FlowError::invalid("/at", "malformed", "not an instant"))?
            .as_millisecond(),
    };
    let node: NodeId = match wanted.dealer.as_deref() {
        None => ctx.scope,
        Some(text) => text.parse().map_err(|_| FlowError::invalid("/dealer", "not_found", "not an id"))?,
    };
    let mut tx = app.db.read().await?;
    firm_only(&mut tx, ctx).await?;
    if !node_is_below(&mut tx, ctx.tenant, ctx.scope, node).await? {
        return Err(FlowError::invalid("/dealer", "not_found", "not in the caller's part of the tree"));
    }
    let card = bin_look_up(&mut tx, ctx.tenant, digits).await?;
    let instalments = wanted.instalments.unwrap_or(1).max(1);
    let amount = Money::new(wanted.amount, currency);
    let terms = terms_for_in_tx(&mut tx, Sides::of(ctx.tenant, node), amount, card.as_ref(), instalments, now_ms).await;
    let terms = terms.map_err(|error| match error {
        QuoteError::NotAvailable => FlowError::invalid("/instalments", "not_allowed", "not offered for this card"),
        other => other.into(),
    })?;
    let asked = Asked {
        tenant: ctx.tenant,
        node,
        digits,
        card: card.as_ref(),
        terms: &terms,
        wanted: None,
        // A BIN says that we have the card; whose page takes it is open without one.
        wish: (!digits.is_empty()).then_some(Wish {
            three_d: ThreeD::Automatic,
            at_browser: true,
            has_card: true,
            holds: false,
            in_parts: terms.instalments > 1,
        }),
        now_ms,
        told_max: limits::ROUTING_TOLD_IN_DRY_RUN,
    };
    let explanation = route_in_tx(app, &mut tx, &asked).await?.explanation;
    Ok(Explained { explanation, card })
}
