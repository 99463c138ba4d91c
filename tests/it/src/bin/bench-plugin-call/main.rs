//! `bench-plugin-call`: what a sandbox costs.
//!
//! One connector three times in one run, interleaved: as a component in our host (pool, epoch clock and limits on, every
//! check of the step driver, a bank that answers from memory), linked into this program, and behind axum in a process of
//! its own on loopback. A sale is two calls, each in a fresh sandbox. Writes its result to the file that
//! `VEZNE_BENCH_OUT` names.

mod native;
mod sidecar;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use vezne::plugin::{Ending, Installation, Tuning};
use vezne_it::component::Component;
use vezne_it::plugged::{self, Plugged};
use vezne_it::samples::{figure, is_quick, median, out, percentile, ratio};

use native::Native;
use sidecar::Sidecar;

/// Calls of a sale.
const CALLS: f64 = 2.0;

/// How much is measured.
struct Effort {
    warm_up: Duration,
    rounds: usize,
    /// Sales of each kind in a round, one after the other.
    sales: usize,
    /// How long each side is saturated in a round.
    saturated: Duration,
    /// How often a compiled component is made ready.
    loads: usize,
    /// How long each way to set the engine is saturated in a round.
    tuned: Duration,
}

/// One number for each round.
#[derive(Default)]
struct Rounds {
    ours_p50: Vec<f64>,
    ours_p99: Vec<f64>,
    native_p50: Vec<f64>,
    native_p99: Vec<f64>,
    sidecar_p50: Vec<f64>,
    ours_rate: Vec<f64>,
    sidecar_rate: Vec<f64>,
    ready_ms: Vec<f64>,
}

fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    vezne::runtime::server()?.block_on(run())
}

async fn run() -> Result<()> {
    if std::env::args().nth(1).is_some_and(|argument| argument == sidecar::ARGUMENT) {
        return sidecar::serve().await;
    }
    let effort = if is_quick() {
        let (warm_up, saturated) = (Duration::from_secs(1), Duration::from_secs(1));
        Effort { warm_up, rounds: 3, sales: 500, saturated, loads: 3, tuned: Duration::from_millis(300) }
    } else {
        let (warm_up, saturated) = (Duration::from_secs(10), Duration::from_secs(4));
        Effort { warm_up, rounds: 7, sales: 5_000, saturated, loads: 5, tuned: Duration::from_secs(2) }
    };
    let out = out()?;
    let bench = Bench::start().await?;
    let warm = Instant::now();
    while warm.elapsed() < effort.warm_up {
        bench.one_by_one(200, &mut Rounds::default()).await?;
        bench.ours.rate(Duration::from_millis(200)).await?;
    }
    let mut rounds = Rounds::default();
    for round in 0..effort.rounds {
        bench.one_by_one(effort.sales, &mut rounds).await?;
        // A-B-B-A over the rounds, so that drift of the machine hits both alike.
        for ours in if round % 2 == 0 { [true, false] } else { [false, true] } {
            if ours {
                rounds.ours_rate.push(bench.ours.rate(effort.saturated).await?);
            } else {
                rounds.sidecar_rate.push(bench.sidecar_rate(effort.saturated).await?);
            }
        }
        for _ in 0..effort.loads {
            rounds.ready_ms.push(bench.ready_ms().await?);
        }
    }
    let all_approved = bench.ours.counts.all_approved();
    drop(bench);
    let tuned = tuned(&effort).await?;
    std::fs::write(&out, format!("{:#}\n", result(&rounds, &tuned, all_approved)))?;
    Ok(())
}

/// The engine as the server has it, and with one thing set in another way.
fn settings() -> Vec<(&'static str, Tuning)> {
    let served = Tuning::default();
    vec![
        ("as_served", served),
        ("without_pool", Tuning { pool: false, ..served }),
        ("without_copy_on_write", Tuning { copy_on_write: !served.copy_on_write, ..served }),
        ("nothing_resident", Tuning { resident_bytes: 0, ..served }),
        ("resident_1_mib", Tuning { resident_bytes: 1 << 20, ..served }),
        ("without_pagemap_scan", Tuning { pagemap_scan: !served.pagemap_scan, ..served }),
        ("memory_stays", Tuning { memory_may_move: !served.memory_may_move, ..served }),
    ]
}

