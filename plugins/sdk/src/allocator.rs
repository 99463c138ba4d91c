//! The allocator of a component: a pointer that only moves up.
//!
//! An instance lives for one call, so nothing is ever freed: Rust's default allocator would ask for more
//! memory while the first pages are still free, and each growth is a system call that interrupts every
//! thread of the host (plugin-host.md §3.3).
#![expect(unsafe_code, reason = "a global allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

struct Bump {
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: a component on wasm32-unknown-unknown has one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static BUMP: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

const PAGE: usize = 65_536;

unsafe extern "C" {
    static __heap_base: u8;
}

impl Bump {
    fn take(&self, layout: Layout) -> Option<usize> {
        if self.end.get() == 0 {
            // The linker defines the symbol; only its address means anything.
            let base = &raw const __heap_base as usize;
            self.next.set(base);
            self.end.set(core::arch::wasm32::memory_size::<0>() * PAGE);
        }
        let start = self.next.get().checked_next_multiple_of(layout.align())?;
        let end = start.checked_add(layout.size())?;
        if end > self.end.get() {
            let pages = (end - self.end.get()).div_ceil(PAGE);
            if core::arch::wasm32::memory_grow::<0>(pages) == usize::MAX {
                return None;
            }
            self.end.set(self.end.get() + pages * PAGE);
        }
        self.next.set(end);
        Some(start)
    }
}

// SAFETY: every block is fresh, aligned and never handed out twice.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout).map_or(std::ptr::null_mut(), |start| start as *mut u8)
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let at = old as usize;
        // The newest block can grow where it is: that is what a string being built does all the time.
        if at + layout.size() == self.next.get() {
            self.next.set(at);
            let grown = Layout::from_size_align(size, layout.align()).ok().and_then(|wanted| self.take(wanted));
            if grown.is_none() {
                self.next.set(at + layout.size());
            }
            return grown.map_or(std::ptr::null_mut(), |start| start as *mut u8);
        }
        if size <= layout.size() {
            return old;
        }
        let Some(start) = Layout::from_size_align(size, layout.align()).ok().and_then(|wanted| self.take(wanted))
        else {
            return std::ptr::null_mut();
        };
        // SAFETY: both blocks are at least `layout.size()` long and do not overlap, the new one being fresh.
        unsafe { std::ptr::copy_nonoverlapping(old, start as *mut u8, layout.size()) };
        start as *mut u8
    }
}
