//! What is done with a payment after it: capture, void, refund. Intent, bank, result, as a sale.

mod settle;

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::{OperationId, PaymentId, TenantId};
use crate::domain::money::Money;
use crate::domain::payment::{OperationKind, OperationState, PaymentState};
use crate::flow::collect;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::journal::Diary;
use crate::flow::pos::{pos_open_again, promised};
use crate::flow::run::{act_context, act_due_ms, act_until_ms, attempt_target, surely, terms_of, to_its_end};
use crate::flow::view::{Whole, whole_fetch};
use crate::plugin::Act;
use crate::store::attempt::attempt_fetch;
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::idempotency::{
    IdempotencyKey, IdempotencyRow, idempotency_claim, idempotency_fetch, idempotency_hand_over,
};
use crate::store::operation::{Operation, operation_fetch, operation_insert};
use crate::store::payment::{payment_fetch, payment_touch, payment_visible};

pub use settle::{OperationNews, operation_settle};

use settle::operation_news;
pub(in crate::flow) use settle::settle_in_tx;

/// Which operation gives the money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A void while that is possible for the whole amount, otherwise a refund.
    Auto,
    /// Only a void.
    Void,
    /// Only a refund.
    Refund,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct OperationRequest {
    /// Of which payment.
    pub payment: PaymentId,
    /// Capture, or which way of giving back.
    pub what: What,
    /// Minor units of the charge; all there is where absent.
    pub amount_minor: Option<i64>,
    /// The caller's words.
    pub reason: Option<String>,
    /// The key that makes it safe to repeat.
    pub key: Option<IdempotencyKey>,
    /// The void in whose place this refund stands: whoever repeats that request sees the refund.
    pub instead_of: Option<OperationId>,
}

/// Capture or give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Take what is held.
    Capture,
    /// Give back.
    GiveBack(Mode),
}

/// What became of the request.
#[derive(Debug)]
pub enum Done {
    /// The operation as it stands; the last one where a void turned into a refund.
    Ran(Box<Operation>),
    /// The key was known.
    Replayed(IdempotencyRow),
}

/// Captures, voids or refunds.
pub async fn operation_create(app: &App, ctx: &Ctx, request: OperationRequest) -> FlowResult<Done> {
    to_its_end(app, create(app.clone(), ctx.clone(), request)).await
}

async fn create(app: App, ctx: Ctx, request: OperationRequest) -> FlowResult<Done> {
    if let Some(row) = known(&app, request.key.as_ref()).await? {
        return Ok(Done::Replayed(row));
    }
    let mut tx = app.db.read().await?;
    let payment = payment_visible(&mut tx, ctx.tenant, ctx.scope, request.payment)
        .await?
        .ok_or(FlowError::NotFound("payment"))?;
    let whole = whole_fetch(&mut tx, payment).await?;
    drop(tx);
    let now_ms = app.clock.now_ms();
    let (kind, amount_minor) = decide(&whole, &request, now_ms)?;
    declared(&app, &whole, kind, amount_minor)?;
    let by_choice = matches!(request.what, What::GiveBack(Mode::Auto));
    let operation = begin(&app, &ctx, &whole, &request, kind, amount_minor).await?;
    let Some(operation) = operation else {
        return known(&app, request.key.as_ref()).await?.map(Done::Replayed).ok_or(FlowError::InFlight);
    };
    crate::crash::point(&app, "after_operation_tx1").await;
    let ended = run(app.clone(), operation.tenant_id, operation.operation_id).await?;
    // The bank closed its day earlier than we knew: what was meant is a refund (E12).
    if by_choice && ended.kind == OperationKind::Void && ended.state == OperationState::Declined {
        let again = OperationRequest {
            what: What::GiveBack(Mode::Refund),
            amount_minor: Some(amount_minor),
            key: None,
            instead_of: Some(ended.operation_id),
            ..request
        };
        return Box::pin(create(app, ctx, again)).await;
    }
    Ok(Done::Ran(Box::new(ended)))
}

