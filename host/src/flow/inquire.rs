//! Ending doubt: the janitor's questions to the bank, on one schedule, until it knows.
//!
//! A question never charges. "No such order" is believed only late and twice; silence is believed never.

mod places;
mod stray;

pub use places::Places;

use std::time::Duration;

use stray::stray_return;

use crate::app::App;
use crate::bug::{self, Bug};
use crate::crash;
use crate::ctx::Actor;
use crate::domain::alarm::AlarmCause;
use crate::domain::doubt::DoubtId;
use crate::domain::id::{OperationId, PosAccountId};
use crate::domain::payment::{AttemptEvent, AttemptState, OperationEvent, OperationKind, OperationState};
use crate::flow::alarm::{AlarmItem, alarm_raise_in_tx};
use crate::flow::attempt::{AttemptNews, attempt_settle, bank_ref_text};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::failure::Failure;
use crate::flow::journal::Diary;
use crate::flow::operation::{OperationNews, operation_settle};
use crate::flow::pos::{Pos, pos_reopen};
use crate::flow::run::{act_context, act_until_ms, attempt_target, terms_of};
use crate::flow::silence::{probe_round, question_ended};
use crate::limits;
use crate::plugin::{Act, Approval, BankRef, Operation as Asked, Reason, Target, Verdict};
use crate::store::attempt::{Attempt, Purpose, attempt_due, attempt_fetch, attempt_update};
use crate::store::operation::{Operation, operation_due, operation_update};
use crate::store::payment::{Payment, payment_fetch};

const JANITOR: Actor = Actor::Job("janitor");

/// When a bank is asked again: after the steps of the schedule, then daily; nothing after the last day.
pub fn next_ask_ms(attempt: &Attempt, now_ms: i64) -> Option<i64> {
    // What persons decided is asked about for as long again, counted from their decision.
    let since_ms = attempt.finished_at_ms.filter(|_| attempt.proposal_id.is_some()).unwrap_or(attempt.sent_at_ms);
    next_ms(attempt.asks, since_ms, now_ms)
}

fn next_ms(asks: i64, sent_at_ms: i64, now_ms: i64) -> Option<i64> {
    let step = usize::try_from(asks).unwrap_or(usize::MAX);
    let pause = limits::INQUIRY_SCHEDULE.get(step).copied().unwrap_or(limits::INQUIRY_DAILY);
    let too_late = now_ms - sent_at_ms > limits::millis(limits::INQUIRY_DAYS_MAX);
    (!too_late).then(|| now_ms + limits::millis(pause))
}

/// Something whose time has come.
#[derive(Debug)]
pub enum Due {
    /// An attempt that is silent, in doubt or astray.
    Attempt(Box<Attempt>),
    /// A void, refund or capture that is silent or in doubt, and the POS account at which it is.
    Operation(Box<Operation>, PosAccountId),
}

impl Due {
    fn id(&self) -> DoubtId {
        match self {
            Self::Attempt(attempt) => DoubtId::Attempt(attempt.attempt_id),
            Self::Operation(operation, _) => DoubtId::Operation(operation.operation_id),
        }
    }

    fn pos_account(&self) -> PosAccountId {
        match self {
            Self::Attempt(attempt) => attempt.pos_account_id,
            Self::Operation(_, pos_account) => *pos_account,
        }
    }
}

/// What there is to tend to, but not at POS accounts that are busy.
pub async fn janitor_due(app: &App, busy: &[PosAccountId]) -> FlowResult<Vec<Due>> {
    probe_round(app).await?;
    let now_ms = app.clock.now_ms();
    let each = i64::try_from(limits::JANITOR_PER_ACCOUNT).unwrap_or(i64::MAX);
    let mut tx = app.db.read().await?;
    let attempts = attempt_due(&mut tx, now_ms, busy, each, limits::JANITOR_BATCH).await?;
    let operations = operation_due(&mut tx, now_ms, busy, each, limits::JANITOR_BATCH).await?;
    let attempts = attempts.into_iter().map(|attempt| Due::Attempt(Box::new(attempt)));
    let operations = operations.into_iter().map(|due| Due::Operation(Box::new(due.operation), due.pos_account_id));
    Ok(attempts.chain(operations).collect())
}

/// Tends to one of them.
pub async fn janitor_tend(app: &App, due: Due) {
    match due {
        Due::Attempt(seen) => {
            if let Err(error) = attempt_tend(app, Attempt::clone(&seen)).await {
                tracing::error!(attempt = %seen.attempt_id, %error, "the janitor could not tend an attempt");
                attempt_put_off(app, *seen, limits::JANITOR_AGAIN).await;
            }
        }
        Due::Operation(seen, _) => {
            if let Err(error) = operation_tend(app, Operation::clone(&seen)).await {
                tracing::error!(operation = %seen.operation_id, %error, "the janitor could not tend an operation");
                operation_put_off(app, *seen).await;
            }
        }
    }
}

