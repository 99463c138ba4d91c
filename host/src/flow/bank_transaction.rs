//! Asking a bank what its own book says, and laying that beside ours. No book is changed by it, the bank's or ours; that
//! somebody asked stands in the audit trail.

use std::collections::{BTreeSet, HashMap};

use jiff::ToSpan;
use jiff::civil::Date;
use vezne_api as api;

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::bank_transaction::{BankLine, BankStanding, OurMove, OurStanding, compare, is_of_day};
use crate::domain::id::{AttemptId, OperationId, PaymentId, PosAccountId};
use crate::domain::money::Money;
use crate::domain::payment::{OperationKind, OperationState};
use crate::flow::books::zone;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::journal::Trail;
use crate::flow::pos::{Pos, pos_open, pos_open_again, promised};
use crate::flow::run::{act_context, act_until_ms, attempt_target, question_context};
use crate::flow::view::bank_transaction::bank_transactions_view;
use crate::limits;
use crate::plugin::{Act, ActContext, BankRef, Ending, HistoryLine, LIST_TOO_LONG, NO_ANSWER, Reason, Target, Verdict};
use crate::store::Tx;
use crate::store::attempt::{Attempt, NOTHING_SENT, Purpose, attempt_list};
use crate::store::bank_transaction::{payments_fetch, payments_of_orders, payments_of_span};
use crate::store::operation::{Operation, operation_list};
use crate::store::payment::{Payment, payment_visible};
use crate::store::pos_account::pos_account_visible;

/// Something of our book, and its name there.
#[derive(Debug)]
pub struct Ours {
    /// As it is compared.
    pub told: OurMove,
    /// `att_…`, or the name of what was done with it.
    pub id: OursId,
    /// Of which payment.
    pub payment: PaymentId,
}

/// What in our book a line of the bank's is.
#[derive(Debug)]
pub enum OursId {
    /// A charge.
    Attempt(AttemptId),
    /// What was done with one.
    Operation(OperationId),
}

/// What is asked for.
enum Look {
    Order(Target),
    /// `2026-11-22`
    Day(String),
}

impl Look {
    fn act(&self, next: Option<Vec<u8>>) -> Act {
        match self {
            Self::Order(target) => Act::OrderHistory { target: target.clone() },
            Self::Day(day) => Act::DayHistory { day: day.clone(), next },
        }
    }
}

/// What the banks at which a payment was tried have of its orders.
pub async fn bank_transactions_of_payment(
    app: &App,
    ctx: &Ctx,
    payment: PaymentId,
) -> FlowResult<api::BankTransactions> {
    let mut tx = app.db.read().await?;
    let payment = payment_visible(&mut tx, ctx.tenant, ctx.scope, payment).await?;
    let payment = payment.ok_or(FlowError::NotFound("payment"))?;
    let mut asked = Vec::new();
    let attempts = attempt_list(&mut tx, ctx.tenant, &[payment.payment_id]).await?;
    for attempt in attempts.into_iter().filter(Attempt::was_sent) {
        // Whoever sees a payment need not see the account through which it went.
        let account = pos_account_visible(&mut tx, ctx.tenant, ctx.scope, attempt.pos_account_id).await?;
        account.ok_or(FlowError::NotFound("pos_account"))?;
        let pos = pos_open_again(app, &mut tx, &attempt).await?;
        promised(&pos.plugin.manifest, &pos.account.bank, "order-history")?;
        asked.push((attempt, pos));
    }
    drop(tx);
    let asked_ms = app.clock.now_ms();
    let until_ms = act_until_ms(app, None);
    let mut lines = Vec::new();
    for (attempt, pos) in &asked {
        let context = act_context(app, pos, &payment, attempt);
        let look = Look::Order(attempt_target(&payment, attempt));
        lines.extend(listed((app, ctx), pos, &context, &look, until_ms).await?);
    }
    let mut tx = app.db.snapshot().await?;
    let ours = ours_of(&mut tx, ctx, &[payment.payment_id], |_, sent_ms, _| sent_ms <= asked_ms).await?;
    drop(tx);
    Ok(compared(None, &lines, &ours, asked_ms))
}

