//! A payer on the gate's pages, and what the family remembers besides.

use std::collections::HashMap;

use crate::visit::Visit;
use crate::voucher::Vouchers;

use super::plan::Plan;
use super::sign::Fields;

/// Everything the family remembers.
#[derive(Default)]
pub struct Gate {
    pub(super) sessions: HashMap<String, Session>,
    pub(super) vouchers: Vouchers,
    /// Repeated orders, by store and track number.
    pub(super) plans: HashMap<(String, String), Plan>,
}

/// The `paymentModel` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Authenticates only.
    ThreeD,
    /// Authenticates and charges.
    Pay,
    /// Shows the card form, authenticates and charges.
    PayHosting,
}

impl Model {
    /// By the bank's word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "3D" => Some(Self::ThreeD),
            "3D_PAY" => Some(Self::Pay),
            "3D_PAY_HOSTING" => Some(Self::PayHosting),
            _ => None,
        }
    }

    /// The name in the book.
    pub fn name(self) -> &'static str {
        match self {
            Self::ThreeD => "3D",
            Self::Pay => "3D_PAY",
            Self::PayHosting => "3D_PAY_HOSTING",
        }
    }
}

/// One visit, with what the family keeps of it.
pub struct Session {
    /// Everything posted, without card number, code and hash.
    pub(super) posted: Fields,
    pub(super) model: Model,
    pub(super) visit: Visit,
}
