//! Attempts that persons decided: the bank's word may agree, but it moves nothing any more.

use super::{AttemptEvent, AttemptState, IllegalMove, Move, Refusal};

impl AttemptEvent {
    /// The bank's own word about the charge, heard as an answer, a callback or an inquiry.
    pub const fn is_banks_word(self) -> bool {
        match self {
            Self::Approved
            | Self::Authorized
            | Self::Declined
            | Self::NotProcessed
            | Self::InquiryFoundPaid
            | Self::InquiryFoundAuthorized
            | Self::InquiryFoundDeclined
            | Self::InquiryFoundVoided
            | Self::InquiryNotFoundFinal => true,
            Self::BrowserShown
            | Self::ChargePageShown
            | Self::CallbackReceived
            | Self::CallbackRejected
            | Self::ChargeCallbackRejected
            | Self::BankPending
            | Self::Silence
            | Self::Abandoned
            | Self::Captured
            | Self::HoldExpired
            | Self::Voided
            | Self::RefundedPartly
            | Self::RefundedFully
            | Self::DecidedPaid
            | Self::DecidedAuthorized
            | Self::DecidedUnpaid => false,
        }
    }
}

impl AttemptState {
    /// The table of attempts that persons decided: the bank's word may agree with them, but it moves nothing any more;
    /// what it says otherwise is a contradiction, for a person to look at.
    pub fn next_decided(self, event: AttemptEvent) -> Result<Move<Self>, IllegalMove> {
        match self.next(event)? {
            Move::To(_) if event.is_banks_word() => {
                Err(IllegalMove { from: self.as_str(), event: event.as_str(), refusal: Refusal::Contradiction })
            }
            answer => Ok(answer),
        }
    }
}
