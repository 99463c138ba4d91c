//! The one place where an attempt moves: compare-and-set, books, events and the stored answer in one commit.
//!
//! This is "tx 2" of a sale, and just as well of a 3-D callback, a late answer and the janitor's inquiry.

mod bank_ref;
mod go_on;

pub use bank_ref::{bank_ref_sent, bank_ref_text};

use go_on::{go_on, may_go_on};

use crate::app::App;
use crate::ctx::Actor;
use crate::domain::alarm::AlarmCause;
use crate::domain::doubt::DoubtId;
use crate::domain::id::{AttemptId, OperationId, ProposalId, TenantId};
use crate::domain::payment::{AttemptEvent, AttemptState, IllegalMove, Move, PaymentState, Refusal, Told};
use crate::flow::alarm::{AlarmItem, alarm_raise_in_tx};
use crate::flow::collect;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::failure::Failure;
use crate::flow::inquire;
use crate::flow::routing::Next;
use crate::flow::view;
use crate::limits;
use crate::plugin::BankRef;
use crate::store::attempt::{Attempt, attempt_fetch, attempt_update};
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::outbox::outbox_insert;
use crate::store::payment::{Payment, payment_fetch, payment_move};
use crate::store::proposal::proposal_overtake;
use crate::store::{StoreError, Tx};

/// What happened to an attempt, with what is worth keeping of it.
#[derive(Debug, Clone)]
pub struct AttemptNews {
    /// The event of the state table.
    pub event: AttemptEvent,
    /// What the bank calls it now.
    pub bank: Option<BankRef>,
    /// Why it ended or is in doubt.
    pub failure: Option<Failure>,
    /// The connector's state and the callback's key, when the payer leaves for the bank.
    pub waiting: Option<Waiting>,
    /// When the janitor looks next, where the event itself does not say.
    pub due_ms: Option<i64>,
    /// The proposal, where persons decided it.
    pub proposal: Option<ProposalId>,
    /// It is true only while nothing was sent: the row that would move is looked at, and left alone otherwise.
    pub unless_sent: bool,
    /// How often the attempt had moved when the bank was asked, where it was: a later move makes the answer outdated.
    pub asked_at_move: Option<i64>,
    /// Who caused it.
    pub actor: Actor,
}

/// What a waiting attempt needs when the payer comes back.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The connector's own.
    pub plugin_state: Vec<u8>,
    /// Under which the callback is looked up.
    pub correlation: String,
}

impl AttemptNews {
    /// An event and nothing else.
    pub fn new(event: AttemptEvent, actor: Actor) -> Self {
        Self {
            event,
            bank: None,
            failure: None,
            waiting: None,
            due_ms: None,
            proposal: None,
            unless_sent: false,
            asked_at_move: None,
            actor,
        }
    }
}

/// Where an attempt stands after its news were heard.
#[derive(Debug, Clone)]
pub struct Settled {
    /// As the row is now.
    pub attempt: Attempt,
    /// As the row is now.
    pub payment: Payment,
    /// Whether this news moved it; a repetition does not.
    pub moved: bool,
    /// Nothing was processed, and the next attempt was begun in the same commit.
    pub went_on: bool,
}

/// What one try of the transaction came to.
pub(in crate::flow) enum Step {
    /// Written, or found as it should be.
    Settled(Box<Settled>),
    /// Somebody else moved a row between our reading and our writing.
    Lost,
}

/// Writes what happened, as [`attempt_settle_onward`] with nothing to follow.
pub async fn attempt_settle(
    app: &App,
    tenant: TenantId,
    attempt: AttemptId,
    news: &AttemptNews,
) -> FlowResult<Settled> {
    attempt_settle_onward(app, tenant, attempt, news, None).await
}

/// Writes what happened. Where nothing was processed, `next` begins in the same commit. Repeats its transaction when
/// another one was first, so it ends on the state table's answer to what is really there.
pub async fn attempt_settle_onward(
    app: &App,
    tenant: TenantId,
    attempt: AttemptId,
    news: &AttemptNews,
    next: Option<&Next>,
) -> FlowResult<Settled> {
    for _ in 0..limits::MOVE_TRIES_MAX {
        let mut tx = app.db.begin().await?;
        match settle_onward_in_tx(app, &mut tx, tenant, attempt, news, next).await? {
            Step::Lost => {}
            Step::Settled(settled) => {
                match tx.commit().await {
                    Ok(()) => {}
                    // Whether it was kept is read, not guessed: the next round finds the state moved or not.
                    Err(StoreError::CommitUnknown(_)) => continue,
                    Err(error) => return Err(error.into()),
                }
                attempt_settled(app, &settled);
                return Ok(*settled);
            }
        }
    }
    Err(FlowError::Busy("an attempt that many hands move at once"))
}

