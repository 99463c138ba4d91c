//! Mistakes that can be made on purpose, to show that the seeded world finds them (`cargo xtask world --bug NAME`).
//!
//! They exist only under the feature `deliberate-bugs`; in every other build [`is_in`] is a constant and what hangs
//! on it is not compiled into the program.

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A charge that got no answer is sent again.
    RetryWhileUnknown,
    /// The payer is told that the money was taken before that is written.
    ReplyBeforeCommit,
    /// The amount in a 3-D callback is not compared with what was asked for.
    CallbackAmountUnchecked,
    /// "No such order" is believed the first time it is heard.
    NotFoundBelievedEarly,
    /// A request leaves before the row that tells of it.
    SendBeforeRow,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::RetryWhileUnknown,
        Self::ReplyBeforeCommit,
        Self::CallbackAmountUnchecked,
        Self::NotFoundBelievedEarly,
        Self::SendBeforeRow,
    ];

    /// As the command line names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::RetryWhileUnknown => "retry-while-unknown",
            Self::ReplyBeforeCommit => "reply-before-commit",
            Self::CallbackAmountUnchecked => "callback-amount-unchecked",
            Self::NotFoundBelievedEarly => "not-found-believed-early",
            Self::SendBeforeRow => "send-before-row",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bug| bug.name() == name)
    }
}

/// Whether this mistake is made.
#[cfg(not(feature = "deliberate-bugs"))]
pub const fn is_in(_: Bug) -> bool {
    false
}

#[cfg(feature = "deliberate-bugs")]
static LET_IN: std::sync::Mutex<Option<Bug>> = std::sync::Mutex::new(None);

/// Whether this mistake is made.
#[cfg(feature = "deliberate-bugs")]
pub fn is_in(bug: Bug) -> bool {
    *LET_IN.lock().unwrap_or_else(std::sync::PoisonError::into_inner) == Some(bug)
}

/// Makes this mistake from now on, everywhere in the process.
#[cfg(feature = "deliberate-bugs")]
pub fn let_in(bug: Bug) {
    *LET_IN.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(bug);
}
