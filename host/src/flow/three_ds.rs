//! The payer at the bank's 3-D gate, and back.

use crate::app::App;
use crate::ctx::Actor;
use crate::domain::id::{PaymentId, PosAccountId, TenantId};
use crate::domain::payment::{AttemptEvent, AttemptState};
use crate::flow::attempt::{AttemptNews, Waiting, attempt_settle};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::pos::{Pos, pos_open_version, pos_reopen};
use crate::flow::replica;
use crate::flow::run::{Claimed, Course, act_due_ms, attempt_run, charge_terms, three_d_model, to_its_end};
use crate::limits;
use crate::plugin::{Act, Callback, ThreeDModel, Uncorrelated};
use crate::security::hold::Page;
use crate::store::attempt::{
    Attempt, attempt_by_callback, attempt_by_order_no, attempt_fetch, attempt_update, attempt_waiting,
    attempt_waiting_digests,
};
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::payment::payment_fetch;
use crate::store::pos_account::pos_account_fetch;

/// Takes the one-time page that carries the payer to the bank, from whichever server has it.
pub async fn gate_take(app: &App, token: &str) -> FlowResult<Page> {
    match replica::page_elsewhere(app, token).await? {
        Some(page) => Ok(page),
        None => gate_take_here(app, token).await,
    }
}

/// Takes the page from this server's hold.
pub(super) async fn gate_take_here(app: &App, token: &str) -> FlowResult<Page> {
    let page = app.hold.page_take(token).ok_or(FlowError::NotFound("page"))?;
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let event = PaymentEvent::new(page.tenant, page.payment, "gate.shown", "payer", now_ms).attempt(page.attempt);
    event_insert(&mut tx, &event).await?;
    tx.commit().await?;
    crate::crash::stop(app, "gate_taken");
    Ok(page)
}

/// What a bank or a payer brought back. Gives the payment whose result the payer may see.
///
/// The callback is claimed before anything is believed: of several, one runs. What it says is checked by the
/// connector (hash) and by the driver (order, amount, currency). One that is not the bank's gives the claim back.
pub async fn callback(app: &App, tenant: TenantId, account: PosAccountId, callback: Callback) -> FlowResult<PaymentId> {
    let meant = meant(app, tenant, account, &callback).await?;
    if let Meant::Waiting { attempt, .. } = &meant {
        let mut tx = app.db.read().await?;
        let holder = replica::holder(app, &mut tx, attempt).await?;
        drop(tx);
        // A server that does not answer has died, or has the claim: either way it is safe to go on here.
        if let Some(holder) = holder
            && let Some(payment) = replica::callback_elsewhere(app, &holder, tenant, account, &callback).await
        {
            return Ok(payment);
        }
    }
    to_its_end(app, heard(app.clone(), tenant, meant, callback)).await
}

/// As [`callback`], passed on by another server: it is dealt with here.
pub(super) async fn callback_here(
    app: &App,
    tenant: TenantId,
    account: PosAccountId,
    callback: Callback,
) -> FlowResult<PaymentId> {
    let meant = meant(app, tenant, account, &callback).await?;
    to_its_end(app, heard(app.clone(), tenant, meant, callback)).await
}

/// Whom a callback is for.
enum Meant {
    /// An attempt that waits for it.
    Waiting { attempt: Box<Attempt>, correlation: String },
    /// An attempt that waits no more: the callback is late or repeated.
    Past(Box<Attempt>),
}

/// What the connectors of waiting attempts make of a callback.
enum Heard {
    Waiting(Meant),
    Nothing,
    /// One of them could not read it.
    Unread,
}