async fn known(app: &App, key: Option<&IdempotencyKey>) -> FlowResult<Option<IdempotencyRow>> {
    let Some(key) = key else { return Ok(None) };
    let mut tx = app.db.read().await?;
    match idempotency_fetch(&mut tx, key).await? {
        None => Ok(None),
        Some(row) if row.fingerprint != key.fingerprint => Err(FlowError::KeyReused),
        Some(row) if row.status.is_none() => Err(FlowError::InFlight),
        Some(row) => Ok(Some(row)),
    }
}

/// Which operation, of how much; refuses what cannot be done.
fn decide(whole: &Whole, request: &OperationRequest, now_ms: i64) -> FlowResult<(OperationKind, i64)> {
    let payment = &whole.payment;
    if payment.state == PaymentState::Unknown {
        return Err(FlowError::conflict("in_doubt", "the outcome is not known yet; wait until the bank has answered"));
    }
    if whole.voided() {
        return Err(FlowError::conflict("voided", "the payment was voided"));
    }
    if whole.operations.iter().any(|operation| operation.state.is_open()) {
        return Err(FlowError::conflict("operation_open", "another operation on this payment has not ended yet"));
    }
    let (kind, most) = match request.what {
        What::Capture if payment.state != PaymentState::Authorized => {
            return Err(FlowError::conflict("not_authorized", "there is nothing held to capture"));
        }
        What::Capture => (OperationKind::Capture, payment.charged_minor),
        What::GiveBack(mode) => give_back(whole, mode, request.amount_minor, now_ms)?,
    };
    let amount_minor = request.amount_minor.unwrap_or(most);
    if amount_minor <= 0 || amount_minor > most {
        return Err(FlowError::invalid("/amount", "more_than_left", format!("at most {most} minor units are left")));
    }
    Ok((kind, amount_minor))
}

fn give_back(whole: &Whole, mode: Mode, amount_minor: Option<i64>, now_ms: i64) -> FlowResult<(OperationKind, i64)> {
    if whole.payment.state == PaymentState::Authorized {
        return match mode {
            Mode::Refund => Err(FlowError::conflict("not_captured", "what is only held can be voided, not refunded")),
            Mode::Auto | Mode::Void => Ok((OperationKind::Void, whole.payment.charged_minor)),
        };
    }
    if whole.payment.state != PaymentState::Succeeded {
        return Err(FlowError::conflict("not_captured", "no money was taken"));
    }
    let left = whole.refundable_minor();
    let all = whole.captured_minor();
    let whole_amount = left == all && amount_minor.is_none_or(|minor| minor == all);
    let before_day_end = whole.void_until_ms().is_some_and(|until_ms| now_ms < until_ms);
    match mode {
        Mode::Void if !whole_amount => {
            Err(FlowError::conflict("partial_void", "a void takes back all of it; refund a part of it"))
        }
        Mode::Void => Ok((OperationKind::Void, all)),
        Mode::Auto if whole_amount && before_day_end => Ok((OperationKind::Void, all)),
        Mode::Auto | Mode::Refund => Ok((OperationKind::Refund, left)),
    }
}

/// What the connector's manifest does not promise is refused before anything is written.
fn declared(app: &App, whole: &Whole, kind: OperationKind, amount_minor: i64) -> FlowResult<()> {
    let Some(attempt) = whole.attempt() else { return Ok(()) };
    let plugin = app.plugins.chosen(attempt.tenant_id, &attempt.plugin_id, attempt.attempt_id);
    // Where none is left, running it says so.
    let Some(plugin) = plugin else { return Ok(()) };
    let needs = match kind {
        OperationKind::Capture => "capture",
        OperationKind::Void => "void",
        OperationKind::Refund if amount_minor < whole.captured_minor() => "partial-refund",
        OperationKind::Refund => "refund",
        _ => return Ok(()),
    };
    promised(&plugin.manifest, whole.names.pos_bank.as_deref().unwrap_or_default(), needs)
}

