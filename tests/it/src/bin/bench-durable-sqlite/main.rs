//! `bench-durable-sqlite` (B1): how many payments a second are durable before their callers hear of them, beside a raw
//! loop that writes the same rows.
//!
//! Interleaved in one run: 64 clients that pay through the API, the connector and the sandbox bank (which answers at
//! once); one connection that writes the rows of a payment with two commits; the same with a hundred payments a
//! commit. Every sync takes two milliseconds longer on all sides, as on a plain SSD, by a shim that also counts them;
//! the rates without it are figures beside. Writes its result to the file that `VEZNE_BENCH_OUT` names.

mod raw;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vezne_it::samples::{figure, is_quick, median, out, ratio};
use vezne_it::shop::{Shop, busy};

use raw::Raw;

const CLIENTS: usize = 64;
const DELAY_US: &str = "2000";
/// The part that measures runs in a process of its own, with the shim or without: it names a file for the syncs.
const COUNT: &str = "VEZNE_POWER_COUNT";

/// Payments a second, and payments for each sync of ours.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rates {
    ours: Vec<f64>,
    one_row: Vec<f64>,
    hundred_rows: Vec<f64>,
    per_sync: Vec<f64>,
    checks: Value,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    if std::env::args().any(|argument| argument == "--measure") {
        println!("{}", serde_json::to_string(&measure().await?)?);
        return Ok(());
    }
    let delayed = measured_apart(Some(DELAY_US)).await.context("with a slower disk")?;
    let plain = measured_apart(None).await.context("with the disk as it is")?;
    ensure!(delayed.checks == plain.checks, "{} and {}", delayed.checks, plain.checks);
    let over = |ours: &[f64], limit: &[f64]| -> Vec<f64> { ours.iter().zip(limit).map(|(a, b)| a / b).collect() };
    let result = json!({
        "name": "durable-sqlite",
        "checks": delayed.checks,
        "ratios": {
            "over_one_row_loop": ratio(&over(&delayed.ours, &delayed.one_row), 1.5, "at_least"),
            "over_hundred_row_loop": ratio(&over(&delayed.ours, &delayed.hundred_rows), 0.10, "at_least"),
            "payments_per_fsync": ratio(&delayed.per_sync, 6.0, "at_least"),
        },
        "figures": {
            "sync_delay_us": DELAY_US.parse::<u32>()?,
            "payments_per_s": median(&delayed.ours), "one_row_loop_per_s": median(&delayed.one_row),
            "hundred_row_loop_per_s": median(&delayed.hundred_rows),
            "undelayed_payments_per_s": median(&plain.ours), "undelayed_one_row_loop_per_s": median(&plain.one_row),
            "undelayed_hundred_row_loop_per_s": median(&plain.hundred_rows),
        },
        "samples": { "delayed": delayed, "undelayed": plain },
    });
    std::fs::write(out()?, format!("{result:#}\n"))?;
    Ok(())
}

/// Measures in a process of its own, whose syncs are counted and take so much longer.
async fn measured_apart(delay_us: Option<&str>) -> Result<Rates> {
    let shim = std::env::var_os("VEZNE_POWER").context("VEZNE_POWER names no shim: use `cargo xtask bench`")?;
    let folder = tempfile::tempdir()?;
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    command.arg("--measure").args(is_quick().then_some("--quick")).stdout(Stdio::piped()).kill_on_drop(true);
    command.env("LD_PRELOAD", &shim).env(COUNT, folder.path().join("syncs"));
    command.envs(delay_us.map(|delay_us| ("VEZNE_POWER_DELAY_US", delay_us)));
    let done = command.spawn()?.wait_with_output().await?;
    ensure!(done.status.success(), "the part that measures ended with {}", done.status);
    Ok(serde_json::from_slice(&done.stdout)?)
}

async fn measure() -> Result<Rates> {
    let (rounds, long, short) = if is_quick() { (2, 2, 1) } else { (7, 4, 2) };
    let shop = Shop::open(|config| {
        config.janitor_every_ms = 1_000;
        config.bank_deadline_ms = 60_000;
    });
    let shop = shop.await?;
    // The rows of one payment, as they are written.
    let raw = Raw::of(&shop.file(), shop.folder.path(), shop.sale()).await?;
    let long = Duration::from_secs(long);
    busy(CLIENTS, long, || shop.sale()).await?;
    let mut rates = Rates::default();
    for _ in 0..rounds {
        let before = syncs()?;
        let (paid, rate) = busy(CLIENTS, long, || shop.sale()).await?;
        rates.per_sync.push(figure(paid) / figure(syncs()? - before));
        rates.ours.push(rate);
        rates.one_row.push(raw.rate(1, Duration::from_secs(short)).await?);
        rates.hundred_rows.push(raw.rate(100, Duration::from_secs(short)).await?);
    }
    rates.checks = shop.checks().await?;
    shop.host.stop().await;
    Ok(rates)
}

/// How often a file was synced in this process.
fn syncs() -> Result<usize> {
    let file = PathBuf::from(std::env::var_os(COUNT).context("nobody counts the syncs")?);
    Ok(usize::try_from(std::fs::metadata(file).map_or(0, |file| file.len()))?)
}
