//! The bank's own clock: the system's, plus a shift that a test may set.
//!
//! Banks write local time without a zone, so the formats live here too.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Milliseconds of one day.
pub const DAY_MS: i64 = 86_400_000;

/// Cheap to clone; all clones share one shift.
#[derive(Clone, Default)]
pub struct Clock {
    shift_ms: Arc<AtomicI64>,
    /// Where it stands still; zero while it runs.
    stands_at_ms: Arc<AtomicI64>,
}

#[expect(clippy::disallowed_methods, reason = "the bank has a clock of its own, beside the host's")]
impl Clock {
    /// The bank's present, in epoch milliseconds.
    pub fn now_ms(&self) -> i64 {
        match self.stands_at_ms.load(Ordering::SeqCst) {
            0 => Timestamp::now().as_millisecond() + self.shift_ms.load(Ordering::SeqCst),
            at_ms => at_ms,
        }
    }

    /// Moves the bank's present forwards (or backwards).
    pub fn advance_ms(&self, by: i64) {
        self.shift_ms.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the bank's present.
    pub fn set_ms(&self, now: i64) {
        self.shift_ms.store(now - Timestamp::now().as_millisecond(), Ordering::SeqCst);
    }

    /// Stops at an instant, until it is stopped at another one or reset.
    pub fn stand_at_ms(&self, at_ms: i64) {
        self.stands_at_ms.store(at_ms, Ordering::SeqCst);
    }

    /// Back to the system's time.
    pub fn reset(&self) {
        self.stands_at_ms.store(0, Ordering::SeqCst);
        self.shift_ms.store(0, Ordering::SeqCst);
    }
}

/// An instant as the bank's wall clock shows it.
pub fn local(at_ms: i64) -> Zoned {
    let zone = TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(at_ms).unwrap_or_default().to_zoned(zone)
}

/// `20221029 21:58:43`
pub fn trx_date(at_ms: i64) -> String {
    local(at_ms).strftime("%Y%m%d %H:%M:%S").to_string()
}

/// `1029-215844`
pub fn host_date(at_ms: i64) -> String {
    local(at_ms).strftime("%m%d-%H%M%S").to_string()
}

/// `2022-10-30 12:29:53.773`
pub fn long_date(at_ms: i64) -> String {
    let z = local(at_ms);
    format!("{}.{:03}", z.strftime("%Y-%m-%d %H:%M:%S"), z.millisecond())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the bank's clock is compared with the machine's")]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_bank_writes_them() {
        let at = 1_667_122_193_773; // 2022-10-30 12:29:53.773 in Istanbul
        assert_eq!(trx_date(at), "20221030 12:29:53");
        assert_eq!(host_date(at), "1030-122953");
        assert_eq!(long_date(at), "2022-10-30 12:29:53.773");
    }

    #[test]
    fn the_shift_is_shared_by_clones() {
        let clock = Clock::default();
        let other = clock.clone();
        clock.advance_ms(DAY_MS);
        assert!(other.now_ms() - Timestamp::now().as_millisecond() > DAY_MS - 1_000);
        other.reset();
        assert!((clock.now_ms() - Timestamp::now().as_millisecond()).abs() < 1_000);
    }
}
