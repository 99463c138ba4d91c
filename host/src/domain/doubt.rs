//! What can be in doubt, and how a person may say that it ended.

use std::fmt;
use std::str::FromStr;

use super::id::{AttemptId, IdError, OperationId};
use super::named::named;
use super::payment::{AttemptEvent, OperationEvent};

/// What is in doubt: an attempt (a sale or a hold), or an operation on one (capture, void, refund).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DoubtId {
    /// A sale or a hold.
    Attempt(AttemptId),
    /// What was done to one.
    Operation(OperationId),
}

impl fmt::Display for DoubtId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt(id) => id.fmt(f),
            Self::Operation(id) => id.fmt(f),
        }
    }
}

impl FromStr for DoubtId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self::Attempt).or_else(|_| text.parse().map(Self::Operation))
    }
}

named! {
    /// How it ended, as a person says.
    pub enum DoubtOutcome {
        /// The bank did what it was asked.
        Done = "done",
        /// The bank did not do it, and will not.
        NotDone = "not_done",
    }
}

impl DoubtOutcome {
    /// The event of an attempt; `held` where it wanted a hold and no sale.
    pub const fn of_attempt(self, held: bool) -> AttemptEvent {
        match (self, held) {
            (Self::Done, false) => AttemptEvent::DecidedPaid,
            (Self::Done, true) => AttemptEvent::DecidedAuthorized,
            (Self::NotDone, _) => AttemptEvent::DecidedUnpaid,
        }
    }

    /// The event of an operation.
    pub const fn of_operation(self) -> OperationEvent {
        match self {
            Self::Done => OperationEvent::DecidedDone,
            Self::NotDone => OperationEvent::DecidedNotDone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_an_attempt_or_of_an_operation() {
        let (attempt, operation) = (AttemptId::at(1), OperationId::at(1));
        assert_eq!(attempt.to_string().parse(), Ok(DoubtId::Attempt(attempt)));
        assert_eq!(operation.to_string().parse(), Ok(DoubtId::Operation(operation)));
        assert!("pay_01JD0000000000000000000000".parse::<DoubtId>().is_err());
    }
}
