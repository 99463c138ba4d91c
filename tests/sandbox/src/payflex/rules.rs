//! What a request must look like before the bank looks at the order.

use sha2::{Digest, Sha256};

use crate::bank::Bank;
use crate::card::luhn_ok;
use crate::form;
use crate::issuer::IssuedCard;
use crate::random;
use crate::secret::same;
use crate::store::Store;
use crate::xml::{self, Flat};

use super::store::Account;

/// Code and text.
pub type Refused = (&'static str, &'static str);

/// A posted form.
pub type Fields = Vec<(String, String)>;

/// The document in `prmstr`.
pub fn document(body: &[u8], root: &str) -> Result<Flat, Refused> {
    let fields = form::parse(body);
    xml::read(form::value(&fields, "prmstr").as_bytes(), root).map_err(|_| ("6000", "Mesaj okunamadı."))
}

/// The store that asks. Each service says its own code to a stranger.
pub fn caller<'a>(bank: &'a Bank, merchant: &str, password: &str) -> Option<(&'a Store, &'a Account)> {
    bank.find_store::<Account>(|s, _| s.family == "payflex" && s.id == merchant)
        .filter(|(_, account)| same(&account.password, password))
}

/// `5.00` → minor units; more than nothing.
pub fn amount(text: &str) -> Option<i64> {
    let digits = |s: &str| !s.is_empty() && s.len() <= 12 && s.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = text.split_once('.')?;
    let fits = digits(whole) && digits(part) && part.len() == 2;
    format!("{whole}{part}").parse().ok().filter(|minor| fits && *minor > 0)
}

/// As the bank writes it.
pub fn decimal(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// Currencies of the bank's terminals.
pub fn is_currency(text: &str) -> bool {
    matches!(text, "949" | "840" | "978" | "826")
}

/// Absent for a single payment, 2 to 12 otherwise.
pub fn instalments(text: &str) -> Option<u8> {
    match text.parse() {
        _ if text.is_empty() => Some(1),
        Ok(count @ 2..=12) => Some(count),
        _ => None,
    }
}

/// A number of the merchant's: a transaction's, an order's, an enrolment's.
pub fn is_number(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    !text.is_empty() && text.len() <= 40 && plain
}

/// An address to come back to.
pub fn is_address(url: &str) -> bool {
    url.len() <= 512 && (url.starts_with("http://") || url.starts_with("https://"))
}

/// What is wrong with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Its number.
    Number,
    /// Its expiry.
    Expiry,
    /// Its security code.
    Code,
}

/// A card by its number, its expiry (`YYMM`) and its code; without one where the caller sent none.
pub fn card(pan: &str, yymm: &str, code: &str) -> Result<IssuedCard, Wrong> {
    if !(13..=19).contains(&pan.len()) || !luhn_ok(pan) {
        return Err(Wrong::Number);
    }
    let part = |range| yymm.get(range).and_then(|s: &str| s.parse::<u8>().ok());
    let (Some(year), Some(month @ 1..=12), 4) = (part(0..2), part(2..4), yymm.len()) else {
        return Err(Wrong::Expiry);
    };
    let is_code = (3..=4).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
    if !code.is_empty() && !is_code {
        return Err(Wrong::Code);
    }
    Ok(IssuedCard::look_up(pan, (month, year), Some(code).filter(|c| !c.is_empty())))
}

/// Which number `BrandName` or `BrandNumber` must have, where it is sent.
pub fn brand(card: &IssuedCard) -> &'static str {
    match card.face.brand.as_str() {
        "VISA" => "100",
        "MASTERCARD" => "200",
        "TROY" => "300",
        "AMEX" => "400",
        _ => "",
    }
}

/// Recognizes a card that comes a second time, without keeping its number.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    salt: String,
    digest: Vec<u8>,
}

impl Fingerprint {
    /// Of a number and an expiry (`YYMM`).
    pub fn of(pan: &str, yymm: &str) -> Self {
        let salt = random::id();
        let digest = digest(&salt, pan, yymm);
        Self { salt, digest }
    }

    /// Is it the same card?
    pub fn is(&self, pan: &str, yymm: &str) -> bool {
        digest(&self.salt, pan, yymm) == self.digest
    }
}

fn digest(salt: &str, pan: &str, yymm: &str) -> Vec<u8> {
    Sha256::digest(format!("{salt}/{pan}/{yymm}")).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_a_point_and_two_decimals() {
        assert_eq!((amount("5.00"), amount("9999999.99"), amount("0.01")), (Some(500), Some(999_999_999), Some(1)));
        for bad in ["5", "5,00", "5.0", "5.001", "0.00", "-1.00", ".50", "1.", "", "1.0a"] {
            assert_eq!(amount(bad), None, "{bad}");
        }
        assert_eq!(decimal(856_105), "8561.05");
    }

    #[test]
    fn a_card_is_known_again_by_number_and_expiry() {
        let print = Fingerprint::of("4355084355084358", "3012");
        assert!(print.is("4355084355084358", "3012"));
        assert!(!print.is("4355084355084358", "3011") && !print.is("4546711234567894", "3012"));
        assert!(!format!("{print:?}").contains("4355084355084358"));
    }

    #[test]
    fn numbers_of_instalments_begin_at_two() {
        let counts = ["", "2", "12", "0", "1", "13", "x"].map(instalments);
        assert_eq!(counts, [Some(1), Some(2), Some(12), None, None, None, None]);
    }
}
