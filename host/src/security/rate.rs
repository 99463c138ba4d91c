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
    /// How long one takes to come back, milliseconds.
    pub refill_ms: i64,
}

/// Sign-ins per address: a burst, then one every three minutes.
pub const SIGN_IN: Shape = Shape { burst: limits::SIGN_INS_PER_ADDRESS, refill_ms: 180_000 };
/// Requests per caller: two hundred a second, with as many at once.
pub const REQUEST: Shape =
    Shape { burst: limits::REQUESTS_PER_SECOND, refill_ms: 1000 / limits::REQUESTS_PER_SECOND as i64 };

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
    full_at_ms: Mutex<HashMap<String, i64>>,
}

impl Buckets {
    /// Empty of keys: every bucket is full.
    pub fn new(shape: Shape, clock: Clock) -> Self {
        Self { shape, clock, share: AtomicU32::new(1), full_at_ms: Mutex::new(HashMap::new()) }
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
        let now_ms = self.clock.now_ms();
        let Shape { burst, refill_ms } = self.shape;
        // A bucket stays as long to fill, and holds its part of the turns.
        let span_ms = i64::from(burst) * refill_ms;
        let refill_ms = refill_ms * i64::from(self.share.load(Ordering::Relaxed));
        let mut buckets = self.full_at_ms.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= limits::RATE_KEYS_MAX {
            buckets.retain(|_, full_at_ms| *full_at_ms > now_ms);
        }
        if buckets.len() >= limits::RATE_KEYS_MAX && !buckets.contains_key(key) {
            // A flood of new keys, every one of them fresh: refuse rather than grow without bound.
            return Turn { granted: false, remaining: 0, reset_s: 1 };
        }
        let full_at_ms = buckets.get(key).copied().unwrap_or(now_ms).max(now_ms);
        let after_ms = full_at_ms + refill_ms;
        if after_ms - now_ms > span_ms {
            let wait_ms = after_ms - now_ms - span_ms;
            return Turn { granted: false, remaining: 0, reset_s: (wait_ms + 999) / 1000 };
        }
        buckets.insert(key.to_owned(), after_ms);
        let remaining = u32::try_from((span_ms - (after_ms - now_ms)) / refill_ms).unwrap_or(0);
        Turn { granted: true, remaining, reset_s: (after_ms - now_ms + 999) / 1000 }
    }

    /// Gives a key its full bucket back, after a sign-in that was right.
    pub fn forgive(&self, key: &str) {
        self.full_at_ms.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let clock = Clock::simulated(0);
        let buckets = Buckets::new(Shape { burst: 3, refill_ms: 1000 }, clock.clone());
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
        let buckets = Buckets::new(Shape { burst: 6, refill_ms: 1000 }, clock.clone());
        buckets.share(3);
        let granted = (0..6).filter(|_| buckets.take("a").granted).count();
        assert_eq!(granted, 2);
        clock.advance(Duration::from_secs(2));
        assert!(!buckets.take("a").granted, "one comes back every third second");
        clock.advance(Duration::from_secs(1));
        assert!(buckets.take("a").granted);
    }
}
