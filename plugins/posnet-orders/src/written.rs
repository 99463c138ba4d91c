//! How PosNet writes currencies, instalments, amounts and instants.

use vezne_plugin::{Fault, Money, Terms, amount};

const CURRENCIES: [(&str, &str); 6] =
    [("TRY", "TL"), ("USD", "US"), ("EUR", "EU"), ("GBP", "GB"), ("JPY", "JP"), ("RUB", "RU")];

/// The bank's letters for a currency: `TL`.
pub fn currency(money: &Money) -> Result<&'static str, Fault> {
    let found = CURRENCIES.iter().find(|(iso, _)| *iso == money.currency);
    let unknown = || Fault::InvalidRequest(format!("PosNet takes no {}", money.currency));
    found.map(|(_, letters)| *letters).ok_or_else(unknown)
}

/// ISO letters for the bank's (`YT` is an old name of the lira); anything else as it stands.
pub fn iso_currency(letters: &str) -> &str {
    match letters.trim() {
        "YT" => "TRY",
        other => CURRENCIES.iter().find(|(_, theirs)| *theirs == other).map_or(other, |(iso, _)| *iso),
    }
}

/// How many instalments; 0 for a single payment.
pub fn instalments(terms: &Terms) -> u8 {
    if terms.installments > 1 { terms.installments } else { 0 }
}

/// Reads minor units, zeros in front or not: `000000005696`.
pub fn minor(text: &str) -> Option<i64> {
    amount::parse_minor(text.trim())
}

/// Reads `1,16`, `1.000,16` and `1`: answers to an inquiry write amounts as Turks do. A point without a comma
/// could be either, and is not read.
pub fn turkish_amount(text: &str) -> Option<i64> {
    let text = text.trim();
    let Some((whole, fraction)) = text.split_once(',') else {
        return if text.contains('.') { None } else { amount::parse_decimal(text, 2) };
    };
    let mut groups = whole.split('.');
    let first = groups.next().unwrap_or_default();
    let grouped = whole.contains('.');
    let first_fits = !first.is_empty() && (!grouped || first.len() <= 3);
    if !first_fits || !groups.all(|group| group.len() == 3) || fraction.contains(['.', ',']) {
        return None;
    }
    amount::parse_decimal(&format!("{}.{fraction}", whole.replace('.', "")), 2)
}

/// Istanbul: UTC+3, no summer time since 2016.
const OFFSET_MS: i64 = 3 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// The day an instant falls on in Istanbul, `20261122`.
pub fn day(epoch_ms: i64) -> String {
    let (year, month, day) = civil((epoch_ms + OFFSET_MS).div_euclid(DAY_MS));
    format!("{year:04}{month:02}{day:02}")
}

/// Reads `2019-11-08 13:58:37.909` (Albaraka leaves the space out) and `190703093340` as epoch milliseconds.
pub fn epoch_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.chars().any(|c| !(c.is_ascii_digit() || matches!(c, '-' | ':' | ' ' | '.' | 'T'))) {
        return None;
    }
    let (clock, millis) = text.split_once('.').unwrap_or((text, "0"));
    let digits: String = clock.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.len() {
        12 => format!("20{digits}"),
        14 => digits,
        _ => return None,
    };
    let part = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !in_range || millis.is_empty() || millis.len() > 3 || !millis.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{millis:0<3}").parse().ok()?;
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1_000 + millis - OFFSET_MS)
}

/// Howard Hinnant's rules for the proleptic Gregorian calendar, both ways.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_turks_write_them() {
        for (text, minor) in
            [("1,16", 116), ("1.000,16", 100_016), ("12.345.678,9", 1_234_567_890), ("1", 100), ("0,01", 1), ("10,00", 1_000)]
        {
            assert_eq!(turkish_amount(text), Some(minor), "{text}");
        }
        for bad in ["", ",", "1.16", "1,1,6", "1.00,16", "1234.567,00", ".1,00", "-1,00", "1,001", "x", "1,", "1 000,00"] {
            assert_eq!(turkish_amount(bad), None, "{bad}");
        }
        assert_eq!(minor("000000005696"), Some(5_696));
        assert_eq!(minor(""), None);
    }

    #[test]
    fn instants_are_read_and_days_written() {
        assert_eq!(epoch_ms("1970-01-01 03:00:00.000"), Some(0));
        assert_eq!(epoch_ms("2019-11-0813:58:37.909"), Some(1_573_210_717_909));
        assert_eq!(epoch_ms("2019-11-08 13:58:37.909"), Some(1_573_210_717_909));
        assert_eq!(epoch_ms("191108135837"), Some(1_573_210_717_000));
        for bad in ["", "2019-11-08", "2019-13-08 13:58:37", "x", "2019-11-08 25:58:37", "2019-11-08 13:58:37.", "2019-11-08 13:58:37.-1"] {
            assert_eq!(epoch_ms(bad), None, "{bad}");
        }
        assert_eq!(day(1_573_210_717_909), "20191108");
        assert_eq!(day(1_573_160_399_000), "20191107");
        assert_eq!(day(1_573_160_401_000), "20191108");
        assert_eq!(day(1_709_164_800_000), "20240229");
    }

    #[test]
    fn currencies_have_two_letters() {
        let money = |letters: &str| Money { minor: 1, currency: letters.into(), numeric: 0, exponent: 2 };
        assert_eq!(currency(&money("TRY")).ok(), Some("TL"));
        assert_eq!(currency(&money("EUR")).ok(), Some("EU"));
        assert!(currency(&money("AZN")).is_err());
        assert_eq!((iso_currency("TL"), iso_currency("YT"), iso_currency("US"), iso_currency("XX")), ("TRY", "TRY", "USD", "XX"));
    }
}
