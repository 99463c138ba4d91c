//! How amounts, instants, cards and percents are written for a reader.
//!
//! Money is written the Turkish way in every language (`12.450,00 ₺`): a payer who switches language
//! must not have to read the same invoice with other separators.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::text::Locale;

/// The sign typography wants before a negative amount, one glyph as wide as a plus.
const MINUS: char = '\u{2212}';

/// `12.450,00 ₺`; negative amounts get U+2212. Unknown currencies keep their code.
pub fn money(minor: i64, currency: &str) -> String {
    let symbol = match currency {
        "TRY" => "₺",
        "EUR" => "€",
        "USD" => "$",
        "AZN" => "₼",
        other => other,
    };
    // A no-break space keeps the amount and its sign on one line.
    format!("{}\u{a0}{symbol}", amount(minor))
}

/// `12.450,00` without a currency, for columns whose heading names it.
pub fn amount(minor: i64) -> String {
    let whole = minor.unsigned_abs() / 100;
    let cents = minor.unsigned_abs() % 100;
    let sign = if minor < 0 { MINUS.to_string() } else { String::new() };
    format!("{sign}{},{cents:02}", group(whole))
}

/// The value an amount field shows: what [`parse_amount`] reads back.
pub fn amount_input(minor: i64) -> String {
    amount(minor).replace(MINUS, "-")
}

/// `1.248`
pub fn count(n: u64) -> String {
    group(n)
}

fn group(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(c);
    }
    out
}

/// Reads what people type: `1250`, `1.250,00`, `1250.00`, `1,250.00`, `₺ 1.250`. `None` when it is not an
/// amount above zero or has more than two decimals.
pub fn parse_amount(typed: &str) -> Option<i64> {
    let kept: String = typed.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let foreign =
        typed.chars().any(|c| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '₺' | '\'') || c.is_whitespace()));
    if foreign || kept.is_empty() || kept.len() > 20 {
        return None;
    }
    let (whole, cents) = match kept.rfind(['.', ',']) {
        None => (kept.as_str(), ""),
        Some(at) => {
            let mark = kept.as_bytes()[at] as char;
            let tail = &kept[at + 1..];
            let again = kept[..at].contains(mark);
            // Three digits after the only kind of mark are a group (1.250), not decimals.
            if again || tail.len() == 3 && !kept[..at].contains(['.', ',']) {
                (kept.as_str(), "")
            } else {
                (&kept[..at], tail)
            }
        }
    };
    if cents.len() > 2 {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let cents: i64 = match cents.len() {
        0 => 0,
        1 => cents.parse::<i64>().ok()? * 10,
        _ => cents.parse().ok()?,
    };
    let minor = whole.checked_mul(100)?.checked_add(cents)?;
    (minor > 0).then_some(minor)
}

/// `%93,8` in Turkish, `93,8%` elsewhere. `value` is already in percent.
pub fn percent(value: &str, locale: Locale) -> String {
    let value = value.replace('.', ",");
    let value = match value.split_once(',') {
        Some((whole, part)) => {
            let part = part.trim_end_matches('0');
            if part.is_empty() { whole.to_owned() } else { format!("{whole},{part}") }
        }
        None => value,
    };
    if locale == Locale::Tr { format!("%{value}") } else { format!("{value}%") }
}

/// A zone by its IANA name; Istanbul where the name is not known, because firms are Turkish.
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).or_else(|_| TimeZone::get("Europe/Istanbul")).unwrap_or(TimeZone::UTC)
}

/// `20.11.2026 14:05` in the firm's zone.
pub fn date_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%d.%m.%Y %H:%M").to_string()
}

/// `20.11.2026` in the firm's zone.
pub fn day_of(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%d.%m.%Y").to_string()
}

/// `20.11 14:05`: lists, where the year is clear from the order.
pub fn date_time_short(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%d.%m %H:%M").to_string()
}

/// `14:04:02,371`: timelines only.
pub fn time_exact(at: Timestamp, zone: &TimeZone) -> String {
    let at = at.to_zoned(zone.clone());
    format!("{},{:03}", at.strftime("%H:%M:%S"), at.millisecond())
}

/// `14:04:02`
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// `28.10.2026` for a civil day.
pub fn date(day: Date) -> String {
    format!("{:02}.{:02}.{}", day.day(), day.month(), day.year())
}

/// Today in the firm's zone.
pub fn today(now: Timestamp, zone: &TimeZone) -> Date {
    now.to_zoned(zone.clone()).date()
}

/// `4543 60•• •••• 1234` from the first six and the last four digits.
pub fn card(bin: &str, last4: &str) -> String {
    let head: String = bin.chars().take(6).collect();
    if head.len() < 6 {
        return format!("•••• {last4}");
    }
    format!("{} {}•• •••• {last4}", &head[..4], &head[4..])
}

/// A card brand as its owner writes it.
pub fn brand(brand: &str) -> String {
    match brand {
        "visa" => "Visa".to_owned(),
        "mastercard" => "Mastercard".to_owned(),
        "troy" => "Troy".to_owned(),
        "amex" => "American Express".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_grouped_and_signed() {
        assert_eq!(money(1_245_000, "TRY"), "12.450,00\u{a0}₺");
        assert_eq!(money(-6_120_000, "TRY"), "\u{2212}61.200,00\u{a0}₺");
        assert_eq!(amount(5), "0,05");
        assert_eq!(amount(100_000_000), "1.000.000,00");
        assert_eq!(amount(99_999), "999,99");
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for typed in ["1250", "1.250,00", "1250.00", "1,250.00", "1.250", "₺1.250", "1250,0", " 1 250 "] {
            assert_eq!(parse_amount(typed), Some(125_000), "{typed}");
        }
        assert_eq!(parse_amount("128.760,50"), Some(12_876_050));
        assert_eq!(parse_amount("1.128.760"), Some(112_876_000));
        assert_eq!(parse_amount("12,5"), Some(1250));
        for typed in ["", "0", "abc", "-5", "1,2345", "12e3"] {
            assert_eq!(parse_amount(typed), None, "{typed}");
        }
    }

    #[test]
    fn instants_are_shown_in_the_zone_of_the_firm() {
        let at: Timestamp = "2026-11-20T11:05:42.371Z".parse().expect("timestamp");
        let istanbul = zone("Europe/Istanbul");
        assert_eq!(date_time(at, &istanbul), "20.11.2026 14:05");
        assert_eq!(time_exact(at, &istanbul), "14:05:42,371");
        assert_eq!(date_time(at, &zone("Asia/Baku")), "20.11.2026 15:05");
        assert_eq!(day_of("2026-11-20T21:30:00Z".parse().expect("timestamp"), &istanbul), "21.11.2026");
    }

    #[test]
    fn cards_and_percents() {
        assert_eq!(card("454360", "1234"), "4543 60•• •••• 1234");
        assert_eq!(card("45436012", "1234"), "4543 60•• •••• 1234");
        assert_eq!(percent("2.8500", Locale::Tr), "%2,85");
        assert_eq!(percent("3", Locale::En), "3%");
    }
}
