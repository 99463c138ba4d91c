//! How PosNet writes currencies, instalments, amounts and instants.

use vezne_plugin::{Fault, Money, Terms, amount, istanbul};

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

/// The day an instant falls on in Istanbul, `20261122`.
pub fn day(epoch_ms: i64) -> String {
    istanbul::compact_date(&istanbul::civil(epoch_ms))
}

/// Reads `2019-11-08 13:58:37.909` (Albaraka leaves the space out) and `190703093340` as epoch milliseconds.
pub fn epoch_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    let short = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if short { istanbul::epoch_ms(&format!("20{text}")) } else { istanbul::epoch_ms(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_turks_write_them() {
        for (text, minor) in [
            ("1,16", 116),
            ("1.000,16", 100_016),
            ("12.345.678,9", 1_234_567_890),
            ("1", 100),
            ("0,01", 1),
            ("10,00", 1_000),
        ] {
            assert_eq!(turkish_amount(text), Some(minor), "{text}");
        }
        for bad in
            ["", ",", "1.16", "1,1,6", "1.00,16", "1234.567,00", ".1,00", "-1,00", "1,001", "x", "1,", "1 000,00"]
        {
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
        for bad in [
            "",
            "2019-11-08",
            "2019-13-08 13:58:37",
            "x",
            "2019-11-08 25:58:37",
            "2019-11-08 13:58:37.",
            "2019-11-08 13:58:37.-1",
        ] {
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
        assert_eq!(
            (iso_currency("TL"), iso_currency("YT"), iso_currency("US"), iso_currency("XX")),
            ("TRY", "TRY", "USD", "XX")
        );
    }
}
