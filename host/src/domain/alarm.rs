//! What a person is called for: one alarm per cause and place, however many payments it is about.

use super::named::named;

named! {
    /// Why a person is called.
    pub enum AlarmCause {
        /// A bank does not answer: payments at this POS account stay in doubt.
        BankSilent = "bank_silent",
        /// Every question of the schedule was put and none was answered: only a person can decide.
        AskedInVain = "asked_in_vain",
        /// The bank says the opposite of what our books hold as certain.
        Contradiction = "contradiction",
        /// The bank has money that it neither voids nor refunds.
        StrayStuck = "stray_stuck",
    }
}

impl AlarmCause {
    /// Whether it ends by itself when nothing is in doubt any more; otherwise a person closes it, with a note.
    pub const fn ends_by_itself(self) -> bool {
        match self {
            Self::BankSilent | Self::AskedInVain => true,
            Self::Contradiction | Self::StrayStuck => false,
        }
    }
}

named! {
    /// Whether an alarm still calls.
    pub enum AlarmState {
        /// It calls.
        Open = "open",
        /// It ended by itself, or a person closed it.
        Closed = "closed",
    }
}
