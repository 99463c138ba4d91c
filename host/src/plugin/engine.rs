//! The wasmtime engines: one for connectors as they should be, one for guests that need much, each with its own pool
//! of sandboxes and its epoch clock. However many interpreters run, the sandboxes of the others are not theirs.

use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use super::manifest::Manifest;
use crate::limits;

/// How instances get their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allocation {
    /// From a pool of warm slots: 26 µs a sale.
    Pooled,
    /// By `mmap` for each: 124 µs. Where the address space is limited (containers with `ulimit -v`).
    OnDemand,
}

/// How much a guest needs, and so whose sandboxes it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// A compiled connector: some 200 kB of memory, some 30 µs a call.
    Light,
    /// An interpreter with the connector as its program: tens of megabytes, milliseconds.
    Heavy,
}

impl Weight {
    /// By what the manifest asks for: more memory than a connector gets unasked makes it heavy.
    pub fn of(manifest: &Manifest) -> Self {
        let usual = limits::PLUGIN_MEMORY_BYTES_DEFAULT as u64;
        if manifest.limits.memory_bytes.is_some_and(|bytes| bytes > usual) { Self::Heavy } else { Self::Light }
    }

    /// For figures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Heavy => "heavy",
        }
    }

    /// The most linear memory of one call; also the size of a slot in the pool.
    pub fn memory_bytes_max(self) -> usize {
        match self {
            Self::Light => limits::PLUGIN_MEMORY_BYTES_DEFAULT,
            Self::Heavy => limits::PLUGIN_MEMORY_BYTES_MAX,
        }
    }

    /// Elements of the tables of one call.
    pub fn table_elements_max(self) -> usize {
        match self {
            Self::Light => limits::PLUGIN_TABLE_ELEMENTS_MAX,
            Self::Heavy => limits::PLUGIN_HEAVY_TABLE_ELEMENTS_MAX,
        }
    }

    fn calls_at_once(self) -> u32 {
        match self {
            Self::Light => limits::PLUGIN_CALLS_AT_ONCE,
            Self::Heavy => limits::PLUGIN_HEAVY_CALLS_AT_ONCE,
        }
    }
}

/// What about an engine can be set for speed. [`Default`] is what the server runs on; the rest is for measuring it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "switches that are turned one by one")]
pub struct Tuning {
    /// Sandboxes come from a pool of warm slots.
    pub pool: bool,
    /// Initial memory is mapped from an image and copied where it is written, instead of copied whole.
    pub copy_on_write: bool,
    /// So much of a slot's memory is wiped and kept, instead of given back and faulted in again.
    pub resident_bytes: usize,
    /// Only pages that were written are wiped, where the system can tell.
    pub pagemap_scan: bool,
    /// A memory may grow by moving, and so need not be reserved whole.
    pub memory_may_move: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { pool: true, copy_on_write: true, resident_bytes: 256 * 1024, pagemap_scan: true, memory_may_move: true }
    }
}

/// Both engines.
pub(super) struct Engines {
    pub light: Engine,
    pub heavy: Engine,
}

/// Engines with the best allocation this machine allows, and their clocks.
pub(super) fn engines_new(tuning: Tuning) -> wasmtime::Result<Engines> {
    let engines = engines(tuning)?;
    epoch_clock_start(&engines.light)?;
    epoch_clock_start(&engines.heavy)?;
    Ok(engines)
}

/// The same without a clock: no call is ever cut off.
pub(super) fn engines_still() -> wasmtime::Result<Engines> {
    engines(Tuning::default())
}

