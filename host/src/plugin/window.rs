//! How calls and acts went lately: a window of some minutes for every version and firm, in this process's memory.
//!
//! Kept in slots of a minute, so that what is old falls out as a whole; times are counted in steps of an eighth of their
//! power of two, so that windows of several versions and servers can be added up and still have a median.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::step::{CallEnd, CallFailure};
use crate::domain::id::TenantId;
use crate::limits;

/// Minutes of a window.
const SLOTS: u64 = limits::PLUGIN_FARED_SPAN.as_secs() / 60;

/// So many new windows are opened before those that nothing happened in are forgotten.
const FORGET_EVERY: usize = 1_024;

/// What calls and acts came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fared {
    /// Calls that ran, however they ended.
    pub calls: u64,
    /// Calls that found no sandbox in time.
    pub busy: u64,
    /// Calls that trapped, asked for too much, broke the contract, or returned a step that the host refused.
    pub traps: u64,
    /// Calls that were cut off.
    pub deadlines: u64,
    /// Calls that ended in a fault of the connector's own naming.
    pub faults: u64,
    /// Acts that ended: a sale, a refund, a question.
    pub acts: u64,
    /// Of these, those of which nobody knows how.
    pub unknown: u64,
    /// The most linear memory that one call had.
    pub memory_bytes: u64,
    times: Times,
}

impl Fared {
    /// What several came to together.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.calls, other.calls),
            (&mut self.busy, other.busy),
            (&mut self.traps, other.traps),
            (&mut self.deadlines, other.deadlines),
            (&mut self.faults, other.faults),
            (&mut self.acts, other.acts),
            (&mut self.unknown, other.unknown),
        ] {
            *sum += more;
        }
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
        self.times.add(&other.times);
    }

    /// The time in microseconds that so many percent of the calls did not exceed, to a sixteenth; none without calls.
    pub fn percentile_us(&self, percent: u64) -> Option<u64> {
        self.times.percentile(percent)
    }
}

/// How many calls took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Times(BTreeMap<u8, u64>);

impl Times {
    fn note(&mut self, took: Duration) {
        let us = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        *self.0.entry(step(us)).or_default() += 1;
    }

    fn add(&mut self, other: &Self) {
        for (step, count) in &other.0 {
            *self.0.entry(*step).or_default() += count;
        }
    }

    fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.0.values().sum();
        let wanted = (all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.0.iter().find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        found.map(|(step, _)| middle(*step))
    }
}

/// The step that a number of microseconds belongs to: below eight each its own, then eight for each power of two.
fn step(us: u32) -> u8 {
    let power = us.checked_ilog2().unwrap_or(0);
    let step = if power < 3 { us } else { (power - 2) * 8 + ((us >> (power - 3)) & 7) };
    u8::try_from(step).unwrap_or(u8::MAX)
}

/// The middle of a step.
fn middle(step: u8) -> u64 {
    if step < 8 {
        return step.into();
    }
    let width = 1_u64 << (step / 8 - 1);
    (8 + u64::from(step % 8)) * width + width / 2
}

/// The last minutes of one version at one firm.
#[derive(Debug)]
pub(super) struct Window {
    origin: Instant,
    slots: Mutex<Slots>,
}

/// By the minute they stand for, oldest first.
#[derive(Debug, Default)]
struct Slots(VecDeque<(u64, Fared)>);

impl Slots {
    fn at(&mut self, minute: u64) -> &mut Fared {
        if self.0.back().is_none_or(|(last, _)| *last < minute) {
            self.0.push_back((minute, Fared::default()));
        }
        while self.0.len() as u64 > SLOTS {
            self.0.pop_front();
        }
        let at = self.0.len() - 1;
        &mut self.0[at].1
    }

    fn sum(&self, minute: u64) -> Fared {
        let mut sum = Fared::default();
        self.0.iter().filter(|(of, _)| of + SLOTS > minute).for_each(|(_, fared)| sum.add(fared));
        sum
    }

    fn is_old(&self, minute: u64) -> bool {
        self.0.back().is_none_or(|(last, _)| last + SLOTS <= minute)
    }
}

impl Window {
    fn new(origin: Instant) -> Self {
        Self { origin, slots: Mutex::default() }
    }

    fn minute(&self) -> u64 {
        self.origin.elapsed().as_secs() / 60
    }

    fn note(&self, note: impl FnOnce(&mut Fared)) {
        let minute = self.minute();
        note(lock(&self.slots).at(minute));
    }

    /// A call ended, one way or the other.
    pub fn called(&self, end: &CallEnd) {
        if matches!(end.result, Err(CallFailure::Busy)) {
            return;
        }
        self.note(|fared| {
            fared.calls += 1;
            // One that was dropped in the middle left no trace of its own.
            if !end.trace.took.is_zero() {
                fared.times.note(end.trace.took);
            }
            fared.memory_bytes = fared.memory_bytes.max(end.trace.memory_bytes as u64);
        });
    }

    /// A call gave no step, or one that the host refused.
    pub fn failed(&self, failure: &CallFailure) {
        self.note(|fared| match failure {
            CallFailure::Busy => fared.busy += 1,
            CallFailure::Fault(..) => fared.faults += 1,
            CallFailure::Trap("cpu-time" | "deadline", _) => fared.deadlines += 1,
            CallFailure::Trap(..) | CallFailure::Breach(_) | CallFailure::Sink(_) => fared.traps += 1,
        });
    }