/// Calls a second for every way to set the engine, a number for each round, all of them in turn.
async fn tuned(effort: &Effort) -> Result<BTreeMap<&'static str, Vec<f64>>> {
    let mut ways = Vec::new();
    for (name, tuning) in settings() {
        let (plugged, info) = Plugged::tuned(plugged::NESTPAY_YES, "pos-nestpay", tuning)?;
        let pos = plugged::installation(&info, plugged::NESTPAY_CONFIG)?;
        let ours = Ours { plugged: Arc::new(plugged), pos, counts: Arc::default() };
        ours.rate(effort.tuned).await?;
        ways.push((name, ours));
    }
    let mut rates = BTreeMap::<_, Vec<f64>>::new();
    for round in 0..effort.rounds {
        // There and back, so that drift hits all alike.
        let there: Vec<_> = if round % 2 == 0 { ways.iter().collect() } else { ways.iter().rev().collect() };
        for (name, ours) in there {
            rates.entry(*name).or_default().push(ours.rate(effort.tuned).await?);
        }
    }
    Ok(rates)
}

struct Bench {
    ours: Ours,
    native: Native,
    sidecar: Sidecar,
}

/// The connector in our host.
struct Ours {
    plugged: Arc<Plugged>,
    pos: Installation,
    counts: Arc<Counts>,
}

impl Ours {
    /// Calls a second, with as many sales at the same moment as keep the machine busy.
    async fn rate(&self, time: Duration) -> Result<f64> {
        let began = Instant::now();
        let tasks = (0..callers()).map(|_| {
            let (plugged, pos, counts) = (Arc::clone(&self.plugged), self.pos.clone(), Arc::clone(&self.counts));
            tokio::spawn(async move {
                let mut done = 0;
                while began.elapsed() < time {
                    counts.ended(&plugged.sale(&pos, &plugged::card()?).await);
                    done += 1;
                    // The runtime takes turns only where a task lets it.
                    tokio::task::yield_now().await;
                }
                Ok(done)
            })
        });
        rate(tasks.collect(), began).await
    }
}

/// Sales of ours, and those that the bank agreed to.
#[derive(Default)]
struct Counts {
    sold: AtomicUsize,
    approved: AtomicUsize,
}

impl Counts {
    fn ended(&self, ending: &Ending) {
        self.sold.fetch_add(1, Ordering::Relaxed);
        self.approved.fetch_add(usize::from(plugged::is_approved(ending)), Ordering::Relaxed);
    }

    fn all_approved(&self) -> bool {
        let (sold, approved) = (self.sold.load(Ordering::Relaxed), self.approved.load(Ordering::Relaxed));
        sold > 0 && sold == approved
    }
}

impl Bench {
    async fn start() -> Result<Self> {
        let plugged = Plugged::new(plugged::NESTPAY_YES)?;
        let info = plugged.load("pos-nestpay").await?;
        let pos = plugged::installation(&info, plugged::NESTPAY_CONFIG)?;
        let ours = Ours { plugged: Arc::new(plugged), pos, counts: Arc::default() };
        Ok(Self { ours, native: Native::new(), sidecar: Sidecar::start().await? })
    }

    /// One sale after the other, the three kinds in turn, so that whatever disturbs hits all alike.
    async fn one_by_one(&self, sales: usize, rounds: &mut Rounds) -> Result<()> {
        let mut caller = self.sidecar.caller().await?;
        let (mut ours, mut native, mut sidecar) = (Vec::new(), Vec::new(), Vec::new());
        // In runs of twenty: each kind finds its own caches as warm as it would among its like.
        for _ in 0..sales / 20 {
            for _ in 0..20 {
                // The card is fresh for each sale and not part of it: the hold has it.
                let card = plugged::card()?;
                let began = Instant::now();
                let ending = self.ours.plugged.sale(&self.ours.pos, &card).await;
                ours.push(micros(began));
                self.ours.counts.ended(&ending);
            }
            for _ in 0..20 {
                let began = Instant::now();
                self.native.sale()?;
                native.push(micros(began));
            }
            for _ in 0..20 {
                let began = Instant::now();
                caller.sale().await?;
                sidecar.push(micros(began));
            }
        }
        rounds.ours_p50.push(percentile(&ours, 0.5));
        rounds.ours_p99.push(percentile(&ours, 0.99));
        rounds.native_p50.push(percentile(&native, 0.5));
        rounds.native_p99.push(percentile(&native, 0.99));
        rounds.sidecar_p50.push(percentile(&sidecar, 0.5));
        Ok(())
    }

