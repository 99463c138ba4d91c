//! Waiting for what the host does by itself: long enough for a machine that has much else to do, and ever more seldom,
//! since a caller has 200 requests while a story's clock stands still.

use std::time::{Duration, Instant};

/// How long anything is waited for. How quick it must be is for the benchmarks to say.
const LONGEST: Duration = Duration::from_secs(30);

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
