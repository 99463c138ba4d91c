//! What random histories are made of.

use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(super) enum Act {
    Raise {
        debtor: usize,
        due_day: i8,
        principal: i64,
        expense: i64,
    },
    Capture {
        debtor: usize,
        amount: i64,
        difference: i64,
        choose: bool,
    },
    /// Less is taken than was held: so many thousandths of it.
    CapturePart {
        debtor: usize,
        amount: i64,
        difference: i64,
        thousandths: i64,
    },
    Void {
        which: usize,
    },
    RefundAsk {
        which: usize,
        minor: i64,
    },
    RefundConfirm {
        which: usize,
    },
    RefundFail {
        which: usize,
    },
    ChargebackOpen {
        which: usize,
    },
    ChargebackWon {
        which: usize,
    },
    ChargebackLost {
        which: usize,
    },
    AdvanceUse {
        debtor: usize,
    },
    Transfer {
        which: usize,
        minor: i64,
        to: usize,
    },
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let debtor = 0..2_usize;
    prop_oneof![
        3 => (debtor.clone(), 1..28_i8, 1..500_i64, 0..50_i64)
            .prop_map(|(debtor, due_day, principal, expense)| Act::Raise { debtor, due_day, principal, expense }),
        4 => (debtor.clone(), 1..700_i64, 0..40_i64, any::<bool>())
            .prop_map(|(debtor, amount, difference, choose)| Act::Capture { debtor, amount, difference, choose }),
        2 => (debtor.clone(), 1..700_i64, 0..40_i64, 1..1_000_i64).prop_map(|(debtor, amount, difference, thousandths)| {
            Act::CapturePart { debtor, amount, difference, thousandths }
        }),
        1 => (0..6_usize).prop_map(|which| Act::Void { which }),
        3 => (0..6_usize, 1..500_i64).prop_map(|(which, minor)| Act::RefundAsk { which, minor }),
        1 => (0..6_usize).prop_map(|which| Act::RefundConfirm { which }),
        1 => (0..6_usize).prop_map(|which| Act::RefundFail { which }),
        2 => (0..6_usize).prop_map(|which| Act::ChargebackOpen { which }),
        1 => (0..3_usize).prop_map(|which| Act::ChargebackWon { which }),
        1 => (0..3_usize).prop_map(|which| Act::ChargebackLost { which }),
        2 => debtor.clone().prop_map(|debtor| Act::AdvanceUse { debtor }),
        2 => (0..6_usize, 1..400_i64, debtor).prop_map(|(which, minor, to)| Act::Transfer { which, minor, to }),
    ]
}
