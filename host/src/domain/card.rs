//! A card on its way through the host: what may be shown, and what may not leave.
//!
//! Nothing here implements `Serialize`; `Debug` is the mask. The number and the code are wiped when
//! dropped (PCI DSS 3.3.1, 3.4.1).

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Why a card field cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Not 12 to 19 digits, or the check digit (Luhn, ISO/IEC 7812-1) is wrong.
    #[error("the card number is not valid")]
    Number,
    /// Not a month and a year.
    #[error("the expiry date is not valid")]
    Expiry,
    /// Past its last day.
    #[error("the card has expired")]
    Expired,
    /// Not three or four digits.
    #[error("the security code is not valid")]
    SecurityCode,
    /// Longer than a bank takes, or with letters that no card carries.
    #[error("the name on the card is not valid")]
    Holder,
}

/// A primary account number.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Pan(String);

impl Pan {
    /// Reads a number as typed: spaces and hyphens are skipped, the check digit must be right.
    pub fn parse(typed: &str) -> Result<Self, CardError> {
        let mut digits = String::with_capacity(19);
        for c in typed.chars() {
            match c {
                ' ' | '-' | '\u{a0}' => {}
                '0'..='9' if digits.len() < 19 => digits.push(c),
                _ => {
                    digits.zeroize();
                    return Err(CardError::Number);
                }
            }
        }
        let pan = Self(digits);
        if pan.0.len() < 12 || !luhn(pan.0.as_bytes()) {
            return Err(CardError::Number);
        }
        Ok(pan)
    }

    /// The digits, for the egress path and the one page that hands them to the bank's gate.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first `length` digits, at most eight (PCI DSS 3.4.1 with ISO/IEC 7812-1 BINs).
    pub fn bin(&self, length: usize) -> &str {
        &self.0[..length.min(8)]
    }

    /// The last four digits.
    pub fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// How many digits.
    pub fn digits(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Pan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pan({}…{})", self.bin(6), self.last4())
    }
}

/// Whether the last digit is the check digit of the ones before it.
pub fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The code on the card that is never stored, not even encrypted.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecurityCode(String);

impl SecurityCode {
    /// Three or four digits.
    pub fn parse(typed: &str) -> Result<Self, CardError> {
        let typed = typed.trim();
        let plausible = matches!(typed.len(), 3 | 4) && typed.bytes().all(|b| b.is_ascii_digit());
        plausible.then(|| Self(typed.to_owned())).ok_or(CardError::SecurityCode)
    }

    /// The digits, for the egress path only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecurityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurityCode(…)")
    }
}

/// Until when a card is good: the last day of a month.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct Expiry {
    /// 1 to 12.
    pub month: u8,
    /// Four digits.
    pub year: u16,
}

impl Expiry {
    /// `12/30`, `12 / 2030`, `1230`, `122030`.
    pub fn parse(typed: &str) -> Result<Self, CardError> {
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let noise = typed.chars().any(|c| !c.is_ascii_digit() && !matches!(c, ' ' | '/' | '-' | '.'));
        let (month, year) = match digits.len() {
            _ if noise => return Err(CardError::Expiry),
            4 => (&digits[..2], format!("20{}", &digits[2..])),
            6 => (&digits[..2], digits[2..].to_owned()),
            _ => return Err(CardError::Expiry),
        };
        let month = month.parse().map_err(|_| CardError::Expiry)?;
        let year = year.parse().map_err(|_| CardError::Expiry)?;
        if !(1..=12).contains(&month) || !(2000..=2099).contains(&year) {
            return Err(CardError::Expiry);
        }
        Ok(Self { month, year })
    }

    /// Whether the month is over on this civil date.
    pub fn is_past(self, year: u16, month: u8) -> bool {
        (self.year, self.month) < (year, month)
    }
}

impl fmt::Debug for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expiry(…)")
    }
}

/// A card as the payer typed it, checked.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Card {
    /// The number.
    pub pan: Pan,
    /// Its last month.
    #[zeroize(skip)]
    pub expiry: Expiry,
    /// Absent for mail orders without one, and after the first send that carried it.
    pub security_code: Option<SecurityCode>,
    /// As printed on the card.
    pub holder: Option<String>,
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Card").field(&self.pan).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_type_it() {
        let pan = Pan::parse("4355 0843 5508-4358").unwrap();
        assert_eq!((pan.bin(6), pan.bin(8), pan.last4()), ("435508", "43550843", "4358"));
        assert_eq!(format!("{pan:?}"), "Pan(435508…4358)");
        assert!(Pan::parse("4355 0843 5508 4359").is_err());
        assert!(Pan::parse("4355").is_err());
        assert!(Pan::parse("4355o84355084358").is_err());
    }

    #[test]
    fn an_expiry_is_a_month() {
        for typed in ["12/30", "12 / 2030", "1230", "122030"] {
            assert_eq!(Expiry::parse(typed), Ok(Expiry { month: 12, year: 2030 }), "{typed}");
        }
        for typed in ["13/30", "0/30", "a1230", "", "12/3"] {
            assert!(Expiry::parse(typed).is_err(), "{typed}");
        }
        let expiry = Expiry { month: 11, year: 2026 };
        assert!(!expiry.is_past(2026, 11) && expiry.is_past(2026, 12));
    }
}
