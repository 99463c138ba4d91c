//! Waiting for what the host does by itself: long enough for a machine that has much else to do, and ever more seldom,
//! since a caller has 200 requests while a story's clock stands still.

use std::time::{Duration, Instant};

/// How long anything is waited for. How quick it must be is for the benchmarks to say.
const LONGEST: Duration = Duration::from_secs(30);

/// How long after a restart everything must have ended (R1: 60 seconds), and some more for a busy machine.
const RESTART: Duration = Duration::from_secs(90);

/// Somebody who looks, waits a while and looks again.
#[derive(Debug)]
pub struct Patience {
    end: Instant,
    pause: Duration,
}

impl Patience {
    /// Begins to wait.
    #[must_use]
    pub fn new() -> Self {
        Self { end: Instant::now() + LONGEST, pause: Duration::from_millis(20) }
    }

    /// Waits as long as what a dead server left may be open: a request that never reached the bank is believed to be
    /// unknown there when the bank has said so twice, which begins when the janitor takes its attempt for silent.
    #[must_use]
    pub fn of_a_restart() -> Self {
        Self { end: Instant::now() + RESTART, ..Self::new() }
    }

    /// Waits a while before the next look; `false` when it has lasted long enough.
    pub async fn lasts(&mut self) -> bool {
        let now = Instant::now();
        if now > self.end {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 5 / 4).min(Duration::from_millis(500));
        true
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::new()
    }
}
