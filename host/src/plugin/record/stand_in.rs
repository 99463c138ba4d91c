//! What stands in a recording for the card and the secrets, and the made-up ones that are put there to play it again.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::super::held::HeldCard;
use super::super::installation::Secret;
use crate::domain::card::{Card, Expiry, Pan, SecurityCode, luhn};

/// What a connector may see of the card, and which parts there were. The number is not here: its middle is not, and
/// of numbers with fewer than sixteen digits only the first six (PCI DSS 3.4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCard {
    /// The first eight digits, or six.
    pub bin: String,
    /// The last four.
    pub last4: String,
    /// How many there are.
    pub length: usize,
    /// `visa`, `mastercard`, ….
    pub scheme: String,
    /// The instalment programme.
    pub program: Option<String>,
    /// Whether the security code was there when the act began.
    pub security_code: bool,
    /// Whether a name was.
    pub holder: bool,
}

impl RecordedCard {
    /// Of a card in the hold.
    pub(super) fn of(card: &HeldCard) -> Self {
        let pan = card.pan();
        let shown = if pan.digits() >= 16 { 8 } else { 6 };
        Self {
            bin: pan.bin(shown).to_owned(),
            last4: pan.last4().to_owned(),
            length: pan.digits(),
            scheme: card.scheme().to_owned(),
            program: card.program().map(str::to_owned),
            security_code: card.security_code().is_some(),
            holder: card.holder().is_some(),
        }
    }

    /// A made-up card of the same shape: zeros in the middle, and one digit that makes the number a valid one.
    pub(super) fn made_up(&self) -> Option<HeldCard> {
        let middle = self.length.checked_sub(self.bin.len() + self.last4.len()).filter(|middle| *middle > 0)?;
        let number = (b'0'..=b'9').find_map(|digit| {
            let zeros = "0".repeat(middle - 1);
            let number = format!("{}{zeros}{}{}", self.bin, char::from(digit), self.last4);
            let plain = number.bytes().all(|b| b.is_ascii_digit());
            (plain && luhn(number.as_bytes())).then_some(number)
        })?;
        let card = Card {
            pan: Pan::parse(&number).ok()?,
            expiry: Expiry { month: 12, year: 2039 },
            security_code: if self.security_code { SecurityCode::parse("000").ok() } else { None },
            holder: self.holder.then(|| "MADE UP".to_owned()),
        };
        Some(HeldCard::new(&card, self.scheme.clone(), self.program.clone()))
    }
}

/// What a secret looks like: keys keep their length, for ciphers take keys of certain lengths only. How long a
/// password is, is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretShape {
    /// A text.
    Text,
    /// So many hexadecimal digits.
    Hex(usize),
    /// So many bytes in base64.
    Base64(usize),
}

impl SecretShape {
    /// Shortest text that is taken for a key.
    const KEY_LETTERS_MIN: usize = 16;

    fn of(secret: &str) -> Self {
        let length = secret.len();
        if length < Self::KEY_LETTERS_MIN || !length.is_multiple_of(4) {
            return Self::Text;
        }
        if length.is_multiple_of(8) && secret.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Self::Hex(length);
        }
        match BASE64_STANDARD.decode(secret) {
            Ok(bytes) if matches!(bytes.len(), 16 | 24 | 32 | 64) => Self::Base64(bytes.len()),
            _ => Self::Text,
        }
    }

    fn made_up(self) -> String {
        // A file says how long; a key has no reason to be longer than this.
        const LETTERS_MAX: usize = 1024;
        match self {
            Self::Text => "made-up-password".to_owned(),
            Self::Hex(length) => "0123456789abcdef".chars().cycle().take(length.min(LETTERS_MAX)).collect(),
            Self::Base64(bytes) => BASE64_STANDARD.encode(vec![0x5a; bytes.min(LETTERS_MAX)]),
        }
    }
}

/// The shapes of an account's secrets.
pub(super) fn shapes(secrets: &BTreeMap<String, Secret>) -> BTreeMap<String, SecretShape> {
    secrets.iter().map(|(name, secret)| (name.clone(), SecretShape::of(secret.expose()))).collect()
}

/// Made-up secrets of these shapes.
pub(super) fn made_up(shapes: &BTreeMap<String, SecretShape>) -> BTreeMap<String, Secret> {
    shapes.iter().map(|(name, shape)| (name.clone(), Secret::new(shape.made_up()))).collect()
}
