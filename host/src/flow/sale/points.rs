//! What the points of a card are worth at the POS account that a payment with them would go through: a question to its
//! bank. No payment comes of it, and nothing of the card or the answer is kept. Its trail, a committed row before each
//! first byte (P3), is in the audit log.

use super::plan::{Opened, expiry_checked, open_first};
use super::{ThreeD, Wish, held, order_no};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::card::Card;
use crate::domain::id::{AttemptId, NodeId, PosAccountId};
use crate::domain::money::Money;
use crate::domain::party::Party;
use crate::flow::creditor::collector;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::instalment::{Sides, terms_single_in_tx};
use crate::flow::journal::Trail;
use crate::flow::routing::{Asked, route};
use crate::flow::run::act_until_ms;
use crate::flow::setup::Setup;
use crate::plugin::{Act, ActContext, Ending, Terms, Verdict};
use crate::store::bin::bin_look_up;
use crate::store::pos_account::PosAccount;

/// Whose points, for which payment. The card is wiped with it.
#[derive(Debug)]
pub struct PointsRequest {
    /// To whom the money will be owed, where the caller says so; it follows from the payer.
    pub node: Option<NodeId>,
    /// The node or customer that will pay, where it is known.
    pub payer: Option<Party>,
    /// What will be paid.
    pub amount: Money,
    /// Whose points are asked about.
    pub card: Card,
    /// Whether the payment will go through 3-D Secure.
    pub three_d: ThreeD,
    /// A certain POS account.
    pub pos_account: Option<PosAccountId>,
    /// As the edge saw it.
    pub payer_ip: Option<String>,
}

/// What the bank told.
#[derive(Debug)]
pub struct PointsTold {
    /// How much of an amount the points can pay.
    pub available: Money,
    /// Where.
    pub account: PosAccount,
}

/// Asks the bank of the account where a payment that uses points would go.
pub async fn points_ask(app: &App, ctx: &Ctx, request: PointsRequest) -> FlowResult<PointsTold> {
    expiry_checked(app, &request.card)?;
    let attempt = AttemptId::at(app.clock.now_ms());
    let (opened, card) = opened(app, ctx, &request, attempt).await?;
    let Opened { pos, attributes, terms, .. } = opened;
    if !pos.plugin.points {
        let sentence = format!("{} cannot be asked for the points of a card", pos.plugin.id);
        return Err(FlowError::conflict("points_unsupported", sentence));
    }
    let context = ActContext {
        attempt_id: attempt.to_text(),
        order_id: order_no(attempt),
        callback_url: pos.callback_url(app),
        payer_ip: request.payer_ip.clone(),
        payer_email: None,
        locale: ctx.locale.tag().to_owned(),
        attributes: serde_json::from_str(&attributes).unwrap_or_default(),
        clock: app.clock.clone(),
    };
    let asked = terms.charged;
    let act = Act::Points {
        terms: Terms { amount: asked, installments: 1, entry: "ecommerce".to_owned(), description: None },
    };
    let trail = Trail { app, ctx, account: pos.account.pos_account_id, act: "points.asked" };
    let until_ms = act_until_ms(app, None);
    let ending = app.plugins.drive(&pos.installation, &context, act, Some(&card), &trail, until_ms).await;
    match ending {
        Ending::Told(worth) => {
            Ok(PointsTold { available: Money::new(worth.minor, asked.currency), account: pos.account })
        }
        ending => Err(untold(ending.into_verdict())),
    }
}

/// The account that a payment with points would go through, and the card as its connector may have it.
async fn opened(
    app: &App,
    ctx: &Ctx,
    request: &PointsRequest,
    attempt: AttemptId,
) -> FlowResult<(Opened, std::sync::Arc<crate::plugin::HeldCard>)> {
    let mut tx = app.db.read().await?;
    let node = collector(&mut tx, ctx, request.payer, request.node).await?;
    let digits = request.card.pan.bin(8);
    let facts = bin_look_up(&mut tx, ctx.tenant, digits).await?;
    let now_ms = app.clock.now_ms();
    let sides = Sides::between(ctx.tenant, node, request.payer);
    let terms = terms_single_in_tx(&mut tx, sides, request.amount, facts.as_ref(), now_ms).await?;
    let wish = Wish::of_points(request.three_d);
    let asked = Asked {
        tenant: ctx.tenant,
        node,
        digits,
        card: facts.as_ref(),
        terms: &terms,
        wanted: request.pos_account,
        wish: Some(wish),
        now_ms,
        told_max: 0,
    };
    let route = route(app, &mut Setup::in_tx(&mut tx, ctx.tenant), &asked).await?;
    let opened = open_first(app, &mut tx, (ctx.tenant, node, attempt), (wish, 0), route).await?;
    Ok((opened, held(&request.card, facts.as_ref())))
}

/// Why no number came: the bank's own no, or no word of it that could be believed. Either way nothing was done.
fn untold(verdict: Verdict) -> FlowError {
    match verdict {
        Verdict::Declined(decline) => {
            let code = decline.bank_code.unwrap_or_default();
            FlowError::conflict("points_refused", format!("{} {code}", decline.category))
        }
        Verdict::NotProcessed(reason) | Verdict::Unknown { reason, .. } => match reason.code {
            "unsupported" | "invalid-request" => FlowError::conflict("points_unsupported", reason.to_string()),
            _ => FlowError::Bank { code: "bank_unanswered", detail: reason.to_string() },
        },
        Verdict::Approved(_) | Verdict::Pending(_) => {
            FlowError::Internal("a question about points ended in an outcome".to_owned())
        }
    }
}
