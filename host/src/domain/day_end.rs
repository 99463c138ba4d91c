//! When a bank closes its day: until then it takes a charge back as if it had not been, from then on it refunds.

use std::fmt;

use jiff::civil::Time;
use jiff::tz::TimeZone;

/// The minute at which a bank's day ends, in the firm's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayEnd(Time);

impl DayEnd {
    /// Reads `HH:MM`, two digits each.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let number = |part: &str| {
            let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<i8>().ok().filter(|_| plain)
        };
        Time::new(number(hour)?, number(minute)?, 0, 0).ok().map(Self)
    }
}

impl fmt::Display for DayEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

/// The first end of a bank's day after an instant; midnight where nobody stated another. None for a zone that is not.
pub fn day_end_ms(since_ms: i64, zone: &str, stated: Option<DayEnd>) -> Option<i64> {
    let zone = TimeZone::get(zone).ok()?;
    let since = jiff::Timestamp::from_millisecond(since_ms).ok()?.to_zoned(zone.clone());
    let at = stated.map_or(Time::midnight(), |DayEnd(at)| at);
    let today = since.date().to_datetime(at).to_zoned(zone.clone()).ok()?;
    let end = if today > since { today } else { since.date().tomorrow().ok()?.to_datetime(at).to_zoned(zone).ok()? };
    Some(end.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn end(since: &str, stated: Option<&str>) -> i64 {
        day_end_ms(ms(since), "Europe/Istanbul", stated.map(|text| DayEnd::parse(text).unwrap())).unwrap()
    }

    #[test]
    fn a_time_of_day_is_two_digits_twice() {
        for text in ["00:00", "23:59", "21:05"] {
            assert_eq!(DayEnd::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "24:00", "12:60", "9:00", "09:0", "09:00:00", "+9:00", "noon"] {
            assert_eq!(DayEnd::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_day_ends_at_midnight_unless_the_bank_closes_earlier() {
        // 20:30 in Istanbul.
        let evening = "2026-11-20T17:30:00Z";
        assert_eq!(end(evening, None), ms("2026-11-20T21:00:00Z"));
        assert_eq!(end(evening, Some("21:00")), ms("2026-11-20T18:00:00Z"));
        assert_eq!(end(evening, Some("20:00")), ms("2026-11-21T17:00:00Z"), "today's end has passed");
        assert_eq!(end("2026-11-20T17:00:00Z", Some("20:00")), ms("2026-11-21T17:00:00Z"), "the end itself is over");
        assert_eq!(day_end_ms(0, "Nowhere/None", None), None);
    }
}
