//! Moves as the timeline keeps them, and their replay through the tables: where a row stands follows from rows that
//! are only ever inserted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    AttemptEvent, AttemptState, IllegalMove, Move, OperationEvent, OperationState, PaymentEvent, PaymentState,
};
use crate::domain::named::{UnknownName, named};

named! {
    /// Which of a timeline's rows moved.
    pub enum Subject {
        /// The payment.
        Payment = "payment",
        /// The attempt that the line is about.
        Attempt = "attempt",
        /// The operation that the line is about.
        Operation = "operation",
    }
}

/// One move, as the line that was written in its commit keeps it: whose, its number, from where, by what, to where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told(pub Subject, pub i64, pub String, pub String, pub String);

/// What stands in the place of an event where a payment is made, and of the state before it.
const MADE: (&str, &str) = ("", "made");

impl Told {
    /// The number of a move, from 1 in each row.
    pub fn number(&self) -> i64 {
        self.1
    }

    /// The state that it left.
    pub fn from(&self) -> &str {
        &self.2
    }

    /// What happened.
    pub fn event(&self) -> &str {
        &self.3
    }

    /// The state that it came to.
    pub fn to(&self) -> &str {
        &self.4
    }

    /// A payment that is made: its first move.
    pub fn made(state: PaymentState) -> Self {
        Self(Subject::Payment, 1, MADE.0.to_owned(), MADE.1.to_owned(), state.as_str().to_owned())
    }

    /// A move by the table.
    pub fn of<S: Stated>(number: i64, from: S, event: S::Event, to: S) -> Self {
        Self(S::SUBJECT, number, from.to_string(), event.to_string(), to.to_string())
    }
}

/// States that a table moves and a timeline tells.
pub trait Stated: Copy + Eq + fmt::Display + FromStr<Err = UnknownName> {
    /// What can happen to it.
    type Event: Copy + fmt::Display + FromStr<Err = UnknownName>;
    /// Whose states these are.
    const SUBJECT: Subject;
    /// Where every row of the kind begins, which is its first move and needs no line; nothing where rows begin in
    /// different states, and a line tells in which.
    const BEGINS: Option<Self>;

    /// The table's answer; `decided` where persons had decided it before.
    fn answer(self, event: Self::Event, decided: bool) -> Result<Move<Self>, IllegalMove>;

    /// Whether this event is the word of persons.
    fn is_decision(event: Self::Event) -> bool;
}

impl Stated for PaymentState {
    type Event = PaymentEvent;
    const SUBJECT: Subject = Subject::Payment;
    const BEGINS: Option<Self> = None;

    fn answer(self, event: PaymentEvent, _: bool) -> Result<Move<Self>, IllegalMove> {
        self.next(event)
    }

    fn is_decision(_: PaymentEvent) -> bool {
        false
    }
}

impl Stated for AttemptState {
    type Event = AttemptEvent;
    const SUBJECT: Subject = Subject::Attempt;
    const BEGINS: Option<Self> = Some(Self::Sending);

    fn answer(self, event: AttemptEvent, decided: bool) -> Result<Move<Self>, IllegalMove> {
        if decided { self.next_decided(event) } else { self.next(event) }
    }

    fn is_decision(event: AttemptEvent) -> bool {
        matches!(event, AttemptEvent::DecidedPaid | AttemptEvent::DecidedAuthorized | AttemptEvent::DecidedUnpaid)
    }
}

impl Stated for OperationState {
    type Event = OperationEvent;
    const SUBJECT: Subject = Subject::Operation;
    const BEGINS: Option<Self> = Some(Self::Sending);

    fn answer(self, event: OperationEvent, _: bool) -> Result<Move<Self>, IllegalMove> {
        self.next(event)
    }

    fn is_decision(_: OperationEvent) -> bool {
        false
    }
}

/// Why a stored state does not follow from the told moves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// These numbers are in no line.
    #[error("moves {0} to {1} are missing in its timeline")]
    Missing(i64, i64),
    /// Two lines tell a move of this number.
    #[error("move {0} is told twice")]
    Twice(i64),
    /// A line tells a move that the row does not count.
    #[error("move {0} is told, and only {1} were counted")]
    Uncounted(i64, i64),
    /// A move leaves a state in which it was not.
    #[error("move {number} leaves {from}, and it was {stood}")]
    Elsewhere {
        /// Of which move.
        number: i64,
        /// What the line says.
        from: String,
        /// What the moves before it say.
        stood: String,
    },
    /// The table does not know this move.
    #[error("move {number} is against the state table: {why}")]
    Illegal {
        /// Of which move.
        number: i64,
        /// What the table says.
        why: String,
    },
    /// The moves end elsewhere.
    #[error("it is stored as {stored}, and its moves end at {end}")]
    OtherEnd {
        /// What the row says.
        stored: String,
        /// What the moves say.
        end: String,
    },
}

