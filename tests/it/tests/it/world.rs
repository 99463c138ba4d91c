//! R13: seeded worlds, in which everything that can go wrong does, in every order. `cargo xtask world` plays more.

use anyhow::{Result, ensure};
use vezne_it::seeded::{Kit, play};

/// Enough to meet every kind of event many times.
const SEEDS: u64 = 300;
/// Of each half, seeds that are played twice.
const REPLAYED: u64 = 5;

#[test]
fn no_promise_is_broken_in_150_worlds() -> Result<()> {
    worlds(0)
}

#[test]
fn no_promise_is_broken_in_150_more_worlds() -> Result<()> {
    worlds(SEEDS / 2)
}

/// Half of the seeds: a thread can play one world at a time, and the last test to end should not run alone.
fn worlds(from: u64) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let kit = runtime.block_on(Kit::make())?;
    let mut ends = std::collections::BTreeMap::new();
    for seed in from..from + SEEDS / 2 {
        let played = play(&kit, seed)?;
        if let Some(breach) = &played.breach {
            anyhow::bail!("seed {seed}: {}\n{} is broken: {}", played.history.join("\n"), breach.promise, breach.what);
        }
        if seed - from < REPLAYED {
            ensure!(play(&kit, seed)?.history == played.history, "seed {seed} told another story the second time");
        }
        for (state, count) in played.ends {
            *ends.entry(state).or_insert(0) += count;
        }
    }
    // A world in which nothing is paid, declined or doubted would show nothing.
    for state in ["succeeded", "declined", "failed", "expired"] {
        ensure!(ends.contains_key(state), "no payment ended {state}: {ends:?}");
    }
    Ok(())
}
