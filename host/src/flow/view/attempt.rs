//! Attempts, operations and the timeline as the API says them.

use vezne_api as api;

use super::{Whole, decline_view, instant, pos_view};
use crate::ctx::Locale;
use crate::domain::id::{OperationId, RefundId};
use crate::domain::payment::{AttemptState, OperationKind, OperationState};
use crate::flow::failure::Failure;
use crate::plugin::BankRef;
use crate::store::attempt::Attempt;
use crate::store::event::PaymentEvent;
use crate::store::json::Json;
use crate::store::operation::Operation;

fn attempt_state(state: AttemptState) -> api::AttemptState {
    match state {
        AttemptState::Sending | AttemptState::Provisioning => api::AttemptState::Sending,
        AttemptState::Browsing | AttemptState::BrowsingCharge => api::AttemptState::Browsing,
        AttemptState::Unknown => api::AttemptState::Unknown,
        AttemptState::Authorized => api::AttemptState::Authorized,
        AttemptState::Captured | AttemptState::Refunded | AttemptState::Stray => api::AttemptState::Captured,
        AttemptState::Declined => api::AttemptState::Declined,
        AttemptState::Failed | AttemptState::Expired | AttemptState::Canceled => api::AttemptState::NotProcessed,
        AttemptState::Voided => api::AttemptState::Voided,
    }
}

fn operation_state(state: OperationState) -> api::OperationState {
    match state {
        OperationState::Sending => api::OperationState::Sending,
        OperationState::Unknown => api::OperationState::Unknown,
        OperationState::Succeeded => api::OperationState::Approved,
        OperationState::Declined => api::OperationState::Declined,
        OperationState::Failed => api::OperationState::NotProcessed,
    }
}

/// The attempts of a payment, oldest first, each with its operations.
pub fn attempt_views(whole: &Whole, locale: Locale) -> Vec<api::Attempt> {
    let of = |attempt: &Attempt| {
        whole
            .operations
            .iter()
            .filter(|operation| operation.attempt_id == attempt.attempt_id)
            .map(operation_view)
            .collect()
    };
    let numbered = whole.attempts.iter().zip(1..);
    numbered
        .map(|(attempt, number)| {
            let bank: BankRef = serde_json::from_str(&attempt.bank_ref).unwrap_or_default();
            api::Attempt {
                id: attempt.attempt_id.to_string(),
                payment: attempt.payment_id.to_string(),
                number,
                state: attempt_state(attempt.state),
                pos_account: pos_view(attempt, whole).unwrap_or_else(|| api::PosAccountRef {
                    id: attempt.pos_account_id.to_string(),
                    name: String::new(),
                    bank: String::new(),
                }),
                plugin: api::PluginRef {
                    id: attempt.plugin_id.clone(),
                    version: attempt.plugin_version.clone(),
                    digest: format!("sha256:{}", attempt.plugin_digest),
                },
                order_no: attempt.order_no.clone(),
                bank_reference: bank.transaction_id,
                auth_code: bank.auth_code,
                three_d_model: Some(attempt.model.replace('-', "_")).filter(|model| model != "none"),
                decline: Failure::from_text(attempt.failure.as_deref())
                    .filter(|_| !attempt.state.is_open())
                    .map(|failure| decline_view(&failure, locale)),
                operations: of(attempt),
                created_at: instant(attempt.created_at_ms),
                ended_at: attempt.finished_at_ms.map(instant),
            }
        })
        .collect()
}

fn operation_view(operation: &Operation) -> api::Operation {
    let failure = Failure::from_text(operation.failure.as_deref()).unwrap_or_default();
    api::Operation {
        id: operation.operation_id.to_string(),
        kind: match operation.kind {
            OperationKind::Capture => api::OperationKind::Capture,
            OperationKind::Void => api::OperationKind::Void,
            OperationKind::Refund => api::OperationKind::Refund,
            OperationKind::Authorize => api::OperationKind::Authorization,
            OperationKind::Inquiry => api::OperationKind::Inquiry,
            OperationKind::Sale | OperationKind::ThreeDSecure => api::OperationKind::Sale,
        },
        state: operation_state(operation.state),
        amount: operation.amount_minor,
        currency: operation.currency.code().to_owned(),
        bank_code: failure.bank_code,
        bank_message: failure.bank_message,
        started_at: instant(operation.created_at_ms),
        ended_at: operation.finished_at_ms.map(instant),
    }
}

/// A void or refund.
pub fn refund_view(operation: &Operation, livemode: bool, locale: Locale) -> api::Refund {
    let failure = Failure::from_text(operation.failure.as_deref());
    let refused = matches!(operation.state, OperationState::Declined | OperationState::Failed);
    api::Refund {
        id: refund_id(operation.operation_id),
        payment: operation.payment_id.to_string(),
        livemode,
        kind: if operation.kind == OperationKind::Void { api::RefundKind::Void } else { api::RefundKind::Refund },
        state: match operation.state {
            OperationState::Sending => api::RefundState::Processing,
            OperationState::Unknown => api::RefundState::Unknown,
            OperationState::Succeeded => api::RefundState::Succeeded,
            OperationState::Declined | OperationState::Failed => api::RefundState::Failed,
        },
        amount: operation.amount_minor,
        currency: operation.currency.code().to_owned(),
        reason: operation.reason.clone(),
        decline: failure.filter(|_| refused).map(|failure| decline_view(&failure, locale)),
        created_at: instant(operation.created_at_ms),
        updated_at: instant(operation.finished_at_ms.unwrap_or(operation.created_at_ms)),
    }
}

/// The refund's name of an operation.
pub fn refund_id(operation: OperationId) -> String {
    RefundId::from_text(&operation.to_text()).map_or_else(|_| String::new(), |id| id.to_string())
}

/// The timeline.
pub fn event_views(events: &[PaymentEvent]) -> Vec<api::Event> {
    events
        .iter()
        .zip(1..)
        .map(|(event, sequence)| api::Event {
            id: event.event_id.to_string(),
            payment: event.payment_id.to_string(),
            attempt: event.attempt_id.as_ref().map(|id| format!("att_{id}")),
            sequence,
            kind: event.kind.clone(),
            actor: Some(event.actor.clone()).filter(|actor| !actor.starts_with("job:")),
            detail: Json(event.detail.0.clone()).0,
            at: instant(event.at_ms),
        })
        .collect()
}