/// A row's state, derived from its moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// From its beginning on. A row from before moves were told is derived from where its first told move begins, or
    /// not at all.
    pub whole: bool,
    /// Everything that does not follow; empty is the proof.
    pub faults: Vec<Fault>,
}

/// Derives the state of a row that is `stored` as such after so many moves from the moves that its timeline tells, in
/// any order.
pub fn replay<S: Stated>(stored: &str, moved: i64, told: &[&Told]) -> Replayed {
    let mut told: Vec<&Told> = told.to_vec();
    told.sort_by_key(|told| told.number());
    let first = told.first().map(|told| told.number());
    // A row's beginning is its first move. One that was there before moves were told has none of that number.
    let (whole, mut at, mut done) = match (S::BEGINS, first) {
        (Some(begins), None) if moved == 1 => (true, Some(begins.to_string()), 1),
        (Some(begins), Some(2)) => (true, Some(begins.to_string()), 1),
        (None, Some(1)) if told.first().is_some_and(|told| told.from() == MADE.0) => (true, Some(String::new()), 0),
        _ => (false, None, 0),
    };
    let mut decided = false;
    let mut faults = Vec::new();
    for told in told {
        let number = told.number();
        if number <= done {
            faults.push(Fault::Twice(number));
            continue;
        }
        if number > done + 1 {
            faults.push(Fault::Missing(done + 1, number - 1));
            at = None;
        }
        if number > moved {
            faults.push(Fault::Uncounted(number, moved));
        }
        if let Some(stood) = at.filter(|stood| stood != told.from()) {
            faults.push(Fault::Elsewhere { number, from: told.from().to_owned(), stood });
        }
        match lawful::<S>(told, decided) {
            Ok(by_persons) => decided |= by_persons,
            Err(why) => faults.push(Fault::Illegal { number, why }),
        }
        at = Some(told.to().to_owned());
        done = number;
    }
    if done < moved {
        faults.push(Fault::Missing(done + 1, moved));
    } else if let Some(end) = at.filter(|end| end != stored) {
        faults.push(Fault::OtherEnd { stored: stored.to_owned(), end });
    }
    Replayed { whole, faults }
}