/// What the bank of an account has of one of its calendar days, whole. `address`: the caller's, since some banks want
/// one with every question.
pub async fn bank_transactions_of_day(
    app: &App,
    ctx: &Ctx,
    account: PosAccountId,
    day: Date,
    address: Option<String>,
) -> FlowResult<api::BankTransactions> {
    let asked_ms = app.clock.now_ms();
    let attempt = AttemptId::at(asked_ms);
    let mut tx = app.db.read().await?;
    let visible = pos_account_visible(&mut tx, ctx.tenant, ctx.scope, account).await?;
    visible.ok_or(FlowError::NotFound("pos_account"))?;
    let pos = pos_open(app, &mut tx, ctx.tenant, account, attempt).await?;
    drop(tx);
    promised(&pos.plugin.manifest, &pos.account.bank, "day-history")?;
    // The ids say nothing to the bank.
    let context = question_context((app, ctx), &pos, attempt, 'D', address);
    let lines = listed((app, ctx), &pos, &context, &Look::Day(day.to_string()), act_until_ms(app, None)).await?;
    let day_ms = (start_ms(day)?, start_ms(day.saturating_add(1.day()))?);
    let mut tx = app.db.snapshot().await?;
    // What a payer took a while for was begun before it was sent.
    let span_ms = (day_ms.0 - limits::millis(limits::BANK_DAY_SLACK), day_ms.1);
    let most = i64::try_from(limits::BANK_OURS_MAX).unwrap_or(i64::MAX);
    let mut payments = payments_of_span(&mut tx, ctx.tenant, account, span_ms, most).await?;
    let orders: BTreeSet<String> = lines.iter().filter_map(|line| line.order_no.clone()).collect();
    let at = (pos.account.plugin_id.as_str(), pos.account.bank.as_str());
    payments.extend(payments_of_orders(&mut tx, ctx.tenant, at, orders.into_iter()).await?);
    payments.sort_unstable();
    payments.dedup();
    let expected = |attempt: &Attempt, sent_ms: i64, ended_ms: Option<i64>| {
        attempt.pos_account_id == account && sent_ms <= asked_ms && is_of_day(sent_ms, ended_ms, day_ms)
    };
    let ours = ours_of(&mut tx, ctx, &payments, expected).await?;
    drop(tx);
    Ok(compared(Some(day), &lines, &ours, asked_ms))
}

fn start_ms(day: Date) -> FlowResult<i64> {
    let start = day.to_zoned(zone()).map_err(|error| FlowError::Internal(error.to_string()))?;
    Ok(start.timestamp().as_millisecond())
}

/// All pages of a list: a part of it would be taken for the whole.
async fn listed(
    (app, ctx): (&App, &Ctx),
    pos: &Pos,
    context: &ActContext,
    look: &Look,
    until_ms: i64,
) -> FlowResult<Vec<HistoryLine>> {
    let trail = Trail { app, ctx, account: pos.account.pos_account_id, act: "pos_account.book_asked" };
    let (mut lines, mut next) = (Vec::new(), None);
    for _ in 0..limits::BANK_PAGES_MAX {
        let act = look.act(next.take());
        let page = match app.plugins.drive(&pos.installation, context, act, None, &trail, until_ms).await {
            Ending::Listed(page) => page,
            ending => return Err(unlisted(ending.into_verdict())),
        };
        lines.extend(page.lines);
        if lines.len() > limits::BANK_LINES_MAX {
            return Err(too_long());
        }
        match (page.next, look) {
            (None, _) => return Ok(lines),
            (Some(_), Look::Order(_)) => return Err(unclear("the connector lists an order in pages".to_owned())),
            (place, Look::Day(_)) => next = place,
        }
    }
    Err(too_long())
}

/// Why there is no list: never an empty one.
fn unlisted(verdict: Verdict) -> FlowError {
    let reason = match verdict {
        Verdict::NotProcessed(reason) | Verdict::Unknown { reason, .. } => reason,
        Verdict::Approved(_) | Verdict::Declined(_) | Verdict::Pending(_) => {
            Reason { code: "listed-not", detail: "the connector answered with no list".to_owned() }
        }
    };
    match reason.code {
        NO_ANSWER | "deadline" => FlowError::Bank { code: "bank_unreachable", detail: reason.to_string() },
        LIST_TOO_LONG => too_long(),
        "unsupported" => FlowError::conflict("capability_missing", reason.detail),
        "plugin-missing" => FlowError::conflict("plugin_missing", reason.detail),
        "busy" => FlowError::Busy("no sandbox was free in time"),
        _ => unclear(reason.to_string()),
    }
}

fn unclear(detail: String) -> FlowError {
    FlowError::Bank { code: "bank_unclear", detail }
}

