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
use crate::flow::routing::{Asked, route_in_tx};
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
    let route = route_in_tx(app, &mut tx, &asked).await?;
    let card_at_bank = match route.accounts.first() {
        // Whoever types a card for its holder sits at no page of the bank.
        _ if !at_browser => false,
        // Nobody chose: we take the card where one of the accounts lets us, and route by its digits then.
        Some(_) if route.explanation.by == By::Nearest => {
            pos_account_usable(&mut tx, ctx.tenant, node).await?.iter().all(PosAccount::is_hosted)
        }
        Some((account, _)) => {
            pos_account_fetch(&mut tx, ctx.tenant, *account).await?.is_some_and(|row| row.is_hosted())
        }
        None => false,
    };
    let programmes = match amount.filter(|_| !card_at_bank) {
        None => None,
        Some(amount) => match matrix(&mut tx, sides, amount, now_ms).await {
            Ok(programmes) => Some(programmes),
            Err(QuoteError::AmountNotAllowed { .. }) => None,
            Err(other) => return Err(FlowError::from(other)),
        },
    };
    Ok(Checkout { payer: payer.zip(name), card_at_bank, programmes })
}

async fn name_of(tx: &mut Tx, ctx: &Ctx, payer: Party) -> FlowResult<Option<String>> {
    Ok(match payer {
        Party::Node(id) => node_fetch(tx, ctx.tenant, ctx.scope, id).await?.map(|row| row.node.name),
        Party::Customer(id) => customer_fetch(tx, ctx.tenant, ctx.scope, id).await?.map(|row| row.name),
        Party::PosAccount(_) | Party::Payer(_) => None,
    })
}
