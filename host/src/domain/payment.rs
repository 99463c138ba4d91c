//! The states of a payment, its attempts and their operations, and the table that moves them.
//!
//! A **payment** is the obligation to collect an amount once; an **attempt** is one try at one bank; an
//! **operation** is one act on an attempt (capture, void, refund, inquiry). Every pair of state and event is
//! decided by an exhaustive `match` without a catch-all arm, so that a new state or event does not compile
//! until somebody has decided what it means. `payment/table.txt` is the same table for the eye, held by a test.

use super::named::named;

mod decided;
mod table;
#[cfg(test)]
mod tests;
mod told;

pub use told::{Fault, Replayed, Stated, Subject, Told, replay};

named! {
    /// Where a payment stands, as the API shows it. Refunds and voids are amounts and a flag beside it.
    pub enum PaymentState {
        /// Made, and not confirmed yet: no bank knows of it.
        RequiresConfirmation = "requires_confirmation",
        /// The payer is at the bank's 3-D page.
        RequiresAction = "requires_action",
        /// An attempt is running.
        Processing = "processing",
        /// The bank holds the amount; it is not captured yet.
        Authorized = "authorized",
        /// Captured.
        Succeeded = "succeeded",
        /// The bank said no; another attempt may follow.
        Declined = "declined",
        /// It could not be tried; no money moved; another attempt may follow.
        Failed = "failed",
        /// Given up by a person, or its authorization was released. Final.
        Canceled = "canceled",
        /// The payer left it; no money moved; another attempt may follow.
        Expired = "expired",
        /// Sent, and no trustworthy answer yet. No other attempt may start.
        Unknown = "unknown",
    }
}

named! {
    /// Where one try at one bank stands.
    pub enum AttemptState {
        /// Committed before the first byte; bytes may leave at any moment.
        Sending = "sending",
        /// The payer is at a page with which the bank alone cannot charge (model `3d`).
        Browsing = "browsing",
        /// The payer is at a page with which the bank charges by itself (`3d_pay`, `3d_host`).
        BrowsingCharge = "browsing_charge",
        /// The payer came back; the callback is claimed, and the rest runs.
        Provisioning = "provisioning",
        /// Sent, no trustworthy answer; the janitor asks.
        Unknown = "unknown",
        /// The bank holds the amount.
        Authorized = "authorized",
        /// Captured.
        Captured = "captured",
        /// The bank said no.
        Declined = "declined",
        /// Not processed: the bank booked nothing.
        Failed = "failed",
        /// The payer never came back, or the bank let its hold lapse.
        Expired = "expired",
        /// Given up by a person before money could move.
        Canceled = "canceled",
        /// Cancelled before the bank's day end.
        Voided = "voided",
        /// All of it was given back.
        Refunded = "refunded",
        /// A late "yes" for an attempt that had ended: the bank has money that must go back.
        Stray = "stray",
    }
}

named! {
    /// What can happen to an attempt.
    pub enum AttemptEvent {
        /// A page that cannot charge was handed to the payer.
        BrowserShown = "browser_shown",
        /// A page with which the bank charges was handed to the payer.
        ChargePageShown = "charge_page_shown",
        /// The payer's browser or the bank's server came back, and this call claimed it.
        CallbackReceived = "callback_received",
        /// What came back from a gate that only authenticates was not the bank's: the payer is still awaited.
        CallbackRejected = "callback_rejected",
        /// What came back from a gate that charges was not the bank's: the payer is still awaited.
        ChargeCallbackRejected = "charge_callback_rejected",
        /// The bank booked it.
        Approved = "approved",
        /// The bank holds it.
        Authorized = "authorized",
        /// The bank said no, authentically.
        Declined = "declined",
        /// Nothing was booked, certainly.
        NotProcessed = "not_processed",
        /// The bank took it and will say later.
        BankPending = "bank_pending",
        /// Deadline, broken connection after the first byte, unreadable answer, crash.
        Silence = "silence",
        /// A person gave it up.
        Abandoned = "abandoned",
        /// An inquiry found it booked.
        InquiryFoundPaid = "inquiry_found_paid",
        /// An inquiry found it held.
        InquiryFoundAuthorized = "inquiry_found_authorized",
        /// An inquiry found it refused.
        InquiryFoundDeclined = "inquiry_found_declined",
        /// An inquiry found it cancelled at the bank (void whose answer was lost, or the bank's own).
        InquiryFoundVoided = "inquiry_found_voided",
        /// "No such order", after the time and the number of asks that make it final.
        InquiryNotFoundFinal = "inquiry_not_found_final",
        /// A capture of a held amount succeeded.
        Captured = "captured",
        /// The bank let its hold lapse.
        HoldExpired = "hold_expired",
        /// A void succeeded.
        Voided = "voided",
        /// A refund succeeded and something is left.
        RefundedPartly = "refunded_partly",
        /// A refund succeeded and nothing is left.
        RefundedFully = "refunded_fully",
        /// Two persons say, with evidence, that the bank took the money.
        DecidedPaid = "decided_paid",
        /// Two persons say, with evidence, that the bank holds the money.
        DecidedAuthorized = "decided_authorized",
        /// Two persons say, with evidence, that the bank booked nothing.
        DecidedUnpaid = "decided_unpaid",
    }
}

