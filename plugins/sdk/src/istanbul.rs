//! The banks' clock. Turkish banks write and compare times of Istanbul (UTC+3, no summer time since 2016)
//! whatever zone the firm lives in, so the host's calendar of the firm's zone is the wrong one for them.

use crate::host::{self, Civil};

const OFFSET_MS: i64 = 3 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Now, in Istanbul.
pub fn now() -> Civil {
    civil(i64::try_from(host::now_ms()).unwrap_or(0))
}

/// An instant in Istanbul.
pub fn civil(epoch_ms: i64) -> Civil {
    let local = epoch_ms.saturating_add(OFFSET_MS);
    let (days, rest) = (local.div_euclid(DAY_MS), local.rem_euclid(DAY_MS));
    let (year, month, day) = date(days);
    let part = |unit: i64, modulus: i64| u8::try_from(rest / unit % modulus).unwrap_or(0);
    Civil {
        year: u16::try_from(year).unwrap_or(0),
        month,
        day,
        hour: part(3_600_000, 24),
        minute: part(60_000, 60),
        second: part(1_000, 60),
        millis: u16::try_from(rest % 1_000).unwrap_or(0),
    }
}

/// `20231209154531`
pub fn compact(at: &Civil) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = at;
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// `20231209`
pub fn compact_date(at: &Civil) -> String {
    format!("{:04}{:02}{:02}", at.year, at.month, at.day)
}

/// `2024-04-14T19:26:05`
pub fn iso(at: &Civil) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = at;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Reads a local time as epoch milliseconds: year to second in digits, with or without `-`, `:`, `T` and
/// spaces between them, then perhaps a fraction. `None` for anything else.
pub fn epoch_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let separators = ['-', ':', 'T', ' '];
    let digits: String = clock.chars().filter(|c| !separators.contains(c)).collect();
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits.len() != 14 || clock.len() > 19 || !numeric(&digits) || !numeric(fraction) || fraction.len() > 9 {
        return None;
    }
    let number = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let days = days(year, month, day);
    let exists = (1..=12).contains(&month) && day >= 1 && date(days) == (year, two(month), two(day));
    if !exists || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + millis - OFFSET_MS)
}

fn two(number: i64) -> u8 {
    u8::try_from(number).unwrap_or(0)
}

/// Days since 1970, by Howard Hinnant's rule for the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a number of days since 1970; the same rule backwards.
fn date(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, two(month), two(day_of_year - (153 * shifted + 2) / 5 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_comes_back_from_what_is_written() {
        assert_eq!(iso(&civil(0)), "1970-01-01T03:00:00");
        for ms in [0, 951_782_400_000, 1_706_461_129_000, 1_709_154_000_000, 1_795_338_000_000, 4_102_444_799_000] {
            let at = civil(ms);
            assert_eq!((epoch_ms(&compact(&at)), epoch_ms(&iso(&at))), (Some(ms), Some(ms)), "{}", iso(&at));
            assert!(compact(&at).starts_with(&compact_date(&at)));
        }
    }

    #[test]
    fn banks_write_times_in_many_ways() {
        assert_eq!(epoch_ms("2024-01-28 19:58:49.382"), Some(1_706_461_129_382));
        assert_eq!(epoch_ms("2024-01-28T19:58:49.4"), Some(1_706_461_129_400));
        assert_eq!(epoch_ms("20240128 19:58:49"), Some(1_706_461_129_000));
        assert_eq!(epoch_ms("20240229000000"), Some(1_709_154_000_000));
        for bad in [
            "",
            "2024-01-28",
            "2024-13-01 00:00:00",
            "2023-02-29 00:00:00",
            "2024-01-28 25:00:00",
            "2024-01-28 00:00:00.",
            "2024-01-28 00:00:00.-1",
            "2024-01-28T00:00:00Z",
            "not a time",
            "२०२४०१२८०००००० ",
        ] {
            assert_eq!(epoch_ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn now_is_the_hosts_now() {
        let _session = crate::native::Session::new().at(1_706_461_129_382).start();
        assert_eq!((iso(&now()), now().millis), ("2024-01-28T19:58:49".into(), 382));
    }
}
