//! Instants as NestPay writes them, in Istanbul's time (UTC+3, no summer time since 2016).

const OFFSET_MS: i64 = 3 * 3_600_000;

/// `2024-01-28 19:58:49.382` or `20221029 21:58:43` as epoch milliseconds. `None` for anything else.
pub fn epoch_ms(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once(' ')?;
    let digits: String = date.chars().filter(|c| *c != '-').collect();
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (year, month, day): (i64, i64, i64) =
        (digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?);
    let (clock, millis) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok().filter(|_| part.len() == 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if parts.next().is_some() || !in_range || millis.is_empty() || millis.len() > 3 {
        return None;
    }
    let millis: i64 = format!("{millis:0<3}").parse().ok().filter(|value| *value >= 0)?;
    let seconds = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1_000 + millis - OFFSET_MS)
}

/// Howard Hinnant's rule for the proleptic Gregorian calendar.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        assert_eq!(epoch_ms("1970-01-01 03:00:00.000"), Some(0));
        assert_eq!(epoch_ms("2024-01-28 19:58:49.382"), Some(1_706_461_129_382));
        assert_eq!(epoch_ms("20240128 19:58:49"), Some(1_706_461_129_000));
        assert_eq!(epoch_ms("2024-02-29 00:00:00.5"), Some(1_709_154_000_500));
        for bad in [
            "",
            "2024-01-28",
            "2017 13:14:06",
            "2024-13-01 00:00:00",
            "2024-01-28 25:00:00",
            "2024-01-28 1:2:3",
            "x y",
            "2024-01-28 00:00:00.-1",
        ] {
            assert_eq!(epoch_ms(bad), None, "{bad}");
        }
    }
}