named! {
    /// What can happen to a payment: its running attempt moved, or somebody acted on the payment itself.
    pub enum PaymentEvent {
        /// A new attempt is to start.
        AttemptStarted = "attempt_started",
        /// The running attempt is `browsing` or `browsing_charge`.
        AttemptBrowsing = "attempt_browsing",
        /// The running attempt is `sending` or `provisioning`.
        AttemptRunning = "attempt_running",
        /// The running attempt is `unknown`.
        AttemptUnknown = "attempt_unknown",
        /// The running attempt is `authorized`.
        AttemptAuthorized = "attempt_authorized",
        /// The running attempt is `captured`.
        AttemptCaptured = "attempt_captured",
        /// The running attempt is `declined`.
        AttemptDeclined = "attempt_declined",
        /// The running attempt is `failed`.
        AttemptFailed = "attempt_failed",
        /// The running attempt is `expired`.
        AttemptExpired = "attempt_expired",
        /// The running attempt is `canceled`.
        AttemptCanceled = "attempt_canceled",
        /// An attempt of this payment is `voided`.
        AttemptVoided = "attempt_voided",
        /// An attempt of this payment is `refunded`.
        AttemptRefunded = "attempt_refunded",
        /// An attempt of this payment is `stray`.
        AttemptStray = "attempt_stray",
        /// A person cancels a payment that no attempt works on.
        Canceled = "canceled",
        /// Nobody confirmed it in time.
        Lapsed = "lapsed",
    }
}

named! {
    /// What an operation does at the bank.
    pub enum OperationKind {
        /// Charge at once.
        Sale = "sale",
        /// Hold an amount.
        Authorize = "authorize",
        /// 3-D Secure, up to the verdict.
        ThreeDSecure = "three_d_secure",
        /// Take a held amount.
        Capture = "capture",
        /// Cancel before the bank's day end.
        Void = "void",
        /// Give back after it.
        Refund = "refund",
        /// Ask; changes nothing at the bank.
        Inquiry = "inquiry",
    }
}

named! {
    /// Where an operation stands.
    pub enum OperationState {
        /// Committed before the first byte.
        Sending = "sending",
        /// Sent, no trustworthy answer.
        Unknown = "unknown",
        /// Done at the bank.
        Succeeded = "succeeded",
        /// Refused by the bank.
        Declined = "declined",
        /// Not processed.
        Failed = "failed",
    }
}

named! {
    /// What can happen to an operation.
    pub enum OperationEvent {
        /// The bank did it.
        Approved = "approved",
        /// The bank refused, authentically.
        Declined = "declined",
        /// Nothing was done, certainly.
        NotProcessed = "not_processed",
        /// Deadline, broken connection, unreadable answer, crash.
        Silence = "silence",
        /// An inquiry found it done.
        InquiryFoundDone = "inquiry_found_done",
        /// An inquiry found it refused.
        InquiryFoundDeclined = "inquiry_found_declined",
        /// An inquiry found, finally, that it was never done.
        InquiryNotDoneFinal = "inquiry_not_done_final",
        /// Two persons say, with evidence, that the bank did it.
        DecidedDone = "decided_done",
        /// Two persons say, with evidence, that the bank did not do it.
        DecidedNotDone = "decided_not_done",
    }
}