/// What follows the commit that settled an attempt.
pub(super) fn attempt_settled(app: &App, settled: &Settled) {
    if !settled.attempt.state.is_open() {
        app.hold.card_drop(settled.attempt.attempt_id);
    }
    if settled.attempt.state == AttemptState::Stray && settled.moved {
        app.janitor_wake.notify_one();
    }
    if settled.moved {
        app.webhook_wake.notify_one();
    }
}

/// One try of the transaction, with nothing to follow.
pub(in crate::flow) async fn settle_in_tx(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    attempt_id: AttemptId,
    news: &AttemptNews,
) -> FlowResult<Step> {
    settle_onward_in_tx(app, tx, tenant, attempt_id, news, None).await
}

async fn settle_onward_in_tx(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    attempt_id: AttemptId,
    news: &AttemptNews,
    next: Option<&Next>,
) -> FlowResult<Step> {
    let now_ms = app.clock.now_ms();
    let missing = || FlowError::Internal(format!("{attempt_id} is gone"));
    let mut attempt = attempt_fetch(tx, tenant, attempt_id).await?.ok_or_else(missing)?;
    let mut payment = payment_fetch(tx, tenant, attempt.payment_id).await?.ok_or_else(missing)?;
    let from = attempt.state;
    if news.asked_at_move.is_some_and(|moved| moved != attempt.moved) {
        return outdated(tx, attempt, payment, news, now_ms).await;
    }
    if news.unless_sent && (from != AttemptState::Sending || attempt.was_sent()) {
        return Ok(Step::Settled(Box::new(Settled { attempt, payment, moved: false, went_on: false })));
    }
    let to = match attempt.next(news.event) {
        Ok(Move::To(to)) => to,
        Ok(Move::Stay) => return stay(tx, attempt, payment, news, now_ms).await,
        Err(illegal) => return refuse(tx, attempt, payment, news, illegal, now_ms).await,
    };
    apply(&mut attempt, to, news, now_ms);
    if !attempt_update(tx, &attempt).await? {
        return Ok(Step::Lost);
    }
    attempt.version += 1;
    if let Some(next) = next.filter(|_| may_go_on(from, to, payment.state)) {
        event_insert(tx, &told(&attempt, from, news, now_ms)).await?;
        return go_on(tx, attempt, payment, next, now_ms).await;
    }
    let mut event = told(&attempt, from, news, now_ms);
    let (before, seen) = (payment.state, to.seen_by_payment());
    if let Move::To(state) = before.next(seen).map_err(|e| FlowError::Internal(e.to_string()))? {
        let Some(moved) = payment_move(tx, &mut payment, seen, state, now_ms).await? else { return Ok(Step::Lost) };
        event = event.moved(moved);
    }
    if to == AttemptState::Captured {
        collect::captured_in_tx(tx, &payment, &attempt, payment.charged_minor, now_ms).await?;
    }
    if from == AttemptState::Unknown {
        proposal_overtake(tx, tenant, &attempt_id.to_string(), now_ms).await?;
    }
    event_insert(tx, &event).await?;
    publish(tx, &payment, before, now_ms).await?;
    view::answer_store(app, tx, &payment).await?;
    Ok(Step::Settled(Box::new(Settled { attempt, payment, moved: true, went_on: false })))
}

