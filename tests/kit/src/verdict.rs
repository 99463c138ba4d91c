//! How an act ended, after the host compared what the connector reports with what was asked for.

use std::fmt;

use vezne_plugin::{Fault, Money, Outcome, Stated};

/// The end of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It happened.
    Approved,
    /// The issuer or bank said no; the category.
    Declined(String),
    /// Accepted, result later.
    Pending,
    /// Nothing was booked for certain.
    NotProcessed,
    /// Nobody knows; why.
    Unknown(String),
    /// The connector refused before anything left, or could not go on; its kind and sentence.
    Fault(&'static str, String),
    /// The payer is sent to the gate.
    Browse,
    /// The connector panicked: a trap in a component.
    Trap(String),
    /// The connector broke the contract.
    Breach(String),
}

impl Verdict {
    /// Is it a definite yes?
    pub fn is_yes(&self) -> bool {
        *self == Self::Approved
    }

    /// Is it a definite no of the bank or issuer?
    pub fn is_no(&self) -> bool {
        matches!(self, Self::Declined(_))
    }

    /// Did the connector itself break?
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Trap(_) | Self::Breach(_))
    }

    /// Does it leave open what happened?
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::Fault(..))
    }

    /// A refusal before anything left, with a sentence.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Fault("unsupported" | "invalid-request" | "bad-config", said) if !said.trim().is_empty())
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approved => f.write_str("approved"),
            Self::Declined(category) => write!(f, "declined ({category})"),
            Self::Pending => f.write_str("pending"),
            Self::NotProcessed => f.write_str("not processed"),
            Self::Unknown(why) => write!(f, "unknown ({why})"),
            Self::Fault(kind, said) => write!(f, "fault {kind} ({said})"),
            Self::Browse => f.write_str("browse"),
            Self::Trap(said) => write!(f, "trap ({said})"),
            Self::Breach(said) => write!(f, "breach of the contract ({said})"),
        }
    }
}

/// A fault as a verdict.
pub(crate) fn faulty(fault: Fault) -> Verdict {
    match fault {
        Fault::InvalidRequest(said) => Verdict::Fault("invalid-request", said),
        Fault::Unsupported(said) => Verdict::Fault("unsupported", said),
        Fault::BadConfig(said) => Verdict::Fault("bad-config", said),
        Fault::UnreadableAnswer(said) => Verdict::Fault("unreadable-answer", said),
        Fault::NotAuthentic(said) => Verdict::Fault("not-authentic", said),
    }
}

/// On what the connector's last word rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rests {
    /// Nothing came back.
    Nothing,
    /// The payer's return; was a hash of it found right?
    Callback(bool),
    /// An answer of the bank.
    Answer,
}

/// What the host knows when a connector is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub rests: Rests,
    /// Something that charges left: a write, or a form for a gate that charges. True for a question.
    pub could_charge: bool,
    pub gate_charges: bool,
    pub order: &'a str,
    pub amount: &'a Money,
}

/// The host's verdict on an outcome (`host/src/plugin/judge.rs` has the whole table).
pub(crate) fn judged(outcome: &Outcome, known: Known<'_>) -> Verdict {
    let approval = match outcome {
        Outcome::Approved(approval) => approval,
        Outcome::Declined(decline) => return Verdict::Declined(decline.category.clone()),
        Outcome::Pending(_) => return Verdict::Pending,
        Outcome::NotProcessed(_) => return Verdict::NotProcessed,
        Outcome::Unknown(why) => return Verdict::Unknown(why.clone()),
    };
    let stated = &approval.stated;
    let whole = stated.minor.is_some() && stated.currency.is_some() && stated.order_id.is_some();
    let why = match known.rests {
        Rests::Nothing => "approved without an answer",
        Rests::Callback(_) if !known.gate_charges => "approved by an authentication",
        Rests::Callback(false) => "approved by a callback that was not verified",
        Rests::Callback(true) if !whole => "approved by a callback that does not cover order, amount and currency",
        Rests::Answer if !known.could_charge => "approved without a charge",
        Rests::Callback(true) | Rests::Answer => match differing(stated, known) {
            None => return Verdict::Approved,
            Some(why) => why,
        },
    };
    Verdict::Unknown(why.to_owned())
}

fn differing(stated: &Stated, known: Known<'_>) -> Option<&'static str> {
    let amount = known.amount;
    let same_currency = |text: &str| {
        let text = text.trim();
        text.eq_ignore_ascii_case(&amount.currency)
            || text.parse() == Ok(amount.numeric)
            || (text.eq_ignore_ascii_case("TL") && amount.numeric == 949)
    };
    match () {
        () if stated.order_id.as_deref().is_some_and(|order| order != known.order) => Some("another order number"),
        () if stated.minor.is_some_and(|minor| minor != amount.minor) => Some("another amount"),
        () if stated.currency.as_deref().is_some_and(|text| !same_currency(text)) => Some("another currency"),
        () => None,
    }
}