/// Asks the connector whom a callback is for; nothing it says is believed yet. No transaction lives while it thinks:
/// anybody can post to that address, and a slow connector would keep the database from everybody else (P10).
///
/// While an attempt waits, a connector that cannot read its callback now is asked again: taken for a late one it would
/// be lost, and with it the payer who has just confirmed.
async fn meant(app: &App, tenant: TenantId, account: PosAccountId, callback: &Callback) -> FlowResult<Meant> {
    let mut pauses = limits::CALLBACK_READ_AGAIN.iter();
    loop {
        let heard = match awaited(app, tenant, account, callback).await? {
            Heard::Waiting(meant) => return Ok(meant),
            heard => heard,
        };
        match (known(app, tenant, account, callback).await, heard) {
            (Ok(attempt), Heard::Unread) if attempt.state.is_browsing() => {}
            (Ok(attempt), _) => return Ok(Meant::Past(Box::new(attempt))),
            (Err(FlowError::Busy(_)), _) => {}
            (Err(error), _) => return Err(error),
        }
        let Some(pause) = pauses.next() else { return Err(FlowError::Busy("a connector that cannot read a callback")) };
        app.clock.sleep(*pause).await;
    }
}

/// Claims a callback and runs it.
async fn heard(app: App, tenant: TenantId, meant: Meant, callback: Callback) -> FlowResult<PaymentId> {
    let (attempt, correlation) = match meant {
        Meant::Waiting { attempt, correlation } => (attempt, correlation),
        // Nothing moves, but the payer may see how things stand.
        Meant::Past(attempt) => return repeated(&app, &attempt).await,
    };
    let mut tx = app.db.read().await?;
    let payment = payment_fetch(&mut tx, tenant, attempt.payment_id).await?.ok_or(FlowError::NotFound("payment"))?;
    let pos = pos_reopen(&app, &mut tx, &attempt).await?;
    drop(tx);
    let state = attempt.plugin_state.clone().unwrap_or_default();
    let waiting = Claimed {
        waiting: Waiting { plugin_state: state.clone(), correlation },
        due_ms: attempt.due_ms,
        gate_charges: attempt.state == AttemptState::BrowsingCharge,
    };
    let claim = AttemptNews {
        due_ms: Some(act_due_ms(&app, app.clock.now_ms())),
        ..AttemptNews::new(AttemptEvent::CallbackReceived, Actor::Payer)
    };
    crate::crash::stop(&app, "callback_heard");
    let claimed = attempt_settle(&app, tenant, attempt.attempt_id, &claim).await?;
    if !claimed.moved {
        return Ok(payment.payment_id);
    }
    crate::crash::point(&app, "callback_claimed").await;
    let card = app.hold.card(attempt.attempt_id);
    let act = Act::Resume { terms: Some(charge_terms(&payment)), state, callback };
    // The payer has been at this bank's gate: no other account may take over.
    let course = Course { act, card, claimed: Some(waiting), onward: None };
    let ran = attempt_run(app, pos, claimed.payment, claimed.attempt, course).await?;
    Ok(ran.settled.payment.payment_id)
}

/// The attempt that waits for this callback. A version reads only the callbacks of its own attempts, so each version
/// on which attempts of this account wait is asked: while a new one takes over there are two.
async fn awaited(app: &App, tenant: TenantId, account: PosAccountId, callback: &Callback) -> FlowResult<Heard> {
    let mut heard = Heard::Nothing;
    for pos in versions_waiting(app, tenant, account).await? {
        let correlation = match app.plugins.correlate(&pos.installation, callback).await {
            Ok(correlation) => correlation,
            Err(Uncorrelated::Foreign(_)) => continue,
            Err(Uncorrelated::Unread(reason)) => {
                tracing::warn!(%account, %reason, "a callback could not be read");
                heard = Heard::Unread;
                continue;
            }
        };
        let mut tx = app.db.read().await?;
        let waiting = attempt_waiting(&mut tx, tenant, account, &correlation).await?;
        drop(tx);
        if let Some(attempt) = waiting.filter(|attempt| attempt.plugin_digest == pos.plugin.digest) {
            return Ok(Heard::Waiting(Meant::Waiting { attempt: Box::new(attempt), correlation }));
        }
    }
    Ok(heard)
}

