//! What a pay page needs to know before a card is typed: who pays, whose page takes the card, what may be offered.

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::NodeId;
use crate::domain::instalment::Terms;
use crate::domain::money::{Currency, Money};
use crate::domain::party::Party;
use crate::domain::routing::By;
use crate::flow::creditor::collector;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::instalment::{ProgrammeOffers, QuoteError, Sides, matrix, terms_single_in_tx};
use crate::flow::routing::{Asked, Route, route};
use crate::flow::sale::points_at;
use crate::flow::setup::Setup;
use crate::store::Tx;
use crate::store::customer::customer_fetch;
use crate::store::node::node_fetch;
use crate::store::pos_account::{PosAccount, pos_account_fetch, pos_account_usable};

/// What is known without a card.
#[derive(Debug)]
pub struct Checkout {
    /// Who pays, named.
    pub payer: Option<(Party, String)>,
    /// The bank's own page takes the card.
    pub card_at_bank: bool,
    /// Points of a card that is typed here can be asked for and used.
    pub points: bool,
    /// What every programme offers, where there is an amount that may be paid and we take the card.
    pub programmes: Option<Vec<ProgrammeOffers>>,
}

/// Looks where a payment of an amount would go without asking for its card first. Nothing is promised: the payment
/// itself is routed when it comes, among the accounts that fit whether it brings a card. Without a payer at the browser
/// it is a mail order.
pub async fn checkout(
    app: &App,
    ctx: &Ctx,
    payer: Option<Party>,
    node: Option<NodeId>,
    amount: Option<Money>,
    at_browser: bool,
) -> FlowResult<Checkout> {
    let mut tx = app.db.read().await?;
    let node = collector(&mut tx, ctx, payer, node).await?;
    let sides = Sides::between(ctx.tenant, node, payer);
    let name = match payer {
        Some(payer) => name_of(&mut tx, ctx, payer).await?,
        None => None,
    };
    let now_ms = app.clock.now_ms();
    let sum = amount.unwrap_or(Money::new(1, Currency::TRY));
    let terms = match terms_single_in_tx(&mut tx, sides, sum, None, now_ms).await {
        Ok(terms) => terms,
        // It is refused when it is paid; until then the page is as for any other.
        Err(QuoteError::AmountNotAllowed { .. }) => Terms::single(sum),
        Err(other) => return Err(other.into()),
    };
    let asked = Asked {
        tenant: ctx.tenant,
        node,
        digits: "",
        card: None,
        terms: &terms,
        wanted: None,
        wish: None,
        now_ms,
        told_max: 0,
    };
    let route = route(app, &mut Setup::in_tx(&mut tx, ctx.tenant), &asked).await?;
    let accounts = accounts_of(&mut tx, ctx, node, &route).await?;
    // Nobody chose: we take the card where one of the accounts lets us, and route by its digits then.
    let hosted = match route.explanation.by {
        By::Nearest => !accounts.is_empty() && accounts.iter().all(PosAccount::is_hosted),
        _ => accounts.first().is_some_and(PosAccount::is_hosted),
    };
    // Whoever types a card for its holder sits at no page of the bank, and uses none of its points.
    let card_at_bank = at_browser && hosted;
    let takes_points = |account: &PosAccount| {
        app.plugins.active(ctx.tenant, &account.plugin_id).is_some_and(|plugin| points_at(account, &plugin))
    };
    let points = at_browser && !card_at_bank && accounts.iter().any(takes_points);
    let programmes = match amount.filter(|_| !card_at_bank) {
        None => None,
        Some(amount) => match matrix(&mut tx, sides, amount, now_ms).await {
            Ok(programmes) => Some(programmes),
            Err(QuoteError::AmountNotAllowed { .. }) => None,
            Err(other) => return Err(FlowError::from(other)),
        },
    };
    Ok(Checkout { payer: payer.zip(name), card_at_bank, points, programmes })
}

/// The accounts that a payment may go through, as far as that is known without its card; none where no route is.
async fn accounts_of(tx: &mut Tx, ctx: &Ctx, node: NodeId, route: &Route) -> FlowResult<Vec<PosAccount>> {
    if route.accounts.is_empty() {
        return Ok(Vec::new());
    }
    if route.explanation.by == By::Nearest {
        return Ok(pos_account_usable(tx, ctx.tenant, node).await?);
    }
    let mut accounts = Vec::with_capacity(route.accounts.len());
    for (account, _) in &route.accounts {
        accounts.extend(pos_account_fetch(tx, ctx.tenant, *account).await?);
    }
    Ok(accounts)
}

async fn name_of(tx: &mut Tx, ctx: &Ctx, payer: Party) -> FlowResult<Option<String>> {
    Ok(match payer {
        Party::Node(id) => node_fetch(tx, ctx.tenant, ctx.scope, id).await?.map(|row| row.node.name),
        Party::Customer(id) => customer_fetch(tx, ctx.tenant, ctx.scope, id).await?.map(|row| row.name),
        Party::PosAccount(_) | Party::Payer(_) => None,
    })
}
