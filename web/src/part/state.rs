//! States of payments, attempts, receivables and refunds as pills: icon, word and colour.

use leptos::prelude::*;
use vezne_api::{AttemptState, OperationState, Payment, PaymentState, ReceivableState, RefundState};

use super::surface::{Tone, pill};
use crate::text::Locale;

/// The tone and the key of the word for a payment.
pub fn of_payment(payment: &Payment) -> (Tone, &'static str) {
    match payment.state {
        PaymentState::Succeeded | PaymentState::Canceled if payment.voided => (Tone::Back, "state-voided"),
        PaymentState::Succeeded if payment.amount_refunded >= payment.charged && payment.charged > 0 => {
            (Tone::Back, "state-refunded")
        }
        PaymentState::Succeeded if payment.amount_refunded > 0 => (Tone::Back, "state-partly-refunded"),
        state => of_state(state),
    }
}

/// The tone and the key of the word for a state.
pub fn of_state(state: PaymentState) -> (Tone, &'static str) {
    match state {
        PaymentState::RequiresConfirmation => (Tone::Wait, "state-requires-confirmation"),
        PaymentState::RequiresAction => (Tone::Wait, "state-requires-action"),
        PaymentState::Processing => (Tone::Wait, "state-processing"),
        PaymentState::Authorized => (Tone::Wait, "state-authorized"),
        PaymentState::Succeeded => (Tone::Ok, "state-succeeded"),
        PaymentState::Declined => (Tone::No, "state-declined"),
        PaymentState::Failed => (Tone::No, "state-failed"),
        PaymentState::Canceled => (Tone::Back, "state-canceled"),
        PaymentState::Expired => (Tone::No, "state-expired"),
        PaymentState::Unknown => (Tone::Doubt, "state-unknown"),
    }
}

/// The pill of a payment.
pub fn payment(t: Locale, payment: &Payment) -> AnyView {
    let (tone, key) = of_payment(payment);
    pill(tone, t.s(key))
}

/// The pill of an attempt.
pub fn attempt(t: Locale, state: AttemptState) -> AnyView {
    let (tone, key) = match state {
        AttemptState::Sending => (Tone::Wait, "state-processing"),
        AttemptState::Browsing => (Tone::Wait, "state-requires-action"),
        AttemptState::Authorized => (Tone::Wait, "state-authorized"),
        AttemptState::Captured => (Tone::Ok, "state-succeeded"),
        AttemptState::Declined => (Tone::No, "state-declined"),
        AttemptState::NotProcessed => (Tone::No, "state-not-processed"),
        AttemptState::Unknown => (Tone::Doubt, "state-unknown"),
        AttemptState::Voided => (Tone::Back, "state-voided"),
    };
    pill(tone, t.s(key))
}

/// The pill of an operation.
pub fn operation(t: Locale, state: OperationState) -> AnyView {
    let (tone, key) = match state {
        OperationState::Sending => (Tone::Wait, "state-processing"),
        OperationState::Browsing => (Tone::Wait, "state-requires-action"),
        OperationState::Approved => (Tone::Ok, "state-succeeded"),
        OperationState::Declined => (Tone::No, "state-declined"),
        OperationState::NotProcessed => (Tone::No, "state-not-processed"),
        OperationState::Unknown => (Tone::Doubt, "state-unknown"),
    };
    pill(tone, t.s(key))
}

/// The pill of a refund.
pub fn refund(t: Locale, state: RefundState) -> AnyView {
    let (tone, key) = match state {
        RefundState::Processing => (Tone::Wait, "state-processing"),
        RefundState::Succeeded => (Tone::Back, "state-given-back"),
        RefundState::Failed => (Tone::No, "state-failed"),
        RefundState::Unknown => (Tone::Doubt, "state-unknown"),
    };
    pill(tone, t.s(key))
}

/// The pill of a receivable.
pub fn receivable(t: Locale, state: ReceivableState, overdue: bool) -> AnyView {
    let (tone, key) = match state {
        ReceivableState::Paid => (Tone::Ok, "state-paid"),
        _ if overdue => (Tone::No, "state-overdue"),
        ReceivableState::PartlyPaid => (Tone::Wait, "state-partly-paid"),
        ReceivableState::Open => (Tone::Wait, "state-open"),
    };
    pill(tone, t.s(key))
}
