//! Maker and checker: what one person proposes, a second and different one confirms.
//!
//! General: a kind of proposal says what happens when it is confirmed (`flow/proposal.rs`); the states, the hands and
//! the time are the same for all of them.

use super::named::named;
use super::payment::{IllegalMove, Move, Refusal};

named! {
    /// What is proposed.
    pub enum ProposalKind {
        /// How an amount in doubt ended, on a person's word and evidence.
        DoubtDecision = "doubt_decision",
    }
}

named! {
    /// Where a proposal stands.
    pub enum ProposalState {
        /// It waits for a second person.
        Proposed = "proposed",
        /// A second person agreed, and it was done in the same commit.
        Confirmed = "confirmed",
        /// A second person refused.
        Rejected = "rejected",
        /// Its maker took it back.
        Withdrawn = "withdrawn",
        /// Its time ran out, or what it is about ended another way.
        Expired = "expired",
    }
}

named! {
    /// What can happen to a proposal.
    pub enum ProposalEvent {
        /// Another person agrees.
        Confirmed = "confirmed",
        /// Another person refuses.
        Rejected = "rejected",
        /// Its maker takes it back.
        Withdrawn = "withdrawn",
        /// Nobody decided in time.
        TimeOver = "time_over",
        /// What it is about ended another way.
        Overtaken = "overtaken",
    }
}

impl ProposalState {
    /// The table of proposals.
    pub fn next(self, event: ProposalEvent) -> Result<Move<Self>, IllegalMove> {
        use ProposalEvent as E;
        use ProposalState as S;
        let answer = match self {
            S::Proposed => Ok(Move::To(match event {
                E::Confirmed => S::Confirmed,
                E::Rejected => S::Rejected,
                E::Withdrawn => S::Withdrawn,
                E::TimeOver | E::Overtaken => S::Expired,
            })),
            // The same again is a second press of the button.
            S::Confirmed => match event {
                E::Confirmed => Ok(Move::Stay),
                E::Rejected | E::Withdrawn | E::TimeOver | E::Overtaken => Err(Refusal::TooLate),
            },
            S::Rejected => match event {
                E::Rejected => Ok(Move::Stay),
                E::Confirmed | E::Withdrawn | E::TimeOver | E::Overtaken => Err(Refusal::TooLate),
            },
            S::Withdrawn => match event {
                E::Withdrawn => Ok(Move::Stay),
                E::Confirmed | E::Rejected | E::TimeOver | E::Overtaken => Err(Refusal::TooLate),
            },
            S::Expired => match event {
                E::TimeOver | E::Overtaken => Ok(Move::Stay),
                E::Confirmed | E::Rejected | E::Withdrawn => Err(Refusal::TooLate),
            },
        };
        answer.map_err(|refusal| IllegalMove { from: self.as_str(), event: event.as_str(), refusal })
    }
}

/// Whose hand an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// The one who proposed.
    Maker,
    /// Somebody else.
    Checker,
    /// Nobody's: a clock or another outcome.
    Clock,
}

/// Why a person may not do this to a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongHand {
    /// Nobody checks the own proposal.
    #[error("a second person must decide")]
    Own,
    /// Only the maker takes a proposal back.
    #[error("only its maker may take it back")]
    NotOwn,
}

impl ProposalEvent {
    /// Whose hand it is.
    pub const fn hand(self) -> Hand {
        match self {
            Self::Confirmed | Self::Rejected => Hand::Checker,
            Self::Withdrawn => Hand::Maker,
            Self::TimeOver | Self::Overtaken => Hand::Clock,
        }
    }

    /// Whether `actor` may do this to what `maker` proposed.
    pub fn check(self, maker: &str, actor: &str) -> Result<(), WrongHand> {
        match self.hand() {
            Hand::Checker if maker == actor => Err(WrongHand::Own),
            Hand::Maker if maker != actor => Err(WrongHand::NotOwn),
            Hand::Maker | Hand::Checker | Hand::Clock => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_table_is_the_reviewed_one() {
        let mut printed = String::new();
        for state in ProposalState::ALL {
            for event in ProposalEvent::ALL {
                let answer = match state.next(*event) {
                    Ok(Move::To(to)) => format!("-> {to}"),
                    Ok(Move::Stay) => "stays".to_owned(),
                    Err(illegal) => illegal.refusal.as_str().to_owned(),
                };
                writeln!(printed, "{state} {event} {answer}").unwrap();
            }
        }
        assert_eq!(
            printed,
            "proposed confirmed -> confirmed\nproposed rejected -> rejected\nproposed withdrawn -> withdrawn\n\
             proposed time_over -> expired\nproposed overtaken -> expired\n\
             confirmed confirmed stays\nconfirmed rejected too late\nconfirmed withdrawn too late\n\
             confirmed time_over too late\nconfirmed overtaken too late\n\
             rejected confirmed too late\nrejected rejected stays\nrejected withdrawn too late\n\
             rejected time_over too late\nrejected overtaken too late\n\
             withdrawn confirmed too late\nwithdrawn rejected too late\nwithdrawn withdrawn stays\n\
             withdrawn time_over too late\nwithdrawn overtaken too late\n\
             expired confirmed too late\nexpired rejected too late\nexpired withdrawn too late\n\
             expired time_over stays\nexpired overtaken stays\n"
        );
    }

    #[test]
    fn nobody_checks_the_own_and_nobody_takes_back_another_ones() {
        for event in ProposalEvent::ALL {
            let (own, other) = (event.check("usr_a", "usr_a"), event.check("usr_a", "usr_b"));
            match event.hand() {
                Hand::Checker => assert_eq!((own, other), (Err(WrongHand::Own), Ok(()))),
                Hand::Maker => assert_eq!((own, other), (Ok(()), Err(WrongHand::NotOwn))),
                Hand::Clock => assert_eq!((own, other), (Ok(()), Ok(()))),
            }
        }
    }
}
