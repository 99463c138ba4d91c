//! Calling a person: one alarm per cause and POS account, however many payments it is about.
//!
//! Nothing of it happens in a payment's own commit, except where the bank contradicts what we hold as certain: that is
//! rare, and must not be lost with a crash.

use serde_json::json;

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::alarm::{AlarmCause, AlarmState};
use crate::domain::doubt::DoubtId;
use crate::domain::id::{AlarmId, PaymentId, PosAccountId, TenantId};
use crate::flow::error::{FlowError, FlowResult};
use crate::limits;
use crate::security::redact;
use crate::store::Tx;
use crate::store::alarm::{
    AlarmFilter, alarm_all_open, alarm_close, alarm_insert, alarm_item_insert, alarm_items_add, alarm_list, alarm_open,
};
use crate::store::audit::audit_insert;
use crate::store::doubt::{DoubtCluster, doubt_clusters, doubt_count};
use crate::store::outbox::outbox_insert;
use crate::store::proposal::{proposal_expire, proposal_is_due};

/// What a person must know of one payment.
#[derive(Debug, Clone, Copy)]
pub struct AlarmItem<'a> {
    /// Whose books.
    pub tenant: TenantId,
    /// Where.
    pub pos_account: PosAccountId,
    /// What.
    pub subject: DoubtId,
    /// Of which payment.
    pub payment: PaymentId,
    /// In words for the log of the alarm.
    pub detail: &'a str,
}

/// Adds something to the open alarm of a cause, and opens one where there is none.
pub async fn alarm_raise_in_tx(tx: &mut Tx, cause: AlarmCause, item: AlarmItem<'_>, now_ms: i64) -> FlowResult<()> {
    let alarm = opened(tx, item.tenant, cause, item.pos_account, now_ms).await?;
    let subject = item.subject.to_string();
    alarm_item_insert(tx, item.tenant, alarm, &subject, item.payment, item.detail, now_ms).await?;
    Ok(())
}

/// The open alarm of a cause at a POS account; the commit that opens it tells the outside.
async fn opened(
    tx: &mut Tx,
    tenant: TenantId,
    cause: AlarmCause,
    pos_account: PosAccountId,
    now_ms: i64,
) -> FlowResult<AlarmId> {
    let new = AlarmId::at(now_ms);
    if alarm_insert(tx, tenant, new, cause, pos_account, now_ms).await? {
        tracing::error!(alarm = %new, %cause, %pos_account, "a person must look");
        told(tx, tenant, new, "alarm.opened", cause, pos_account, now_ms).await?;
        return Ok(new);
    }
    alarm_open(tx, tenant, cause, pos_account).await?.ok_or(FlowError::Busy("an alarm that was closed at this moment"))
}

async fn told(
    tx: &mut Tx,
    tenant: TenantId,
    alarm: AlarmId,
    kind: &str,
    cause: AlarmCause,
    pos_account: PosAccountId,
    now_ms: i64,
) -> FlowResult<()> {
    let body = json!({"alarm": alarm, "cause": cause.as_str(), "pos_account": pos_account});
    outbox_insert(tx, tenant, &alarm.to_text(), kind, &body.to_string(), now_ms).await?;
    Ok(())
}

/// Looks for causes: opens alarms for banks that leave payments in doubt, adds what is new, ends what is over. Ends
/// proposals whose time is over as well.
pub async fn alarm_round(app: &App) -> FlowResult<()> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.read().await?;
    let doubts = doubt_count(&mut tx).await?;
    let late = proposal_is_due(&mut tx, now_ms).await?;
    drop(tx);
    metrics::gauge!("vezne_doubts").set(figure(u32::try_from(doubts)));
    if late {
        let mut tx = app.db.begin().await?;
        proposal_expire(&mut tx, now_ms).await?;
        tx.commit().await?;
    }
    for cause in AlarmCause::ALL {
        let open = if cause.ends_by_itself() {
            cause_round(app, *cause, now_ms).await?
        } else {
            let mut tx = app.db.read().await?;
            alarm_all_open(&mut tx, *cause).await?.len()
        };
        metrics::gauge!("vezne_alarms_open", "cause" => cause.as_str()).set(figure(u32::try_from(open)));
    }
    Ok(())
}

