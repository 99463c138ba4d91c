//! What a charge costs the firm at one account: the bank's cut, and waiting for its money.

use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::domain::instalment::Terms;
use crate::domain::rate::Rate;
use crate::domain::split::split_even;

/// Days of a year of interest.
const YEAR_DAYS: i64 = 365;

/// What a charge costs the firm, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// What the bank keeps.
    pub commission: i64,
    /// What the days until the value dates cost.
    pub money: i64,
}

impl Cost {
    /// Both together.
    pub fn total(self) -> i64 {
        self.commission.saturating_add(self.money)
    }
}

/// What a charge of these terms costs when it is made on a day. The bank pays one part a month, the first after its
/// blocked days; each part waits for its own day at simple interest. `None` where a figure does not fit.
pub fn cost_of(terms: &Terms, money_rate: Rate, charged_on: Date) -> Option<Cost> {
    let commission = terms.bank_rate.of(terms.charged)?.minor;
    let net = terms.charged.minor - commission;
    let days = terms.value_days(charged_on);
    let parts = split_even(net, u16::try_from(days.len()).ok()?);
    let mut waited = Decimal::ZERO;
    for (part, day) in parts.iter().zip(days) {
        let days = day.since(charged_on).ok()?.get_days();
        waited = waited.checked_add(Decimal::from(*part).checked_mul(Decimal::from(days))?)?;
    }
    let yearly = waited.checked_mul(money_rate.percent())?.checked_div(Decimal::ONE_HUNDRED)?;
    let money = yearly.checked_div(Decimal::from(YEAR_DAYS))?;
    let money = money.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()?;
    Some(Cost { commission, money })
}
