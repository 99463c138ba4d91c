//! What benchmarks make of their samples.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Where the result goes; `cargo xtask bench` names the file.
pub fn out() -> Result<std::ffi::OsString> {
    std::env::var_os("VEZNE_BENCH_OUT").context("VEZNE_BENCH_OUT names no file: use `cargo xtask bench NAME`")
}

/// Whether a first look is enough.
pub fn is_quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// A count to divide by; no count here is near four thousand million.
pub fn figure(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// The sample below which this share of all lies; 0 for no samples.
pub fn percentile(samples: &[f64], at: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index between nothing and the number of samples"
    )]
    let index = (at * figure(sorted.len().saturating_sub(1))).round() as usize;
    sorted.get(index).copied().unwrap_or_default()
}

pub fn median(samples: &[f64]) -> f64 {
    percentile(samples, 0.5)
}

/// An entry of `ratios`: median, least and most over the rounds.
pub fn ratio(rounds: &[f64], target: f64, want: &str) -> Value {
    let (least, most) = (percentile(rounds, 0.0), percentile(rounds, 1.0));
    json!({ "median": median(rounds), "min": least, "max": most, "target": target, "want": want })
}

/// Memory of this process that is in use, and the most that was since [`peak_begin`], in bytes.
pub fn resident() -> Result<(usize, usize)> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = |name: &str| -> Result<usize> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no memory figures")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<usize>()? * 1024)
    };
    Ok((line("VmRSS:")?, line("VmHWM:")?))
}

/// From here on the most is counted anew.
pub fn peak_begin() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("the peak of memory cannot be counted anew")
}
