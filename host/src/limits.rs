//! Every bound of the system with its reason.

use std::time::Duration;

// Database

/// SQLite readers: enough for the portal's pages, few enough to keep their page caches small.
pub const SQLITE_READERS_MAX: u32 = 8;
/// PostgreSQL connections of one node; a server of 100 serves four nodes and an operator.
pub const POSTGRES_CONNECTIONS_MAX: u32 = 24;
/// How long a request waits for a connection before it is told to come back (503).
pub const DATABASE_WAIT_MAX: Duration = Duration::from_secs(5);

// Payments

/// How long a card may stay in the hold: the time a bank's 3-D page is good for.
pub const HOLD_LIFE_MAX: Duration = Duration::from_secs(15 * 60);
/// What a flow gets beyond the bank's deadline before the janitor takes its attempt for silent.
pub const SETTLE_GRACE: Duration = Duration::from_secs(5);
/// When an unknown outcome is asked about, counted from the moment it became unknown; then daily.
pub const INQUIRY_SCHEDULE: &[Duration] = &[
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(45),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(60 * 60),
];
/// The pace after the schedule.
pub const INQUIRY_DAILY: Duration = Duration::from_secs(24 * 60 * 60);
/// After this an outcome that is still unknown waits for a person.
pub const INQUIRY_DAYS_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// "No such order" must be heard this often before it is believed.
pub const NOT_FOUND_ASKS_MIN: i64 = 2;
/// Rows the janitor takes at a time; the rest waits for the next round.
pub const JANITOR_BATCH: i64 = 32;
/// How often a write is tried again after another one moved the row first.
pub const MOVE_TRIES_MAX: usize = 8;
/// Pairs of metadata on a payment, and letters of a value.
pub const METADATA_PAIRS_MAX: usize = 50;
/// Letters of one metadata value.
pub const METADATA_VALUE_MAX: usize = 500;

/// A duration as the database counts it.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