/// The answer to a question that was asked before the attempt last moved: it tells how things stood then, and moves
/// nothing. Where the attempt has ended without money since, a "yes" is asked about anew.
async fn outdated(
    tx: &mut Tx,
    mut attempt: Attempt,
    payment: Payment,
    news: &AttemptNews,
    now_ms: i64,
) -> FlowResult<Step> {
    let yes = matches!(news.event, AttemptEvent::InquiryFoundPaid | AttemptEvent::InquiryFoundAuthorized);
    if yes && attempt.state.is_unpaid() && attempt.due_ms.is_none() {
        attempt.ask_anew(now_ms);
        if !attempt_update(tx, &attempt).await? {
            return Ok(Step::Lost);
        }
        attempt.version += 1;
    }
    let noted = PaymentEvent::new(
        attempt.tenant_id,
        attempt.payment_id,
        "attempt.answer_outdated",
        &news.actor.label(),
        now_ms,
    );
    event_insert(tx, &noted.attempt(attempt.attempt_id).fact("event", news.event.as_str())).await?;
    Ok(Step::Settled(Box::new(Settled { attempt, payment, moved: false, went_on: false })))
}

/// The table refuses it: the timeline says so, and what contradicts our books calls a person.
async fn refuse(
    tx: &mut Tx,
    mut attempt: Attempt,
    payment: Payment,
    news: &AttemptNews,
    illegal: IllegalMove,
    now_ms: i64,
) -> FlowResult<Step> {
    event_insert(tx, &refused(&attempt, news, illegal.refusal, now_ms)).await?;
    if illegal.refusal == Refusal::Contradiction {
        tracing::error!(attempt = %attempt.attempt_id, %illegal, "the bank contradicts our books: a person must look");
        let item = AlarmItem {
            tenant: attempt.tenant_id,
            pos_account: attempt.pos_account_id,
            subject: DoubtId::Attempt(attempt.attempt_id),
            payment: attempt.payment_id,
            detail: &illegal.to_string(),
        };
        alarm_raise_in_tx(tx, AlarmCause::Contradiction, item, now_ms).await?;
        // The bank has spoken: what persons decided is asked about no more, a person looks instead.
        if attempt.proposal_id.is_some() && attempt.due_ms.is_some() {
            attempt.due_ms = None;
            if !attempt_update(tx, &attempt).await? {
                return Ok(Step::Lost);
            }
            attempt.version += 1;
        }
    }
    Ok(Step::Settled(Box::new(Settled { attempt, payment, moved: false, went_on: false })))
}

/// Nothing moves, but what is newly known (a reference, the next question) is kept.
async fn stay(
    tx: &mut Tx,
    mut attempt: Attempt,
    payment: Payment,
    news: &AttemptNews,
    now_ms: i64,
) -> FlowResult<Step> {
    if attempt.state == AttemptState::Unknown {
        keep(&mut attempt, news);
        if attempt.due_ms.is_none_or(|due_ms| due_ms <= now_ms) {
            attempt.due_ms = inquire::next_ask_ms(&attempt, now_ms);
        }
        if !attempt_update(tx, &attempt).await? {
            return Ok(Step::Lost);
        }
    }
    // The bank bears out what persons decided, or that a callback which came too late brought no money: it is asked no
    // more.
    let asked = attempt.proposal_id.is_some() || attempt.state.is_unpaid();
    if asked && attempt.due_ms.is_some() && news.event.is_banks_word() {
        attempt.due_ms = None;
        if !attempt_update(tx, &attempt).await? {
            return Ok(Step::Lost);
        }
        attempt.version += 1;
        let borne_out =
            PaymentEvent::new(attempt.tenant_id, attempt.payment_id, "attempt.borne_out", &news.actor.label(), now_ms);
        event_insert(tx, &borne_out.attempt(attempt.attempt_id).fact("event", news.event.as_str())).await?;
    }
    Ok(Step::Settled(Box::new(Settled { attempt, payment, moved: false, went_on: false })))
}

/// The row after the move.
fn apply(attempt: &mut Attempt, to: AttemptState, news: &AttemptNews, now_ms: i64) {
    if attempt.state == AttemptState::BrowsingCharge && to == AttemptState::Unknown {
        // The payer may have gone to the bank in the last moment of the page's life.
        attempt.sent_at_ms = now_ms;
    }
    attempt.state = to;
    attempt.moved += 1;
    keep(attempt, news);
    attempt.due_ms = match to {
        AttemptState::Unknown => {
            attempt.asks = 0;
            attempt.not_found = 0;
            Some(now_ms + limits::millis(limits::INQUIRY_SCHEDULE[0]))
        }
        // Somebody must give the money back: at once.
        AttemptState::Stray => Some(now_ms),
        state if state.is_open() => news.due_ms.or(attempt.due_ms),
        // What persons decided is still asked about: a bank that says otherwise must be heard.
        _ if news.proposal.is_some() => {
            attempt.asks = 0;
            attempt.not_found = 0;
            Some(now_ms + limits::millis(limits::INQUIRY_SCHEDULE[0]))
        }
        _ => None,
    };
    if to == AttemptState::Provisioning {
        // Single use: the second callback finds nobody waiting.
        attempt.correlation = None;
        attempt.sent_at_ms = now_ms;
    }
    if to == AttemptState::BrowsingCharge {
        attempt.sent_at_ms = now_ms;
    }
    if !to.is_open() {
        attempt.finished_at_ms = Some(now_ms);
        attempt.plugin_state = None;
        attempt.correlation = None;
    }
}

