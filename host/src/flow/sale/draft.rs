//! A payment that is made first and confirmed later: until then it is a row and nothing else. It has no attempt and
//! no doubt, no bank knows of it, and what it asks for may be changed. Confirming it is the sale, with every check.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::points_checked;
use super::{Created, SaleRequest, ThreeD, asked_row, reference_taken, replayed, sale_run, told};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::card::Card;
use crate::domain::id::{PaymentId, PosAccountId};
use crate::domain::money::Money;
use crate::domain::payment::{Move, PaymentEvent, PaymentState, Told};
use crate::flow::attempt::publish_kind;
use crate::flow::collect::payer;
use crate::flow::creditor::collector;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::run::to_its_end;
use crate::flow::view::answer_store;
use crate::limits;
use crate::store::Tx;
use crate::store::draft::{payment_rewrite, payment_unconfirmed};
use crate::store::event::event_insert;
use crate::store::idempotency::{IdempotencyKey, idempotency_claim};
use crate::store::json::Json;
use crate::store::payment::{
    CaptureMode, PayerKind, Payment, ReceivableChoice, payment_insert, payment_move, payment_visible,
};

/// What an unconfirmed payment asks for that has no column: it is decided with the card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Draft {
    pos_account: Option<PosAccountId>,
    three_d: ThreeD,
    instalment_option: Option<String>,
}

impl Draft {
    fn of(payment: &Payment) -> FlowResult<Self> {
        let broken = |error| FlowError::Internal(format!("{}: {error}", payment.payment_id));
        payment.draft.as_deref().map_or_else(|| Ok(Self::default()), |text| serde_json::from_str(text).map_err(broken))
    }

    fn to_text(&self) -> Option<String> {
        // Plain text fields always serialize.
        serde_json::to_string(self).ok()
    }
}

/// What becomes of a field that need not be there.
#[derive(Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays.
    Keep,
    /// It becomes this, or goes.
    To(Option<T>),
}

impl<T> Change<T> {
    fn over(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Keep => old,
            Self::To(new) => new,
        }
    }
}

/// What may be changed before it is confirmed; nothing leaves a field as it is.
#[derive(Debug)]
pub struct DraftChange {
    /// Settled against debt, minor units.
    pub amount_minor: Option<i64>,
    /// The receivables chosen.
    pub receivables: Option<Vec<ReceivableChoice>>,
    /// `opt_…`
    pub instalment_option: Change<String>,
    /// Free text.
    pub description: Change<String>,
    /// Sale or pre-authorization.
    pub capture: Option<CaptureMode>,
    /// 3-D Secure.
    pub three_d: Option<ThreeD>,
    /// A certain POS account.
    pub pos_account: Change<PosAccountId>,
    /// The caller's pairs.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Where the payer's browser goes after the bank's page.
    pub return_url: Change<String>,
}

/// What confirming brings.
#[derive(Debug)]
pub struct Confirm {
    /// Wiped when the attempt ends. Absent where the bank's own page takes it.
    pub card: Option<Card>,
    /// `opt_…`, instead of the one that the payment was made with.
    pub instalment_option: Option<String>,
    /// 3-D Secure, instead of what it was made with.
    pub three_d: Option<ThreeD>,
    /// What points of the card shall pay, minor units, instead of what it was made with.
    pub points_minor: Option<i64>,
    /// As the edge saw it.
    pub payer_ip: Option<String>,
    /// The key that makes it safe to repeat.
    pub key: IdempotencyKey,
}