/// A legal answer of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move<S> {
    /// Go there, by compare-and-set.
    To(S),
    /// Nothing changes; the same thing was said again.
    Stay,
}

/// Why an event does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It came after the end. Drop it and write a timeline row.
    TooLate,
    /// It cannot have happened yet; a mistake of ours.
    OutOfOrder,
    /// It says the opposite of what is recorded as certain. Raise an alarm; a person must look.
    Contradiction,
    /// Another attempt of this payment is running or in doubt, or has taken the money.
    Occupied,
}

impl Refusal {
    /// A stable name for logs and the snapshot.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLate => "too late",
            Self::OutOfOrder => "out of order",
            Self::Contradiction => "contradiction",
            Self::Occupied => "occupied",
        }
    }
}

/// An event that the table refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event} in state {from}: {}", refusal.as_str())]
pub struct IllegalMove {
    /// The state it met.
    pub from: &'static str,
    /// The event.
    pub event: &'static str,
    /// Why not.
    pub refusal: Refusal,
}

impl AttemptState {
    /// The running attempt occupies its payment: no other may start.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Sending | Self::Browsing | Self::BrowsingCharge | Self::Provisioning | Self::Unknown => true,
            Self::Authorized
            | Self::Captured
            | Self::Declined
            | Self::Failed
            | Self::Expired
            | Self::Canceled
            | Self::Voided
            | Self::Refunded
            | Self::Stray => false,
        }
    }

    /// It ended without money, as far as we know.
    pub const fn is_unpaid(self) -> bool {
        matches!(self, Self::Declined | Self::Failed | Self::Expired | Self::Canceled)
    }

    /// The payer is at the bank's page, and what the bank or the payer brings back is waited for.
    pub const fn is_browsing(self) -> bool {
        matches!(self, Self::Browsing | Self::BrowsingCharge)
    }

    /// The bank holds or has the payer's money.
    pub const fn holds_money(self) -> bool {
        matches!(self, Self::Authorized | Self::Captured | Self::Stray)
    }

    /// What an attempt in this state means for its payment.
    pub const fn seen_by_payment(self) -> PaymentEvent {
        match self {
            Self::Sending | Self::Provisioning => PaymentEvent::AttemptRunning,
            Self::Browsing | Self::BrowsingCharge => PaymentEvent::AttemptBrowsing,
            Self::Unknown => PaymentEvent::AttemptUnknown,
            Self::Authorized => PaymentEvent::AttemptAuthorized,
            Self::Captured => PaymentEvent::AttemptCaptured,
            Self::Declined => PaymentEvent::AttemptDeclined,
            Self::Failed => PaymentEvent::AttemptFailed,
            Self::Expired => PaymentEvent::AttemptExpired,
            Self::Canceled => PaymentEvent::AttemptCanceled,
            Self::Voided => PaymentEvent::AttemptVoided,
            Self::Refunded => PaymentEvent::AttemptRefunded,
            Self::Stray => PaymentEvent::AttemptStray,
        }
    }
}

impl PaymentState {
    /// Nothing more will happen to it by itself.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Succeeded | Self::Declined | Self::Failed | Self::Canceled | Self::Expired => true,
            Self::RequiresConfirmation | Self::RequiresAction | Self::Processing | Self::Authorized | Self::Unknown => {
                false
            }
        }
    }
}

impl OperationKind {
    /// What an operation of this kind that was done means for its attempt; `all` where nothing of it is left to give
    /// back. Nothing for what an attempt does itself.
    pub const fn seen_by_attempt(self, all: bool) -> Option<AttemptEvent> {
        match self {
            Self::Capture => Some(AttemptEvent::Captured),
            Self::Void => Some(AttemptEvent::Voided),
            Self::Refund if all => Some(AttemptEvent::RefundedFully),
            Self::Refund => Some(AttemptEvent::RefundedPartly),
            Self::Sale | Self::Authorize | Self::ThreeDSecure | Self::Inquiry => None,
        }
    }
}

impl OperationState {
    /// Another operation that moves money must wait for this one.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Sending | Self::Unknown => true,
            Self::Succeeded | Self::Declined | Self::Failed => false,
        }
    }
}
