//! Percentages: commission, instalment difference, shares. Decimals, never floats; stored as text.

use std::fmt;
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::money::Money;

/// A percentage between 0 and 100, with at most six digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Decimal);

/// A text that is not a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a percentage from 0 to 100 with at most six decimals")]
pub struct RateError;

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// All of it.
    pub const WHOLE: Self = Self(Decimal::ONE_HUNDRED);

    /// Checks the range and the number of decimals.
    pub fn new(percent: Decimal) -> Result<Self, RateError> {
        let percent = percent.normalize();
        let fits = (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&percent) && percent.scale() <= 6;
        fits.then_some(Self(percent)).ok_or(RateError)
    }

    /// The percentage itself.
    pub const fn percent(self) -> Decimal {
        self.0
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// That part of an amount, halves away from zero (commercial rounding). `None` only when the amount has
    /// more digits than a decimal can hold, which no real amount has.
    pub fn of(self, amount: Money) -> Option<Money> {
        let product = Decimal::from(amount.minor).checked_mul(self.0)?.checked_div(Decimal::ONE_HUNDRED)?;
        let rounded = product.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        Some(Money::new(rounded.to_i64()?, amount.currency))
    }

    /// A part of this rate (half of 2.5 % is 1.25 %), cut to six decimals.
    pub fn share(self, share: Self) -> Self {
        let part = self.0 * share.0 / Decimal::ONE_HUNDRED;
        Self(part.round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero).normalize())
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let percent = Decimal::from_str_exact(text.trim()).map_err(|_| RateError)?;
        Self::new(percent)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl serde::Serialize for Rate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Rate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;

    fn rate(text: &str) -> Rate {
        text.parse().expect("a rate")
    }

    #[test]
    fn halves_go_away_from_zero() {
        let lira = |minor| Money::new(minor, Currency::TRY);
        assert_eq!(rate("2.5").of(lira(1_000_000)), Some(lira(25_000)));
        assert_eq!(rate("50").of(lira(1)), Some(lira(1)));
        assert_eq!(rate("50").of(lira(-1)), Some(lira(-1)));
        assert_eq!(rate("2.0").of(lira(1_025_000)), Some(lira(20_500)));
        assert!(Rate::WHOLE.of(lira(i64::MAX)).is_some());
    }

    #[test]
    fn a_rate_is_bounded_and_normal() {
        assert_eq!(rate("2.50").to_string(), "2.5");
        assert_eq!(rate("2.5").share(rate("50")).to_string(), "1.25");
        for bad in ["-1", "100.01", "1.1234567", "x", "", "2,5"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