/// The account in each version on which attempts of it wait.
async fn versions_waiting(app: &App, tenant: TenantId, account: PosAccountId) -> FlowResult<Vec<Pos>> {
    let mut tx = app.db.read().await?;
    let mut versions = Vec::new();
    for digest in attempt_waiting_digests(&mut tx, tenant, account).await? {
        versions.extend(pos_open_version(app, &mut tx, tenant, account, &digest).await?);
    }
    Ok(versions)
}

/// The attempt of a late or repeated callback.
async fn known(app: &App, tenant: TenantId, account: PosAccountId, callback: &Callback) -> FlowResult<Attempt> {
    let (mut refused, mut unread) = (None, false);
    for pos in versions_loaded(app, tenant, account).await? {
        let correlation = match app.plugins.correlate(&pos.installation, callback).await {
            Ok(correlation) => correlation,
            Err(Uncorrelated::Foreign(reason)) => {
                refused = refused.or(Some(reason));
                continue;
            }
            Err(Uncorrelated::Unread(_)) => {
                unread = true;
                continue;
            }
        };
        let mut tx = app.db.read().await?;
        let found = match attempt_by_callback(&mut tx, tenant, account, &correlation).await? {
            Some(attempt) => Some(attempt),
            // One that waited before the names of callbacks were kept.
            None => attempt_by_order_no(&mut tx, tenant, account, &correlation).await?,
        };
        drop(tx);
        if let Some(attempt) = found {
            return Ok(attempt);
        }
    }
    match refused {
        _ if unread => Err(FlowError::Busy("a connector that cannot read a callback")),
        Some(reason) => Err(FlowError::invalid("/", "not_correlated", reason.to_string())),
        None => Err(FlowError::NotFound("payment")),
    }
}

/// The account in each loaded version of its plugin, the one that serves first: the one that began an attempt may have
/// been replaced since.
async fn versions_loaded(app: &App, tenant: TenantId, account: PosAccountId) -> FlowResult<Vec<Pos>> {
    let mut tx = app.db.read().await?;
    let row = pos_account_fetch(&mut tx, tenant, account).await?.ok_or(FlowError::NotFound("pos_account"))?;
    let serving = app.plugins.active(tenant, &row.plugin_id).map(|plugin| plugin.digest);
    let mut loaded = app.plugins.list();
    loaded.retain(|plugin| plugin.id == row.plugin_id);
    loaded.sort_by_key(|plugin| Some(&plugin.digest) != serving.as_ref());
    let mut versions = Vec::new();
    for plugin in loaded {
        versions.extend(pos_open_version(app, &mut tx, tenant, account, &plugin.digest).await?);
    }
    Ok(versions)
}

/// Notes a callback that nobody waited for. It is not believed, but where the bank's gate charges by itself, a payer
/// may have been there longer than we waited: the bank is asked, and a "yes" makes a stray.
async fn repeated(app: &App, past: &Attempt) -> FlowResult<PaymentId> {
    let now_ms = app.clock.now_ms();
    for _ in 0..limits::MOVE_TRIES_MAX {
        let mut tx = app.db.begin().await?;
        let attempt = attempt_fetch(&mut tx, past.tenant_id, past.attempt_id).await?;
        let mut attempt = attempt.ok_or(FlowError::NotFound("payment"))?;
        let gate_charges = matches!(three_d_model(&attempt.model), ThreeDModel::ThreeDPay | ThreeDModel::ThreeDHost);
        // While it is asked already, another callback changes nothing: anybody can post to that address.
        if gate_charges && attempt.state.is_unpaid() && attempt.due_ms.is_none() {
            attempt.ask_anew(now_ms);
            if !attempt_update(&mut tx, &attempt).await? {
                continue;
            }
        }
        let event = PaymentEvent::new(attempt.tenant_id, attempt.payment_id, "callback.unexpected", "payer", now_ms);
        event_insert(&mut tx, &event.attempt(attempt.attempt_id)).await?;
        tx.commit().await?;
        crate::crash::stop(app, "callback_repeated");
        app.janitor_wake.notify_one();
        return Ok(attempt.payment_id);
    }
    Err(FlowError::Busy("an attempt that many hands move at once"))
}