/// Tx 1 of an operation. Nothing where somebody else holds the key.
async fn begin(
    app: &App,
    ctx: &Ctx,
    whole: &Whole,
    request: &OperationRequest,
    kind: OperationKind,
    amount_minor: i64,
) -> FlowResult<Option<Operation>> {
    let now_ms = app.clock.now_ms();
    let attempt = whole.attempt().ok_or_else(|| FlowError::Internal("a payment without an attempt".to_owned()))?;
    let amount = Money::new(amount_minor, whole.payment.currency);
    let times = (now_ms, act_due_ms(app, now_ms));
    let operation = Operation {
        reason: request.reason.clone(),
        ..Operation::beginning(attempt, kind, amount, ctx.actor.label(), times)
    };
    let mut tx = app.db.begin().await?;
    if let Some(key) = &request.key
        && !idempotency_claim(&mut tx, key, &operation.operation_id.to_text(), now_ms).await?
    {
        return Ok(None);
    }
    if let Some(void) = request.instead_of {
        idempotency_hand_over(&mut tx, ctx.tenant, &void.to_text(), &operation.operation_id.to_text()).await?;
    }
    // Two at once: the version holds the second one back until it has read what the first one left.
    if !payment_touch(&mut tx, &whole.payment, now_ms).await? || !operation_insert(&mut tx, &operation).await? {
        return Err(FlowError::conflict("operation_open", "another operation on this payment has begun"));
    }
    if kind == OperationKind::Refund {
        collect::refund_asked_in_tx(&mut tx, &operation, now_ms).await?;
    }
    let name = format!("{kind}.asked");
    let event = PaymentEvent::new(operation.tenant_id, operation.payment_id, &name, &operation.requested_by, now_ms)
        .attempt(operation.attempt_id)
        .operation(operation.operation_id)
        .fact("amount", amount_minor.to_string())
        .fact("currency", operation.currency.code())
        .fact("reason", operation.reason.clone().unwrap_or_default());
    event_insert(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(Some(operation))
}

/// Runs a committed operation at the bank in a task that nobody can cancel, and waits for it.
pub async fn operation_run(app: &App, tenant: TenantId, operation: OperationId) -> FlowResult<Operation> {
    to_its_end(app, run(app.clone(), tenant, operation)).await
}

async fn run(app: App, tenant: TenantId, id: OperationId) -> FlowResult<Operation> {
    let missing = || FlowError::Internal(format!("{id} is gone"));
    let mut tx = app.db.read().await?;
    let operation = operation_fetch(&mut tx, tenant, id).await?.ok_or_else(missing)?;
    if operation.state != OperationState::Sending {
        // This flow stood still so long that the janitor has it: whoever asks and sends at once would not know what for.
        return Ok(operation);
    }
    let attempt = attempt_fetch(&mut tx, tenant, operation.attempt_id).await?.ok_or_else(missing)?;
    let payment = payment_fetch(&mut tx, tenant, operation.payment_id).await?.ok_or_else(missing)?;
    let pos = pos_open_again(&app, &mut tx, &attempt).await?;
    drop(tx);
    let target = attempt_target(&payment, &attempt);
    let terms = terms_of(&payment, operation.amount());
    let act = match operation.kind {
        OperationKind::Capture => Act::Capture { terms, target },
        OperationKind::Void => Act::Void { target },
        _ => Act::Refund { terms, target },
    };
    let diary = Diary::of_attempt(&app, tenant, payment.payment_id, attempt.attempt_id).operation(id);
    let context = act_context(&app, &pos, &payment, &attempt);
    let until_ms = act_until_ms(&app, operation.due_ms);
    crate::crash::stop(&app, "operation_begun");
    let ending = app.plugins.drive(&pos.installation, &context, act, None, &diary, until_ms).await;
    crate::crash::point(&app, "before_operation_tx2").await;
    let news = operation_news(&app, ending.into_verdict());
    let ended = surely(&app, id, || operation_settle(&app, tenant, id, &news)).await?;
    crate::crash::stop(&app, "after_operation_tx2");
    Ok(ended)
}