/// A count as a chart shows it.
fn figure<E>(count: Result<u32, E>) -> f64 {
    f64::from(count.unwrap_or(u32::MAX))
}

/// One cause that begins and ends with what is in doubt. Gives how many alarms of it are open afterwards.
async fn cause_round(app: &App, cause: AlarmCause, now_ms: i64) -> FlowResult<usize> {
    let sent_before_ms = now_ms - limits::millis(limits::DOUBT_ALARM_AFTER);
    let mut tx = app.db.read().await?;
    let clusters = doubt_clusters(&mut tx, cause, sent_before_ms).await?;
    let open = alarm_all_open(&mut tx, cause).await?;
    drop(tx);
    let over: Vec<_> = open
        .iter()
        .filter(|(tenant, _, pos)| !clusters.iter().any(|at| at.tenant_id == *tenant && at.pos_account_id == *pos))
        .collect();
    let fresh: Vec<_> = clusters.iter().filter(|at| at.unnamed > 0).collect();
    if over.is_empty() && fresh.is_empty() {
        return Ok(open.len());
    }
    let mut tx = app.db.begin().await?;
    for at in fresh {
        let (tenant, pos_account) = place(at)?;
        let alarm = opened(&mut tx, tenant, cause, pos_account, now_ms).await?;
        alarm_items_add(&mut tx, tenant, alarm, cause, pos_account, sent_before_ms, now_ms).await?;
    }
    for (tenant, alarm, pos) in over {
        let broken = || FlowError::Internal(format!("the alarm {alarm} has a broken key"));
        let tenant = TenantId::from_text(tenant).map_err(|_| broken())?;
        let alarm = AlarmId::from_text(alarm).map_err(|_| broken())?;
        let pos = PosAccountId::from_text(pos).map_err(|_| broken())?;
        if alarm_close(&mut tx, tenant, alarm, "job:bank", None, now_ms).await? {
            told(&mut tx, tenant, alarm, "alarm.closed", cause, pos, now_ms).await?;
        }
    }
    tx.commit().await?;
    app.webhook_wake.notify_one();
    Ok(clusters.len())
}

fn place(at: &DoubtCluster) -> FlowResult<(TenantId, PosAccountId)> {
    let broken = || FlowError::Internal(format!("doubts at {} have a broken key", at.pos_account_id));
    let tenant = TenantId::from_text(&at.tenant_id).map_err(|_| broken())?;
    let pos_account = PosAccountId::from_text(&at.pos_account_id).map_err(|_| broken())?;
    Ok((tenant, pos_account))
}

/// A person has looked, and says what was found.
pub async fn alarm_end(app: &App, ctx: &Ctx, id: AlarmId, note: &str) -> FlowResult<()> {
    let note = redact::scrub(note.trim()).into_owned();
    if note.is_empty() {
        return Err(FlowError::invalid("/note", "required", "empty"));
    }
    if note.chars().count() > limits::EVIDENCE_CHARS_MAX {
        return Err(FlowError::invalid("/note", "too_long", "a page at most"));
    }
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let only = AlarmFilter { alarm_id: Some(id.to_text()), limit: 1, ..AlarmFilter::default() };
    let found = alarm_list(&mut tx, ctx.tenant, ctx.scope, &only).await?;
    let alarm = found.into_iter().next().ok_or(FlowError::NotFound("alarm"))?;
    if alarm.state == AlarmState::Open && alarm.cause.ends_by_itself() {
        return Err(FlowError::conflict("alarm_ends_by_itself", "it ends when nothing is in doubt there any more"));
    }
    let by = ctx.actor.label();
    if !alarm_close(&mut tx, ctx.tenant, id, &by, Some(&note), now_ms).await? {
        return Err(FlowError::conflict("alarm_closed", "somebody else closed it"));
    }
    told(&mut tx, ctx.tenant, id, "alarm.closed", alarm.cause, alarm.pos_account_id, now_ms).await?;
    let detail = json!({"cause": alarm.cause.as_str(), "note": note, "payments": alarm.items});
    audit_insert(&mut tx, ctx, "alarm.closed", &id.to_string(), &detail).await?;
    tx.commit().await?;
    app.webhook_wake.notify_one();
    Ok(())
}
