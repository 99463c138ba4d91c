//! Whether a payment may close the debts that it is for.

use std::collections::{BTreeMap, BTreeSet};

use super::allocation::Share;
use super::id::ReceivableId;

/// Why it may not. `at` counts the chosen shares from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DebtRefused {
    /// The payer does not owe it, or no more.
    NotOwed {
        /// Which share.
        at: usize,
    },
    /// It is chosen twice: which of the two shares would count?
    Twice {
        /// The second of them.
        at: usize,
    },
    /// Nothing, more than is open, or together more than is paid.
    OutOfRange {
        /// Which share.
        at: usize,
        /// What is open of it, minor units.
        open: i64,
    },
    /// It would reach what an earlier payment without a known outcome may have paid: both may turn out paid.
    InDoubt {
        /// So much of these debts is in doubt, minor units.
        in_doubt: i64,
        /// So much is not.
        free: i64,
    },
}

/// Checks a payment of `amount` minor units against what its payer owes (`open`) and what of it is in doubt. Without shares
/// it is for everything that is open.
pub fn debt_payable(
    amount: i64,
    open: &BTreeMap<ReceivableId, i64>,
    in_doubt: &BTreeMap<ReceivableId, i64>,
    shares: &[Share],
) -> Result<(), DebtRefused> {
    let mut chosen = BTreeSet::new();
    let mut stated = 0_i64;
    for (at, share) in shares.iter().enumerate() {
        let Some(&open) = open.get(&share.receivable) else { return Err(DebtRefused::NotOwed { at }) };
        if !chosen.insert(share.receivable) {
            return Err(DebtRefused::Twice { at });
        }
        if let Some(minor) = share.minor {
            stated = stated.saturating_add(minor);
            if !(1..=open).contains(&minor) || stated > amount {
                return Err(DebtRefused::OutOfRange { at, open });
            }
        }
    }
    let meant = open.iter().filter(|(receivable, _)| shares.is_empty() || chosen.contains(receivable));
    let (mut free, mut doubtful) = (0_i64, 0_i64);
    for (receivable, open) in meant {
        let in_doubt = in_doubt.get(receivable).copied().unwrap_or_default();
        free = free.saturating_add(open - in_doubt);
        doubtful = doubtful.saturating_add(in_doubt);
    }
    if doubtful > 0 && amount > free { Err(DebtRefused::InDoubt { in_doubt: doubtful, free }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_closes_what_is_owed_and_not_in_doubt() {
        let (first, second, paid) = (ReceivableId::at(1), ReceivableId::at(2), ReceivableId::at(3));
        let open = BTreeMap::from([(first, 300), (second, 200)]);
        let none = BTreeMap::new();
        let part = |receivable, minor| Share { receivable, minor: Some(minor) };
        let asked = |amount, shares: &[Share]| debt_payable(amount, &open, &none, shares);
        assert_eq!(asked(900, &[]), Ok(()), "the rest is an advance");
        assert_eq!(asked(500, &[part(first, 300), Share::whole(second)]), Ok(()));
        assert_eq!(asked(500, &[Share::whole(first), Share::whole(paid)]), Err(DebtRefused::NotOwed { at: 1 }));
        assert_eq!(asked(500, &[part(first, 100), part(first, 100)]), Err(DebtRefused::Twice { at: 1 }));
        for (amount, shares) in [(500, [part(first, 0)]), (500, [part(first, 301)]), (99, [part(first, 100)])] {
            assert_eq!(asked(amount, &shares), Err(DebtRefused::OutOfRange { at: 0, open: 300 }));
        }
        let together = [part(first, 300), part(second, 200)];
        assert_eq!(asked(499, &together), Err(DebtRefused::OutOfRange { at: 1, open: 200 }));

        let doubt = BTreeMap::from([(first, 250)]);
        let doubted = |amount, shares: &[Share]| debt_payable(amount, &open, &doubt, shares);
        assert_eq!(doubted(250, &[]), Ok(()), "so much is free");
        assert_eq!(doubted(251, &[]), Err(DebtRefused::InDoubt { in_doubt: 250, free: 250 }));
        assert_eq!(doubted(51, &[Share::whole(first)]), Err(DebtRefused::InDoubt { in_doubt: 250, free: 50 }));
        assert_eq!(doubted(900, &[Share::whole(second)]), Ok(()), "nobody doubts that one");
    }
}
