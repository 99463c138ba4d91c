//! The bounds of one call, and how near it came to them.

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

use crate::limits;

/// Bounds of memory, tables and instances. The bound stops a call; the peak goes into its recording.
pub(super) struct Bounds {
    limits: StoreLimits,
    /// The most it had.
    pub memory_bytes: usize,
}

impl Bounds {
    /// With so much memory, and so many elements of tables.
    pub fn new(memory_bytes: usize, table_elements: usize) -> Self {
        let limits = StoreLimitsBuilder::new()
            .memory_size(memory_bytes)
            .table_elements(table_elements)
            .instances(limits::PLUGIN_CORE_INSTANCES_MAX)
            .tables(limits::PLUGIN_CORE_INSTANCES_MAX)
            .memories(2)
            .trap_on_grow_failure(true)
            .build();
        Self { limits, memory_bytes: 0 }
    }
}

impl ResourceLimiter for Bounds {
    fn memory_growing(&mut self, current: usize, desired: usize, most: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = self.limits.memory_growing(current, desired, most)?;
        if allowed {
            self.memory_bytes = self.memory_bytes.max(desired);
        }
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(&mut self, current: usize, desired: usize, most: Option<usize>) -> wasmtime::Result<bool> {
        self.limits.table_growing(current, desired, most)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}
