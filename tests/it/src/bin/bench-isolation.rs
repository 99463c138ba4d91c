//! `bench-isolation`: what a hostile plugin costs the others, and what it can take from the host.
//!
//! Good sales of one connector, as many as the machine does, alone and beside a hostile component that is called without
//! end by four firms, in rounds A-B-B-A of one run: endless loops, storms of host calls, work that stays just within every
//! limit (which no breaker can hold against it), memory. Quarantine would end each of them after three strikes: here it is
//! asked in a way that is never refused, so what is measured is what isolates without it. Then the most memory that it can
//! hold at once, and how long after its deadline a call is still there. Writes its result to the file that
//! `VEZNE_BENCH_OUT` names.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use serde_json::{Value, json};
use vezne::limits;
use vezne::plugin::{Installation, PluginInfo};
use vezne_it::plugged::{self, Plugged};
use vezne_it::samples::{self, figure, is_quick, median, out, percentile, ratio};

/// How a call ends that was busy and says yes without having asked a bank.
const BUSY: &str = "approved-without-charge";
/// What the hostile component does.
const MODES: [&str; 5] = ["loop", "storm", "storm-digest", "busy", "hoard"];
/// Firms that call it.
const FIRMS: usize = 4;
/// Calls of one firm at the same moment.
const PER_FIRM: usize = 8;
/// Good sales at the same moment.
const GOOD: usize = 8;
/// How long after its deadline a call may still be there.
const SLACK: Duration = Duration::from_millis(100);

/// How much is measured.
struct Effort {
    warm_up: Duration,
    rounds: usize,
    /// How long each side is counted.
    span: Duration,
}

fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    vezne::runtime::server()?.block_on(run())
}

async fn run() -> Result<()> {
    let effort = if is_quick() {
        Effort { warm_up: Duration::from_secs(1), rounds: 1, span: Duration::from_secs(1) }
    } else {
        Effort { warm_up: Duration::from_secs(10), rounds: 5, span: Duration::from_secs(2) }
    };
    let out = out()?;
    let cuts = Cuts::begin()?;
    let bench = Bench::start().await?;
    bench.good_rate(effort.warm_up).await?;
    let turns = bench.turns().await?;
    let (mut alone, mut beside) = (BTreeMap::<&str, Vec<f64>>::new(), BTreeMap::<&str, Vec<f64>>::new());
    for _ in 0..effort.rounds {
        for mode in MODES {
            for hostile in [false, true, true, false] {
                let company = if hostile { Some(Hostile::begin(&bench, mode, turns)?) } else { None };
                let rate = bench.good_rate(effort.span).await?;
                (if hostile { &mut beside } else { &mut alone }).entry(mode).or_default().push(rate);
                if let Some(hostile) = company {
                    hostile.end().await?;
                }
            }
        }
    }
    let cut = cuts.taken();
    let mut memory = Vec::new();
    for _ in 0..effort.rounds.min(3) {
        // Where it is not yet known for burning too much: then it may hold most.
        memory.push(Bench::start().await?.memory().await?);
    }
    let result = result(&bench, &alone, &beside, &memory, &cut);
    std::fs::write(&out, format!("{result:#}\n"))?;
    Ok(())
}

struct Bench {
    plugged: Arc<Plugged>,
    good: Installation,
    bad: PluginInfo,
    sold: Arc<AtomicUsize>,
    approved: Arc<AtomicUsize>,
}

impl Bench {
    async fn start() -> Result<Self> {
        let plugged = Plugged::new(plugged::NESTPAY_YES)?;
        let info = plugged.load("pos-nestpay").await?;
        let bad = plugged.load("bad-connector").await?;
        let good = plugged::installation(&info, plugged::NESTPAY_CONFIG)?;
        Ok(Self { plugged: Arc::new(plugged), good, bad, sold: Arc::default(), approved: Arc::default() })
    }

