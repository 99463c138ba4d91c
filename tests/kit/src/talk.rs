//! What is talked about with the bank: an operation on a payment of a 3-D model, and how the bank takes it.

use std::fmt;

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Charge.
    Sale,
    /// Reserve.
    Authorize,
    /// Take what was reserved.
    Capture,
    /// Undo before the day end.
    Void,
    /// Give all back.
    Refund,
    /// Give a part back.
    RefundPart,
    /// Ask.
    Inquire(About),
    /// Read the bank's book.
    History(Span),
    /// Ask what the card's points are worth.
    Points,
}

/// Which part of the bank's book is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// One order.
    Order,
    /// One day.
    Day,
}

/// What is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A sale or reservation.
    Charge,
    /// A capture.
    Capture,
    /// A void.
    Void,
    /// A refund.
    Refund,
}

/// How 3-D Secure was used in the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Model {
    /// Not at all.
    None,
    /// The gate authenticates, we charge.
    ThreeD,
    /// The gate authenticates and charges.
    ThreeDPay,
    /// The bank's page takes the card, authenticates and charges.
    ThreeDHost,
}

/// How the bank takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// It does what is asked, or has done what is asked about.
    Good,
    /// The issuer says no.
    Declined,
    /// The payer is not authenticated.
    Refused,
    /// It knows nothing of what is asked about.
    Nothing,
}

/// One conversation with the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Talk {
    /// What is asked of it.
    pub what: What,
    /// How the payment began.
    pub model: Model,
    /// How it takes it.
    pub turn: Turn,
}

impl What {
    /// Looks into the bank's book. They end in no outcome, so they are not among [`ALL`](Self::ALL).
    pub const BOOK: [Self; 2] = [Self::History(Span::Order), Self::History(Span::Day)];

    /// All operations.
    pub const ALL: [Self; 10] = [
        Self::Sale,
        Self::Authorize,
        Self::Capture,
        Self::Void,
        Self::Refund,
        Self::RefundPart,
        Self::Inquire(About::Charge),
        Self::Inquire(About::Capture),
        Self::Inquire(About::Void),
        Self::Inquire(About::Refund),
    ];

    /// `sale`, `refund-part`, `inquire refund`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::RefundPart => "refund-part",
            Self::Inquire(About::Charge) => "inquire",
            Self::Inquire(About::Capture) => "inquire capture",
            Self::Inquire(About::Void) => "inquire void",
            Self::Inquire(About::Refund) => "inquire refund",
            Self::History(Span::Order) => "order history",
            Self::History(Span::Day) => "day history",
            Self::Points => "points",
        }
    }

    /// Does it begin a payment?
    pub fn charges(self) -> bool {
        matches!(self, Self::Sale | Self::Authorize)
    }

    /// Does the card come with it?
    pub fn takes_card(self) -> bool {
        self.charges() || self == Self::Points
    }

    /// Is it a question?
    pub fn asks(self) -> bool {
        matches!(self, Self::Inquire(_) | Self::History(_) | Self::Points)
    }

    /// Must the payment be a reservation?
    pub fn of_reservation(self) -> bool {
        matches!(self, Self::Authorize | Self::Capture | Self::Inquire(About::Capture))
    }

    /// The capabilities of the manifest that it needs.
    pub fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Sale => &["sale"],
            Self::Authorize => &["authorize"],
            Self::Capture => &["authorize", "capture"],
            Self::Void => &["void"],
            Self::Refund => &["refund"],
            Self::RefundPart => &["refund", "partial-refund"],
            Self::Inquire(About::Charge) => &["inquire"],
            Self::Inquire(About::Capture) => &["inquire", "authorize", "capture"],
            Self::Inquire(About::Void) => &["inquire", "void"],
            Self::Inquire(About::Refund) => &["inquire", "refund"],
            Self::History(Span::Order) => &["order-history"],
            Self::History(Span::Day) => &["day-history"],
            Self::Points => &["points-inquiry"],
        }
    }
}

impl Model {
    /// All models.
    pub const ALL: [Self; 4] = [Self::None, Self::ThreeD, Self::ThreeDPay, Self::ThreeDHost];

    /// The contract's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ThreeD => "3d",
            Self::ThreeDPay => "3d-pay",
            Self::ThreeDHost => "3d-host",
        }
    }
}

impl Talk {
    /// A conversation that goes well.
    pub fn good(what: What, model: Model) -> Self {
        Self { what, model, turn: Turn::Good }
    }

    /// The same with another turn.
    #[must_use]
    pub fn turning(self, turn: Turn) -> Self {
        Self { turn, ..self }
    }

    /// Names under which a file may keep it, the closest first: `refund@3d`, `refund`.
    pub fn keys(&self) -> Vec<String> {
        let turn = match self.turn {
            Turn::Good => "",
            Turn::Declined => " declined",
            Turn::Refused => " refused",
            Turn::Nothing => " nothing",
        };
        let mut keys = Vec::new();
        let words: &[&str] = match self.what {
            What::RefundPart => &["refund-part", "refund"],
            other => &[other.word()],
        };
        for word in words {
            if self.model != Model::None {
                keys.push(format!("{word}@{}{turn}", self.model.word()));
            }
        }
        // A charge at the gate is another conversation than one without.
        if self.what.charges() && self.model != Model::None {
            keys.push(format!("{}{turn}", self.model.word()));
        } else {
            keys.extend(words.iter().map(|word| format!("{word}{turn}")));
        }
        keys
    }
}

impl fmt::Display for Talk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.keys()[0])
    }
}
