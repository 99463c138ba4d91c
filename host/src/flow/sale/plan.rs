//! What is decided before the first row: who may, how much, through which account.

use super::SaleRequest;
use super::attribute::attributes_of;
use super::debt::debt_checked;
use super::model::{Wish, model_of, not_opened};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::bin::BinFacts;
use crate::domain::card::Card;
use crate::domain::id::{AttemptId, NodeId, PosAccountId, TenantId};
use crate::domain::instalment::Terms;
use crate::domain::routing::Explanation;
use crate::flow::creditor::collector;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::instalment::{QuoteError, Sides, quote_take_in_tx, terms_single_in_tx};
use crate::flow::pos::{Pos, pos_open};
use crate::flow::routing::{Asked, Onward, Route, corrected, route};
use crate::flow::setup::Setup;
use crate::limits;
use crate::store::Tx;
use crate::store::bin::bin_look_up;
use crate::store::payment::CaptureMode;

/// What is charged, and why: frozen with the payment.
pub(super) struct Chosen {
    /// The quote it came from, 26 characters.
    pub quote_id: Option<String>,
    /// At the chosen account.
    pub terms: Terms,
}

/// The terms of the option that the payer took; of a single payment where none was taken.
async fn chosen(
    tx: &mut Tx,
    ctx: &Ctx,
    (node, request): (NodeId, &SaleRequest),
    card: Option<&BinFacts>,
    now_ms: i64,
) -> FlowResult<Chosen> {
    let amount = request.amount;
    let sides = Sides::between(ctx.tenant, node, request.payer);
    let Some(option) = request.instalment_option.as_deref() else {
        let terms = terms_single_in_tx(tx, sides, amount, card, now_ms).await?;
        return Ok(Chosen { quote_id: None, terms });
    };
    let digits = request.card.as_ref().map(|card| card.pan.bin(8));
    let (quote, terms) = quote_take_in_tx(tx, sides, option, amount, digits, now_ms).await?;
    Ok(Chosen { quote_id: Some(quote.to_text()), terms })
}

impl From<QuoteError> for FlowError {
    fn from(error: QuoteError) -> Self {
        let option = |code| Self::invalid("/instalment_option", code, error.to_string());
        match &error {
            QuoteError::Bin => Self::invalid("/bin", "malformed", error.to_string()),
            QuoteError::AmountNotAllowed { .. } => Self::invalid("/amount", "not_allowed", error.to_string()),
            QuoteError::NoSuchOption => option("unknown_option"),
            QuoteError::Expired => option("expired"),
            QuoteError::NotAvailable => option("not_available"),
            QuoteError::Store(_) => match error {
                QuoteError::Store(error) => Self::Store(error),
                other => Self::Internal(other.to_string()),
            },
        }
    }
}

/// Everything that is decided before the first row.
pub(super) struct Plan {
    /// Who collects.
    pub node: NodeId,
    /// The account, opened.
    pub pos: Pos,
    /// The attempt's 3-D model.
    pub model: String,
    /// What the connector is told beside the terms.
    pub attributes: String,
    /// What is charged.
    pub chosen: Chosen,
    /// What the table knows of the card.
    pub facts: Option<BinFacts>,
    /// Who chose the account and why.
    pub explanation: Explanation,
    /// Where to go on if nothing is processed there.
    pub onward: Onward,
}

/// Checks the request and decides what is charged, and where; the attempt's id decides whether it falls to a canary.
pub(super) async fn plan(
    app: &App,
    tx: &mut Tx,
    ctx: &Ctx,
    request: &SaleRequest,
    attempt: AttemptId,
) -> FlowResult<Plan> {
    if !request.amount.is_positive() {
        return Err(FlowError::invalid("/amount", "not_positive", "the amount must be above zero"));
    }
    points_checked(request)?;
    let node = collector(tx, ctx, request.payer, request.node).await?;
    debt_checked(tx, ctx, node, request).await?;
    check_card(app, request)?;
    let facts = match &request.card {
        Some(card) => bin_look_up(tx, ctx.tenant, card.pan.bin(8)).await?,
        None => None,
    };
    let now_ms = app.clock.now_ms();
    let chosen = chosen(tx, ctx, (node, request), facts.as_ref(), now_ms).await?;
    let wish = Wish {
        three_d: request.three_d,
        at_browser: request.entry == "ecommerce",
        has_card: request.card.is_some(),
        holds: request.capture == CaptureMode::Manual,
        in_parts: chosen.terms.instalments > 1,
        points: request.points_minor > 0,
    };
    let asked = Asked {
        tenant: ctx.tenant,
        node,
        digits: request.card.as_ref().map_or("", |card| card.pan.bin(8)),
        card: facts.as_ref(),
        terms: &chosen.terms,
        wanted: request.pos_account,
        wish: Some(wish),
        now_ms,
        told_max: limits::ROUTING_TOLD_WITH_PAYMENT,
    };
    let route = route(app, &mut Setup::in_tx(tx, ctx.tenant), &asked).await?;
    let opened = open_first(app, tx, (ctx.tenant, node, attempt), (wish, request.points_minor), route).await?;
    let Opened { pos, model, attributes, terms, explanation, onward } = opened;
    Ok(Plan { node, pos, model, attributes, chosen: Chosen { terms, ..chosen }, facts, explanation, onward })
}

