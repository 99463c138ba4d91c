//! Rows turned into what the API says of them.

mod attempt;
pub mod bank_transaction;

use std::collections::HashMap;

use vezne_api as api;

pub use attempt::{attempt_views, event_views, refund_id, refund_view};

use crate::app::App;
use crate::ctx::Locale;
use crate::domain::day_end::{DayEnd, day_end_ms};
use crate::domain::decline::{DeclineClass, payer_message};
use crate::domain::id::{PaymentId, PosAccountId, TenantId};
use crate::domain::payment::{AttemptState, OperationKind, OperationState, PaymentState};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::failure::Failure;
use crate::limits;
use crate::plugin::BankRef;
use crate::store::Tx;
use crate::store::attempt::{Attempt, attempt_list};
use crate::store::idempotency::idempotency_answer_of;
use crate::store::operation::{Operation, operation_list};
use crate::store::payment::{
    AccountNames, CaptureMode, PayerKind, Payment, PaymentNames, payment_accounts, payment_names,
};

/// An instant as the API writes it.
pub fn instant(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

/// Everything about one payment that its view needs.
#[derive(Debug)]
pub struct Whole {
    /// The payment.
    pub payment: Payment,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Its operations, oldest first.
    pub operations: Vec<Operation>,
    /// The names around it.
    pub names: PaymentNames,
    /// POS accounts, among them those of its attempts, where there are several.
    pub accounts: Vec<AccountNames>,
}

/// Reads what the view of a payment needs.
pub async fn whole_fetch(tx: &mut Tx, payment: Payment) -> FlowResult<Whole> {
    let missing = FlowError::Internal(format!("{} is gone", payment.payment_id));
    whole_list(tx, payment.tenant_id, vec![payment]).await?.pop().ok_or(missing)
}

/// Reads what the views of a firm's payments need, in the order of the payments: as many statements for a page as for
/// one.
pub async fn whole_list(tx: &mut Tx, tenant: TenantId, payments: Vec<Payment>) -> FlowResult<Vec<Whole>> {
    let ids: Vec<PaymentId> = payments.iter().map(|payment| payment.payment_id).collect();
    let mut attempts = HashMap::<PaymentId, Vec<Attempt>>::new();
    for attempt in attempt_list(tx, tenant, &ids).await? {
        attempts.entry(attempt.payment_id).or_default().push(attempt);
    }
    let mut operations = HashMap::<PaymentId, Vec<Operation>>::new();
    for operation in operation_list(tx, tenant, &ids).await? {
        operations.entry(operation.payment_id).or_default().push(operation);
    }
    let names = payment_names(tx, tenant, &ids).await?;
    let mut names: HashMap<PaymentId, PaymentNames> = names.into_iter().map(|row| (row.payment_id, row)).collect();
    let several = attempts.values().filter(|attempts| attempts.len() > 1).flatten();
    let tried: Vec<PosAccountId> = several.map(|attempt| attempt.pos_account_id).collect();
    let accounts = if tried.is_empty() { Vec::new() } else { payment_accounts(tx, tenant, &tried).await? };
    let mut whole = |payment: Payment| {
        let id = payment.payment_id;
        let missing = || FlowError::Internal(format!("{id} has lost its node"));
        let attempts = attempts.remove(&id).unwrap_or_default();
        let accounts = if attempts.len() > 1 { accounts.clone() } else { Vec::new() };
        let operations = operations.remove(&id).unwrap_or_default();
        Ok(Whole { names: names.remove(&id).ok_or_else(missing)?, payment, attempts, operations, accounts })
    };
    payments.into_iter().map(&mut whole).collect()
}

impl Whole {
    /// The attempt that has or may have the money, else the newest.
    pub fn attempt(&self) -> Option<&Attempt> {
        let holding = |attempt: &&Attempt| {
            matches!(
                attempt.state,
                AttemptState::Captured | AttemptState::Authorized | AttemptState::Voided | AttemptState::Refunded
            )
        };
        self.attempts.iter().rev().find(holding).or(self.attempts.last())
    }

    /// What the bank took, minor units: what was captured of an authorization, or the whole charge.
    pub fn captured_minor(&self) -> i64 {
        let taken = self
            .attempt()
            .is_some_and(|attempt| matches!(attempt.state, AttemptState::Captured | AttemptState::Refunded));
        match self.payment.capture {
            _ if !taken => 0,
            CaptureMode::Automatic => self.payment.charged_minor,
            CaptureMode::Manual => self.sum(OperationKind::Capture, |state| state == OperationState::Succeeded),
        }
    }

    /// What went back, minor units.
    pub fn refunded_minor(&self) -> i64 {
        self.sum(OperationKind::Refund, |state| state == OperationState::Succeeded)
    }

    /// What may still be given back: nothing that is on its way counts.
    pub fn refundable_minor(&self) -> i64 {
        let promised = self.sum(OperationKind::Refund, |state| state.is_open() || state == OperationState::Succeeded);
        (self.captured_minor() - promised).max(0)
    }

    /// Whether the payment was taken back before the bank's day end.
    pub fn voided(&self) -> bool {
        self.attempt().is_some_and(|attempt| attempt.state == AttemptState::Voided)
    }

    /// When the bank took the money.
    pub fn captured_at_ms(&self) -> Option<i64> {
        let attempt = self.attempt()?;
        let capture = self
            .operations
            .iter()
            .find(|operation| operation.kind == OperationKind::Capture && operation.state == OperationState::Succeeded);
        match (self.payment.capture, capture) {
            (CaptureMode::Manual, capture) => capture?.finished_at_ms,
            (CaptureMode::Automatic, _) if self.payment.state == PaymentState::Succeeded => attempt.finished_at_ms,
            _ => None,
        }
    }

    /// Until when the bank takes back what it took today; after it only a refund works.
    pub fn void_until_ms(&self) -> Option<i64> {
        let since_ms = match self.payment.state {
            PaymentState::Authorized => self.attempt()?.finished_at_ms?,
            _ => self.captured_at_ms()?,
        };
        let stated = self.names.pos_day_end.as_deref().and_then(DayEnd::parse);
        day_end_ms(since_ms, &self.names.zone, stated)
    }

    fn sum(&self, kind: OperationKind, counts: fn(OperationState) -> bool) -> i64 {
        self.operations
            .iter()
            .filter(|operation| operation.kind == kind && counts(operation.state))
            .map(|operation| operation.amount_minor)
            .sum()
    }

    fn acts(&self, now_ms: i64) -> Vec<api::PaymentAct> {
        let busy = self.operations.iter().any(|operation| operation.state.is_open());
        let before_day_end = self.void_until_ms().is_some_and(|until_ms| now_ms < until_ms);
        let untouched = self.refundable_minor() == self.captured_minor();
        let mut acts = Vec::new();
        if busy || self.voided() {
            return acts;
        }
        if self.payment.state == PaymentState::RequiresConfirmation {
            acts.extend([api::PaymentAct::Confirm, api::PaymentAct::Cancel]);
        }
        if self.payment.state == PaymentState::Authorized {
            acts.extend([api::PaymentAct::Capture, api::PaymentAct::Void]);
        }
        if self.payment.state == PaymentState::Succeeded && self.refundable_minor() > 0 {
            if before_day_end && untouched {
                acts.push(api::PaymentAct::Void);
            }
            acts.push(api::PaymentAct::Refund);
        }
        acts
    }
}

/// A payment, for one who may see it.
pub fn payment_view(app: &App, whole: &Whole, locale: Locale) -> api::Payment {
    let payment = &whole.payment;
    let attempt = whole.attempt();
    let bank: BankRef = attempt.and_then(|attempt| serde_json::from_str(&attempt.bank_ref).ok()).unwrap_or_default();
    let failure = attempt.and_then(|attempt| Failure::from_text(attempt.failure.as_deref()));
    let no_money = matches!(payment.state, PaymentState::Declined | PaymentState::Failed | PaymentState::Expired);
    api::Payment {
        id: payment.payment_id.to_string(),
        livemode: livemode(app, whole),
        state: payment_state(payment.state),
        voided: whole.voided(),
        amount: payment.amount_minor,
        charged: payment.charged_minor,
        points_amount: Some(payment.points_minor).filter(|minor| *minor > 0),
        currency: payment.currency.code().to_owned(),
        instalments: u32::try_from(payment.instalments).unwrap_or(1),
        amount_refunded: whole.refunded_minor(),
        amount_refundable: whole.refundable_minor(),
        capture: match payment.capture {
            CaptureMode::Automatic => api::CaptureMode::Automatic,
            CaptureMode::Manual => api::CaptureMode::Manual,
        },
        channel: if payment.entry == "mail-order" { api::Channel::MailOrder } else { api::Channel::Ecommerce },
        node: api::NodeRef { id: payment.node_id.to_string(), name: whole.names.node_name.clone() },
        payer: payer_view(payment, &whole.names),
        reference: payment.reference.clone(),
        description: payment.description.clone(),
        card: attempt.and_then(card_view),
        pos_account: attempt.and_then(|attempt| pos_view(attempt, whole)),
        auth_code: bank.auth_code,
        order_no: attempt.map(|attempt| attempt.order_no.clone()),
        decline: failure.as_ref().filter(|_| no_money).map(|failure| decline_view(failure, locale)),
        in_doubt: attempt.filter(|attempt| attempt.state == AttemptState::Unknown).map(|attempt| api::InDoubt {
            since: instant(failure.as_ref().and_then(|failure| failure.since_ms).unwrap_or(attempt.sent_at_ms)),
            inquiries: u32::try_from(attempt.asks).unwrap_or(u32::MAX),
            next_inquiry_at: attempt.due_ms.map(instant),
            alarm: failure.as_ref().is_some_and(|failure| failure.alarm),
            reason: failure.as_ref().map_or_else(|| "no_answer".to_owned(), |failure| failure.code.replace('-', "_")),
        }),
        next_action: next_action(app, payment, attempt),
        receivables: payment
            .receivables
            .0
            .iter()
            .map(|choice| api::ReceivableShare {
                receivable: format!("rcv_{}", choice.receivable_id),
                amount: choice.amount_minor,
            })
            .collect(),
        allocations: Vec::new(),
        attempts: None,
        events: None,
        routing: None,
        acts: whole.acts(app.clock.now_ms()),
        void_until: whole.void_until_ms().map(instant),
        metadata: payment.metadata.0.clone(),
        created_at: instant(payment.created_at_ms),
        updated_at: instant(payment.updated_at_ms),
        confirm_until: (payment.state == PaymentState::RequiresConfirmation)
            .then(|| instant(payment.created_at_ms + limits::millis(limits::UNCONFIRMED_LIFE))),
        captured_at: whole.captured_at_ms().map(instant),
    }
}

/// By the account that it went through; one that went nowhere yet is what the server is for.
fn livemode(app: &App, whole: &Whole) -> bool {
    if whole.attempts.is_empty() {
        return !app.config.sandbox;
    }
    whole.names.pos_environment.as_deref() == Some("live")
}

fn payer_view(payment: &Payment, names: &PaymentNames) -> Option<api::Party> {
    let (kind, prefix) = match payment.payer_kind {
        PayerKind::Node => (api::PartyKind::Node, "dlr"),
        PayerKind::Customer => (api::PartyKind::Customer, "cus"),
        PayerKind::None => return None,
    };
    let id = format!("{prefix}_{}", payment.payer_id.as_deref()?);
    Some(api::Party { kind, id, name: names.payer_name.clone().unwrap_or_default() })
}

fn card_view(attempt: &Attempt) -> Option<api::CardSummary> {
    Some(api::CardSummary {
        bin: attempt.card_bin.clone()?,
        last4: attempt.card_last4.clone()?,
        brand: attempt.card_brand.clone(),
        bank: attempt.card_bank.clone(),
        programme: attempt.card_programme.clone(),
    })
}

fn pos_view(attempt: &Attempt, whole: &Whole) -> Option<api::PosAccountRef> {
    let id = attempt.pos_account_id.to_string();
    let key = attempt.pos_account_id.to_text();
    if let Some(account) = whole.accounts.iter().find(|account| account.pos_account_id == key) {
        return Some(api::PosAccountRef { id, name: account.name.clone(), bank: account.bank.clone() });
    }
    Some(api::PosAccountRef { id, name: whole.names.pos_name.clone()?, bank: whole.names.pos_bank.clone()? })
}

fn next_action(app: &App, payment: &Payment, attempt: Option<&Attempt>) -> Option<api::NextAction> {
    let attempt = attempt.filter(|_| payment.state == PaymentState::RequiresAction)?;
    let token = app.hold.page_token(attempt.attempt_id)?;
    let until_ms = attempt.due_ms.unwrap_or(attempt.created_at_ms + limits::millis(limits::HOLD_LIFE_MAX));
    Some(api::NextAction {
        redirect_url: format!("{}/gate/{token}", app.config.public_url),
        expires_at: instant(until_ms),
    })
}

fn decline_view(failure: &Failure, locale: Locale) -> api::Decline {
    let class = match DeclineClass::of(&failure.code) {
        DeclineClass::Never => api::DeclineClass::Never,
        DeclineClass::Later => api::DeclineClass::Later,
        DeclineClass::ChangeData => api::DeclineClass::ChangeData,
        DeclineClass::StepUp => api::DeclineClass::StepUp,
        DeclineClass::Cascade => api::DeclineClass::Cascade,
        DeclineClass::Unknown => api::DeclineClass::Unknown,
    };
    api::Decline {
        class,
        code: failure.code.replace('-', "_"),
        bank_code: failure.bank_code.clone(),
        bank_message: failure.bank_message.clone(),
        message: payer_message(&failure.code, locale),
        retry_after: None,
    }
}

/// Where a payment stands, in the API's words.
pub fn payment_state(state: PaymentState) -> api::PaymentState {
    match state {
        PaymentState::RequiresConfirmation => api::PaymentState::RequiresConfirmation,
        PaymentState::RequiresAction => api::PaymentState::RequiresAction,
        PaymentState::Processing => api::PaymentState::Processing,
        PaymentState::Authorized => api::PaymentState::Authorized,
        PaymentState::Succeeded => api::PaymentState::Succeeded,
        PaymentState::Declined => api::PaymentState::Declined,
        PaymentState::Failed => api::PaymentState::Failed,
        PaymentState::Canceled => api::PaymentState::Canceled,
        PaymentState::Expired => api::PaymentState::Expired,
        PaymentState::Unknown => api::PaymentState::Unknown,
    }
}

/// Stores the answer that repetitions of the creating request get, in the commit that makes it true.
pub async fn answer_store(app: &App, tx: &mut Tx, payment: &Payment) -> FlowResult<()> {
    if payment.state == PaymentState::Processing {
        return Ok(());
    }
    let whole = whole_fetch(tx, payment.clone()).await?;
    let locale = Locale::from_tag(&payment.locale).unwrap_or_default();
    let body = serde_json::to_string(&payment_view(app, &whole, locale))
        .map_err(|error| FlowError::Internal(error.to_string()))?;
    idempotency_answer_of(tx, payment.tenant_id, &payment.payment_id.to_text(), 201, &body).await?;
    Ok(())
}
