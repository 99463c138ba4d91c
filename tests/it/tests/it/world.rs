//! R13: seeded worlds, in which everything that can go wrong does, in every order. `cargo xtask world` plays more.

use anyhow::{Result, ensure};
use vezne_it::seeded::{Kit, play};

/// Enough to meet every kind of event many times.
const SEEDS: u64 = 300;
/// Seeds that found something once: an answer older than the void that it was heard after, and payers who were told of a
/// doubt and never asked again.
const FOUND: [u64; 4] = [892, 1_260, 1_394, 1_619];
/// Of each half, seeds that are played twice.
const REPLAYED: usize = 5;

#[test]
fn no_promise_is_broken_in_150_worlds() -> Result<()> {
    worlds((0..SEEDS / 2).chain(FOUND))
}

#[test]
fn no_promise_is_broken_in_150_more_worlds() -> Result<()> {
    worlds(SEEDS / 2..SEEDS)
}

/// Half of the seeds: a thread can play one world at a time, and the last test to end should not run alone.
fn worlds(seeds: impl Iterator<Item = u64>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let kit = runtime.block_on(Kit::make())?;
    let mut ends = std::collections::BTreeMap::new();
    for (at, seed) in seeds.enumerate() {
        let played = play(&kit, seed)?;
        if let Some(breach) = &played.breach {
            anyhow::bail!("seed {seed}: {}\n{} is broken: {}", played.history.join("\n"), breach.promise, breach.what);
        }
        if at < REPLAYED {
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