/// The first account of a route that can be opened for a payment.
pub(super) struct Opened {
    pub pos: Pos,
    model: String,
    /// As a JSON list of pairs.
    pub attributes: String,
    /// At this account.
    pub terms: Terms,
    explanation: Explanation,
    onward: Onward,
}

/// Opens the first account of a route that can take the payment; where none can, tells why the first cannot.
pub(super) async fn open_first(
    app: &App,
    tx: &mut Tx,
    (tenant, node, attempt): (TenantId, NodeId, AttemptId),
    (wish, points_minor): (Wish, i64),
    route: Route,
) -> FlowResult<Opened> {
    let Route { accounts, mut explanation } = route;
    let (mut refused, mut left_out) = (None, Vec::new());
    let mut accounts = accounts.into_iter();
    for (account, terms) in accounts.by_ref() {
        match ready(app, tx, (tenant, node, attempt), (wish, points_minor), account).await {
            Ok((pos, model, attributes)) => {
                corrected(&mut explanation, &left_out, Some(account));
                let onward = Onward::new(accounts, wish, explanation.clone());
                return Ok(Opened { pos, model, attributes, terms, explanation, onward });
            }
            Err(FlowError::Store(error)) => return Err(error.into()),
            Err(error) => {
                left_out.push((account, not_opened(&error)));
                refused = refused.or(Some(error));
            }
        }
    }
    Err(refused.unwrap_or_else(|| {
        FlowError::conflict("no_pos_account", "no active POS account is there for this node and these terms")
    }))
}

/// An account opened for a payment, if its settings fit it and the bank can be told whose it is.
async fn ready(
    app: &App,
    tx: &mut Tx,
    (tenant, node, attempt): (TenantId, NodeId, AttemptId),
    (wish, points_minor): (Wish, i64),
    account: PosAccountId,
) -> FlowResult<(Pos, String, String)> {
    let pos = pos_open(app, tx, tenant, account, attempt).await?;
    let model = model_of(wish, &pos)?;
    let attributes = attributes_of(tx, tenant, node, &pos.account, points_minor).await?;
    Ok((pos, model, attributes))
}

/// Points are a part of what is settled, of a charge whose holder brings the card and that is taken at once.
pub(super) fn points_checked(request: &SaleRequest) -> FlowResult<()> {
    let refused = |code, detail: &str| Err(FlowError::invalid("/points_amount", code, detail));
    match request.points_minor {
        0 => Ok(()),
        minor if !(1..=request.amount.minor).contains(&minor) => {
            refused("out_of_range", "points pay at most the amount, and not less than nothing")
        }
        _ if request.capture == CaptureMode::Manual => refused("not_allowed", "nothing is held of points"),
        _ if request.entry != "ecommerce" => refused("not_allowed", "only the card's holder uses its points"),
        _ => Ok(()),
    }
}

fn check_card(app: &App, request: &SaleRequest) -> FlowResult<()> {
    let Some(card) = &request.card else { return Ok(()) };
    if request.entry == "ecommerce" && card.security_code.is_none() {
        return Err(FlowError::invalid("/card/security_code", "required", "the security code is missing"));
    }
    expiry_checked(app, card)
}

/// Refuses a card that has expired.
pub(super) fn expiry_checked(app: &App, card: &Card) -> FlowResult<()> {
    let today = crate::flow::books::day_of(app.clock.now_ms());
    let (year, month) = (u16::try_from(today.year()).unwrap_or(0), u8::try_from(today.month()).unwrap_or(1));
    if card.expiry.is_past(year, month) {
        return Err(FlowError::invalid("/card/expiry_month", "expired", "the card has expired"));
    }
    Ok(())
}
