//! Money: integer minor units and a currency. Never a float, never a bare number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency this system can hold books in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(&'static Iso);

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Iso {
    code: &'static str,
    numeric: u16,
    exponent: u8,
}

const CURRENCIES: &[Iso] = &[
    Iso { code: "TRY", numeric: 949, exponent: 2 },
    Iso { code: "USD", numeric: 840, exponent: 2 },
    Iso { code: "EUR", numeric: 978, exponent: 2 },
    Iso { code: "GBP", numeric: 826, exponent: 2 },
    Iso { code: "AZN", numeric: 944, exponent: 2 },
    Iso { code: "JPY", numeric: 392, exponent: 0 },
    Iso { code: "KWD", numeric: 414, exponent: 3 },
    Iso { code: "RUB", numeric: 643, exponent: 2 },
];

impl Currency {
    /// The Turkish lira, the currency of nearly every payment here.
    pub const TRY: Self = Self(&CURRENCIES[0]);

    /// The alphabetic code (`TRY`).
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// The numeric code (949 for the lira).
    pub fn numeric(self) -> u16 {
        self.0.numeric
    }

    /// How many digits stand after the decimal point.
    pub fn exponent(self) -> u8 {
        self.0.exponent
    }

    /// Every currency we can hold books in.
    pub fn all() -> impl Iterator<Item = Self> {
        CURRENCIES.iter().map(Self)
    }

    /// By alphabetic code, in any case.
    pub fn from_code(code: &str) -> Option<Self> {
        CURRENCIES.iter().find(|iso| iso.code.eq_ignore_ascii_case(code)).map(Self)
    }

    /// By numeric code.
    pub fn from_numeric(numeric: u16) -> Option<Self> {
        CURRENCIES.iter().find(|iso| iso.numeric == numeric).map(Self)
    }
}

/// A currency that is not in our table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a currency we keep books in")]
pub struct UnknownCurrency(pub String);

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(code: String) -> Result<Self, UnknownCurrency> {
        Self::from_code(&code).ok_or(UnknownCurrency(code))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom(format!("unknown currency {code}")))
    }
}

/// An amount in minor units (kuruş for the lira).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; may be negative where a difference is meant.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// Arithmetic that has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies met in one sum.
    #[error("cannot combine {0} with {1}")]
    CurrencyMismatch(Currency, Currency),
    /// The result does not fit in 64 bits.
    #[error("the amount is too large")]
    Overflow,
}

impl Money {
    /// An amount of minor units.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The sum of two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference of two amounts of one currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// Whether it is more than nothing.
    pub fn is_positive(self) -> bool {
        self.minor > 0
    }

    fn combine(self, other: Self, op: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        let minor = op(self.minor, other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, currency: self.currency })
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} minor", self.minor, self.currency)
    }
}