/// Makes a payment that waits to be confirmed. Gives the answer that was stored, where the key was used before.
pub async fn draft_create(app: &App, ctx: &Ctx, request: SaleRequest) -> FlowResult<Option<Created>> {
    if let Some(replay) = replayed(app, &request.key).await? {
        return Ok(Some(replay));
    }
    amount_checked(request.amount.minor)?;
    points_checked(&request)?;
    let mut tx = app.db.begin().await?;
    let node = collector(&mut tx, ctx, request.payer, request.node).await?;
    let draft = Draft {
        pos_account: request.pos_account,
        three_d: request.three_d,
        instalment_option: request.instalment_option.clone(),
    };
    let payment = Payment {
        draft: draft.to_text(),
        state: PaymentState::RequiresConfirmation,
        ..asked_row(app, ctx, &request, node)
    };
    let now_ms = payment.created_at_ms;
    if !idempotency_claim(&mut tx, &request.key, &payment.payment_id.to_text(), now_ms).await? {
        drop(tx);
        return match replayed(app, &request.key).await? {
            Some(replay) => Ok(Some(replay)),
            None => Err(FlowError::InFlight),
        };
    }
    if !payment_insert(&mut tx, &payment).await? {
        return Err(reference_taken());
    }
    let event = told(&payment, "payment.created", &ctx.actor.label()).moved(Told::made(payment.state));
    event_insert(&mut tx, &event).await?;
    publish_kind(&mut tx, &payment, "payment.requires_confirmation", None, now_ms).await?;
    answer_store(app, &mut tx, &payment).await?;
    tx.commit().await?;
    app.webhook_wake.notify_one();
    Ok(None)
}

/// Changes what an unconfirmed payment asks for. What does not fit is refused when it is confirmed, as in any sale.
pub async fn draft_change(app: &App, ctx: &Ctx, id: PaymentId, change: DraftChange) -> FlowResult<()> {
    let seen = draft_seen(app, ctx, id).await?;
    let version = seen.version;
    let mut draft = Draft::of(&seen)?;
    draft.pos_account = change.pos_account.over(draft.pos_account);
    draft.three_d = change.three_d.unwrap_or(draft.three_d);
    draft.instalment_option = change.instalment_option.over(draft.instalment_option);
    let amount_minor = change.amount_minor.unwrap_or(seen.amount_minor);
    amount_checked(amount_minor)?;
    let payment = Payment {
        amount_minor,
        charged_minor: amount_minor,
        receivables: change.receivables.map_or_else(|| seen.receivables.clone(), Json),
        description: change.description.over(seen.description.clone()),
        capture: change.capture.unwrap_or(seen.capture),
        metadata: change.metadata.map_or_else(|| seen.metadata.clone(), Json),
        return_url: change.return_url.over(seen.return_url.clone()),
        draft: draft.to_text(),
        updated_at_ms: app.clock.now_ms(),
        ..seen
    };
    let mut tx = app.db.begin().await?;
    if !payment_rewrite(&mut tx, &payment, version).await? {
        return Err(taken());
    }
    event_insert(&mut tx, &told(&payment, "payment.changed", &ctx.actor.label())).await?;
    tx.commit().await?;
    Ok(())
}

/// Confirms a payment: from here on it is a sale like any other, and is checked as one.
pub async fn payment_confirm(app: &App, ctx: &Ctx, id: PaymentId, confirm: Confirm) -> FlowResult<Created> {
    to_its_end(app, confirm_run(app.clone(), ctx.clone(), id, confirm)).await
}

async fn confirm_run(app: App, ctx: Ctx, id: PaymentId, confirm: Confirm) -> FlowResult<Created> {
    if let Some(replay) = replayed(&app, &confirm.key).await? {
        return Ok(replay);
    }
    let seen = draft_seen(&app, &ctx, id).await?;
    let request = request_of(&seen, confirm)?;
    Box::pin(sale_run(&app, &ctx, request, Some(seen))).await
}

/// Gives an unconfirmed payment up. Gives the answer that was stored, where the key was used before.
pub async fn draft_cancel(app: &App, ctx: &Ctx, id: PaymentId, key: &IdempotencyKey) -> FlowResult<Option<Created>> {
    if let Some(replay) = replayed(app, key).await? {
        return Ok(Some(replay));
    }
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let seen = payment_visible(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(FlowError::NotFound("payment"))?;
    if seen.state != PaymentState::RequiresConfirmation {
        return Err(taken());
    }
    if !idempotency_claim(&mut tx, key, &seen.payment_id.to_text(), now_ms).await? {
        return Err(FlowError::InFlight);
    }
    if !end(app, &mut tx, seen, PaymentEvent::Canceled, &ctx.actor.label(), now_ms).await? {
        return Err(taken());
    }
    tx.commit().await?;
    app.webhook_wake.notify_one();
    Ok(None)
}

/// Ends the payments that nobody confirmed in time.
pub async fn drafts_lapse(app: &App) -> FlowResult<()> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.read().await?;
    let until_ms = now_ms - limits::millis(limits::UNCONFIRMED_LIFE);
    let late = payment_unconfirmed(&mut tx, until_ms, limits::UNCONFIRMED_BATCH).await?;
    drop(tx);
    for seen in late {
        let mut tx = app.db.begin().await?;
        if end(app, &mut tx, seen, PaymentEvent::Lapsed, "job:janitor", now_ms).await? {
            tx.commit().await?;
            app.webhook_wake.notify_one();
        }
    }
    Ok(())
}

