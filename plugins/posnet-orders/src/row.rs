//! One transaction of an order, as an inquiry lists it.

use vezne_plugin::{BankRef, Stated, step};

use crate::number;

/// What a transaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Charged.
    Sale,
    /// Reserved.
    Authorization,
    /// Took a reservation.
    Capture,
    /// Gave back.
    Refund,
    /// The part of a sale that points of the card paid, or all of it.
    PointUsage,
    /// The part of a refund that the card got back as points.
    PointReturn,
    /// Voided what is named, where the bank names it.
    Reversal(Option<Reversed>),
    /// Whatever else there may be.
    Other,
}

/// What a reversal voided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reversed {
    /// A sale.
    Sale,
    /// A reservation.
    Authorization,
    /// A capture.
    Capture,
    /// A refund.
    Refund,
    /// The use of points.
    Points,
    /// Something else.
    Other,
}

impl Kind {
    /// By the word of an inquiry: `Sale`, `VFT_Sale_Reverse`, `Auth`, …, however it is cased.
    pub fn of(word: &str) -> Self {
        let word = word.trim().to_ascii_lowercase();
        let bare = word.strip_prefix("vft_").unwrap_or(&word);
        if let Some(of) = bare.strip_suffix("_reverse") {
            return Self::Reversal(Some(Self::of(of).reversed().unwrap_or(Reversed::Other)));
        }
        match bare {
            "sale" => Self::Sale,
            "authorization" | "auth" => Self::Authorization,
            "capture" | "capt" => Self::Capture,
            "return" => Self::Refund,
            // A reversal of it is a `Bonus_Reverse`.
            "bonus" | "bonus_usage" => Self::PointUsage,
            "bonus_return" => Self::PointReturn,
            "reverse" => Self::Reversal(None),
            _ => Self::Other,
        }
    }

    /// As what it would be voided.
    pub fn reversed(self) -> Option<Reversed> {
        match self {
            Self::Sale => Some(Reversed::Sale),
            Self::Authorization => Some(Reversed::Authorization),
            Self::Capture => Some(Reversed::Capture),
            Self::Refund => Some(Reversed::Refund),
            Self::PointUsage => Some(Reversed::Points),
            Self::PointReturn | Self::Reversal(_) | Self::Other => None,
        }
    }
}

/// Whether a transaction counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Effective,
    /// It failed or was voided.
    Void,
    /// The bank does not say clearly.
    Unclear,
}

/// What an answer to a question about an order comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The order's transactions.
    Rows(Vec<Row>),
    /// The bank has no such order, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it did.
    pub kind: Kind,
    /// Whether it counts.
    pub standing: Standing,
    /// The word by which it counts or not, as the bank wrote it.
    pub code: Option<String>,
    /// The order it belongs to, in the bank's words.
    pub order: Option<String>,
    /// The bank's key of it.
    pub key: Option<String>,
    /// The issuer's approval.
    pub auth_code: Option<String>,
    /// How much.
    pub minor: Option<i64>,
    /// ISO letters.
    pub currency: Option<String>,
    /// When, in epoch milliseconds.
    pub at_ms: Option<i64>,
    /// The card, masked.
    pub masked_card: Option<String>,
}

impl Row {
    /// Whether it is of this kind and counts.
    pub fn is_effective(&self, kind: Kind) -> bool {
        self.kind == kind && self.standing == Standing::Effective
    }

    /// Whether it may be of our order: it names it, or none.
    pub fn may_be_of(&self, order: &str) -> bool {
        self.order.as_deref().is_none_or(|theirs| number::is_ours(order, theirs))
    }

    /// Where the bank keeps it. `order` is our own number.
    pub fn bank_ref(&self, order: &str, stands_as: &str) -> BankRef {
        BankRef {
            transaction_id: self.key.clone(),
            auth_code: self.auth_code.clone(),
            extra: vec![(crate::question::STANDS_AS.to_owned(), stands_as.to_owned())],
            ..step::order_ref(order)
        }
    }

    /// What it says, for the host to compare.
    pub fn stated(&self, order: &str) -> Stated {
        Stated {
            minor: self.minor,
            currency: self.currency.clone(),
            order_id: self.order.as_deref().map(|theirs| number::stated(order, theirs)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_the_banks_words() {
        for (word, kind) in [
            ("Sale", Kind::Sale),
            ("VFT_Sale", Kind::Sale),
            ("Authorization", Kind::Authorization),
            ("Auth", Kind::Authorization),
            ("Capture", Kind::Capture),
            ("Return", Kind::Refund),
            ("VFT_Return", Kind::Refund),
            ("Sale_Reverse", Kind::Reversal(Some(Reversed::Sale))),
            ("VFT_Sale_Reverse", Kind::Reversal(Some(Reversed::Sale))),
            ("Authorization_Reverse", Kind::Reversal(Some(Reversed::Authorization))),
            ("Capture_Reverse", Kind::Reversal(Some(Reversed::Capture))),
            ("Return_Reverse", Kind::Reversal(Some(Reversed::Refund))),
            ("Bonus_Reverse", Kind::Reversal(Some(Reversed::Points))),
            ("Koi_Reverse", Kind::Reversal(Some(Reversed::Other))),
            ("Reverse", Kind::Reversal(None)),
            ("Bonus_Usage", Kind::PointUsage),
            ("Bonus_Return", Kind::PointReturn),
            ("", Kind::Other),
        ] {
            assert_eq!(Kind::of(word), kind, "{word}");
        }
    }
}
