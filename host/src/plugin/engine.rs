//! The wasmtime engine: one for the process, with its epoch clock.

use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::limits;

/// How instances get their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allocation {
    /// From a pool of warm slots: 26 µs a sale.
    Pooled,
    /// By `mmap` for each: 124 µs. Where the address space is limited (containers with `ulimit -v`).
    OnDemand,
}

/// An engine with the best allocation this machine allows, and its clock.
pub(super) fn engine_new() -> wasmtime::Result<(Engine, Allocation)> {
    let (engine, allocation) = engine_still()?;
    epoch_clock_start(&engine)?;
    Ok((engine, allocation))
}

/// The same without a clock: no call is ever cut off.
pub(super) fn engine_still() -> wasmtime::Result<(Engine, Allocation)> {
    Ok(match Engine::new(&config(Allocation::Pooled)) {
        Ok(engine) => (engine, Allocation::Pooled),
        Err(error) => {
            tracing::warn!(%error, "no address space for the pool of sandboxes; each will be mapped on demand");
            (Engine::new(&config(Allocation::OnDemand))?, Allocation::OnDemand)
        }
    })
}

/// An engine that only compiles: the same code for the same component, without the address space of a pool.
pub(super) fn engine_for_compiling() -> wasmtime::Result<Engine> {
    Engine::new(&config(Allocation::OnDemand))
}

fn config(allocation: Allocation) -> Config {
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
    config.max_wasm_stack(512 * 1024);
    config.async_stack_size(2 * 1024 * 1024);
    config.generate_address_map(true);
    // A core dump of a guest would hold whatever the bank answered.
    config.coredump_on_trap(false);
    config.memory_init_cow(true);
    if allocation == Allocation::Pooled {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    }
    config
}

fn pool() -> PoolingAllocationConfig {
    let calls = limits::PLUGIN_CALLS_AT_ONCE;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls);
    // A component is its module and the adapters the encoder puts around it: count core instances.
    pool.total_core_instances(calls * 4);
    pool.total_memories(calls * 2);
    pool.total_tables(calls * 4);
    pool.total_stacks(calls);
    pool.max_memory_size(limits::PLUGIN_MEMORY_BYTES_MAX);
    pool.table_elements(limits::PLUGIN_TABLE_ELEMENTS_MAX);
    // Zeroing what a guest touched is cheaper than giving the pages back and faulting them in again; the
    // figures behind these three are in the bench of the plugin host.
    pool.linear_memory_keep_resident(256 * 1024);
    pool.table_keep_resident(64 * 1024);
    pool.async_stack_keep_resident(16 * 1024);
    pool.max_unused_warm_slots(calls);
    pool.pagemap_scan(Enabled::Auto);
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
