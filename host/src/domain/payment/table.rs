//! The three tables: every pair of state and event, decided.

use super::{
    AttemptEvent, AttemptState, IllegalMove, Move, OperationEvent, OperationState, PaymentEvent, PaymentState, Refusal,
};

impl AttemptState {
    /// The table of attempts.
    #[expect(
        clippy::too_many_lines,
        clippy::match_same_arms,
        reason = "a table: one arm per meaning, all in one sight"
    )]
    pub fn next(self, event: AttemptEvent) -> Result<Move<Self>, IllegalMove> {
        use AttemptEvent as E;
        use AttemptState as S;
        let answer = match self {
            S::Sending => match event {
                E::BrowserShown => Ok(Move::To(S::Browsing)),
                E::ChargePageShown => Ok(Move::To(S::BrowsingCharge)),
                E::Approved => Ok(Move::To(S::Captured)),
                E::Authorized => Ok(Move::To(S::Authorized)),
                E::Declined => Ok(Move::To(S::Declined)),
                E::NotProcessed => Ok(Move::To(S::Failed)),
                E::BankPending | E::Silence => Ok(Move::To(S::Unknown)),
                // A person cannot take back bytes that may be on their way.
                E::Abandoned => Err(Refusal::Occupied),
                E::CallbackReceived
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::InquiryFoundPaid
                | E::InquiryFoundAuthorized
                | E::InquiryFoundDeclined
                | E::InquiryFoundVoided
                | E::InquiryNotFoundFinal
                | E::Captured
                | E::HoldExpired
                | E::Voided
                | E::RefundedPartly
                | E::RefundedFully
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid => Err(Refusal::OutOfOrder),
            },
            S::Browsing => match event {
                E::CallbackReceived => Ok(Move::To(S::Provisioning)),
                // The bank cannot charge from this page: leaving it is no doubt.
                E::Silence => Ok(Move::To(S::Expired)),
                E::Abandoned => Ok(Move::To(S::Canceled)),
                E::BrowserShown => Ok(Move::Stay),
                E::ChargePageShown
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::Approved
                | E::Authorized
                | E::Declined
                | E::NotProcessed
                | E::BankPending
                | E::InquiryFoundPaid
                | E::InquiryFoundAuthorized
                | E::InquiryFoundDeclined
                | E::InquiryFoundVoided
                | E::InquiryNotFoundFinal
                | E::Captured
                | E::HoldExpired
                | E::Voided
                | E::RefundedPartly
                | E::RefundedFully
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid => Err(Refusal::OutOfOrder),
            },
            S::BrowsingCharge => match event {
                E::CallbackReceived => Ok(Move::To(S::Provisioning)),
                // The bank may have charged without us: only an inquiry may say it did not.
                E::Silence | E::Abandoned => Ok(Move::To(S::Unknown)),
                E::ChargePageShown => Ok(Move::Stay),
                E::BrowserShown
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::Approved
                | E::Authorized
                | E::Declined
                | E::NotProcessed
                | E::BankPending
                | E::InquiryFoundPaid
                | E::InquiryFoundAuthorized
                | E::InquiryFoundDeclined
                | E::InquiryFoundVoided
                | E::InquiryNotFoundFinal
                | E::Captured
                | E::HoldExpired
                | E::Voided
                | E::RefundedPartly
                | E::RefundedFully
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid => Err(Refusal::OutOfOrder),
            },
            S::Provisioning => match event {
                E::Approved => Ok(Move::To(S::Captured)),
                E::Authorized => Ok(Move::To(S::Authorized)),
                E::Declined => Ok(Move::To(S::Declined)),
                E::NotProcessed => Ok(Move::To(S::Failed)),
                E::BankPending | E::Silence => Ok(Move::To(S::Unknown)),
                // Anybody can post to the callback's address: the real one may still come.
                E::CallbackRejected => Ok(Move::To(S::Browsing)),
                E::ChargeCallbackRejected => Ok(Move::To(S::BrowsingCharge)),
                // Browser and server callback may both arrive; the first one claimed it.
                E::CallbackReceived => Err(Refusal::TooLate),
                E::Abandoned => Err(Refusal::Occupied),
                E::BrowserShown
                | E::ChargePageShown
                | E::InquiryFoundPaid
                | E::InquiryFoundAuthorized
                | E::InquiryFoundDeclined
                | E::InquiryFoundVoided
                | E::InquiryNotFoundFinal
                | E::Captured
                | E::HoldExpired
                | E::Voided
                | E::RefundedPartly
                | E::RefundedFully
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid => Err(Refusal::OutOfOrder),
            },
            S::Unknown => match event {
                // The flow's own answer may arrive after the janitor gave up waiting: it is as good as an inquiry.
                E::Approved | E::InquiryFoundPaid | E::DecidedPaid => Ok(Move::To(S::Captured)),
                E::Authorized | E::InquiryFoundAuthorized | E::DecidedAuthorized => Ok(Move::To(S::Authorized)),
                E::Declined | E::InquiryFoundDeclined => Ok(Move::To(S::Declined)),
                E::NotProcessed | E::InquiryNotFoundFinal | E::DecidedUnpaid => Ok(Move::To(S::Failed)),
                E::InquiryFoundVoided => Ok(Move::To(S::Voided)),
                E::BankPending | E::Silence | E::CallbackRejected | E::ChargeCallbackRejected => Ok(Move::Stay),
                E::CallbackReceived | E::BrowserShown | E::ChargePageShown => Err(Refusal::TooLate),
                E::Abandoned => Err(Refusal::Occupied),
                E::Captured | E::HoldExpired | E::Voided | E::RefundedPartly | E::RefundedFully => {
                    Err(Refusal::OutOfOrder)
                }
            },
            S::Authorized => match event {
                E::Captured | E::InquiryFoundPaid => Ok(Move::To(S::Captured)),
                E::Voided | E::InquiryFoundVoided => Ok(Move::To(S::Voided)),
                E::HoldExpired => Ok(Move::To(S::Expired)),
                E::Authorized | E::InquiryFoundAuthorized => Ok(Move::Stay),
                E::Silence
                | E::BankPending
                | E::CallbackReceived
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::BrowserShown
                | E::ChargePageShown
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid => Err(Refusal::TooLate),
                E::Abandoned => Err(Refusal::Occupied),
                E::RefundedPartly | E::RefundedFully => Err(Refusal::OutOfOrder),
                E::Approved | E::Declined | E::NotProcessed | E::InquiryFoundDeclined | E::InquiryNotFoundFinal => {
                    Err(Refusal::Contradiction)
                }
            },
            S::Captured => match event {
                E::Voided | E::InquiryFoundVoided => Ok(Move::To(S::Voided)),
                E::RefundedFully => Ok(Move::To(S::Refunded)),
                E::RefundedPartly | E::Approved | E::Captured | E::InquiryFoundPaid => Ok(Move::Stay),
                E::Silence
                | E::BankPending
                | E::CallbackReceived
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::BrowserShown
                | E::ChargePageShown
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid => Err(Refusal::TooLate),
                E::Abandoned => Err(Refusal::Occupied),
                E::Authorized
                | E::Declined
                | E::NotProcessed
                | E::HoldExpired
                | E::InquiryFoundAuthorized
                | E::InquiryFoundDeclined
                | E::InquiryNotFoundFinal => Err(Refusal::Contradiction),
            },
            // Ended without money. A "yes" now is a stray: the money goes back, the payer is not charged twice.
            S::Declined | S::Failed | S::Expired | S::Canceled => match event {
                E::Approved | E::Authorized | E::Captured | E::InquiryFoundPaid | E::InquiryFoundAuthorized => {
                    Ok(Move::To(S::Stray))
                }
                E::Declined | E::NotProcessed | E::InquiryFoundDeclined | E::InquiryNotFoundFinal => Ok(Move::Stay),
                E::Voided | E::InquiryFoundVoided => Ok(Move::Stay),
                E::Silence
                | E::BankPending
                | E::Abandoned
                | E::HoldExpired
                | E::CallbackReceived
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::BrowserShown
                | E::ChargePageShown
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid => Err(Refusal::TooLate),
                E::RefundedPartly | E::RefundedFully => Err(Refusal::Contradiction),
            },
            S::Voided => match event {
                E::Voided | E::InquiryFoundVoided => Ok(Move::Stay),
                // The bank says that the money is there although it had confirmed the void.
                E::InquiryFoundPaid | E::InquiryFoundAuthorized => Ok(Move::To(S::Stray)),
                E::Silence
                | E::BankPending
                | E::Abandoned
                | E::HoldExpired
                | E::CallbackReceived
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::BrowserShown
                | E::ChargePageShown
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid
                | E::Approved
                | E::Authorized
                | E::Declined
                | E::NotProcessed
                | E::InquiryFoundDeclined
                | E::InquiryNotFoundFinal => Err(Refusal::TooLate),
                E::Captured | E::RefundedPartly | E::RefundedFully => Err(Refusal::Contradiction),
            },
            S::Refunded => match event {
                E::RefundedFully | E::Approved | E::Captured | E::InquiryFoundPaid => Ok(Move::Stay),
                E::Silence
                | E::BankPending
                | E::Abandoned
                | E::HoldExpired
                | E::CallbackReceived
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::BrowserShown
                | E::ChargePageShown
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid
                | E::Authorized
                | E::Declined
                | E::NotProcessed
                | E::InquiryFoundAuthorized
                | E::InquiryFoundDeclined
                | E::InquiryNotFoundFinal => Err(Refusal::TooLate),
                E::Voided | E::InquiryFoundVoided | E::RefundedPartly => Err(Refusal::Contradiction),
            },
            S::Stray => match event {
                E::Voided | E::InquiryFoundVoided | E::HoldExpired | E::InquiryNotFoundFinal => Ok(Move::To(S::Voided)),
                E::RefundedFully => Ok(Move::To(S::Refunded)),
                E::RefundedPartly
                | E::Approved
                | E::Authorized
                | E::Captured
                | E::InquiryFoundPaid
                | E::InquiryFoundAuthorized => Ok(Move::Stay),
                E::Silence
                | E::BankPending
                | E::Abandoned
                | E::CallbackReceived
                | E::CallbackRejected
                | E::ChargeCallbackRejected
                | E::BrowserShown
                | E::ChargePageShown
                | E::DecidedPaid
                | E::DecidedAuthorized
                | E::DecidedUnpaid
                | E::Declined
                | E::NotProcessed
                | E::InquiryFoundDeclined => Err(Refusal::TooLate),
            },
        };
        answer.map_err(|refusal| IllegalMove { from: self.as_str(), event: event.as_str(), refusal })
    }
}