/// Whether the table makes this move; says whether persons did.
fn lawful<S: Stated>(told: &Told, decided: bool) -> Result<bool, String> {
    if (told.from(), told.event()) == MADE && S::BEGINS.is_none() {
        let made: Result<S, _> = told.to().parse();
        return made.map(|_| false).map_err(|unknown| unknown.to_string());
    }
    let (from, event) = (told.from().parse::<S>(), told.event().parse::<S::Event>());
    let from = from.map_err(|unknown| unknown.to_string())?;
    let event = event.map_err(|unknown| unknown.to_string())?;
    match from.answer(event, decided) {
        Ok(Move::To(to)) if to.to_string() == told.to() => Ok(S::is_decision(event)),
        Ok(Move::To(to)) => Err(format!("{event} in state {from} leads to {to}, not to {}", told.to())),
        Ok(Move::Stay) => Err(format!("{event} in state {from} moves nothing")),
        Err(illegal) => Err(illegal.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(number: i64, from: AttemptState, event: AttemptEvent, to: AttemptState) -> Told {
        Told::of(number, from, event, to)
    }

    fn three_d() -> Vec<Told> {
        use AttemptState as S;
        vec![
            attempt(2, S::Sending, AttemptEvent::BrowserShown, S::Browsing),
            attempt(3, S::Browsing, AttemptEvent::CallbackReceived, S::Provisioning),
            attempt(4, S::Provisioning, AttemptEvent::CallbackRejected, S::Browsing),
            attempt(5, S::Browsing, AttemptEvent::CallbackReceived, S::Provisioning),
            attempt(6, S::Provisioning, AttemptEvent::Approved, S::Captured),
        ]
    }

    fn faults(stored: &str, moved: i64, told: &[Told]) -> Vec<Fault> {
        replay::<AttemptState>(stored, moved, &told.iter().collect::<Vec<_>>()).faults
    }

    #[test]
    fn moves_in_any_order_lead_to_the_state() {
        let mut told = three_d();
        told.reverse();
        let told: Vec<&Told> = told.iter().collect();
        assert_eq!(replay::<AttemptState>("captured", 6, &told), Replayed { whole: true, faults: Vec::new() });
        assert_eq!(replay::<AttemptState>("sending", 1, &[]), Replayed { whole: true, faults: Vec::new() });
    }

    #[test]
    fn whatever_line_is_taken_away_is_missed() {
        for gone in 0..three_d().len() {
            let mut told = three_d();
            let number = told.remove(gone).number();
            let found = faults("captured", 6, &told);
            assert!(
                found.iter().any(|fault| matches!(fault, Fault::Missing(a, b) if (*a..=*b).contains(&number))),
                "{found:?}"
            );
        }
        // A round trip leaves no trace in the states.
        let mut told = three_d();
        told.drain(2..4);
        assert_eq!(faults("captured", 6, &told), [Fault::Missing(4, 5)]);
        assert_eq!(faults("captured", 6, &[]), [Fault::Missing(1, 6)]);
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert!(matches!(faults("declined", 6, &three_d())[..], [Fault::OtherEnd { .. }]));
        assert!(matches!(faults("declined", 1, &[])[..], [Fault::OtherEnd { .. }]));
        assert!(matches!(faults("captured", 5, &three_d())[..], [Fault::Uncounted(6, 5)]));
        let twice = [three_d(), three_d()[4..].to_vec()].concat();
        assert_eq!(faults("captured", 6, &twice), [Fault::Twice(6)]);
        let mut told = three_d();
        told[4] = attempt(6, AttemptState::Provisioning, AttemptEvent::Declined, AttemptState::Captured);
        assert!(matches!(faults("captured", 6, &told)[..], [Fault::Illegal { number: 6, .. }]));
        told[4] = attempt(6, AttemptState::Sending, AttemptEvent::Approved, AttemptState::Captured);
        assert!(matches!(faults("captured", 6, &told)[..], [Fault::Elsewhere { number: 6, .. }]));
        told[4] = Told(Subject::Attempt, 6, "provisioning".into(), "blessed".into(), "captured".into());
        assert!(matches!(faults("captured", 6, &told)[..], [Fault::Illegal { number: 6, .. }]));
    }

    #[test]
    fn what_persons_decided_the_bank_moves_no_more() {
        use AttemptState as S;
        let told = [
            attempt(2, S::Sending, AttemptEvent::Silence, S::Unknown),
            attempt(3, S::Unknown, AttemptEvent::DecidedUnpaid, S::Failed),
            attempt(4, S::Failed, AttemptEvent::InquiryFoundPaid, S::Stray),
        ];
        assert_eq!(faults("failed", 3, &told[..2]), []);
        assert!(matches!(faults("stray", 4, &told)[..], [Fault::Illegal { number: 4, .. }]));
    }

    #[test]
    fn a_row_from_before_is_told_apart() {
        use PaymentState as S;
        let later = Told::of(1, S::Unknown, PaymentEvent::AttemptCaptured, S::Succeeded);
        assert_eq!(
            replay::<PaymentState>("succeeded", 1, &[&later]),
            Replayed { whole: false, faults: Vec::new() },
            "it was there before its moves were told"
        );
        assert_eq!(replay::<PaymentState>("succeeded", 0, &[]), Replayed { whole: false, faults: Vec::new() });
        let (made, moved) =
            (Told::made(S::Processing), Told::of(2, S::Processing, PaymentEvent::AttemptCaptured, S::Succeeded));
        assert_eq!(
            replay::<PaymentState>("succeeded", 2, &[&made, &moved]),
            Replayed { whole: true, faults: Vec::new() }
        );
        assert_eq!(replay::<PaymentState>("succeeded", 2, &[&moved]).faults, [Fault::Missing(1, 1)]);
    }

    #[test]
    fn a_move_is_a_short_list() {
        let told = attempt(2, AttemptState::Sending, AttemptEvent::Approved, AttemptState::Captured);
        let text = serde_json::to_string(&told).unwrap();
        assert_eq!(text, r#"["attempt",2,"sending","approved","captured"]"#);
        assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told);
    }
}
