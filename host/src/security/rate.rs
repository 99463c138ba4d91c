//! Token buckets: so many at once, so many more per second, per caller.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::ctx::Clock;
use crate::limits;

/// The shape of a bucket.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many at once.
    pub burst: u32,
    /// How long one takes to come back, microseconds: a thousand a second are no whole milliseconds apart.
    pub refill_us: i64,
}

impl Shape {
    /// So many a second, with as many at once.
    pub const fn per_second(turns: u32) -> Self {
        let turns = if turns == 0 { 1 } else { turns };
        Self { burst: turns, refill_us: 1_000_000 / turns as i64 }
    }
}

/// Sign-ins per address: a burst, then one every three minutes.
pub const SIGN_IN: Shape = Shape { burst: limits::SIGN_INS_PER_ADDRESS, refill_us: 180_000_000 };

/// What a bucket says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Whether there was one left.
    pub granted: bool,
    /// How many are left.
    pub remaining: u32,
    /// Seconds until there is one again (if none is left), or until the bucket is full.
    pub reset_s: i64,
}

/// Buckets by key. A bucket that is full again is forgotten.
pub struct Buckets {
    shape: Shape,
    clock: Clock,
    /// Among how many servers a caller's requests are spread: each grants its part.
    share: AtomicU32,
    /// Key → the moment at which the bucket would be full again.
    full_at_us: Mutex<HashMap<String, i64>>,
}

impl Buckets {
    /// Empty of keys: every bucket is full.
    pub fn new(shape: Shape, clock: Clock) -> Self {
        Self { shape, clock, share: AtomicU32::new(1), full_at_us: Mutex::new(HashMap::new()) }
    }

    /// So many servers grant turns together.
    pub fn share(&self, servers: u32) {
        self.share.store(servers.max(1), Ordering::Relaxed);
    }

    /// How many fit.
    pub fn burst(&self) -> u32 {
        self.shape.burst
    }

    /// Takes one (GCRA: one number per key).
    pub fn take(&self, key: &str) -> Turn {
        let now_us = self.clock.now_ms() * 1000;
        let Shape { burst, refill_us } = self.shape;
        // A bucket stays as long to fill, and holds its part of the turns.
        let span_us = i64::from(burst) * refill_us;
        let refill_us = refill_us * i64::from(self.share.load(Ordering::Relaxed));
        let mut buckets = self.full_at_us.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= limits::RATE_KEYS_MAX {
            buckets.retain(|_, full_at_us| *full_at_us > now_us);
        }
        if buckets.len() >= limits::RATE_KEYS_MAX && !buckets.contains_key(key) {
            // A flood of new keys, every one of them fresh: refuse rather than grow without bound.
            return Turn { granted: false, remaining: 0, reset_s: 1 };
        }
        let full_at_us = buckets.get(key).copied().unwrap_or(now_us).max(now_us);
        let after_us = full_at_us + refill_us;
        if after_us - now_us > span_us {
            return Turn { granted: false, remaining: 0, reset_s: seconds(after_us - now_us - span_us) };
        }
        buckets.insert(key.to_owned(), after_us);
        let remaining = u32::try_from((span_us - (after_us - now_us)) / refill_us).unwrap_or(0);
        Turn { granted: true, remaining, reset_s: seconds(after_us - now_us) }
    }

    /// Gives a key its full bucket back, after a sign-in that was right.
    pub fn forgive(&self, key: &str) {
        self.full_at_us.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }
}

/// Whole seconds, of which the last may be a part.
fn seconds(us: i64) -> i64 {
    (us + 999_999) / 1_000_000
}

/// Whose sessions these are, as far as somebody who came in with one was believed: what its requests are counted on.
/// Nothing is looked up for it, so that a flood of made-up sessions costs no database.
pub struct Owners {
    clock: Clock,
    /// Hash of the secret → the person's id, and until when that is remembered.
    known: Mutex<HashMap<String, (String, i64)>>,
}

impl Owners {
    /// Knows nobody.
    pub fn new(clock: Clock) -> Self {
        Self { clock, known: Mutex::new(HashMap::new()) }
    }

    /// Remembers whose session this is.
    pub fn learn(&self, secret_hash: &str, owner: &str) {
        let now_ms = self.clock.now_ms();
        let until_ms = now_ms + limits::millis(limits::SESSION_IDLE);
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, kept_until_ms)) = known.get_mut(secret_hash) {
            *kept_until_ms = until_ms;
            return;
        }
        if known.len() >= limits::RATE_KEYS_MAX {
            known.retain(|_, (_, until_ms)| *until_ms > now_ms);
        }
        if known.len() < limits::RATE_KEYS_MAX {
            known.insert(secret_hash.to_owned(), (owner.to_owned(), until_ms));
        }
    }

    /// Whose session this is, where somebody was believed with it lately.
    pub fn owner(&self, secret_hash: &str) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(secret_hash).filter(|(_, until_ms)| *until_ms > self.clock.now_ms()).map(|(owner, _)| owner.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let clock = Clock::simulated(0);
        let buckets = Buckets::new(Shape { burst: 3, refill_us: 1_000_000 }, clock.clone());
        let remaining: Vec<u32> = (0..3).map(|_| buckets.take("a").remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        assert_eq!(buckets.take("a"), Turn { granted: false, remaining: 0, reset_s: 1 });
        assert!(buckets.take("b").granted);
        clock.advance(Duration::from_secs(1));
        assert!(buckets.take("a").granted);
        assert!(!buckets.take("a").granted);
        buckets.forgive("a");
        assert!(buckets.take("a").granted);
    }

    #[test]
    fn servers_grant_their_part_each() {
        let clock = Clock::simulated(0);
        let buckets = Buckets::new(Shape { burst: 6, refill_us: 1_000_000 }, clock.clone());
        buckets.share(3);
        let granted = (0..6).filter(|_| buckets.take("a").granted).count();
        assert_eq!(granted, 2);
        clock.advance(Duration::from_secs(2));
        assert!(!buckets.take("a").granted, "one comes back every third second");
        clock.advance(Duration::from_secs(1));
        assert!(buckets.take("a").granted);
    }

    #[test]
    fn a_thousand_a_second_is_that() {
        let clock = Clock::simulated(0);
        let buckets = Buckets::new(Shape::per_second(2_000), clock.clone());
        let granted = || (0..3_000).filter(|_| buckets.take("a").granted).count();
        assert_eq!(granted(), 2_000);
        clock.advance(Duration::from_millis(10));
        assert_eq!(granted(), 20);
    }

    #[test]
    fn a_session_is_known_while_it_is_used() {
        let clock = Clock::simulated(0);
        let owners = Owners::new(clock.clone());
        assert_eq!(owners.owner("s"), None);
        owners.learn("s", "usr_1");
        clock.advance(limits::SESSION_IDLE / 2);
        owners.learn("s", "usr_1");
        clock.advance(limits::SESSION_IDLE * 2 / 3);
        assert_eq!(owners.owner("s").as_deref(), Some("usr_1"));
        clock.advance(limits::SESSION_IDLE);
        assert_eq!(owners.owner("s"), None);
    }
}