/// Looks at an attempt again later, unless somebody has moved it since it was seen. Those whose time is long over come
/// first: one that stayed due would keep all others from their turn.
async fn attempt_put_off(app: &App, seen: Attempt, by: Duration) {
    let id = seen.attempt_id;
    let later = Attempt { due_ms: Some(app.clock.now_ms() + limits::millis(by)), ..seen };
    let put_off = async {
        let mut tx = app.db.begin().await?;
        if attempt_update(&mut tx, &later).await? { tx.commit().await } else { Ok(()) }
    };
    if let Err(error) = put_off.await {
        tracing::error!(attempt = %id, %error, "an attempt could not be put off");
    }
}

/// The same for an operation.
async fn operation_put_off(app: &App, seen: Operation) {
    let id = seen.operation_id;
    let later = Operation { due_ms: Some(app.clock.now_ms() + limits::millis(limits::JANITOR_AGAIN)), ..seen };
    let put_off = async {
        let mut tx = app.db.begin().await?;
        if operation_update(&mut tx, &later).await? { tx.commit().await } else { Ok(()) }
    };
    if let Err(error) = put_off.await {
        tracing::error!(operation = %id, %error, "an operation could not be put off");
    }
}

async fn attempt_tend(app: &App, attempt: Attempt) -> FlowResult<()> {
    match attempt.state {
        AttemptState::Unknown => attempt_ask(app, attempt).await,
        AttemptState::Captured | AttemptState::Authorized if attempt.proposal_id.is_some() => {
            attempt_ask(app, attempt).await
        }
        // Persons decided it, or a callback came after its end.
        state if state.is_unpaid() => attempt_ask(app, attempt).await,
        AttemptState::Stray => stray_return(app, attempt).await,
        // The row is there, but no send was ever written down: not a byte has left (P3). The flow may only have stood
        // still, and write one down now: what counts is the row as it is when it moves. From then on nothing leaves.
        AttemptState::Sending if !attempt.was_sent() => {
            let reason = Reason { code: "never-sent", detail: "the process ended before anything was sent".to_owned() };
            let news = AttemptNews {
                failure: Some(Failure::not_processed(reason)),
                unless_sent: true,
                ..AttemptNews::new(AttemptEvent::NotProcessed, JANITOR)
            };
            attempt_settle(app, attempt.tenant_id, attempt.attempt_id, &news).await.map(drop)
        }
        // Its flow is gone (a crash), or its payer is: what that means is the state table's to say.
        AttemptState::Sending | AttemptState::Provisioning | AttemptState::Browsing | AttemptState::BrowsingCharge => {
            let now_ms = app.clock.now_ms();
            let (code, detail) = match attempt.state {
                AttemptState::Browsing | AttemptState::BrowsingCharge => ("payer-away", "the payer did not come back"),
                _ => ("no-answer", "no answer was written before the deadline"),
            };
            let doubt = Failure::in_doubt(code, detail.to_owned(), None, false, now_ms);
            let news = AttemptNews { failure: Some(doubt), ..AttemptNews::new(AttemptEvent::Silence, JANITOR) };
            attempt_settle(app, attempt.tenant_id, attempt.attempt_id, &news).await.map(drop)
        }
        state => Err(FlowError::Internal(format!("nothing is to be done about one that is {state}"))),
    }
}