/// The same with a clock and memories of a test's own. Every access is checked, since they have no guard around them.
#[cfg(test)]
pub(super) fn engines_watched(memories: &std::sync::Arc<dyn wasmtime::MemoryCreator>) -> wasmtime::Result<Engines> {
    let tuning = Tuning { pool: false, copy_on_write: false, ..Tuning::default() };
    let engine = |weight| -> wasmtime::Result<Engine> {
        let mut config = config(weight, Allocation::OnDemand, tuning);
        config.memory_reservation(0).memory_guard_size(0).guard_before_linear_memory(false);
        config.with_host_memory(std::sync::Arc::clone(memories));
        let engine = Engine::new(&config)?;
        epoch_clock_start(&engine)?;
        Ok(engine)
    };
    Ok(Engines { light: engine(Weight::Light)?, heavy: engine(Weight::Heavy)? })
}

fn engines(tuning: Tuning) -> wasmtime::Result<Engines> {
    Ok(Engines { light: engine(Weight::Light, tuning)?, heavy: engine(Weight::Heavy, tuning)? })
}

fn engine(weight: Weight, tuning: Tuning) -> wasmtime::Result<Engine> {
    if !tuning.pool {
        return Engine::new(&config(weight, Allocation::OnDemand, tuning));
    }
    Engine::new(&config(weight, Allocation::Pooled, tuning)).or_else(|error| {
        tracing::warn!(%error, ?weight, "no address space for the pool of sandboxes; each will be mapped on demand");
        Engine::new(&config(weight, Allocation::OnDemand, tuning))
    })
}

/// An engine that only compiles: the same code for the same component, without the address space of a pool.
pub(super) fn engine_for_compiling() -> wasmtime::Result<Engine> {
    Engine::new(&config(Weight::Light, Allocation::OnDemand, Tuning::default()))
}

/// What decides about machine code is the same for both weights: a component is compiled once.
fn config(weight: Weight, allocation: Allocation, tuning: Tuning) -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    // Connectors are sans-I/O: no host function ever waits, so no async in the component model.
    config.concurrency_support(false);
    config.epoch_interruption(true);
    config.consume_fuel(false);
    config.cranelift_opt_level(OptLevel::Speed);
    // Same inputs, same step, on every machine.
    config.cranelift_nan_canonicalization(true);
    config.wasm_relaxed_simd(false);
    config.wasm_memory64(false);
    config.max_wasm_stack(limits::PLUGIN_STACK_BYTES_MAX);
    config.async_stack_size(2 * 1024 * 1024);
    config.generate_address_map(true);
    // A core dump of a guest would hold whatever the bank answered.
    config.coredump_on_trap(false);
    config.memory_init_cow(tuning.copy_on_write);
    config.memory_may_move(tuning.memory_may_move);
    if allocation == Allocation::Pooled {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(weight, tuning)));
    }
    config
}

fn pool(weight: Weight, tuning: Tuning) -> PoolingAllocationConfig {
    let calls = weight.calls_at_once();
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls);
    // A component is its module and the adapters the encoder puts around it: count core instances.
    pool.total_core_instances(calls * 4);
    pool.total_memories(calls * 2);
    pool.total_tables(calls * 4);
    pool.total_stacks(calls);
    pool.max_memory_size(weight.memory_bytes_max());
    pool.table_elements(weight.table_elements_max());
    if weight == Weight::Heavy {
        // An interpreter has thousands of functions.
        pool.max_core_instance_size(10 * 1024 * 1024);
        pool.max_component_instance_size(10 * 1024 * 1024);
    }
    // Zeroing what a guest touched is cheaper than giving the pages back and faulting them in again:
    // `cargo xtask bench plugin-call` has the figures.
    pool.linear_memory_keep_resident(tuning.resident_bytes);
    pool.table_keep_resident(64 * 1024);
    pool.async_stack_keep_resident(16 * 1024);
    pool.max_unused_warm_slots(calls);
    pool.pagemap_scan(if tuning.pagemap_scan { Enabled::Auto } else { Enabled::No });
    pool
}

/// One thread ticks for all guests. Not a task: a guest could hold up the runtime the task runs on. It ends
/// with the engine.
fn epoch_clock_start(engine: &Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    let tick: Duration = limits::PLUGIN_TICK;
    std::thread::Builder::new().name("plugin-epoch".into()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(tick);
        }
    })?;
    Ok(())
}