impl PaymentState {
    /// The table of payments. A running attempt is the only one that may move its payment; what happens to a
    /// closed attempt (`stray`) is shown as a difference and never re-opens the payment.
    #[expect(clippy::match_same_arms, reason = "a table: one arm per meaning")]
    pub fn next(self, event: PaymentEvent) -> Result<Move<Self>, IllegalMove> {
        use PaymentEvent as E;
        use PaymentState as S;
        let answer = match self {
            S::RequiresConfirmation => match event {
                E::AttemptStarted => Ok(Move::To(S::Processing)),
                E::Canceled => Ok(Move::To(S::Canceled)),
                E::Lapsed => Ok(Move::To(S::Expired)),
                // It has no attempt that anything could have happened to.
                E::AttemptRunning
                | E::AttemptBrowsing
                | E::AttemptUnknown
                | E::AttemptAuthorized
                | E::AttemptCaptured
                | E::AttemptDeclined
                | E::AttemptFailed
                | E::AttemptExpired
                | E::AttemptCanceled
                | E::AttemptVoided
                | E::AttemptRefunded
                | E::AttemptStray => Err(Refusal::OutOfOrder),
            },
            S::Processing | S::RequiresAction | S::Unknown => match event {
                E::AttemptStarted | E::Canceled => Err(Refusal::Occupied),
                E::Lapsed => Err(Refusal::TooLate),
                E::AttemptRunning if matches!(self, S::Unknown) => Err(Refusal::OutOfOrder),
                E::AttemptBrowsing if matches!(self, S::Unknown) => Err(Refusal::OutOfOrder),
                E::AttemptRunning => Ok(self.to(S::Processing)),
                E::AttemptBrowsing => Ok(self.to(S::RequiresAction)),
                E::AttemptUnknown => Ok(self.to(S::Unknown)),
                E::AttemptAuthorized => Ok(Move::To(S::Authorized)),
                E::AttemptCaptured => Ok(Move::To(S::Succeeded)),
                E::AttemptDeclined => Ok(Move::To(S::Declined)),
                E::AttemptFailed => Ok(Move::To(S::Failed)),
                E::AttemptExpired => Ok(Move::To(S::Expired)),
                // Found cancelled at the bank: nobody is charged.
                E::AttemptCanceled | E::AttemptVoided => Ok(Move::To(S::Canceled)),
                E::AttemptRefunded => Err(Refusal::OutOfOrder),
                // Another, closed attempt of this payment; this one goes on.
                E::AttemptStray => Ok(Move::Stay),
            },
            S::Authorized => match event {
                E::AttemptAuthorized | E::AttemptStray => Ok(Move::Stay),
                E::AttemptCaptured => Ok(Move::To(S::Succeeded)),
                E::AttemptVoided | E::AttemptCanceled => Ok(Move::To(S::Canceled)),
                E::AttemptExpired => Ok(Move::To(S::Expired)),
                E::AttemptStarted | E::Canceled => Err(Refusal::Occupied),
                E::Lapsed => Err(Refusal::TooLate),
                E::AttemptRefunded => Err(Refusal::OutOfOrder),
                E::AttemptRunning | E::AttemptBrowsing | E::AttemptUnknown | E::AttemptDeclined | E::AttemptFailed => {
                    Err(Refusal::Contradiction)
                }
            },
            S::Succeeded => match event {
                // Voids and refunds are a flag and an amount; "was paid" stays true.
                E::AttemptCaptured | E::AttemptVoided | E::AttemptRefunded | E::AttemptStray => Ok(Move::Stay),
                E::AttemptStarted | E::Canceled => Err(Refusal::Occupied),
                E::Lapsed => Err(Refusal::TooLate),
                E::AttemptRunning
                | E::AttemptBrowsing
                | E::AttemptUnknown
                | E::AttemptAuthorized
                | E::AttemptDeclined
                | E::AttemptFailed
                | E::AttemptExpired
                | E::AttemptCanceled => Err(Refusal::Contradiction),
            },
            S::Declined | S::Failed | S::Expired => match event {
                E::AttemptStarted => Ok(Move::To(S::Processing)),
                E::Canceled => Ok(Move::To(S::Canceled)),
                E::Lapsed => Err(Refusal::TooLate),
                // A stray and its end never re-open a payment.
                E::AttemptStray | E::AttemptVoided | E::AttemptRefunded => Ok(Move::Stay),
                E::AttemptDeclined => self.again(S::Declined),
                E::AttemptFailed => self.again(S::Failed),
                E::AttemptExpired => self.again(S::Expired),
                E::AttemptRunning
                | E::AttemptBrowsing
                | E::AttemptUnknown
                | E::AttemptAuthorized
                | E::AttemptCaptured
                | E::AttemptCanceled => Err(Refusal::OutOfOrder),
            },
            S::Canceled => match event {
                E::Canceled | E::AttemptCanceled | E::AttemptVoided | E::AttemptRefunded | E::AttemptStray => {
                    Ok(Move::Stay)
                }
                E::AttemptStarted | E::Lapsed => Err(Refusal::TooLate),
                E::AttemptRunning
                | E::AttemptBrowsing
                | E::AttemptUnknown
                | E::AttemptAuthorized
                | E::AttemptCaptured
                | E::AttemptDeclined
                | E::AttemptFailed
                | E::AttemptExpired => Err(Refusal::OutOfOrder),
            },
        };
        answer.map_err(|refusal| IllegalMove { from: self.as_str(), event: event.as_str(), refusal })
    }