/// Asks the bank about an attempt in doubt.
async fn attempt_ask(app: &App, mut attempt: Attempt) -> FlowResult<()> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    attempt.asks += 1;
    attempt.due_ms = next_ask_ms(&attempt, now_ms);
    if attempt.due_ms.is_none() && attempt.state == AttemptState::Unknown {
        let mut failure = Failure::from_text(attempt.failure.as_deref()).unwrap_or_default();
        failure.alarm = true;
        attempt.failure = failure.to_text();
        tracing::error!(attempt = %attempt.attempt_id, "still in doubt after the last question: a person must decide");
    }
    if attempt.due_ms.is_none() && attempt.state.is_unpaid() && attempt.proposal_id.is_none() {
        let item = AlarmItem {
            tenant: attempt.tenant_id,
            pos_account: attempt.pos_account_id,
            subject: DoubtId::Attempt(attempt.attempt_id),
            payment: attempt.payment_id,
            detail: "a payer came back after its end, and the bank never said whether it charged",
        };
        alarm_raise_in_tx(&mut tx, AlarmCause::Contradiction, item, now_ms).await?;
    }
    // Claims the question: of two janitors one asks.
    if !attempt_update(&mut tx, &attempt).await? {
        return Ok(());
    }
    tx.commit().await?;
    attempt.version += 1;
    crash::stop(app, "ask_claimed");
    let (payment, pos) = question(app, &attempt).await?;
    let target = attempt_target(&payment, &attempt);
    let verdict = ask(app, &pos, &payment, &attempt, None, target).await?;
    crash::stop(app, "asked");
    let asked_at_move = Some(attempt.moved);
    let news = match verdict {
        Verdict::Approved(approval) => found(&attempt, approval),
        Verdict::Declined(decline) => AttemptNews {
            failure: Some(Failure::declined(decline)),
            ..AttemptNews::new(AttemptEvent::InquiryFoundDeclined, JANITOR)
        },
        Verdict::NotProcessed(reason) => {
            let final_after_ms = final_after_ms(app, &pos);
            if !believed(app, &mut attempt, final_after_ms, now_ms).await? {
                return Ok(());
            }
            AttemptNews {
                failure: Some(Failure::not_processed(reason)),
                ..AttemptNews::new(AttemptEvent::InquiryNotFoundFinal, JANITOR)
            }
        }
        Verdict::Pending(_) | Verdict::Unknown { .. } => return Ok(()),
    };
    let news = AttemptNews { asked_at_move, ..news };
    attempt_settle(app, attempt.tenant_id, attempt.attempt_id, &news).await?;
    crash::stop(app, "ask_settled");
    Ok(())
}

/// What an inquiry found, by the bank's word for the order's state (`order-state`), else by what was wanted.
fn found(attempt: &Attempt, approval: Approval) -> AttemptNews {
    let stated = approval.attributes.iter().find(|(name, _)| name == "order-state").map(|(_, value)| value.as_str());
    let event = match (stated, attempt.purpose) {
        (Some("voided"), _) => AttemptEvent::InquiryFoundVoided,
        (Some("authorized"), _) | (None, Purpose::Authorize) => AttemptEvent::InquiryFoundAuthorized,
        _ => AttemptEvent::InquiryFoundPaid,
    };
    AttemptNews { bank: Some(approval.bank), ..AttemptNews::new(event, JANITOR) }
}

/// How long after the last send "no such order" is not yet final.
fn final_after_ms(app: &App, pos: &Pos) -> i64 {
    let stated_s = pos.plugin.manifest.not_found_final_after_s;
    i64::from(app.config.sandbox_not_found_final_s.unwrap_or(stated_s)) * 1000
}

/// Whether "no such order" is final: heard often enough, and asked long enough after the last send. An answer tells
/// how things stood when it was asked for, however late it is read.
async fn believed(app: &App, attempt: &mut Attempt, final_after_ms: i64, asked_at_ms: i64) -> FlowResult<bool> {
    if bug::is_in(Bug::NotFoundBelievedEarly) {
        return Ok(true);
    }
    attempt.not_found += 1;
    attempt.due_ms = again_ms(attempt.due_ms, attempt.sent_at_ms + final_after_ms, app.clock.now_ms());
    let mut tx = app.db.begin().await?;
    if !attempt_update(&mut tx, attempt).await? {
        return Ok(false);
    }
    tx.commit().await?;
    crash::stop(app, "not_found_noted");
    let waited_ms = asked_at_ms - attempt.sent_at_ms;
    Ok(attempt.not_found >= limits::NOT_FOUND_ASKS_MIN && waited_ms >= final_after_ms)
}

/// When to hear "no such order" again: by the schedule, or as soon as it would be final, since this bank answers.
fn again_ms(due_ms: Option<i64>, final_at_ms: i64, now_ms: i64) -> Option<i64> {
    let soon_ms = final_at_ms.max(now_ms + limits::millis(limits::NOT_FOUND_AGAIN));
    due_ms.map(|due_ms| due_ms.min(soon_ms))
}

