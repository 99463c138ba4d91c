//! Amounts as banks write them. Never floats.

use crate::{Fault, Money};

/// The whole and the fraction digits of a non-negative amount.
fn split(money: &Money) -> Result<(String, String), Fault> {
    if money.minor < 0 {
        return Err(Fault::InvalidRequest("the amount is negative".into()));
    }
    let digits = money.minor.to_string();
    let exponent = usize::from(money.exponent);
    let padded = format!("{digits:0>width$}", width = exponent + 1);
    let (whole, fraction) = padded.split_at(padded.len() - exponent);
    Ok((whole.to_owned(), fraction.to_owned()))
}

/// More than nothing, in one of the currencies (alphabetic codes) that the manifest lists.
pub fn payable(money: &Money, currencies: &[&str]) -> Result<(), Fault> {
    if !currencies.contains(&money.currency.as_str()) {
        return Err(Fault::Unsupported(format!("the bank takes no {} here", money.currency)));
    }
    if money.minor > 0 { Ok(()) } else { Err(Fault::InvalidRequest("the amount must be positive".into())) }
}

/// `10.01`; `10` for a currency without minor units.
pub fn decimal(money: &Money) -> Result<String, Fault> {
    let (whole, fraction) = split(money)?;
    Ok(if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") })
}

/// `10,01`.
pub fn comma(money: &Money) -> Result<String, Fault> {
    Ok(decimal(money)?.replace('.', ","))
}

/// `1001`.
pub fn minor(money: &Money) -> Result<String, Fault> {
    split(money)?;
    Ok(money.minor.to_string())
}

/// ISO 4217's number, three digits: `949`.
pub fn numeric_currency(money: &Money) -> String {
    format!("{:03}", money.numeric)
}

/// Digits after the point of a currency as a bank writes it, by letters or number: two for all but the few that
/// have none or three. For lists of transactions, where no terms say it.
pub fn exponent(currency: Option<&str>) -> u8 {
    match currency.map(|text| text.trim_start_matches('0')) {
        Some("392" | "JPY" | "410" | "KRW") => 0,
        Some("414" | "KWD" | "48" | "BHD" | "368" | "IQD" | "400" | "JOD") => 3,
        _ => 2,
    }
}

/// Reads minor units (`1001`). `None` for anything else, an empty text included.
pub fn parse_minor(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Reads `10.01`, `10,01`, `10.1` or `10` into minor units. More fraction digits than the currency has
/// are refused unless they are zeros; thousands separators are refused, because `1.000` would be
/// ambiguous.
pub fn parse_decimal(text: &str, exponent: u8) -> Option<i64> {
    let (whole, fraction) = match text.find(['.', ',']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let point_without_digits = fraction.is_empty() && whole.len() != text.len();
    if whole.is_empty() || whole.len() > 15 || !digits(whole) || !digits(fraction) || point_without_digits {
        return None;
    }
    let exponent = usize::from(exponent);
    let (kept, beyond) = fraction.split_at(fraction.len().min(exponent));
    if beyond.bytes().any(|b| b != b'0') {
        return None;
    }
    format!("{whole}{kept:0<exponent$}").parse().ok()
}

/// Reads an amount as Turkish software prints it: a comma before the fraction, points between thousands
/// (`1.056,20`). A single point that cannot be one between thousands is a decimal point (`10.01`); `1.056`
/// is a thousand and fifty-six, because no currency with two decimals has three.
pub fn parse_turkish(text: &str, exponent: u8) -> Option<i64> {
    let (whole, fraction) = text.split_once(',').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let groups: Vec<&str> = whole.split('.').collect();
    let first = groups.first().map_or(0, |group| group.len());
    let are_thousands = (1..=3).contains(&first) && groups.iter().skip(1).all(|group| group.len() == 3);
    match fraction {
        _ if groups.len() == 1 => parse_decimal(text, exponent),
        Some(fraction) if are_thousands => parse_decimal(&format!("{}.{fraction}", groups.concat()), exponent),
        None if are_thousands && exponent < 3 => parse_decimal(&groups.concat(), exponent),
        None => parse_decimal(text, exponent),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, exponent: u8) -> Money {
        Money { minor, currency: "TRY".into(), numeric: 949, exponent }
    }

    #[test]
    fn every_amount_comes_back_from_its_text() {
        for exponent in [0, 2, 3] {
            for minor in [1, 9, 10, 99, 100, 101, 1_001, 10_025, 999_999_999, 123_456_789_012] {
                let text = decimal(&money(minor, exponent)).expect("formats");
                assert_eq!(parse_decimal(&text, exponent), Some(minor), "{text}");
                assert_eq!(parse_decimal(&text.replace('.', ","), exponent), Some(minor), "{text}");
            }
        }
        assert_eq!(decimal(&money(1, 2)).expect("formats"), "0.01");
        assert_eq!(decimal(&money(999_999_999, 2)).expect("formats"), "9999999.99");
        assert_eq!(decimal(&money(100, 0)).expect("formats"), "100");
        assert_eq!(comma(&money(1_001, 2)).expect("formats"), "10,01");
        assert!(decimal(&money(-1, 2)).is_err());
    }

    #[test]
    fn turkish_amounts_have_points_between_thousands() {
        for (text, minor) in [
            ("1,01", 101),
            ("1", 100),
            ("0", 0),
            ("10.01", 1_001),
            ("1.056,2", 105_620),
            ("1.056", 105_600),
            ("9.999.999,99", 999_999_999),
            ("1000,25", 100_025),
        ] {
            assert_eq!(parse_turkish(text, 2), Some(minor), "{text}");
        }
        for bad in ["", ",", ".", "1.0,5", "1.00.000", "12.34,56", "1,000.00", ".500", "1.", "1.056,", "x", "1.0567"] {
            assert_eq!(parse_turkish(bad, 2), None, "{bad}");
        }
        assert_eq!(parse_turkish("1.056", 3), Some(1_056));
    }

    #[test]
    fn unclear_amounts_are_refused() {
        for bad in ["", ".", "1.", ".5", "1.001", "1.2.3", "1,000.00", "-1", "1e3", " 1", "1 ", "one", "१"] {
            assert_eq!(parse_decimal(bad, 2), None, "{bad}");
        }
        assert_eq!(parse_decimal("856100.000", 2), Some(85_610_000));
        assert_eq!(parse_minor("101"), Some(101));
        for bad in ["", "1.01", "-1", "9999999999999999999"] {
            assert_eq!(parse_minor(bad), None, "{bad}");
        }
    }
}