    fn to(self, there: Self) -> Move<Self> {
        if self == there { Move::Stay } else { Move::To(there) }
    }

    fn again(self, same: Self) -> Result<Move<Self>, Refusal> {
        if self == same { Ok(Move::Stay) } else { Err(Refusal::TooLate) }
    }
}

impl OperationState {
    /// The table of operations.
    pub fn next(self, event: OperationEvent) -> Result<Move<Self>, IllegalMove> {
        use OperationEvent as E;
        use OperationState as S;
        let answer = match self {
            S::Sending => match event {
                E::Approved => Ok(Move::To(S::Succeeded)),
                E::Declined => Ok(Move::To(S::Declined)),
                E::NotProcessed => Ok(Move::To(S::Failed)),
                E::Silence => Ok(Move::To(S::Unknown)),
                E::InquiryFoundDone
                | E::InquiryFoundDeclined
                | E::InquiryNotDoneFinal
                | E::DecidedDone
                | E::DecidedNotDone => Err(Refusal::OutOfOrder),
            },
            S::Unknown => match event {
                E::Approved | E::InquiryFoundDone | E::DecidedDone => Ok(Move::To(S::Succeeded)),
                E::Declined | E::InquiryFoundDeclined => Ok(Move::To(S::Declined)),
                E::NotProcessed | E::InquiryNotDoneFinal | E::DecidedNotDone => Ok(Move::To(S::Failed)),
                E::Silence => Ok(Move::Stay),
            },
            S::Succeeded => match event {
                E::Approved | E::InquiryFoundDone => Ok(Move::Stay),
                E::Silence | E::DecidedDone | E::DecidedNotDone => Err(Refusal::TooLate),
                E::Declined | E::NotProcessed | E::InquiryFoundDeclined | E::InquiryNotDoneFinal => {
                    Err(Refusal::Contradiction)
                }
            },
            S::Declined | S::Failed => match event {
                E::Declined | E::NotProcessed | E::InquiryFoundDeclined | E::InquiryNotDoneFinal => Ok(Move::Stay),
                E::Silence | E::DecidedDone | E::DecidedNotDone => Err(Refusal::TooLate),
                // It was done after all: a person must look, for the books say otherwise.
                E::Approved | E::InquiryFoundDone => Err(Refusal::Contradiction),
            },
        };
        answer.map_err(|refusal| IllegalMove { from: self.as_str(), event: event.as_str(), refusal })
    }
}
