//! `vezne-world --seeds N [--from S] [--bug NAME] | --seed S | --list-bugs`: plays seeded worlds (R13). A failing seed
//! prints its history. The last line is JSON; a broken promise is an error, unless a bug was let in to be found.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use vezne::bug::Bug;
use vezne_it::seeded::{Kit, Played, play};

/// How to play.
#[derive(Default)]
struct Options {
    seeds: u64,
    from: u64,
    seed: Option<u64>,
    bug: Option<Bug>,
}

fn main() -> Result<()> {
    let Some(options) = options()? else { return Ok(()) };
    if let Some(bug) = options.bug {
        let_in(bug)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let kit = runtime.block_on(Kit::make())?;
    match options.seed {
        Some(seed) => one(&kit, seed),
        None => many(&kit, &options),
    }
}

fn options() -> Result<Option<Options>> {
    let mut options = Options { seeds: 300, ..Options::default() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} wants a value"));
        match word.as_str() {
            "--seeds" => options.seeds = value()?.parse().context("--seeds N")?,
            "--from" => options.from = value()?.parse().context("--from S")?,
            "--seed" => options.seed = Some(value()?.parse().context("--seed S")?),
            "--bug" => {
                let name = value()?;
                options.bug = Some(Bug::named(&name).with_context(|| format!("no bug is called {name}"))?);
            }
            "--list-bugs" => {
                for bug in Bug::ALL {
                    println!("{}", bug.name());
                }
                return Ok(None);
            }
            other => bail!("{other} is not understood"),
        }
    }
    Ok(Some(options))
}

#[cfg(feature = "deliberate-bugs")]
#[expect(clippy::unnecessary_wraps, reason = "its twin refuses")]
fn let_in(bug: Bug) -> Result<()> {
    vezne::bug::let_in(bug);
    Ok(())
}

#[cfg(not(feature = "deliberate-bugs"))]
fn let_in(_: Bug) -> Result<()> {
    bail!("this build makes no mistakes on purpose: it lacks the feature deliberate-bugs")
}

/// One seed, told at length, twice: a world that does not repeat itself proves nothing.
fn one(kit: &Kit, seed: u64) -> Result<()> {
    let (first, second) = (play(kit, seed)?, play(kit, seed)?);
    println!("{}", first.history.join("\n"));
    let replays = first.history == second.history;
    if let Some(breach) = &first.breach {
        println!("{} is broken: {}", breach.promise, breach.what);
    }
    println!("{}", json!({ "seed": seed, "failed": first.breach.is_some(), "replays": replays, "steps": first.steps }));
    ensure!(replays, "the seed told another story the second time");
    ensure!(first.breach.is_none(), "a promise is broken");
    Ok(())
}

/// What the threads share.
#[derive(Default)]
struct Tally {
    played: u64,
    steps: usize,
    failed: Vec<Played>,
    ends: std::collections::BTreeMap<String, usize>,
}

fn many(kit: &Kit, options: &Options) -> Result<()> {
    let began = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (next, end) = (AtomicU64::new(options.from), options.from + options.seeds);
    let tally = Mutex::new(Tally::default());
    let work = || -> Result<()> {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return Ok(());
            }
            let played = play(kit, seed)?;
            let mut tally = tally.lock().ok().context("a thread has died")?;
            tally.played += 1;
            tally.steps += played.steps;
            for (state, count) in &played.ends {
                *tally.ends.entry(state.clone()).or_default() += count;
            }
            if played.breach.is_some() {
                tally.failed.push(played);
                // With a bug let in the first find is enough.
                if options.bug.is_some() {
                    next.store(end, Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a thread died"))?)
    })?;
    let mut tally = tally.into_inner().ok().context("a thread has died")?;
    tally.failed.sort_by_key(|played| played.seed);
    report(options, &tally, began.elapsed().as_secs_f64())
}

fn report(options: &Options, tally: &Tally, took_s: f64) -> Result<()> {
    let first = tally.failed.first();
    if let Some(Played { seed, breach: Some(breach), history, .. }) = first {
        println!("seed {seed}:\n{}", history.join("\n"));
        println!("{} is broken: {}", breach.promise, breach.what);
    }
    for played in tally.failed.iter().skip(1).take(20) {
        let breach = played.breach.as_ref().map(|breach| format!("{}: {}", breach.promise, breach.what));
        println!("seed {} too: {}", played.seed, breach.unwrap_or_default());
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for the eye")]
    let ms_per_seed = took_s * 1_000.0 / tally.played.max(1) as f64;
    println!(
        "{}",
        json!({
            "seeds": tally.played, "failed": tally.failed.len(), "first_failing_seed": first.map(|played| played.seed),
            "bug": options.bug.map(Bug::name), "steps": tally.steps, "ends": tally.ends,
            "ms_per_seed": (ms_per_seed * 10.0).round() / 10.0,
        })
    );
    match (options.bug, first) {
        (None, Some(_)) => bail!("a promise is broken"),
        (Some(bug), None) => bail!("{} was not found", bug.name()),
        _ => Ok(()),
    }
}