fn keep(attempt: &mut Attempt, news: &AttemptNews) {
    if let Some(proposal) = news.proposal {
        attempt.proposal_id = Some(proposal.to_text());
    }
    if let Some(bank) = &news.bank {
        attempt.bank_ref = bank_ref_text(bank, &attempt.bank_ref);
    }
    if let Some(failure) = &news.failure {
        attempt.failure = failure.to_text();
    } else if matches!(attempt.state, AttemptState::Captured | AttemptState::Authorized) {
        attempt.failure = None;
    }
    if let Some(waiting) = &news.waiting {
        attempt.plugin_state = Some(waiting.plugin_state.clone());
        attempt.correlation = Some(waiting.correlation.clone());
        attempt.callback_key = Some(waiting.correlation.clone());
    }
}

fn told(attempt: &Attempt, from: AttemptState, news: &AttemptNews, now_ms: i64) -> PaymentEvent {
    let kind = format!("attempt.{}", attempt.state);
    let mut event = PaymentEvent::new(attempt.tenant_id, attempt.payment_id, &kind, &news.actor.label(), now_ms)
        .attempt(attempt.attempt_id)
        .moved(Told::of(attempt.moved, from, news.event, attempt.state))
        .fact("from", from.as_str())
        .fact("event", news.event.as_str());
    if let Some(proposal) = news.proposal {
        event = event.fact("proposal", proposal.to_string());
    }
    if let Some(failure) = &news.failure {
        event = event
            .fact("code", failure.code.as_str())
            .fact("detail", failure.detail.as_str())
            .fact("bank_code", failure.bank_code.clone().unwrap_or_default())
            .fact("bank_message", failure.bank_message.clone().unwrap_or_default())
            .fact("phase", failure.phase.map_or("", crate::plugin::Phase::as_str));
    }
    event
}

fn refused(attempt: &Attempt, news: &AttemptNews, refusal: Refusal, now_ms: i64) -> PaymentEvent {
    let kind = if refusal == Refusal::Contradiction { "attempt.contradicted" } else { "attempt.news_refused" };
    PaymentEvent::new(attempt.tenant_id, attempt.payment_id, kind, &news.actor.label(), now_ms)
        .attempt(attempt.attempt_id)
        .fact("state", attempt.state.as_str())
        .fact("event", news.event.as_str())
        .fact("refusal", refusal.as_str())
}

/// Tells the outside, where the payment itself moved.
async fn publish(tx: &mut Tx, payment: &Payment, before: PaymentState, now_ms: i64) -> FlowResult<()> {
    if payment.state == before {
        return Ok(());
    }
    let kind = match (before, payment.state) {
        (PaymentState::Unknown, _) => "payment.resolved".to_owned(),
        (_, state) => format!("payment.{state}"),
    };
    publish_kind(tx, payment, &kind, None, now_ms).await
}

/// Appends an event about a payment to the outbox.
pub async fn publish_kind(
    tx: &mut Tx,
    payment: &Payment,
    kind: &str,
    operation: Option<OperationId>,
    now_ms: i64,
) -> FlowResult<()> {
    let body = serde_json::json!({
        "payment": payment.payment_id,
        "operation": operation,
        "state": payment.state.as_str(),
        "amount": payment.amount_minor,
        "charged": payment.charged_minor,
        "currency": payment.currency,
        "reference": payment.reference,
    });
    outbox_insert(tx, payment.tenant_id, &payment.payment_id.to_text(), kind, &body.to_string(), now_ms).await?;
    Ok(())
}