    /// Good sales a second.
    async fn good_rate(&self, span: Duration) -> Result<f64> {
        let began = Instant::now();
        let before = self.approved.load(Ordering::Relaxed);
        let tasks: Vec<_> = (0..GOOD)
            .map(|_| {
                let (plugged, good) = (Arc::clone(&self.plugged), self.good.clone());
                let (sold, approved) = (Arc::clone(&self.sold), Arc::clone(&self.approved));
                tokio::spawn(async move {
                    while began.elapsed() < span {
                        let ending = plugged.sale(&good, &plugged::card()?).await;
                        sold.fetch_add(1, Ordering::Relaxed);
                        approved.fetch_add(usize::from(plugged::is_approved(&ending)), Ordering::Relaxed);
                        tokio::task::yield_now().await;
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await.context("a good caller broke")??;
        }
        Ok(figure(self.approved.load(Ordering::Relaxed) - before) / began.elapsed().as_secs_f64())
    }

    /// How many turns the hostile component can spin and still be within its time, with room to spare.
    async fn turns(&self) -> Result<u64> {
        let (mut turns, goal) = (1_000_000, limits::PLUGIN_TICK * limits::PLUGIN_TICKS_DEFAULT / 2);
        loop {
            let text = turns.to_string();
            let pos = plugged::installation(&self.bad, &[("mode", "busy"), ("turns", &text)])?;
            let began = Instant::now();
            let ending = self.plugged.inquiry(&pos).await;
            let took = began.elapsed();
            ensure!(plugged::code(&ending) == BUSY, "{ending:?}");
            if took * 2 > goal {
                return Ok(turns);
            }
            turns *= 2;
        }
    }

    /// The most memory over what is in use at rest, with all places of the hostile component taken by calls that hold all
    /// they may. Nobody else is there: it is not held back.
    async fn memory(&self) -> Result<f64> {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let (rest, _) = samples::resident()?;
        samples::peak_begin()?;
        let hostile = Hostile::begin(self, "hoard", 0)?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        hostile.end().await?;
        Ok(mebibytes(samples::resident()?.1.saturating_sub(rest)))
    }
}

/// Calls of the hostile component that go on until they are ended.
struct Hostile {
    going_on: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Result<()>>>,
}

impl Hostile {
    fn begin(bench: &Bench, mode: &str, turns: u64) -> Result<Self> {
        let going_on = Arc::new(AtomicBool::new(true));
        let mut tasks = Vec::new();
        for _ in 0..FIRMS {
            let pos = plugged::installation(&bench.bad, &[("mode", mode), ("turns", &turns.to_string())])?;
            for _ in 0..PER_FIRM {
                let (plugged, pos, going_on) = (Arc::clone(&bench.plugged), pos.clone(), Arc::clone(&going_on));
                tasks.push(tokio::spawn(async move {
                    while going_on.load(Ordering::Relaxed) {
                        // A question is never kept from a plugin, however often it failed.
                        let ending = plugged.inquiry(&pos).await;
                        let known = [BUSY, "cpu-time", "busy", "memory"];
                        ensure!(known.contains(&plugged::code(&ending)), "{ending:?}");
                    }
                    Ok(())
                }));
            }
        }
        Ok(Self { going_on, tasks })
    }

    async fn end(self) -> Result<()> {
        self.going_on.store(false, Ordering::Relaxed);
        for task in self.tasks {
            task.await.context("a hostile caller broke")??;
        }
        Ok(())
    }
}

/// How long calls took that were cut off, in milliseconds: as the host itself counts them.
#[derive(Clone, Default)]
struct Cuts(Arc<Mutex<Vec<f64>>>);

impl Cuts {
    fn begin() -> Result<Self> {
        let cuts = Self::default();
        metrics::set_global_recorder(cuts.clone()).ok().context("somebody else counts")?;
        Ok(cuts)
    }

    fn taken(&self) -> Vec<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl HistogramFn for Cuts {
    fn record(&self, seconds: f64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seconds * 1000.0);
    }
}

impl Recorder for Cuts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let cut = key.labels().any(|label| label.key() == "outcome" && label.value() == "cpu-time");
        if cut { Histogram::from_arc(Arc::new(self.clone())) } else { Histogram::noop() }
    }
}

fn mebibytes(bytes: usize) -> f64 {
    figure(bytes / 1024) / 1024.0
}

fn result(
    bench: &Bench,
    alone: &BTreeMap<&str, Vec<f64>>,
    beside: &BTreeMap<&str, Vec<f64>>,
    memory: &[f64],
    cut: &[f64],
) -> Value {
    let quotients = |mode: &str| -> Vec<f64> {
        alone[mode].iter().zip(&beside[mode]).map(|(alone, beside)| beside / alone).collect()
    };
    let by_mode: BTreeMap<&str, f64> = MODES.into_iter().map(|mode| (mode, median(&quotients(mode)))).collect();
    // What counts is the worst that it can do.
    let worst = MODES.into_iter().min_by(|a, b| by_mode[a].total_cmp(&by_mode[b])).unwrap_or_default();
    let parallel = limits::PLUGIN_CALLS_PER_PLUGIN.min(FIRMS * PER_FIRM);
    let bound = mebibytes(limits::PLUGIN_MEMORY_BYTES_DEFAULT * parallel) * 1.1;
    let most = percentile(memory, 1.0);
    let deadline = limits::PLUGIN_TICK * limits::PLUGIN_TICKS_DEFAULT;
    let late = (deadline + SLACK).as_secs_f64() * 1000.0;
    let approved = bench.approved.load(Ordering::Relaxed);
    json!({
        "name": "isolation",
        "checks": {
            "every_good_sale_approved": approved > 0 && approved == bench.sold.load(Ordering::Relaxed),
            "memory_within_limit_times_calls_and_a_tenth": most > 0.0 && most <= bound,
            "cut_within_deadline_and_100_ms": !cut.is_empty() && percentile(cut, 0.999) <= late,
        },
        "ratios": { "good_throughput": ratio(&quotients(worst), 0.8, "at_least") },
        "figures": {
            "worst_mode": worst, "good_throughput_by_mode": by_mode,
            "good_sales_per_s_alone": median(&alone.values().flatten().copied().collect::<Vec<_>>()),
            "memory_mb_most": most, "memory_mb_bound": bound, "hostile_calls_at_once": parallel,
            "cut_ms_p50": median(cut), "cut_ms_p999": percentile(cut, 0.999), "cut_ms_max": percentile(cut, 1.0),
            "cut_ms_bound": late, "calls_cut": cut.len(),
        },
        "samples": { "alone_per_s": alone, "beside_per_s": beside, "memory_mb": memory },
    })
}