async fn operation_tend(app: &App, mut operation: Operation) -> FlowResult<()> {
    if operation.state == OperationState::Sending {
        let doubt = Failure::in_doubt(
            "no-answer",
            "no answer was written before the deadline".to_owned(),
            None,
            false,
            app.clock.now_ms(),
        );
        let news = OperationNews { failure: Some(doubt), ..OperationNews::new(OperationEvent::Silence, JANITOR) };
        return operation_settle(app, operation.tenant_id, operation.operation_id, &news).await.map(drop);
    }
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    operation.asks += 1;
    let since_ms = operation.finished_at_ms.filter(|_| operation.proposal_id.is_some());
    operation.due_ms = next_ms(operation.asks, since_ms.unwrap_or(operation.sent_at_ms), now_ms);
    if !operation_update(&mut tx, &operation).await? {
        return Ok(());
    }
    tx.commit().await?;
    operation.version += 1;
    crash::stop(app, "operation_ask_claimed");
    let missing = || FlowError::Internal(format!("{} has lost its attempt", operation.operation_id));
    let mut tx = app.db.read().await?;
    let attempt = attempt_fetch(&mut tx, operation.tenant_id, operation.attempt_id).await?.ok_or_else(missing)?;
    drop(tx);
    let (payment, pos) = question(app, &attempt).await?;
    let known: BankRef = serde_json::from_str(&operation.bank_ref).unwrap_or_default();
    let target = Target {
        operation: match operation.kind {
            OperationKind::Capture => Asked::Capture,
            OperationKind::Void => Asked::Void,
            _ => Asked::Refund,
        },
        terms: terms_of(&payment, operation.amount()),
        // What the connector noted before it sent the operation, over what is known of the charge.
        bank: serde_json::from_str(&bank_ref_text(&known, &attempt.bank_ref)).unwrap_or_default(),
        sent_at_ms: operation.sent_at_ms,
        ..attempt_target(&payment, &attempt)
    };
    let verdict = ask(app, &pos, &payment, &attempt, Some(operation.operation_id), target).await?;
    crash::stop(app, "operation_asked");
    let (event, bank, failure) = match verdict {
        Verdict::Approved(approval) => (OperationEvent::InquiryFoundDone, Some(approval.bank), None),
        Verdict::Declined(decline) => (OperationEvent::InquiryFoundDeclined, None, Some(Failure::declined(decline))),
        Verdict::NotProcessed(reason) => {
            operation.not_found += 1;
            let final_after_ms = final_after_ms(app, &pos);
            let final_at_ms = operation.sent_at_ms + final_after_ms;
            operation.due_ms = again_ms(operation.due_ms, final_at_ms, app.clock.now_ms());
            let mut tx = app.db.begin().await?;
            if !operation_update(&mut tx, &operation).await? {
                return Ok(());
            }
            tx.commit().await?;
            crash::stop(app, "operation_not_found_noted");
            // As with an attempt: what counts is when it was asked.
            let waited_ms = now_ms - operation.sent_at_ms;
            if operation.not_found < limits::NOT_FOUND_ASKS_MIN || waited_ms < final_after_ms {
                return Ok(());
            }
            (OperationEvent::InquiryNotDoneFinal, None, Some(Failure::not_processed(reason)))
        }
        Verdict::Pending(_) | Verdict::Unknown { .. } => return Ok(()),
    };
    let news = OperationNews { bank, failure, ..OperationNews::new(event, JANITOR) };
    operation_settle(app, operation.tenant_id, operation.operation_id, &news).await?;
    crash::stop(app, "operation_ask_settled");
    Ok(())
}

/// What a question needs, read only when the question is claimed: whatever fails here must not leave the row due. A
/// question that could not be put counts as one that was not answered.
async fn question(app: &App, attempt: &Attempt) -> FlowResult<(Payment, Pos)> {
    let mut tx = app.db.read().await?;
    let payment = payment_of(&mut tx, attempt).await?;
    let pos = pos_reopen(app, &mut tx, attempt).await;
    drop(tx);
    if pos.is_err() {
        question_ended(app, (attempt.tenant_id, attempt.pos_account_id), false).await?;
    }
    Ok((payment, pos?))
}

async fn payment_of(tx: &mut crate::store::Tx, attempt: &Attempt) -> FlowResult<Payment> {
    payment_fetch(tx, attempt.tenant_id, attempt.payment_id)
        .await?
        .ok_or_else(|| FlowError::Internal(format!("{} has lost its payment", attempt.attempt_id)))
}

async fn ask(
    app: &App,
    pos: &Pos,
    payment: &Payment,
    attempt: &Attempt,
    operation: Option<OperationId>,
    target: Target,
) -> FlowResult<Verdict> {
    let mut diary = Diary::of_attempt(app, attempt.tenant_id, attempt.payment_id, attempt.attempt_id).question();
    if let Some(operation) = operation {
        diary = diary.operation(operation);
    }
    let context = act_context(app, pos, payment, attempt);
    let until_ms = act_until_ms(app, None);
    let ending = app.plugins.drive(&pos.installation, &context, Act::Inquire { target }, None, &diary, until_ms).await;
    let verdict = ending.into_verdict();
    let answered = !matches!(verdict, Verdict::Unknown { .. });
    question_ended(app, (attempt.tenant_id, attempt.pos_account_id), answered).await?;
    Ok(verdict)
}
