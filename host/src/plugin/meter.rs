//! How long a guest really ran: the processor time of the thread, while the call was on it.
//!
//! By the clock on the wall a call on a busy machine would be charged for the time in which others ran.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::permits::Share;
use crate::limits;

/// Runs a call and charges to a share what it burns: its running time beyond what a connector's call takes, each time it
/// gives way and at its end. Gives how long it ran as well.
pub(super) async fn metered<F: Future>(share: &Share, call: F) -> (F::Output, Duration) {
    let call = std::pin::pin!(call);
    Metered { call, share, unburnt: limits::PLUGIN_UNBURNT, ran: Duration::ZERO }.await
}

struct Metered<'a, F> {
    call: F,
    share: &'a Share,
    /// What is left of the time that counts for nothing.
    unburnt: Duration,
    ran: Duration,
}

impl<F: Future + Unpin> Future for Metered<'_, F> {
    type Output = (F::Output, Duration);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let before = thread_time();
        let polled = Pin::new(&mut self.call).poll(context);
        let ran = thread_time().saturating_sub(before);
        self.share.charge(ran.saturating_sub(self.unburnt));
        self.unburnt = self.unburnt.saturating_sub(ran);
        self.ran += ran;
        polled.map(|output| (output, self.ran))
    }
}

/// Processor time of this thread so far; zero where the system does not count it, and then nobody is charged.
#[expect(unsafe_code, reason = "the system call writes into the struct that it is given, and only there")]
fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live `timespec` of our own.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if status != 0 {
        return Duration::ZERO;
    }
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_sleeps_takes_no_time() {
        let before = thread_time();
        std::thread::sleep(Duration::from_millis(60));
        assert!(thread_time().saturating_sub(before) < Duration::from_millis(20), "sleeping is not running");
        let mut sum = 0_u64;
        while thread_time().saturating_sub(before) < Duration::from_millis(20) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(sum > 0);
    }
}