fn too_long() -> FlowError {
    let detail = format!("there are more than {} transactions", limits::BANK_LINES_MAX);
    FlowError::Bank { code: "bank_list_too_long", detail }
}

/// What we asked banks to do for these payments. `expected`: the list must have what was sent for this attempt, then,
/// and had ended then.
async fn ours_of(
    tx: &mut Tx,
    ctx: &Ctx,
    payments: &[PaymentId],
    expected: impl Fn(&Attempt, i64, Option<i64>) -> bool,
) -> FlowResult<Vec<Ours>> {
    let rows = payments_fetch(tx, ctx.tenant, payments).await?;
    let rows: HashMap<PaymentId, Payment> = rows.into_iter().map(|row| (row.payment_id, row)).collect();
    let attempts = attempt_list(tx, ctx.tenant, payments).await?;
    let operations = operation_list(tx, ctx.tenant, payments).await?;
    if [payments.len(), attempts.len(), operations.len()].into_iter().max() >= Some(limits::BANK_OURS_MAX) {
        // What was not read would be told as unknown.
        return Err(too_long());
    }
    let mut of = HashMap::<AttemptId, Vec<&Operation>>::new();
    for operation in operations.iter().filter(|operation| !never_left(operation)) {
        of.entry(operation.attempt_id).or_default().push(operation);
    }
    let mut ours = Vec::new();
    for attempt in attempts.iter().filter(|attempt| attempt.was_sent()) {
        let Some(payment) = rows.get(&attempt.payment_id) else { continue };
        let here = expected(attempt, attempt.sent_at_ms, attempt.finished_at_ms);
        ours.push(of_attempt(attempt, payment.charged(), here));
        for operation in of.remove(&attempt.attempt_id).unwrap_or_default() {
            let here = expected(attempt, operation.sent_at_ms, operation.finished_at_ms);
            ours.push(of_operation(operation, attempt, here));
        }
    }
    Ok(ours)
}

/// Nothing of it can be in the bank's book.
fn never_left(operation: &Operation) -> bool {
    operation.state == OperationState::Failed && operation.bank_ref == NOTHING_SENT
}

fn of_attempt(attempt: &Attempt, charged: Money, expected: bool) -> Ours {
    let operation = match attempt.purpose {
        Purpose::Sale => OperationKind::Sale,
        Purpose::Authorize => OperationKind::Authorize,
    };
    let told = OurMove {
        operation,
        order_no: attempt.order_no.clone(),
        amount: charged,
        standing: OurStanding::of_attempt(attempt.state),
        transaction_id: transaction_id(&attempt.bank_ref),
        at_ms: attempt.sent_at_ms,
        expected,
    };
    Ours { told, id: OursId::Attempt(attempt.attempt_id), payment: attempt.payment_id }
}

fn of_operation(operation: &Operation, attempt: &Attempt, expected: bool) -> Ours {
    let told = OurMove {
        operation: operation.kind,
        order_no: attempt.order_no.clone(),
        amount: operation.amount(),
        standing: OurStanding::of_operation(operation.kind, operation.state, attempt.state),
        transaction_id: transaction_id(&operation.bank_ref),
        at_ms: operation.sent_at_ms,
        expected,
    };
    Ours { told, id: OursId::Operation(operation.operation_id), payment: operation.payment_id }
}

fn transaction_id(bank_ref: &str) -> Option<String> {
    serde_json::from_str::<BankRef>(bank_ref).unwrap_or_default().transaction_id
}

fn line_of(line: &HistoryLine) -> BankLine {
    let charge_or_change = |kind: &OperationKind| !matches!(kind, OperationKind::ThreeDSecure | OperationKind::Inquiry);
    let operation = line.operation.as_deref().and_then(|word| word.parse().ok()).filter(charge_or_change);
    BankLine {
        operation,
        standing: line.standing.parse().unwrap_or(BankStanding::Unclear),
        minor: line.minor,
        currency: line.currency.clone(),
        order_no: line.order_no.clone(),
        transaction_id: line.bank.transaction_id.clone(),
        at_ms: line.at_ms,
    }
}

fn compared(day: Option<Date>, lines: &[HistoryLine], ours: &[Ours], asked_ms: i64) -> api::BankTransactions {
    let theirs: Vec<BankLine> = lines.iter().map(line_of).collect();
    let told: Vec<OurMove> = ours.iter().map(|one| one.told.clone()).collect();
    let comparison = compare(&theirs, &told);
    bank_transactions_view(day, (lines, &theirs), ours, &comparison, asked_ms)
}
