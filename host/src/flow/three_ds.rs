//! The payer at the bank's 3-D gate, and back.

use crate::app::App;
use crate::ctx::Actor;
use crate::domain::id::{AttemptId, PaymentId, PosAccountId, TenantId};
use crate::domain::payment::{AttemptEvent, AttemptState};
use crate::flow::attempt::{AttemptNews, Waiting, attempt_settle};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::pos::{pos_open, pos_open_version, pos_reopen};
use crate::flow::run::{Claimed, attempt_run, charge_terms};
use crate::limits;
use crate::plugin::{Act, Callback};
use crate::security::hold::Page;
use crate::store::Tx;
use crate::store::attempt::{Attempt, attempt_by_order_no, attempt_waiting, attempt_waiting_digests};
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::payment::payment_fetch;

/// Takes the one-time page that carries the payer to the bank.
pub async fn gate_take(app: &App, token: &str) -> FlowResult<Page> {
    let page = app.hold.page_take(token).ok_or(FlowError::NotFound("page"))?;
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let event = PaymentEvent::new(page.tenant, page.payment, "gate.shown", "payer", now_ms).attempt(page.attempt);
    event_insert(&mut tx, &event).await?;
    tx.commit().await?;
    Ok(page)
}

/// What a bank or a payer brought back. Gives the payment whose result the payer may see.
///
/// The callback is claimed before anything is believed: of several, one runs. What it says is checked by the
/// connector (hash) and by the driver (order, amount, currency). One that is not the bank's gives the claim back.
pub async fn callback(app: &App, tenant: TenantId, account: PosAccountId, callback: Callback) -> FlowResult<PaymentId> {
    let mut tx = app.db.read().await?;
    let Some((attempt, correlation)) = awaited(app, &mut tx, tenant, account, &callback).await? else {
        let known = known(app, &mut tx, tenant, account, &callback).await?;
        drop(tx);
        repeated(app, tenant, known).await?;
        return Ok(known);
    };
    let payment = payment_fetch(&mut tx, tenant, attempt.payment_id).await?.ok_or(FlowError::NotFound("payment"))?;
    let pos = pos_reopen(app, &mut tx, &attempt).await?;
    drop(tx);
    let state = attempt.plugin_state.clone().unwrap_or_default();
    let waiting = Claimed {
        waiting: Waiting { plugin_state: state.clone(), correlation },
        due_ms: attempt.due_ms,
        gate_charges: attempt.state == AttemptState::BrowsingCharge,
    };
    let deadline = std::time::Duration::from_millis(app.config.bank_deadline_ms) + limits::SETTLE_GRACE;
    let claim = AttemptNews {
        due_ms: Some(app.clock.now_ms() + limits::millis(deadline)),
        ..AttemptNews::new(AttemptEvent::CallbackReceived, Actor::Payer)
    };
    let claimed = attempt_settle(app, tenant, attempt.attempt_id, &claim).await?;
    if !claimed.moved {
        return Ok(payment.payment_id);
    }
    crate::crash::point("callback_claimed");
    let card = app.hold.card(attempt.attempt_id);
    let act = Act::Resume { terms: Some(charge_terms(&payment)), state, callback };
    let ran = attempt_run(app, pos, claimed.payment, claimed.attempt, act, card, Some(waiting)).await?;
    Ok(ran.settled.payment.payment_id)
}

/// The attempt that waits for this callback. A version reads only the callbacks of its own attempts, so each version
/// on which attempts of this account wait is asked: while a new one takes over there are two.
async fn awaited(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    callback: &Callback,
) -> FlowResult<Option<(Attempt, String)>> {
    for digest in attempt_waiting_digests(tx, tenant, account).await? {
        let Some(pos) = pos_open_version(app, tx, tenant, account, &digest).await? else { continue };
        let Ok(correlation) = app.plugins.correlate(&pos.installation, callback).await else { continue };
        let waiting = attempt_waiting(tx, tenant, account, &correlation).await?;
        if let Some(attempt) = waiting.filter(|attempt| attempt.plugin_digest == digest) {
            return Ok(Some((attempt, correlation)));
        }
    }
    Ok(None)
}

/// The payment of a late or repeated callback: nothing moves, but the payer may see how things stand.
async fn known(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    callback: &Callback,
) -> FlowResult<PaymentId> {
    let pos = pos_open(app, tx, tenant, account, AttemptId::at(app.clock.now_ms())).await?;
    let correlation = app.plugins.correlate(&pos.installation, callback).await;
    let correlation = correlation.map_err(|reason| FlowError::invalid("/", "not_correlated", reason.to_string()))?;
    let known = attempt_by_order_no(tx, tenant, account, &correlation).await?;
    Ok(known.ok_or(FlowError::NotFound("payment"))?.payment_id)
}

/// Notes a callback that nobody waited for, and asks the bank at once where the outcome is in doubt.
async fn repeated(app: &App, tenant: TenantId, payment: PaymentId) -> FlowResult<()> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    event_insert(&mut tx, &PaymentEvent::new(tenant, payment, "callback.unexpected", "payer", now_ms)).await?;
    tx.commit().await?;
    app.janitor_wake.notify_one();
    Ok(())
}
