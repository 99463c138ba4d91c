//! The bank behind every gateway: what it does with money, and when it refuses to.
//!
//! A family asks the desk and says the result in its own words and codes; the rules and the book are the same for all.
//! What differs in kind (numbers, codes, a few rules) the family's [`Clerk`] brings along.

mod clerk;
mod line;
mod money;
#[cfg(test)]
mod tests;
mod view;

pub use clerk::{Clerk, Numbers, Rules};
pub use line::{Done, Verdict, Why};
pub use money::{Charge, day_end};
pub use view::{Standing, State};

use crate::bank::Bank;
use crate::store::Store;

/// One store's desk, served by its family's clerk.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    bank: &'a Bank,
    store: &'a Store,
    clerk: &'a dyn Clerk,
    sub_dealer: &'a str,
}

impl<'a> Desk<'a> {
    /// The desk for a store whose request was already authenticated.
    pub fn at(bank: &'a Bank, store: &'a Store, clerk: &'a dyn Clerk) -> Self {
        Self { bank, store, clerk, sub_dealer: "" }
    }

    /// The same, for a charge that the store makes for one of its sub-dealers; for nobody where it names none.
    pub fn for_sub_dealer(self, sub_dealer: &'a str) -> Self {
        Self { sub_dealer, ..self }
    }
}
