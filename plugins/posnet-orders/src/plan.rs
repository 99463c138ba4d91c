//! What a void or refund has to name, by the transactions the bank lists.

use crate::question::{self, AUTH, CAPT, SALE, of_kind};
use crate::row::{Kind, Reversed, Row};

/// What a void has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToVoid<'a> {
    /// Void this. A reservation that was captured falls after its capture: the bank wants it in this order
    /// (0788).
    This {
        /// What it is: `sale`, `auth` or `capt`.
        transaction: &'static str,
        /// The transaction.
        row: &'a Row,
        /// The reservation behind a capture.
        then: Option<&'a Row>,
    },
    /// It is void already.
    DoneAlready,
    /// Nothing of the order stands.
    Nothing,
}

/// What stands and can be voided.
pub fn to_void(rows: &[Row]) -> ToVoid<'_> {
    let standing = |kind: Kind, reversed: Reversed| {
        let row = rows.iter().find(|row| row.is_effective(kind));
        row.filter(|_| !question::is_reversed(rows, reversed))
    };
    let reservation = standing(Kind::Authorization, Reversed::Authorization);
    if let Some(row) = standing(Kind::Capture, Reversed::Capture) {
        return ToVoid::This { transaction: CAPT, row, then: reservation };
    }
    if let Some(row) = reservation {
        return ToVoid::This { transaction: AUTH, row, then: None };
    }
    if let Some(row) = standing(Kind::Sale, Reversed::Sale) {
        return ToVoid::This { transaction: SALE, row, then: None };
    }
    let reversed = [Reversed::Sale, Reversed::Authorization].into_iter().any(|what| question::is_reversed(rows, what));
    if reversed { ToVoid::DoneAlready } else { ToVoid::Nothing }
}

/// The transaction that took the money, if the bank shows exactly one: a refund names it and never an earlier
/// refund.
pub fn taken(rows: &[Row]) -> Option<&Row> {
    let effective =
        |kind: Kind| -> Vec<&Row> { of_kind(rows, kind).into_iter().filter(|row| row.is_effective(kind)).collect() };
    match (effective(Kind::Capture).as_slice(), effective(Kind::Sale).as_slice()) {
        ([row], _) | ([], [row]) => Some(row),
        _ => None,
    }
}