    /// An act ended. `doubtful`: nobody knows how.
    pub fn acted(&self, doubtful: bool) {
        self.note(|fared| {
            fared.acts += 1;
            fared.unknown += u64::from(doubtful);
        });
    }

    fn sum(&self) -> Fared {
        let minute = self.minute();
        lock(&self.slots).sum(minute)
    }

    fn is_old(&self) -> bool {
        let minute = self.minute();
        lock(&self.slots).is_old(minute)
    }
}

/// The windows of this process.
#[derive(Debug)]
pub(super) struct Windows {
    origin: Instant,
    windows: Mutex<HashMap<(String, TenantId), Arc<Window>>>,
}

impl Default for Windows {
    fn default() -> Self {
        Self { origin: Instant::now(), windows: Mutex::default() }
    }
}

impl Windows {
    /// The window of a version at a firm, opened where there is none.
    pub fn window(&self, digest: &str, tenant: TenantId) -> Arc<Window> {
        let mut windows = lock(&self.windows);
        if let Some(window) = windows.get(&(digest.to_owned(), tenant)) {
            return Arc::clone(window);
        }
        if windows.len() % FORGET_EVERY == FORGET_EVERY - 1 {
            // Whoever notes something just now holds it.
            windows.retain(|_, window| Arc::strong_count(window) > 1 || !window.is_old());
        }
        let window = Arc::new(Window::new(self.origin));
        windows.insert((digest.to_owned(), tenant), Arc::clone(&window));
        window
    }

    /// How a version fared at a firm.
    pub fn fared(&self, digest: &str, tenant: TenantId) -> Fared {
        let window = lock(&self.windows).get(&(digest.to_owned(), tenant)).map(Arc::clone);
        window.map(|window| window.sum()).unwrap_or_default()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::step::{CallTrace, Fault, Outcome, Step};

    fn end(took_us: u64, memory_bytes: usize) -> CallEnd {
        let trace = CallTrace { took: Duration::from_micros(took_us), memory_bytes, ..CallTrace::default() };
        CallEnd { result: Ok(Step::Done(Outcome::Unknown(String::new()))), verified: false, trace }
    }

    #[test]
    fn a_percentile_is_right_to_a_sixteenth() {
        for us in [0_u64, 1, 7, 8, 9, 26, 44, 1_000, 49_999, 250_000, 3_000_000, u64::from(u32::MAX)] {
            let window = Window::new(Instant::now());
            window.called(&end(us.max(1), 0));
            let told = window.sum().percentile_us(50).unwrap();
            assert!(told.abs_diff(us.max(1)) * 16 <= us.max(1), "{us} is told as {told}");
        }
        let window = Window::new(Instant::now());
        (0..95).for_each(|_| window.called(&end(26, 1)));
        (0..5).for_each(|_| window.called(&end(100_000, 70_000)));
        let fared = window.sum();
        assert_eq!((fared.calls, fared.memory_bytes), (100, 70_000));
        let told = [50, 95, 96].map(|percent| fared.percentile_us(percent).unwrap());
        assert!(told[0] == told[1] && told[1] < 30 && told[2] > 90_000, "{told:?}");
        assert_eq!(Fared::default().percentile_us(95), None);
    }

    #[test]
    fn what_is_old_falls_out() {
        let mut slots = Slots::default();
        for minute in 0..40 {
            slots.at(minute).calls += 1;
        }
        assert_eq!((slots.sum(39).calls, slots.sum(45).calls, slots.sum(80).calls), (SLOTS, SLOTS - 6, 0));
        assert!(slots.0.len() as u64 <= SLOTS && !slots.is_old(53) && slots.is_old(54));
    }

    #[test]
    fn every_end_is_counted_as_what_it_is() {
        let windows = Windows::default();
        let (firm, other) = (TenantId::at(1), TenantId::at(2));
        let window = windows.window("a", firm);
        window.called(&CallEnd::failed(CallFailure::Busy));
        for failure in [
            CallFailure::Busy,
            CallFailure::Fault(Fault::BadConfig, String::new()),
            CallFailure::Trap("cpu-time", String::new()),
            CallFailure::Trap("deadline", String::new()),
            CallFailure::Trap("memory", String::new()),
            CallFailure::Sink(String::new()),
        ] {
            window.failed(&failure);
        }
        window.acted(true);
        window.acted(false);
        let fared = windows.fared("a", firm);
        assert_eq!((fared.calls, fared.busy, fared.faults, fared.deadlines, fared.traps), (0, 1, 1, 2, 2));
        assert_eq!((fared.acts, fared.unknown), (2, 1));
        assert_eq!(windows.fared("a", other), Fared::default(), "another firm's are not shown");
        let mut both = fared.clone();
        both.add(&fared);
        assert_eq!((both.acts, both.traps), (4, 4));
        let sent = serde_json::to_string(&both).unwrap();
        assert_eq!(serde_json::from_str::<Fared>(&sent).unwrap(), both, "it goes from server to server");
    }
}