/// The unconfirmed payment as its attempt begins: what the sale made of it, under the name that it has.
pub(super) fn confirmed(drafted: &Payment, sale: Payment) -> FlowResult<Payment> {
    if drafted.node_id != sale.node_id {
        return Err(FlowError::conflict("creditor_changed", "the payer owes another node than when this was made"));
    }
    let state = moved(drafted, PaymentEvent::AttemptStarted)?;
    Ok(Payment {
        payment_id: drafted.payment_id,
        created_by: drafted.created_by.clone(),
        created_at_ms: drafted.created_at_ms,
        version: drafted.version + 1,
        moved: drafted.moved + 1,
        state,
        ..sale
    })
}

/// Somebody else confirmed, changed or ended it between our reading and our writing.
pub(super) fn taken() -> FlowError {
    FlowError::conflict("not_unconfirmed", "the payment does not wait to be confirmed, or was changed meanwhile")
}

fn amount_checked(minor: i64) -> FlowResult<()> {
    if minor > 0 { Ok(()) } else { Err(FlowError::invalid("/amount", "not_positive", "the amount must be above zero")) }
}

/// The payment, if it still waits to be confirmed.
async fn draft_seen(app: &App, ctx: &Ctx, id: PaymentId) -> FlowResult<Payment> {
    let mut tx = app.db.read().await?;
    let seen = payment_visible(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(FlowError::NotFound("payment"))?;
    let late = app.clock.now_ms() >= seen.created_at_ms + limits::millis(limits::UNCONFIRMED_LIFE);
    if seen.state != PaymentState::RequiresConfirmation || late { Err(taken()) } else { Ok(seen) }
}

/// The sale that confirms it.
fn request_of(seen: &Payment, confirm: Confirm) -> FlowResult<SaleRequest> {
    let draft = Draft::of(seen)?;
    Ok(SaleRequest {
        node: Some(seen.node_id),
        payer: if seen.payer_kind == PayerKind::None { None } else { Some(payer(seen)?) },
        amount: Money::new(seen.amount_minor, seen.currency),
        points_minor: confirm.points_minor.unwrap_or(seen.points_minor),
        card: confirm.card,
        receivables: seen.receivables.0.clone(),
        instalment_option: confirm.instalment_option.or(draft.instalment_option),
        reference: seen.reference.clone(),
        description: seen.description.clone(),
        capture: seen.capture,
        entry: if seen.entry == "mail-order" { "mail-order" } else { "ecommerce" },
        three_d: confirm.three_d.unwrap_or(draft.three_d),
        pos_account: draft.pos_account,
        metadata: seen.metadata.0.clone(),
        return_url: seen.return_url.clone(),
        payer_ip: confirm.payer_ip,
        key: confirm.key,
    })
}

/// Where the state table lets an unconfirmed payment go.
fn moved(seen: &Payment, event: PaymentEvent) -> FlowResult<PaymentState> {
    match seen.state.next(event) {
        Ok(Move::To(state)) => Ok(state),
        Ok(Move::Stay) => Ok(seen.state),
        Err(illegal) => Err(FlowError::Internal(format!("{}: {illegal}", seen.payment_id))),
    }
}

/// Ends an unconfirmed payment, by compare-and-set, and tells so. `false` where somebody else moved it first.
async fn end(
    app: &App,
    tx: &mut Tx,
    mut seen: Payment,
    event: PaymentEvent,
    actor: &str,
    now_ms: i64,
) -> FlowResult<bool> {
    let state = moved(&seen, event)?;
    let Some(moved) = payment_move(tx, &mut seen, event, state, now_ms).await? else { return Ok(false) };
    let kind = format!("payment.{state}");
    event_insert(tx, &told(&seen, &kind, actor).moved(moved)).await?;
    publish_kind(tx, &seen, &kind, None, now_ms).await?;
    answer_store(app, tx, &seen).await?;
    Ok(true)
}