    async fn sidecar_rate(&self, time: Duration) -> Result<f64> {
        let mut callers_ready = Vec::new();
        for _ in 0..2 * callers() {
            callers_ready.push(self.sidecar.caller().await?);
        }
        let began = Instant::now();
        let tasks = callers_ready.into_iter().map(|mut caller| {
            tokio::spawn(async move {
                let mut done = 0;
                while began.elapsed() < time {
                    caller.sale().await?;
                    done += 1;
                }
                Ok(done)
            })
        });
        rate(tasks.collect(), began).await
    }

    /// From a component whose code is in the cache to one that can be called, in milliseconds.
    async fn ready_ms(&self) -> Result<f64> {
        let component = Component::built("pos-nestpay")?;
        self.ours.plugged.plugins.forget(&component.digest());
        let began = Instant::now();
        self.ours.plugged.load_as(&component).await?;
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }
}

/// Sales at the same moment: enough to keep all cores busy, within one firm's places.
fn callers() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| 2 * cores.get()).min(12)
}

async fn rate(tasks: Vec<tokio::task::JoinHandle<Result<usize>>>, began: Instant) -> Result<f64> {
    let mut sales = 0;
    for task in tasks {
        sales += task.await.context("a caller broke")??;
    }
    Ok(CALLS * figure(sales) / began.elapsed().as_secs_f64())
}

fn micros(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1e6
}

fn each(left: &[f64], right: &[f64], with: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    left.iter().zip(right).map(|(left, right)| with(*left, *right)).collect()
}

fn result(rounds: &Rounds, tuned: &BTreeMap<&str, Vec<f64>>, all_approved: bool) -> Value {
    let tuned_medians: BTreeMap<&str, f64> = tuned.iter().map(|(name, rates)| (*name, median(rates))).collect();
    let Rounds { ours_p50, ours_p99, native_p50, native_p99, sidecar_p50, ours_rate, sidecar_rate, ready_ms } = rounds;
    json!({
        "name": "plugin-call",
        "checks": { "all_approved": all_approved, "native_is_fastest": median(native_p50) < median(ours_p50) },
        "ratios": {
            "over_native_us_p50": ratio(&each(ours_p50, native_p50, |ours, native| ours - native), 30.0, "at_most"),
            "over_native_us_p99": ratio(&each(ours_p99, native_p99, |ours, native| ours - native), 60.0, "at_most"),
            "fresh_calls_per_s": ratio(ours_rate, 120_000.0, "at_least"),
            "sidecar_over_ours_c1": ratio(&each(sidecar_p50, ours_p50, |sidecar, ours| sidecar / ours), 4.0, "at_least"),
            "ours_over_sidecar_rate": ratio(&each(ours_rate, sidecar_rate, |ours, sidecar| ours / sidecar), 4.0, "at_least"),
            "cwasm_ready_ms": ratio(ready_ms, 5.0, "at_most"),
        },
        "figures": {
            "sale_p50_us": median(ours_p50), "sale_p99_us": median(ours_p99),
            "native_p50_us": median(native_p50), "native_p99_us": median(native_p99),
            "sidecar_p50_us": median(sidecar_p50), "sidecar_calls_per_s": median(sidecar_rate),
            "tuned_calls_per_s": tuned_medians,
            // What Prism publishes for a call into its own process, for the scale.
            "prism_rust_us": 2_040, "prism_javascript_us": 3_050, "prism_python_us": 3_820,
        },
        "samples": {
            "sale_p50_us": ours_p50, "sale_p99_us": ours_p99, "native_p50_us": native_p50, "native_p99_us": native_p99,
            "sidecar_p50_us": sidecar_p50, "calls_per_s": ours_rate, "sidecar_calls_per_s": sidecar_rate,
            "cwasm_ready_ms": ready_ms, "tuned_calls_per_s": tuned,
        },
    })
}
