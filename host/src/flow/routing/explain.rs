//! The dry run: which account a payment would go through, and why. Nothing is written, nobody is asked.

use vezne_api::{Channel, RoutingExplain};

use super::{Asked, Route, corrected, route, rule::whole_firm};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::amount::AMOUNT_MINOR_MAX;
use crate::domain::bin::BinFacts;
use crate::domain::id::{NodeId, PosAccountId};
use crate::domain::money::{Currency, Money};
use crate::domain::routing::{Explanation, Skip};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::instalment::{QuoteError, Sides, terms_for};
use crate::flow::sale::{Opening, ThreeD, Wish, attributes_of, model_at, not_opened};
use crate::flow::setup::Setup;
use crate::limits;

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
    let amount = amount_of(wanted)?;
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
    let mut setup = Setup::lately(app, ctx.tenant);
    whole_firm(&mut setup, ctx).await?;
    if !setup.path(node).await?.iter().any(|step| step.node_id == ctx.scope) {
        return Err(FlowError::invalid("/dealer", "not_found", "not in the caller's part of the tree"));
    }
    let card = setup.card(digits).await?;
    let instalments = wanted.instalments.unwrap_or(1).max(1);
    let terms = terms_for(&mut setup, Sides::of(ctx.tenant, node), amount, card.as_ref(), instalments, now_ms).await;
    let terms = terms.map_err(|error| match error {
        QuoteError::NotAvailable => FlowError::invalid("/instalments", "not_allowed", "not offered for this card"),
        other => other.into(),
    })?;
    let wish = wish_of(wanted.channel.unwrap_or_default(), !digits.is_empty(), terms.instalments);
    let asked = Asked {
        tenant: ctx.tenant,
        node,
        digits,
        card: card.as_ref(),
        terms: &terms,
        wanted: None,
        wish,
        now_ms,
        told_max: limits::ROUTING_TOLD_IN_DRY_RUN,
    };
    let route = route(app, &mut setup, &asked).await?;
    let explanation = opened(app, &mut setup, &asked, route).await?;
    Ok(Explained { explanation, card })
}

fn amount_of(wanted: &RoutingExplain) -> FlowResult<Money> {
    let currency = Currency::from_code(&wanted.currency);
    let currency = currency.ok_or_else(|| FlowError::invalid("/currency", "currency", "no such currency"))?;
    if !(1..=AMOUNT_MINOR_MAX).contains(&wanted.amount) {
        return Err(FlowError::invalid("/amount", "out_of_range", "above zero"));
    }
    Ok(Money::new(wanted.amount, currency))
}

/// How the payment would be made, as far as that is said.
fn wish_of(channel: Channel, has_bin: bool, instalments: u16) -> Option<Wish> {
    let at_browser = channel == Channel::Ecommerce;
    // A BIN says that we have the card; whose page takes it is open without one. Whoever takes an order has it.
    (has_bin || !at_browser).then_some(Wish { at_browser, ..wish_at_browser(true, instalments) })
}

fn wish_at_browser(has_card: bool, instalments: u16) -> Wish {
    let (three_d, in_parts) = (ThreeD::Automatic, instalments > 1);
    Wish { three_d, at_browser: true, has_card, holds: false, in_parts, points: false }
}

/// Leaves out of a route what a payment could not open now: the first account that it can is where it would go.
async fn opened(app: &App, setup: &mut Setup<'_>, asked: &Asked<'_>, route: Route) -> FlowResult<Explanation> {
    let Route { accounts, mut explanation } = route;
    let (mut first, mut left_out) = (None, Vec::new());
    for (account, _) in accounts {
        match not_opened_now(app, setup, asked, account).await? {
            None => first = first.or(Some(account)),
            Some(skip) => left_out.push((account, skip)),
        }
    }
    corrected(&mut explanation, &left_out, first);
    Ok(explanation)
}

/// Why an account could not be opened for the payment now; nothing where it could. As the sale's plan asks, but that no
/// secret is opened.
async fn not_opened_now(
    app: &App,
    setup: &mut Setup<'_>,
    asked: &Asked<'_>,
    account: PosAccountId,
) -> FlowResult<Option<Skip>> {
    let Some(account) = setup.account(account).await? else { return Ok(Some(Skip::NotReady)) };
    // Where nobody said whose page takes the card, it is the one that does here.
    let open = || wish_at_browser(!account.is_hosted(), asked.terms.instalments);
    let wish = asked.wish.unwrap_or_else(open);
    if let Some(skip) = wish.unfit(&account) {
        return Ok(Some(skip));
    }
    let Some(plugin) = app.plugins.active(asked.tenant, &account.plugin_id) else { return Ok(Some(Skip::NotReady)) };
    let Ok(config) = serde_json::from_str(&account.config) else { return Ok(Some(Skip::NotReady)) };
    let secrets = setup.secrets(account.pos_account_id).await?;
    let has_secret = |name: &str| secrets.contains(name);
    let (manifest, account) = (&plugin.manifest, &account);
    if let Err(error) = model_at(wish, &Opening { account, manifest, config: &config, has_secret: &has_secret }) {
        return Ok(Some(not_opened(&error)));
    }
    if account.names_sub_dealers() {
        return match attributes_of(setup.tx().await?, asked.tenant, asked.node, account, 0).await {
            Ok(_) => Ok(None),
            Err(FlowError::Store(error)) => Err(error.into()),
            Err(error) => Ok(Some(not_opened(&error))),
        };
    }
    Ok(None)
}
