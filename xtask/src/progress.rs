//! Lines that say what is being done and how long it took.

use std::time::{Duration, Instant};

/// Counts the steps of one command: `2/6 Components …`.
pub struct Progress {
    done: usize,
    of: usize,
}

impl Progress {
    /// For a command of `of` steps.
    pub fn of(of: usize) -> Self {
        Self { done: 0, of }
    }

    /// Announces a step, does it, and says how long it took.
    pub fn step<T>(&mut self, name: &str, act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        self.done += 1;
        eprintln!("{}/{} {name} …", self.done, self.of);
        let start = Instant::now();
        let result = act();
        let verdict = if result.is_ok() { "ready" } else { "failed" };
        eprintln!("{}/{} {name}: {verdict} ({})", self.done, self.of, seconds(start.elapsed()));
        result
    }
}

/// A duration as a person reads it.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole >= 60 {
        format!("{} min {:02} s", whole / 60, whole % 60)
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}
